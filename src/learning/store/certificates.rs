//! Certificates.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::learning::certificate::Certificate;
use crate::learning::library::Series;
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct CertificateRow {
    code: String,
    name: String,
    series_title: String,
    finished_on: NaiveDate,
}

impl From<CertificateRow> for Certificate {
    fn from(row: CertificateRow) -> Self {
        Self { code: row.code, name: row.name, series_title: row.series_title, finished_on: row.finished_on }
    }
}

/// Issues a certificate. Issued again it keeps its code and its day, and takes the new name.
pub async fn issue(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    series: &str,
    certificate: &Certificate,
) -> Result<Certificate> {
    const SQL: &str = "insert into certificates (code, guild_id, user_id, series, series_title, name, finished_on)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (guild_id, user_id, series) do update set name = excluded.name
         returning code, name, series_title, finished_on";
    let row: CertificateRow = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(&certificate.code)
        .bind(guild.db())
        .bind(user.db())
        .bind(series)
        .bind(&certificate.series_title)
        .bind(&certificate.name)
        .bind(certificate.finished_on)
        .fetch_one(conn)
        .await?);
    Ok(row.into())
}

/// A member's certificate for a series.
pub async fn find_certificate(tx: &mut Tx, guild: GuildId, user: UserId, series: &str) -> Result<Option<Certificate>> {
    const SQL: &str = "select code, name, series_title, finished_on from certificates
         where guild_id = $1 and user_id = $2 and series = $3";
    let row: Option<CertificateRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db()).bind(user.db()).bind(series).fetch_optional(conn).await?);
    Ok(row.map(Into::into))
}

/// The certificate with this code, whoever's it is.
pub async fn find_by_code(tx: &mut Tx, code: &str) -> Result<Option<Certificate>> {
    const SQL: &str = "select code, name, series_title, finished_on from certificates where code = $1";
    let row: Option<CertificateRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(code).fetch_optional(conn).await?);
    Ok(row.map(Into::into))
}

/// When a member was done with the last lesson of a series, each counted from the first time; `None` while one is open.
pub async fn finished_at(tx: &mut Tx, guild: GuildId, user: UserId, series: &Series) -> Result<Option<DateTime<Utc>>> {
    const SQL: &str = "select lesson_id, min(done_at) as first_done_at from lesson_completions
         where guild_id = $1 and user_id = $2 group by lesson_id";
    let rows: Vec<(String, DateTime<Utc>)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    let at = |id: &str| rows.iter().find(|(done, _)| done == id).map(|(_, at)| *at);
    let all: Option<Vec<_>> = series.lessons.iter().map(|lesson| at(&lesson.id)).collect();
    Ok(all.and_then(|all| all.into_iter().max()))
}
