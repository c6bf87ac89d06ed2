//! A figure as it came in, before it is scored.

use serde::{Deserialize, Serialize};

use super::model::measure::{Figure, Ruler};
use super::model::points::{Anchors, Counts};
use crate::calendar::Quarter;

/// One figure of one measure in one channel and quarter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Key of the program.
    pub program: String,
    /// Key of the measure inside the program.
    pub measure: String,
    /// The channel, `all` when channels are not told apart.
    pub channel: String,
    /// The quarter it was collected in.
    pub quarter: Quarter,
    /// The survey. Measures of one survey come from the same people.
    pub source_id: String,
    /// What was found.
    pub found: Found,
    /// The channel's customers: how many people could have answered.
    pub population: Option<u64>,
    /// Where it comes from, in words.
    pub note: String,
    /// Made up for practice.
    pub demonstration: bool,
}

/// What was found, in points where it comes from a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// Answers by option, worst first.
    Counts(Vec<u64>),
    /// Share of positive answers.
    Share {
        /// 0 to 100.
        #[serde(with = "exact")]
        percent: f64,
        /// Answers behind it.
        n: u64,
    },
    /// A mean.
    Mean {
        /// 0 to 100.
        #[serde(with = "exact")]
        points: f64,
        /// Standard deviation, in points.
        #[serde(with = "exact")]
        deviation: f64,
        /// Answers behind it.
        n: u64,
    },
    /// An operational figure and the anchors in force.
    Value {
        /// In the measure's unit.
        #[serde(with = "exact")]
        value: f64,
        /// Worth 0 points.
        #[serde(with = "exact")]
        worst: f64,
        /// Worth 75 points.
        #[serde(with = "exact")]
        target: f64,
        /// Worth 100 points.
        #[serde(with = "exact_or_none")]
        best: Option<f64>,
    },
}

impl Found {
    /// Answers behind it; `None` for an operational figure.
    #[must_use]
    pub fn n(&self) -> Option<u64> {
        match self {
            Self::Counts(counts) => Some(counts.iter().sum()),
            Self::Share { n, .. } | Self::Mean { n, .. } => Some(*n),
            Self::Value { .. } => None,
        }
    }

    /// As the database writes it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Counts(_) => "counts",
            Self::Share { .. } => "share",
            Self::Mean { .. } => "mean",
            Self::Value { .. } => "value",
        }
    }

    /// The figure as the arithmetic takes it, with its ruler; `options` is the scale of the measure. `None` when the stored figure
    /// does not make sense, which the import does not let in.
    #[must_use]
    pub fn scored_on(&self, options: u8) -> Option<(Ruler, Figure)> {
        match self {
            Self::Counts(counts) => {
                let ruler = Ruler::Options(u8::try_from(counts.len()).ok()?);
                Some((ruler, Figure::Counts(Counts::new(counts.clone())?)))
            }
            Self::Share { percent, n } => Some((Ruler::Options(2), Figure::Share { percent: *percent, n: *n })),
            Self::Mean { points, deviation, n } => {
                Some((Ruler::Options(options), Figure::Mean { points: *points, standard_deviation: *deviation, n: *n }))
            }
            Self::Value { value, worst, target, best } => {
                Some((Ruler::Anchors(Anchors::new(*worst, *target, *best)?), Figure::Value(*value)))
            }
        }
    }
}

/// A number as its shortest exact text: a figure that waits for a yes must come back as the very figure it was.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// As [`exact`], for a number that may be missing.
mod exact_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[expect(clippy::ref_option, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        number.map(|number| number.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_waiting_figure_comes_back_as_the_very_figure(value in -1e9_f64..1e9, points in 0.0_f64..100.0, best: bool) {
            for found in [
                Found::Value { value, worst: points / 3.0, target: value / 7.0, best: best.then_some(value) },
                Found::Mean { points, deviation: points / 9.0, n: 30 },
                Found::Share { percent: points, n: 30 },
            ] {
                let text = serde_json::to_string(&found).unwrap();
                prop_assert_eq!(serde_json::from_str::<Found>(&text).unwrap(), found);
            }
        }
    }
}
