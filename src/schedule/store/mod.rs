//! The rows of schedules and occurrences: what features set, change and look at. The runner's statements stand in `planning.rs` and
//! `running.rs`.

pub(super) mod planning;
pub(super) mod running;

use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::FromRow;

use super::cron::{Cron, SLOT_FORMAT, Slot};
use super::fate::Fate;
use super::model::{Occurrence, OccurrenceId, OccurrenceState, Schedule, ScheduleId, Upcoming, UpcomingStatus};
use crate::calendar::{WorkCalendar, instant};
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::on_db;
use crate::store::{Topic, Tx};

/// How many coming slots are looked at to find one that will run: more than a year of weekly days off.
const FURTHEST_SKIP: usize = 60;

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

/// Sets a schedule, in place of the one with the same server, job and key. It starts with the first slot that runs after `now`, is not
/// paused, and forgets what was planned or skipped ahead. A slot that has run does not run again. A date that the `calendar` moved from a
/// weekend before `now` to a working day after it runs on that day.
///
/// # Errors
/// Refused, in words, when the cron text is not understood.
pub async fn set(tx: &mut Tx, new: &NewSchedule<'_>, calendar: &WorkCalendar, now: DateTime<Utc>) -> Result<Schedule> {
    const SQL: &str = "insert into schedules
             (guild_id, job, key, cron, zone, skip_holidays, catch_up_minutes, payload, planned_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (guild_id, job, key) do update set cron = excluded.cron, zone = excluded.zone,
             skip_holidays = excluded.skip_holidays, catch_up_minutes = excluded.catch_up_minutes,
             payload = excluded.payload, paused_at = null, planned_until = excluded.planned_until";
    const FORGET: &str =
        "delete from occurrences where schedule_id = $1 and state in ('planned', 'skipped') and due_at > $2";
    let cron = Cron::parse(new.cron)?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(new.guild.db())
        .bind(new.job)
        .bind(new.key)
        .bind(cron.text())
        .bind(new.zone.name())
        .bind(new.skip_holidays)
        .bind(i64::from(new.catch_up_minutes))
        .bind(new.payload.to_string())
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    let schedule =
        find(tx, new.guild, new.job, new.key).await?.ok_or_else(|| Error::internal("a schedule was not set"))?;
    on_db!(tx, conn => sqlx::query(FORGET).bind(schedule.id.0).bind(now).execute(conn).await?.rows_affected());
    plan_and_announce(tx, &schedule, calendar, now).await?;
    Ok(schedule)
}

/// The schedule with this server, job and key.
pub async fn find(tx: &mut Tx, guild: GuildId, job: &str, key: &str) -> Result<Option<Schedule>> {
    const SQL: &str =
        "select id, guild_id, job, key, cron, zone, skip_holidays, catch_up_minutes, payload, paused_at, planned_until
         from schedules where guild_id = $1 and job = $2 and key = $3";
    let row: Option<ScheduleRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(job).bind(key).fetch_optional(conn).await?);
    row.map(ScheduleRow::into_schedule).transpose()
}

/// Every schedule of a job on a server, by key.
pub async fn list(tx: &mut Tx, guild: GuildId, job: &str) -> Result<Vec<Schedule>> {
    const SQL: &str =
        "select id, guild_id, job, key, cron, zone, skip_holidays, catch_up_minutes, payload, paused_at, planned_until
         from schedules where guild_id = $1 and job = $2 order by key";
    let rows: Vec<ScheduleRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(job).fetch_all(conn).await?);
    rows.into_iter().map(ScheduleRow::into_schedule).collect()
}

/// Every schedule of a server, whatever its job.
pub async fn list_all(tx: &mut Tx, guild: GuildId) -> Result<Vec<Schedule>> {
    const SQL: &str =
        "select id, guild_id, job, key, cron, zone, skip_holidays, catch_up_minutes, payload, paused_at, planned_until
         from schedules where guild_id = $1 order by job, key";
    let rows: Vec<ScheduleRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(ScheduleRow::into_schedule).collect()
}

/// What a server has due once and not by a calendar, soonest first, at most 100.
pub async fn list_once(tx: &mut Tx, guild: GuildId) -> Result<Vec<Occurrence>> {
    const SQL: &str = "select id, job, key, slot, due_at, state, attempts, finished_at from occurrences
         where guild_id = $1 and schedule_id is null and state = 'planned' order by due_at, id limit 100";
    let rows: Vec<OccurrenceRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(OccurrenceRow::into_occurrence).collect()
}

/// Stops a schedule until [`resume`]; what was due and not yet done is dropped too. `false` when there is none or it is paused.
pub async fn pause(tx: &mut Tx, guild: GuildId, job: &str, key: &str, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str =
        "update schedules set paused_at = $4 where guild_id = $1 and job = $2 and key = $3 and paused_at is null";
    const DROP: &str = "delete from occurrences where state = 'planned' and schedule_id =
             (select id from schedules where guild_id = $1 and job = $2 and key = $3)";
    let paused = on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(job)
        .bind(key)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    if paused == 1 {
        on_db!(tx, conn => sqlx::query(DROP).bind(guild.db()).bind(job).bind(key).execute(conn).await?.rows_affected());
    }
    Ok(paused == 1)
}

/// Goes on with a paused schedule, from the first slot that runs after `now`; what fell into the pause is not caught up, and skips asked for
/// before still hold. A date that the `calendar` moved to a day after `now` is still to come, so it runs. `false` when there is none or it
/// is not paused.
pub async fn resume(
    tx: &mut Tx,
    guild: GuildId,
    job: &str,
    key: &str,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "update schedules set paused_at = null, planned_until = $4
         where guild_id = $1 and job = $2 and key = $3 and paused_at is not null";
    let resumed = on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(job)
        .bind(key)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    if resumed == 1
        && let Some(schedule) = find(tx, guild, job, key).await?
    {
        plan_and_announce(tx, &schedule, calendar, now).await?;
    }
    Ok(resumed == 1)
}

/// Takes a schedule away with all its occurrences. `false` when there is none.
pub async fn remove(tx: &mut Tx, guild: GuildId, job: &str, key: &str) -> Result<bool> {
    const SQL: &str = "delete from schedules where guild_id = $1 and job = $2 and key = $3";
    let removed =
        on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(job).bind(key).execute(conn).await?.rows_affected());
    Ok(removed == 1)
}

/// Leaves out the next slot that would run, and says which. Asked again before it has passed, it stays with the same one, so that
/// two leads in a hurry skip one. `None` when there is no such schedule, it is paused, or nothing is coming.
pub async fn skip_next(
    tx: &mut Tx,
    guild: GuildId,
    job: &str,
    key: &str,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<Option<Slot>> {
    const SQL: &str =
        "insert into occurrences (schedule_id, guild_id, job, key, slot, due_at, payload, state, attempts, finished_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'skipped', 0, $8)
         on conflict (guild_id, job, key, slot) do update set state = 'skipped', due_at = excluded.due_at, finished_at = excluded.finished_at
             where occurrences.state = 'planned'";
    let Some(schedule) = find(tx, guild, job, key).await?.filter(|schedule| schedule.paused_at.is_none()) else {
        return Ok(None);
    };
    let coming = preview(tx, &schedule, FURTHEST_SKIP, calendar, now).await?;
    let next = coming.iter().find(|next| next.runs().is_some() || matches!(next.status, UpcomingStatus::SkippedByLead));
    let Some(next) = next else { return Ok(None) };
    if let Some(runs) = next.runs() {
        on_db!(tx, conn => sqlx::query(SQL)
            .bind(schedule.id.0)
            .bind(guild.db())
            .bind(job)
            .bind(key)
            .bind(next.slot.to_string())
            .bind(runs.at)
            .bind(schedule.payload.to_string())
            .bind(now)
            .execute(conn)
            .await?
            .rows_affected());
    }
    Ok(Some(match schedule.fate(&next.slot, calendar) {
        Fate::Moves { to, .. } => to,
        Fate::Runs | Fate::LeftOut(_) => next.slot,
    }))
}

/// Takes back the next skip that lies ahead, and says which slot will run after all. `None` when none is skipped.
pub async fn unskip(tx: &mut Tx, guild: GuildId, job: &str, key: &str, now: DateTime<Utc>) -> Result<Option<Slot>> {
    const FIND: &str = "select id, slot, due_at from occurrences
         where guild_id = $1 and job = $2 and key = $3 and state = 'skipped' and due_at > $4 and schedule_id is not null
         order by due_at, id limit 1";
    const SQL: &str =
        "update occurrences set state = 'planned', finished_at = null where id = $1 and state = 'skipped'";
    let found: Option<(i64, String, DateTime<Utc>)> = on_db!(tx, conn => sqlx::query_as(FIND)
        .bind(guild.db())
        .bind(job)
        .bind(key)
        .bind(now)
        .fetch_optional(conn)
        .await?);
    let Some((id, slot, due_at)) = found else { return Ok(None) };
    let Some(schedule) = find(tx, guild, job, key).await? else { return Ok(None) };
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(id).execute(conn).await?.rows_affected());
    if changed == 0 {
        return Ok(None);
    }
    tx.announce(Topic::Schedule);
    Ok(Some(stands(local_time(&slot)?, due_at, schedule.zone)))
}

/// When an occurrence of this name runs: then, or at the time to which it was moved.
fn stands(local: NaiveDateTime, due_at: DateTime<Utc>, zone: chrono_tz::Tz) -> Slot {
    let own = Slot { local, at: instant(local, zone) };
    if own.at == due_at { own } else { Slot { local: due_at.with_timezone(&zone).naive_local(), at: due_at } }
}

/// The next `count` slots after `now`, with those that will not run and why. A paused schedule shows what would come.
pub async fn preview(
    tx: &mut Tx,
    schedule: &Schedule,
    count: usize,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<Vec<Upcoming>> {
    const SQL: &str =
        "select slot, state, due_at from occurrences where schedule_id = $1 and due_at > $2 order by due_at, id";
    let rows: Vec<(String, String, DateTime<Utc>)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(schedule.id.0).bind(now).fetch_all(conn).await?);
    let state_of = |slot: &Slot| {
        let name = slot.to_string();
        rows.iter().find(|(slot, ..)| *slot == name).map(|(_, state, due_at)| (state.as_str(), *due_at))
    };
    let status_of = |slot: &Slot| match (schedule.fate(slot, calendar), state_of(slot)) {
        (Fate::LeftOut(name), None | Some(("planned" | "skipped", _))) => UpcomingStatus::DayOff(name),
        (_, Some(("skipped", _))) => UpcomingStatus::SkippedByLead,
        // Moved further than it need be by now, since a day off was taken back: there it waits.
        (Fate::Moves { to, why }, Some(("planned", due_at))) if due_at > to.at => {
            UpcomingStatus::Moved { to: stands(slot.local, due_at, schedule.zone), why }
        }
        (Fate::Moves { to, why }, None | Some(("planned", _))) => UpcomingStatus::Moved { to, why },
        (Fate::Runs, None | Some(("planned", _))) => UpcomingStatus::Runs,
        (_, Some(_)) => UpcomingStatus::Done,
    };
    let mut coming = Vec::new();
    // Moved to a working day that is still to come, while the day itself has gone by.
    for (name, ..) in &rows {
        let local = local_time(name)?;
        let slot = Slot { local, at: instant(local, schedule.zone) };
        if slot.at <= now {
            coming.push(Upcoming { slot, status: status_of(&slot) });
        }
    }
    if schedule.paused_at.is_some() {
        // It has no row for them now, and gets one when it goes on.
        let moved = planning::moved(schedule, calendar, now).into_iter().map(|(slot, _)| slot);
        coming.extend(
            moved.filter(|slot| state_of(slot).is_none()).map(|slot| Upcoming { slot, status: status_of(&slot) }),
        );
    }
    let slots = schedule.cron.slots(schedule.zone, now);
    coming.extend(slots.take(count).map(|slot| Upcoming { slot, status: status_of(&slot) }));
    coming.truncate(count);
    Ok(coming)
}

/// What a job missed or failed at since `since`, newest first, at most 100: for leads.
pub async fn lately(tx: &mut Tx, guild: GuildId, job: &str, since: DateTime<Utc>) -> Result<Vec<Occurrence>> {
    const SQL: &str = "select id, job, key, slot, due_at, state, attempts, finished_at from occurrences
         where guild_id = $1 and job = $2 and state in ('missed', 'failed') and finished_at >= $3
         order by finished_at desc, due_at desc, id desc limit 100";
    let rows: Vec<OccurrenceRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(job)
        .bind(since)
        .fetch_all(conn)
        .await?);
    rows.into_iter().map(OccurrenceRow::into_occurrence).collect()
}

/// What the given jobs missed or failed at since `since`, newest first, at most 20: for leads.
pub async fn lately_of(tx: &mut Tx, guild: GuildId, jobs: &[&str], since: DateTime<Utc>) -> Result<Vec<Occurrence>> {
    let mut all = Vec::new();
    for job in jobs {
        all.extend(lately(tx, guild, job, since).await?);
    }
    all.sort_by_key(|one| std::cmp::Reverse((one.due_at, one.id)));
    all.truncate(20);
    Ok(all)
}

/// Makes `job` due once at `due_at`. `false` when this job and key already has a one-time occasion (done or not); that one stands.
///
/// However late it comes, it still runs, unless `payload` is an object with `catch_up_minutes`: later than that is missed.
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

/// Takes a one-time occasion back before it has run; its key is free again. `false` when there is none or it has run.
pub async fn cancel_once(tx: &mut Tx, guild: GuildId, job: &str, key: &str) -> Result<bool> {
    const SQL: &str =
        "delete from occurrences where guild_id = $1 and job = $2 and key = $3 and slot = 'once' and state = 'planned'";
    let gone =
        on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(job).bind(key).execute(conn).await?.rows_affected());
    Ok(gone == 1)
}

async fn plan_and_announce(
    tx: &mut Tx,
    schedule: &Schedule,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<()> {
    planning::plan_moved(tx, schedule, calendar, now).await?;
    planning::plan(tx, schedule, now).await?;
    tx.announce(Topic::Schedule);
    Ok(())
}

/// Reads a slot's text back.
fn local_time(slot: &str) -> Result<NaiveDateTime> {
    NaiveDateTime::parse_from_str(slot, SLOT_FORMAT)
        .map_err(|_| Error::internal(format!("an occurrence holds the slot {slot:?}, which is not a local time")))
}

#[derive(FromRow)]
pub(super) struct ScheduleRow {
    pub(super) id: i64,
    guild_id: i64,
    job: String,
    key: String,
    cron: String,
    zone: String,
    skip_holidays: bool,
    catch_up_minutes: i64,
    payload: String,
    paused_at: Option<DateTime<Utc>>,
    planned_until: DateTime<Utc>,
}

impl ScheduleRow {
    pub(super) fn into_schedule(self) -> Result<Schedule> {
        let broken = |what: String| Error::internal(format!("schedule {} holds {what}", self.id));
        Ok(Schedule {
            id: ScheduleId(self.id),
            guild: GuildId::from_db(self.guild_id),
            cron: Cron::parse(&self.cron)
                .map_err(|why| broken(format!("a cron text that is not understood: {why}")))?,
            zone: self.zone.parse().map_err(|_| broken("an unknown time zone".to_owned()))?,
            skip_holidays: self.skip_holidays,
            catch_up_minutes: u32::try_from(self.catch_up_minutes)
                .map_err(|_| broken("a negative catch-up window".to_owned()))?,
            payload: serde_json::from_str(&self.payload)
                .map_err(|_| broken("a payload that is not JSON".to_owned()))?,
            job: self.job,
            key: self.key,
            paused_at: self.paused_at,
            planned_until: self.planned_until,
        })
    }
}

#[derive(FromRow)]
struct OccurrenceRow {
    id: i64,
    job: String,
    key: String,
    slot: String,
    due_at: DateTime<Utc>,
    state: String,
    attempts: i64,
    finished_at: Option<DateTime<Utc>>,
}

impl OccurrenceRow {
    fn into_occurrence(self) -> Result<Occurrence> {
        Ok(Occurrence {
            id: OccurrenceId(self.id),
            job: self.job,
            key: self.key,
            slot: self.slot,
            due_at: self.due_at,
            state: OccurrenceState::parse(&self.state)
                .ok_or_else(|| Error::internal(format!("occurrence {} is in an unknown state", self.id)))?,
            attempts: u32::try_from(self.attempts).unwrap_or_default(),
            finished_at: self.finished_at,
        })
    }
}
