//! From schedules to occurrences: each slot becomes one row, once.

use std::collections::VecDeque;

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::ScheduleRow;
use crate::calendar::{WorkCalendar, instant};
use crate::error::Result;
use crate::on_db;
use crate::schedule::cron::Slot;
use crate::schedule::fate::Fate;
use crate::schedule::model::Schedule;
use crate::store::Tx;

/// The most past slots of one schedule that become rows: a month of the fastest schedule. What lies further back is too old for any
/// catch-up window, and thousands of rows that say "missed" tell nobody more than the last ones do.
const MOST_PAST_SLOTS: usize = 3_000;
const FURTHEST_LOOK_BACK: TimeDelta = TimeDelta::days(366);

/// A schedule to be planned, or one whose row cannot be read.
pub(in crate::schedule) enum Unplanned {
    Ready(Box<Schedule>),
    Broken { id: i64, why: crate::error::Error },
}

/// The schedules whose planned slots have all come by.
pub(in crate::schedule) async fn unplanned(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Unplanned>> {
    const SQL: &str =
        "select id, guild_id, job, key, cron, zone, skip_holidays, catch_up_minutes, payload, paused_at, planned_until
         from schedules where paused_at is null and planned_until <= $1 order by planned_until, id";
    let rows: Vec<ScheduleRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(now).fetch_all(conn).await?);
    let read = |row: ScheduleRow| {
        let id = row.id;
        match row.into_schedule() {
            Ok(schedule) => Unplanned::Ready(Box::new(schedule)),
            Err(why) => Unplanned::Broken { id, why },
        }
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Makes rows of the slots from where planning stopped up to `now`, and of the next one. A slot that has a row keeps it. Does nothing
/// when somebody else has planned, paused or replaced the schedule in the meantime. Returns how many slots were too old to be kept.
pub(in crate::schedule) async fn plan(tx: &mut Tx, schedule: &Schedule, now: DateTime<Utc>) -> Result<usize> {
    const CLAIM: &str =
        "update schedules set planned_until = $3 where id = $1 and planned_until = $2 and paused_at is null";
    let Plan { slots, too_old, planned_until } = slots_to_plan(schedule, now);
    let claimed = on_db!(tx, conn => sqlx::query(CLAIM)
        .bind(schedule.id.0)
        .bind(schedule.planned_until)
        .bind(planned_until)
        .execute(conn)
        .await?
        .rows_affected());
    if claimed == 0 {
        return Ok(0);
    }
    for slot in slots {
        add(tx, schedule, &slot, slot.at).await?;
    }
    Ok(too_old)
}

/// The slots that lie before `now` and were moved to a working day that is still to come, each with that day.
pub(in crate::schedule) fn moved(
    schedule: &Schedule,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Vec<(Slot, Slot)> {
    // Only days without work lie between such a slot and now.
    let mut since = now.with_timezone(&schedule.zone).date_naive();
    while let Some(before) = since.pred_opt().filter(|before| !calendar.is_working_day(*before)) {
        since = before;
    }
    let since = instant(since.and_time(NaiveTime::MIN), schedule.zone) - TimeDelta::minutes(1);
    let gone_by = schedule.cron.slots(schedule.zone, since).take_while(|slot| slot.at <= now);
    let still_to_come = |slot| match schedule.fate(&slot, calendar) {
        Fate::Moves { to, .. } if to.at > now => Some((slot, to)),
        Fate::Runs | Fate::Moves { .. } | Fate::LeftOut(_) => None,
    };
    gone_by.filter_map(still_to_come).collect()
}

/// Makes rows of slots that were [moved]: over a weekend, what is set or goes on must not lose its Monday.
pub(in crate::schedule) async fn plan_moved(
    tx: &mut Tx,
    schedule: &Schedule,
    calendar: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<()> {
    for (slot, to) in moved(schedule, calendar, now) {
        add(tx, schedule, &slot, to.at).await?;
    }
    Ok(())
}

async fn add(tx: &mut Tx, schedule: &Schedule, slot: &Slot, due_at: DateTime<Utc>) -> Result<()> {
    const SQL: &str =
        "insert into occurrences (schedule_id, guild_id, job, key, slot, due_at, payload, state, attempts)
         values ($1, $2, $3, $4, $5, $6, $7, 'planned', 0) on conflict (guild_id, job, key, slot) do nothing";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(schedule.id.0)
        .bind(schedule.guild.db())
        .bind(&schedule.job)
        .bind(&schedule.key)
        .bind(slot.to_string())
        .bind(due_at)
        .bind(schedule.payload.to_string())
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Stops a schedule whose row cannot be read, so that it holds up nothing and leads see it paused.
pub(in crate::schedule) async fn pause_broken(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "update schedules set paused_at = $2 where id = $1 and paused_at is null";
    on_db!(tx, conn => sqlx::query(SQL).bind(id).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

struct Plan {
    slots: VecDeque<Slot>,
    too_old: usize,
    planned_until: DateTime<Utc>,
}

fn slots_to_plan(schedule: &Schedule, now: DateTime<Utc>) -> Plan {
    let after = schedule.planned_until.max(now - FURTHEST_LOOK_BACK);
    let mut plan = Plan { slots: VecDeque::new(), too_old: 0, planned_until: end_of_time() };
    for slot in schedule.cron.slots(schedule.zone, after) {
        plan.slots.push_back(slot);
        if slot.at > now {
            plan.planned_until = slot.at;
            break;
        }
        if plan.slots.len() > MOST_PAST_SLOTS {
            plan.slots.pop_front();
            plan.too_old += 1;
        }
    }
    plan
}

/// Where planning stands when no slot is left (cron texts end with the year 2099).
fn end_of_time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(9000, 1, 1, 0, 0, 0).single().expect("a day of the Gregorian calendar")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::GuildId;
    use crate::schedule::cron::Cron;
    use crate::schedule::model::ScheduleId;

    fn schedule(cron: &str, planned_until: &str) -> Schedule {
        Schedule {
            id: ScheduleId(1),
            guild: GuildId(1),
            job: "job".into(),
            key: "key".into(),
            cron: Cron::parse(cron).unwrap(),
            zone: chrono_tz::America::New_York,
            skip_holidays: false,
            catch_up_minutes: 60,
            payload: serde_json::Value::Null,
            paused_at: None,
            planned_until: planned_until.parse().unwrap(),
        }
    }

    #[test]
    fn years_of_absence_are_bounded_and_end_with_the_next_slot() {
        let now = "2046-11-23T12:07:00Z".parse().unwrap();
        let plan = slots_to_plan(&schedule("*/15 * * * *", "2026-11-23T12:00:00Z"), now);
        assert_eq!(plan.slots.len(), MOST_PAST_SLOTS + 1);
        assert!(plan.too_old > 0 && plan.too_old < 366 * 96);
        assert_eq!(plan.slots.back().unwrap().to_string(), "2046-11-23T07:15");
        assert_eq!(plan.planned_until, plan.slots.back().unwrap().at);
    }

    /// Another process paused the schedule, or planned it, after this one had read it.
    #[tokio::test]
    async fn planning_from_an_outdated_view_changes_nothing() {
        use crate::schedule::{NewSchedule, next_due, pause, resume, set};
        let folder = tempfile::tempdir().unwrap();
        let store =
            crate::store::Store::connect(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let now: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
        let later: DateTime<Utc> = "2026-11-25T12:00:00Z".parse().unwrap();
        let planned = store.write(move |tx| {
            Box::pin(async move {
                let calendar = WorkCalendar::federal();
                let new = NewSchedule {
                    guild: GuildId(1),
                    job: "job",
                    key: "key",
                    cron: "0 9 * * *",
                    zone: chrono_tz::America::New_York,
                    skip_holidays: false,
                    catch_up_minutes: 60,
                    payload: serde_json::Value::Null,
                };
                set(tx, &new, &calendar, now).await?;
                let outdated = super::super::find(tx, GuildId(1), "job", "key").await?.expect("it was just set");
                assert!(pause(tx, GuildId(1), "job", "key", now).await?);
                plan(tx, &outdated, later).await?;
                let while_paused = next_due(tx).await?;
                assert!(resume(tx, GuildId(1), "job", "key", &calendar, later).await?);
                plan(tx, &outdated, later).await?;
                Ok((while_paused, next_due(tx).await?))
            })
        });
        let next = "2026-11-25T14:00:00Z".parse().unwrap();
        assert_eq!(planned.await.unwrap(), (None, Some(next)));
    }

    #[test]
    fn after_the_last_year_nothing_more_is_planned() {
        let now = "2099-12-31T23:00:00Z".parse().unwrap();
        let plan = slots_to_plan(&schedule("0 9 1 1 *", "2099-06-01T00:00:00Z"), now);
        let planned: Vec<_> = plan.slots.iter().map(ToString::to_string).collect();
        assert!(planned.len() <= 1, "{planned:?}");
        let later =
            slots_to_plan(&schedule("0 9 1 1 *", "2101-06-01T00:00:00Z"), "2101-07-01T00:00:00Z".parse().unwrap());
        assert!(later.slots.is_empty());
        assert_eq!(later.planned_until, end_of_time());
    }
}
