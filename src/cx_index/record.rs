//! A score as it is stored: the numbers in columns, and what the replies say besides as one document.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::change::Verdict;
use super::model::index::IndexWithheld;
use super::model::interval::Range;
use super::model::points::Companions;
use super::model::program::Withheld;
use crate::calendar::Quarter;
use crate::programs::{Audience, Category, SourceKind};

/// What a score is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The index of an audience.
    Audience(Audience),
    /// One program, by its key.
    Program(String),
}

/// One stored score. Never changed: newer data make a newer revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What it is about.
    pub scope: Scope,
    /// The quarter.
    pub quarter: Quarter,
    /// From 1.
    pub revision: i64,
    /// Score and range; `None` when there is not enough data, and the detail says why.
    pub score: Option<StoredScore>,
    /// Share of the weight that has data, 0 to 1.
    pub coverage: f64,
    /// How many people answered, at least.
    pub people: u64,
    /// What the replies say besides.
    pub detail: Detail,
    /// Id of the definition it was computed by.
    pub definition_id: String,
    /// Hash of that definition.
    pub definition_hash: String,
    /// SHA-256 of everything it was computed from, the earlier quarter it is compared with included.
    pub input_hash: String,
    /// How far it moved against the revision before, in points.
    pub moved_points: Option<f64>,
    /// When it was computed.
    pub computed_at: DateTime<Utc>,
}

/// The numbers of a stored score, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredScore {
    /// 0 to 100.
    pub value: f64,
    /// 0 when everybody was counted.
    pub standard_error: f64,
    /// `None` when everybody was counted.
    pub degrees_of_freedom: Option<f64>,
    /// The 95 % range.
    pub range: Range,
}

/// What the replies say besides the numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// Of an audience's index.
    Audience(AudienceDetail),
    /// Of a program's score.
    Program(ProgramDetail),
}

/// What stands behind an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudienceDetail {
    /// Programs that count.
    pub counted: usize,
    /// Programs registered.
    pub registered: usize,
    /// Why there is no index.
    pub withheld: Option<IndexWithheld>,
    /// The range is so wide that the number says little.
    pub low_confidence: bool,
    /// Every program of the audience.
    pub programs: Vec<ProgramLine>,
    /// Against the quarter before.
    pub comparison: Comparison,
}

/// What stands behind a program's score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramDetail {
    /// The program in one line.
    pub line: ProgramLine,
    /// The range is so wide that the number says little.
    pub low_confidence: bool,
    /// Every measure of the program.
    pub measures: Vec<MeasureLine>,
    /// Against the quarter before.
    pub comparison: Comparison,
}

/// A program as an index names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramLine {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// Its score, when it counts.
    pub value: Option<f64>,
    /// The range of the score.
    pub range: Option<Range>,
    /// Why it does not count; empty when it does.
    pub withheld: Vec<Withheld>,
    /// Categories that should count and have no data.
    pub missing: Vec<Category>,
    /// Of these, the ones that had data in the quarter before.
    pub vanished: Vec<Category>,
    /// Some or all of its figures were made up for practice.
    pub demonstration: bool,
}

/// A measure as an explanation names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureLine {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// Whose voice it is.
    pub source_kind: SourceKind,
    /// Answers behind it; 0 for an operational figure.
    pub n: u64,
    /// How many people could have answered.
    pub population: Option<u64>,
    /// Its score; `None` without enough answers.
    pub score: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Its range.
    pub range: Option<Range>,
    /// Top-two-box and net.
    pub companions: Option<Companions>,
    /// Its share of the program's score, 0 to 1.
    pub effective_weight: f64,
    /// There are answers, fewer than this many.
    pub too_few: Option<u64>,
    /// The quarter it was collected in, when that is an earlier one.
    pub since: Option<String>,
    /// Channels were put together by answers, not by their customers.
    pub pooled: bool,
    /// Some of its answers come from a pulse of ours: told in whole points, and never as counts.
    #[serde(default)]
    pub pulse: bool,
}

/// What can be said against the quarter before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// The quarter before has no figures.
    NothingBefore,
    /// Too little is in both quarters to compare.
    NothingInCommon,
    /// The change on what both quarters have.
    LikeForLike {
        /// How many programs are compared.
        programs: usize,
        /// Later less earlier, in points.
        points: f64,
        /// The chance of such a difference, had nothing changed.
        p: f64,
        /// Its 95 % range.
        range: Range,
        /// What may be said.
        verdict: Verdict,
    },
}

impl Scope {
    /// As the database writes it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Audience(audience) => format!("audience:{}", audience.key()),
            Self::Program(key) => format!("program:{key}"),
        }
    }

    /// Reads what [`Scope::key`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("audience", key) => Audience::parse(key).map(Self::Audience),
            ("program", key) => Some(Self::Program(key.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audience(audience) => write!(f, "{audience} index"),
            Self::Program(key) => f.write_str(key),
        }
    }
}
