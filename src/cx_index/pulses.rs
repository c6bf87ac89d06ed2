//! Closed pulses as a source of figures: which of their counts fit a measure, and why others do not.
//!
//! Counts fit when the question is, word for word, the one that the measure registers: answers to different questions are not one
//! series. Of several pulses on the same measure in one quarter the newest counts, because the same people answered each.

use std::collections::BTreeMap;

use super::inputs::Collected;
use super::model::measure::Origin;
use super::observation::{Found, Observation};

use crate::calendar::Quarter;
use crate::error::Result;
use crate::programs::{Instrument, Measure, Program, SourceKind};
use crate::store::Tx;
use crate::survey::{ClosedCounts, list_about_programs};

/// The channel of figures from the bot's own pulses.
pub(super) const CHANNEL: &str = "pulse";

/// Counts of a closed pulse that no measure takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// The program the pulse was about, as it was named.
    pub(super) program: String,
    /// The question's key.
    pub(super) measure: String,
    /// Why, as a sentence part after "its question".
    pub(super) why: String,
}

/// The figures of pulses that closed from `first` to `last`.
pub(super) async fn collect(
    tx: &mut Tx,
    programs: &[Program],
    first: Quarter,
    last: Quarter,
) -> Result<Vec<Collected>> {
    let closed = list_about_programs(tx, &first.to_string(), &last.to_string()).await?;
    Ok(fit(programs, closed).0)
}

/// Sorts counts into figures and what does not fit. The newest of a quarter counts; `closed` comes in order of closing.
pub(super) fn fit(programs: &[Program], closed: Vec<ClosedCounts>) -> (Vec<Collected>, Vec<Unfit>) {
    let mut newest = BTreeMap::new();
    let mut unfit = Vec::new();
    for counts in closed {
        let Some(key) = counts.program.clone() else { continue };
        let found = programs.iter().find(|program| program.key == key);
        let measure = match found.map(|program| measure_for(program, &counts)) {
            Some(Ok(measure)) => measure,
            Some(Err(why)) => {
                unfit.push(Unfit { program: key, measure: counts.question.key, why });
                continue;
            }
            None => {
                unfit.push(Unfit {
                    program: key,
                    measure: counts.question.key,
                    why: "is about a program that is not in the inventory".into(),
                });
                continue;
            }
        };
        let quarter = counts.quarter;
        let mut options: Vec<u64> = counts.counts.options.iter().copied().map(u64::from).collect();
        if counts.question.reversed {
            options.reverse();
        }
        let observation = Observation {
            program: key.clone(),
            measure: measure.key.clone(),
            channel: CHANNEL.into(),
            quarter,
            source_id: format!("{}:{}:{}", counts.source.name, counts.source.guild, counts.source.key),
            found: Found::Counts(options),
            population: counts.eligible.map(u64::from),
            note: format!("pulse closed on {}", counts.closed_on),
            demonstration: false,
        };
        let place = (key, measure.key.clone(), quarter, counts.source.guild);
        newest.insert(place, Collected { origin: Origin::Pulse, observation });
    }
    (newest.into_values().collect(), unfit)
}

fn measure_for<'a>(program: &'a Program, closed: &ClosedCounts) -> Result<&'a Measure, String> {
    let measure = program
        .measure(&closed.question.key)
        .ok_or_else(|| format!("has a key that is no measure of {}", program.key))?;
    let wanted = match measure.source_kind {
        SourceKind::Customer => "customers",
        SourceKind::Inside => "inside",
        SourceKind::Operational => return Err("belongs to an operational measure".into()),
    };
    if closed.audience != wanted {
        return Err(format!(
            "was asked of {} and the measure is of kind {}",
            closed.audience,
            measure.source_kind.key()
        ));
    }
    let Instrument::Scale { options, .. } = measure.instrument else {
        return Err("belongs to an operational measure".into());
    };
    if usize::from(options) != closed.counts.options.len() || !closed.question.kind.is_scored() {
        return Err(format!("has {} options and the measure {options}", closed.counts.options.len()));
    }
    if !same_words(&closed.question.ask, &measure.wording) {
        return Err("is worded differently from the measure".into());
    }
    Ok(measure)
}

/// Whether two texts are the same question: white space, capitals, typographic quotes and a full stop at the end do not matter.
pub(super) fn same_words(one: &str, other: &str) -> bool {
    plain_words(one) == plain_words(other)
}

/// A question as it is compared.
pub(super) fn plain_words(text: &str) -> String {
    let straight: String = text
        .chars()
        .map(|letter| match letter {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            other => other,
        })
        .collect();
    let words = straight.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    words.trim_end_matches(['.', '!', '?', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_in_other_typography_is_the_same_question() {
        assert!(same_words(
            "I trust VA to fulfill our country\u{2019}s  commitment. ",
            "i trust va to fulfill our country's commitment"
        ));
        assert!(!same_words("It was easy.", "It was easy to use."));
    }
}
