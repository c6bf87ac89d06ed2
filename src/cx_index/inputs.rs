//! From what was collected to what is computed: which readings each measure of each program has in one quarter.

use std::collections::HashMap;

use super::model::measure::{MeasureInput, Origin, Reading, Ruler};
use super::model::points::Anchors;
use super::model::program::ProgramInput;
use super::observation::Observation;
use super::{pulses, store};
use crate::calendar::Quarter;
use crate::error::Result;
use crate::programs::{Instrument, Measure, Program};
use crate::store::Tx;

/// A figure and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// A pulse of ours, or an import: the least number of answers depends on it.
    pub origin: Origin,
    /// The figure.
    pub observation: Observation,
}

/// Everything collected for `programs` from `first` to `last`. The only place that knows where figures come from: files and typed
/// figures, and the counts of closed pulses.
pub async fn collect(tx: &mut Tx, programs: &[Program], first: Quarter, last: Quarter) -> Result<Vec<Collected>> {
    let imported = store::list_observations(tx, first, last).await?;
    let mut collected = pulses::collect(tx, programs, first, last).await?;
    collected.extend(imported.into_iter().map(|observation| Collected { origin: Origin::Import, observation }));
    Ok(collected)
}

/// How far back a quarter's figures can come from: a yearly survey holds for four quarters.
#[must_use]
pub fn reach(quarter: Quarter) -> Quarter {
    quarter.previous().previous().previous()
}

/// What each program has in `quarter`. A measure takes the newest quarter in which it is still valid, all of that quarter's channels.
#[must_use]
pub fn assemble(programs: &[Program], collected: &[Collected], quarter: Quarter) -> Vec<ProgramInput> {
    let mut by_place: HashMap<Place<'_>, Vec<&Collected>> = HashMap::new();
    for one in collected {
        let observation = &one.observation;
        let place = (observation.program.as_str(), observation.measure.as_str(), observation.quarter);
        by_place.entry(place).or_default().push(one);
    }
    programs
        .iter()
        .map(|program| ProgramInput {
            key: program.key.clone(),
            name: program.name.clone(),
            audience: program.audience,
            measures: program.measures.iter().map(|measure| input(program, measure, &by_place, quarter)).collect(),
        })
        .collect()
}

/// Program, measure, quarter.
type Place<'a> = (&'a str, &'a str, Quarter);

fn input(
    program: &Program,
    measure: &Measure,
    by_place: &HashMap<Place<'_>, Vec<&Collected>>,
    quarter: Quarter,
) -> MeasureInput {
    let mut from = quarter;
    let mut found: Vec<&Collected> = Vec::new();
    for _ in 0..measure.valid_quarters.max(1) {
        if let Some(here) = by_place.get(&(program.key.as_str(), measure.key.as_str(), from)) {
            found.clone_from(here);
            break;
        }
        from = from.previous();
    }
    found.sort_by(|a, b| a.observation.channel.cmp(&b.observation.channel));
    let options = match measure.instrument {
        Instrument::Scale { options, .. } => options,
        Instrument::Value { .. } => 0,
    };
    let mut ruler = registered_ruler(measure);
    let mut readings = Vec::with_capacity(found.len());
    for one in &found {
        let observation = &one.observation;
        let Some((on, figure)) = observation.found.scored_on(options) else { continue };
        // The anchors in force when the figure came in, not today's.
        ruler = on;
        readings.push(Reading {
            channel: observation.channel.clone(),
            origin: one.origin,
            since: (from != quarter).then(|| from.to_string()),
            volume: observation.population,
            population: observation.population,
            figure,
            demonstration: observation.demonstration,
        });
    }
    let mut surveys: Vec<&str> = found.iter().map(|one| one.observation.source_id.as_str()).collect();
    surveys.sort_unstable();
    surveys.dedup();
    MeasureInput {
        key: measure.key.clone(),
        name: measure.name.clone(),
        category: measure.category,
        source_kind: measure.source_kind,
        weight: measure.weight,
        ruler,
        survey: surveys.join("+"),
        readings,
    }
}

fn registered_ruler(measure: &Measure) -> Ruler {
    match measure.instrument {
        Instrument::Scale { options, .. } => Ruler::Options(options),
        Instrument::Value { worst, target, best, .. } => {
            Anchors::new(worst, target, best).map_or(Ruler::Options(0), Ruler::Anchors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::observation::Found;
    use super::*;
    use crate::programs::{Audience, Category, SourceKind};

    fn quarter(text: &str) -> Quarter {
        text.parse().unwrap()
    }

    fn seen(at: &str, channel: &str, counts: [u64; 5]) -> Collected {
        Collected {
            origin: Origin::Import,
            observation: Observation {
                program: "hosting".into(),
                measure: "ease".into(),
                channel: channel.into(),
                quarter: quarter(at),
                source_id: "yearly".into(),
                found: Found::Counts(counts.to_vec()),
                population: None,
                note: String::new(),
                demonstration: false,
            },
        }
    }

    fn programs(valid_quarters: u8) -> Vec<Program> {
        let ease = Measure {
            key: "ease".into(),
            name: "Ease".into(),
            category: Category::Quality,
            source_kind: SourceKind::Customer,
            instrument: Instrument::Scale { options: 5, reversed: false },
            weight: 1.0,
            valid_quarters,
            wording: "It was easy.".into(),
            owner: String::new(),
        };
        vec![Program {
            key: "hosting".into(),
            name: "Hosting".into(),
            audience: Audience::Agency,
            owner: String::new(),
            from: None,
            until: None,
            measures: vec![ease],
        }]
    }

    fn readings(valid_quarters: u8, collected: &[Collected], at: &str) -> Vec<(String, Option<String>)> {
        assemble(&programs(valid_quarters), collected, quarter(at))[0].measures[0]
            .readings
            .iter()
            .map(|reading| (reading.channel.clone(), reading.since.clone()))
            .collect()
    }

    #[test]
    fn a_yearly_survey_holds_for_four_quarters_and_says_since_when() {
        let collected = [seen("FY2026Q1", "all", [1, 1, 2, 5, 9]), seen("FY2025Q1", "all", [9, 1, 2, 5, 1])];
        assert_eq!(readings(4, &collected, "FY2026Q1"), [("all".into(), None)]);
        assert_eq!(readings(4, &collected, "FY2026Q4"), [("all".into(), Some("FY2026Q1".into()))]);
        assert_eq!(readings(4, &collected, "FY2027Q1"), []);
        assert_eq!(readings(1, &collected, "FY2026Q2"), [], "a quarterly figure is never carried forward");
    }

    #[test]
    fn channels_of_different_quarters_are_not_mixed() {
        let collected = [seen("FY2026Q2", "web", [1, 1, 2, 5, 9]), seen("FY2026Q1", "phone", [1, 1, 2, 5, 9])];
        assert_eq!(readings(4, &collected, "FY2026Q2"), [("web".into(), None)]);
    }
}
