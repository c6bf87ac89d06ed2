//! What a director says in a staff meeting: three sentences, from stored scores alone.

use super::model::change::Verdict;
use super::model::words::{in_words, signed_whole, whole};
use super::record::{AudienceDetail, Comparison, Detail, Record, Scope};
use crate::calendar::Quarter;

/// Three sentences: where it stands, whether it moved, what is not heard yet.
#[must_use]
pub fn talking_points(quarter: Quarter, records: &[Record]) -> [String; 3] {
    let mut indexes: Vec<(&Record, &AudienceDetail, String)> = records
        .iter()
        .filter_map(|record| match (&record.scope, &record.detail) {
            (Scope::Audience(audience), Detail::Audience(detail)) => {
                Some((record, detail, audience.to_string().to_lowercase()))
            }
            _ => None,
        })
        .collect();
    indexes.sort_by(|a, b| a.0.scope.cmp(&b.0.scope));
    let standing: Vec<String> = indexes
        .iter()
        .map(|(record, _, audience)| match &record.score {
            Some(score) => format!(
                "the {audience} index is {} (range {} to {}; in words: {})",
                whole(score.value),
                whole(score.range.low),
                whole(score.range.high),
                in_words(score.value)
            ),
            None => format!("there is not enough data for the {audience} index"),
        })
        .collect();
    let moved: Vec<String> = indexes
        .iter()
        .filter(|(record, ..)| record.score.is_some())
        .map(|(_, detail, audience)| match &detail.comparison {
            Comparison::LikeForLike { points, verdict, .. } => {
                let said = match verdict {
                    Verdict::Up => "rose",
                    Verdict::Down => "fell",
                    Verdict::NoClearChange => "shows no clear change",
                };
                format!("the {audience} index {said} ({})", signed_whole(*points))
            }
            Comparison::NothingBefore | Comparison::NothingInCommon => {
                format!("the {audience} index cannot be compared yet")
            }
        })
        .collect();
    let (counted, registered) = indexes.iter().fold((0, 0), |(counted, registered), (_, detail, _)| {
        (counted + detail.counted, registered + detail.registered)
    });
    let silent: Vec<&str> = indexes
        .iter()
        .flat_map(|(_, detail, _)| &detail.programs)
        .filter(|line| line.value.is_none())
        .map(|line| line.name.as_str())
        .collect();
    let heard = if silent.is_empty() {
        format!("All {registered} programs count.")
    } else {
        format!("{counted} of {registered} programs count; not shown yet: {}.", silent.join(", "))
    };
    let moved = if moved.is_empty() {
        format!("Nothing can be compared with {} yet.", quarter.previous())
    } else {
        format!("Against {}, on the same programs and measures, {}.", quarter.previous(), moved.join("; "))
    };
    [format!("In {quarter} {}.", standing.join("; ")), moved, heard]
}
