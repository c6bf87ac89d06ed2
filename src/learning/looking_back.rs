//! Looking back: what the quiz of a lesson asks again from the lessons before it.
//!
//! One question comes from the lesson before (a week ago, in a weekly series) and one from four before (a month ago): even gaps, which
//! serve as well as growing ones and fit a memory that should last for half a year. The answers count for nothing but a review card.

use super::model::{Lesson, Question};

/// How many lessons back each question comes from.
const GAPS: [usize; 2] = [1, 4];

/// One question from an earlier lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look<'library> {
    /// The lesson it comes from.
    pub lesson: &'library Lesson,
    /// The question, counted from 0.
    pub question: usize,
}

impl<'library> Look<'library> {
    /// The question itself.
    #[must_use]
    pub fn asked(&self) -> &'library Question {
        &self.lesson.questions[self.question]
    }
}

/// What `lesson` asks again, in order; nothing for the first lesson of a series. A lesson is asked about twice in all, each time with
/// another question where it has several.
#[must_use]
pub fn looks<'library>(series: &'library [Lesson], lesson: &Lesson) -> Vec<Look<'library>> {
    let Some(place) = series.iter().position(|one| one.id == lesson.id) else { return Vec::new() };
    let back = |(turn, gap): (usize, &usize)| {
        let lesson = &series[place.checked_sub(*gap)?];
        Some(Look { lesson, question: turn % lesson.questions.len() })
    };
    GAPS.iter().enumerate().filter_map(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::model::tests::lesson;

    #[test]
    fn each_lesson_asks_again_from_the_one_before_and_the_fourth_before() {
        let series: Vec<_> =
            ["a", "b", "c", "d", "e", "f"].iter().enumerate().map(|(place, id)| lesson(id, place + 1)).collect();
        let of = |place: usize| {
            looks(&series, &series[place])
                .iter()
                .map(|look| (look.lesson.id.clone(), look.question))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0), []);
        assert_eq!(of(1), [("a".into(), 0)]);
        assert_eq!(of(3), [("c".into(), 0)]);
        assert_eq!(of(4), [("d".into(), 0), ("a".into(), 1)]);
        assert_eq!(of(5), [("e".into(), 0), ("b".into(), 1)]);
        assert_eq!(looks(&series, &lesson("elsewhere", 1)), []);
    }

    #[test]
    fn a_lesson_with_one_question_asks_that_one_twice() {
        let mut series: Vec<_> = (1..=5).map(|number| lesson(&format!("l{number}"), number)).collect();
        for lesson in &mut series {
            lesson.questions.truncate(1);
        }
        assert!(looks(&series, &series[4]).iter().all(|look| look.question == 0));
    }
}
