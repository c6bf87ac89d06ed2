//! What a server's people were asked for, other than by a pulse: so that one feature can leave them the rest that another has used up.
//!
//! A request is something put to everybody that wants an answer: a lead opens a round of nominations, its reminder is posted, a vote
//! opens. It is noted in the transaction that makes it. A round that began by itself with somebody's nomination asked nobody. Which
//! groups were asked is known here, never who answered. Pulses are not noted: their own store knows them. A quiz under a lesson is no
//! request: it is an offer that everybody may leave, and a weekly series would use up what people can be asked at all.

mod store;

pub use store::{keep_since, note};

use chrono::{DateTime, Utc};

/// What kind of thing people were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People were asked to nominate.
    Nominations,
    /// They were reminded of it.
    Reminder,
    /// A vote opened.
    Vote,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Nominations => "nominations",
            Self::Reminder => "reminder",
            Self::Vote => "vote",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Nominations, Self::Reminder, Self::Vote].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that everybody on a server was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What kind.
    pub kind: Kind,
    /// Which of its kind, as people call it: `FY2027Q1`.
    pub title: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

impl Request {
    /// `the nominations for FY2027Q1`
    #[must_use]
    pub fn words(&self) -> String {
        match self.kind {
            Kind::Nominations => format!("the nominations for {}", self.title),
            Kind::Reminder => format!("the reminder of the nominations for {}", self.title),
            Kind::Vote => format!("the vote for {}", self.title),
        }
    }
}
