//! `config/pulses/*.toml`: what is asked.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::Spanned;

use crate::config::{Content, ContentFile, Problem};
use crate::error::{Error, Result};
use crate::survey::{Category, Kind, MOST_QUESTIONS, OnlyAfter, Question, lint_label, lint_question};
use crate::text::shorten;

const FOLDER: &str = "pulses";
/// Buttons on a post: five rows of five, one row of which is ours.
const MOST_OPTIONS: usize = 15;

/// One pulse as its file describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The file's name without its ending; names the pulse for ever.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// One sentence on why we ask.
    pub purpose: String,
    /// Who is asked.
    pub audience: Audience,
    /// The program it is about, by its short name.
    pub program: Option<String>,
    /// How long it is open unless a lead says otherwise.
    pub days: u32,
    /// Whether results are told by division, unless a lead says otherwise.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_division: bool,
    /// Whether it belongs to something people take part in anyway (a lesson), and so is no request of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub part_of_session: bool,
    /// Which version, for a pulse that was built in chat; 1 for a file.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub version: u32,
    /// One or more.
    pub questions: Vec<Question>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_one(version: &u32) -> bool {
    *version == 1
}

fn one() -> u32 {
    1
}

/// Stands for the name of the program in the words of a question.
const SERVICE: &str = "[service]";
/// Stands for the name of the server in the words of a question.
const AGENCY: &str = "[agency]";

/// Who is asked; the index weighs customers and members of the house differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The customers of a program.
    Customers,
    /// Members of the house.
    Inside,
}

impl Audience {
    /// As the database and the files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Inside => "inside",
        }
    }
}

impl Definition {
    /// The only question, if one press answers the whole pulse.
    pub fn one_press(&self) -> Option<&Question> {
        match self.questions.as_slice() {
            [only] if only.kind.is_one_press() => Some(only),
            _ => None,
        }
    }

    /// The same pulse, put to the customers of a program. It is a pulse of its own: its runs are compared with one another, and may
    /// be open beside those about other programs.
    #[must_use]
    pub fn for_customers_of(&self, key: &str, program: &str) -> Self {
        Self {
            name: format!("{}@{key}", self.name),
            title: shorten(&format!("{} ({program})", self.title), 60),
            audience: Audience::Customers,
            program: Some(key.to_owned()),
            ..self.clone()
        }
    }

    /// Whether a question names the service that it is about.
    pub fn names_service(&self) -> bool {
        self.questions.iter().any(|question| question.ask.contains(SERVICE))
    }

    /// Puts the names of the program and of the server into the questions.
    #[must_use]
    pub fn with_names(mut self, service: &str, agency: &str) -> Self {
        for question in &mut self.questions {
            question.ask = question.ask.replace(SERVICE, service).replace(AGENCY, agency);
        }
        self
    }

    /// The definition as it is frozen with a run.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|fault| Error::Internal(fault.into()))
    }

    /// SHA-256 of the frozen form: equal for the same questions in the same words.
    pub fn fingerprint(&self) -> Result<String> {
        Ok(format!("{:x}", Sha256::digest(self.to_json()?)))
    }
}

/// Every pulse of `config/pulses/`, in order of name.
///
/// # Errors
/// A sentence that names the first problem of the first file that is not right.
pub fn list_definitions(content: &Content) -> Result<Vec<Definition>> {
    files(content)?
        .iter()
        .map(|file| {
            parse(file).map_err(|problems| {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                Error::refused(format!("A pulse file is not right. {first}. `cxbot check` lists every problem."))
            })
        })
        .collect()
}

/// Everything that is wrong with the files of `config/pulses/`.
///
/// # Errors
/// When a file cannot be read at all.
pub fn check(content: &Content) -> Result<Vec<Problem>> {
    Ok(files(content)?.iter().filter_map(|file| parse(file).err()).flatten().collect())
}

fn files(content: &Content) -> Result<Vec<ContentFile>> {
    let mut files = content.list(FOLDER)?;
    files.retain(|file| Path::new(&file.path).extension().is_some_and(|ending| ending == "toml"));
    Ok(files)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Spanned<String>,
    purpose: Spanned<String>,
    audience: Audience,
    program: Option<String>,
    days: Option<Spanned<u32>>,
    #[serde(default)]
    by_division: bool,
    #[serde(default)]
    part_of_session: bool,
    questions: Spanned<Vec<Spanned<FileQuestion>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileQuestion {
    key: Spanned<String>,
    ask: Spanned<String>,
    r#type: Spanned<String>,
    options: Option<Spanned<Vec<Spanned<String>>>>,
    ordered: Option<Spanned<bool>>,
    low: Option<Spanned<String>>,
    high: Option<Spanned<String>>,
    does_not_apply: Option<Spanned<String>>,
    reversed: Option<bool>,
    category: Option<Spanned<String>>,
    only_after: Option<Spanned<OnlyAfter>>,
}

/// Reads one file.
///
/// # Errors
/// Every problem found, each with its line.
pub fn parse(file: &ContentFile) -> Result<Definition, Vec<Problem>> {
    let mut found = Found { file, problems: Vec::new() };
    let raw: File = match toml::from_str(&file.text) {
        Ok(raw) => raw,
        Err(fault) => {
            let at = fault.span().map_or(0, |span| span.start);
            // What the parser says of a missing key has no line of its own; the rest of its message reads well as it is.
            found.add(at, "file", fault.message());
            return Err(found.problems);
        }
    };
    let name = file_name(file);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        found.add(0, "file", "a file name of small letters, digits and hyphens");
    }
    found.length(&raw.title, "title", 60);
    found.length(&raw.purpose, "purpose", 300);
    if let Some(days) = &raw.days
        && !(1..=30).contains(days.get_ref())
    {
        found.add(days.span().start, "days", "1 to 30");
    }
    let at = raw.questions.span().start;
    let asked = raw.questions.into_inner();
    if asked.is_empty() || asked.len() > MOST_QUESTIONS {
        found.add(at, "questions", format!("1 to {MOST_QUESTIONS} questions"));
    }
    let mut questions: Vec<Question> = Vec::new();
    let mut keys = BTreeSet::new();
    for question in asked {
        let question = question.into_inner();
        if !keys.insert(question.key.get_ref().clone()) {
            found.add(
                question.key.span().start,
                question.key.get_ref(),
                "a key that no other question of this pulse has",
            );
        }
        if let Some(question) = found.question(question, &questions) {
            questions.push(question);
        }
    }
    if !found.problems.is_empty() {
        return Err(found.problems);
    }
    Ok(Definition {
        name,
        title: raw.title.into_inner(),
        purpose: raw.purpose.into_inner(),
        audience: raw.audience,
        program: raw.program,
        days: raw.days.map_or(5, Spanned::into_inner),
        by_division: raw.by_division,
        part_of_session: raw.part_of_session,
        version: 1,
        questions,
    })
}

fn file_name(file: &ContentFile) -> String {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

struct Found<'file> {
    file: &'file ContentFile,
    problems: Vec<Problem>,
}

impl Found<'_> {
    fn add(&mut self, at: usize, key: &str, expected: impl Into<String>) {
        let before = self.file.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        self.problems.push(Problem {
            file: self.file.path.clone(),
            line,
            key: key.to_owned(),
            expected: expected.into(),
        });
    }

    fn length(&mut self, text: &Spanned<String>, key: &str, most: usize) {
        let chars = text.get_ref().chars().count();
        if text.get_ref().trim().is_empty() || chars > most {
            self.add(text.span().start, key, format!("1 to {most} characters, found {chars}"));
        }
    }

    fn label(&mut self, label: &Spanned<String>, key: &str) {
        for expected in lint_label(label.get_ref()) {
            self.add(label.span().start, key, expected);
        }
    }

    /// The question, unless its kind cannot be made out; every problem is noted.
    fn question(&mut self, raw: FileQuestion, earlier: &[Question]) -> Option<Question> {
        let key = raw.key.get_ref().clone();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if key.is_empty() || key.len() > 40 || !key.bytes().all(plain) {
            self.add(raw.key.span().start, "key", "1 to 40 small letters, digits and underscores");
        }
        let kind = self.kind(&raw)?;
        for expected in lint_question(raw.ask.get_ref(), &kind) {
            self.add(raw.ask.span().start, &format!("{key}.ask"), expected);
        }
        if let Some(label) = &raw.does_not_apply {
            self.label(label, &format!("{key}.does_not_apply"));
        }
        let category = raw.category.and_then(|text| {
            let category = Category::parse(text.get_ref());
            if category.is_none() {
                let expected = "quality, responsiveness, timeliness, adoption or quantity";
                self.add(text.span().start, &format!("{key}.category"), expected);
            }
            category
        });
        if let Some(only_after) = &raw.only_after {
            let wanted = only_after.get_ref();
            let offered =
                earlier.iter().find(|question| question.key == wanted.question).map(|question| question.kind.options());
            let expected = match offered {
                None => Some("the key of an earlier question".to_owned()),
                Some(offered)
                    if wanted.options.is_empty() || wanted.options.iter().any(|option| !offered.contains(option)) =>
                {
                    Some(format!("options of {}: {}", wanted.question, offered.join(", ")))
                }
                Some(_) => None,
            };
            if let Some(expected) = expected {
                self.add(only_after.span().start, &format!("{key}.only_after"), expected);
            }
        }
        Some(Question {
            key,
            ask: raw.ask.into_inner(),
            kind,
            does_not_apply: raw.does_not_apply.map(Spanned::into_inner),
            reversed: raw.reversed.unwrap_or(false),
            category,
            only_after: raw.only_after.map(Spanned::into_inner),
        })
    }

    fn kind(&mut self, raw: &FileQuestion) -> Option<Kind> {
        let key = raw.key.get_ref();
        let (options, ends) = (&raw.options, (&raw.low, &raw.high));
        let kind = match raw.r#type.get_ref().as_str() {
            "agree" => Kind::Agree,
            "ease" => Kind::Ease,
            "quality" => Kind::Quality,
            "likelihood" => Kind::Likelihood,
            "thumbs" => Kind::Thumbs,
            "yes_no" => Kind::YesNo,
            "zero_to_ten" | "one_to_seven" => {
                let (Some(low), Some(high)) = ends else {
                    let expected = "words for both ends, low = \"…\" and high = \"…\"";
                    self.add(raw.r#type.span().start, key, expected);
                    return None;
                };
                self.label(low, &format!("{key}.low"));
                self.label(high, &format!("{key}.high"));
                let (low, high) = (low.get_ref().clone(), high.get_ref().clone());
                if raw.r#type.get_ref() == "zero_to_ten" {
                    Kind::ZeroToTen { low, high }
                } else {
                    Kind::OneToSeven { low, high }
                }
            }
            "choice" | "several" => {
                let list = options.as_ref().map(Spanned::get_ref).map(Vec::as_slice).unwrap_or_default();
                let at = options.as_ref().map_or(raw.r#type.span().start, |options| options.span().start);
                if !(2..=MOST_OPTIONS).contains(&list.len()) {
                    self.add(at, &format!("{key}.options"), format!("2 to {MOST_OPTIONS} options"));
                }
                let distinct: BTreeSet<_> = list.iter().map(Spanned::get_ref).collect();
                if distinct.len() != list.len() {
                    self.add(at, &format!("{key}.options"), "options that differ from one another");
                }
                for option in list {
                    self.label(option, &format!("{key}.options"));
                }
                let options = list.iter().map(|option| option.get_ref().clone()).collect();
                if raw.r#type.get_ref() == "choice" {
                    Kind::Choice { options, ordered: raw.ordered.as_ref().is_some_and(|ordered| *ordered.get_ref()) }
                } else {
                    Kind::Several { options }
                }
            }
            "comment" => Kind::Comment,
            _ => {
                let expected = "agree, ease, quality, likelihood, thumbs, yes_no, zero_to_ten, one_to_seven, choice, several or comment";
                self.add(raw.r#type.span().start, &format!("{key}.type"), expected);
                return None;
            }
        };
        if let Some(options) = options
            && !matches!(kind, Kind::Choice { .. } | Kind::Several { .. })
        {
            self.add(options.span().start, &format!("{key}.options"), "no options: this type brings its own");
        }
        if let Some(ordered) = &raw.ordered
            && !matches!(kind, Kind::Choice { .. })
        {
            self.add(ordered.span().start, &format!("{key}.ordered"), "only with type = \"choice\"");
        }
        if let (Some(end), _) | (None, Some(end)) = ends
            && !matches!(kind, Kind::ZeroToTen { .. } | Kind::OneToSeven { .. })
        {
            self.add(end.span().start, key, "no low or high: this type has its own words");
        }
        Some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ContentFile {
        ContentFile { path: "pulses/service-ease.toml".into(), text: text.into() }
    }

    const GOOD: &str = "title = \"Service ease\"\npurpose = \"To see where to help.\"\naudience = \"inside\"\n\n[[questions]]\nkey = \"ease\"\nask = \"How easy was it?\"\ntype = \"ease\"\n";

    #[test]
    fn every_shipped_pulse_is_right() {
        let content = Content::built_in();
        assert_eq!(check(&content).unwrap(), Vec::new());
        let definitions = list_definitions(&content).unwrap();
        assert!(definitions.iter().any(|definition| definition.one_press().is_some()));
        assert!(definitions.len() >= 10, "the eight templates and the one-press pulses");
    }

    #[test]
    fn a_file_becomes_a_definition_and_its_frozen_form_reads_back() {
        let definition = parse(&file(GOOD)).unwrap();
        assert_eq!((&*definition.name, definition.days, definition.questions.len()), ("service-ease", 5, 1));
        assert_eq!(definition.one_press().unwrap().kind, Kind::Ease);
        assert_eq!(serde_json::from_str::<Definition>(&definition.to_json().unwrap()).unwrap(), definition);
        let other = parse(&file(&GOOD.replace("How easy", "How very easy"))).unwrap();
        assert_ne!(definition.fingerprint().unwrap(), other.fingerprint().unwrap());
    }

    #[test]
    fn problems_name_line_key_and_what_was_expected() {
        for (from, to, expected) in [
            ("\"ease\"\nask", "\"Ease!\"\nask", "pulses/service-ease.toml:6: key: 1 to 40 small letters"),
            ("How easy was it?", "Was it quick and easy?", "pulses/service-ease.toml:7: ease.ask: one idea"),
            ("type = \"ease\"", "type = \"smiley\"", "pulses/service-ease.toml:8: ease.type: agree, ease,"),
            ("type = \"ease\"", "type = \"choice\"", "pulses/service-ease.toml:8: ease.options: 2 to 15 options"),
            (
                "type = \"ease\"",
                "type = \"choice\"\noptions = [\"Web\", \"3\"]",
                "pulses/service-ease.toml:9: ease.options: a label in words",
            ),
            ("type = \"ease\"", "type = \"ease\"\nlow = \"a\"", "pulses/service-ease.toml:9: ease: no low or high"),
            ("type = \"ease\"", "type = \"zero_to_ten\"", "pulses/service-ease.toml:8: ease: words for both ends"),
            (
                "type = \"ease\"",
                "type = \"ease\"\ncategory = \"speed\"",
                "pulses/service-ease.toml:9: ease.category: quality,",
            ),
            (
                "type = \"ease\"",
                "type = \"ease\"\ncolour = 1",
                "pulses/service-ease.toml:9: file: unknown field `colour`",
            ),
            ("\"Service ease\"", "\"\"", "pulses/service-ease.toml:1: title: 1 to 60 characters, found 0"),
            ("audience", "days = 31\naudience", "pulses/service-ease.toml:3: days: 1 to 30"),
            ("audience = \"inside\"", "audience = \"all\"", "pulses/service-ease.toml:3: file: unknown variant `all`"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD);
            let problems = parse(&file(&text)).unwrap_err();
            assert!(
                problems.iter().any(|problem| problem.to_string().starts_with(expected)),
                "{expected:?} not in {problems:#?}"
            );
        }
    }

    #[test]
    fn follow_ups_name_an_earlier_question_and_its_options() {
        let follow = |only_after: &str| {
            parse(&file(&format!(
                "{GOOD}[[questions]]\nkey = \"why\"\nask = \"What went well?\"\ntype = \"comment\"\nonly_after = {only_after}\n"
            )))
        };
        assert!(follow("{ question = \"ease\", options = [\"Easy\", \"Very easy\"] }").is_ok());
        for (wrong, expected) in [
            ("{ question = \"speed\", options = [\"Easy\"] }", "why.only_after: the key of an earlier question"),
            ("{ question = \"ease\", options = [\"Fast\"] }", "why.only_after: options of ease: Very difficult"),
        ] {
            let problems = follow(wrong).unwrap_err();
            assert!(problems[0].to_string().contains(expected), "{problems:?}");
        }
    }
}
