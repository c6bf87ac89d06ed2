//! The rows of schedules and occurrences.

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::ids::GuildId;
use crate::on_db;
use crate::store::{Topic, Tx};

/// A schedule to set.
#[derive(Clone, Debug)]
pub struct NewSchedule<'a> {
    /// The server it belongs to.
    pub guild: GuildId,
    /// Which job it runs.
    pub job: &'a str,
    /// Which of the feature's things; the same job and key again replaces the schedule.
    pub key: &'a str,
    /// Five-field cron text, checked by the parser.
    pub cron: &'a str,
    /// Time zone of the cron text.
    pub zone: chrono_tz::Tz,
    /// Whether federal holidays are left out.
    pub skip_holidays: bool,
    /// Later than this many minutes is missed.
    pub catch_up_minutes: u32,
    /// What the job receives.
    pub payload: serde_json::Value,
}

/// Makes `job` due once at `due_at`. `false` when this job and key already has a one-time occasion (done or not); that one stands.
pub async fn once(
    tx: &mut Tx,
    guild: GuildId,
    job: &str,
    key: &str,
    due_at: DateTime<Utc>,
    payload: &serde_json::Value,
) -> Result<bool> {
    const SQL: &str = "insert into occurrences (guild_id, job, key, slot, due_at, payload, state, attempts)
         values ($1, $2, $3, 'once', $4, $5, 'planned', 0) on conflict (guild_id, job, key, slot) do nothing";
    let added = on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(job)
        .bind(key)
        .bind(due_at)
        .bind(payload.to_string())
        .execute(conn)
        .await?
        .rows_affected());
    if added == 1 {
        tx.announce(Topic::Schedule);
    }
    Ok(added == 1)
}
