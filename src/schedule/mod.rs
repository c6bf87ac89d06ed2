//! What happens at a time: schedules (cron text in a time zone) and things due once.
//!
//! Nothing sleeps: whatever waits is a row with a due time. The runner plans each local time slot at most once, runs what is due in
//! order, and marks it done in the same transaction as the job's own changes, so that a crash neither loses nor repeats a posting.
//!
//! Clock changes: a local time that does not exist runs at the first minute after the gap; one that exists twice runs once, the first
//! time. What is older than the catch-up window is missed: leads are told, nothing is posted late by surprise.

mod cron;
mod store;

pub use cron::{Cron, CronRefusal, MOST_OFTEN_MINUTES, Slot, Slots};
pub use store::{NewSchedule, once};

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

    /// The occasion was missed (cxbot was off for longer than the catch-up window). Leave word for the leads if it matters.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        let _ = (services, tx, due);
        Box::pin(async { Ok(()) })
    }
}
