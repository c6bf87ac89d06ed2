//! How a pulse ends: closed in the six steps of [`sealed`](crate::sealed), or stopped because its key is lost.
//!
//! Answers are opened and counted outside the writer, so closing holds nobody up. Every closing leaves a due retry behind before it
//! starts; the retry does nothing when the closing has succeeded, and takes it up where a crash left it when not.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;

use super::message::{self, Before};
use super::model::{Comment, Pulse, PulseId, State};
use super::store;
use crate::calendar::Quarter;
use crate::chart;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::schedule;
use crate::sealed::{self, Ballot, Closing, Outcome, Sealed, Step};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{
    ClosedCounts, Counts, Kind, Paper, Source, add_counts, list_closed, publish_counts, total, total_by_group,
};

/// Runs at closing time.
pub(super) const CLOSE_JOB: &str = "close_pulse";
/// Tries an unfinished closing again.
pub(super) const FINISH_JOB: &str = "finish_pulse";
/// The name of pulses among the sources of counts.
pub(super) const SOURCE: &str = "pulse";

/// Stands for people in none of the divisions that are told apart; no division can be called so.
const NO_DIVISION: &str = "\u{1}";

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
    /// What was kept, for the picture of the result; empty after a crash in between, and the result then goes without it.
    kept: Mutex<Vec<ClosedCounts>>,
    picture: Mutex<Option<Vec<u8>>>,
}

impl PulseClosing {
    /// The closing of this pulse; `zone` is the group's and decides the day and quarter it belongs to.
    pub fn new(pulse: Pulse, zone: Tz, now: DateTime<Utc>) -> Self {
        let closed_on = pulse.closed_at.unwrap_or(now).with_timezone(&zone).date_naive();
        Self { pulse, closed_on, now, kept: Mutex::default(), picture: Mutex::default() }
    }

    /// Draws the picture of what was kept. Between two steps rather than inside one, since it takes a while.
    async fn draw(&self) {
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(svg) = message::chart_svg(&self.pulse, &kept) else { return };
        match chart::draw(svg).await {
            Ok(png) => *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = Some(png),
            Err(error) => {
                tracing::warn!(pulse.id = %self.pulse.id, error = %error, "The chart of a result could not be drawn; its text says the same");
            }
        }
    }
}

impl Closing for PulseClosing {
    fn keep<'run>(&'run self, tx: &'run mut Tx, ballots: &'run [Ballot]) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let (pulse, questions) = (&self.pulse, &self.pulse.definition.questions);
            let totals = total(questions, ballots.iter().map(Ballot::bytes));
            let by_division = (!pulse.divisions.is_empty()).then(|| {
                let ballots: Vec<&[u8]> = ballots.iter().map(Ballot::bytes).collect();
                total_by_group(questions, &ballots, pulse.divisions.len())
            });
            let mut kept = Vec::new();
            for (index, (question, counts)) in questions.iter().zip(totals.counts).enumerate() {
                if question.kind == Kind::Comment || !pulse.thresholds.may_keep(&counts) {
                    continue;
                }
                let closed = ClosedCounts {
                    source: source(pulse),
                    program: pulse.definition.program.clone(),
                    audience: pulse.definition.audience.name().into(),
                    quarter: Quarter::of(self.closed_on),
                    closed_on: self.closed_on,
                    question: question.clone(),
                    counts,
                    eligible: pulse.eligible,
                };
                add_counts(tx, &closed).await?;
                if let Some(by_division) = &by_division {
                    let names = pulse.divisions.iter().map(String::as_str).chain([NO_DIVISION]);
                    let groups: Vec<(&str, Counts)> =
                        names.zip(by_division).map(|(name, totals)| (name, totals.counts[index].clone())).collect();
                    // Only what may be shown is kept: a hidden number that does not exist cannot come out.
                    for score in pulse.thresholds.by_group(question, &groups) {
                        store::add_division_score(tx, pulse.id, &question.key, &score).await?;
                    }
                }
                kept.push(closed);
            }
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
            if totals.people >= pulse.thresholds.score {
                store::keep_answered(tx, pulse.id, totals.people).await?;
            }
            if pulse.named {
                keep_names(tx, pulse, ballots).await?;
            } else {
                keep_comments(tx, pulse, totals.people, &totals.comments).await?;
            }
            store::forget_asked(tx, pulse.id).await
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
            let before = find_before(tx, pulse).await?;
            // How many answered became known when the ballots were counted.
            let counted = found(store::find_pulse(tx, pulse.id).await?, pulse.id)?;
            let by_division = store::list_division_scores(tx, pulse.id).await?;
            let mut post = message::result(&counted, &counts, before.as_ref(), &by_division);
            if let Some(png) = self.picture.lock().unwrap_or_else(PoisonError::into_inner).take() {
                post = message::with_chart(post, &counted, &counts, png);
            }
            let to = To::Channel(pulse.channel);
            outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
            edit_post(tx, pulse, State::Closed, now).await
        })
    }
}

/// Comments, each cut loose from everything else its writer gave: in rows of their own, in an order that says nothing.
async fn keep_comments(tx: &mut Tx, pulse: &Pulse, people: u32, comments: &[(usize, String)]) -> Result<()> {
    let mut kept = Vec::new();
    for (index, question) in pulse.definition.questions.iter().enumerate() {
        let of_this: Vec<_> = comments.iter().filter(|(place, _)| *place == index).collect();
        if !pulse.thresholds.may_keep_comments(people, of_this.len()) {
            continue;
        }
        for (_, words) in of_this {
            kept.push(Comment {
                id: random_id()?,
                pulse: pulse.id,
                measure: question.key.clone(),
                words: words.clone(),
                proposal: None,
                agreed: false,
            });
        }
    }
    // Random ids also decide the order of the rows, so that two comments of one person do not stand side by side.
    kept.sort_by(|one, other| one.id.cmp(&other.id));
    for comment in &kept {
        store::add_comment(tx, comment).await?;
    }
    Ok(())
}

async fn keep_names(tx: &mut Tx, pulse: &Pulse, ballots: &[Ballot]) -> Result<()> {
    let papers = ballots.iter().filter_map(|ballot| Paper::decode(ballot.bytes(), &pulse.definition.questions));
    for paper in papers {
        if let (Some(user), Some(sent)) = (paper.named, paper.sent) {
            let answers = serde_json::to_string(&sent).map_err(anyhow::Error::from)?;
            store::add_named_answers(tx, pulse.id, UserId(user), &answers).await?;
        }
    }
    Ok(())
}

fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|fault| Error::internal(format!("the operating system gives no random numbers: {fault}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The last closed run of the same pulse before this one, with its counts.
pub(super) async fn find_before(tx: &mut Tx, pulse: &Pulse) -> Result<Option<Before>> {
    let Some(before) = store::find_last_closed(tx, pulse.guild, &pulse.definition.name, Some(pulse.id)).await? else {
        return Ok(None);
    };
    let closed = list_closed(tx, pulse.guild, SOURCE, Some(&before.id.to_string())).await?;
    Ok(Some(Before { pulse: before, closed }))
}

async fn edit_post(tx: &mut Tx, pulse: &Pulse, state: State, now: DateTime<Utc>) -> Result<()> {
    let post = message::over(pulse, state);
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
    schedule::once(tx, pulse.guild, FINISH_JOB, &key, now + sealed::retry_after(attempt), &payload).await?;
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
    let mut reached =
        sealed.close_until(&services.store, &pulse.box_id, closing.clone(), today, last.min(Step::Keep)).await?;
    if reached == Outcome::Stopped && last > Step::Keep {
        closing.draw().await;
        reached = sealed.close_until(&services.store, &pulse.box_id, closing, today, last).await?;
    }
    match reached {
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
                store::forget_asked(tx, stopping.id).await?;
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
