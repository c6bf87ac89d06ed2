//! Lesson files: from text to [`Lesson`], with the line of everything that is wrong.
//!
//! A lesson file is TOML front matter between two `+++` lines, then the text in Markdown. `series.toml` beside it may name the series.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::model::{Lesson, Question, QuestionOption};
use crate::config::{ContentFile, Problem};

/// Most characters of a lesson's text.
pub(super) const MOST_BODY_CHARS: usize = 1_800;

/// A lesson with the lines that its parts stand on.
#[derive(Debug)]
pub(super) struct Draft {
    pub lesson: Lesson,
    pub file: String,
    pub series_about: String,
    pub lines: Lines,
}

/// Line numbers in a lesson file, counted from 1.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub id: usize,
    pub title: usize,
    pub drivers: Vec<usize>,
    pub principles: Vec<usize>,
    pub exercise: usize,
    pub questions: Vec<usize>,
    pub body: usize,
}

/// Reads every file: lessons in order of path, and what is wrong with the others.
pub(super) fn read_all(files: &[ContentFile]) -> (Vec<Draft>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut titles = BTreeMap::new();
    for file in files {
        if let [_, series, "series.toml"] = file.path.split('/').collect::<Vec<_>>()[..] {
            match read_series(file) {
                Ok(found) => drop(titles.insert(series.to_owned(), found)),
                Err(problem) => problems.push(problem),
            }
        }
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut ids = HashSet::new();
    for file in files {
        let parts: Vec<_> = file.path.split('/').collect();
        let series = match parts[..] {
            [_, _, "series.toml"] | [_, "README.md"] => continue,
            [_, series, name] if is_lesson_name(name) && is_slug(series) => series,
            _ => {
                problems.push(misplaced(&file.path));
                continue;
            }
        };
        let raw = titles.get(series);
        let title = raw.map_or_else(|| titled(series), |raw| raw.title.clone());
        let about = raw.and_then(|raw| raw.about.clone()).unwrap_or_default();
        match read(file, series, &title, &about) {
            Ok(draft) if ids.insert(draft.lesson.id.clone()) => drafts.push(draft),
            Ok(draft) => problems.push(Problem {
                file: file.path.clone(),
                line: draft.lines.id,
                key: "id".into(),
                expected: format!("an id of its own; “{}” is already the id of another lesson", draft.lesson.id),
            }),
            Err(found) => problems.extend(found),
        }
    }
    (drafts, problems)
}

fn misplaced(path: &str) -> Problem {
    Problem {
        file: path.to_owned(),
        line: 1,
        key: "file name".into(),
        expected: "lessons/<series>/NN-slug.md, for example lessons/cx-foundations/01-what-cx-is.md (small letters, digits and \
                   hyphens; at most 40 characters each), or lessons/<series>/series.toml"
            .into(),
    }
}

fn is_lesson_name(name: &str) -> bool {
    name.strip_suffix(".md").and_then(|stem| stem.split_once('-')).is_some_and(|(number, slug)| {
        number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()) && is_slug(slug)
    })
}

fn is_slug(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A readable title for a series that has none: `writing-clearly` → `Writing clearly`.
fn titled(series: &str) -> String {
    let words = series.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    title: String,
    about: Option<String>,
}

fn read_series(file: &ContentFile) -> Result<RawSeries, Problem> {
    let problem =
        |line, key: &str, expected: String| Problem { file: file.path.clone(), line, key: key.into(), expected };
    let raw: RawSeries = toml::from_str(&file.text)
        .map_err(|fault| problem(line_of(&file.text, fault.span(), 1), "series", fault.message().to_owned()))?;
    if !(1..=40).contains(&raw.title.trim().chars().count()) {
        return Err(problem(1, "title", "a title of 1 to 40 characters".into()));
    }
    if raw.about.as_deref().unwrap_or("").chars().count() > 200 {
        return Err(problem(1, "about", "at most 200 characters".into()));
    }
    Ok(raw)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLesson {
    id: Option<Spanned<String>>,
    title: Option<Spanned<String>>,
    minutes: Option<Spanned<i64>>,
    #[serde(default)]
    drivers: Vec<Spanned<String>>,
    #[serde(default)]
    principles: Vec<Spanned<String>>,
    source: Option<Spanned<String>>,
    prompt: Option<Spanned<String>>,
    exercise: Option<Spanned<String>>,
    #[serde(default)]
    questions: Vec<RawQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    text: Option<Spanned<String>>,
    #[serde(default)]
    options: Vec<RawOption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOption {
    text: Option<Spanned<String>>,
    explanation: Option<Spanned<String>>,
    #[serde(default)]
    correct: bool,
}

/// Reads one lesson file; on failure everything that is wrong with it, in the order of the file.
fn read(file: &ContentFile, series: &str, series_title: &str, series_about: &str) -> Result<Draft, Vec<Problem>> {
    let whole = |line, expected: &str| {
        vec![Problem { file: file.path.clone(), line, key: "front matter".into(), expected: expected.into() }]
    };
    let text = file.text.replace("\r\n", "\n");
    let Some(rest) = text.strip_prefix("+++\n") else {
        return Err(whole(1, "a first line of just +++, then the front matter, then another line of just +++"));
    };
    let Some((front, after)) = rest.split_once("\n+++\n") else {
        return Err(whole(1, "a line of just +++ that ends the front matter"));
    };
    let raw: RawLesson = toml::from_str(front)
        .map_err(|fault| whole(line_of(front, fault.span(), 2), fault.message().trim_end_matches('\n')))?;

    let mut reading = Reading { file: &file.path, front, problems: Vec::new(), line: 2 };
    let (id, id_line) = reading.text(raw.id, "id", 40);
    if !id.is_empty() && !is_slug(&id) {
        reading.wrong(id_line, "id", "small letters, digits and hyphens, for example what-cx-is");
    }
    let (title, title_line) = reading.text(raw.title, "title", 80);
    let minutes = reading.minutes(raw.minutes);
    let (source, _) = reading.text(raw.source, "source", 300);
    let (prompt, _) = reading.text(raw.prompt, "prompt", 400);
    let (exercise, exercise_line) = reading.text(raw.exercise, "exercise", 600);
    let (drivers, driver_lines) = reading.tags(raw.drivers);
    let (principles, principle_lines) = reading.tags(raw.principles);
    let (questions, question_lines) = reading.questions(raw.questions);

    // Blank lines before the text do not count; when there is no text, it is missing right after the front matter.
    let blank = if after.trim().is_empty() { 0 } else { after.len() - after.trim_start().len() };
    let body_line = 2 + front.matches('\n').count() + 2 + after[..blank].matches('\n').count();
    let body = after.trim().to_owned();
    let length = body.chars().count();
    if length == 0 {
        reading.wrong(body_line, "text", "the lesson's text after the second +++ line");
    } else if length > MOST_BODY_CHARS {
        let most = format!("at most 1,800 characters; there are {length}");
        reading.wrong(body_line, "text", &most);
    }
    if !reading.problems.is_empty() {
        return Err(reading.problems);
    }
    let mut lesson = Lesson {
        id,
        series: series.to_owned(),
        series_title: series_title.to_owned(),
        number: 1,
        of: 1,
        title,
        minutes,
        drivers,
        principles,
        source,
        prompt,
        exercise,
        questions,
        body,
        version: String::new(),
    };
    lesson.version = lesson.hashed();
    let lines = Lines {
        id: id_line,
        title: title_line,
        drivers: driver_lines,
        principles: principle_lines,
        exercise: exercise_line,
        questions: question_lines,
        body: body_line,
    };
    Ok(Draft { lesson, file: file.path.clone(), series_about: series_about.to_owned(), lines })
}

/// One pass over the front matter; collects what is wrong.
struct Reading<'file> {
    file: &'file str,
    front: &'file str,
    problems: Vec<Problem>,
    /// The line of the last thing found: where something that is missing would have stood.
    line: usize,
}

impl Reading<'_> {
    fn wrong(&mut self, line: usize, key: &str, expected: &str) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line,
            key: key.to_owned(),
            expected: expected.to_owned(),
        });
    }

    /// A required text of at most `most` characters, and its line.
    fn text(&mut self, field: Option<Spanned<String>>, key: &str, most: usize) -> (String, usize) {
        let Some(field) = field else {
            self.wrong(self.line, key, &format!("{key} = \"…\", 1 to {most} characters"));
            return (String::new(), self.line);
        };
        self.line = line_of(self.front, Some(field.span()), 2);
        let text = field.into_inner().trim().to_owned();
        let length = text.chars().count();
        if length == 0 {
            self.wrong(self.line, key, &format!("1 to {most} characters; it is empty"));
        } else if length > most {
            self.wrong(self.line, key, &format!("at most {most} characters; there are {length}"));
        }
        (text, self.line)
    }

    fn minutes(&mut self, field: Option<Spanned<i64>>) -> u8 {
        let Some(field) = field else {
            self.wrong(self.line, "minutes", "minutes = 5 (how long it takes to read; 1 to 15)");
            return 0;
        };
        self.line = line_of(self.front, Some(field.span()), 2);
        if let Ok(minutes @ 1..=15) = u8::try_from(*field.get_ref()) {
            minutes
        } else {
            self.wrong(self.line, "minutes", "a whole number from 1 to 15");
            0
        }
    }

    fn tags(&mut self, fields: Vec<Spanned<String>>) -> (Vec<String>, Vec<usize>) {
        fields
            .into_iter()
            .map(|field| {
                let line = line_of(self.front, Some(field.span()), 2);
                (field.into_inner(), line)
            })
            .unzip()
    }

    fn questions(&mut self, raw: Vec<RawQuestion>) -> (Vec<Question>, Vec<usize>) {
        if !(1..=8).contains(&raw.len()) {
            let expected = format!("1 to 8 [[questions]]; there are {}", raw.len());
            self.wrong(self.line, "questions", &expected);
        }
        let mut lines = Vec::new();
        let questions = raw
            .into_iter()
            .enumerate()
            .map(|(place, raw)| {
                let name = format!("question {}", place + 1);
                let (text, line) = self.text(raw.text, &format!("{name}, text"), 300);
                lines.push(line);
                Question { text, options: self.options(raw.options, &name, line) }
            })
            .collect();
        (questions, lines)
    }

    fn options(&mut self, raw: Vec<RawOption>, question: &str, line: usize) -> Vec<QuestionOption> {
        let key = format!("{question}, options");
        if !(2..=5).contains(&raw.len()) {
            self.wrong(line, &key, &format!("2 to 5 options; there are {}", raw.len()));
        }
        let right = raw.iter().filter(|option| option.correct).count();
        if right != 1 {
            self.wrong(line, &key, &format!("exactly one option with correct = true; there are {right}"));
        }
        let mut seen = HashSet::new();
        raw.into_iter()
            .enumerate()
            .map(|(place, raw)| {
                let name = format!("{question}, option {}", place + 1);
                let (text, line) = self.text(raw.text, &format!("{name}, text"), 100);
                if !text.is_empty() && !seen.insert(text.to_lowercase()) {
                    self.wrong(line, &format!("{name}, text"), "an option that differs from the others");
                }
                let (explanation, _) = self.text(raw.explanation, &format!("{name}, explanation"), 400);
                QuestionOption { text, correct: raw.correct, explanation }
            })
            .collect()
    }
}

/// The line on which `span` begins, when the first line of `text` is line `first`.
fn line_of(text: &str, span: Option<Range<usize>>, first: usize) -> usize {
    let start = span.map_or(0, |span| span.start.min(text.len()));
    first + text.get(..start).unwrap_or(text).matches('\n').count()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const GOOD: &str = r#"+++
id = "good"
title = "A good lesson"
minutes = 5
drivers = ["ease"]
source = "A book."
prompt = "What did you notice?"
exercise = "Try it once."

[[questions]]
text = "Who decides?"
[[questions.options]]
text = "The office"
explanation = "Not quite."
[[questions.options]]
text = "The customer"
correct = true
explanation = "Yes."
+++

Ask, listen, act.
"#;

    pub fn file(path: &str, text: &str) -> ContentFile {
        ContentFile { path: path.into(), text: text.into() }
    }

    /// What is wrong with the good lesson after `from` has become `to`.
    fn broken(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from:?} is not in the good lesson");
        let files = [file("lessons/basics/01-good.md", &GOOD.replacen(from, to, 1))];
        read_all(&files).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let at = "lessons/basics/01-good.md";
        for (from, to, expected) in [
            (
                "+++\nid",
                "id",
                "1: front matter: a first line of just +++, then the front matter, then another line of just +++",
            ),
            ("+++\n\nAsk", "\nAsk", "1: front matter: a line of just +++ that ends the front matter"),
            ("id = \"good\"\n", "", "2: id: id = \"…\", 1 to 40 characters"),
            ("\"good\"", "\"Not Good\"", "2: id: small letters, digits and hyphens, for example what-cx-is"),
            ("A good lesson", " ", "3: title: 1 to 80 characters; it is empty"),
            ("= 5", "= 45", "4: minutes: a whole number from 1 to 15"),
            ("correct = true\n", "", "11: question 1, options: exactly one option with correct = true; there are 0"),
            (
                "explanation = \"Not quite.\"\n",
                "",
                "13: question 1, option 1, explanation: question 1, option 1, explanation = \"…\", 1 to 400 characters",
            ),
            ("The office", "the customer", "16: question 1, option 2, text: an option that differs from the others"),
            ("Ask, listen, act.", "", "20: text: the lesson's text after the second +++ line"),
        ] {
            assert_eq!(broken(from, to), [format!("{at}:{expected}")], "{from:?} → {to:?}");
        }
    }

    #[test]
    fn a_misspelt_key_and_broken_toml_are_named_with_their_line() {
        let misspelt = broken("explanation = \"Not", "explination = \"Not");
        assert!(misspelt[0].contains(":14: front matter: unknown field `explination`"), "{misspelt:?}");
        let broken = broken("title = \"A good", "title = A good");
        assert!(broken[0].contains(":3: front matter:"), "{broken:?}");
    }

    #[test]
    fn too_much_text_is_counted_for_the_author() {
        let problems = broken("Ask, listen, act.", &"word ".repeat(400));
        assert_eq!(problems, ["lessons/basics/01-good.md:21: text: at most 1,800 characters; there are 1999"]);
    }
}
