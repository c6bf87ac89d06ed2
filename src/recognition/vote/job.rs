//! What the schedule runs for votes. The long part of a closing is handed to a task of its own; a crash of that loses nothing, since the
//! first step leaves a retry due.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Stage, VoteId, Votes, closing};
use crate::error::{Error, Result};
use crate::recognition::store;
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;

pub(super) const OPEN: &str = "recognition_open_vote";
pub(super) const CLOSE: &str = "recognition_close_vote";
pub(super) const FINISH: &str = "recognition_finish_vote";

/// The jobs of votes.
#[must_use]
pub fn jobs(votes: &Votes) -> Vec<Arc<dyn Job>> {
    [Step::Open, Step::Close, Step::Finish]
        .into_iter()
        .map(|step| Arc::new(VoteJob { votes: votes.clone(), step }) as Arc<dyn Job>)
        .collect()
}

#[derive(Clone, Copy)]
enum Step {
    /// A day after a round, and each day until nothing of it waits: its vote opens.
    Open,
    /// The closing time of a vote.
    Close,
    /// A closing that did not come to its end is taken up.
    Finish,
}

struct VoteJob {
    votes: Votes,
    step: Step,
}

impl Job for VoteJob {
    fn name(&self) -> &'static str {
        match self.step {
            Step::Open => OPEN,
            Step::Close => CLOSE,
            Step::Finish => FINISH,
        }
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let now = services.clock.now();
            match self.step {
                Step::Open => self.votes.open_by_calendar(services, tx, due).await,
                Step::Close => {
                    let id = vote_of(due)?;
                    if closing::begin(tx, id, now).await? {
                        self.votes.finish_in_background(services, id);
                    }
                    Ok(())
                }
                Step::Finish => {
                    let id = vote_of(due)?;
                    if store::find_vote(tx, id).await?.is_some_and(|vote| vote.stage == Stage::Closing) {
                        let attempt = due.payload["attempt"].as_u64().and_then(|count| u32::try_from(count).ok());
                        closing::plan_retry(tx, due.guild, id, attempt.unwrap_or(0).saturating_add(1), now).await?;
                        self.votes.finish_in_background(services, id);
                    }
                    Ok(())
                }
            }
        })
    }

    // Ballots have been refused since the closing time, however late this is; the outcome is still wanted.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        self.run(services, tx, due)
    }
}

fn vote_of(due: &Due) -> Result<VoteId> {
    serde_json::from_value(due.payload["vote"].clone())
        .map_err(|_| Error::internal(format!("the occasion {} {} names no vote", due.job, due.key)))
}
