//! What the calendar does: silence becomes "private", reviewers are reminded and then decide with what they have said, rounds close,
//! and what was not recognised is forgotten.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::model::{Actor, Event};
use super::nomination::{Nomination, NominationId, State};
use super::{effects, panel, queue, review, rounds, store, weekly};
use crate::error::{Error, Result};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::schedule::{self, Due, Job};
use crate::services::Services;
use crate::store::Tx;

pub(super) const CLOSE_CONSENT: &str = "recognition_close_consent";
pub(super) const FORGET: &str = "recognition_forget";
pub(super) const REACH: &str = "recognition_reach";
pub(super) const REVIEW: &str = "recognition_review";
pub(super) const CLOSE_ROUND: &str = "recognition_close_round";
pub(super) const REMIND_ROUND: &str = "recognition_remind_round";
pub(super) const WEEKLY: &str = "recognition_weekly_story";

/// Days after sending on which reviewers who have not judged are reminded.
const REMIND_ON_DAYS: [i64; 2] = [7, 12];

/// What the schedule runs for recognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecognitionJob {
    /// Seven days after the question: no answer means private.
    CloseConsent,
    /// Ninety days after the round: what was not recognised loses its words.
    Forget,
    /// Shortly after the question: whether it arrived.
    Reach,
    /// The two weeks of review: reminders, then a decision.
    Review,
    /// The end of a round.
    CloseRound,
    /// A week before it.
    RemindRound,
    /// A published story told once more.
    Weekly,
}

impl RecognitionJob {
    /// Every job.
    pub const ALL: [Self; 7] = [
        Self::CloseConsent,
        Self::Forget,
        Self::Reach,
        Self::Review,
        Self::CloseRound,
        Self::RemindRound,
        Self::Weekly,
    ];
}

impl Job for RecognitionJob {
    fn name(&self) -> &'static str {
        match self {
            Self::CloseConsent => CLOSE_CONSENT,
            Self::Forget => FORGET,
            Self::Reach => REACH,
            Self::Review => REVIEW,
            Self::CloseRound => CLOSE_ROUND,
            Self::RemindRound => REMIND_ROUND,
            Self::Weekly => WEEKLY,
        }
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        let now = services.clock.now();
        match self {
            Self::CloseConsent => Box::pin(by_calendar(tx, due, Event::Silence, now)),
            Self::Forget => Box::pin(by_calendar(tx, due, Event::Expire, now)),
            Self::Reach => Box::pin(async move { effects::reach(tx, nomination_of(due)?, now).await }),
            Self::Review => Box::pin(step_review(tx, due, now)),
            Self::CloseRound => Box::pin(rounds::close(tx, due, now)),
            Self::RemindRound => Box::pin(rounds::remind(tx, due, now)),
            Self::Weekly => Box::pin(weekly::tell(tx, due, now)),
        }
    }

    /// Late is as good as in time where nothing is posted; a reminder or story that is late is left out.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        match self {
            Self::CloseConsent | Self::Forget | Self::Reach | Self::Review | Self::CloseRound => {
                self.run(services, tx, due)
            }
            Self::RemindRound | Self::Weekly => Box::pin(async { Ok(()) }),
        }
    }
}

fn nomination_of(due: &Due) -> Result<NominationId> {
    let id = due.key.split(':').next().and_then(|id| id.parse().ok()).map(NominationId);
    id.ok_or_else(|| Error::internal(format!("{} has no nomination in its key", due.job)))
}

async fn by_calendar(tx: &mut Tx, due: &Due, event: Event, now: DateTime<Utc>) -> Result<()> {
    match effects::apply(tx, nomination_of(due)?, event, Actor::Calendar, now).await {
        // Answered, decided, or discarded in time: there is nothing left to do.
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Plans the reminders and the end of a review.
pub(super) async fn plan_review(tx: &mut Tx, nomination: &Nomination, now: DateTime<Utc>) -> Result<()> {
    let ends_at = review::ends_at(now);
    for day in REMIND_ON_DAYS {
        let (key, at) = (format!("{}:{day}", nomination.id), now + TimeDelta::days(day));
        schedule::once(tx, nomination.guild, REVIEW, &key, at, &json!({ "ends_at": ends_at })).await?;
    }
    schedule::once(tx, nomination.guild, REVIEW, &format!("{}:end", nomination.id), ends_at, &Value::Null).await?;
    Ok(())
}

async fn step_review(tx: &mut Tx, due: &Due, now: DateTime<Utc>) -> Result<()> {
    let id = nomination_of(due)?;
    let Some(nomination) = store::find(tx, id).await?.filter(|found| found.state == State::Waiting) else {
        return Ok(());
    };
    let ends_at: Option<DateTime<Utc>> = serde_json::from_value(due.payload["ends_at"].clone()).unwrap_or_default();
    let days_left = ends_at.map_or(0, |ends_at| (ends_at - now).num_days());
    if days_left <= 0 {
        match queue::decide(tx, due.guild, id, Actor::Calendar, true, now).await {
            Ok(Some(_)) => return Ok(()),
            // Nobody has judged it, or there is no channel: the reviewers are told once more.
            Ok(None) | Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    // Those whose turn it is; when the time is over, everybody who may.
    let seats = store::list_seats(tx, id).await?;
    let mut wanted: Vec<_> =
        seats.iter().filter(|seat| seat.verdict_on(nomination.revision).is_none()).map(|seat| seat.reviewer).collect();
    if days_left <= 0 || wanted.is_empty() {
        let ties = store::find_ties(tx, due.guild, id).await?;
        for (reviewer, _) in store::list_reviewers(tx, due.guild).await? {
            if review::may_review(&nomination, &reviewer, &ties).is_ok() && !wanted.contains(&reviewer.user) {
                wanted.push(reviewer.user);
            }
        }
    }
    for user in wanted {
        if people::find_member(tx, due.guild, user).await?.is_some_and(|member| member.no_reminders) {
            continue;
        }
        let (key, post) = (format!("recognition:{}:remind:{user}", due.key), panel::reminder(&nomination, days_left));
        let to = To::Person(user);
        outbox::queue(tx, Queue { guild: due.guild, key: &key, to, post: &post, due_at: now }).await?;
    }
    Ok(())
}
