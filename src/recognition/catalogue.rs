//! `config/recognition.toml`: the principles and values that a nomination can name.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use crate::config::{Content, Problem};
use crate::error::{Error, Result};
use crate::programs;

const FILE: &str = "recognition.toml";
/// Discord's limit on the options of a select.
const MOST_TAGS: usize = 25;

/// The principles and values in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Raised by the editor when meanings change.
    pub version: String,
    /// Principles first, then values, as in the file.
    pub tags: Vec<Tag>,
    /// The programs of `programs.toml` that a nomination can be about: key and name.
    pub programs: Vec<(String, String)>,
}

/// One principle or value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Principle or value.
    pub kind: TagKind,
    /// Stored with nominations; 1 to 40 of a-z, 0-9 and `-`.
    pub id: String,
    /// At most 80 characters.
    pub name: String,
    /// One sentence, at most 100 characters.
    pub means: String,
}

/// What kind of criterion a [`Tag`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    /// One of the principles.
    Principle,
    /// One of the values.
    Value,
}

impl Tag {
    /// `Principle: Design from the outside in`.
    #[must_use]
    pub fn title(&self) -> String {
        let kind = match self.kind {
            TagKind::Principle => "Principle",
            TagKind::Value => "Value",
        };
        format!("{kind}: {}", self.name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: Spanned<String>,
    #[serde(default)]
    principle: Vec<Spanned<RawTag>>,
    #[serde(default)]
    value: Vec<Spanned<RawTag>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTag {
    id: Spanned<String>,
    name: Spanned<String>,
    means: Spanned<String>,
}

impl Catalogue {
    /// The catalogue in force.
    ///
    /// # Errors
    /// A fault that names the first problem; `check` shows them all.
    pub fn load(content: &Content) -> Result<Self> {
        let file = content.read(FILE)?;
        let mut catalogue = parse(&file.text).map_err(|problems| {
            let first = problems.first().map(Problem::to_string).unwrap_or_default();
            Error::internal(format!("config/{FILE} is not right: {first}"))
        })?;
        catalogue.programs = programs::load(content)?.into_iter().map(|program| (program.key, program.name)).collect();
        Ok(catalogue)
    }

    /// The name of the program with this key.
    #[must_use]
    pub fn program(&self, key: &str) -> Option<&str> {
        self.programs.iter().find(|(known, _)| known == key).map(|(_, name)| name.as_str())
    }

    /// The tag with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == id)
    }
}

/// Every problem of `recognition.toml`; none when it is right.
#[must_use]
pub fn check(content: &Content) -> Vec<Problem> {
    match content.read(FILE) {
        Ok(file) => parse(&file.text).err().unwrap_or_default(),
        Err(fault) => vec![problem(1, "recognition.toml", &fault.to_string())],
    }
}

fn problem(line: usize, key: &str, expected: &str) -> Problem {
    Problem { file: FILE.into(), line, key: key.into(), expected: expected.into() }
}

fn parse(text: &str) -> Result<Catalogue, Vec<Problem>> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let raw: Raw = toml::from_str(text).map_err(|fault| {
        vec![problem(line(fault.span().map_or(0, |span| span.start)), "file", fault.message().trim())]
    })?;
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut tags = Vec::new();
    let mut too_long = |value: &Spanned<String>, key: &str, most: usize| {
        let count = value.get_ref().trim().chars().count();
        if count == 0 || count > most {
            problems.push(problem(
                line(value.span().start),
                key,
                &format!("expected 1 to {most} characters, found {count}"),
            ));
        }
    };
    too_long(&raw.version, "version", 20);
    for (kind, key, list) in [(TagKind::Principle, "principle", &raw.principle), (TagKind::Value, "value", &raw.value)]
    {
        for tag in list {
            let tag = tag.get_ref();
            too_long(&tag.name, &format!("{key}.name"), 80);
            too_long(&tag.means, &format!("{key}.means"), 100);
            tags.push((kind, key, tag));
        }
    }
    for (_, key, tag) in &tags {
        let (id, at) = (tag.id.get_ref(), line(tag.id.span().start));
        let plain = (1..=40).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !plain {
            problems.push(problem(at, &format!("{key}.id"), "expected 1 to 40 of the characters a-z, 0-9 and -"));
        }
        if !seen.insert(id.clone()) {
            problems.push(problem(at, &format!("{key}.id"), &format!("expected a new id, but \"{id}\" is used above")));
        }
    }
    if tags.is_empty() {
        problems.push(problem(1, "principle", "expected at least one [[principle]] or [[value]]"));
    }
    if tags.len() > MOST_TAGS {
        let found = tags.len();
        problems.push(problem(
            1,
            "principle",
            &format!("expected at most {MOST_TAGS} principles and values together, found {found}"),
        ));
    }
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(problems);
    }
    let tags = tags.into_iter().map(|(kind, _, tag)| Tag {
        kind,
        id: tag.id.get_ref().clone(),
        name: tag.name.get_ref().trim().to_owned(),
        means: tag.means.get_ref().trim().to_owned(),
    });
    Ok(Catalogue { programs: Vec::new(), version: raw.version.get_ref().clone(), tags: tags.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_has_five_principles_and_four_values() {
        assert_eq!(check(&Content::built_in()), vec![]);
        let catalogue = Catalogue::load(&Content::built_in()).unwrap();
        let count = |kind| catalogue.tags.iter().filter(|tag| tag.kind == kind).count();
        assert_eq!((count(TagKind::Principle), count(TagKind::Value)), (5, 4));
        assert_eq!(catalogue.find("outside-in").unwrap().title(), "Principle: Design from the outside in");
    }

    #[test]
    fn problems_name_line_key_and_expectation() {
        let text = "version = \"1\"\n[[value]]\nid = \"Quality!\"\nname = \"\"\nmeans = \"x\"\n[[value]]\nid = \"a\"\nname = \"A\"\nmeans = \"x\"\n\
                    [[principle]]\nid = \"a\"\nname = \"B\"\nmeans = \"x\"\n";
        let problems: Vec<_> = parse(text).unwrap_err().iter().map(Problem::to_string).collect();
        assert_eq!(
            problems,
            [
                "recognition.toml:3: value.id: expected 1 to 40 of the characters a-z, 0-9 and -",
                "recognition.toml:4: value.name: expected 1 to 80 characters, found 0",
                "recognition.toml:7: value.id: expected a new id, but \"a\" is used above",
            ]
        );
        for (text, start) in [
            ("version = \"1\"\n", "recognition.toml:1: principle: expected at least one"),
            ("version = \"1\"\nvalue = 3\n", "recognition.toml:2: file: "),
            (
                "version = \"1\"\n[[value]]\nid = \"a\"\ncolor = \"red\"\n",
                "recognition.toml:4: file: unknown field `color`",
            ),
        ] {
            let problems = parse(text).unwrap_err();
            assert!(problems[0].to_string().starts_with(start), "{}", problems[0]);
        }
    }
}
