//! A nomination's whole life as one pure state machine: no database, no Discord, `now` is an argument.
//!
//! ```text
//!            Discard ─► (row removed)
//!              │
//!            Draft ──Send──► Waiting ──Accept──► Asked ──all say yes──► Published (named or not) ◄─┐
//!                              │ │ │               │  └──one: private──► Private ◄─────────Answer──┤
//!             Withdraw ◄───────┘ │ │               └──Silence──────────► Private ──────────Answer──┘
//!             Declined ◄─────────┘ │          Answer(Refuse) or Withdraw, from any of these ─► Refused / Withdrawn
//!             Thanked  ◄───────────┘          Expire: Draft, Waiting, Declined, Private after a vote ─► Expired
//! ```
//! In a round with a vote, all saying yes leads to Standing instead: they agree to be voted on and, if chosen, to be published. The vote
//! then makes it Published or Private. A yes that comes after the vote has begun is too late; a no never is.
//!
//! A nomination of a team is published only when every one of them says yes, and erased when one of them wants that. Whoever it is
//! about may correct its text; what the others had said to the earlier text then counts no longer.
//!
//! Every state that no longer holds the words has them emptied by [`Nomination::apply`] itself, so no caller can forget to.

use chrono::{DateTime, Utc};

use super::nomination::{Consent, Honoree, MOST_PEOPLE, Nomination, Relation, RoundId, State, Vote, Words};
use super::refusal::NominationRefusal;
use crate::ids::UserId;

/// Who makes something happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person; reviewers have been found to be leads before this.
    Person(UserId),
    /// The calendar.
    Calendar,
}

/// What happens to a nomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The author chose a principle or value (id and title).
    Choose(String, String),
    /// The author said how they know.
    Relate(Relation),
    /// The author chose whom it is about.
    Team(Vec<UserId>),
    /// The author chose the program it is about, or none.
    About(Option<String>),
    /// The author wrote or changed the words.
    Write(Words),
    /// The author sent it to the reviewers, in this round.
    Send(RoundId),
    /// The author takes it back, or one of the people it is about withdraws.
    Withdraw,
    /// The reviewers accept this revision, for a vote of the group if its round has one.
    Accept {
        /// The revision that they saw.
        revision: i64,
        /// Whether its round ends with a vote, and whether it can stand in it: [`Vote::Without`], [`Vote::Ahead`] or [`Vote::Rests`].
        vote: Vote,
    },
    /// The reviewers decline this revision, with a reason for its author.
    Decline(i64, String),
    /// The reviewers pass this revision on as thanks.
    Thank(i64),
    /// One of the people it is about answers to this revision.
    Answer(i64, Consent),
    /// One of the people it is about corrects the text of this revision.
    Correct(i64, Words),
    /// Not all of them answered in time.
    Silence,
    /// The vote of its round opens. Somebody who was chosen lately rests, and what is about them does not stand.
    OpenVote {
        /// Whether somebody it is about rests.
        rests: bool,
    },
    /// The vote of its round is over.
    CloseVote {
        /// Whether the group chose it.
        chosen: bool,
    },
    /// Not recognised, and past its time.
    Expire,
}

/// What must follow from an event, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the people it is about, privately.
    AskConsent,
    /// Bring the question up to date for those who did not do this themselves.
    RenewQuestion,
    /// Take the questions to them back, with the text they show.
    RemoveQuestion,
    /// Post the story numbered [`Nomination::stories`], with the names of [`Nomination::named`].
    Publish,
    /// Change the story that stands: its text or its names.
    EditStory,
    /// Take the story down, wherever it was posted.
    RemoveStory,
    /// Tell the author that it was declined, and why.
    TellDeclined,
    /// Give the words to the nominees as thanks, and tell the author.
    PassOnThanks,
}

impl Nomination {
    /// Applies an event: the nomination as it is afterwards, and what must follow.
    ///
    /// # Errors
    /// The sentence for whoever tried it, when it is not theirs to do or not possible any more. Nothing changes then.
    pub fn apply(&self, event: Event, by: Actor, now: DateTime<Utc>) -> Result<(Self, Vec<Effect>), NominationRefusal> {
        use NominationRefusal as No;
        let person = match by {
            Actor::Person(person) => Some(person),
            Actor::Calendar => None,
        };
        let is_author = person == Some(self.nominator);
        let mut after = self.clone();
        let mut effects = Vec::new();
        match event {
            Event::Choose(..) | Event::Relate(_) | Event::Team(_) | Event::About(_) | Event::Write(_) => {
                self.author_may_change(is_author)?;
                after.write(event)?;
                // What waits for reviewers stays complete.
                if self.state == State::Waiting && !after.lacks().is_empty() {
                    return Err(No::Incomplete(after.lacks().join(", ")));
                }
                after.revision += 1;
            }
            Event::Send(round) => {
                self.author_may_change(is_author)?;
                if self.state == State::Waiting {
                    return Err(No::AlreadySent);
                }
                if !self.lacks().is_empty() {
                    return Err(No::Incomplete(self.lacks().join(", ")));
                }
                (after.state, after.round, after.sent_at) = (State::Waiting, Some(round), Some(now));
            }
            Event::Withdraw if is_author => {
                self.author_may_change(true)?;
                after.state = State::Withdrawn;
            }
            Event::Withdraw => {
                let place = self.nominee_may_answer(person)?;
                after.people[place].answered_at = Some(now);
                after.state = State::Withdrawn;
                after.leave_ballot();
                self.take_down(&mut effects);
            }
            Event::Accept { revision, vote } => {
                self.may_be_decided(person, revision)?;
                // Whoever rests has nothing to decide: they are told of it, and it stays private.
                let state = if vote == Vote::Rests { State::Private } else { State::Asked };
                (after.state, after.decided_at, after.decided_by) = (state, Some(now), person);
                after.vote = vote;
                effects.push(Effect::AskConsent);
            }
            Event::Decline(revision, reason) => {
                self.may_be_decided(person, revision)?;
                let reason = crate::text::clean(&reason);
                if reason.is_empty() {
                    return Err(No::NoReason);
                }
                (after.state, after.decided_at, after.decided_by) = (State::Declined, Some(now), person);
                after.reason = Some(reason);
                effects.push(Effect::TellDeclined);
            }
            Event::Thank(revision) => {
                self.may_be_decided(person, revision)?;
                (after.state, after.decided_at, after.decided_by) = (State::Thanked, Some(now), person);
                effects.push(Effect::PassOnThanks);
            }
            Event::Answer(revision, consent) => {
                let place = self.nominee_may_answer(person)?;
                // Nobody says yes to a text that they have not seen; a no needs no text.
                if consent.is_yes() && revision != self.revision {
                    return Err(No::Corrected);
                }
                if consent.is_yes() && self.vote.is_past() {
                    return Err(No::VoteOver);
                }
                after.people[place] =
                    Honoree { user: self.people[place].user, consent: Some(consent), answered_at: Some(now) };
                self.settle(&mut after, &mut effects);
            }
            Event::Correct(revision, words) => {
                let place = self.nominee_may_answer(person)?;
                if revision != self.revision {
                    return Err(No::Corrected);
                }
                if self.vote == Vote::Open {
                    return Err(No::OnBallot);
                }
                self.correct(place, words, &mut after, &mut effects)?;
            }
            Event::Silence => {
                calendar_only(person)?;
                if self.state != State::Asked {
                    return Err(No::NoLongerWaiting);
                }
                after.state = State::Private;
            }
            Event::OpenVote { rests } => {
                calendar_only(person)?;
                match (self.vote, self.state) {
                    (Vote::Ahead, State::Standing) if !rests => after.vote = Vote::Open,
                    (Vote::Ahead, State::Standing | State::Private) => {
                        (after.state, after.vote) = (State::Private, if rests { Vote::Rests } else { Vote::Over });
                    }
                    _ => return Err(No::NoLongerWaiting),
                }
                effects.push(Effect::RenewQuestion);
            }
            Event::CloseVote { chosen } => {
                calendar_only(person)?;
                if self.vote != Vote::Open {
                    return Err(No::NoLongerWaiting);
                }
                if chosen {
                    (after.state, after.vote) = (State::Published, Vote::Chosen);
                    after.stories += 1;
                    effects.push(Effect::Publish);
                } else {
                    (after.state, after.vote) = (State::Private, Vote::Over);
                }
                effects.push(Effect::RenewQuestion);
            }
            Event::Expire => {
                calendar_only(person)?;
                let not_chosen = self.state == State::Private && self.vote.is_past();
                if !matches!(self.state, State::Draft | State::Waiting | State::Declined) && !not_chosen {
                    return Err(No::NoLongerWaiting);
                }
                after.state = State::Expired;
                if not_chosen {
                    effects.push(Effect::RemoveQuestion);
                }
            }
        }
        if !after.state.holds_words() {
            after.words = Words::default();
            (after.reason, after.link) = (None, None);
        }
        Ok((after, effects))
    }

    /// A change by the author.
    fn write(&mut self, event: Event) -> Result<(), NominationRefusal> {
        match event {
            Event::Choose(tag, title) => (self.tag, self.tag_title) = (Some(tag), Some(title)),
            Event::Relate(relation) => self.relation = Some(relation),
            Event::About(program) => self.program = program,
            Event::Write(words) => self.words = words,
            Event::Team(users) => {
                let mut people: Vec<Honoree> = Vec::new();
                for user in users {
                    if !people.iter().any(|person| person.user == user) {
                        people.push(Honoree::new(user));
                    }
                }
                let size = 1..=MOST_PEOPLE;
                if !size.contains(&people.len()) || people.iter().any(|person| person.user == self.nominator) {
                    return Err(NominationRefusal::TeamSize);
                }
                self.people = people;
            }
            _ => unreachable!("only changes by the author come here"),
        }
        Ok(())
    }

    /// What everybody's answers together make of it.
    fn settle(&self, after: &mut Self, effects: &mut Vec<Effect>) {
        let stands = self.state == State::Published;
        let said = |consent| after.people.iter().any(|person| person.consent == Some(consent));
        if said(Consent::Refuse) {
            after.state = State::Refused;
            after.leave_ballot();
            self.take_down(effects);
        } else if said(Consent::Private) {
            after.state = State::Private;
            after.leave_ballot();
            if after.vote != self.vote {
                effects.push(Effect::RenewQuestion);
            }
            if stands {
                effects.push(Effect::RemoveStory);
            }
        } else if !after.people.iter().all(|person| person.consent.is_some_and(Consent::is_yes)) {
            // Somebody has not answered yet.
        } else if matches!(self.vote, Vote::Ahead | Vote::Open) {
            after.state = State::Standing;
        } else {
            after.state = State::Published;
            if !stands {
                after.stories += 1;
                effects.push(Effect::Publish);
            } else if self.named() != after.named() {
                effects.push(Effect::EditStory);
            }
        }
    }

    /// A correction by one of the people it is about. The others agreed to other words, so their yes counts no longer.
    fn correct(
        &self,
        place: usize,
        words: Words,
        after: &mut Self,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NominationRefusal> {
        after.words = words;
        if !after.lacks().is_empty() {
            return Err(NominationRefusal::Incomplete(after.lacks().join(", ")));
        }
        after.revision += 1;
        for (other, person) in after.people.iter_mut().enumerate() {
            if other != place && person.consent.is_some_and(Consent::is_yes) {
                (person.consent, person.answered_at) = (None, None);
            }
        }
        let all_agree = after.people.iter().all(|person| person.consent.is_some());
        match self.state {
            State::Published if all_agree => effects.push(Effect::EditStory),
            State::Published => {
                after.state = State::Asked;
                effects.push(Effect::RemoveStory);
            }
            State::Standing if !all_agree => after.state = State::Asked,
            _ => {}
        }
        effects.push(Effect::RenewQuestion);
        Ok(())
    }

    /// Whoever leaves the ballot does not come back to it.
    fn leave_ballot(&mut self) {
        if self.vote == Vote::Open {
            self.vote = Vote::Over;
        }
    }

    fn take_down(&self, effects: &mut Vec<Effect>) {
        if self.state == State::Published {
            effects.push(Effect::RemoveStory);
        }
        effects.push(Effect::RemoveQuestion);
    }

    fn author_may_change(&self, is_author: bool) -> Result<(), NominationRefusal> {
        match self.state {
            _ if !is_author => Err(NominationRefusal::NotYours),
            State::Draft | State::Waiting => Ok(()),
            State::Withdrawn | State::Expired => Err(NominationRefusal::Erased),
            _ => Err(NominationRefusal::AlreadyDecided),
        }
    }

    /// Whether this is its author, and reviewers still wait for an answer.
    ///
    /// # Errors
    /// The sentence for them.
    pub fn author_may_answer(&self, person: UserId) -> Result<(), NominationRefusal> {
        self.author_may_change(person == self.nominator)
    }

    /// Whether a reviewer may judge this revision, as far as the nomination itself can tell.
    ///
    /// # Errors
    /// The sentence for them.
    pub fn may_be_judged(&self, reviewer: UserId, revision: i64) -> Result<(), NominationRefusal> {
        self.may_be_decided(Some(reviewer), revision)
    }

    fn may_be_decided(&self, person: Option<UserId>, revision: i64) -> Result<(), NominationRefusal> {
        match person {
            Some(person) if self.recuses(person) => Err(NominationRefusal::Recused),
            _ if self.state != State::Waiting => Err(NominationRefusal::NoLongerWaiting),
            _ if self.revision != revision => Err(NominationRefusal::JustChanged),
            _ => Ok(()),
        }
    }

    /// The place among its people of somebody who may answer now.
    fn nominee_may_answer(&self, person: Option<UserId>) -> Result<usize, NominationRefusal> {
        let place = self.people.iter().position(|honoree| Some(honoree.user) == person);
        let place = place.ok_or(NominationRefusal::NotYours)?;
        match self.state {
            State::Asked | State::Standing | State::Published | State::Private => Ok(place),
            // Nobody learns of a nomination before it is accepted.
            State::Draft | State::Waiting => Err(NominationRefusal::NotAccepted),
            State::Declined | State::Thanked | State::Refused | State::Withdrawn | State::Expired => {
                Err(NominationRefusal::Erased)
            }
        }
    }
}

/// What no person may make happen.
fn calendar_only(person: Option<UserId>) -> Result<(), NominationRefusal> {
    if person.is_some() { Err(NominationRefusal::NotYours) } else { Ok(()) }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
