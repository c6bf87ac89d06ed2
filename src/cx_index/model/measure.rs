//! One measure in one quarter: its channels joined, its answers counted, its score and range.

use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::interval::{Estimate, Range, Sample};
use super::points::{Anchors, Companions, Counts, real};
use crate::programs::{Category, SourceKind};

/// A measure with what was collected in one quarter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureInput {
    /// Its key inside the program.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// Whose voice it is.
    pub source_kind: SourceKind,
    /// Its share inside the category.
    pub weight: f64,
    /// How figures become points.
    pub ruler: Ruler,
    /// The survey behind it. Measures of one survey come from the same people, so their errors add up.
    pub survey: String,
    /// One reading a channel.
    pub readings: Vec<Reading>,
}

/// How a measure's figures become points; two quarters compare only on the same ruler.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruler {
    /// A scale with this many options.
    Options(u8),
    /// An operational figure between anchors.
    Anchors(Anchors),
}

/// What one channel brought in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// The channel, for example `phone`; `all` when there is only one.
    pub channel: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The quarter it was collected in, when that is an earlier one (a yearly survey).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How many customers the channel had, for weighing channels.
    pub volume: Option<u64>,
    /// How many people could have answered.
    pub population: Option<u64>,
    /// What was found.
    pub figure: Figure,
    /// Made up for practice.
    pub demonstration: bool,
}

/// Where a reading comes from; the least number of answers depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// One of the bot's own pulses, closed.
    Pulse,
    /// Imported or typed in.
    Import,
}

/// What was found in one channel.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// Answers by option, worst first.
    Counts(Counts),
    /// A published share of positive answers.
    Share {
        /// 0 to 100.
        percent: f64,
        /// Answers behind it.
        n: u64,
    },
    /// A published mean, already in points.
    Mean {
        /// 0 to 100.
        points: f64,
        /// Standard deviation in points.
        standard_deviation: f64,
        /// Answers behind it.
        n: u64,
    },
    /// An operational figure in its own unit: a full count.
    Value(f64),
}

/// What a measure says.
#[derive(Clone, Debug, PartialEq)]
pub enum MeasureState {
    /// It has a score.
    Scored(Scored),
    /// There are answers, too few to show.
    TooFew {
        /// The least number needed.
        needed: u64,
    },
    /// Nothing was collected. Never 0, never carried forward.
    NoData,
}

/// A measure's score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Score and range.
    pub estimate: Estimate,
    /// Answers behind it; 0 for an operational figure.
    pub n: u64,
    /// How many people could have answered, when that is known for all channels.
    pub population: Option<u64>,
    /// Top-two-box and net, for five-option answers.
    pub companions: Option<Companions>,
    /// Several channels were put together by answers, because their volumes are not known or one has too few answers.
    pub pooled: bool,
}

impl Figure {
    fn sample(&self) -> Option<Sample> {
        match self {
            Self::Counts(counts) => Sample::of_counts(counts),
            Self::Share { percent, n } => Sample::of_share(*n, *percent),
            Self::Mean { points, standard_deviation, n } => Sample::of_summary(*n, *points, *standard_deviation),
            Self::Value(_) => None,
        }
    }

    fn companions(&self) -> Option<Companions> {
        match self {
            Self::Counts(counts) => counts.companions(),
            Self::Share { .. } | Self::Mean { .. } | Self::Value(_) => None,
        }
    }
}

impl Reading {
    fn least_answers(&self, definition: &Definition) -> u64 {
        match self.origin {
            Origin::Pulse => definition.min_n.pulse,
            Origin::Import => definition.min_n.import,
        }
    }
}

/// The channels of a measure, for telling whether two quarters asked the same people.
#[must_use]
pub fn channels(input: &MeasureInput) -> Vec<&str> {
    let mut channels: Vec<_> = input.readings.iter().map(|reading| reading.channel.as_str()).collect();
    channels.sort_unstable();
    channels
}

/// A measure's score from its channels.
#[must_use]
pub fn score_measure(definition: &Definition, input: &MeasureInput) -> MeasureState {
    // The order in which channels arrive must not move the last digit.
    let mut readings: Vec<&Reading> = input.readings.iter().collect();
    readings.sort_by(|a, b| a.channel.cmp(&b.channel));
    if let Ruler::Anchors(anchors) = &input.ruler {
        return score_values(definition, anchors, &readings);
    }
    let answered: Vec<(&Reading, Sample)> =
        readings.iter().filter_map(|reading| Some((*reading, reading.figure.sample()?))).collect();
    if answered.is_empty() {
        return MeasureState::NoData;
    }
    if let Some(scored) = weigh_by_volume(definition, &answered) {
        return MeasureState::Scored(scored);
    }
    pool(definition, &answered)
}

fn score_values(definition: &Definition, anchors: &Anchors, readings: &[&Reading]) -> MeasureState {
    let values: Vec<f64> = readings
        .iter()
        .filter_map(|reading| match reading.figure {
            Figure::Value(value) => Some(anchors.points(value, definition.operational_target_points)),
            Figure::Counts(_) | Figure::Share { .. } | Figure::Mean { .. } => None,
        })
        .collect();
    // An operational figure covers all channels; the import accepts no other.
    match values.as_slice() {
        [] => MeasureState::NoData,
        points => {
            let mean = points.iter().sum::<f64>() / real(points.len() as u64);
            MeasureState::Scored(Scored {
                estimate: Estimate::exact(mean),
                n: 0,
                population: None,
                companions: None,
                pooled: false,
            })
        }
    }
}

/// Channels weighed by their customers. Only when every volume is known and every channel could stand alone.
fn weigh_by_volume(definition: &Definition, answered: &[(&Reading, Sample)]) -> Option<Scored> {
    if answered.len() < 2 {
        return None;
    }
    let parts: Option<Vec<(f64, Estimate)>> = answered
        .iter()
        .map(|(reading, sample)| {
            let volume = reading.volume.filter(|&volume| volume > 0)?;
            if sample.n < reading.least_answers(definition) {
                return None;
            }
            Some((real(volume), sample.plus_two(reading.population)?.estimate))
        })
        .collect();
    let parts = parts?;
    let companions: Option<Vec<Companions>> = answered.iter().map(|(reading, _)| reading.figure.companions()).collect();
    let total: f64 = parts.iter().map(|(volume, _)| volume).sum();
    let companions = companions.map(|each| {
        let weighted = |of: fn(&Companions) -> f64| {
            each.iter().zip(&parts).map(|(one, (volume, _))| of(one) * volume / total).sum::<f64>()
        };
        Companions { top_two: weighted(|one| one.top_two), net: weighted(|one| one.net) }
    });
    Some(Scored {
        estimate: join_channels(&parts)?,
        n: answered.iter().map(|(_, sample)| sample.n).sum(),
        population: population(answered),
        companions,
        pooled: false,
    })
}

/// Channels as one, by their customer volumes; `None` without channels or volume.
#[must_use]
pub fn join_channels(parts: &[(f64, Estimate)]) -> Option<Estimate> {
    let total: f64 = parts.iter().map(|(volume, _)| volume).sum();
    if total <= 0.0 {
        return None;
    }
    let score = parts.iter().map(|(volume, part)| volume / total * part.score).sum();
    let variance: f64 = parts.iter().map(|(volume, part)| (volume / total * part.standard_error).powi(2)).sum();
    let degrees = parts.iter().map(|(_, part)| part.degrees_of_freedom).fold(f64::INFINITY, f64::min);
    Some(Estimate::about(score, variance.sqrt(), degrees))
}

fn pool(definition: &Definition, answered: &[(&Reading, Sample)]) -> MeasureState {
    let needed = answered.iter().map(|(reading, _)| reading.least_answers(definition)).max().unwrap_or(0);
    let Some(sample) = answered.iter().map(|(_, sample)| *sample).reduce(Sample::merged) else {
        return MeasureState::NoData;
    };
    let population = population(answered);
    let Some(interval) = sample.plus_two(population).filter(|_| sample.n >= needed) else {
        return MeasureState::TooFew { needed };
    };
    let companions = pooled_counts(answered).and_then(|counts| counts.companions());
    let pooled = answered.len() > 1;
    MeasureState::Scored(Scored { estimate: interval.estimate, n: sample.n, population, companions, pooled })
}

fn pooled_counts(answered: &[(&Reading, Sample)]) -> Option<Counts> {
    let mut sum: Option<Vec<u64>> = None;
    for (reading, _) in answered {
        let Figure::Counts(counts) = &reading.figure else { return None };
        let sum = sum.get_or_insert_with(|| vec![0; counts.options()]);
        if sum.len() != counts.options() {
            return None;
        }
        sum.iter_mut().zip(counts.from_worst()).for_each(|(total, count)| *total += count);
    }
    sum.and_then(Counts::new)
}

fn population(answered: &[(&Reading, Sample)]) -> Option<u64> {
    answered.iter().map(|(reading, _)| reading.population).sum()
}

impl MeasureState {
    /// The score, when there is one.
    #[must_use]
    pub fn scored(&self) -> Option<&Scored> {
        match self {
            Self::Scored(scored) => Some(scored),
            Self::TooFew { .. } | Self::NoData => None,
        }
    }
}

impl Scored {
    /// The range.
    #[must_use]
    pub fn range(&self) -> Range {
        self.estimate.range
    }
}
