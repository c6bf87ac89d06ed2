//! How a vote opens: by a lead, or by the calendar once nothing of its round waits any more.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Vote, VoteRefusal, Votes, ballot, job, message};
use crate::discord::{Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::recognition::model::{Actor, Event};
use crate::recognition::nomination::{CONSENT_DAYS, REVIEW_DAYS, Round, State, Vote as Standing};
use crate::recognition::refusal::NominationRefusal;
use crate::recognition::store::{self, Entry};
use crate::recognition::{effects, nominate};
use crate::schedule;
use crate::sealed::{self, NewBox};
use crate::services::Services;
use crate::store::Tx;
use crate::text::plural;

/// How long a vote lasts unless a lead says otherwise.
pub(super) const DEFAULT_DAYS: i64 = 7;

/// Plans that the vote of a round, if it has one, opens by itself: reviews and answers are in by then. A round without a vote, or whose
/// vote was opened earlier, is left alone then.
pub(in crate::recognition) async fn plan(tx: &mut Tx, guild: GuildId, round: &Round) -> Result<()> {
    let Some(closes_at) = round.closes_at else { return Ok(()) };
    let at = closes_at + TimeDelta::days(REVIEW_DAYS + CONSENT_DAYS);
    let key = format!("{}:{}", round.id, closes_at.timestamp());
    schedule::once(tx, guild, job::OPEN, &key, at, &json!({ "round": round.id })).await?;
    Ok(())
}

impl Votes {
    /// `/recognition vote`.
    pub(in crate::recognition) async fn open(
        &self,
        services: &Services,
        incoming: &Incoming,
        days: Option<i64>,
    ) -> Result<Reply> {
        let days = days.unwrap_or(DEFAULT_DAYS);
        if !(2..=14).contains(&days) {
            return Err(VoteRefusal::Days.into());
        }
        let (guild, by) = (incoming.on_server()?, Some(incoming.person.user));
        let new_box = Arc::new(self.inner.sealed.prepare(ballot::BYTES).await?);
        let (opening, inside) = (new_box.clone(), services.clone());
        let opened = services
            .store
            .write(move |tx| Box::pin(async move { open_in(tx, &inside, &opening, guild, days, by).await }))
            .await;
        if !matches!(opened, Ok(Opened::Open(..))) {
            self.let_go(new_box).await;
        }
        Ok(Reply::Say(match opened? {
            Opened::Open(vote, candidates) => message::opened_for_lead(&vote, candidates),
            Opened::NothingStands(round) => message::nothing_stands(&round),
            Opened::NotYet(why) => return Err(why.into()),
        }))
    }

    /// The calendar opens the vote that is due, or looks again tomorrow while something of its round still waits.
    pub(super) async fn open_by_calendar(&self, services: &Services, tx: &mut Tx, due: &schedule::Due) -> Result<()> {
        let new_box = Arc::new(self.inner.sealed.prepare(ballot::BYTES).await?);
        let opened = open_in(tx, services, &new_box, due.guild, DEFAULT_DAYS, None).await;
        if !matches!(opened, Ok(Opened::Open(..))) {
            self.let_go(new_box).await;
        }
        match opened {
            Ok(Opened::NotYet(VoteRefusal::StillWaiting { .. })) | Err(Error::Refused(_)) => {
                let tomorrow = services.clock.now() + TimeDelta::days(1);
                let key = format!("{}:{}", due.payload["round"], tomorrow.timestamp());
                schedule::once(tx, due.guild, job::OPEN, &key, tomorrow, &due.payload).await?;
                Ok(())
            }
            // No round waits for a vote, or the one that does is not over: then another occasion is planned for it.
            Ok(Opened::Open(..) | Opened::NothingStands(_) | Opened::NotYet(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The key of a box that was never opened protects nothing, so a leftover is harmless and only told.
    async fn let_go(&self, unused: Arc<NewBox>) {
        if let Some(unused) = Arc::into_inner(unused)
            && let Err(leftover) = self.inner.sealed.discard(unused).await
        {
            tracing::warn!(error = %leftover, "Could not remove the key of a vote that was not opened");
        }
    }
}

enum Opened {
    /// Open, with so many on the ballot.
    Open(Vote, usize),
    /// Nothing stands in the vote of this round, so there is none.
    NothingStands(Round),
    /// Not now; nothing was changed.
    NotYet(VoteRefusal),
}

/// Opens the vote of the oldest round that waits for one.
async fn open_in(
    tx: &mut Tx,
    services: &Services,
    new_box: &NewBox,
    guild: GuildId,
    days: i64,
    by: Option<UserId>,
) -> Result<Opened> {
    let now = services.clock.now();
    let settings = nominate::noted(tx, guild, services.settings.time.zone).await?;
    let Some(round) = store::find_round_to_vote(tx, guild).await? else {
        return Ok(Opened::NotYet(VoteRefusal::NoRound));
    };
    if round.closed_at.is_none() {
        return Ok(Opened::NotYet(VoteRefusal::RoundOpen(round.quarter.words())));
    }
    let sent = store::list_of_round(tx, round.id).await?;
    let count = |state| sent.iter().filter(|one| one.state == state).count();
    let (reviewing, asked) = (count(State::Waiting), count(State::Asked));
    if reviewing + asked > 0 {
        return Ok(Opened::NotYet(VoteRefusal::StillWaiting { quarter: round.quarter.words(), reviewing, asked }));
    }
    if count(State::Standing) > ballot::MOST_CANDIDATES {
        return Ok(Opened::NotYet(VoteRefusal::TooMany(ballot::MOST_CANDIDATES)));
    }
    let channel = settings.recognition_channel.ok_or(NominationRefusal::NoChannel)?;
    let resting = store::list_resting(tx, guild, round.quarter).await?;
    let mut candidates = Vec::new();
    for nomination in sent.iter().filter(|one| one.vote == Standing::Ahead && one.state.is_theirs()) {
        let rests = nomination.people.iter().any(|person| resting.contains(&person.user));
        let after = effects::apply(tx, nomination.id, Event::OpenVote { rests }, Actor::Calendar, now).await?;
        if after.vote == Standing::Open {
            candidates.push(after);
        }
    }
    if candidates.is_empty() {
        store::set_round_by_vote(tx, round.id, false).await?;
        let what = format!("held no vote for {}: nothing stood in it", round.quarter);
        store::audit(tx, guild, &Entry { nomination: None, actor: by, what, at: now }).await?;
        return Ok(Opened::NothingStands(round));
    }
    let closes_at: DateTime<Utc> = now + TimeDelta::days(days);
    sealed::open(tx, new_box, guild, closes_at).await?;
    let id = store::add_vote(tx, (guild, round.id), new_box.id(), &candidates, (now, closes_at)).await?;
    let vote = store::find_vote(tx, id).await?.ok_or(VoteRefusal::Gone)?;
    let (key, post) = (post_key(&vote), message::opened(&vote, candidates.len()));
    outbox::queue(tx, Queue { guild, key: &key, to: To::Channel(channel), post: &post, due_at: now }).await?;
    schedule::once(tx, guild, job::CLOSE, &id.to_string(), closes_at, &json!({ "vote": id })).await?;
    let what =
        format!("opened the vote for {} on {}", round.quarter, plural(candidates.len() as u64, "story", "stories"));
    store::audit(tx, guild, &Entry { nomination: None, actor: by, what, at: now }).await?;
    Ok(Opened::Open(vote, candidates.len()))
}

/// The outbox key of a vote's own post.
pub(super) fn post_key(vote: &Vote) -> String {
    format!("recognition:vote:{}", vote.id)
}
