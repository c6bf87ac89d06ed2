//! What a round and a nomination are: plain data and its stored words. The rules stand in `model`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::{self, Quarter};
use crate::ids::{GuildId, UserId};

crate::row_id! {
    /// One nomination.
    NominationId,
    /// One round.
    RoundId,
}

/// Most people that one nomination may be about.
pub const MOST_PEOPLE: usize = 5;
/// Most nominations that one person may send in one round.
pub const MOST_PER_ROUND: u64 = 2;
/// How long the nominee is waited for; then the nomination stays private.
pub const CONSENT_DAYS: i64 = 7;
/// How long reviewers have; then what they have said so far decides.
pub const REVIEW_DAYS: i64 = 14;
/// How long after its round a nomination that was not recognised is kept.
pub const KEPT_DAYS: i64 = 90;

/// A fiscal quarter in which people nominate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Its row.
    pub id: RoundId,
    /// Which fiscal quarter.
    pub quarter: Quarter,
    /// From when on the calendar closes it; `None` in a round from before this was kept.
    pub closes_at: Option<DateTime<Utc>>,
    /// When it was closed, by a lead or by the calendar.
    pub closed_at: Option<DateTime<Utc>>,
    /// Whether the group votes on what the reviewers accept in it.
    pub by_vote: bool,
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
    /// Everybody it is about lets it stand in the vote of its round.
    Standing,
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
    /// Not recognised, or not chosen in its round's vote, and past the time it is kept.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Waiting,
        Self::Asked,
        Self::Standing,
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
            Self::Standing => "standing",
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
            Self::Draft
            | Self::Waiting
            | Self::Asked
            | Self::Standing
            | Self::Published
            | Self::Private
            | Self::Declined => true,
            Self::Thanked | Self::Refused | Self::Withdrawn | Self::Expired => false,
        }
    }

    /// Whether the people it is about have heard of it and hold its fate: they may answer, correct and withdraw.
    #[must_use]
    pub fn is_theirs(self) -> bool {
        matches!(self, Self::Asked | Self::Standing | Self::Published | Self::Private)
    }
}

/// Where a nomination stands towards the vote of its round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Its round has no vote: the yes of the people it is about publishes it.
    Without,
    /// The vote is to come.
    Ahead,
    /// It is on the ballot.
    Open,
    /// The group chose it.
    Chosen,
    /// The vote was held without it, or chose others.
    Over,
    /// Somebody it is about was chosen in one of the last two rounds, so it does not stand.
    Rests,
}

impl Vote {
    /// Every way to stand.
    pub const ALL: [Self; 6] = [Self::Without, Self::Ahead, Self::Open, Self::Chosen, Self::Over, Self::Rests];

    /// The value as stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Without => "without",
            Self::Ahead => "ahead",
            Self::Open => "open",
            Self::Chosen => "chosen",
            Self::Over => "over",
            Self::Rests => "rests",
        }
    }

    /// Whether it can no longer be chosen.
    #[must_use]
    pub fn is_past(self) -> bool {
        matches!(self, Self::Over | Self::Rests)
    }

    /// Reads [`Vote::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vote| vote.word() == word)
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

    /// Whether this lets the story be published.
    #[must_use]
    pub fn is_yes(self) -> bool {
        matches!(self, Self::Named | Self::Unnamed)
    }

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

/// Somebody whom a nomination is about, and what they said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Honoree {
    /// The person.
    pub user: UserId,
    /// Their own last answer; silence is not one.
    pub consent: Option<Consent>,
    /// When they last answered.
    pub answered_at: Option<DateTime<Utc>>,
}

impl Honoree {
    /// Somebody who has not been asked.
    #[must_use]
    pub fn new(user: UserId) -> Self {
        Self { user, consent: None, answered_at: None }
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
    /// Whom it is about: one to [`MOST_PEOPLE`], each once.
    pub people: Vec<Honoree>,
    /// Where it stands.
    pub state: State,
    /// Where it stands towards the vote of its round.
    pub vote: Vote,
    /// Principle or value: its id.
    pub tag: Option<String>,
    /// Principle or value: its title when it was chosen.
    pub tag_title: Option<String>,
    /// How the nominator knows the nominee's work.
    pub relation: Option<Relation>,
    /// The program it is about, by its key.
    pub program: Option<String>,
    /// The message it began from. For reviewers and the people it is about; never part of a story.
    pub link: Option<String>,
    /// What the nominator wrote, or what one of the people it is about made of it.
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
    /// When the reviewers decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The reviewer whose word was the last; `None` when the calendar decided.
    pub decided_by: Option<UserId>,
}

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

    /// What this person's part in it is, if they are one of those it is about.
    #[must_use]
    pub fn honoree(&self, user: UserId) -> Option<&Honoree> {
        self.people.iter().find(|person| person.user == user)
    }

    /// Whether it is about more than one person.
    #[must_use]
    pub fn is_team(&self) -> bool {
        self.people.len() > 1
    }

    /// Mentions of everybody it is about: `<@1> and <@2>`.
    #[must_use]
    pub fn mentions(&self) -> String {
        joined(&self.people.iter().map(|person| person.user.mention()).collect::<Vec<_>>())
    }

    /// Whom the story may name: those who said so themselves.
    #[must_use]
    pub fn named(&self) -> Vec<UserId> {
        self.people.iter().filter(|person| person.consent == Some(Consent::Named)).map(|person| person.user).collect()
    }

    /// Whether this lead must leave the nomination to others, whatever else is known of them.
    #[must_use]
    pub fn recuses(&self, lead: UserId) -> bool {
        lead == self.nominator || self.honoree(lead).is_some()
    }

    /// When the words go, if nobody recognises it: [`KEPT_DAYS`] after the last day of the quarter of its draft.
    #[must_use]
    pub fn forget_at(&self, zone: chrono_tz::Tz) -> DateTime<Utc> {
        forget_after(Quarter::at(self.drafted_at, zone), zone)
    }
}

/// [`KEPT_DAYS`] after the last day of a quarter, in this zone.
#[must_use]
pub(super) fn forget_after(quarter: Quarter, zone: chrono_tz::Tz) -> DateTime<Utc> {
    calendar::instant((quarter.last_day() + TimeDelta::days(KEPT_DAYS + 1)).and_time(chrono::NaiveTime::MIN), zone)
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub(super) fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
