//! What happens at a time: schedules (cron text in a time zone) and things due once.
//!
//! Nothing sleeps: whatever waits is a row with a due time. The runner plans each local time slot at most once, runs what is due in
//! order, and marks it done in the same transaction as the job's own changes, so that a crash neither loses nor repeats a posting.
//!
//! Clock changes: a local time that does not exist runs at the first minute after the gap; one that exists twice runs once, the first
//! time. What is older than the catch-up window is missed: leads are told, nothing is posted late by surprise.
//!
//! A schedule is named by server, job and key. Its next slot is always planned as a row, so that it can be looked at and left out;
//! whether a day off keeps it from running, or a weekend moves it to the next working day, is decided when it is due, so a day added to
//! `holidays.toml` counts at once. A slot that was moved keeps its name. A clock set
//! back repeats nothing, a clock set far ahead settles everything in the order it was due.

mod cron;
mod days_off;
mod fate;
mod model;
mod runner;
mod store;

pub use cron::{Cron, CronRefusal, MOST_OFTEN_MINUTES, Slot, Slots};
pub use days_off::{check_holidays, work_calendar};
pub use model::{Occurrence, OccurrenceId, OccurrenceState, Schedule, ScheduleId, Upcoming, UpcomingStatus};
pub use runner::{Runner, Ticked};
pub use store::running::next_due;
pub use store::{
    NewSchedule, cancel_once, find, lately, lately_of, list, list_all, list_once, once, pause, preview, remove, resume,
    set, skip_next, unskip,
};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::ids::GuildId;
use crate::services::Services;
use crate::store::Tx;

/// Something that is due now.
#[derive(Clone, Debug)]
pub struct Due {
    /// The server it belongs to.
    pub guild: GuildId,
    /// Which job.
    pub job: String,
    /// Which of the feature's things.
    pub key: String,
    /// The local time it stands for (`2026-11-23T09:00`), or `once`. Together with `job` and `key` it names this occasion for ever.
    pub slot: String,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// What was left for the job.
    pub payload: serde_json::Value,
}

/// What a feature does when something is due.
pub trait Job: Send + Sync + 'static {
    /// The job's name in the tables; unique among jobs, never changed once used.
    fn name(&self) -> &'static str;

    /// Does the work inside the transaction that marks the occasion done: change rows, leave messages in the outbox, plan the next
    /// thing. Never talk to Discord here. A fault is tried again with a growing delay; a refusal ends this occasion and is logged.
    fn run<'run>(&'run self, services: &'run Services, tx: &'run mut Tx, due: &'run Due)
    -> BoxFuture<'run, Result<()>>;

    /// The occasion will not happen any more: cxbot was off for longer than the catch-up window, or [`Job::run`] refused or failed for
    /// good. Leave word for the leads if it matters; what is written here is kept, what `run` wrote is not.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        let _ = (services, tx, due);
        Box::pin(async { Ok(()) })
    }

    /// What leads call an occasion with this key, for the notice that it did not happen: `The weekly lesson (basics)`. `None` when
    /// nobody needs to be told, because being late is as good or the people concerned notice by themselves.
    fn in_words(&self, key: &str) -> Option<String> {
        let _ = key;
        None
    }
}
