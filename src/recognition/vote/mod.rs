//! The vote of a round: which of the accepted stories the group chooses.
//!
//! **Promise.** Only what everybody it is about lets stand is on the ballot. Everybody ticks what they find deserving, each sees the
//! ballot in an order of their own, nobody can tick what is about themselves. Ballots lie [sealed](crate::sealed): nobody sees one,
//! nor how many there are; they can be changed and taken back until the close, and are destroyed with their key when counted. The
//! chosen are published as they agreed; nobody is shown a tally, and none is kept except as the input of a lot.
//!
//! Whoever withdraws, or wants it private, is off the ballot at once. [`tally`] chooses.
//!
//! The rule that a sealed run needs eight eligible people is for runs that publish totals; a vote publishes none, and with fewer than
//! five ballots they are not even counted.

mod ballot;
mod closing;
mod job;
mod message;
mod opening;
mod tally;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_util::task::TaskTracker;

pub(super) use self::ballot::Step;
pub use self::job::jobs;
pub(super) use self::message::sentence_of_round;
pub(super) use self::opening::plan;
use super::nomination::RoundId;
use crate::calendar::Quarter;
use crate::discord::Joined;
use crate::error::{Refusal, Result};
use crate::ids::GuildId;
use crate::sealed::{BoxId, Key, Sealed};
use crate::services::Services;

crate::row_id! {
    /// One vote.
    VoteId,
}

/// Where a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// People vote.
    Open,
    /// Ballots are refused and being counted.
    Closing,
    /// Done.
    Closed,
}

impl Stage {
    /// Reads the value as stored.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "open" => Some(Self::Open),
            "closing" => Some(Self::Closing),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

/// What decided a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The ballots.
    ByBallots,
    /// The reviewers' scores, since too few voted.
    TooFewBallots,
    /// The reviewers' scores, since the key of the ballots is lost.
    KeyLost,
}

impl Decided {
    /// The value as stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ByBallots => "ballots",
            Self::TooFewBallots => "scores",
            Self::KeyLost => "key lost",
        }
    }

    /// Reads [`Decided::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::ByBallots, Self::TooFewBallots, Self::KeyLost].into_iter().find(|decided| decided.word() == word)
    }
}

/// One vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Its row.
    pub id: VoteId,
    /// The server.
    pub guild: GuildId,
    /// The round it belongs to.
    pub round: RoundId,
    /// The quarter of that round.
    pub quarter: Quarter,
    /// Where its ballots lie.
    pub ballots: BoxId,
    /// Where it stands.
    pub stage: Stage,
    /// From when on ballots are refused.
    pub closes_at: DateTime<Utc>,
    /// What decided it; `None` until it has been counted.
    pub decided: Option<Decided>,
}

/// Why something about a vote cannot be done; shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoteRefusal {
    /// No round waits for its vote.
    #[error(
        "No round waits for a vote. `/recognition open vote:True` lets a round end with one, as long as nothing in it has been accepted."
    )]
    NoRound,
    /// People still nominate.
    #[error(
        "Nominations for {0} are still open. The vote comes after the round: end it early with `/recognition close`, or wait for its last \
         day. The vote then opens by itself within a day of everything being reviewed and answered."
    )]
    RoundOpen(String),
    /// Something waits for reviewers or for an answer.
    #[error(
        "The vote for {quarter} waits until every nomination is reviewed and answered: {reviewing} still with the reviewers, {asked} \
         with the people they are about (they have seven days). It opens by itself within a day after that; `/recognition queue` helps."
    )]
    StillWaiting {
        /// Of which round.
        quarter: String,
        /// So many wait for reviewers.
        reviewing: usize,
        /// So many wait for the people they are about.
        asked: usize,
    },
    /// How long it may last.
    #[error("A vote lasts from 2 to 14 days. Please choose a number between them.")]
    Days,
    /// The round's way to end is settled.
    #[error(
        "Something has been accepted in this round already, and its people were asked under the present rule. So whether it ends with a \
         vote can no longer change; the next round can."
    )]
    Settled,
    /// The round's vote has been opened.
    #[error(
        "The vote for {0} has been opened, so nominations for it stay closed. The next round opens with the next fiscal quarter."
    )]
    Begun(String),
    /// The row is gone, or of another server.
    #[error("This vote is not there any more.")]
    Gone,
    /// Too late.
    #[error("This vote is over; ballots can no longer be changed. What was chosen appears in the recognition channel.")]
    Over,
    /// Off the ballot since.
    #[error("This one is no longer on the ballot. Press Vote again to see those that are.")]
    OffBallot,
    /// One's own.
    #[error("This one is about you, so you cannot tick it yourself. You can tick the others.")]
    AboutYou,
    /// More than a ballot holds.
    #[error(
        "More than {0} stories stand in this vote, which is more than one ballot holds. Nothing was opened; some of them would have to \
         be withdrawn first."
    )]
    TooMany(usize),
}
impl Refusal for VoteRefusal {}

/// The votes of every server, with the keys of their ballots. Cloning is cheap.
#[derive(Clone)]
pub struct Votes {
    inner: Arc<Inner>,
}

struct Inner {
    sealed: Sealed,
    closings: TaskTracker,
    finishing: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Votes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Votes")
    }
}

impl Votes {
    /// Votes whose ballots are sealed by `sealed`.
    pub(super) fn new(sealed: Sealed) -> Self {
        Self {
            inner: Arc::new(Inner { sealed, closings: TaskTracker::new(), finishing: tokio::sync::Mutex::default() }),
        }
    }

    /// Waits until no closing is under way in this process.
    pub(super) async fn settle(&self) {
        self.inner.closings.close();
        self.inner.closings.wait().await;
        self.inner.closings.reopen();
    }

    /// Looks after votes that a stop or a crash interrupted, and notices lost keys before anybody presses.
    pub(super) async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        let guild = joined.guild;
        for vote in services.store.read(|tx| Box::pin(super::store::list_unfinished_votes(tx, guild))).await? {
            if vote.stage == Stage::Closing {
                self.finish_in_background(services, vote.id);
            } else if self.inner.sealed.unlock(&services.store, &vote.ballots).await? == Key::Lost {
                closing::give_up(&self.inner.sealed, services, vote.id).await?;
            }
        }
        Ok(())
    }
}
