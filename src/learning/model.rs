//! What a lesson is, and the rules of its quiz.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// One lesson, as its file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Names the lesson for ever, whatever becomes of its file name or place; at most 40 of `a-z`, `0-9` and `-`.
    pub id: String,
    /// The series it belongs to: the name of its folder.
    pub series: String,
    /// The series' title.
    pub series_title: String,
    /// Its place in the series, counted from 1.
    pub number: usize,
    /// How many lessons the series has.
    pub of: usize,
    /// Its title.
    pub title: String,
    /// Minutes to read it.
    pub minutes: u8,
    /// Which drivers of the customer experience it is about.
    pub drivers: Vec<String>,
    /// Which principles it is about.
    pub principles: Vec<String>,
    /// Where it comes from, in words.
    pub source: String,
    /// The question that the discussion begins with.
    pub prompt: String,
    /// Something to try in ten minutes.
    pub exercise: String,
    /// The quiz; at least one question.
    pub questions: Vec<Question>,
    /// The text, as Discord Markdown.
    pub body: String,
    /// A short hash of what a learner reads and is asked; see [`Lesson::hashed`].
    pub version: String,
}

/// One question of a quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// Two to five options, exactly one of them right.
    pub options: Vec<QuestionOption>,
}

/// One option of a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionOption {
    /// The option, in words.
    pub text: String,
    /// Whether it is the right one.
    pub correct: bool,
    /// Why it is right, or what is good and what is missing in it.
    pub explanation: String,
}

impl Lesson {
    /// The version that belongs to the lesson's title, text and quiz: twelve hexadecimal digits. Changing the prompt, the exercise, the
    /// source or the tags does not make a new version, since nobody is asked about them.
    #[must_use]
    pub fn hashed(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(&self.title);
        part(&self.body);
        for question in &self.questions {
            part(&question.text);
            for option in &question.options {
                part(&option.text);
                part(if option.correct { "right" } else { "wrong" });
                part(&option.explanation);
            }
        }
        hash.finalize()[..6].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// An answer that a member gave, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The question, counted from 0.
    pub question: usize,
    /// Whether the latest answer was right; `None` when the question has not been answered in this round.
    pub latest_right: Option<bool>,
}

/// Where a member stands in the quiz of one lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz {
    latest: Vec<Option<bool>>,
}

/// The question to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Go on with this question; earlier answers of this round stand.
    At(usize),
    /// A new round, from the first question: the last round is complete.
    Anew,
}

impl Quiz {
    /// The standing in a quiz of `question_count` questions after these answers.
    #[must_use]
    pub fn of(question_count: usize, answers: &[Answered]) -> Self {
        let mut latest = vec![None; question_count];
        for answer in answers {
            if let Some(place) = latest.get_mut(answer.question) {
                *place = answer.latest_right;
            }
        }
        Self { latest }
    }

    /// How many questions the quiz has.
    #[must_use]
    pub fn question_count(&self) -> usize {
        self.latest.len()
    }

    /// How many are right in this round.
    #[must_use]
    pub fn right_count(&self) -> usize {
        self.latest.iter().filter(|latest| **latest == Some(true)).count()
    }

    /// How many must be right for the lesson to be done: 75 % or more.
    #[must_use]
    pub fn needed(&self) -> usize {
        (self.question_count() * 3).div_ceil(4)
    }

    /// Whether every question has been answered in this round.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.latest.iter().all(Option::is_some)
    }

    /// Whether the lesson is done: every question answered, enough of them right.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.is_complete() && self.right_count() >= self.needed()
    }

    /// Where somebody begins who asks for the quiz.
    #[must_use]
    pub fn begin(&self) -> Begin {
        self.latest.iter().position(Option::is_none).map_or(Begin::Anew, Begin::At)
    }

    /// The next question after `question` that is not right yet; `None` when the round is over.
    #[must_use]
    pub fn after(&self, question: usize) -> Option<usize> {
        (question + 1..self.latest.len()).find(|&next| self.latest[next] != Some(true))
    }

    /// The first question that is not right yet.
    #[must_use]
    pub fn first_missed(&self) -> Option<usize> {
        self.latest.iter().position(|latest| *latest != Some(true))
    }
}

/// What comes after an answer in a quiz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This question, counted from 0.
    Question(usize),
    /// This look-back question, counted from 0.
    Look(usize),
    /// How the round went.
    Finish,
}

/// The lesson that a member reads next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next<'lesson> {
    /// The lesson.
    pub lesson: &'lesson Lesson,
    /// Whether the group has had it.
    pub posted: bool,
    /// Whether the member is in the middle of its quiz.
    pub begun: bool,
}

/// The first lesson not yet done: the one whose quiz was left in the middle (`begun`, the latest first), else of those that the group has
/// had, otherwise of the rest. `None` when all are done.
pub fn next_lesson<'lesson>(
    lessons: impl Iterator<Item = &'lesson Lesson> + Clone,
    posted: &HashSet<String>,
    done: &HashSet<String>,
    begun: &[String],
) -> Option<Next<'lesson>> {
    let mut open = lessons.filter(|lesson| !done.contains(&lesson.id));
    let left = begun.iter().find_map(|id| open.clone().find(|lesson| lesson.id == *id));
    let had = left.or_else(|| open.clone().find(|lesson| posted.contains(&lesson.id)));
    had.or_else(|| open.next()).map(|lesson| Next {
        lesson,
        posted: posted.contains(&lesson.id),
        begun: left.is_some_and(|left| left.id == lesson.id),
    })
}

/// The lesson that the calendar posts next: the first of the series that the server has not had. `None` when the series is over.
pub fn next_to_post<'lesson>(lessons: &'lesson [Lesson], posted: &HashSet<String>) -> Option<&'lesson Lesson> {
    lessons.iter().find(|lesson| !posted.contains(&lesson.id))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::learning::library::Series;

    pub fn lesson(id: &str, number: usize) -> Lesson {
        let option = |text: &str, correct, explanation: &str| QuestionOption {
            text: text.into(),
            correct,
            explanation: explanation.into(),
        };
        let mut lesson = Lesson {
            id: id.into(),
            series: "basics".into(),
            series_title: "The basics".into(),
            number,
            of: 3,
            title: format!("Lesson about {id}"),
            minutes: 5,
            drivers: vec!["ease".into()],
            principles: vec![],
            source: "A book.".into(),
            prompt: "What did you notice?".into(),
            exercise: "Try it once.".into(),
            questions: vec![
                Question {
                    text: "Who decides?".into(),
                    options: vec![
                        option("The office", false, "It shapes the service, but it does not feel it."),
                        option("The customer", true, "It is their view that counts."),
                    ],
                },
                Question {
                    text: "Which sentence would help a customer most on a hard day?".into(),
                    options: vec![
                        option(
                            "“We have received it, and you will hear from us by Friday.”",
                            true,
                            "It says what happens next.",
                        ),
                        option("“Your call is important to us.”", false, "Kind, but it tells nothing."),
                    ],
                },
            ],
            body: "Ask, listen, act.".into(),
            version: String::new(),
        };
        lesson.version = lesson.hashed();
        lesson
    }

    pub fn series() -> Series {
        let lessons = [("asking", 1), ("listening", 2), ("acting", 3)].map(|(id, number)| lesson(id, number)).to_vec();
        Series { name: "basics".into(), title: "The basics".into(), about: "First steps.".into(), lessons }
    }

    fn quiz(latest: &[Option<bool>]) -> Quiz {
        let answers: Vec<_> =
            latest.iter().enumerate().map(|(question, &latest_right)| Answered { question, latest_right }).collect();
        Quiz::of(latest.len(), &answers)
    }

    const RIGHT: Option<bool> = Some(true);
    const WRONG: Option<bool> = Some(false);

    #[test]
    fn a_lesson_is_done_from_three_in_four_once_all_are_answered() {
        assert!(quiz(&[RIGHT, RIGHT, RIGHT, WRONG]).is_passed());
        assert!(quiz(&[RIGHT, RIGHT]).is_passed());
        assert!(!quiz(&[RIGHT, RIGHT, WRONG]).is_passed(), "two in three is less than 75 %");
        assert!(!quiz(&[RIGHT, RIGHT, RIGHT, None]).is_passed(), "the last question is still open");
        assert_eq!([1, 2, 3, 4, 5, 8].map(|count| quiz(&vec![None; count]).needed()), [1, 2, 3, 3, 4, 6]);
    }

    #[test]
    fn a_round_goes_forward_and_a_second_round_asks_only_what_was_missed() {
        let first = quiz(&[WRONG, None, None]);
        assert_eq!((first.begin(), first.after(0)), (Begin::At(1), Some(1)));
        let over = quiz(&[WRONG, RIGHT, WRONG]);
        assert_eq!(
            (over.begin(), over.after(2), over.first_missed(), over.after(0)),
            (Begin::Anew, None, Some(0), Some(2))
        );
        assert_eq!(quiz(&[RIGHT, RIGHT]).first_missed(), None);
    }

    #[test]
    fn answers_to_questions_that_no_longer_exist_are_left_out() {
        let answers = [Answered { question: 7, latest_right: RIGHT }, Answered { question: 0, latest_right: RIGHT }];
        assert_eq!(Quiz::of(2, &answers), quiz(&[RIGHT, None]));
    }

    #[test]
    fn what_the_group_has_had_comes_before_what_lies_ahead() {
        let lessons = [lesson("one", 1), lesson("two", 2), lesson("three", 3)];
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<HashSet<_>>();
        let next = |posted: &[&str], done: &[&str]| {
            next_lesson(lessons.iter(), &ids(posted), &ids(done), &[]).map(|next| (next.lesson.id.clone(), next.posted))
        };
        assert_eq!(next(&[], &[]), Some(("one".into(), false)));
        assert_eq!(next(&["one", "two"], &["one"]), Some(("two".into(), true)));
        assert_eq!(next(&["three"], &[]), Some(("three".into(), true)));
        assert_eq!(next(&["one"], &["one"]), Some(("two".into(), false)));
        assert_eq!(next(&["one"], &["one", "two", "three"]), None);
        let begun = ["three".to_owned(), "gone".to_owned()];
        let left = next_lesson(lessons.iter(), &ids(&["one"]), &ids(&[]), &begun).unwrap();
        assert_eq!((&*left.lesson.id, left.begun), ("three", true), "what was left in the middle comes first");
        let done = next_lesson(lessons.iter(), &ids(&["one"]), &ids(&["three"]), &begun).unwrap();
        assert_eq!((&*done.lesson.id, done.begun), ("one", false));
        assert_eq!(next_to_post(&lessons, &ids(&["one", "three"])).map(|lesson| &*lesson.id), Some("two"));
        assert_eq!(next_to_post(&lessons, &ids(&["one", "two", "three"])), None);
    }

    #[test]
    fn a_version_changes_with_what_is_read_and_asked_and_with_nothing_else() {
        let original = lesson("one", 1);
        assert_eq!(original.version.len(), 12);
        let mut elsewhere = original.clone();
        (elsewhere.number, elsewhere.prompt) = (9, "Another prompt".into());
        assert_eq!(elsewhere.hashed(), original.version);
        let mut reworded = original.clone();
        reworded.questions[0].options[0].explanation.push('!');
        assert_ne!(reworded.hashed(), original.version);
        let mut swapped = original.clone();
        for option in &mut swapped.questions[0].options {
            option.correct = !option.correct;
        }
        assert_ne!(swapped.hashed(), original.version);
    }
}
