//! How a question of a draft is answered.

use serde::{Deserialize, Serialize};

use crate::survey::{Kind, Question};

/// How a question is answered, as a lead chooses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::pulse) enum Form {
    #[default]
    Ease,
    Quality,
    Agree,
    Likelihood,
    YesNo,
    Thumbs,
    ZeroToTen,
    OneToSeven,
    Steps,
    Choice,
    Several,
    Comment,
}

impl Form {
    pub(in crate::pulse) const ALL: [Self; 12] = [
        Self::Ease,
        Self::Quality,
        Self::Agree,
        Self::Likelihood,
        Self::YesNo,
        Self::Thumbs,
        Self::ZeroToTen,
        Self::OneToSeven,
        Self::Steps,
        Self::Choice,
        Self::Several,
        Self::Comment,
    ];

    /// As control ids write it.
    pub(in crate::pulse) fn key(self) -> &'static str {
        match self {
            Self::Ease => "ease",
            Self::Quality => "quality",
            Self::Agree => "agree",
            Self::Likelihood => "likelihood",
            Self::YesNo => "yes_no",
            Self::Thumbs => "thumbs",
            Self::ZeroToTen => "zero_to_ten",
            Self::OneToSeven => "one_to_seven",
            Self::Steps => "steps",
            Self::Choice => "choice",
            Self::Several => "several",
            Self::Comment => "comment",
        }
    }

    /// Reads [`key`](Self::key) back.
    pub(in crate::pulse) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.key() == text)
    }

    /// What leads call it, and what people then choose from.
    pub(in crate::pulse) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Ease => ("How easy", "Very difficult … very easy, five steps"),
            Self::Quality => ("How good", "Very poor … very good, five steps"),
            Self::Agree => ("Agree", "Strongly disagree … strongly agree, five steps"),
            Self::Likelihood => ("How likely", "Very unlikely … very likely, five steps"),
            Self::YesNo => ("Yes or no", "Two answers"),
            Self::Thumbs => ("Thumbs", "Thumbs down, thumbs up"),
            Self::ZeroToTen => ("0 to 10", "Eleven numbers, with your words for both ends"),
            Self::OneToSeven => ("1 to 7", "Seven numbers, with your words for both ends"),
            Self::Steps => ("Your own steps", "One of your options, from worst to best; gets a score"),
            Self::Choice => ("One of several", "One of your options, in no order; gets no score"),
            Self::Several => ("Any of several", "Any number of your options"),
            Self::Comment => ("Comment", "Up to 300 characters in their own words; at most one"),
        }
    }

    pub(in crate::pulse) fn has_options(self) -> bool {
        matches!(self, Self::Steps | Self::Choice | Self::Several)
    }

    pub(in crate::pulse) fn has_ends(self) -> bool {
        matches!(self, Self::ZeroToTen | Self::OneToSeven)
    }

    pub(super) fn of(question: &Question) -> Self {
        match &question.kind {
            Kind::Agree => Self::Agree,
            Kind::Ease => Self::Ease,
            Kind::Quality => Self::Quality,
            Kind::Likelihood => Self::Likelihood,
            Kind::Thumbs => Self::Thumbs,
            Kind::YesNo => Self::YesNo,
            Kind::ZeroToTen { .. } => Self::ZeroToTen,
            Kind::OneToSeven { .. } => Self::OneToSeven,
            Kind::Choice { ordered: true, .. } => Self::Steps,
            Kind::Choice { ordered: false, .. } => Self::Choice,
            Kind::Several { .. } => Self::Several,
            Kind::Comment => Self::Comment,
        }
    }
}
