//! Occurrences on their way: which is due, who takes it, what became of it.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::FromRow;

use crate::error::Result;
use crate::ids::GuildId;
use crate::on_db;
use crate::schedule::model::OccurrenceState;
use crate::schedule::{Cron, Due};
use crate::store::Tx;

/// An occurrence that is due.
#[derive(Clone, Debug)]
pub(in crate::schedule) struct DueNow {
    pub(in crate::schedule) id: i64,
    pub(in crate::schedule) due: Due,
    /// Later than this is missed; `None`: however late, it runs.
    pub(in crate::schedule) window: Option<TimeDelta>,
    /// The time and zone of a schedule that heeds the calendar; `None` for one that does not, and for what is due once.
    pub(in crate::schedule) heeds: Option<(Cron, Tz)>,
    /// How often it was tried in vain.
    pub(in crate::schedule) attempts: i64,
    /// Whether what was left for the job could be read. A spoiled row must not hold up those behind it.
    pub(in crate::schedule) readable: bool,
}

/// When the next occurrence is due, or the next schedule needs planning; `None` when nothing waits.
pub async fn next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const OCCURRENCES: &str = "select min(case when retry_at > due_at then retry_at else due_at end) from occurrences
         where state = 'planned'";
    const SCHEDULES: &str = "select min(planned_until) from schedules where paused_at is null";
    let due: Option<DateTime<Utc>> = on_db!(tx, conn => sqlx::query_scalar(OCCURRENCES).fetch_one(conn).await?);
    let unplanned: Option<DateTime<Utc>> = on_db!(tx, conn => sqlx::query_scalar(SCHEDULES).fetch_one(conn).await?);
    Ok([due, unplanned].into_iter().flatten().min())
}

/// The occurrence that has been due longest.
pub(in crate::schedule) async fn find_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<DueNow>> {
    const SQL: &str = "select o.id, o.guild_id, o.job, o.key, o.slot, o.due_at, o.payload, o.attempts,
             s.skip_holidays, s.cron, s.zone, s.catch_up_minutes
         from occurrences o left join schedules s on s.id = o.schedule_id
         where o.state = 'planned' and o.due_at <= $1 and (o.retry_at is null or o.retry_at <= $1)
         order by o.due_at, o.id limit 1";
    let row: Option<DueRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(now).fetch_optional(conn).await?);
    Ok(row.map(DueRow::into_due))
}

/// Takes an occurrence for this process and settles it as `state`. `false` when somebody else has it, or it is gone: then do nothing.
pub(in crate::schedule) async fn take(
    tx: &mut Tx,
    id: i64,
    attempts: i64,
    state: OccurrenceState,
    now: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "update occurrences set state = $3, finished_at = $4, retry_at = null
         where id = $1 and attempts = $2 and state = 'planned'";
    let taken = on_db!(tx, conn => sqlx::query(SQL)
        .bind(id)
        .bind(attempts)
        .bind(state.as_str())
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(taken == 1)
}

/// Puts an occurrence off after a failed attempt. `false` when somebody else has dealt with it.
pub(in crate::schedule) async fn put_off(tx: &mut Tx, id: i64, attempts: i64, retry_at: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update occurrences set attempts = attempts + 1, retry_at = $3
         where id = $1 and attempts = $2 and state = 'planned'";
    let put_off = on_db!(tx, conn => sqlx::query(SQL)
        .bind(id)
        .bind(attempts)
        .bind(retry_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(put_off == 1)
}

/// Moves an occurrence to a later day. `false` when somebody else has dealt with it.
pub(in crate::schedule) async fn move_to(tx: &mut Tx, id: i64, attempts: i64, due_at: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update occurrences set due_at = $3, retry_at = null
         where id = $1 and attempts = $2 and state = 'planned' and due_at < $3";
    let moved = on_db!(tx, conn => sqlx::query(SQL)
        .bind(id)
        .bind(attempts)
        .bind(due_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(moved == 1)
}

/// Counts the last attempt of an occurrence that is given up.
pub(in crate::schedule) async fn count_attempt(tx: &mut Tx, id: i64) -> Result<()> {
    const SQL: &str = "update occurrences set attempts = attempts + 1 where id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(id).execute(conn).await?.rows_affected());
    Ok(())
}

#[derive(FromRow)]
struct DueRow {
    id: i64,
    guild_id: i64,
    job: String,
    key: String,
    slot: String,
    due_at: DateTime<Utc>,
    payload: String,
    attempts: i64,
    skip_holidays: Option<bool>,
    cron: Option<String>,
    zone: Option<String>,
    catch_up_minutes: Option<i64>,
}

impl DueRow {
    fn into_due(self) -> DueNow {
        // What cannot be read heeds nothing: planning has paused its schedule and told so.
        let heeds = match (self.skip_holidays, &self.cron, &self.zone) {
            (Some(true), Some(cron), Some(zone)) => Cron::parse(cron).ok().zip(zone.parse().ok()),
            _ => None,
        };
        let payload = serde_json::from_str::<serde_json::Value>(&self.payload);
        let readable = payload.is_ok();
        let payload = payload.unwrap_or_default();
        let minutes =
            self.catch_up_minutes.or_else(|| payload.get("catch_up_minutes").and_then(serde_json::Value::as_i64));
        DueNow {
            id: self.id,
            due: Due {
                guild: GuildId::from_db(self.guild_id),
                job: self.job,
                key: self.key,
                slot: self.slot,
                due_at: self.due_at,
                payload,
            },
            window: minutes.and_then(TimeDelta::try_minutes),
            heeds,
            attempts: self.attempts,
            readable,
        }
    }
}
