//! Review: questions of lessons that a member has done come back when they are about to be forgotten.
//!
//! Leitner's boxes, in a dozen lines of our own. The crates at hand implement SM-2 or FSRS, which need the learner to grade each answer
//! from 0 to 5 and hundreds of reviews to be tuned; here an answer is right or wrong, and a member sees a few dozen cards in a year.

use chrono::{Days, NaiveDate};

use super::library::Library;
use super::model::Lesson;

/// Days until a card in each box is asked again. A passed lesson comes back after a week, then a month, then a quarter.
const DAYS: [u64; 4] = [1, 7, 28, 90];

/// The box of a new card.
const FIRST_BOX: usize = 1;

/// Most cards a day: a minute or two, on purpose.
pub const MOST_A_DAY: usize = 3;

/// One question that a member is asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The lesson's id.
    pub lesson: String,
    /// The lesson's version when the card was made.
    pub version: String,
    /// The question, counted from 0.
    pub question: usize,
    /// Which box it lies in, 0 to 3.
    pub place: usize,
    /// Not asked before this day.
    pub due_on: NaiveDate,
    /// The latest day it was answered.
    pub asked_on: Option<NaiveDate>,
}

impl Card {
    /// A card for a question of a lesson that has just been done.
    #[must_use]
    pub fn new(lesson: &Lesson, question: usize, today: NaiveDate) -> Self {
        Self {
            lesson: lesson.id.clone(),
            version: lesson.version.clone(),
            question,
            place: FIRST_BOX,
            due_on: later(today, FIRST_BOX),
            asked_on: None,
        }
    }

    /// The card after an answer. A right answer moves a due card on; a wrong one brings any card back to tomorrow. A second answer on the
    /// same day changes nothing: it was just explained.
    #[must_use]
    pub fn answered(&self, right: bool, today: NaiveDate) -> Self {
        if self.asked_on == Some(today) || (right && self.due_on > today) {
            return self.clone();
        }
        let place = if right { (self.place + 1).min(DAYS.len() - 1) } else { 0 };
        Self { place, due_on: later(today, place), asked_on: Some(today), ..self.clone() }
    }
}

fn later(today: NaiveDate, place: usize) -> NaiveDate {
    today.checked_add_days(Days::new(DAYS[place.min(DAYS.len() - 1)])).unwrap_or(today)
}

/// What a member may review on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today<'library> {
    /// The cards to ask, at most as many as the day has left, the longest due first.
    pub due: Vec<(&'library Lesson, usize)>,
    /// How many were answered today.
    pub answered: usize,
    /// When the next card is due, if none is asked now.
    pub next_on: Option<NaiveDate>,
}

/// What there is to review today. Cards of lessons that are gone or were rewritten are left out.
#[must_use]
pub fn today<'library>(cards: &[Card], library: &'library Library, today: NaiveDate) -> Today<'library> {
    let answered = cards.iter().filter(|card| card.asked_on == Some(today)).count();
    let mut open: Vec<_> = cards
        .iter()
        .filter_map(|card| {
            let lesson = library.find(&card.lesson).filter(|lesson| lesson.version == card.version)?;
            (card.question < lesson.questions.len()).then_some((card, lesson))
        })
        .collect();
    open.sort_by_key(|(card, lesson)| (card.due_on, lesson.number, card.question));
    let due: Vec<_> = open
        .iter()
        .filter(|(card, _)| card.due_on <= today)
        .take(MOST_A_DAY.saturating_sub(answered))
        .map(|(card, lesson)| (*lesson, card.question))
        .collect();
    let tomorrow = today.succ_opt().unwrap_or(today);
    let next_on = if due.is_empty() { open.first().map(|(card, _)| card.due_on.max(tomorrow)) } else { None };
    Today { due, answered, next_on }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::model::tests::{lesson, series};

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() + Days::new(number)
    }

    #[test]
    fn a_card_comes_back_after_a_week_a_month_and_a_quarter() {
        let mut card = Card::new(&lesson("asking", 1), 0, day(0));
        let mut days = vec![];
        for _ in 0..4 {
            days.push((card.due_on - day(0)).num_days());
            card = card.answered(true, card.due_on);
        }
        assert_eq!(days, [7, 35, 125, 215]);
    }

    #[test]
    fn a_wrong_answer_brings_it_back_tomorrow_and_the_first_answer_of_a_day_counts() {
        let card = Card::new(&lesson("asking", 1), 0, day(0)).answered(true, day(7));
        let wrong = card.answered(false, day(35));
        assert_eq!((wrong.place, wrong.due_on), (0, day(36)));
        assert_eq!(wrong.answered(true, day(35)), wrong, "it was just explained");
        assert_eq!(wrong.answered(true, day(36)).due_on, day(43));
        assert_eq!(card.answered(true, day(20)), card, "right before its day is no proof");
        assert_eq!(card.answered(false, day(20)).due_on, day(21), "wrong before its day is a sign");
    }

    #[test]
    fn a_day_has_three_cards_and_not_more() {
        let library = Library { series: vec![series()], problems: vec![] };
        let all = library.lessons().collect::<Vec<_>>();
        let mut cards: Vec<_> =
            all.iter().flat_map(|lesson| [0, 1].map(|question| Card::new(lesson, question, day(0)))).collect();
        assert_eq!(today(&cards, &library, day(6)), Today { due: vec![], answered: 0, next_on: Some(day(7)) });
        let first = today(&cards, &library, day(7));
        assert_eq!(first.due, [(all[0], 0), (all[0], 1), (all[1], 0)]);
        for card in cards.iter_mut().take(2) {
            *card = card.answered(true, day(7));
        }
        assert_eq!(today(&cards, &library, day(7)).due, [(all[1], 0)], "two of three are done");
        cards[2] = cards[2].answered(false, day(7));
        let done = today(&cards, &library, day(7));
        assert_eq!((done.due.len(), done.answered, done.next_on), (0, 3, Some(day(8))));
        assert_eq!(today(&cards, &library, day(8)).due.len(), 3);
    }

    #[test]
    fn cards_of_lessons_that_changed_are_not_asked() {
        let library = Library { series: vec![series()], problems: vec![] };
        let gone = Card::new(&lesson("gone", 1), 0, day(0));
        let rewritten = Card { version: "another".into(), ..Card::new(&lesson("asking", 1), 0, day(0)) };
        let beyond = Card::new(&lesson("asking", 1), 7, day(0));
        assert_eq!(today(&[gone, rewritten, beyond], &library, day(30)).due, []);
    }
}
