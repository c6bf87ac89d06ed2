//! The definition of the index: weights and thresholds, as a document with a name, a first quarter and a hash.
//!
//! A definition is never edited once a score was computed with it: a change is a new document with a new id. The hash is taken over
//! the canonical form (keys sorted, no white space), so that laying the file out differently changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::programs::Category;

/// Weights, thresholds and the names of the formulas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `cxi-MAJOR.MINOR`: weights and normalisation change the first number, anything else the second.
    pub id: String,
    /// The first quarter it applies to, for example `FY2026Q1`.
    pub from: String,
    /// Who decided it.
    pub ratified_by: String,
    /// Why it is as it is.
    pub reason: String,
    /// Weight of each category.
    pub categories: BTreeMap<Category, f64>,
    /// Least share of the weight that must have data, 0 to 1.
    pub min_coverage: f64,
    /// The category in which customers themselves must be heard.
    pub require_customer_in: Category,
    /// Least number of answers.
    pub min_n: MinimumAnswers,
    /// How programs are weighed against each other.
    pub program_weights: ProgramWeights,
    /// Least number of programs that must count for an index.
    pub min_programs: usize,
    /// Least share of the registered programs that must count, 0 to 1.
    pub min_program_share: f64,
    /// The interval used.
    pub interval: IntervalKind,
    /// When a change may be called one.
    pub change: ChangeRule,
    /// Points of an operational figure that meets its target.
    pub operational_target_points: f64,
    /// A range with a half-width above this many points is called low confidence.
    pub low_confidence_half_width: f64,
    /// A revision that moves a score by at least this many points is flagged.
    pub flag_revision_points: f64,
}

/// Least number of answers, by where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimumAnswers {
    /// The bot's own pulses: a matter of anonymity.
    pub pulse: u64,
    /// Imported surveys: a matter of stability.
    pub import: u64,
}

/// When a change may be called one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRule {
    /// The p-value must be below this.
    pub alpha: f64,
    /// The change must be at least this many points.
    pub min_points: f64,
}

/// How programs are weighed against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramWeights {
    /// Each counts the same, whatever its size.
    Equal,
}

/// The interval used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntervalKind {
    /// See [`super::interval`].
    #[serde(rename = "plus-two-t95")]
    PlusTwoT95,
}

impl Definition {
    /// Reads a document and takes its hash; the error says what was expected and where.
    ///
    /// # Errors
    /// Line (from 1) and words.
    pub fn parse(text: &str) -> Result<(Self, String), (usize, String)> {
        let wrong = |fault: serde_json::Error| (fault.line().max(1), fault.to_string());
        let definition: Self = serde_json::from_str(text).map_err(wrong)?;
        let document: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
        definition.validate().map_err(|(key, expected)| (line_of(text, key), format!("{key}: {expected}")))?;
        Ok((definition, hash_of(&canonical(&document))))
    }

    /// The weight of a category; 0 for one that the definition does not name.
    #[must_use]
    pub fn weight(&self, category: Category) -> f64 {
        self.categories.get(&category).copied().unwrap_or(0.0)
    }

    /// The categories that count, in the order they are shown.
    pub fn counted_categories(&self) -> impl Iterator<Item = Category> + '_ {
        Category::ALL.into_iter().filter(|&category| self.weight(category) > 0.0)
    }

    /// The weight of all categories together.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        Category::ALL.into_iter().map(|category| self.weight(category)).sum()
    }

    fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let checks = [
            (self.id.starts_with("cxi-"), "id", "must look like cxi-1.0"),
            (
                self.categories.values().all(|weight| weight.is_finite() && *weight >= 0.0)
                    && self.total_weight() > 0.0,
                "categories",
                "weights must be 0 or more, and one of them above 0",
            ),
            (share(self.min_coverage), "min_coverage", "must be a share from 0 to 1"),
            (share(self.min_program_share), "min_program_share", "must be a share from 0 to 1"),
            (self.min_n.pulse >= 2 && self.min_n.import >= 2, "min_n", "must be at least 2: one answer has no range"),
            (self.change.alpha > 0.0 && self.change.alpha < 1.0, "alpha", "must lie between 0 and 1"),
            (self.change.min_points >= 0.0, "min_points", "must be 0 or more"),
            (
                self.operational_target_points > 0.0 && self.operational_target_points <= 100.0,
                "operational_target_points",
                "must lie between 0 and 100",
            ),
        ];
        checks.into_iter().find(|(holds, ..)| !holds).map_or(Ok(()), |(_, key, expected)| Err((key, expected)))
    }
}

/// JSON with sorted keys and without white space.
#[must_use]
pub fn canonical(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            let members: Vec<_> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// SHA-256 in small hexadecimal letters.
#[must_use]
pub fn hash_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// Bytes in small hexadecimal letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn line_of(text: &str, key: &str) -> usize {
    let quoted = format!("\"{key}\"");
    text.lines().position(|line| line.contains(&quoted)).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../config/index/cxi-1.0.json");

    #[test]
    fn the_shipped_definition_is_the_one_that_was_ratified() {
        let (definition, hash) = Definition::parse(SHIPPED).unwrap();
        assert_eq!(definition.id, "cxi-1.0");
        let weights = Category::ALL.map(|category| definition.weight(category).to_string());
        assert_eq!(weights, ["40", "20", "20", "20", "0"]);
        // Changing this hash means that every score on record was computed by something else: make cxi-1.1 instead.
        assert_eq!(hash, "6aa574f26775f02187a094574816f50e7c0ff56e304d4180afd7aa6bcfcaf12f");
    }

    #[test]
    fn layout_does_not_change_the_hash_and_content_does() {
        let (_, hash) = Definition::parse(SHIPPED).unwrap();
        let squeezed = canonical(&serde_json::from_str(SHIPPED).unwrap());
        assert_eq!(Definition::parse(&squeezed).unwrap().1, hash);
        let heavier = SHIPPED.replace("\"quality\": 40", "\"quality\": 41");
        assert_ne!(Definition::parse(&heavier).unwrap().1, hash);
    }

    #[test]
    fn a_wrong_document_is_named_by_line_and_key() {
        let (line, expected) = Definition::parse(&SHIPPED.replace("0.6,", "60,")).unwrap_err();
        assert_eq!(expected, "min_coverage: must be a share from 0 to 1");
        assert!(SHIPPED.lines().nth(line - 1).unwrap().contains("min_coverage"));
        let (_, expected) = Definition::parse(&SHIPPED.replace("min_coverage", "min_cover")).unwrap_err();
        assert!(expected.contains("unknown field `min_cover`"), "{expected}");
    }
}
