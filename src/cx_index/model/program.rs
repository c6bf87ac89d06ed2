//! One program in one quarter: measures into categories, categories into the program's score.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::interval::Estimate;
use super::measure::{MeasureInput, MeasureState, score_measure};
use crate::programs::{Audience, Category, SourceKind};

/// A program with everything collected for it in one quarter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProgramInput {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// Whose experience it is.
    pub audience: Audience,
    /// All its measures, those without readings too.
    pub measures: Vec<MeasureInput>,
}

impl ProgramInput {
    /// Whether any of its figures was made up for practice.
    #[must_use]
    pub fn has_demonstration_figures(&self) -> bool {
        self.measures.iter().any(|measure| measure.readings.iter().any(|reading| reading.demonstration))
    }

    /// Whether anything was collected for it at all.
    #[must_use]
    pub fn has_figures(&self) -> bool {
        self.measures.iter().any(|measure| !measure.readings.is_empty())
    }
}

/// A program's score, or why it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramScore {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// Whose experience it is.
    pub audience: Audience,
    /// Its measures, in order of key.
    pub measures: Vec<MeasureScore>,
    /// All five categories; the ones without weight are context.
    pub categories: Vec<CategoryScore>,
    /// Share of the weight that has data, 0 to 1.
    pub coverage: f64,
    /// The average of what there is; a published score only when nothing is [`withheld`](Self::withheld).
    pub composite: Option<Composite>,
    /// Why the score is not published; empty when it is.
    pub withheld: Vec<Withheld>,
}

/// A measure's part in the score.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasureScore {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// Whose voice it is.
    pub source_kind: SourceKind,
    /// The survey behind it.
    pub survey: String,
    /// What it says.
    pub state: MeasureState,
    /// Its share of the program's score, 0 to 1; 0 when it does not count.
    pub effective_weight: f64,
}

/// A category's score.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryScore {
    /// Which.
    pub category: Category,
    /// The mean of its measures with data; `None` without any.
    pub score: Option<f64>,
}

/// An average over several measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// Score and range.
    pub estimate: Estimate,
    /// The error that each survey contributes: inside one survey errors add up, between surveys they are independent.
    pub errors: BTreeMap<String, f64>,
}

/// Why a program's score is not published.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// Nothing was collected, or everything from too few people.
    NoData,
    /// No measure of this category comes from enough customers themselves.
    CustomersNotHeard {
        /// The category that needs them.
        category: Category,
    },
    /// Too little of the weight has data.
    LowCoverage,
}

/// A program's score from its measures.
#[must_use]
pub fn score_program(definition: &Definition, input: &ProgramInput) -> ProgramScore {
    let mut inputs: Vec<&MeasureInput> = input.measures.iter().collect();
    inputs.sort_by(|a, b| a.key.cmp(&b.key));
    let states: Vec<MeasureState> = inputs.iter().map(|measure| score_measure(definition, measure)).collect();

    // What a measure weighs inside its category: staff opinion stands beside the score, never in it.
    let inner = |measure: &MeasureInput, state: &MeasureState| match (measure.source_kind, state.scored()) {
        (SourceKind::Inside, _) | (_, None) => 0.0,
        (SourceKind::Customer | SourceKind::Operational, Some(_)) => measure.weight.max(0.0),
    };
    let mut weight_in: BTreeMap<Category, f64> = BTreeMap::new();
    let mut sum_in: BTreeMap<Category, f64> = BTreeMap::new();
    for (measure, state) in inputs.iter().zip(&states) {
        let weight = inner(measure, state);
        if let Some(scored) = state.scored().filter(|_| weight > 0.0) {
            *weight_in.entry(measure.category).or_default() += weight;
            *sum_in.entry(measure.category).or_default() += weight * scored.estimate.score;
        }
    }
    let categories: Vec<CategoryScore> = Category::ALL
        .into_iter()
        .map(|category| CategoryScore {
            category,
            score: weight_in.get(&category).map(|weight| sum_in[&category] / weight),
        })
        .collect();

    let with_data: f64 =
        categories.iter().filter(|one| one.score.is_some()).map(|one| definition.weight(one.category)).sum();
    let coverage = with_data / definition.total_weight();
    let measures: Vec<MeasureScore> = inputs
        .iter()
        .zip(states)
        .map(|(measure, state)| {
            let weight = inner(measure, &state);
            let effective_weight = match weight_in.get(&measure.category) {
                Some(all) if weight > 0.0 && with_data > 0.0 => {
                    definition.weight(measure.category) / with_data * weight / all
                }
                _ => 0.0,
            };
            MeasureScore {
                key: measure.key.clone(),
                name: measure.name.clone(),
                category: measure.category,
                source_kind: measure.source_kind,
                survey: measure.survey.clone(),
                state,
                effective_weight,
            }
        })
        .collect();
    let composite = (with_data > 0.0).then(|| {
        let sum: f64 = categories.iter().filter_map(|one| Some(definition.weight(one.category) * one.score?)).sum();
        compose(sum / with_data, &measures)
    });
    let withheld = withheld(definition, &measures, coverage, composite.is_some());
    ProgramScore {
        key: input.key.clone(),
        name: input.name.clone(),
        audience: input.audience,
        measures,
        categories,
        coverage,
        composite,
        withheld,
    }
}

fn compose(score: f64, measures: &[MeasureScore]) -> Composite {
    let mut errors: BTreeMap<String, f64> = BTreeMap::new();
    let mut degrees = f64::INFINITY;
    for measure in measures.iter().filter(|measure| measure.effective_weight > 0.0) {
        let Some(scored) = measure.state.scored() else { continue };
        // A full count brings no error and so no say in the degrees of freedom.
        if scored.estimate.standard_error > 0.0 {
            *errors.entry(measure.survey.clone()).or_default() +=
                measure.effective_weight * scored.estimate.standard_error;
            degrees = degrees.min(scored.estimate.degrees_of_freedom);
        }
    }
    Composite::new(score, errors, degrees)
}

fn withheld(definition: &Definition, measures: &[MeasureScore], coverage: f64, any_data: bool) -> Vec<Withheld> {
    if !any_data {
        return vec![Withheld::NoData];
    }
    let mut reasons = Vec::new();
    let customers_heard = measures.iter().any(|measure| {
        measure.category == definition.require_customer_in
            && measure.source_kind == SourceKind::Customer
            && measure.effective_weight > 0.0
    });
    if !customers_heard {
        reasons.push(Withheld::CustomersNotHeard { category: definition.require_customer_in });
    }
    // Shares such as .4 + .2 must meet .6 whatever the last binary digit says.
    if coverage < definition.min_coverage - 1e-9 {
        reasons.push(Withheld::LowCoverage);
    }
    reasons
}

impl Composite {
    /// An average with the errors of the surveys behind it.
    #[must_use]
    pub fn new(score: f64, errors: BTreeMap<String, f64>, degrees_of_freedom: f64) -> Self {
        let standard_error = errors.values().map(|error| error.powi(2)).sum::<f64>().sqrt();
        Self { estimate: Estimate::about(score, standard_error, degrees_of_freedom), errors }
    }
}

impl ProgramScore {
    /// The score, when it may be published.
    #[must_use]
    pub fn published(&self) -> Option<&Composite> {
        self.composite.as_ref().filter(|_| self.withheld.is_empty())
    }

    /// Categories that should count and have no data.
    #[must_use]
    pub fn missing(&self, definition: &Definition) -> Vec<Category> {
        let without =
            |category: &Category| self.categories.iter().any(|one| one.category == *category && one.score.is_none());
        definition.counted_categories().filter(without).collect()
    }

    /// How many people answered, at least: the largest count of each survey, added up.
    #[must_use]
    pub fn people(&self) -> u64 {
        let mut by_survey: BTreeMap<&str, u64> = BTreeMap::new();
        for measure in self.measures.iter().filter(|measure| measure.effective_weight > 0.0) {
            let most = by_survey.entry(&measure.survey).or_default();
            *most = (*most).max(measure.state.scored().map_or(0, |scored| scored.n));
        }
        by_survey.values().sum()
    }
}
