//! Small facts that outlive a restart, by name.

use super::Tx;
use crate::error::Result;
use crate::on_db;

/// Keeps `value` under `key`, in place of what was there.
pub async fn keep(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    const SQL: &str =
        "insert into kept (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
    on_db!(tx, conn => sqlx::query(SQL).bind(key).bind(value).execute(conn).await?.rows_affected());
    Ok(())
}

/// Keeps `value` under `key` unless something is there already; returns what is there now.
pub async fn keep_first(tx: &mut Tx, key: &str, value: &str) -> Result<String> {
    const SQL: &str = "insert into kept (key, value) values ($1, $2) on conflict (key) do nothing";
    on_db!(tx, conn => sqlx::query(SQL).bind(key).bind(value).execute(conn).await?.rows_affected());
    Ok(kept(tx, key).await?.unwrap_or_else(|| value.to_owned()))
}

/// What is kept under `key`.
pub async fn kept(tx: &mut Tx, key: &str) -> Result<Option<String>> {
    const SQL: &str = "select value from kept where key = $1";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(key).fetch_optional(conn).await?))
}

/// Forgets what is kept under `key`.
pub async fn forget(tx: &mut Tx, key: &str) -> Result<()> {
    const SQL: &str = "delete from kept where key = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(key).execute(conn).await?.rows_affected());
    Ok(())
}
