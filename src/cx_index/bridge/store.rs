//! The rows of bridges, and what is known of definitions in use.

use sqlx::FromRow;

use super::super::model::interval::Range;
use super::super::record::{Record, Scope};
use super::Bridge;
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct BridgeRow {
    definition_id: String,
    scope: String,
    quarter: String,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// Id and hash of every definition that scores were computed with.
pub async fn list_held(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    const SQL: &str = "select definition_id, hash from index_definitions order by definition_id";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).fetch_all(conn).await?))
}

/// The newest quarter that was published.
pub async fn newest_published(tx: &mut Tx) -> Result<Option<Quarter>> {
    const SQL: &str = "select quarter from index_editions order by quarter desc limit 1";
    let text: Option<String> = on_db!(tx, conn => sqlx::query_scalar(SQL).fetch_optional(conn).await?);
    text.map(|text| quarter(&text)).transpose()
}

/// Whether a definition has been run on any quarter before its first.
pub async fn has_any(tx: &mut Tx, definition_id: &str) -> Result<bool> {
    const SQL: &str = "select count(*) from index_bridges where definition_id = $1";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(definition_id).fetch_one(conn).await?);
    Ok(count > 0)
}

/// Adds what a definition makes of a quarter, as the newest revision, unless it is on record already.
pub async fn add_if_changed(tx: &mut Tx, definition_id: &str, record: &Record) -> Result<()> {
    const SQL: &str = "insert into index_bridges (definition_id, scope, quarter, revision, value, low, high, definition_hash, input_hash, computed_at)
         select $1, $2, $3, coalesce(max(revision), 0) + 1, $4, $5, $6, $7, $8, $9
         from index_bridges where definition_id = $1 and scope = $2 and quarter = $3";
    const NEWEST: &str = "select input_hash from index_bridges where definition_id = $1 and scope = $2 and quarter = $3
         order by revision desc limit 1";
    let newest: Option<String> = on_db!(tx, conn => sqlx::query_scalar(NEWEST)
        .bind(definition_id)
        .bind(record.scope.key())
        .bind(record.quarter.to_string())
        .fetch_optional(conn)
        .await?);
    if newest.as_ref() == Some(&record.input_hash) {
        return Ok(());
    }
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(definition_id)
        .bind(record.scope.key())
        .bind(record.quarter.to_string())
        .bind(record.score.map(|score| score.value))
        .bind(record.score.map(|score| score.range.low))
        .bind(record.score.map(|score| score.range.high))
        .bind(&record.definition_hash)
        .bind(&record.input_hash)
        .bind(record.computed_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// What later definitions make of the quarters from `first` to `last`, the oldest first.
pub async fn list(tx: &mut Tx, first: Quarter, last: Quarter) -> Result<Vec<Bridge>> {
    const SQL: &str = "select definition_id, scope, quarter, value, low, high from index_bridges b
         where b.quarter >= $1 and b.quarter <= $2 and b.revision = (select max(revision) from index_bridges newer
             where newer.definition_id = b.definition_id and newer.scope = b.scope and newer.quarter = b.quarter)
         order by b.quarter, b.definition_id, b.scope";
    let rows: Vec<BridgeRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(first.to_string())
        .bind(last.to_string())
        .fetch_all(conn)
        .await?);
    rows.into_iter()
        .map(|row| {
            let scope = Scope::parse(&row.scope)
                .ok_or_else(|| Error::internal(format!("a bridge has an unknown scope: {}", row.scope)))?;
            let score = match (row.value, row.low, row.high) {
                (Some(value), Some(low), Some(high)) => Some((value, Range { low, high })),
                _ => None,
            };
            Ok(Bridge { definition_id: row.definition_id, scope, quarter: quarter(&row.quarter)?, score })
        })
        .collect()
}

fn quarter(text: &str) -> Result<Quarter> {
    text.parse().map_err(|_| Error::internal(format!("a stored quarter is not one: {text}")))
}
