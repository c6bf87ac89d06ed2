//! The rows of a [`Table`], whichever part of cxbot they belong to.

use serde_json::{Map, Value};

use super::Table;
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::store::Tx;

pub(super) async fn rows(tx: &mut Tx, table: &Table, guild: GuildId, user: UserId) -> Result<Vec<Value>> {
    let lines: Vec<String> =
        on_db!(tx, conn => sqlx::query_scalar(table.rows).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    let row = |line: String| {
        let values = line.split('\u{1f}').skip(1);
        let pairs = table.columns.iter().zip(values).map(|(name, value)| ((*name).to_owned(), Value::from(value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    Ok(lines.into_iter().map(row).collect())
}

pub(super) async fn erase(tx: &mut Tx, table: &Table, guild: GuildId, user: UserId) -> Result<()> {
    let Some(erase) = table.erase else { return Ok(()) };
    on_db!(tx, conn => sqlx::query(erase).bind(guild.db()).bind(user.db()).execute(conn).await?.rows_affected());
    Ok(())
}
