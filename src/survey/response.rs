//! One person's way through a survey of several questions: what they have filled in, what they have sent, and what is asked next.
//!
//! A [`Paper`] is what a ballot carries: the answers that were sent, and beside them those still being filled in. Only what was sent
//! is ever counted. Not asked (a follow-up that does not fit), skipped and "does not apply" are three different things.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::answer::decode;
use super::{Answer, Counts, Kind, Question};
use crate::error::{Error, Result};

/// The most characters of a comment.
pub const MOST_COMMENT_CHARS: u16 = 300;

const FORMAT: u8 = 2;

/// What a person gave to one question. Never print it beside a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// Not answered yet, or not asked.
    #[default]
    #[serde(rename = "n")]
    Nothing,
    /// The option with this place, from 0.
    #[serde(rename = "o")]
    Option(u8),
    /// The options with these places, in order; at least one.
    #[serde(rename = "m")]
    Several(Vec<u8>),
    /// A comment.
    #[serde(rename = "w")]
    Words(String),
    /// The question does not apply to this person.
    #[serde(rename = "a")]
    DoesNotApply,
    /// Passed over.
    #[serde(rename = "s")]
    Skipped,
}

/// The answers to all questions of a survey, one each.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Responses(Vec<Given>);

/// What one person's ballot carries.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Paper {
    /// Who filled it in; only in a survey that says it is not anonymous.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub named: Option<u64>,
    /// Which of the groups that are told apart the person is in, by its place; only where that was said first.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u8>,
    /// What counts.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Responses>,
    /// What is being filled in or changed; counts only when it is sent.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Responses>,
}

/// What all papers of a survey say together.
pub struct Totals {
    /// How many people sent answers.
    pub people: u32,
    /// One [`Counts`] a question.
    pub counts: Vec<Counts>,
    /// The comments, apart from the answers of whoever wrote them: place of the question and words.
    pub comments: Vec<(usize, String)>,
}

impl Given {
    /// Whether the question offers this.
    pub fn fits(&self, question: &Question) -> bool {
        let options = question.kind.options().len();
        match (self, &question.kind) {
            (Self::Nothing | Self::Skipped, _) => true,
            (Self::DoesNotApply, _) => question.does_not_apply.is_some(),
            (Self::Words(words), Kind::Comment) => {
                !words.is_empty() && words.chars().count() <= usize::from(MOST_COMMENT_CHARS)
            }
            (Self::Several(places), Kind::Several { .. }) => {
                !places.is_empty()
                    && places.is_sorted_by(|a, b| a < b)
                    && places.iter().all(|place| usize::from(*place) < options)
            }
            (Self::Option(place), kind) => kind.is_one_press() && usize::from(*place) < options,
            _ => false,
        }
    }
}

impl From<Answer> for Given {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Option(place) => Self::Option(place),
            Answer::DoesNotApply => Self::DoesNotApply,
            Answer::Skipped => Self::Skipped,
        }
    }
}

impl Responses {
    /// Nothing filled in.
    pub fn blank(questions: &[Question]) -> Self {
        Self(vec![Given::Nothing; questions.len()])
    }

    /// What was given to the question at this place.
    pub fn given(&self, index: usize) -> &Given {
        self.0.get(index).unwrap_or(&Given::Nothing)
    }

    /// Whether the question at this place is asked, after what was answered before it.
    pub fn is_asked(&self, questions: &[Question], index: usize) -> bool {
        let Some(question) = questions.get(index) else { return false };
        let Some(only_after) = &question.only_after else { return true };
        let Some(earlier) = questions.iter().position(|earlier| earlier.key == only_after.question) else {
            return false;
        };
        if !self.is_asked(&questions[..index], earlier) {
            return false;
        }
        let options = questions[earlier].kind.options();
        let chosen =
            |place: &u8| options.get(usize::from(*place)).is_some_and(|label| only_after.options.contains(label));
        match self.given(earlier) {
            Given::Option(place) => chosen(place),
            Given::Several(places) => places.iter().any(chosen),
            _ => false,
        }
    }

    /// The places of the questions that are asked, in order.
    pub fn asked(&self, questions: &[Question]) -> Vec<usize> {
        (0..questions.len()).filter(|&index| self.is_asked(questions, index)).collect()
    }

    /// Fills in one answer; `false` when the question is not asked or does not offer it. What an earlier answer no longer asks for is
    /// taken out.
    pub fn fill_in(&mut self, questions: &[Question], index: usize, given: Given) -> bool {
        if !self.is_asked(questions, index) || !given.fits(&questions[index]) {
            return false;
        }
        self.0[index] = given;
        for later in index + 1..questions.len() {
            if !self.is_asked(questions, later) {
                self.0[later] = Given::Nothing;
            }
        }
        true
    }

    /// The next asked question after this place (from the first, for `None`).
    pub fn next(&self, questions: &[Question], after: Option<usize>) -> Option<usize> {
        self.asked(questions).into_iter().find(|&index| after.is_none_or(|after| index > after))
    }

    /// The asked question before this place.
    pub fn back(&self, questions: &[Question], before: usize) -> Option<usize> {
        self.asked(questions).into_iter().rfind(|&index| index < before)
    }

    /// The first asked question without an answer.
    pub fn first_open(&self, questions: &[Question]) -> Option<usize> {
        self.asked(questions).into_iter().find(|&index| *self.given(index) == Given::Nothing)
    }

    /// Whether there is anything to send.
    pub fn says_something(&self) -> bool {
        self.0.iter().any(|given| !matches!(given, Given::Nothing | Given::Skipped))
    }

    fn fits(&self, questions: &[Question]) -> bool {
        self.0.len() == questions.len()
            && self.0.iter().zip(questions).all(|(given, question)| given.fits(question))
            && (0..questions.len()).all(|index| *self.given(index) == Given::Nothing || self.is_asked(questions, index))
    }
}

impl Paper {
    /// The ballot that carries it.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(vec![FORMAT]);
        serde_json::to_writer(&mut *bytes, self).map_err(|fault| Error::Internal(fault.into()))?;
        Ok(bytes)
    }

    /// Reads a ballot back, also one of a single press; `None` unless it fits these questions.
    pub fn decode(ballot: &[u8], questions: &[Question]) -> Option<Self> {
        let Some((&FORMAT, json)) = ballot.split_first() else {
            let answers = decode(ballot, questions)?;
            let sent = Responses(answers.into_iter().map(Given::from).collect());
            return Some(Self { sent: Some(sent), ..Self::default() });
        };
        let paper: Self = serde_json::from_slice(json).ok()?;
        let fits = |responses: &Option<Responses>| responses.as_ref().is_none_or(|responses| responses.fits(questions));
        (fits(&paper.sent) && fits(&paper.draft)).then_some(paper)
    }

    /// Room for any paper of these questions, in bytes. Every ballot of a survey takes as much, whatever is on it.
    pub fn most_bytes(questions: &[Question]) -> usize {
        // Every answer is one JSON value; a comment's characters take at most four bytes each (quotes and backslashes two).
        let each = |question: &Question| match &question.kind {
            Kind::Comment => 12 + 4 * usize::from(MOST_COMMENT_CHARS),
            Kind::Several { options } => 12 + 3 * options.len(),
            _ => 12,
        };
        72 + 2 * questions.iter().map(each).sum::<usize>()
    }
}

/// What the papers of each of `groups` groups say together, and after the last group those of people in none.
pub fn total_by_group(questions: &[Question], ballots: &[&[u8]], groups: usize) -> Vec<Totals> {
    let group_of = |ballot: &[u8]| {
        let place = Paper::decode(ballot, questions).and_then(|paper| paper.group).map(usize::from);
        place.filter(|place| *place < groups).unwrap_or(groups)
    };
    let mut sorted: Vec<Vec<&[u8]>> = vec![Vec::new(); groups + 1];
    for ballot in ballots {
        sorted[group_of(ballot)].push(ballot);
    }
    sorted.into_iter().map(|ballots| total(questions, ballots)).collect()
}

impl std::fmt::Debug for Paper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Paper(…)")
    }
}

/// Counts what was sent. Ballots that do not fit the questions, and those that were never sent, are left out.
pub fn total<'a>(questions: &[Question], ballots: impl IntoIterator<Item = &'a [u8]>) -> Totals {
    let blank = |question: &Question| Counts { options: vec![0; question.kind.options().len()], ..Counts::default() };
    let mut totals = Totals { people: 0, counts: questions.iter().map(blank).collect(), comments: Vec::new() };
    for sent in ballots.into_iter().filter_map(|ballot| Paper::decode(ballot, questions)?.sent) {
        totals.people += 1;
        for (index, (given, counts)) in sent.0.into_iter().zip(&mut totals.counts).enumerate() {
            match given {
                Given::Option(place) => counts.options[usize::from(place)] += 1,
                Given::Several(places) => {
                    *counts.ticked_by.get_or_insert(0) += 1;
                    for place in places {
                        counts.options[usize::from(place)] += 1;
                    }
                }
                Given::Words(words) => {
                    *counts.ticked_by.get_or_insert(0) += 1;
                    totals.comments.push((index, words));
                }
                Given::DoesNotApply => counts.does_not_apply += 1,
                Given::Skipped => counts.skipped += 1,
                Given::Nothing => {}
            }
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::OnlyAfter;

    fn question(key: &str, kind: Kind, after: Option<(&str, &str)>) -> Question {
        Question {
            key: key.into(),
            ask: "?".into(),
            kind,
            does_not_apply: (key == "mood").then(|| "Does not apply".into()),
            reversed: false,
            category: None,
            only_after: after
                .map(|(question, option)| OnlyAfter { question: question.into(), options: vec![option.into()] }),
        }
    }

    fn questions() -> Vec<Question> {
        let drivers = || Kind::Several { options: ["Ease", "Speed", "People"].map(String::from).to_vec() };
        vec![
            question("trust", Kind::Thumbs, None),
            question("well", drivers(), Some(("trust", "Thumbs up"))),
            question("badly", drivers(), Some(("trust", "Thumbs down"))),
            question("mood", Kind::Agree, None),
            question("words", Kind::Comment, None),
        ]
    }

    #[test]
    fn a_follow_up_is_asked_after_the_answers_it_belongs_to_and_taken_out_when_they_change() {
        let questions = questions();
        let mut mine = Responses::blank(&questions);
        assert_eq!(mine.asked(&questions), [0, 3, 4]);
        assert!(!mine.fill_in(&questions, 1, Given::Several(vec![0])), "not asked yet");
        assert!(mine.fill_in(&questions, 0, Given::Option(1)));
        assert_eq!((mine.next(&questions, Some(0)), mine.back(&questions, 3)), (Some(1), Some(1)));
        assert!(mine.fill_in(&questions, 1, Given::Several(vec![0, 2])));
        assert!(mine.fill_in(&questions, 0, Given::Option(0)));
        assert_eq!(mine.asked(&questions), [0, 2, 3, 4]);
        assert!(*mine.given(1) == Given::Nothing);
        assert_eq!(mine.first_open(&questions), Some(2));
    }

    #[test]
    fn only_what_a_question_offers_fits() {
        let questions = questions();
        for (index, wrong) in [
            (0, Given::Option(2)),
            (0, Given::DoesNotApply),
            (0, Given::Words("x".into())),
            (3, Given::Several(vec![1])),
            (4, Given::Words(String::new())),
            (4, Given::Words("x".repeat(301))),
            (4, Given::Option(0)),
        ] {
            assert!(!wrong.fits(&questions[index]), "question {index}");
        }
        for wrong in [vec![], vec![1, 0], vec![1, 1], vec![3]] {
            assert!(!Given::Several(wrong).fits(&questions[1]));
        }
    }

    #[test]
    fn only_what_was_sent_is_counted_and_three_ways_of_saying_nothing_stay_apart() {
        let questions = questions();
        let fill = |answers: &[(usize, Given)]| {
            let mut mine = Responses::blank(&questions);
            assert!(answers.iter().all(|(index, given)| mine.fill_in(&questions, *index, given.clone())));
            mine
        };
        let full = fill(&[
            (0, Given::Option(1)),
            (1, Given::Several(vec![0, 2])),
            (3, Given::DoesNotApply),
            (4, Given::Words("More “light”, please \\o/".into())),
        ]);
        let papers = [
            Paper { sent: Some(full.clone()), ..Paper::default() },
            Paper {
                sent: Some(fill(&[(0, Given::Skipped), (3, Given::Option(4))])),
                draft: Some(full.clone()),
                ..Paper::default()
            },
            Paper { draft: Some(full), ..Paper::default() },
        ];
        let ballots: Vec<_> = papers.iter().map(|paper| paper.encode().unwrap()).collect();
        let totals = total(&questions, ballots.iter().map(|ballot| &ballot[..]).chain([&b"\x02{"[..], b"", b"\x09"]));
        assert_eq!(totals.people, 2);
        assert_eq!((totals.counts[0].options.as_slice(), totals.counts[0].skipped), (&[0, 1][..], 1));
        assert_eq!((totals.counts[1].options.as_slice(), totals.counts[1].answered()), (&[1, 0, 1][..], 1));
        assert_eq!(totals.counts[2].answered() + totals.counts[2].skipped, 0, "not asked is not skipped");
        assert_eq!((totals.counts[3].answered(), totals.counts[3].does_not_apply), (1, 1));
        assert_eq!(totals.comments, [(4, "More “light”, please \\o/".to_owned())]);
    }

    #[test]
    fn the_fullest_paper_has_room() {
        let mut questions = vec![question("words", Kind::Comment, None); 3];
        questions.extend((0..21).map(|_| question("ease", Kind::Several { options: vec!["x".into(); 15] }, None)));
        let mut mine = Responses::blank(&questions);
        for index in 0..questions.len() {
            let given = if index < 3 { Given::Words("😀".repeat(300)) } else { Given::Several((0..15).collect()) };
            assert!(mine.fill_in(&questions, index, given));
        }
        let paper = Paper { named: Some(u64::MAX), group: Some(u8::MAX), sent: Some(mine.clone()), draft: Some(mine) };
        assert!(paper.encode().unwrap().len() <= Paper::most_bytes(&questions));
    }
}
