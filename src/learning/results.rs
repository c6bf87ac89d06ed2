//! What leads may know about a lesson: how many people it reached, how many have done it, and which questions are hard.
//!
//! A figure stands for at least five people, and it moves on only when five more stand behind the change: two looks, one before and one
//! after a colleague's answer, show the same.

use serde::{Deserialize, Serialize};

/// The fewest people behind a figure, and behind a change of one.
pub const FEWEST: u64 = 5;

/// Below this share of right first tries a question is called hard, in percent.
pub const HARD_BELOW: u64 = 60;

/// Counts about one version of one lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// How many people have answered at least one question.
    pub reached: u64,
    /// How many have done the lesson.
    pub done: u64,
    /// The questions, in order.
    pub questions: Vec<Tally>,
}

/// Counts about one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many people have answered it.
    pub people: u64,
    /// How many were right at their first try.
    pub right: u64,
}

impl Tally {
    /// The share of right first tries in percent, rounded; `None` below five people.
    #[must_use]
    pub fn percent(self) -> Option<u64> {
        (self.people >= FEWEST).then(|| (self.right * 200 + self.people) / (self.people * 2))
    }

    /// Whether it deserves a better lesson, or better words.
    #[must_use]
    pub fn is_hard(self) -> bool {
        self.percent().is_some_and(|percent| percent < HARD_BELOW)
    }
}

impl Figures {
    /// What is shown next, when `self` was shown last and `now` is the truth.
    #[must_use]
    pub fn moved_on(&self, now: &Self) -> Self {
        let count = |shown: u64, now: u64| if now >= shown + FEWEST { now } else { shown };
        let questions = now.questions.iter().enumerate().map(|(place, now)| {
            let shown = self.questions.get(place).copied().unwrap_or_default();
            if now.people >= shown.people + FEWEST { *now } else { shown }
        });
        Self {
            reached: count(self.reached, now.reached),
            done: count(self.done, now.done),
            questions: questions.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(reached: u64, done: u64, questions: &[(u64, u64)]) -> Figures {
        let questions = questions.iter().map(|&(people, right)| Tally { people, right }).collect();
        Figures { reached, done, questions }
    }

    #[test]
    fn nothing_is_shown_below_five_and_nothing_moves_for_fewer_than_five_more() {
        let none = figures(0, 0, &[(0, 0)]);
        assert_eq!(none.moved_on(&figures(4, 4, &[(4, 1)])), none);
        let five = none.moved_on(&figures(6, 4, &[(5, 2)]));
        assert_eq!(five, figures(6, 0, &[(5, 2)]));
        let one_more = five.moved_on(&figures(7, 5, &[(6, 3)]));
        assert_eq!(one_more, figures(6, 5, &[(5, 2)]), "the sixth answer does not show");
        assert_eq!(one_more.moved_on(&figures(11, 9, &[(10, 3)])), figures(11, 5, &[(10, 3)]));
    }

    #[test]
    fn a_share_is_rounded_and_a_low_one_is_hard() {
        let tally = |people, right| Tally { people, right };
        assert_eq!(tally(4, 4).percent(), None);
        assert_eq!(
            [tally(5, 3), tally(6, 1), tally(8, 1), tally(7, 7)].map(Tally::percent),
            [Some(60), Some(17), Some(13), Some(100)]
        );
        assert_eq!([tally(5, 2), tally(5, 3), tally(4, 0)].map(Tally::is_hard), [true, false, false]);
    }
}
