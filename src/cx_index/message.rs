//! Every word that the index says.

use std::fmt::Write;

use super::bridge::Break;
use super::model::change::Verdict;
use super::model::index::IndexWithheld;
use super::model::program::Withheld;
use super::model::words::{count, in_words, percent, signed_whole, whole};
use super::record::{AudienceDetail, Comparison, Detail, ProgramLine, Record, Scope};
use crate::calendar::Quarter;
use crate::post::{Card, Post};
use crate::programs::Category;

/// Discord's limit on a field, less room for the last line.
const MOST_FIELD_CHARS: usize = 1024 - 40;

/// Both indexes of a quarter. `current` is the quarter of today; `breaks`, where another definition has just begun.
#[must_use]
pub fn both_indexes(quarter: Quarter, current: Quarter, records: &[Record], breaks: &[Break]) -> Post {
    let mut lines = Vec::new();
    if quarter == current {
        lines.push("This quarter is still running: the scores can still move.".to_owned());
    }
    if let Some(line) = demonstration(records) {
        lines.push(line);
    }
    if let Some(newest) = records.iter().map(|record| record.computed_at).max() {
        lines.push(format!("As of <t:{}:D>.", newest.timestamp()));
    }
    let mut card = Card::new(format!("CX index, {}", quarter.words()), lines.join("\n"));
    for record in records {
        if let Detail::Audience(detail) = &record.detail {
            card = card.with_field(headline(record), body(record, detail, breaks));
        }
    }
    let mut ids: Vec<&str> = records.iter().map(|record| record.definition_id.as_str()).collect();
    ids.dedup();
    let footer = format!("0 to 100 points · range: 95 % · definition {}", ids.join(", "));
    Post::default().with_card(card.with_footer(footer))
}

/// Nothing is on record for a quarter.
#[must_use]
pub fn no_data(quarter: Quarter, newest: Option<Quarter>) -> Post {
    let next = match newest {
        Some(newest) => format!("The newest quarter with an index is {newest}: `/index quarter:{newest}`."),
        None => "No quarter has an index yet. A lead can bring figures in.".to_owned(),
    };
    Post::text(format!("There is no data for {} yet. {next}", quarter.words()))
}

fn headline(record: &Record) -> String {
    let audience = match &record.scope {
        Scope::Audience(audience) => audience.to_string(),
        Scope::Program(key) => key.clone(),
    };
    match &record.score {
        Some(score) => {
            let (low, high) = (whole(score.range.low), whole(score.range.high));
            format!("{audience}: {} (range {low} to {high}), in words: {}", whole(score.value), in_words(score.value))
        }
        None => format!("{audience}: not enough data"),
    }
}

fn body(record: &Record, detail: &AudienceDetail, breaks: &[Break]) -> String {
    let mut lines = Vec::new();
    match detail.withheld {
        None => {
            let people = match record.people {
                0 => "Nobody was asked".to_owned(),
                1 => "1 person answered".to_owned(),
                people => format!("At least {} people answered", count(people)),
            };
            lines.push(format!("{people}. Coverage {}.", percent(record.coverage)));
            if detail.low_confidence {
                lines.push("Low confidence: the range is wide.".into());
            }
            lines.push(change(record.quarter, &detail.comparison));
        }
        Some(IndexWithheld::NoPrograms) => lines.push("No program has a score, so there is no index.".into()),
        Some(IndexWithheld::TooFewPrograms { needed }) => {
            let have = if detail.counted == 1 {
                "1 program has a score".to_owned()
            } else {
                format!("{} programs have a score", detail.counted)
            };
            lines.push(format!("{have}; an index needs at least {needed} of these {}.", detail.registered));
        }
    }
    lines.extend(breaks.iter().find(|one| one.scope == record.scope).map(ToString::to_string));
    if record.revision > 1 {
        lines.push(revision(record));
    }
    lines.push(match detail.withheld {
        None => format!("**{} of {} programs count**", detail.counted, detail.registered),
        Some(_) => "**Its programs**".to_owned(),
    });
    let programs: Vec<String> = detail.programs.iter().map(program).collect();
    fit(lines, programs)
}

/// As many of the `programs` as a field holds, and how many are left out.
fn fit(mut lines: Vec<String>, programs: Vec<String>) -> String {
    let mut used: usize = lines.iter().map(|line| line.chars().count() + 1).sum();
    let total = programs.len();
    for (shown, line) in programs.into_iter().enumerate() {
        used += line.chars().count() + 1;
        if used > MOST_FIELD_CHARS {
            lines.push(format!("… and {} more programs", total - shown));
            break;
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn program(line: &ProgramLine) -> String {
    let made_up = if line.demonstration { " (demonstration)" } else { "" };
    let (Some(value), Some(range)) = (line.value, line.range) else {
        let reasons: Vec<String> = line.withheld.iter().map(|reason| because(*reason, &line.missing)).collect();
        return format!("• {}{made_up}: not shown; {}", line.name, reasons.join("; "));
    };
    let mut text =
        format!("• {}{made_up}: {} ({} to {})", line.name, whole(value), whole(range.low), whole(range.high));
    if !line.missing.is_empty() {
        let _ = write!(text, "; partial, no {} data", listed(&line.missing));
    }
    if !line.vanished.is_empty() {
        let _ = write!(text, " ({} had data last quarter)", listed(&line.vanished));
    }
    text
}

fn because(reason: Withheld, missing: &[Category]) -> String {
    match reason {
        Withheld::NoData => "no figures, or too few answers".into(),
        Withheld::CustomersNotHeard { category } => {
            format!("too few customers themselves were asked about {category}")
        }
        Withheld::LowCoverage => format!("too little has data (none for {})", listed(missing)),
    }
}

fn change(quarter: Quarter, comparison: &Comparison) -> String {
    let before = quarter.previous();
    match comparison {
        Comparison::NothingBefore => format!("Nothing to compare with: {before} has no figures."),
        Comparison::NothingInCommon => {
            format!("Not compared with {before}: too little was measured the same way in both quarters.")
        }
        Comparison::LikeForLike { programs, points, verdict, .. } => {
            let same = if *programs == 1 { "program".to_owned() } else { format!("{programs} programs") };
            let said = match verdict {
                Verdict::Up => "up",
                Verdict::Down => "down",
                Verdict::NoClearChange => "no clear change",
            };
            format!("Against {before}, same {same} and measures: {}, {said}.", signed_whole(*points))
        }
    }
}

fn revision(record: &Record) -> String {
    let moved = record.moved_points.map(signed_whole).filter(|moved| moved != "0");
    match moved {
        Some(moved) => format!("Revision {}: later figures moved it by {moved}.", record.revision),
        None => format!("Revision {}.", record.revision),
    }
}

fn demonstration(records: &[Record]) -> Option<String> {
    let lines: Vec<&ProgramLine> = records
        .iter()
        .filter_map(|record| match &record.detail {
            Detail::Audience(detail) => Some(detail.programs.iter()),
            Detail::Program(_) => None,
        })
        .flatten()
        .collect();
    if !lines.iter().any(|line| line.demonstration) {
        return None;
    }
    // A program without figures is neither real nor made up.
    let real = lines.iter().any(|line| !line.demonstration && !line.withheld.contains(&Withheld::NoData));
    Some(if real {
        "**Some figures are made up for practice**: the programs marked (demonstration).".into()
    } else {
        "**Demonstration: all figures are made up for practice.**".into()
    })
}

fn listed(categories: &[Category]) -> String {
    let names: Vec<&str> = categories.iter().map(|category| category.key()).collect();
    match names.as_slice() {
        [] => "anything".into(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::interval::Range;
    use super::super::record::StoredScore;
    use super::*;
    use crate::programs::Audience;

    fn quarter(text: &str) -> Quarter {
        text.parse().unwrap()
    }

    fn line(name: &str, value: f64) -> ProgramLine {
        ProgramLine {
            key: name.to_lowercase(),
            name: name.into(),
            value: Some(value),
            range: Some(Range { low: value - 3.4, high: value + 3.4 }),
            withheld: Vec::new(),
            missing: Vec::new(),
            vanished: Vec::new(),
            demonstration: false,
        }
    }

    fn hidden(name: &str, reason: Withheld, missing: &[Category]) -> ProgramLine {
        ProgramLine { value: None, range: None, withheld: vec![reason], missing: missing.to_vec(), ..line(name, 0.0) }
    }

    fn record(audience: Audience, value: Option<f64>, detail: AudienceDetail) -> Record {
        Record {
            scope: Scope::Audience(audience),
            quarter: quarter("FY2026Q1"),
            revision: 1,
            score: value.map(|value| StoredScore {
                value,
                standard_error: 3.1,
                degrees_of_freedom: Some(39.0),
                range: Range { low: value - 6.3, high: value + 6.3 },
            }),
            coverage: 0.8,
            people: 1234,
            detail: Detail::Audience(detail),
            definition_id: "cxi-1.0".into(),
            definition_hash: "d".into(),
            input_hash: "i".into(),
            moved_points: None,
            computed_at: "2025-12-15T15:00:00Z".parse().unwrap(),
        }
    }

    fn public() -> Record {
        let detail = AudienceDetail {
            counted: 2,
            registered: 3,
            withheld: None,
            low_confidence: false,
            programs: vec![
                line("Benefits by phone", 74.5),
                ProgramLine {
                    missing: vec![Category::Timeliness, Category::Adoption],
                    vanished: vec![Category::Timeliness],
                    ..line("Website", 79.4)
                },
                hidden("Counters", Withheld::CustomersNotHeard { category: Category::Quality }, &[Category::Quality]),
            ],
            comparison: Comparison::LikeForLike {
                programs: 2,
                points: 4.6,
                p: 0.002,
                range: Range { low: 1.0, high: 8.0 },
                verdict: Verdict::Up,
            },
        };
        record(Audience::Public, Some(76.9), detail)
    }

    fn agency() -> Record {
        let detail = AudienceDetail {
            counted: 1,
            registered: 3,
            withheld: Some(IndexWithheld::TooFewPrograms { needed: 2 }),
            low_confidence: false,
            programs: vec![
                ProgramLine { demonstration: true, ..line("Hosting", 77.0) },
                hidden(
                    "Forms desk",
                    Withheld::LowCoverage,
                    &[Category::Responsiveness, Category::Timeliness, Category::Adoption],
                ),
                hidden("Search", Withheld::NoData, &[]),
            ],
            comparison: Comparison::NothingBefore,
        };
        record(Audience::Agency, None, detail)
    }

    #[test]
    fn both_indexes_say_what_counts_what_does_not_and_why() {
        let post = both_indexes(quarter("FY2026Q1"), quarter("FY2026Q3"), &[public(), agency()], &[]);
        insta::assert_snapshot!("both_indexes", post.as_text());
    }

    #[test]
    fn a_running_quarter_a_wide_range_and_a_revision_are_said() {
        let mut one = public();
        one.revision = 2;
        one.moved_points = Some(-0.6);
        if let Detail::Audience(detail) = &mut one.detail {
            detail.low_confidence = true;
            detail.programs = vec![ProgramLine { demonstration: true, ..line("Benefits by phone", 74.5) }];
            detail.comparison = Comparison::NothingInCommon;
        }
        let post = both_indexes(quarter("FY2026Q1"), quarter("FY2026Q1"), &[one], &[]);
        insta::assert_snapshot!("running_quarter", post.as_text());
    }

    #[test]
    fn every_way_to_compare_has_its_words() {
        let range = Range { low: 0.0, high: 0.0 };
        let like = |programs, points, verdict| Comparison::LikeForLike { programs, points, p: 0.5, range, verdict };
        let words: Vec<String> = [
            like(3, -3.5, Verdict::Down),
            like(2, 2.4, Verdict::NoClearChange),
            like(1, 0.2, Verdict::NoClearChange),
            Comparison::NothingBefore,
        ]
        .iter()
        .map(|comparison| change(quarter("FY2026Q1"), comparison))
        .collect();
        insta::assert_snapshot!("comparisons", words.join("\n"));
    }

    #[test]
    fn no_data_is_said_plainly() {
        insta::assert_snapshot!("no_data", no_data(quarter("FY2027Q1"), Some(quarter("FY2026Q4"))).as_text());
        insta::assert_snapshot!("no_data_at_all", no_data(quarter("FY2027Q1"), None).as_text());
    }

    #[test]
    fn a_hundred_programs_still_fit_into_a_field() {
        let mut many = public();
        if let Detail::Audience(detail) = &mut many.detail {
            detail.programs = (0..100).map(|number| line(&format!("{number:060}"), 70.0)).collect();
        }
        let post = both_indexes(quarter("FY2026Q1"), quarter("FY2026Q1"), &[many], &[]);
        let value = &post.card.unwrap().fields[0].value;
        assert!(value.chars().count() <= 1024, "{}", value.chars().count());
        assert!(value.ends_with("more programs"), "{value}");
    }
}
