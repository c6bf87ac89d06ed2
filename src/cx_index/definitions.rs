//! The definition documents of `config/index/`, and which of them applies to a quarter.

use super::model::definition::{Definition, canonical};
use crate::calendar::Quarter;
use crate::config::{Content, ContentFile, Problem};
use crate::error::{Error, Result};

const FOLDER: &str = "index";

/// Every definition there is, the newest last.
#[derive(Clone, Debug)]
pub struct Definitions {
    ratified: Vec<Ratified>,
}

/// One definition with its hash.
#[derive(Clone, Debug)]
pub struct Ratified {
    /// What it says.
    pub definition: Definition,
    /// SHA-256 of the canonical document.
    pub hash: String,
    /// The canonical document.
    pub document: String,
    /// The first quarter it applies to.
    pub from: Quarter,
}

impl Definitions {
    /// Reads `config/index/*.json`.
    ///
    /// # Errors
    /// A sentence that names the first problem.
    pub fn load(content: &Content) -> Result<Self> {
        read(content)?.map_err(|problems| {
            let first = problems.first().map_or_else(String::new, ToString::to_string);
            Error::refused(format!("{first}. Run `cxbot check` to see every problem at once."))
        })
    }

    /// The definition that applies to `quarter`; `None` before the first one.
    #[must_use]
    pub fn for_quarter(&self, quarter: Quarter) -> Option<&Ratified> {
        self.ratified.iter().rev().find(|ratified| ratified.from <= quarter)
    }

    /// Every definition, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Ratified> {
        self.ratified.iter()
    }

    /// The first quarter that has a definition.
    #[must_use]
    pub fn earliest(&self) -> Quarter {
        self.ratified.first().expect("reading refuses an empty folder").from
    }
}

/// Every problem of `config/index/`, for `cxbot check`.
#[must_use]
pub fn check(content: &Content) -> Vec<Problem> {
    match read(content) {
        Ok(outcome) => outcome.err().unwrap_or_default(),
        Err(error) => vec![problem(FOLDER, 1, "index", error.to_string())],
    }
}

fn read(content: &Content) -> Result<Result<Definitions, Vec<Problem>>> {
    let mut ratified: Vec<Ratified> = Vec::new();
    let mut problems = Vec::new();
    for file in content.list(FOLDER)?.iter().filter(|file| is_json(&file.path)) {
        match parse(file) {
            Ok(one) if ratified.iter().any(|other| other.definition.id == one.definition.id) => {
                problems.push(problem(&file.path, 1, "id", "must be an id that no other definition has".into()));
            }
            Ok(one) if ratified.iter().any(|other| other.from == one.from) => {
                problems.push(problem(
                    &file.path,
                    1,
                    "from",
                    "must be a quarter that no other definition starts in".into(),
                ));
            }
            Ok(one) => ratified.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    if ratified.is_empty() && problems.is_empty() {
        problems.push(problem(
            FOLDER,
            1,
            "index",
            "must hold at least one definition, for example cxi-1.0.json".into(),
        ));
    }
    ratified.sort_by_key(|one| one.from);
    Ok(if problems.is_empty() { Ok(Definitions { ratified }) } else { Err(problems) })
}

fn is_json(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

fn parse(file: &ContentFile) -> Result<Ratified, Problem> {
    let (definition, hash) =
        Definition::parse(&file.text).map_err(|(line, expected)| problem(&file.path, line, "definition", expected))?;
    let line = file.text.lines().position(|line| line.contains("\"from\"")).map_or(1, |index| index + 1);
    let from = definition.from.parse().map_err(|_| {
        problem(&file.path, line, "from", "must be the first quarter it applies to, for example \"FY2026Q1\"".into())
    })?;
    let named = file.path.rsplit('/').next().and_then(|name| name.strip_suffix(".json"));
    if named != Some(definition.id.as_str()) {
        let expected = format!("must be the name of the file without .json, {}", named.unwrap_or_default());
        return Err(problem(&file.path, 1, "id", expected));
    }
    let document = serde_json::from_str(&file.text).map(|value| canonical(&value)).unwrap_or_default();
    Ok(Ratified { definition, hash, document, from })
}

fn problem(file: &str, line: usize, key: &str, expected: String) -> Problem {
    Problem { file: file.into(), line, key: key.into(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Content) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("index")).unwrap();
        for (name, text) in files {
            std::fs::write(root.path().join("index").join(name), text).unwrap();
        }
        let content = Content::in_folder(root.path());
        (root, content)
    }

    #[test]
    fn the_shipped_definition_applies_from_its_first_quarter_on() {
        assert_eq!(check(&Content::built_in()), []);
        let definitions = Definitions::load(&Content::built_in()).unwrap();
        let first = definitions.earliest();
        assert!(definitions.for_quarter(first.previous()).is_none());
        assert_eq!(definitions.for_quarter(first.next()).unwrap().definition.id, "cxi-1.0");
    }

    #[test]
    fn a_later_definition_takes_over_in_its_quarter() {
        let first = Content::built_in().read("index/cxi-1.0.json").unwrap().text;
        let second = first.replace("cxi-1.0", "cxi-1.1").replace("FY2021Q1", "FY2027Q1");
        let (_root, content) = folder(&[("cxi-1.0.json", &first), ("cxi-1.1.json", &second)]);
        let definitions = Definitions::load(&content).unwrap();
        let id = |quarter: &str| definitions.for_quarter(quarter.parse().unwrap()).unwrap().definition.id.clone();
        assert_eq!([id("FY2026Q4"), id("FY2027Q1"), id("FY2030Q2")], ["cxi-1.0", "cxi-1.1", "cxi-1.1"]);
    }

    #[test]
    fn problems_are_named_by_file_line_and_key() {
        let good = Content::built_in().read("index/cxi-1.0.json").unwrap().text;
        let cases = [
            ("cxi-2.0.json", good.clone(), "index/cxi-2.0.json:1: id: must be the name of the file"),
            ("cxi-1.0.json", good.replace("FY2021Q1", "2021"), "index/cxi-1.0.json:3: from: must be the first quarter"),
            ("cxi-1.0.json", "{".into(), "index/cxi-1.0.json:1: definition: EOF"),
        ];
        for (name, text, expected) in cases {
            let (_root, content) = folder(&[(name, &text)]);
            let problems = check(&content);
            assert!(problems[0].to_string().starts_with(expected), "{}", problems[0]);
        }
        let (_root, content) = folder(&[]);
        assert!(check(&content)[0].to_string().contains("at least one definition"));
    }
}
