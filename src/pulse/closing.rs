//! How a pulse ends: closed in the six steps of [`sealed`](crate::sealed), or stopped because its key is lost.
//!
//! Answers are opened and counted outside the writer, so closing holds nobody up. Every closing leaves a due retry behind before it
//! starts; the retry does nothing when the closing has succeeded, and takes it up where a crash left it when not.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;

use super::message;
use super::model::{Pulse, PulseId, State, retry_after};
use super::store;
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::schedule;
use crate::sealed::{self, Ballot, Closing, Outcome, Sealed, Step};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{ClosedCounts, Source, add_counts, list_closed, publish_counts, tally};

/// Runs at closing time.
pub(super) const CLOSE_JOB: &str = "close_pulse";
/// Tries an unfinished closing again.
pub(super) const FINISH_JOB: &str = "finish_pulse";
/// The name of pulses among the sources of counts.
pub(super) const SOURCE: &str = "pulse";

/// The outbox key of a pulse's own post.
pub(super) fn post_key(id: PulseId) -> String {
    format!("pulse:{id}:open")
}

pub(super) fn source(pulse: &Pulse) -> Source {
    Source { guild: pulse.guild, name: SOURCE.into(), key: pulse.id.to_string() }
}

/// What a pulse keeps of its answers, and tells of them.
pub struct PulseClosing {
    pulse: Pulse,
    closed_on: NaiveDate,
    now: DateTime<Utc>,
}

impl PulseClosing {
    /// The closing of this pulse; `zone` is the group's and decides the day and quarter it belongs to.
    pub fn new(pulse: Pulse, zone: Tz, now: DateTime<Utc>) -> Self {
        let closed_on = pulse.closed_at.unwrap_or(now).with_timezone(&zone).date_naive();
        Self { pulse, closed_on, now }
    }
}

impl Closing for PulseClosing {
    fn keep<'run>(&'run self, tx: &'run mut Tx, ballots: &'run [Ballot]) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let questions = &self.pulse.definition.questions;
            let all = tally(questions, ballots.iter().map(Ballot::bytes));
            for (question, counts) in questions.iter().zip(all) {
                if !self.pulse.thresholds.may_keep(&counts) {
                    continue;
                }
                let closed = ClosedCounts {
                    source: source(&self.pulse),
                    program: self.pulse.definition.program.clone(),
                    audience: self.pulse.definition.audience.name().into(),
                    quarter: Quarter::of(self.closed_on),
                    closed_on: self.closed_on,
                    question: question.clone(),
                    counts,
                    eligible: self.pulse.eligible,
                };
                add_counts(tx, &closed).await?;
            }
            Ok(())
        })
    }

    fn publish<'run>(&'run self, tx: &'run mut Tx) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let (pulse, now) = (&self.pulse, self.now);
            if !store::finish_closing(tx, pulse.id).await? {
                return Ok(());
            }
            publish_counts(tx, &source(pulse), now).await?;
            let counts = list_closed(tx, pulse.guild, SOURCE, Some(&pulse.id.to_string())).await?;
            let key = format!("pulse:{}:result", pulse.id);
            let post = message::result(pulse, &counts);
            let to = To::Channel(pulse.channel);
            outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
            edit_post(tx, pulse, State::Closed, now).await
        })
    }
}

async fn edit_post(tx: &mut Tx, pulse: &Pulse, state: State, now: DateTime<Utc>) -> Result<()> {
    let Some(question) = pulse.definition.one_press() else { return Ok(()) };
    let post = message::over(pulse, question, state);
    outbox::edit(tx, pulse.guild, &post_key(pulse.id), &post, now).await
}

/// The first step, in the caller's transaction: refuses answers, says so on the post, leaves a retry due. `false` when the pulse was
/// not open.
pub(super) async fn begin(tx: &mut Tx, id: PulseId, now: DateTime<Utc>) -> Result<bool> {
    if !store::begin_closing(tx, id, now).await? {
        return Ok(false);
    }
    let pulse = found(store::find_pulse(tx, id).await?, id)?;
    sealed::refuse(tx, &pulse.box_id).await?;
    edit_post(tx, &pulse, State::Closing, now).await?;
    plan_retry(tx, &pulse, 0, now).await?;
    Ok(true)
}

pub(super) async fn plan_retry(tx: &mut Tx, pulse: &Pulse, attempt: u32, now: DateTime<Utc>) -> Result<()> {
    let payload = serde_json::json!({ "pulse": pulse.id, "attempt": attempt });
    let key = format!("{}:{attempt}", pulse.id);
    schedule::once(tx, pulse.guild, FINISH_JOB, &key, now + retry_after(attempt), &payload).await?;
    Ok(())
}

/// The other steps, from wherever the pulse stands, up to `last`. Returns the pulse as it is afterwards.
pub(super) async fn finish_until(sealed: &Sealed, services: &Services, id: PulseId, last: Step) -> Result<Pulse> {
    let now = services.clock.now();
    let default_zone = services.settings.time.zone;
    let (pulse, zone) = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let pulse = found(store::find_pulse(tx, id).await?, id)?;
                let zone = people::find_guild(tx, pulse.guild).await?.map_or(default_zone, |guild| guild.zone);
                Ok((pulse, zone))
            })
        })
        .await?;
    if !matches!(pulse.state, State::Closing) {
        return Ok(pulse);
    }
    let closing = Arc::new(PulseClosing::new(pulse.clone(), zone, now));
    let today = now.with_timezone(&zone).date_naive();
    match sealed.close_until(&services.store, &pulse.box_id, closing, today, last).await? {
        Outcome::Sealed | Outcome::Stopped => {}
        Outcome::KeyLost | Outcome::Abandoned => stop(sealed, services, &pulse).await?,
    }
    find(services, id).await
}

/// Stops a pulse whose key is lost, and says so on its post and in its channel. Harmless when repeated.
pub(super) async fn stop(sealed: &Sealed, services: &Services, pulse: &Pulse) -> Result<()> {
    let (stopping, now) = (pulse.clone(), services.clock.now());
    let stopped_now = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                // The pulse before its box, as everywhere: two orders could wait for each other for ever.
                let stopped_now = store::stop(tx, stopping.id, now).await?;
                sealed::abandon(tx, &stopping.box_id).await?;
                if !stopped_now {
                    return Ok(false);
                }
                edit_post(tx, &stopping, State::Stopped, now).await?;
                let key = format!("pulse:{}:stopped", stopping.id);
                let (post, to) = (message::stopped(&stopping), To::Channel(stopping.channel));
                outbox::queue(tx, Queue { guild: stopping.guild, key: &key, to, post: &post, due_at: now }).await?;
                Ok(true)
            })
        })
        .await?;
    if stopped_now {
        tracing::error!(
            pulse.id = %pulse.id, guild.id = %pulse.guild,
            "Pulse {} was stopped: the key that sealed its answers is missing from the data folder, or is another one", pulse.id
        );
    }
    sealed.tidy(&services.store, &pulse.box_id).await
}

/// Leaves word for the lead who opened the pulse that its result has to wait. Said once.
pub(super) async fn say_that_it_waits(services: &Services, id: PulseId) -> Result<()> {
    let now = services.clock.now();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let pulse = found(store::find_pulse(tx, id).await?, id)?;
                let key = format!("pulse:{id}:waits");
                let (post, to) = (message::result_waits(&pulse), To::Person(pulse.opened_by));
                outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await
            })
        })
        .await?;
    Ok(())
}

pub(super) async fn find(services: &Services, id: PulseId) -> Result<Pulse> {
    let pulse = services.store.read(move |tx| Box::pin(async move { store::find_pulse(tx, id).await })).await?;
    found(pulse, id)
}

fn found(pulse: Option<Pulse>, id: PulseId) -> Result<Pulse> {
    pulse.ok_or_else(|| Error::internal(format!("there is no pulse {id}")))
}
