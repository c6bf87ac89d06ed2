//! The index of one audience: the plain mean of its programs' published scores.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::{Definition, ProgramWeights};
use super::points::real;
use super::program::{Composite, ProgramScore};

/// An index, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexScore {
    /// The mean of the programs that count; a published index only when nothing is [`withheld`](Self::withheld).
    pub composite: Option<Composite>,
    /// Programs that count.
    pub counted: usize,
    /// Programs registered for the audience.
    pub registered: usize,
    /// Mean coverage of the programs that count, 0 to 1.
    pub coverage: f64,
    /// Why the index is not published.
    pub withheld: Option<IndexWithheld>,
}

/// Why an index is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexWithheld {
    /// No program has a score.
    NoPrograms,
    /// Fewer programs have a score than an index needs.
    TooFewPrograms {
        /// The least number needed.
        needed: usize,
    },
}

/// The index of programs of one audience.
#[must_use]
pub fn score_index(definition: &Definition, programs: &[ProgramScore]) -> IndexScore {
    let mut counted: Vec<(&ProgramScore, &Composite)> =
        programs.iter().filter_map(|program| Some((program, program.published()?))).collect();
    counted.sort_by(|a, b| a.0.key.cmp(&b.0.key));
    let composites: Vec<&Composite> = counted.iter().map(|(_, composite)| *composite).collect();
    let needed = needed_programs(definition, programs.len());
    let withheld = match counted.len() {
        0 => Some(IndexWithheld::NoPrograms),
        few if few < needed => Some(IndexWithheld::TooFewPrograms { needed }),
        _ => None,
    };
    let coverage = if counted.is_empty() {
        0.0
    } else {
        counted.iter().map(|(program, _)| program.coverage).sum::<f64>() / real(counted.len() as u64)
    };
    IndexScore {
        composite: mean(definition, &composites),
        counted: counted.len(),
        registered: programs.len(),
        coverage,
        withheld,
    }
}

/// The least number of programs an index needs when `registered` are registered.
#[must_use]
pub fn needed_programs(definition: &Definition, registered: usize) -> usize {
    let share = definition.min_program_share * real(registered as u64) - 1e-9;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small count")]
    let half = share.ceil().max(0.0) as usize;
    definition.min_programs.max(half)
}

/// The mean of several programs' scores, with their errors joined by survey.
#[must_use]
pub fn mean(definition: &Definition, composites: &[&Composite]) -> Option<Composite> {
    if composites.is_empty() {
        return None;
    }
    let share = match definition.program_weights {
        ProgramWeights::Equal => 1.0 / real(composites.len() as u64),
    };
    let score = composites.iter().map(|composite| composite.estimate.score).sum::<f64>() * share;
    let mut errors: BTreeMap<String, f64> = BTreeMap::new();
    let mut degrees = f64::INFINITY;
    for composite in composites {
        for (survey, error) in &composite.errors {
            *errors.entry(survey.clone()).or_default() += error * share;
        }
        degrees = degrees.min(composite.estimate.degrees_of_freedom);
    }
    Some(Composite::new(score, errors, degrees))
}

impl IndexScore {
    /// The index, when it may be published.
    #[must_use]
    pub fn published(&self) -> Option<&Composite> {
        self.composite.as_ref().filter(|_| self.withheld.is_none())
    }
}
