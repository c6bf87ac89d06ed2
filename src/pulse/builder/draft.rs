//! A pulse while it is built. No I/O.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::form::Form;
use crate::config::ContentFile;
use crate::pulse::definition::{Definition, parse};
use crate::survey::{Kind, Question};

/// The most questions with a fixed set of answers; more take longer than two minutes.
pub(in crate::pulse) const MOST_RATED: usize = 6;
const MOST_COMMENTS: usize = 1;

/// What a lead has written so far. Nothing in it need be right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pulse) struct Draft {
    /// The saved pulse that this will be the next version of.
    #[serde(default)]
    pub(in crate::pulse) of: Option<String>,
    pub(in crate::pulse) title: String,
    pub(in crate::pulse) purpose: String,
    /// How many days it is open, as it was written.
    pub(in crate::pulse) days: String,
    pub(in crate::pulse) questions: Vec<Entry>,
}

/// One question of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::pulse) struct Entry {
    /// Names what is measured; stays the same when the words change.
    pub(in crate::pulse) key: String,
    pub(in crate::pulse) form: Form,
    pub(in crate::pulse) ask: String,
    #[serde(default)]
    pub(in crate::pulse) options: Vec<String>,
    #[serde(default)]
    pub(in crate::pulse) low: String,
    #[serde(default)]
    pub(in crate::pulse) high: String,
    #[serde(default)]
    pub(in crate::pulse) way_out: String,
}

impl Draft {
    /// A draft of the next version of a saved pulse.
    pub(super) fn of_definition(definition: &Definition) -> Self {
        let entry = |question: &Question| {
            let (options, low, high) = match &question.kind {
                Kind::Choice { options, .. } | Kind::Several { options } => {
                    (options.clone(), String::new(), String::new())
                }
                Kind::ZeroToTen { low, high } | Kind::OneToSeven { low, high } => {
                    (Vec::new(), low.clone(), high.clone())
                }
                _ => (Vec::new(), String::new(), String::new()),
            };
            Entry {
                key: question.key.clone(),
                form: Form::of(question),
                ask: question.ask.clone(),
                options,
                low,
                high,
                way_out: question.does_not_apply.clone().unwrap_or_default(),
            }
        };
        Self {
            of: Some(definition.name.clone()),
            title: definition.title.clone(),
            purpose: definition.purpose.clone(),
            days: definition.days.to_string(),
            questions: definition.questions.iter().map(entry).collect(),
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    /// The title, or words that stand for it.
    pub(super) fn title_in_words(&self) -> String {
        if self.title.is_empty() { "Without a title".into() } else { self.title.clone() }
    }

    /// Writes a question in place of another, or adds it; a comment stays last. `false` when there is no such place.
    pub(super) fn write(&mut self, place: Option<usize>, mut entry: Entry) -> bool {
        match place {
            Some(place) => {
                let Some(before) = self.questions.get_mut(place) else { return false };
                entry.key.clone_from(&before.key);
                *before = entry;
            }
            None if self.questions.len() > MOST_RATED + MOST_COMMENTS => return false,
            None => {
                entry.key = self.fresh_key(&entry.ask);
                self.questions.push(entry);
            }
        }
        self.questions.sort_by_key(|entry| entry.form == Form::Comment);
        true
    }

    /// Puts a question before the one above it. `false` when there is none.
    pub(super) fn up(&mut self, place: usize) -> bool {
        let fits = place > 0 && place < self.questions.len();
        if fits {
            self.questions.swap(place - 1, place);
        }
        fits
    }

    /// Takes a question out. `false` when it is not there.
    pub(super) fn remove(&mut self, place: usize) -> bool {
        let fits = place < self.questions.len();
        if fits {
            self.questions.remove(place);
        }
        fits
    }

    fn fresh_key(&self, ask: &str) -> String {
        let base = shorten_key(&slug(ask, '_'), "question");
        fresh(&base, '_', |key| self.questions.iter().any(|entry| entry.key == key))
    }

    /// A name that no other pulse has.
    pub(super) fn fresh_name(&self, all: &[Definition]) -> String {
        let base = shorten_key(&slug(&self.title, '-'), "pulse");
        fresh(&base, '-', |name| all.iter().any(|other| other.name == name))
    }

    /// What this draft becomes, or everything that is still to mend, in words.
    pub(in crate::pulse) fn definition(&self, name: &str) -> Result<Definition, Vec<String>> {
        let comments = self.questions.iter().filter(|entry| entry.form == Form::Comment).count();
        let mut problems = Vec::new();
        if self.questions.len() - comments > MOST_RATED {
            problems.push(format!("At most {MOST_RATED} questions and a comment: more take longer than two minutes."));
        }
        if comments > MOST_COMMENTS {
            problems.push("At most one comment box.".to_owned());
        }
        let days = self.days.trim();
        if !days.is_empty() && !days.parse::<u32>().is_ok_and(|days| (1..=30).contains(&days)) {
            problems.push("Days open: a number from 1 to 30.".to_owned());
        }
        if self.questions.is_empty() {
            problems.push("Questions: at least one.".to_owned());
        }
        let file = ContentFile { path: format!("pulses/{name}.toml"), text: self.to_file() };
        match parse(&file) {
            Ok(definition) if problems.is_empty() => Ok(definition),
            Ok(_) => Err(problems),
            Err(found) => {
                let told = found.into_iter().filter(|problem| problem.key != "questions");
                problems.extend(told.map(|problem| {
                    format!("{}: {}.", self.part_in_words(&problem.key), problem.expected.trim_end_matches('.'))
                }));
                if problems.is_empty() {
                    problems.push("Questions: at least one.".to_owned());
                }
                Err(problems)
            }
        }
    }

    /// Which part of the draft a key of the file means.
    fn part_in_words(&self, key: &str) -> String {
        let (question, part) = key.split_once('.').unwrap_or((key, ""));
        let place = self.questions.iter().position(|entry| entry.key == question);
        match (place, part, key) {
            (Some(place), "options", _) => format!("Question {}, options", place + 1),
            (Some(place), "low", _) => format!("Question {}, lowest answer", place + 1),
            (Some(place), "high", _) => format!("Question {}, highest answer", place + 1),
            (Some(place), "does_not_apply", _) => format!("Question {}, way out", place + 1),
            (Some(place), ..) => format!("Question {}", place + 1),
            (None, _, "title") => "Title".into(),
            (None, _, "purpose") => "Why you ask".into(),
            (None, ..) => "This pulse".into(),
        }
    }

    /// The draft as a file of `config/pulses/`, however wrong it is.
    fn to_file(&self) -> String {
        let mut text =
            format!("title = {}\npurpose = {}\naudience = \"inside\"\n", quoted(&self.title), quoted(&self.purpose));
        if let Ok(days @ 1..=30) = self.days.trim().parse::<u32>() {
            let _ = writeln!(text, "days = {days}");
        }
        if self.questions.is_empty() {
            text.push_str("questions = []\n");
        }
        for entry in &self.questions {
            let (kind, ordered) = match entry.form {
                Form::Steps => ("choice", true),
                other => (other.key(), false),
            };
            let _ = writeln!(
                text,
                "\n[[questions]]\nkey = {}\nask = {}\ntype = \"{kind}\"",
                quoted(&entry.key),
                quoted(&entry.ask)
            );
            if entry.form.has_options() {
                let options: Vec<String> = entry.options.iter().map(|option| quoted(option)).collect();
                let _ = writeln!(text, "options = [{}]", options.join(", "));
            }
            if ordered {
                text.push_str("ordered = true\n");
            }
            if entry.form.has_ends() {
                let _ = writeln!(text, "low = {}\nhigh = {}", quoted(&entry.low), quoted(&entry.high));
            }
            if !entry.way_out.is_empty() && entry.form != Form::Comment {
                let _ = writeln!(text, "does_not_apply = {}", quoted(&entry.way_out));
            }
        }
        text
    }
}

/// TOML and JSON write strings alike, as long as no control character is bare.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    serde_json::Value::String(plain).to_string()
}

fn slug(text: &str, between: char) -> String {
    let words = text.to_lowercase();
    let words = words.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&between.to_string())
}

/// Room for a number behind it within the 40 characters of a key.
fn shorten_key(slug: &str, otherwise: &str) -> String {
    let short: String = slug.chars().take(36).collect();
    let short = short.trim_end_matches(['_', '-']);
    if short.is_empty() { otherwise.to_owned() } else { short.to_owned() }
}

fn fresh(base: &str, between: char, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u16..=u16::MAX).map(|number| format!("{base}{between}{number}"));
    std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| base.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(form: Form, ask: &str) -> Entry {
        Entry { form, ask: ask.into(), ..Entry::default() }
    }

    fn good() -> Draft {
        let mut draft = Draft {
            title: "Desk moves".into(),
            purpose: "To see how the \"move\" went.".into(),
            days: "3".into(),
            ..Draft::default()
        };
        let steps = Entry { options: vec!["Too loud".into(), "Fine".into()], ..entry(Form::Steps, "How loud is it?") };
        let ends =
            Entry { low: "not at all".into(), high: "fully".into(), ..entry(Form::OneToSeven, "How ready are you?") };
        let ease = Entry { way_out: "I did not move".into(), ..entry(Form::Ease, "How easy was your move last week?") };
        for entry in [entry(Form::Comment, "What one change would help?"), steps, ends, ease] {
            assert!(draft.write(None, entry));
        }
        draft
    }

    #[test]
    fn a_draft_becomes_a_pulse_and_a_pulse_a_draft() {
        let draft = good();
        let definition = draft.definition("desk-moves").unwrap();
        assert_eq!((&*definition.title, definition.days, definition.questions.len()), ("Desk moves", 3, 4));
        assert_eq!(definition.questions[3].kind, Kind::Comment, "the comment comes last");
        assert!(matches!(definition.questions[0].kind, Kind::Choice { ordered: true, .. }));
        assert_eq!(definition.questions[2].does_not_apply.as_deref(), Some("I did not move"));
        let again = Draft::of_definition(&definition);
        assert_eq!(Draft { of: None, ..again.clone() }, draft);
        assert_eq!(again.definition("desk-moves").unwrap(), definition);
    }

    #[test]
    fn every_fault_is_told_with_the_question_it_is_in() {
        let mut draft = Draft { days: "soon".into(), ..Draft::default() };
        assert!(draft.write(None, entry(Form::Ease, "Was it quick and easy?")));
        assert!(draft.write(None, Entry { options: vec!["1".into()], ..entry(Form::Choice, "Which one") }));
        assert!(draft.write(None, Entry { low: String::new(), ..entry(Form::ZeroToTen, "How likely is it?") }));
        let problems = draft.definition("draft").unwrap_err().join("\n");
        for part in [
            "Days open: a number from 1 to 30.",
            "Title: 1 to 60 characters",
            "Why you ask: 1 to 300 characters",
            "Question 1: one idea a question",
            "Question 2: a full sentence",
            "Question 2, options: 2 to 15 options",
            "Question 2, options: a label in words",
            "Question 3, lowest answer: a label in words",
        ] {
            assert!(problems.contains(part), "{part:?} is missing in\n{problems}");
        }
        assert_eq!(
            Draft::default().definition("draft").unwrap_err().last().unwrap(),
            "Why you ask: 1 to 300 characters, found 0."
        );
    }

    #[test]
    fn six_questions_and_a_comment_are_the_most() {
        let mut draft = good();
        for number in 0..3 {
            assert!(draft.write(None, entry(Form::YesNo, &format!("Is number {number} fine?"))));
        }
        assert!(draft.definition("draft").is_ok());
        assert!(draft.write(None, entry(Form::YesNo, "Is it fine?")));
        assert!(draft.definition("draft").unwrap_err()[0].starts_with("At most 6 questions"));
        assert!(!draft.write(None, entry(Form::YesNo, "Is it fine?")), "no end of it");
        assert!(draft.remove(0) && draft.definition("draft").is_ok());
        assert!(draft.write(Some(0), entry(Form::Comment, "What else?")));
        assert!(draft.definition("draft").unwrap_err().contains(&"At most one comment box.".to_owned()));
    }

    #[test]
    fn keys_stay_when_words_change_and_never_meet() {
        let mut draft = Draft::default();
        for _ in 0..3 {
            assert!(draft.write(None, entry(Form::Ease, "Ça va? 😀")));
        }
        let keys: Vec<_> = draft.questions.iter().map(|entry| entry.key.clone()).collect();
        assert_eq!(keys, ["a_va", "a_va_2", "a_va_3"]);
        assert!(draft.write(Some(1), entry(Form::Agree, "Something else.")));
        assert!(draft.up(1) && draft.questions[0].key == "a_va_2" && !draft.up(0) && !draft.up(9));
        assert!(draft.write(None, entry(Form::Ease, "😀")) && draft.questions[3].key == "question");
    }
}
