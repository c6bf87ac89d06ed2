//! What the schedule runs for pulses.
//!
//! A job runs inside the writer's transaction, where the long part of a closing has no place: it does the first step and hands the
//! rest to a task of its own. A crash of that task loses nothing, since the first step leaves a retry due.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::chat::Pulses;
use super::closing::{self, CLOSE_JOB, FINISH_JOB};
use super::model::{PulseId, State};
use super::opening::REMIND_JOB;
use super::outcomes::{self, OUTCOME_JOB};
use super::store;
use crate::error::{Error, Result};
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;

/// Closes a pulse at its closing time.
pub(super) struct ClosePulse(pub(super) Pulses);

/// Takes up a closing that did not come to its end.
pub(super) struct FinishPulse(pub(super) Pulses);

/// Reminds people of an open pulse, naming nobody.
pub(super) struct RemindOfPulse;

/// Reminds a lead on the day that was named in an outcome.
pub(super) struct OutcomeDue;

impl Job for ClosePulse {
    fn name(&self) -> &'static str {
        CLOSE_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let id = pulse_of(due)?;
            if closing::begin(tx, id, services.clock.now()).await? {
                self.0.finish_in_background(services, id);
            }
            Ok(())
        })
    }

    // Answers have been refused since the closing time, however late this is; the result is still wanted.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        self.run(services, tx, due)
    }
}

impl Job for FinishPulse {
    fn name(&self) -> &'static str {
        FINISH_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let id = pulse_of(due)?;
            let pulse = store::find_pulse(tx, id).await?.filter(|pulse| pulse.state == State::Closing);
            if let Some(pulse) = pulse {
                let attempt =
                    due.payload["attempt"].as_u64().and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(0);
                let now: DateTime<Utc> = services.clock.now();
                closing::plan_retry(tx, &pulse, attempt.saturating_add(1), now).await?;
                self.0.finish_in_background(services, id);
            }
            Ok(())
        })
    }

    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        self.run(services, tx, due)
    }
}

impl Job for RemindOfPulse {
    fn name(&self) -> &'static str {
        REMIND_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let (id, now) = (pulse_of(due)?, services.clock.now());
            let Some(pulse) = store::find_pulse(tx, id).await?.filter(|pulse| pulse.state == State::Open) else {
                return Ok(());
            };
            let number = due.payload["number"].as_u64().unwrap_or(1);
            outcomes::remind(tx, &pulse, number, now).await?;
            tracing::info!(pulse.id = %id, guild.id = %due.guild, "Reminder {number} of pulse {id} left");
            Ok(())
        })
    }
}

impl Job for OutcomeDue {
    fn name(&self) -> &'static str {
        OUTCOME_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move { outcomes::say_due(tx, pulse_of(due)?, &due.key, services.clock.now()).await })
    }
}

fn pulse_of(due: &Due) -> Result<PulseId> {
    serde_json::from_value(due.payload["pulse"].clone())
        .map_err(|_| Error::internal(format!("the occasion {} {} names no pulse", due.job, due.key)))
}
