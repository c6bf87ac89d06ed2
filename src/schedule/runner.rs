//! Runs what is due: plans, takes, runs, and tries again.
//!
//! Each occurrence is one transaction: it is taken and its job runs, so both are kept or neither. When the job fails, a second
//! transaction puts the occurrence off; after the last attempt it is given up and the job may leave word for the leads. Several
//! processes may run on one database: only one of them takes an occurrence.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::cron::Slot;
use super::fate::{Fate, fate};
use super::model::OccurrenceState;
use super::store::planning::{self, Unplanned};
use super::store::running::{self, DueNow};
use super::{Due, Job, next_due, work_calendar};
use crate::calendar::WorkCalendar;
use crate::error::{Error, Result};
use crate::services::Services;
use crate::store::Topic;

/// How long to wait after the first, second … failed attempt, in minutes. After one more the occurrence is given up.
const RETRY_AFTER_MINUTES: [i64; 5] = [1, 2, 5, 10, 30];
/// The most occurrences that one [`Runner::tick`] settles.
const MOST_PER_TICK: usize = 10_000;
/// Another process may have planned something without our hearing of it.
const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);

/// Runs jobs when they are due.
pub struct Runner {
    services: Services,
    jobs: BTreeMap<&'static str, Arc<dyn Job>>,
}

/// What one [`Runner::tick`] did.
#[derive(Clone, Debug, Default)]
pub struct Ticked {
    /// How many jobs ran.
    pub ran: usize,
    /// How many were left out because of a day off.
    pub skipped: usize,
    /// How many failed and will be tried again.
    pub put_off: usize,
    /// What was too late to run.
    pub missed: Vec<Due>,
    /// What was refused by its job, failed for good, or belongs to no job.
    pub failed: Vec<Due>,
    /// More is due than one tick settles; tick again.
    pub unfinished: bool,
}

/// What to do with an occurrence.
enum Decision {
    Run(Arc<dyn Job>),
    Miss(Arc<dyn Job>),
    Skip,
    /// To this later day.
    Move(DateTime<Utc>),
    NoSuchJob,
    Unreadable,
}

/// What became of an occurrence.
enum Outcome {
    Ran,
    Skipped,
    Missed,
    PutOff,
    Failed,
    /// To a later day, where it waits.
    Moved,
    /// Another process had it.
    Elsewhere,
}

impl Runner {
    /// A runner for these jobs.
    ///
    /// # Panics
    /// When two jobs have the same name: rows could not tell them apart.
    #[must_use]
    pub fn new(services: Services, jobs: Vec<Arc<dyn Job>>) -> Self {
        let count = jobs.len();
        let jobs: BTreeMap<_, _> = jobs.into_iter().map(|job| (job.name(), job)).collect();
        assert_eq!(jobs.len(), count, "two jobs have the same name; the names are {:?}", jobs.keys());
        Self { services, jobs }
    }

    /// Plans and settles everything due at `now`, in the order it was due.
    ///
    /// # Errors
    /// When the database fails. What a job fails at is not an error here: it is logged, put off and in the end given up.
    pub async fn tick(&self, now: DateTime<Utc>) -> Result<Ticked> {
        self.tick_until(now, &CancellationToken::new()).await
    }

    /// Settles what is due as it becomes due, until `stop`; then finishes the occurrence in hand.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failures = 0_u32;
        while !stop.is_cancelled() {
            let now = self.services.clock.now();
            let next = match self.tick_until(now, &stop).await {
                Ok(ticked) if ticked.unfinished => continue,
                Ok(_) => self.services.store.read(|tx| Box::pin(next_due(tx))).await,
                Err(error) => Err(error),
            };
            let wait: BoxFuture<'_, ()> = match next {
                // Due in the meantime.
                Ok(Some(next)) if next > now && next <= self.services.clock.now() => continue,
                Ok(Some(next)) if next > now => self.services.clock.sleep_until(next).boxed(),
                Ok(_) => std::future::pending().boxed(),
                Err(error) => {
                    failures = failures.saturating_add(1);
                    let seconds = 1_u64.checked_shl(failures.min(6)).unwrap_or(60).min(60);
                    tracing::error!(error = %error, retry.after_seconds = seconds, "The schedule could not reach the database; trying again");
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(Duration::from_secs(seconds)) => continue,
                    }
                }
            };
            failures = 0;
            tokio::select! {
                () = stop.cancelled() => break,
                () = wait => {}
                () = self.services.store.announced(Topic::Schedule) => {}
                () = tokio::time::sleep(LOOK_AGAIN_AFTER) => {}
            }
        }
    }

    async fn tick_until(&self, now: DateTime<Utc>, stop: &CancellationToken) -> Result<Ticked> {
        self.plan(now).await?;
        let mut ticked = Ticked::default();
        let mut calendar = None;
        for _ in 0..MOST_PER_TICK {
            if stop.is_cancelled() {
                return Ok(ticked);
            }
            // One at a time: a job may plan something that is due before the next one in line.
            let Some(next) = self.services.store.read(move |tx| Box::pin(running::find_due(tx, now))).await? else {
                return Ok(ticked);
            };
            let due = next.due.clone();
            match self.settle(next, &mut calendar, now).await? {
                Outcome::Ran => ticked.ran += 1,
                Outcome::Skipped => ticked.skipped += 1,
                Outcome::PutOff => ticked.put_off += 1,
                Outcome::Missed => ticked.missed.push(due),
                Outcome::Failed => ticked.failed.push(due),
                Outcome::Moved | Outcome::Elsewhere => {}
            }
        }
        ticked.unfinished = true;
        Ok(ticked)
    }

    async fn plan(&self, now: DateTime<Utc>) -> Result<()> {
        let unplanned = self.services.store.read(move |tx| Box::pin(planning::unplanned(tx, now))).await?;
        for schedule in unplanned {
            match schedule {
                Unplanned::Ready(schedule) => {
                    let (id, job) = (schedule.id, schedule.job.clone());
                    let too_old = self
                        .services
                        .store
                        .write(move |tx| Box::pin(async move { planning::plan(tx, &schedule, now).await }))
                        .await?;
                    if too_old > 0 {
                        tracing::warn!(schedule.id = %id, job.name = job, slots = too_old, "Passed over slots too old to be recorded as missed");
                    }
                }
                Unplanned::Broken { id, why } => {
                    tracing::error!(schedule.id = id, error = %why, "Paused a schedule that cannot be read; set it again");
                    self.services
                        .store
                        .write(move |tx| Box::pin(async move { planning::pause_broken(tx, id, now).await }))
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Decides about one occurrence and does it.
    async fn settle(&self, next: DueNow, calendar: &mut Option<WorkCalendar>, now: DateTime<Utc>) -> Result<Outcome> {
        match self.decide(&next, calendar, now) {
            Decision::Run(job) => match self.perform(job.clone(), Lot::Run, &next, now).await {
                Ok(true) => Ok(Outcome::Ran),
                Ok(false) => Ok(Outcome::Elsewhere),
                Err(error) => self.fail(job, &next, &error, now).await,
            },
            Decision::Miss(job) => match self.perform(job.clone(), Lot::Missed, &next, now).await {
                Ok(true) => {
                    tracing::warn!(occurrence.id = next.id, job.name = next.due.job, guild.id = %next.due.guild, slot = next.due.slot, due.at = %next.due.due_at, "Missed: too late to run");
                    Ok(Outcome::Missed)
                }
                Ok(false) => Ok(Outcome::Elsewhere),
                Err(error) => self.fail(job, &next, &error, now).await,
            },
            Decision::Move(due_at) => {
                let (id, attempts) = (next.id, next.attempts);
                self.services
                    .store
                    .write(move |tx| Box::pin(async move { running::move_to(tx, id, attempts, due_at).await }))
                    .await?;
                Ok(Outcome::Moved)
            }
            Decision::Skip => self.settle_as(&next, OccurrenceState::Skipped, Outcome::Skipped, now).await,
            Decision::NoSuchJob => {
                tracing::error!(
                    occurrence.id = next.id,
                    job.name = next.due.job,
                    "No part of cxbot has a job of this name; it was not run"
                );
                self.settle_as(&next, OccurrenceState::Failed, Outcome::Failed, now).await
            }
            Decision::Unreadable => {
                tracing::error!(
                    occurrence.id = next.id,
                    job.name = next.due.job,
                    "What was left for a job is not JSON; it was not run"
                );
                self.settle_as(&next, OccurrenceState::Failed, Outcome::Failed, now).await
            }
        }
    }

    fn decide(&self, next: &DueNow, calendar: &mut Option<WorkCalendar>, now: DateTime<Utc>) -> Decision {
        if !next.readable {
            return Decision::Unreadable;
        }
        let Some(job) = self.jobs.get(next.due.job.as_str()) else { return Decision::NoSuchJob };
        if let Some((cron, zone)) = &next.heeds
            && let Some(slot) = Slot::read(&next.due.slot, *zone)
        {
            match fate(cron, *zone, &slot, calendar.get_or_insert_with(|| self.calendar())) {
                Fate::LeftOut(_) => return Decision::Skip,
                Fate::Moves { to, .. } if to.at > next.due.due_at => return Decision::Move(to.at),
                Fate::Runs | Fate::Moves { .. } => {}
            }
        }
        if next.window.is_some_and(|window| now - next.due.due_at > window) {
            return Decision::Miss(job.clone());
        }
        Decision::Run(job.clone())
    }

    /// The days off; the federal ones alone while `holidays.toml` is not right, since posting must go on.
    fn calendar(&self) -> WorkCalendar {
        work_calendar(&self.services.content).unwrap_or_else(|problem| {
            tracing::warn!(problem = %problem, "Only federal holidays count until holidays.toml is right");
            WorkCalendar::federal()
        })
    }

    /// Takes the occurrence and does the job's part in one transaction. `false` when another process had it.
    async fn perform(&self, job: Arc<dyn Job>, lot: Lot, next: &DueNow, now: DateTime<Utc>) -> Result<bool> {
        let (services, next) = (self.services.clone(), next.clone());
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if !running::take(tx, next.id, next.attempts, lot.state(), now).await? {
                        return Ok(false);
                    }
                    if lot == Lot::GivenUp {
                        running::count_attempt(tx, next.id).await?;
                    }
                    let part = match lot {
                        Lot::Run => job.run(&services, tx, &next.due),
                        Lot::Missed | Lot::GivenUp => job.missed(&services, tx, &next.due),
                    };
                    // A panic in one job must not end the runner that all jobs depend on.
                    match AssertUnwindSafe(part).catch_unwind().await {
                        Ok(done) => done.map(|()| true),
                        Err(_) => Err(Error::internal("the job panicked")),
                    }
                })
            })
            .await
    }

    /// Settles an occurrence without its job.
    async fn settle_as(
        &self,
        next: &DueNow,
        state: OccurrenceState,
        outcome: Outcome,
        now: DateTime<Utc>,
    ) -> Result<Outcome> {
        let (id, attempts) = (next.id, next.attempts);
        let taken = self
            .services
            .store
            .write(move |tx| Box::pin(async move { running::take(tx, id, attempts, state, now).await }))
            .await?;
        Ok(if taken { outcome } else { Outcome::Elsewhere })
    }

    /// Puts a failed occurrence off, or gives it up: at once when the job refused, otherwise after the last attempt.
    async fn fail(&self, job: Arc<dyn Job>, next: &DueNow, error: &Error, now: DateTime<Utc>) -> Result<Outcome> {
        let retry = match error {
            Error::Refused(_) => None,
            Error::Internal(_) => {
                usize::try_from(next.attempts).ok().and_then(|attempts| RETRY_AFTER_MINUTES.get(attempts))
            }
        };
        if let Some(minutes) = retry {
            let (id, attempts, retry_at) = (next.id, next.attempts, now + TimeDelta::minutes(*minutes));
            let put_off = self
                .services
                .store
                .write(move |tx| Box::pin(async move { running::put_off(tx, id, attempts, retry_at).await }))
                .await?;
            if !put_off {
                return Ok(Outcome::Elsewhere);
            }
            tracing::warn!(occurrence.id = id, job.name = next.due.job, guild.id = %next.due.guild, attempt = attempts + 1, retry.at = %retry_at, error = %error, "A job failed and will be tried again");
            return Ok(Outcome::PutOff);
        }
        tracing::error!(occurrence.id = next.id, job.name = next.due.job, guild.id = %next.due.guild, slot = next.due.slot, error = %error, "A job was given up");
        match self.perform(job, Lot::GivenUp, next, now).await {
            Ok(true) => Ok(Outcome::Failed),
            Ok(false) => Ok(Outcome::Elsewhere),
            Err(error) => {
                tracing::error!(occurrence.id = next.id, job.name = next.due.job, error = %error, "The leads could not be told that a job was given up");
                self.settle_as(next, OccurrenceState::Failed, Outcome::Failed, now).await
            }
        }
    }
}

/// Which part of a job is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lot {
    Run,
    Missed,
    GivenUp,
}

impl Lot {
    fn state(self) -> OccurrenceState {
        match self {
            Self::Run => OccurrenceState::Done,
            Self::Missed => OccurrenceState::Missed,
            Self::GivenUp => OccurrenceState::Failed,
        }
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("jobs", &self.jobs.keys()).finish_non_exhaustive()
    }
}
