//! How a vote ends: counted in the six steps of [`sealed`](crate::sealed), or decided by the reviewers' scores when its key is lost.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::json;

use super::ballot::Ticks;
use super::opening::post_key;
use super::tally::{self, Candidate, Decider};
use super::{Decided, Stage, Vote, VoteId, Votes, job, message};
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::outbox;
use crate::people;
use crate::recognition::effects;
use crate::recognition::model::{Actor, Event};
use crate::recognition::nomination::Vote as Standing;
use crate::recognition::review::Seat;
use crate::recognition::store::{self, Entry};
use crate::schedule;
use crate::sealed::{self, Ballot, Closing, Outcome, Sealed};
use crate::services::Services;
use crate::store::Tx;

/// What a vote keeps of its ballots, and does with it.
struct VoteClosing {
    vote: Vote,
    now: DateTime<Utc>,
}

impl Closing for VoteClosing {
    fn keep<'run>(&'run self, tx: &'run mut Tx, ballots: &'run [Ballot]) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let ticks: Vec<Ticks> = ballots.iter().map(|ballot| Ticks::read(ballot.bytes())).collect();
            choose(tx, &self.vote, &ticks, None).await
        })
    }

    fn publish<'run>(&'run self, tx: &'run mut Tx) -> BoxFuture<'run, Result<()>> {
        Box::pin(conclude(tx, self.vote.id, self.now))
    }
}

/// Chooses from what is still on the ballot, and keeps what was chosen.
async fn choose(tx: &mut Tx, vote: &Vote, ballots: &[Ticks], decided: Option<Decided>) -> Result<()> {
    let mut candidates = Vec::new();
    for (place, nomination) in store::list_candidates(tx, vote.id).await?.into_iter().enumerate() {
        if nomination.vote == Standing::Open {
            let seats = store::list_seats(tx, nomination.id).await?;
            candidates.push(Candidate {
                nomination: nomination.id,
                ticks: ballots.iter().filter(|ballot| ballot.has(place)).count(),
                scores: seats.iter().filter_map(Seat::total).collect(),
            });
        }
    }
    let choice = tally::choose(ballots.len(), &candidates, vote.ballots.as_str());
    let decided = decided.unwrap_or(match choice.decider {
        Decider::Ballots => Decided::ByBallots,
        Decider::Scores => Decided::TooFewBallots,
    });
    let lots = (!choice.lots.is_empty()).then(|| choice.lots.join("\n"));
    store::keep_choice(tx, vote.id, &choice.chosen, decided, lots.as_deref()).await
}

/// Publishes what was chosen, and says that the vote is over. Harmless when repeated.
async fn conclude(tx: &mut Tx, id: VoteId, now: DateTime<Utc>) -> Result<()> {
    if !store::finish_vote(tx, id).await? {
        return Ok(());
    }
    let vote = found(store::find_vote(tx, id).await?, id)?;
    // Without a channel the stories have nowhere to go. Refused here, this is tried again until there is one.
    let settings = people::find_guild(tx, vote.guild).await?;
    if settings.and_then(|settings| settings.recognition_channel).is_none() {
        return Err(Error::internal(format!(
            "vote {id} cannot end: server {} has no channel for recognition",
            vote.guild
        )));
    }
    let chosen = store::list_chosen(tx, id).await?;
    let mut any_told = false;
    for nomination in store::list_candidates(tx, id).await? {
        // Who withdrew meanwhile is off the ballot, whatever it said.
        if nomination.vote == Standing::Open {
            let chosen = chosen.contains(&nomination.id);
            effects::apply(tx, nomination.id, Event::CloseVote { chosen }, Actor::Calendar, now).await?;
            any_told |= chosen;
        }
    }
    let what = format!("ended the vote for {}: {}", vote.quarter, message::decided_in_words(vote.decided));
    store::audit(tx, vote.guild, &Entry { nomination: None, actor: None, what, at: now }).await?;
    outbox::edit(tx, vote.guild, &post_key(&vote), &message::over(&vote, any_told), now).await
}

/// The first step, in the caller's transaction: refuses ballots, says so on the post, leaves a retry due. `false` when it was not open.
pub(super) async fn begin(tx: &mut Tx, id: VoteId, now: DateTime<Utc>) -> Result<bool> {
    if !store::begin_closing_vote(tx, id).await? {
        return Ok(false);
    }
    let vote = found(store::find_vote(tx, id).await?, id)?;
    sealed::refuse(tx, &vote.ballots).await?;
    outbox::edit(tx, vote.guild, &post_key(&vote), &message::counting(&vote), now).await?;
    plan_retry(tx, vote.guild, id, 0, now).await?;
    Ok(true)
}

pub(super) async fn plan_retry(
    tx: &mut Tx,
    guild: GuildId,
    id: VoteId,
    attempt: u32,
    now: DateTime<Utc>,
) -> Result<()> {
    let payload = json!({ "vote": id, "attempt": attempt });
    schedule::once(tx, guild, job::FINISH, &format!("{id}:{attempt}"), now + sealed::retry_after(attempt), &payload)
        .await?;
    Ok(())
}

impl Votes {
    /// Does the remaining steps in a task of its own: counting has no place in the writer's transaction.
    pub(super) fn finish_in_background(&self, services: &Services, id: VoteId) {
        let (this, services) = (self.clone(), services.clone());
        self.inner.closings.spawn(async move {
            if let Err(error) = this.finish(&services, id).await {
                tracing::error!(vote.id = %id, error = %error, "Vote {id} could not be closed yet; it will be tried again");
            }
        });
    }

    async fn finish(&self, services: &Services, id: VoteId) -> Result<()> {
        let _one_at_a_time = self.inner.finishing.lock().await;
        let (now, zone) = (services.clock.now(), services.settings.time.zone);
        let (vote, zone) = services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // The job that asked for this may not have committed its own first step yet.
                    begin(tx, id, now).await?;
                    let vote = found(store::find_vote(tx, id).await?, id)?;
                    let zone = people::find_guild(tx, vote.guild).await?.map_or(zone, |settings| settings.zone);
                    Ok((vote, zone))
                })
            })
            .await?;
        if vote.stage != Stage::Closing {
            return Ok(());
        }
        let (ballots, today) = (vote.ballots.clone(), now.with_timezone(&zone).date_naive());
        let closing = Arc::new(VoteClosing { vote, now });
        match self.inner.sealed.close(&services.store, &ballots, closing, today).await? {
            Outcome::Sealed | Outcome::Stopped => Ok(()),
            Outcome::KeyLost | Outcome::Abandoned => give_up(&self.inner.sealed, services, id).await,
        }
    }
}

/// Ends a vote whose key is lost: nobody can read its ballots any more, so the reviewers' scores decide. Harmless when repeated.
pub(super) async fn give_up(sealed: &Sealed, services: &Services, id: VoteId) -> Result<()> {
    let now = services.clock.now();
    let (vote, ended) = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::begin_closing_vote(tx, id).await?;
                let vote = found(store::find_vote(tx, id).await?, id)?;
                // Another process may have counted it meanwhile; then its key was destroyed, not lost.
                if !sealed::abandon(tx, &vote.ballots).await? || vote.stage != Stage::Closing {
                    return Ok((vote, false));
                }
                choose(tx, &vote, &[], Some(Decided::KeyLost)).await?;
                conclude(tx, id, now).await?;
                Ok((vote, true))
            })
        })
        .await?;
    if ended {
        tracing::error!(
            vote.id = %id, guild.id = %vote.guild,
            "Vote {id} could not be counted: the key that sealed its ballots is missing from the data folder, or is another one. The \
             reviewers' scores decided"
        );
    }
    sealed.tidy(&services.store, &vote.ballots).await
}

fn found(vote: Option<Vote>, id: VoteId) -> Result<Vote> {
    vote.ok_or_else(|| Error::internal(format!("there is no vote {id}")))
}
