//! The rows of the view `told_stories`.

use sqlx::FromRow;

use super::Told;
use crate::calendar::Quarter;
use crate::error::Result;
use crate::ids::GuildId;
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct Row {
    stands_for: Option<String>,
    happened: String,
    changed: String,
}

/// The stories of a server's round that stand published now, oldest first, at most 10.
///
/// # Errors
/// When the database fails.
pub async fn list_told(tx: &mut Tx, guild: GuildId, quarter: Quarter) -> Result<Vec<Told>> {
    const SQL: &str = "select stands_for, happened, changed from told_stories where guild_id = $1 and quarter = $2
         order by story limit 10";
    let rows: Vec<Row> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(quarter.to_string())
        .fetch_all(conn)
        .await?);
    let told = |row: Row| Told { stands_for: row.stands_for, happened: row.happened, changed: row.changed };
    Ok(rows.into_iter().map(told).collect())
}
