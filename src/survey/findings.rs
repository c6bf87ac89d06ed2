//! What may be shown of closed counts. The same rule everywhere: no caller decides for itself.

use serde::{Deserialize, Serialize};

use super::{Counts, Question};

/// From how many people on something is offered or shown. Fixed in a run when it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Eligible people for an anonymous run to be offered.
    pub eligible: u32,
    /// Answers for a score and the number of answers; below, nothing is shown or kept.
    pub score: u32,
    /// Answers for how they are spread over the options.
    pub spread: u32,
    /// Answers from which an extreme result is shown exactly: below, a unanimous group would give everyone away.
    pub extremes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { eligible: 8, score: 5, spread: 10, extremes: 20 }
    }
}

/// What may be shown of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Findings {
    /// Too few answered. Not even their number is told.
    TooFew,
    /// Enough answered.
    Shown {
        /// How many chose an option.
        answered: u32,
        /// The score, if the options have points.
        score: Option<Score>,
        /// How the answers are spread.
        spread: Spread,
    },
}

/// A score as it may be printed: whole points, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// This many points.
    Points(u8),
    /// 95 or more, not told how much more.
    NinetyFiveOrHigher,
    /// 5 or less, not told how much less.
    FiveOrLower,
}

/// How answers are spread over the options, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Every count.
    Counts(Counts),
    /// Not enough answers for it.
    TooFew,
    /// Nearly all answers are alike, in a group so small that the spread would tell everybody's.
    TooAlike,
}

impl Thresholds {
    /// Whether the counts of a question may be kept at all.
    pub fn may_keep(&self, counts: &Counts) -> bool {
        counts.answered() >= self.score
    }

    /// What may be shown of these counts.
    pub fn findings(&self, question: &Question, counts: &Counts) -> Findings {
        let answered = counts.answered();
        if !self.may_keep(counts) {
            return Findings::TooFew;
        }
        let small = answered < self.extremes;
        let score = counts.mean(question).map(|mean| match mean {
            mean if small && mean >= 95.0 => Score::NinetyFiveOrHigher,
            mean if small && mean <= 5.0 => Score::FiveOrLower,
            // `round` takes halves away from zero, as the methodology asks.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of points is 0 to 100")]
            mean => Score::Points(mean.round() as u8),
        });
        let most = counts.options.iter().copied().max().unwrap_or(0);
        let alike = f64::from(most) >= 0.95 * f64::from(answered);
        let extreme = matches!(score, Some(Score::NinetyFiveOrHigher | Score::FiveOrLower));
        let spread = if answered < self.spread {
            Spread::TooFew
        } else if small && (alike || extreme) {
            Spread::TooAlike
        } else {
            Spread::Counts(counts.clone())
        };
        Findings::Shown { answered, score, spread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Kind;

    fn findings(kind: Kind, options: &[u32]) -> Findings {
        let (key, ask, does_not_apply) = ("q".into(), "?".into(), Some("Does not apply to me".into()));
        let question = Question { key, ask, kind, does_not_apply, reversed: false, category: None, only_after: None };
        let counts = Counts { options: options.to_vec(), does_not_apply: 9, skipped: 9 };
        Thresholds::default().findings(&question, &counts)
    }

    fn score(findings: &Findings) -> Option<Score> {
        match findings {
            Findings::Shown { score, .. } => *score,
            Findings::TooFew => None,
        }
    }

    fn spread_is_shown(findings: &Findings) -> bool {
        matches!(findings, Findings::Shown { spread: Spread::Counts(_), .. })
    }

    #[test]
    fn fewer_than_five_show_nothing_however_many_did_not_apply() {
        assert_eq!(findings(Kind::Ease, &[1, 1, 1, 1, 0]), Findings::TooFew);
        assert_eq!(findings(Kind::Ease, &[0, 0, 0, 0, 0]), Findings::TooFew);
    }

    #[test]
    fn five_show_a_score_and_ten_the_spread() {
        let five = findings(Kind::Ease, &[1, 1, 1, 1, 1]);
        assert_eq!(five, Findings::Shown { answered: 5, score: Some(Score::Points(50)), spread: Spread::TooFew });
        assert!(!spread_is_shown(&findings(Kind::Ease, &[1, 2, 3, 2, 1])));
        assert!(spread_is_shown(&findings(Kind::Ease, &[1, 2, 3, 2, 2])));
    }

    #[test]
    fn a_unanimous_small_group_is_not_given_away() {
        for (options, expected) in [
            ([0, 0, 0, 0, 9], Score::NinetyFiveOrHigher),
            ([0, 0, 0, 0, 19], Score::NinetyFiveOrHigher),
            ([0, 0, 0, 3, 16], Score::NinetyFiveOrHigher),
            ([12, 0, 0, 0, 0], Score::FiveOrLower),
        ] {
            let findings = findings(Kind::Ease, &options);
            assert_eq!(score(&findings), Some(expected), "{options:?}");
            assert!(!spread_is_shown(&findings), "{options:?}");
        }
        let middle = findings(Kind::Ease, &[0, 0, 12, 0, 0]);
        assert_eq!(score(&middle), Some(Score::Points(50)));
        assert!(!spread_is_shown(&middle), "a group that all said the same in the middle is a unanimous group too");
        let named = Kind::Choice { options: vec!["Web".into(), "Phone".into()], ordered: false };
        assert!(!spread_is_shown(&findings(named, &[0, 12])));
        let twenty = findings(Kind::Ease, &[0, 0, 0, 0, 20]);
        assert_eq!(score(&twenty), Some(Score::Points(100)));
        assert!(spread_is_shown(&twenty));
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(score(&findings(Kind::Ease, &[0, 2, 2, 2, 4])), Some(Score::Points(70)));
        assert_eq!(score(&findings(Kind::Ease, &[0, 0, 5, 5, 0])), Some(Score::Points(63)), "62.5");
    }

    #[test]
    fn options_without_points_have_no_score() {
        let named = Kind::Choice { options: vec!["Web".into(), "Phone".into()], ordered: false };
        assert_eq!(score(&findings(named, &[6, 6])), None);
    }
}
