//! Catch-ups, and which server a private message is about.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::store::Tx;

/// A member who asked to be sent what the group has had without them.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct CatchUp {
    /// Working days between two lessons.
    pub every_days: i64,
    /// How many times its day has come.
    pub step: i64,
    /// When it was asked for; names this catch-up among earlier ones.
    pub started_at: DateTime<Utc>,
}

/// Begins a catch-up, in place of an earlier one of the same series. What that one sent is not sent again.
pub async fn start_catch_up(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    series: &str,
    every_days: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "insert into catch_ups (guild_id, user_id, series, every_days, step, started_at)
         values ($1, $2, $3, $4, 0, $5) on conflict (guild_id, user_id, series)
             do update set every_days = excluded.every_days, step = 0, started_at = excluded.started_at";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(series)
        .bind(every_days)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// A member's catch-up in a series.
pub async fn find_catch_up(tx: &mut Tx, guild: GuildId, user: UserId, series: &str) -> Result<Option<CatchUp>> {
    const SQL: &str =
        "select every_days, step, started_at from catch_ups where guild_id = $1 and user_id = $2 and series = $3";
    Ok(
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).bind(series).fetch_optional(conn).await?),
    )
}

/// Counts one more day of a catch-up.
pub async fn step_catch_up(tx: &mut Tx, guild: GuildId, user: UserId, series: &str) -> Result<()> {
    const SQL: &str = "update catch_ups set step = step + 1 where guild_id = $1 and user_id = $2 and series = $3";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(series).execute(conn).await?.rows_affected());
    Ok(())
}

/// Ends a catch-up and forgets what it sent; `false` when there was none.
pub async fn end_catch_up(tx: &mut Tx, guild: GuildId, user: UserId, series: &str) -> Result<bool> {
    const LESSONS: &str = "delete from catch_up_lessons where guild_id = $1 and user_id = $2 and series = $3";
    const SQL: &str = "delete from catch_ups where guild_id = $1 and user_id = $2 and series = $3";
    on_db!(tx, conn => sqlx::query(LESSONS).bind(guild.db()).bind(user.db()).bind(series).execute(conn).await?.rows_affected());
    let gone = on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(series).execute(conn).await?.rows_affected());
    Ok(gone > 0)
}

/// The lessons that a catch-up has sent.
pub async fn list_caught_up(tx: &mut Tx, guild: GuildId, user: UserId, series: &str) -> Result<HashSet<String>> {
    const SQL: &str = "select lesson_id from catch_up_lessons where guild_id = $1 and user_id = $2 and series = $3";
    let ids: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(series)
        .fetch_all(conn)
        .await?);
    Ok(ids.into_iter().collect())
}

/// Notes that a catch-up sends a lesson.
pub async fn record_caught_up(tx: &mut Tx, guild: GuildId, user: UserId, series: &str, lesson: &str) -> Result<()> {
    const SQL: &str = "insert into catch_up_lessons (guild_id, user_id, series, lesson_id)
         values ($1, $2, $3, $4) on conflict (guild_id, user_id, series, lesson_id) do nothing";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(series)
        .bind(lesson)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Notes which server a person's private messages about lessons are about; the latest counts.
pub async fn set_home(tx: &mut Tx, user: UserId, guild: GuildId) -> Result<()> {
    const SQL: &str = "insert into lesson_homes (user_id, guild_id) values ($1, $2)
         on conflict (user_id) do update set guild_id = excluded.guild_id";
    on_db!(tx, conn => sqlx::query(SQL).bind(user.db()).bind(guild.db()).execute(conn).await?.rows_affected());
    Ok(())
}

/// Which server a person's private messages about lessons are about.
pub async fn find_home(tx: &mut Tx, user: UserId) -> Result<Option<GuildId>> {
    const SQL: &str = "select guild_id from lesson_homes where user_id = $1";
    let guild: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(user.db()).fetch_optional(conn).await?);
    Ok(guild.map(GuildId::from_db))
}
