//! Programs and their measures.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calendar::Quarter;

/// Whose experience a program is about. Each has an index of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// The public.
    Public,
    /// Other agencies and their staff.
    Agency,
}

/// What a measure is about. Scores are averaged inside a category before categories are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Whether it was good: satisfaction, trust, effectiveness, ease, fairness.
    Quality,
    /// Whether people were heard and helped.
    Responsiveness,
    /// Whether it was quick enough.
    Timeliness,
    /// Whether people come, come back and recommend it.
    Adoption,
    /// How much was done: context only, since more transactions are not a better experience.
    Quantity,
}

/// Whose voice a measure carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// The program's customers.
    Customer,
    /// The program's own records: hours, shares, volumes.
    Operational,
    /// Its staff. Shown beside the index, never counted in it.
    Inside,
}

impl Audience {
    /// Both, in the order they are shown.
    pub const ALL: [Self; 2] = [Self::Public, Self::Agency];

    /// As files and the database write it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Agency => "agency",
        }
    }

    /// Reads what [`Audience::key`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.key() == text)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "Public-facing",
            Self::Agency => "Agency-facing",
        })
    }
}

impl Category {
    /// All five, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Quality, Self::Responsiveness, Self::Timeliness, Self::Adoption, Self::Quantity];

    /// As files, the database and people write it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Quality => "quality",
            Self::Responsiveness => "responsiveness",
            Self::Timeliness => "timeliness",
            Self::Adoption => "adoption",
            Self::Quantity => "quantity",
        }
    }

    /// Reads what [`Category::key`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.key() == text)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl SourceKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Operational, Self::Inside];

    /// As files and the database write it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Operational => "operational",
            Self::Inside => "inside",
        }
    }

    /// Reads what [`SourceKind::key`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == text)
    }
}

/// A program whose customers are heard. A program that serves both audiences is registered twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Short name in files: small letters, digits and hyphens.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// Whose experience it is.
    pub audience: Audience,
    /// Who answers for it.
    pub owner: String,
    /// The first quarter it belongs to the inventory; `None`: from the beginning.
    pub from: Option<Quarter>,
    /// The last quarter it belongs to the inventory; `None`: still.
    pub until: Option<Quarter>,
    /// What is measured, in the order of the file.
    pub measures: Vec<Measure>,
}

/// One thing that is measured, always the same way: what is asked and how it is scored never change under the same key.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Short name, unique inside its program.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// Whose voice it is.
    pub source_kind: SourceKind,
    /// How a figure becomes points.
    pub instrument: Instrument,
    /// Its share inside its category, relative to the category's other measures; 0 leaves it out of the score.
    pub weight: f64,
    /// For how many quarters a figure holds, 1 to 4: a yearly survey holds for 4.
    pub valid_quarters: u8,
    /// The exact question, or what exactly is counted.
    pub wording: String,
    /// Who answers for it; empty when nobody does yet.
    pub owner: String,
}

/// How a figure becomes points.
#[derive(Clone, Debug, PartialEq)]
pub enum Instrument {
    /// A question with options in order.
    Scale {
        /// Number of options, 2 to 11.
        options: u8,
        /// Whether the first option is the best one (a negatively worded question).
        reversed: bool,
    },
    /// A figure from the program's records.
    Value {
        /// Its unit, in words.
        unit: String,
        /// The value worth 0 points.
        worst: f64,
        /// The published standard, worth 75 points.
        target: f64,
        /// The value worth 100 points; without it the target's points go on rising at the same pace.
        best: Option<f64>,
    },
}

impl Program {
    /// Whether it belongs to the inventory in this quarter: only then does it count as registered.
    #[must_use]
    pub fn is_registered_in(&self, quarter: Quarter) -> bool {
        self.from.is_none_or(|from| from <= quarter) && self.until.is_none_or(|until| quarter <= until)
    }

    /// The measure with this key.
    #[must_use]
    pub fn measure(&self, key: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.key == key)
    }
}
