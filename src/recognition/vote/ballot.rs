//! Voting: the stories of a ballot one at a time in one private message; each tick is in the box at once.

use sha2::{Digest, Sha256};

use super::message::{self, Screen};
use super::{Stage, Vote, VoteId, VoteRefusal, Votes, closing};
use crate::discord::{Control, Incoming, Reply};
use crate::error::Result;
use crate::ids::UserId;
use crate::recognition::nomination::{Nomination, Vote as Standing};
use crate::recognition::store;
use crate::sealed::{Cast, Key, Seat, Withdrawal};
use crate::services::Services;

/// The length of every ballot, whatever is on it.
pub(super) const BYTES: usize = 32;
/// A bit each.
pub(super) const MOST_CANDIDATES: usize = BYTES * 8;

/// One step of voting. Places are those of the ballot, not of the order in which somebody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recognition) enum Step {
    /// Begin, or look where I stand.
    Begin,
    /// Show the story at this place.
    Show(usize),
    /// Show the story that was picked from the list.
    Pick,
    /// Tick the story at this place.
    Tick(usize),
    /// Take the tick back.
    Untick(usize),
    /// Take the whole ballot out of the box.
    TakeBack,
    /// Say how it stays confidential.
    Promise,
}

/// What somebody ticked: one bit a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ticks([u8; BYTES]);

impl Ticks {
    /// Reads a ballot; what is not one counts as empty.
    pub(super) fn read(ballot: &[u8]) -> Self {
        Self(ballot.try_into().unwrap_or_default())
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 8).is_some_and(|byte| byte & (1 << (place % 8)) != 0)
    }

    fn set(&mut self, place: usize, ticked: bool) {
        let bit = 1 << (place % 8);
        if ticked {
            self.0[place / 8] |= bit;
        } else {
            self.0[place / 8] &= !bit;
        }
    }
}

impl Votes {
    pub(in crate::recognition) async fn step(
        &self,
        services: &Services,
        incoming: &Incoming,
        control: &Control,
        (id, step): (VoteId, Step),
    ) -> Result<Reply> {
        let guild = incoming.on_server()?;
        // The first press stands under the public post; everything after it on the person's own message.
        let reply = |post| if step == Step::Begin { Reply::Say(post) } else { Reply::Update(post) };
        let found = services.store.read(|tx| Box::pin(store::find_vote(tx, id))).await?;
        let vote = found.filter(|vote| vote.guild == guild).ok_or(VoteRefusal::Gone)?;
        if step == Step::Promise {
            return Ok(Reply::Say(message::promise(&vote, &services.settings.data.backup_policy)));
        }
        if vote.stage != Stage::Open || services.clock.now() >= vote.closes_at {
            return Ok(reply(message::over_for_voter()));
        }
        let Some(seat) = self.seat(services, incoming.person.user, &vote).await? else {
            return Ok(reply(message::over_for_voter()));
        };
        match step {
            Step::Tick(place) => self.mark(services, incoming, &vote, seat, (place, true)).await,
            Step::Untick(place) => self.mark(services, incoming, &vote, seat, (place, false)).await,
            Step::TakeBack => {
                let now = services.clock.now();
                let gone =
                    services.store.write(move |tx| Box::pin(async move { seat.withdraw(tx, now).await })).await?;
                Ok(Reply::Update(match gone {
                    Withdrawal::Withdrawn | Withdrawal::Nothing => message::taken_back(&vote),
                    Withdrawal::Closed => message::over_for_voter(),
                }))
            }
            Step::Pick => {
                let picked = control.picked.first().and_then(|place| place.parse().ok());
                screen(services, incoming.person.user, &vote, seat, picked).await.map(reply)
            }
            Step::Show(place) => screen(services, incoming.person.user, &vote, seat, Some(place)).await.map(reply),
            Step::Begin | Step::Promise => screen(services, incoming.person.user, &vote, seat, None).await.map(reply),
        }
    }

    /// This person's place in the box; `None` when it is closed.
    async fn seat(&self, services: &Services, user: UserId, vote: &Vote) -> Result<Option<Seat>> {
        let sealed = &self.inner.sealed;
        if let Some(seat) = sealed.seat(&vote.ballots, vote.guild, user) {
            return Ok(Some(seat));
        }
        match sealed.unlock(&services.store, &vote.ballots).await? {
            Key::Held => Ok(sealed.seat(&vote.ballots, vote.guild, user)),
            Key::NotNeeded => Ok(None),
            Key::Lost => {
                closing::give_up(sealed, services, vote.id).await?;
                Ok(None)
            }
        }
    }

    /// Ticks or unticks one story.
    async fn mark(
        &self,
        services: &Services,
        incoming: &Incoming,
        vote: &Vote,
        seat: Seat,
        (place, ticked): (usize, bool),
    ) -> Result<Reply> {
        let (user, id, now) = (incoming.person.user, vote.id, services.clock.now());
        let cast = services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let candidates = store::list_candidates(tx, id).await?;
                    let wanted = candidates.get(place).filter(|one| one.vote == Standing::Open);
                    let wanted = wanted.ok_or(VoteRefusal::OffBallot)?;
                    if wanted.honoree(user).is_some() {
                        return Err(VoteRefusal::AboutYou.into());
                    }
                    let mine = seat.mine_to_change(tx).await?;
                    let mut ticks = mine.map_or_else(Ticks::default, |mine| Ticks::read(mine.bytes()));
                    ticks.set(place, ticked);
                    Ok((seat.cast(tx, &ticks.0, now).await?, ticks, candidates))
                })
            })
            .await?;
        Ok(Reply::Update(match cast {
            (Cast::Recorded | Cast::Changed, ticks, candidates) => {
                message::ballot(&view(vote, user, candidates, Some(ticks)), Some(place))
            }
            (Cast::Closed, ..) => message::over_for_voter(),
        }))
    }
}

async fn screen(
    services: &Services,
    user: UserId,
    vote: &Vote,
    seat: Seat,
    at: Option<usize>,
) -> Result<crate::post::Post> {
    let id = vote.id;
    let (candidates, mine) = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mine = seat.mine(tx).await?.map(|mine| Ticks::read(mine.bytes()));
                Ok((store::list_candidates(tx, id).await?, mine))
            })
        })
        .await?;
    Ok(message::ballot(&view(vote, user, candidates, mine), at))
}

/// What one person sees: what is still on the ballot, in an order of their own that stays the same for them.
fn view(vote: &Vote, user: UserId, candidates: Vec<Nomination>, ticks: Option<Ticks>) -> Screen<'_> {
    let mut stories: Vec<(usize, Nomination)> =
        candidates.into_iter().enumerate().filter(|(_, one)| one.vote == Standing::Open).collect();
    stories.sort_by_cached_key(|(place, _)| <[u8; 32]>::from(Sha256::digest(format!("{}:{user}:{place}", vote.id))));
    Screen { vote, stories, voter: user, ticks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_kept_bit_by_bit() {
        let mut ticks = Ticks::default();
        for place in [0, 7, 8, 255] {
            ticks.set(place, true);
        }
        ticks.set(7, false);
        let read = Ticks::read(&ticks.0);
        let ticked: Vec<usize> = (0..300).filter(|place| read.has(*place)).collect();
        assert_eq!(ticked, [0, 8, 255]);
        assert_eq!(Ticks::read(b"short"), Ticks::default());
    }
}
