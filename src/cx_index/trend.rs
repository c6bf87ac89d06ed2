//! A score from quarter to quarter: as a table, as words, and as a line chart with its range.

use std::fmt::Write;

use super::bridge::Bridge;
use super::model::words::{count, whole};
use super::record::{Record, Scope, StoredScore};
use crate::calendar::Quarter;
use crate::chart::{FONT, escape};

/// Quarters shown.
pub(super) const QUARTERS: usize = 8;

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    /// One point a quarter, in order, without gaps in the quarters.
    pub(super) points: Vec<Point>,
    /// What later definitions make of quarters before their first, in order.
    pub(super) bridged: Vec<Bridged>,
}

/// A quarter by a definition that begins later.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bridged {
    quarter: Quarter,
    definition: String,
    value: f64,
}

/// One quarter of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) quarter: Quarter,
    pub(super) score: Option<StoredScore>,
    pub(super) people: u64,
    /// Empty where nothing was computed.
    pub(super) definition: String,
}

/// The quarters that a trend ending in `last` shows, the oldest first.
pub(super) fn quarters(last: Quarter) -> Vec<Quarter> {
    let mut quarters = vec![last];
    while quarters.len() < QUARTERS {
        quarters.push(quarters[quarters.len() - 1].previous());
    }
    quarters.reverse();
    quarters
}

/// A series over `quarters` from what is on record.
pub(super) fn series(
    name: &str,
    scope: &Scope,
    quarters: &[Quarter],
    records: &[Record],
    bridges: &[Bridge],
) -> Series {
    let points = quarters.iter().map(|quarter| {
        let found = records.iter().find(|record| record.quarter == *quarter);
        Point {
            quarter: *quarter,
            score: found.and_then(|record| record.score),
            people: found.map_or(0, |record| record.people),
            definition: found.map_or_else(String::new, |record| record.definition_id.clone()),
        }
    });
    let bridged = bridges
        .iter()
        .filter(|bridge| bridge.scope == *scope && quarters.contains(&bridge.quarter))
        .filter_map(|bridge| {
            let (value, _) = bridge.score?;
            Some(Bridged { quarter: bridge.quarter, definition: bridge.definition_id.clone(), value })
        });
    Series { name: name.to_owned(), points: points.collect(), bridged: bridged.collect() }
}

impl Series {
    /// Runs of quarters by one later definition: index of the quarter and value, the oldest first.
    fn bridges(&self) -> Vec<(&str, Vec<(usize, f64)>)> {
        let mut found: Vec<(&str, Vec<(usize, f64)>)> = Vec::new();
        for one in &self.bridged {
            let Some(index) = self.points.iter().position(|point| point.quarter == one.quarter) else { continue };
            match found.iter_mut().find(|(definition, _)| *definition == one.definition) {
                Some((_, run)) => run.push((index, one.value)),
                None => found.push((&one.definition, vec![(index, one.value)])),
            }
        }
        found
    }

    /// The bridges in words: `By cxi-1.1 already: FY2026Q3 71, FY2026Q4 72`.
    fn bridges_in_words(&self) -> Vec<String> {
        self.bridges()
            .into_iter()
            .map(|(definition, run)| {
                let values: Vec<String> = run
                    .iter()
                    .map(|(index, value)| format!("{} {}", self.points[*index].quarter, whole(*value)))
                    .collect();
                format!("By {definition} already: {}", values.join(", "))
            })
            .collect()
    }
}

/// Quarters before anything was computed say nothing; at least two stay, so that there is a line.
pub(super) fn leave_out_empty_beginning(all: &mut [Series]) {
    let silent = |series: &Series| series.points.iter().take_while(|point| point.definition.is_empty()).count();
    let shortest = all.iter().map(|series| series.points.len()).min().unwrap_or(0);
    let empty = all.iter().map(silent).min().unwrap_or(0).min(shortest.saturating_sub(2));
    for series in all {
        series.points.drain(..empty);
    }
}

/// The same as the chart, to be read.
pub(super) fn table(series: &Series) -> String {
    let mut text = format!("{:<9} {:>5}  {:<10} {:>9}\n", "Quarter", "Score", "Range", "Answers");
    let mut definition = "";
    for point in &series.points {
        if !definition.is_empty() && !point.definition.is_empty() && point.definition != definition {
            let _ = writeln!(text, "--- from here on {}, not comparable with before ---", point.definition);
        }
        if !point.definition.is_empty() {
            definition = &point.definition;
        }
        let _ = match &point.score {
            Some(score) => writeln!(
                text,
                "{:<9} {:>5}  {:<10} {:>9}",
                point.quarter.to_string(),
                whole(score.value),
                format!("{} to {}", whole(score.range.low), whole(score.range.high)),
                count(point.people)
            ),
            None if point.definition.is_empty() => writeln!(text, "{:<9} no data", point.quarter.to_string()),
            None => writeln!(text, "{:<9} not enough data", point.quarter.to_string()),
        };
    }
    for bridge in series.bridges_in_words() {
        let _ = writeln!(text, "{bridge}");
    }
    text
}

/// What a person who cannot see the chart should know.
pub(super) fn alt(all: &[Series]) -> String {
    let mut parts = Vec::new();
    for series in all {
        let said: Vec<String> = series
            .points
            .iter()
            .map(|point| match &point.score {
                Some(score) => format!("{} {}", point.quarter, whole(score.value)),
                None => format!("{} no score", point.quarter),
            })
            .collect();
        parts.push(format!("{}: {}", series.name, said.join(", ")));
        parts.extend(series.bridges_in_words());
    }
    let text = format!("Line chart from 0 to 100 with the 95 % range as a band. {}.", parts.join(". "));
    text.chars().take(1_000).collect()
}

const WIDTH: f64 = 960.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 930.0;
const TOP: f64 = 90.0;
const BOTTOM: f64 = 430.0;
/// Colour, dashes and marker: three ways to tell lines apart, so colour is never the only one.
const STYLES: [(&str, &str); 2] = [("#1f4fbf", "none"), ("#8a4b08", "10 6")];

/// The chart as SVG.
pub(super) fn svg(title: &str, all: &[Series]) -> String {
    let quarters: Vec<Quarter> =
        all.first().map_or_else(Vec::new, |one| one.points.iter().map(|p| p.quarter).collect());
    let number = |index: usize| f64::from(u32::try_from(index).unwrap_or(0));
    let step = (RIGHT - LEFT - 60.0) / number(quarters.len().max(2) - 1);
    let x = |index: usize| LEFT + 30.0 + number(index) * step;
    let y = |value: f64| BOTTOM - value / 100.0 * (BOTTOM - TOP);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="500" font-family="{FONT}"><rect width="{WIDTH}" height="500" fill="#ffffff"/><text x="{LEFT}" y="38" font-size="24" font-weight="600" fill="#1b1b1b">{}</text>"##,
        escape(title)
    );
    for mark in [0.0, 25.0, 50.0, 75.0, 100.0] {
        let at = y(mark);
        let _ = write!(
            svg,
            r##"<line x1="{LEFT}" y1="{at:.1}" x2="{RIGHT}" y2="{at:.1}" stroke="#dfe1e2"/><text x="{:.1}" y="{:.1}" font-size="15" fill="#565c65" text-anchor="end">{mark}</text>"##,
            LEFT - 10.0,
            at + 5.0
        );
    }
    for (index, quarter) in quarters.iter().enumerate() {
        let _ = write!(
            svg,
            r##"<text x="{:.1}" y="458" font-size="15" fill="#565c65" text-anchor="middle">{}</text>"##,
            x(index),
            escape(&quarter.to_string())
        );
    }
    for (number_of, series) in all.iter().enumerate() {
        let (colour, dashes) = STYLES[number_of % STYLES.len()];
        for run in runs(&series.points) {
            let upper: Vec<String> =
                run.iter().map(|(index, score)| format!("{:.1},{:.1}", x(*index), y(score.range.high))).collect();
            let lower: Vec<String> =
                run.iter().rev().map(|(index, score)| format!("{:.1},{:.1}", x(*index), y(score.range.low))).collect();
            let line: Vec<String> =
                run.iter().map(|(index, score)| format!("{:.1},{:.1}", x(*index), y(score.value))).collect();
            let _ = write!(
                svg,
                r#"<polygon points="{} {}" fill="{colour}" fill-opacity="0.16"/><polyline points="{}" fill="none" stroke="{colour}" stroke-width="3" stroke-dasharray="{dashes}"/>"#,
                upper.join(" "),
                lower.join(" "),
                line.join(" ")
            );
        }
        for (definition, run) in series.bridges() {
            // Up to the first score by that definition, so that its line goes on to the left.
            let first = series.points.iter().enumerate().find(|(_, point)| point.definition == definition);
            let first = first.and_then(|(index, point)| Some((index, point.score?.value)));
            let line: Vec<String> = run
                .iter()
                .copied()
                .chain(first)
                .map(|(index, value)| format!("{:.1},{:.1}", x(index), y(value)))
                .collect();
            let _ = write!(
                svg,
                r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="2 5"/>"#,
                line.join(" ")
            );
            for (index, value) in run {
                let _ = write!(
                    svg,
                    r##"<circle cx="{:.1}" cy="{:.1}" r="4" fill="#ffffff" stroke="{colour}" stroke-width="2"/>"##,
                    x(index),
                    y(value)
                );
            }
        }
        for (index, point) in series.points.iter().enumerate() {
            let Some(score) = &point.score else { continue };
            let (at, height) = (x(index), y(score.value));
            let _ = if number_of == 0 {
                write!(svg, r#"<circle cx="{at:.1}" cy="{height:.1}" r="6" fill="{colour}"/>"#)
            } else {
                write!(
                    svg,
                    r#"<rect x="{:.1}" y="{:.1}" width="12" height="12" fill="{colour}"/>"#,
                    at - 6.0,
                    height - 6.0
                )
            };
            // The higher line's number stands above, the lower one's below, so that they do not cover each other.
            let shift = if is_highest(all, number_of, index) { -14.0 } else { 26.0 };
            let _ = write!(
                svg,
                r#"<text x="{at:.1}" y="{:.1}" font-size="16" font-weight="600" fill="{colour}" text-anchor="middle">{}</text>"#,
                height + shift,
                whole(score.value)
            );
        }
        let from = LEFT + number(number_of) * 330.0;
        let _ = if number_of == 0 {
            write!(svg, r#"<circle cx="{:.1}" cy="60" r="6" fill="{colour}"/>"#, from + 6.0)
        } else {
            write!(svg, r#"<rect x="{from:.1}" y="54" width="12" height="12" fill="{colour}"/>"#)
        };
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="66" font-size="16" fill="{colour}">{}</text>"#,
            from + 20.0,
            escape(&series.name)
        );
    }
    if let Some(first) = all.first() {
        for (index, name) in breaks(&first.points) {
            let at = x(index) - step / 2.0;
            let _ = write!(
                svg,
                r##"<line x1="{at:.1}" y1="{TOP}" x2="{at:.1}" y2="{BOTTOM}" stroke="#565c65" stroke-width="2" stroke-dasharray="4 4"/><text x="{:.1}" y="{:.1}" font-size="14" fill="#565c65">{}</text>"##,
                at + 6.0,
                BOTTOM - 8.0,
                escape(&format!("from here {name}"))
            );
        }
    }
    let dotted = if all.iter().any(|series| !series.bridged.is_empty()) {
        " Dotted, hollow: earlier quarters by the newer definition."
    } else {
        ""
    };
    let _ = write!(
        svg,
        r##"<text x="{LEFT}" y="486" font-size="14" fill="#565c65">0 to 100 points. Band: 95 % range. A missing point means not enough data.{dotted}</text></svg>"##
    );
    svg
}

/// Whether no other line has a higher score in this quarter; of equal ones, the first.
fn is_highest(all: &[Series], number_of: usize, index: usize) -> bool {
    let value = |series: &Series| series.points.get(index).and_then(|point| point.score).map(|score| score.value);
    let own = all.get(number_of).and_then(value);
    all.iter().enumerate().all(|(other, series)| match (own, value(series)) {
        (Some(own), Some(theirs)) if other < number_of => theirs < own,
        (Some(own), Some(theirs)) => theirs <= own,
        _ => true,
    })
}

/// Neighbouring quarters that have a score by the same definition.
fn runs(points: &[Point]) -> Vec<Vec<(usize, StoredScore)>> {
    let mut runs: Vec<Vec<(usize, StoredScore)>> = Vec::new();
    let mut before: Option<&Point> = None;
    for (index, point) in points.iter().enumerate() {
        if let Some(score) = point.score {
            let goes_on = before.is_some_and(|before| before.score.is_some() && before.definition == point.definition);
            match runs.last_mut().filter(|_| goes_on) {
                Some(run) => run.push((index, score)),
                None => runs.push(vec![(index, score)]),
            }
        }
        before = Some(point);
    }
    runs
}

/// Where another definition takes over, and its name.
fn breaks(points: &[Point]) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut definition = "";
    for (index, point) in points.iter().enumerate().filter(|(_, point)| !point.definition.is_empty()) {
        if !definition.is_empty() && definition != point.definition {
            found.push((index, point.definition.as_str()));
        }
        definition = &point.definition;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::model::interval::Range;
    use super::*;

    fn point(at: &str, value: Option<f64>, definition: &str) -> Point {
        let score = value.map(|value| StoredScore {
            value,
            standard_error: 1.5,
            degrees_of_freedom: Some(30.0),
            range: Range { low: value - 3.0, high: value + 3.0 },
        });
        Point { quarter: at.parse().unwrap(), score, people: 626, definition: definition.into() }
    }

    fn course() -> Series {
        Series {
            name: "Public-facing".into(),
            points: vec![
                point("FY2026Q1", None, ""),
                point("FY2026Q2", Some(71.6), "cxi-1.0"),
                point("FY2026Q3", None, "cxi-1.0"),
                point("FY2026Q4", Some(73.2), "cxi-1.0"),
                point("FY2027Q1", Some(75.5), "cxi-1.1"),
            ],
            bridged: vec![
                Bridged { quarter: "FY2026Q2".parse().unwrap(), definition: "cxi-1.1".into(), value: 70.2 },
                Bridged { quarter: "FY2026Q4".parse().unwrap(), definition: "cxi-1.1".into(), value: 72.4 },
            ],
        }
    }

    #[test]
    fn a_course_is_told_as_a_table_and_in_words() {
        insta::assert_snapshot!("trend_table", format!("{}\n{}", table(&course()), alt(&[course()])));
    }

    #[test]
    fn the_higher_line_has_its_numbers_above() {
        let (mut low, mut equal) = (course(), course());
        low.points[1].score.as_mut().unwrap().value = 60.0;
        equal.points[1].score.as_mut().unwrap().value = 71.6;
        let highest = |all: &[Series]| [is_highest(all, 0, 1), is_highest(all, 1, 1)];
        assert_eq!(highest(&[low.clone(), course()]), [false, true]);
        assert_eq!(highest(&[course(), low]), [true, false]);
        assert_eq!(highest(&[course(), equal]), [true, false]);
    }

    #[test]
    fn a_gap_and_a_new_definition_break_the_line_and_are_marked() {
        assert_eq!(runs(&course().points).iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(breaks(&course().points), [(4, "cxi-1.1")]);
        let picture = svg("CX index & more", &[course()]);
        assert!(
            picture.contains("from here cxi-1.1")
                && picture.contains("Dotted, hollow")
                && picture.contains("CX index &amp; more")
        );
        assert!(crate::chart::png(&picture).unwrap().starts_with(b"\x89PNG"));
    }
}
