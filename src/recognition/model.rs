//! A nomination's whole life as one pure state machine: no database, no Discord, `now` is an argument.
//!
//! ```text
//!            Discard ─► (row removed)
//!              │
//!            Draft ──Send──► Waiting ──Accept──► Asked ──Answer──► Published (named or not) ◄─┐
//!                              │ │ │               │  └──Answer──► Private ◄──────────Answer──┤
//!             Withdraw ◄───────┘ │ │               └──Silence────► Private ───────────Answer──┘
//!             Declined ◄─────────┘ │          Answer(Refuse) or Withdraw, from any of the three ─► Refused / Withdrawn
//!             Thanked  ◄───────────┘          Expire: Draft, Waiting, Declined ─► Expired
//! ```
//! Every state that no longer holds the words has them emptied by [`Nomination::apply`] itself, so no caller can forget to.

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::{self, Quarter};
use crate::error::Refusal;
use crate::ids::{GuildId, UserId};

crate::row_id! {
    /// One nomination.
    NominationId,
    /// One round.
    RoundId,
}

/// Most nominations that one person may send in one round.
pub const MOST_PER_ROUND: u64 = 2;
/// How long the nominee is waited for; then the nomination stays private.
pub const CONSENT_DAYS: i64 = 7;
/// How long after its round a nomination that was not recognised is kept.
pub const KEPT_DAYS: i64 = 90;

/// A fiscal quarter in which people nominate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Its row.
    pub id: RoundId,
    /// Which fiscal quarter.
    pub quarter: Quarter,
    /// When a lead closed it.
    pub closed_at: Option<DateTime<Utc>>,
}

/// How the nominator knows the nominee's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Works in the same team.
    SameTeam,
    /// Leads the nominee.
    Manager,
    /// Was the customer.
    Customer,
    /// Anything else.
    Other,
}

impl Relation {
    /// Every relation, in the order shown.
    pub const ALL: [Self; 4] = [Self::SameTeam, Self::Manager, Self::Customer, Self::Other];

    /// The value as stored and as it stands in a select.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SameTeam => "same-team",
            Self::Manager => "manager",
            Self::Customer => "customer",
            Self::Other => "other",
        }
    }

    /// Reads [`Relation::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.word() == word)
    }
}

/// What the nominator wrote, as they wrote it (cleaned of characters that hide others, cut to the limits).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// What happened and when; at most [`Words::MOST_HAPPENED`] characters.
    pub happened: String,
    /// Who the customer was, without names; at most [`Words::MOST_CUSTOMER`] characters.
    pub customer: String,
    /// What changed for them; at most [`Words::MOST_OTHER`] characters.
    pub changed: String,
    /// How the nominator knows; at most [`Words::MOST_OTHER`] characters.
    pub evidence: String,
}

impl std::fmt::Debug for Words {
    /// Lengths only: what people write never reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths = [&self.happened, &self.customer, &self.changed, &self.evidence].map(|text| text.chars().count());
        write!(f, "Words{lengths:?}")
    }
}

impl Words {
    /// Limit on [`Words::happened`], in characters.
    pub const MOST_HAPPENED: u16 = 600;
    /// Limit on [`Words::customer`], in characters.
    pub const MOST_CUSTOMER: u16 = 120;
    /// Limit on [`Words::changed`] and [`Words::evidence`], in characters.
    pub const MOST_OTHER: u16 = 400;

    /// Takes what a person wrote. Discord's form keeps the limits already; whatever comes another way is cut to them.
    #[must_use]
    pub fn new(happened: &str, customer: &str, changed: &str, evidence: &str) -> Self {
        let take = |text: &str, most: u16| crate::text::shorten(&crate::text::clean(text), most.into());
        Self {
            happened: take(happened, Self::MOST_HAPPENED),
            customer: take(customer, Self::MOST_CUSTOMER),
            changed: take(changed, Self::MOST_OTHER),
            evidence: take(evidence, Self::MOST_OTHER),
        }
    }

    /// Whether nothing is written at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a nomination stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Being written; only its author sees it.
    Draft,
    /// In the reviewers' queue.
    Waiting,
    /// Accepted; the nominee has been asked and has not answered.
    Asked,
    /// A story stands in the channel, with the nominee's consent.
    Published,
    /// Accepted, and stays between the nominee and the leads.
    Private,
    /// Declined by a reviewer, with a reason for its author.
    Declined,
    /// Passed on to the nominee as thanks.
    Thanked,
    /// The nominee wanted none of it.
    Refused,
    /// Taken back by its author, or by the nominee after consent.
    Withdrawn,
    /// Not recognised, and past the time it is kept.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Waiting,
        Self::Asked,
        Self::Published,
        Self::Private,
        Self::Declined,
        Self::Thanked,
        Self::Refused,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// The value as stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Published => "published",
            Self::Private => "private",
            Self::Declined => "declined",
            Self::Thanked => "thanked",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Reads [`State::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether the words are still held.
    #[must_use]
    pub fn holds_words(self) -> bool {
        match self {
            Self::Draft | Self::Waiting | Self::Asked | Self::Published | Self::Private | Self::Declined => true,
            Self::Thanked | Self::Refused | Self::Withdrawn | Self::Expired => false,
        }
    }

    /// Whether a reviewer has said yes, whatever the nominee made of it.
    #[must_use]
    pub fn is_recognised(self) -> bool {
        matches!(self, Self::Asked | Self::Published | Self::Private | Self::Refused)
    }
}

/// The nominee's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Publish it with my name.
    Named,
    /// Publish it without my name.
    Unnamed,
    /// Do not publish it; I am glad to have it.
    Private,
    /// I want none of it; erase it.
    Refuse,
}

impl Consent {
    /// Every answer, in the order shown.
    pub const ALL: [Self; 4] = [Self::Named, Self::Unnamed, Self::Private, Self::Refuse];

    /// The value as stored and as it stands in a button.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Unnamed => "unnamed",
            Self::Private => "private",
            Self::Refuse => "refuse",
        }
    }

    /// Reads [`Consent::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|consent| consent.word() == word)
    }
}

/// One nomination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nomination {
    /// Its row.
    pub id: NominationId,
    /// The server.
    pub guild: GuildId,
    /// The round it was sent in; `None` while a draft.
    pub round: Option<RoundId>,
    /// Who wrote it. Never shown to reviewers, nor in a story.
    pub nominator: UserId,
    /// Whom it is about.
    pub nominee: UserId,
    /// Where it stands.
    pub state: State,
    /// The nominee's own last answer; silence is not one.
    pub consent: Option<Consent>,
    /// Principle or value: its id.
    pub tag: Option<String>,
    /// Principle or value: its title when it was chosen.
    pub tag_title: Option<String>,
    /// How the nominator knows the nominee's work.
    pub relation: Option<Relation>,
    /// What the nominator wrote.
    pub words: Words,
    /// Why it was declined.
    pub reason: Option<String>,
    /// Grows with every change of the content.
    pub revision: i64,
    /// How often it has been published.
    pub stories: i64,
    /// When its first draft was made.
    pub drafted_at: DateTime<Utc>,
    /// When it was sent to the reviewers.
    pub sent_at: Option<DateTime<Utc>>,
    /// When a reviewer decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Which reviewer.
    pub decided_by: Option<UserId>,
    /// When the nominee last answered.
    pub answered_at: Option<DateTime<Utc>>,
}

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
    /// The author wrote or changed the words.
    Write(Words),
    /// The author sent it to the reviewers, in this round.
    Send(RoundId),
    /// The author takes it back, or the nominee withdraws what they agreed to.
    Withdraw,
    /// A reviewer accepts the revision they saw.
    Accept(i64),
    /// A reviewer declines the revision they saw, with a reason for its author.
    Decline(i64, String),
    /// A reviewer passes the revision they saw on as thanks.
    Thank(i64),
    /// The nominee answers.
    Answer(Consent),
    /// The nominee did not answer in time.
    Silence,
    /// Not recognised, and past its time.
    Expire,
}

/// What must follow from an event, in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the nominee, privately.
    AskConsent,
    /// Take the question to the nominee back, with the text it shows.
    RemoveQuestion,
    /// Post the story numbered [`Nomination::stories`].
    Publish {
        /// With the nominee's name.
        named: bool,
    },
    /// Change the story that stands.
    EditStory {
        /// With the nominee's name.
        named: bool,
    },
    /// Take the story down.
    RemoveStory,
    /// Tell the author that it was declined, and why.
    TellDeclined,
    /// Give the words to the nominee as thanks, and tell the author.
    PassOnThanks,
}

/// Why something cannot be done to a nomination; shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NominationRefusal {
    /// Not this person's to do.
    #[error("That is not yours to decide. `/recognition mine` shows what you wrote and what is about you.")]
    NotYours,
    /// A reviewer is the author or the nominee.
    #[error(
        "You are part of this nomination, so another lead reviews it. `/recognition queue` shows the ones you can review."
    )]
    Recused,
    /// Something is missing before it can be sent.
    #[error("Before it can be sent, please add {0}.")]
    Incomplete(String),
    /// Already sent.
    #[error(
        "It is with the reviewers already. `/recognition mine` lets you change it or take it back until they decide."
    )]
    AlreadySent,
    /// The reviewers have decided.
    #[error(
        "The reviewers have decided on this nomination, so it can no longer be changed. `/recognition mine` shows the outcome."
    )]
    AlreadyDecided,
    /// Another reviewer was faster, or its author took it back.
    #[error(
        "This nomination is no longer waiting: another lead decided, or its author took it back. `/recognition queue` shows the next one."
    )]
    NoLongerWaiting,
    /// The words changed since the reviewer saw them.
    #[error(
        "The author has just changed this nomination. `/recognition queue` shows the new words; please decide on those."
    )]
    JustChanged,
    /// A reason is needed.
    #[error("Please give a reason: it goes to the author, and a kind one helps them to nominate again.")]
    NoReason,
    /// There is nothing to answer.
    #[error("There is nothing left to answer here: this nomination was withdrawn or declined, and its text is erased.")]
    Erased,
    /// Not accepted yet.
    #[error("This nomination is still with the reviewers.")]
    NotAccepted,
    /// The author's nominations for this round are used up.
    #[error(
        "You have sent two nominations in {0}, which is the most for one round. You can change or withdraw one with `/recognition mine`. `/thanks` is always open."
    )]
    TwoAlready(String),
    /// A lead closed the round.
    #[error(
        "Nominations for {0} are closed. The next round opens with the next fiscal quarter, or when a lead runs `/recognition open`. `/thanks` is always open."
    )]
    RoundClosed(String),
    /// Oneself.
    #[error(
        "You cannot nominate yourself. Somebody else will tell your story better. Whom else have you seen do good work?"
    )]
    Yourself,
    /// A bot.
    #[error("Bots cannot be nominated. Was there a person behind it?")]
    Bot,
    /// There is nowhere to post stories.
    #[error(
        "No channel for recognition has been chosen yet, so a story would have nowhere to go. Please ask somebody who may manage the server to run `/setup`."
    )]
    NoChannel,
    /// Two changes at the same instant.
    #[error("Something else changed this nomination at the same moment. Please try once more.")]
    Collided,
    /// The row is gone.
    #[error("This nomination is no longer there: it was discarded. Start again with `/nominate`.")]
    Gone,
}
impl Refusal for NominationRefusal {}

impl Nomination {
    /// What must still be added before it can be sent, in words.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        [
            (self.tag.is_none(), "a principle or value"),
            (self.relation.is_none(), "how you know their work"),
            (self.words.happened.is_empty(), "what happened"),
            (self.words.customer.is_empty(), "who the customer was"),
            (self.words.changed.is_empty(), "what changed for them"),
            (self.words.evidence.is_empty(), "how you know"),
        ]
        .into_iter()
        .filter_map(|(lacking, what)| lacking.then_some(what))
        .collect()
    }

    /// Whether this lead must leave the nomination to others.
    #[must_use]
    pub fn recuses(&self, lead: UserId) -> bool {
        lead == self.nominator || lead == self.nominee
    }

    /// When the words go, if nobody recognises it: [`KEPT_DAYS`] after the last day of the quarter of its draft.
    #[must_use]
    pub fn forget_at(&self, zone: chrono_tz::Tz) -> DateTime<Utc> {
        let last = Quarter::at(self.drafted_at, zone).last_day();
        calendar::instant((last + TimeDelta::days(KEPT_DAYS + 1)).and_time(chrono::NaiveTime::MIN), zone)
    }

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
        let is_nominee = person == Some(self.nominee);
        let mut after = self.clone();
        let mut effects = Vec::new();
        match event {
            Event::Choose(..) | Event::Relate(_) | Event::Write(_) => {
                self.author_may_change(is_author)?;
                match event {
                    Event::Choose(tag, title) => (after.tag, after.tag_title) = (Some(tag), Some(title)),
                    Event::Relate(relation) => after.relation = Some(relation),
                    Event::Write(words) => after.words = words,
                    _ => unreachable!("matched above"),
                }
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
                self.nominee_may_answer(is_nominee)?;
                (after.state, after.answered_at) = (State::Withdrawn, Some(now));
                self.take_down(&mut effects);
            }
            Event::Accept(revision) => {
                self.reviewer_may_decide(person, revision)?;
                (after.state, after.decided_at, after.decided_by) = (State::Asked, Some(now), person);
                effects.push(Effect::AskConsent);
            }
            Event::Decline(revision, reason) => {
                self.reviewer_may_decide(person, revision)?;
                let reason = crate::text::clean(&reason);
                if reason.is_empty() {
                    return Err(No::NoReason);
                }
                (after.state, after.decided_at, after.decided_by) = (State::Declined, Some(now), person);
                after.reason = Some(reason);
                effects.push(Effect::TellDeclined);
            }
            Event::Thank(revision) => {
                self.reviewer_may_decide(person, revision)?;
                (after.state, after.decided_at, after.decided_by) = (State::Thanked, Some(now), person);
                effects.push(Effect::PassOnThanks);
            }
            Event::Answer(consent) => {
                self.nominee_may_answer(is_nominee)?;
                (after.consent, after.answered_at) = (Some(consent), Some(now));
                self.answer(consent, &mut after, &mut effects);
            }
            Event::Silence => {
                if person.is_some() {
                    return Err(No::NotYours);
                }
                if self.state != State::Asked {
                    return Err(No::NoLongerWaiting);
                }
                after.state = State::Private;
            }
            Event::Expire => {
                if person.is_some() {
                    return Err(No::NotYours);
                }
                if !matches!(self.state, State::Draft | State::Waiting | State::Declined) {
                    return Err(No::NoLongerWaiting);
                }
                after.state = State::Expired;
            }
        }
        if !after.state.holds_words() {
            after.words = Words::default();
            after.reason = None;
        }
        Ok((after, effects))
    }

    fn answer(&self, consent: Consent, after: &mut Self, effects: &mut Vec<Effect>) {
        let stands = self.state == State::Published;
        match consent {
            Consent::Named | Consent::Unnamed => {
                let named = consent == Consent::Named;
                after.state = State::Published;
                if !stands {
                    after.stories += 1;
                    effects.push(Effect::Publish { named });
                } else if self.consent != Some(consent) {
                    effects.push(Effect::EditStory { named });
                }
            }
            Consent::Private => {
                after.state = State::Private;
                if stands {
                    effects.push(Effect::RemoveStory);
                }
            }
            Consent::Refuse => {
                after.state = State::Refused;
                self.take_down(effects);
            }
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

    fn reviewer_may_decide(&self, person: Option<UserId>, revision: i64) -> Result<(), NominationRefusal> {
        match person {
            None => Err(NominationRefusal::NotYours),
            Some(person) if self.recuses(person) => Err(NominationRefusal::Recused),
            Some(_) if self.state != State::Waiting => Err(NominationRefusal::NoLongerWaiting),
            Some(_) if self.revision != revision => Err(NominationRefusal::JustChanged),
            Some(_) => Ok(()),
        }
    }

    fn nominee_may_answer(&self, is_nominee: bool) -> Result<(), NominationRefusal> {
        match self.state {
            _ if !is_nominee => Err(NominationRefusal::NotYours),
            State::Asked | State::Published | State::Private => Ok(()),
            // The nominee does not learn of a nomination before it is accepted.
            State::Draft | State::Waiting => Err(NominationRefusal::NotAccepted),
            State::Declined | State::Thanked | State::Refused | State::Withdrawn | State::Expired => {
                Err(NominationRefusal::Erased)
            }
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
