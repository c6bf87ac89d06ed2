//! The kinds of question, their options in words, and the points of each option.

use serde::{Deserialize, Serialize};

/// One question of a survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Names what is measured, the same in every run, for example `ease`.
    pub key: String,
    /// The words people read.
    pub ask: String,
    /// How it is answered.
    #[serde(flatten)]
    pub kind: Kind,
    /// The words of the way out that counts as no answer, for example "Does not apply to me"; `None` when none is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does_not_apply: Option<String>,
    /// Whether the last option is the worst one.
    #[serde(default)]
    pub reversed: bool,
    /// Where the index counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Asked only after certain answers to an earlier question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_after: Option<OnlyAfter>,
}

/// When a follow-up question is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyAfter {
    /// Key of the earlier question.
    pub question: String,
    /// The options after which this one is asked.
    pub options: Vec<String>,
}

/// How a question is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// Strongly disagree to strongly agree, five points.
    Agree,
    /// Very difficult to very easy, five points.
    Ease,
    /// Very poor to very good, five points.
    Quality,
    /// Very unlikely to very likely, five points.
    Likelihood,
    /// Thumbs down or up.
    Thumbs,
    /// No or yes.
    YesNo,
    /// 0 to 10, with words for both ends.
    ZeroToTen {
        /// What 0 means.
        low: String,
        /// What 10 means.
        high: String,
    },
    /// 1 to 7, with words for both ends.
    OneToSeven {
        /// What 1 means.
        low: String,
        /// What 7 means.
        high: String,
    },
    /// One of several options.
    Choice {
        /// Two or more, from worst to best if `ordered`.
        options: Vec<String>,
        /// Whether the options are steps from worst to best, and so have points.
        #[serde(default)]
        ordered: bool,
    },
    /// Any number of several options.
    Several {
        /// Two or more.
        options: Vec<String>,
    },
    /// A short comment in one's own words.
    Comment,
}

/// The categories of the CX index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Satisfaction, trust, effectiveness, ease, fairness.
    Quality,
    /// Helpfulness of people, answers within the standard.
    Responsiveness,
    /// Waiting, duration.
    Timeliness,
    /// Would use again, would recommend.
    Adoption,
    /// Volumes; shown as context.
    Quantity,
}

impl Category {
    /// As both databases and the files of `config/` write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Responsiveness => "responsiveness",
            Self::Timeliness => "timeliness",
            Self::Adoption => "adoption",
            Self::Quantity => "quantity",
        }
    }

    /// Reads [`name`](Self::name) back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Quality, Self::Responsiveness, Self::Timeliness, Self::Adoption, Self::Quantity]
            .into_iter()
            .find(|category| category.name() == text)
    }
}

impl Kind {
    /// The options in words, in the order they are shown: worst to best, unless the question is reversed or only names things.
    /// Empty for a comment.
    pub fn options(&self) -> Vec<String> {
        match self {
            Self::Agree => words(&["Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree"]),
            Self::Ease => words(&["Very difficult", "Difficult", "Neither", "Easy", "Very easy"]),
            Self::Quality => words(&["Very poor", "Poor", "Fair", "Good", "Very good"]),
            Self::Likelihood => words(&["Very unlikely", "Unlikely", "Neither", "Likely", "Very likely"]),
            Self::Thumbs => words(&["Thumbs down", "Thumbs up"]),
            Self::YesNo => words(&["No", "Yes"]),
            Self::ZeroToTen { low, high } => numbers(0, 10, low, high),
            Self::OneToSeven { low, high } => numbers(1, 7, low, high),
            Self::Choice { options, .. } | Self::Several { options } => options.clone(),
            Self::Comment => Vec::new(),
        }
    }

    /// Whether one press answers it.
    pub fn is_one_press(&self) -> bool {
        match self {
            Self::Agree
            | Self::Ease
            | Self::Quality
            | Self::Likelihood
            | Self::Thumbs
            | Self::YesNo
            | Self::ZeroToTen { .. }
            | Self::OneToSeven { .. }
            | Self::Choice { .. } => true,
            Self::Several { .. } | Self::Comment => false,
        }
    }

    /// Whether its options have points, so that a score can be computed.
    pub fn is_scored(&self) -> bool {
        match self {
            Self::Choice { ordered, .. } => *ordered,
            Self::Several { .. } | Self::Comment => false,
            _ => true,
        }
    }
}

impl Question {
    /// The points of each option, 0 (worst) to 100 (best), in the order of [`Kind::options`]; `None` when they have none.
    pub fn points(&self) -> Option<Vec<f64>> {
        if !self.kind.is_scored() {
            return None;
        }
        let steps = u32::try_from(self.kind.options().len()).ok()?.checked_sub(1).filter(|steps| *steps > 0)?;
        let mut points: Vec<f64> = (0..=steps).map(|step| 100.0 * f64::from(step) / f64::from(steps)).collect();
        if self.reversed {
            points.reverse();
        }
        Some(points)
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn numbers(from: u8, to: u8, low: &str, high: &str) -> Vec<String> {
    (from..=to)
        .map(|number| match number {
            _ if number == from => format!("{number} ({low})"),
            _ if number == to => format!("{number} ({high})"),
            _ => number.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: Kind) -> Question {
        let (key, ask) = ("q".into(), "?".into());
        Question { key, ask, kind, does_not_apply: None, reversed: false, category: None, only_after: None }
    }

    #[test]
    fn options_are_stretched_from_0_to_100() {
        assert_eq!(question(Kind::Ease).points().unwrap(), [0.0, 25.0, 50.0, 75.0, 100.0]);
        assert_eq!(question(Kind::Thumbs).points().unwrap(), [0.0, 100.0]);
        assert_eq!(Question { reversed: true, ..question(Kind::YesNo) }.points().unwrap(), [100.0, 0.0]);
        let plays =
            ["Not started", "Started", "In place", "In place and checked with customers"].map(String::from).to_vec();
        let points = question(Kind::Choice { options: plays.clone(), ordered: true }).points().unwrap();
        assert!((points[1] - 33.333_333).abs() < 1e-5 && (points[2] - 66.666_666).abs() < 1e-5);
        assert_eq!(question(Kind::Choice { options: plays, ordered: false }).points(), None);
        assert_eq!(question(Kind::Comment).points(), None);
    }

    #[test]
    fn numbers_say_in_words_what_their_ends_mean() {
        let options = Kind::ZeroToTen { low: "not at all likely".into(), high: "extremely likely".into() }.options();
        assert_eq!(options.len(), 11);
        assert_eq!(
            (&*options[0], &*options[5], &*options[10]),
            ("0 (not at all likely)", "5", "10 (extremely likely)")
        );
        assert_eq!(Kind::OneToSeven { low: "a".into(), high: "b".into() }.options().len(), 7);
    }
}
