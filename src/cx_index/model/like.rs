//! Like for like: the change between two quarters on what both of them have.
//!
//! Dropping a weak category raises a score, and so does a program that stops reporting. So the headline compares only programs that
//! count in both quarters, and inside them only measures that have data in both, on the same ruler and over the same channels.

use super::change::Change;
use super::definition::Definition;
use super::index::mean;
use super::measure::{MeasureInput, channels, score_measure};
use super::program::{Composite, ProgramInput, ProgramScore, score_program};

/// The change on what both quarters have.
#[derive(Clone, Debug, PartialEq)]
pub struct LikeForLike {
    /// Keys of the programs compared, in order.
    pub programs: Vec<String>,
    /// The earlier quarter, on the common part.
    pub earlier: Composite,
    /// The later quarter, on the common part.
    pub later: Composite,
    /// The difference.
    pub change: Change,
}

/// The common part of one program in two quarters, scored; `None` when the program does not count in both, or its common part is
/// too thin to stand for it.
#[must_use]
pub fn common_part(
    definition: &Definition,
    earlier: &ProgramInput,
    later: &ProgramInput,
) -> Option<(ProgramScore, ProgramScore)> {
    let publishable = |input: &ProgramInput| {
        let score = score_program(definition, input);
        score.published().is_some().then_some(score)
    };
    publishable(earlier)?;
    publishable(later)?;
    Some((
        publishable(&only_common(definition, earlier, later))?,
        publishable(&only_common(definition, later, earlier))?,
    ))
}

/// The change of one program.
#[must_use]
pub fn program_change(definition: &Definition, earlier: &ProgramInput, later: &ProgramInput) -> Option<LikeForLike> {
    let (first, second) = common_part(definition, earlier, later)?;
    let (first, second) = (first.composite?, second.composite?);
    Some(compared(vec![later.key.clone()], first, second))
}

/// The change of an index. `None` when fewer programs can be compared than an index needs at least.
#[must_use]
pub fn index_change(definition: &Definition, earlier: &[ProgramInput], later: &[ProgramInput]) -> Option<LikeForLike> {
    let mut pairs: Vec<(String, Composite, Composite)> = later
        .iter()
        .filter_map(|now| {
            let before = earlier.iter().find(|program| program.key == now.key)?;
            let (first, second) = common_part(definition, before, now)?;
            Some((now.key.clone(), first.composite?, second.composite?))
        })
        .collect();
    if pairs.len() < definition.min_programs {
        return None;
    }
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let first: Vec<&Composite> = pairs.iter().map(|(_, first, _)| first).collect();
    let second: Vec<&Composite> = pairs.iter().map(|(_, _, second)| second).collect();
    let (first, second) = (mean(definition, &first)?, mean(definition, &second)?);
    Some(compared(pairs.into_iter().map(|(key, ..)| key).collect(), first, second))
}

fn compared(programs: Vec<String>, earlier: Composite, later: Composite) -> LikeForLike {
    let change = Change::between(&earlier.estimate, &later.estimate);
    LikeForLike { programs, earlier, later, change }
}

/// `of` with only the measures that `other` has too.
fn only_common(definition: &Definition, of: &ProgramInput, other: &ProgramInput) -> ProgramInput {
    let measures = of
        .measures
        .iter()
        .filter(|measure| {
            other.measures.iter().any(|twin| comparable(measure, twin) && has_data(definition, measure, twin))
        })
        .cloned()
        .collect();
    ProgramInput { measures, ..of.clone() }
}

fn comparable(one: &MeasureInput, other: &MeasureInput) -> bool {
    one.key == other.key
        && one.category == other.category
        && one.source_kind == other.source_kind
        && one.ruler == other.ruler
        && channels(one) == channels(other)
}

fn has_data(definition: &Definition, one: &MeasureInput, other: &MeasureInput) -> bool {
    score_measure(definition, one).scored().is_some() && score_measure(definition, other).scored().is_some()
}
