//! The rows of reviews and editions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Edition, Stage};
use crate::calendar::Quarter;
use crate::error::Result;
use crate::ids::UserId;
use crate::on_db;
use crate::store::Tx;

/// How far a quarter is.
pub async fn find_stage(tx: &mut Tx, quarter: Quarter) -> Result<Stage> {
    const SQL: &str = "select state, reviewed_by, reviewed_at, fingerprint from index_quarters where quarter = $1";
    const EDITION: &str = "select edition, published_by, published_at, reason, alone from index_editions where quarter = $1 order by edition desc limit 1";
    let edition: Option<(i64, i64, DateTime<Utc>, String, bool)> =
        on_db!(tx, conn => sqlx::query_as(EDITION).bind(quarter.to_string()).fetch_optional(conn).await?);
    let reviewed: Option<(String, i64, DateTime<Utc>, String)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(quarter.to_string()).fetch_optional(conn).await?);
    let edition =
        edition.map(|(number, by, at, reason, alone)| Edition { number, by: UserId::from_db(by), at, reason, alone });
    Ok(Stage {
        reviewed: reviewed
            .filter(|(state, ..)| state == "reviewed")
            .map(|(_, by, at, fingerprint)| (UserId::from_db(by), at, fingerprint)),
        edition,
    })
}

/// Marks a quarter as reviewed, as it stands.
pub async fn review(tx: &mut Tx, quarter: Quarter, by: UserId, fingerprint: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "insert into index_quarters (quarter, state, reviewed_by, reviewed_at, fingerprint) values ($1, 'reviewed', $2, $3, $4)
         on conflict (quarter) do update set state = 'reviewed', reviewed_by = excluded.reviewed_by,
             reviewed_at = excluded.reviewed_at, fingerprint = excluded.fingerprint";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(quarter.to_string())
        .bind(by.db())
        .bind(now)
        .bind(fingerprint)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Adds an edition that shows these revisions. `false` when there is one with this number already.
pub async fn publish(
    tx: &mut Tx,
    quarter: Quarter,
    edition: &Edition,
    revisions: &BTreeMap<String, i64>,
) -> Result<bool> {
    const EDITION: &str = "insert into index_editions (quarter, edition, published_by, published_at, reason, alone) values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    const SCORE: &str = "insert into index_published (quarter, edition, scope, revision) values ($1, $2, $3, $4) on conflict do nothing";
    const STATE: &str = "update index_quarters set state = 'published' where quarter = $1";
    let added = on_db!(tx, conn => sqlx::query(EDITION)
        .bind(quarter.to_string())
        .bind(edition.number)
        .bind(edition.by.db())
        .bind(edition.at)
        .bind(&edition.reason)
        .bind(edition.alone)
        .execute(conn)
        .await?
        .rows_affected());
    if added == 0 {
        return Ok(false);
    }
    for (scope, revision) in revisions {
        on_db!(tx, conn => sqlx::query(SCORE)
            .bind(quarter.to_string())
            .bind(edition.number)
            .bind(scope)
            .bind(*revision)
            .execute(conn)
            .await?
            .rows_affected());
    }
    on_db!(tx, conn => sqlx::query(STATE).bind(quarter.to_string()).execute(conn).await?.rows_affected());
    Ok(true)
}
