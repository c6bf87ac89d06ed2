//! The rows of requests.

use chrono::{DateTime, Utc};

use super::{Kind, Request};
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::on_db;
use crate::store::Tx;

/// Notes that everybody on the server is asked for something now.
pub async fn note(tx: &mut Tx, guild: GuildId, request: &Request) -> Result<()> {
    const SQL: &str = "insert into requests (guild_id, kind, title, asked_at) values ($1, $2, $3, $4)";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(request.kind.as_str())
        .bind(&request.title)
        .bind(request.asked_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// What the server's people were asked for since then, newest first. What is older is forgotten.
///
/// # Errors
/// When the database fails or holds a kind that is not known.
pub async fn keep_since(tx: &mut Tx, guild: GuildId, since: DateTime<Utc>) -> Result<Vec<Request>> {
    const FORGET: &str = "delete from requests where guild_id = $1 and asked_at < $2";
    const SQL: &str = "select kind, title, asked_at from requests where guild_id = $1 and asked_at >= $2
         order by asked_at desc, id desc";
    on_db!(tx, conn => sqlx::query(FORGET).bind(guild.db()).bind(since).execute(conn).await?.rows_affected());
    let rows: Vec<(String, String, DateTime<Utc>)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(since).fetch_all(conn).await?);
    rows.into_iter()
        .map(|(kind, title, asked_at)| {
            let kind =
                Kind::parse(&kind).ok_or_else(|| Error::internal(format!("a request is of the kind {kind:?}")))?;
            Ok(Request { kind, title, asked_at })
        })
        .collect()
}
