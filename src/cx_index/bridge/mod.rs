//! From one definition to the next.
//!
//! A definition that scores were computed with is never edited and never taken away, and a new one begins in a quarter that is not
//! published yet. When it begins, it is also run on the four quarters before: beside the scores on record, never in their place. So a
//! reader can tell what the new ruler does from what customers experienced.

pub mod store;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};

use super::definitions::{Definitions, Ratified};
use super::model::interval::Range;
use super::model::words::whole;
use super::recompute::score_quarter_by;
use super::record::{Record, Scope};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::store::Tx;

/// Quarters before the first one of a definition that it is also run on.
const BRIDGED: usize = 4;

/// What a later definition makes of a quarter before its first.
#[derive(Clone, Debug, PartialEq)]
pub struct Bridge {
    /// The later definition.
    pub definition_id: String,
    /// What it is about.
    pub scope: Scope,
    /// The quarter before the definition's first.
    pub quarter: Quarter,
    /// Score and range; `None` when there is not enough data.
    pub score: Option<(f64, Range)>,
}

/// Where another definition takes over: the quarter before, by both.
#[derive(Clone, Debug, PartialEq)]
pub struct Break {
    /// What it is about.
    pub scope: Scope,
    /// The quarter before the new definition's first.
    pub quarter: Quarter,
    /// The definition that it was scored by, and the score.
    pub before: (String, Option<f64>),
    /// The definition that begins, and what it makes of that quarter.
    pub after: (String, Option<f64>),
}

/// The breaks between the quarter before `records` and theirs; empty, as nearly always, when the definition stays.
pub async fn breaks(tx: &mut Tx, records: &[Record]) -> Result<Vec<Break>> {
    let Some(first) = records.first() else { return Ok(Vec::new()) };
    let quarter = first.quarter.previous();
    let bridges = store::list(tx, quarter, quarter).await?;
    let mut breaks = Vec::new();
    for record in records {
        let bridged =
            bridges.iter().find(|bridge| bridge.scope == record.scope && bridge.definition_id == record.definition_id);
        let Some(bridged) = bridged else { continue };
        let course = super::store::list_course(tx, &record.scope, quarter, quarter).await?;
        let Some(earlier) = course.first() else { continue };
        breaks.push(Break {
            scope: record.scope.clone(),
            quarter,
            before: (earlier.definition_id.clone(), earlier.score.map(|score| score.value)),
            after: (record.definition_id.clone(), bridged.score.map(|(value, _)| value)),
        });
    }
    Ok(breaks)
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: Option<f64>| value.map_or_else(|| "not enough data".to_owned(), whole);
        let ((old, before), (new, after)) = (&self.before, &self.after);
        write!(
            f,
            "New definition from here on: {new}. {} was {} by {old} and is {} by {new}.",
            self.quarter,
            said(*before),
            said(*after)
        )
    }
}

/// Makes sure that the definitions at hand are the ones that scores were computed with.
///
/// # Errors
/// A sentence, when one was edited or taken away, or when a new one begins in a published quarter.
pub async fn check(tx: &mut Tx, definitions: &Definitions) -> Result<()> {
    let held = store::list_held(tx).await?;
    for (id, _) in &held {
        if !definitions.iter().any(|ratified| ratified.definition.id == *id) {
            return Err(Error::refused(format!(
                "config/index/{id}.json is gone, and scores were computed with {id}. A definition is never taken away: put the file back."
            )));
        }
    }
    let newest_published = store::newest_published(tx).await?;
    for ratified in definitions.iter() {
        let id = &ratified.definition.id;
        match held.iter().find(|(held, _)| held == id) {
            Some((_, hash)) if *hash == ratified.hash => {}
            Some(_) => {
                return Err(Error::refused(format!(
                    "config/index/{id}.json differs from the {id} that scores were computed with. A definition is never edited: put the old text \
                     back, and write the change as a new file with a new id and the quarter it starts in."
                )));
            }
            None => {
                if let Some(published) =
                    newest_published.filter(|published| ratified.from <= *published && !held.is_empty())
                {
                    return Err(Error::refused(format!(
                        "config/index/{id}.json begins in {}, and {published} is published already. Published scores keep their definition: \
                         let the new one begin in a later quarter.",
                        ratified.from
                    )));
                }
            }
        }
    }
    Ok(())
}

/// The quarters that a definition is also run on, the oldest first.
fn before(ratified: &Ratified) -> Vec<Quarter> {
    let mut quarters = Vec::with_capacity(BRIDGED);
    let mut quarter = ratified.from;
    for _ in 0..BRIDGED {
        quarter = quarter.previous();
        quarters.push(quarter);
    }
    quarters.reverse();
    quarters
}

/// Runs every later definition that is in use on the quarters before its first: on all four when it has just begun, afterwards on those
/// whose figures changed. Repeating it changes nothing.
pub(super) async fn bridge(
    tx: &mut Tx,
    definitions: &Definitions,
    changed: &BTreeSet<Quarter>,
    now: DateTime<Utc>,
) -> Result<()> {
    let held = store::list_held(tx).await?;
    for ratified in definitions.iter().skip(1) {
        let id = &ratified.definition.id;
        if !held.iter().any(|(held, _)| held == id) {
            continue;
        }
        let anything_yet = store::has_any(tx, id).await?;
        for quarter in before(ratified).into_iter().filter(|quarter| !anything_yet || changed.contains(quarter)) {
            if definitions.for_quarter(quarter).is_none()
                || super::store::list_quarters_with_anything(tx, quarter, quarter).await?.is_empty()
            {
                continue;
            }
            for record in score_quarter_by(tx, ratified, quarter, now).await? {
                store::add_if_changed(tx, id, &record).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Content;

    #[test]
    fn four_quarters_are_bridged_across_the_fiscal_year() {
        let mut ratified = Definitions::load(&Content::built_in()).unwrap().iter().next().unwrap().clone();
        ratified.from = "FY2027Q2".parse().unwrap();
        let quarters: Vec<String> = before(&ratified).iter().map(ToString::to_string).collect();
        assert_eq!(quarters, ["FY2026Q2", "FY2026Q3", "FY2026Q4", "FY2027Q1"]);
    }
}
