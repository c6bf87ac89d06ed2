//! Answers as people give them, as a ballot carries them, and as counts.

use serde::{Deserialize, Serialize};

use super::Question;

/// The most questions a survey has.
pub const MOST_QUESTIONS: usize = 24;

const FORMAT: u8 = 1;
const SKIPPED: u8 = 254;
const DOES_NOT_APPLY: u8 = 255;

/// One person's answer to one question. Never print it beside a person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The option with this place in [`Kind::options`](super::Kind::options), from 0.
    Option(u8),
    /// The question does not apply to this person.
    DoesNotApply,
    /// No answer was given.
    Skipped,
}

impl Answer {
    /// Reads an answer back from a control's id; `None` unless the question offers it.
    pub fn parse(text: &str, question: &Question) -> Option<Self> {
        let answer = if text == "na" { Self::DoesNotApply } else { Self::Option(text.parse().ok()?) };
        answer.fits(question).then_some(answer)
    }

    /// How a control's id carries the answer.
    pub fn token(self) -> String {
        match self {
            Self::Option(place) => place.to_string(),
            Self::DoesNotApply => "na".into(),
            Self::Skipped => "skip".into(),
        }
    }

    /// Whether the question offers this answer. Any question may be skipped.
    pub fn fits(self, question: &Question) -> bool {
        match self {
            Self::Option(place) => usize::from(place) < question.kind.options().len(),
            Self::DoesNotApply => question.does_not_apply.is_some(),
            Self::Skipped => true,
        }
    }
}

/// The ballot of a survey whose questions are all answered by one press: a format number, then one byte a question.
pub fn encode(answers: &[Answer]) -> Vec<u8> {
    let bytes = answers.iter().map(|answer| match *answer {
        Answer::Option(place) => place,
        Answer::DoesNotApply => DOES_NOT_APPLY,
        Answer::Skipped => SKIPPED,
    });
    std::iter::once(FORMAT).chain(bytes).collect()
}

/// Reads a ballot back; `None` unless it answers exactly these questions with what they offer.
pub fn decode(ballot: &[u8], questions: &[Question]) -> Option<Vec<Answer>> {
    let (&FORMAT, bytes) = ballot.split_first()? else { return None };
    if bytes.len() != questions.len() {
        return None;
    }
    let answers = bytes.iter().map(|byte| match *byte {
        DOES_NOT_APPLY => Answer::DoesNotApply,
        SKIPPED => Answer::Skipped,
        place => Answer::Option(place),
    });
    answers.zip(questions).map(|(answer, question)| answer.fits(question).then_some(answer)).collect()
}

/// How often each answer to one question was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// One number an option, in the order of [`Kind::options`](super::Kind::options).
    pub options: Vec<u32>,
    /// How many said that it does not apply. Not part of [`answered`](Self::answered).
    pub does_not_apply: u32,
    /// How many skipped it. Not part of [`answered`](Self::answered).
    pub skipped: u32,
    /// Where one person may choose several options, or writes in their own words: how many people answered. `None` elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticked_by: Option<u32>,
}

impl Counts {
    /// How many people chose an option, or several, or wrote something.
    pub fn answered(&self) -> u32 {
        self.ticked_by.unwrap_or_else(|| self.options.iter().sum())
    }

    /// The mean of the options' points; `None` without answers or points.
    pub fn mean(&self, question: &Question) -> Option<f64> {
        let points = question.points()?;
        let answered = self.answered();
        let total: f64 = self.options.iter().zip(points).map(|(&count, points)| f64::from(count) * points).sum();
        (answered > 0).then(|| total / f64::from(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Kind;

    fn question(kind: Kind, does_not_apply: bool) -> Question {
        let does_not_apply = does_not_apply.then(|| "Does not apply to me".into());
        Question {
            key: "q".into(),
            ask: "?".into(),
            kind,
            does_not_apply,
            reversed: false,
            category: None,
            only_after: None,
        }
    }

    #[test]
    fn controls_carry_answers_and_only_those_that_are_offered() {
        let question = question(Kind::Ease, true);
        for answer in [Answer::Option(0), Answer::Option(4), Answer::DoesNotApply] {
            assert!(Answer::parse(&answer.token(), &question) == Some(answer));
        }
        for wrong in ["5", "-1", "", "skip", "yes", "255"] {
            assert!(Answer::parse(wrong, &question).is_none(), "{wrong:?}");
        }
        let without = Question { does_not_apply: None, ..question };
        assert!(Answer::parse("na", &without).is_none());
    }

    #[test]
    fn ballots_are_counted_and_what_does_not_fit_is_not() {
        let questions = [question(Kind::Thumbs, true), question(Kind::Agree, false)];
        let ballots = [
            encode(&[Answer::Option(1), Answer::Option(4)]),
            encode(&[Answer::Option(1), Answer::Skipped]),
            encode(&[Answer::DoesNotApply, Answer::Option(0)]),
            encode(&[Answer::Option(2), Answer::Option(0)]),
            encode(&[Answer::Option(1)]),
            vec![9, 1, 1],
            vec![],
        ];
        let counts = crate::survey::total(&questions, ballots.iter().map(Vec::as_slice)).counts;
        assert_eq!(counts[0], Counts { options: vec![0, 2], does_not_apply: 1, ..Counts::default() });
        assert_eq!(counts[1], Counts { options: vec![1, 0, 0, 0, 1], skipped: 1, ..Counts::default() });
        assert_eq!(counts[1].answered(), 2);
        assert_eq!(counts[1].mean(&questions[1]), Some(50.0));
    }

    #[test]
    fn the_mean_is_that_of_the_published_vectors() {
        let question = question(Kind::Agree, false);
        let mean = |options: [u32; 5]| Counts { options: options.to_vec(), ..Counts::default() }.mean(&question);
        assert!((mean([1, 1, 2, 5, 3]).unwrap() - 66.666_666).abs() < 1e-4);
        assert_eq!(mean([0, 0, 0, 30, 0]), Some(75.0));
        assert_eq!(mean([0; 5]), None);
    }
}
