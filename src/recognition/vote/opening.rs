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
use crate::recognition::nomination::{Round, RoundId, State, Vote as Standing};
use crate::recognition::refusal::NominationRefusal;
use crate::recognition::store::{self, Entry};
use crate::recognition::{effects, nominate};
use crate::requests::{self, Kind, Request};
use crate::schedule;
use crate::sealed::{self, NewBox};
use crate::services::Services;
use crate::store::Tx;
use crate::text::plural;

/// How long a vote lasts unless a lead says otherwise.
pub(super) const DEFAULT_DAYS: i64 = 7;

/// Plans that the vote of a round opens by itself a day after `closed_at`, if the round has one. It is looked at again each day until
/// nothing waits for reviewers or for an answer.
pub(in crate::recognition) async fn plan(
    tx: &mut Tx,
    guild: GuildId,
    round: RoundId,
    closed_at: DateTime<Utc>,
) -> Result<()> {
    let at = closed_at + TimeDelta::days(1);
    let key = format!("{round}:{}", at.timestamp());
    schedule::once(tx, guild, job::OPEN, &key, at, &json!({ "round": round })).await?;
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
            .write(move |tx| {
                Box::pin(async move {
                    let round = store::find_round_to_vote(tx, guild).await?;
                    open_in(tx, &inside, &opening, round, (guild, days, by)).await
                })
            })
            .await;
        if !matches!(opened, Ok(Opened::Open(..))) {
            self.let_go(new_box).await;
        }
        Ok(Reply::Say(match opened? {
            Opened::Open(vote, candidates) => message::opened_for_lead(&vote, candidates),
            Opened::NothingStands(round) => message::nothing_stands(&round),
            Opened::NotYet(why) => return Err(why),
        }))
    }

    /// The calendar opens the vote that is due, or looks again tomorrow while something of its round still waits.
    pub(super) async fn open_by_calendar(&self, services: &Services, tx: &mut Tx, due: &schedule::Due) -> Result<()> {
        let id: RoundId = serde_json::from_value(due.payload["round"].clone())
            .map_err(|_| Error::internal(format!("the occasion {} {} names no round", due.job, due.key)))?;
        let round = store::find_round(tx, id).await?;
        let Some(round) = round.filter(|round| round.by_vote) else { return Ok(()) };
        if store::has_vote(tx, id).await? {
            return Ok(());
        }
        let new_box = Arc::new(self.inner.sealed.prepare(ballot::BYTES).await?);
        let opened = open_in(tx, services, &new_box, Some(round), (due.guild, DEFAULT_DAYS, None)).await;
        if !matches!(opened, Ok(Opened::Open(..))) {
            self.let_go(new_box).await;
        }
        match opened {
            Ok(Opened::Open(..) | Opened::NothingStands(_)) => Ok(()),
            // Opened again, still reviewed, not answered, nowhere to post: looked at again tomorrow.
            Ok(Opened::NotYet(_)) => plan(tx, due.guild, id, services.clock.now()).await,
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
    /// Not now, and why; nothing was changed.
    NotYet(Error),
}

/// Opens the vote of this round.
async fn open_in(
    tx: &mut Tx,
    services: &Services,
    new_box: &NewBox,
    round: Option<Round>,
    (guild, days, by): (GuildId, i64, Option<UserId>),
) -> Result<Opened> {
    let now = services.clock.now();
    let not_yet = |why: VoteRefusal| Ok(Opened::NotYet(why.into()));
    let settings = nominate::noted(tx, guild, services.settings.time.zone).await?;
    let Some(round) = round else { return not_yet(VoteRefusal::NoRound) };
    if round.closed_at.is_none() {
        return not_yet(VoteRefusal::RoundOpen(round.quarter.words()));
    }
    let Some(channel) = settings.recognition_channel else {
        return Ok(Opened::NotYet(NominationRefusal::NoChannel.into()));
    };
    let sent = store::list_of_round(tx, round.id).await?;
    let count = |state| sent.iter().filter(|one| one.state == state).count();
    let (reviewing, asked) = (count(State::Waiting), count(State::Asked));
    if reviewing + asked > 0 {
        return not_yet(VoteRefusal::StillWaiting { quarter: round.quarter.words(), reviewing, asked });
    }
    if count(State::Standing) > ballot::MOST_CANDIDATES {
        return not_yet(VoteRefusal::TooMany(ballot::MOST_CANDIDATES));
    }
    let resting = store::list_resting(tx, guild, round.quarter).await?;
    let mut candidates = Vec::new();
    for nomination in sent.iter().filter(|one| one.vote == Standing::Ahead && one.state.is_theirs()) {
        let rests = nomination.people.iter().any(|person| resting.contains(&person.user));
        let opened = effects::apply(tx, nomination.id, Event::OpenVote { rests }, Actor::Calendar, now).await;
        // Changed by its people at this very moment. A fault takes everything back, and is tried again; half a ballot would stay.
        let after = opened.map_err(|error| match error {
            Error::Refused(why) => {
                Error::internal(format!("nomination {} changed while a vote opened: {why}", nomination.id))
            }
            fault @ Error::Internal(_) => fault,
        })?;
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
    let request = Request { kind: Kind::Vote, title: round.quarter.to_string(), asked_at: now };
    requests::note(tx, guild, &request).await?;
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
