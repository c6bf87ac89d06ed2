//! From figures to stored scores, inside the transaction that changed the figures.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::bridge;
use super::definitions::{Definitions, Ratified};
use super::inputs::{Collected, assemble, collect, reach};
use super::model::change::{Change, verdict};
use super::model::definition::{Definition, canonical, hash_of};
use super::model::index::score_index;
use super::model::interval::Estimate;
use super::model::like::{LikeForLike, index_change, program_change};
use super::model::measure::{MeasureState, Origin};
use super::model::program::{ProgramInput, ProgramScore, score_program};
use super::record::{
    AudienceDetail, Comparison, Detail, MeasureLine, ProgramDetail, ProgramLine, Record, Scope, StoredScore,
};
use super::store;
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::programs::{self, Audience};
use crate::store::Tx;

/// A score that got a new revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Rescored {
    /// What it is about.
    pub scope: Scope,
    /// The quarter.
    pub quarter: Quarter,
    /// Its new revision.
    pub revision: i64,
    /// Its value before; `None` when there was no score.
    pub before: Option<f64>,
    /// Its value now; `None` when there is not enough data.
    pub after: Option<f64>,
    /// It had a value and moved by so much that people should be told.
    pub flagged: bool,
}

/// Computes every score that figures of the `touched` quarters enter, and stores those that changed as new revisions. Repeating it
/// changes nothing.
///
/// A figure enters its own quarter, the next one (which is compared with it) and, from a yearly survey, up to four later ones.
///
/// # Errors
/// A sentence, when a definition differs from the one that scores were computed with.
pub async fn recompute(
    tx: &mut Tx,
    definitions: &Definitions,
    touched: &BTreeSet<Quarter>,
    now: DateTime<Utc>,
) -> Result<Vec<Rescored>> {
    store::take_turn(tx, now).await?;
    bridge::check(tx, definitions).await?;
    let mut quarters = touched.clone();
    for quarter in touched {
        let last = quarter.next().next().next().next();
        quarters.extend(store::list_quarters_with_anything(tx, quarter.next(), last).await?);
    }
    let mut rescored = Vec::new();
    for &quarter in &quarters {
        let Some(ratified) = definitions.for_quarter(quarter) else {
            return Err(Error::refused(format!(
                "{quarter} lies before {}, the first quarter that the index is defined for.",
                definitions.earliest()
            )));
        };
        store::hold_definition(tx, ratified, now).await?;
        for record in score_quarter_by(tx, ratified, quarter, now).await? {
            rescored.extend(store_if_changed(tx, &ratified.definition, record).await?);
        }
    }
    bridge::bridge(tx, definitions, &quarters, now).await?;
    Ok(rescored)
}

/// Every score of one quarter by this definition, from the newest figures. Revisions are still to be set.
pub(super) async fn score_quarter_by(
    tx: &mut Tx,
    ratified: &Ratified,
    quarter: Quarter,
    now: DateTime<Utc>,
) -> Result<Vec<Record>> {
    let mut registered = programs::list(tx).await?;
    registered.retain(|program| program.is_registered_in(quarter));
    let collected = collect(tx, &registered, reach(quarter.previous()), quarter).await?;
    for one in collected.iter().filter(|one| one.origin == Origin::Pulse) {
        // From now on its question and scale are fixed.
        programs::mark_in_use(tx, &one.observation.program, &one.observation.measure).await?;
    }
    score_quarter(ratified, &registered, &collected, quarter, now)
}

/// Every score of one quarter: each audience that has programs, and each program. Revisions are still to be set.
fn score_quarter(
    ratified: &Ratified,
    registered: &[programs::Program],
    collected: &[Collected],
    quarter: Quarter,
    now: DateTime<Utc>,
) -> Result<Vec<Record>> {
    let definition = &ratified.definition;
    let inputs = assemble(registered, collected, quarter);
    let earlier_inputs = assemble(registered, collected, quarter.previous());
    let mut records = Vec::new();
    for audience in Audience::ALL {
        let of_audience = |inputs: &[ProgramInput]| -> Vec<ProgramInput> {
            inputs.iter().filter(|input| input.audience == audience).cloned().collect()
        };
        let (inputs, earlier_inputs) = (of_audience(&inputs), of_audience(&earlier_inputs));
        if inputs.is_empty() {
            continue;
        }
        let scores: Vec<ProgramScore> = inputs.iter().map(|input| score_program(definition, input)).collect();
        let earlier: Vec<ProgramScore> = earlier_inputs.iter().map(|input| score_program(definition, input)).collect();
        let lines: Vec<ProgramLine> = scores
            .iter()
            .zip(&earlier)
            .zip(&inputs)
            .map(|((score, earlier), input)| program_line(definition, score, earlier, input))
            .collect();

        let index = score_index(definition, &scores);
        let anything_before = earlier_inputs.iter().any(ProgramInput::has_figures);
        let like = index_change(definition, &earlier_inputs, &inputs);
        let published = index.published().map(|composite| composite.estimate);
        let counted_people = scores.iter().filter(|score| score.published().is_some()).map(ProgramScore::people).sum();
        let detail = AudienceDetail {
            counted: index.counted,
            registered: index.registered,
            withheld: index.withheld,
            low_confidence: low_confidence(definition, published.as_ref()),
            programs: lines.clone(),
            comparison: comparison(definition, anything_before, like.as_ref()),
        };
        let input_hash = input_hash(ratified, &inputs, &earlier_inputs)?;
        let record = |scope, estimate: Option<Estimate>, coverage, people, detail, input_hash| Record {
            scope,
            quarter,
            revision: 0,
            score: estimate.as_ref().map(stored),
            coverage,
            people,
            detail,
            definition_id: definition.id.clone(),
            definition_hash: ratified.hash.clone(),
            input_hash,
            moved_points: None,
            computed_at: now,
        };
        records.push(record(
            Scope::Audience(audience),
            published,
            index.coverage,
            counted_people,
            Detail::Audience(detail),
            input_hash,
        ));

        for ((score, line), (input, earlier)) in scores.iter().zip(lines).zip(inputs.iter().zip(&earlier_inputs)) {
            let published = score.published().map(|composite| composite.estimate);
            let like = program_change(definition, earlier, input);
            let detail = ProgramDetail {
                line,
                low_confidence: low_confidence(definition, published.as_ref()),
                measures: measure_lines(score, input),
                comparison: comparison(definition, earlier.has_figures(), like.as_ref()),
            };
            let hash = input_hash_of_one(ratified, input, earlier)?;
            records.push(record(
                Scope::Program(score.key.clone()),
                published,
                score.coverage,
                score.people(),
                Detail::Program(detail),
                hash,
            ));
        }
    }
    Ok(records)
}

async fn store_if_changed(tx: &mut Tx, definition: &Definition, mut record: Record) -> Result<Option<Rescored>> {
    let before = store::find_score(tx, &record.scope, record.quarter).await?;
    if let Some(before) = &before
        && before.input_hash == record.input_hash
        && before.definition_hash == record.definition_hash
    {
        return Ok(None);
    }
    let value = |record: &Record| record.score.map(|score| score.value);
    let value_before = before.as_ref().and_then(value);
    record.revision = before.as_ref().map_or(1, |before| before.revision + 1);
    // By another definition it is another ruler: the difference would say nothing of late figures.
    let same_ruler = before.as_ref().is_some_and(|before| before.definition_hash == record.definition_hash);
    record.moved_points = value_before.zip(value(&record)).filter(|_| same_ruler).map(|(before, after)| after - before);
    store::add_score(tx, &record).await?;
    let flagged = record.moved_points.is_some_and(|points| points.abs() >= definition.flag_revision_points);
    Ok(Some(Rescored {
        after: value(&record),
        scope: record.scope,
        quarter: record.quarter,
        revision: record.revision,
        before: value_before,
        flagged,
    }))
}

fn program_line(
    definition: &Definition,
    score: &ProgramScore,
    earlier: &ProgramScore,
    input: &ProgramInput,
) -> ProgramLine {
    let published = score.published().map(|composite| composite.estimate);
    let (missing, missing_before) = (score.missing(definition), earlier.missing(definition));
    let vanished = missing.iter().copied().filter(|category| !missing_before.contains(category)).collect();
    ProgramLine {
        key: score.key.clone(),
        name: score.name.clone(),
        value: published.map(|estimate| estimate.score),
        range: published.map(|estimate| estimate.range),
        withheld: score.withheld.clone(),
        missing,
        vanished,
        demonstration: input.has_demonstration_figures(),
    }
}

fn measure_lines(score: &ProgramScore, input: &ProgramInput) -> Vec<MeasureLine> {
    let since: BTreeMap<&str, &String> = input
        .measures
        .iter()
        .filter_map(|measure| Some((measure.key.as_str(), measure.readings.first()?.since.as_ref()?)))
        .collect();
    let from_pulse: BTreeSet<&str> = input
        .measures
        .iter()
        .filter(|measure| measure.readings.iter().any(|reading| reading.origin == Origin::Pulse))
        .map(|measure| measure.key.as_str())
        .collect();
    score
        .measures
        .iter()
        .map(|measure| {
            let scored = measure.state.scored();
            MeasureLine {
                key: measure.key.clone(),
                name: measure.name.clone(),
                category: measure.category,
                source_kind: measure.source_kind,
                n: scored.map_or(0, |scored| scored.n),
                population: scored.and_then(|scored| scored.population),
                score: scored.map(|scored| scored.estimate.score),
                standard_error: scored.map(|scored| scored.estimate.standard_error),
                range: scored.map(|scored| scored.estimate.range),
                companions: scored.and_then(|scored| scored.companions),
                effective_weight: measure.effective_weight,
                too_few: match measure.state {
                    MeasureState::TooFew { needed } => Some(needed),
                    MeasureState::Scored(_) | MeasureState::NoData => None,
                },
                since: since.get(measure.key.as_str()).map(|quarter| (*quarter).clone()),
                pooled: scored.is_some_and(|scored| scored.pooled),
                pulse: from_pulse.contains(measure.key.as_str()),
            }
        })
        .collect()
}

fn comparison(definition: &Definition, anything_before: bool, like: Option<&LikeForLike>) -> Comparison {
    match like {
        Some(LikeForLike { programs, change, .. }) => {
            let Change { points, p, range, .. } = *change;
            Comparison::LikeForLike {
                programs: programs.len(),
                points,
                p,
                range,
                verdict: verdict(points, p, definition),
            }
        }
        None if anything_before => Comparison::NothingInCommon,
        None => Comparison::NothingBefore,
    }
}

fn low_confidence(definition: &Definition, estimate: Option<&Estimate>) -> bool {
    estimate.is_some_and(|estimate| estimate.range.half_width() > definition.low_confidence_half_width)
}

fn stored(estimate: &Estimate) -> StoredScore {
    StoredScore {
        value: estimate.score,
        standard_error: estimate.standard_error,
        degrees_of_freedom: Some(estimate.degrees_of_freedom).filter(|degrees| degrees.is_finite()),
        range: estimate.range,
    }
}

fn input_hash(ratified: &Ratified, inputs: &[ProgramInput], earlier: &[ProgramInput]) -> Result<String> {
    let document = serde_json::to_value((&ratified.hash, inputs, earlier)).map_err(Error::internal)?;
    Ok(hash_of(&canonical(&document)))
}

fn input_hash_of_one(ratified: &Ratified, input: &ProgramInput, earlier: &ProgramInput) -> Result<String> {
    input_hash(ratified, std::slice::from_ref(input), std::slice::from_ref(earlier))
}
