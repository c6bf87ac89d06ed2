//! The words of the closer looks: one program, how a score came about, what moved it, what is missing.

use std::fmt::Write;

use super::bridge::{Break, Bridge};
use super::model::change::Verdict;
use super::model::definition::Definition;
use super::model::effects::{Part, effects, tenths_that_add_up};
use super::model::interval::student_quantile;
use super::model::measure::{Figure, Origin};
use super::model::program::ProgramInput;
use super::model::words::{count, in_words, one_decimal, percent, signed_whole, whole};
use super::record::{AudienceDetail, Comparison, Detail, MeasureLine, ProgramDetail, Record, Scope};
use crate::calendar::Quarter;
use crate::post::{Card, Post};
use crate::programs::{Category, Instrument, Program, SourceKind};

/// Discord's limit on the text of a card, with room for a last line.
const MOST_CARD_CHARS: usize = 4_096 - 120;

/// A score in one line: `83 (range 78 to 89), in words: agree`.
fn headline(record: &Record) -> String {
    match &record.score {
        Some(score) => format!(
            "{} (range {} to {}), in words: {}",
            whole(score.value),
            whole(score.range.low),
            whole(score.range.high),
            in_words(score.value)
        ),
        None => "not enough data".into(),
    }
}

/// The name people know of what a record is about.
pub(super) fn name_of(record: &Record) -> String {
    match (&record.scope, &record.detail) {
        (Scope::Audience(audience), _) => format!("{audience} index"),
        (Scope::Program(_), Detail::Program(detail)) => detail.line.name.clone(),
        (Scope::Program(key), Detail::Audience(_)) => key.clone(),
    }
}

/// One program in one quarter: its score and every measure.
pub(super) fn program(record: &Record, detail: &ProgramDetail, breaks: &[Break]) -> Post {
    let mut lines = vec![format!("**{}**", headline(record))];
    if detail.line.demonstration {
        lines.push("Demonstration: its figures are made up for practice.".into());
    }
    if detail.low_confidence {
        lines.push("Low confidence: the range is wide.".into());
    }
    if record.score.is_some() {
        lines.push(format!(
            "At least {} people answered. Coverage {}.",
            count(record.people),
            percent(record.coverage)
        ));
        lines.push(change(record.quarter, &detail.comparison));
    }
    lines.extend(breaks.iter().find(|one| one.scope == record.scope).map(ToString::to_string));
    let mut card = Card::new(format!("{}, {}", detail.line.name, record.quarter.words()), lines.join("\n"));
    for category in Category::ALL {
        let of_category: Vec<String> =
            detail.measures.iter().filter(|measure| measure.category == category).map(measure_line).collect();
        if !of_category.is_empty() {
            card = card.with_field(category.to_string(), cut(of_category, 1_024));
        }
    }
    Post::default()
        .with_card(card.with_footer(format!("Definition {} · revision {}", record.definition_id, record.revision)))
}

fn measure_line(measure: &MeasureLine) -> String {
    let name = &measure.name;
    let voice = match measure.source_kind {
        SourceKind::Customer => "customers",
        SourceKind::Operational => "records",
        SourceKind::Inside => "inside view, not counted",
    };
    let Some(score) = measure.score else {
        return match measure.too_few {
            Some(needed) => format!("• {name} ({voice}): fewer than {needed} answers, so nothing is shown"),
            None => format!("• {name} ({voice}): no data"),
        };
    };
    let told = if measure.pulse { whole(score) } else { one_decimal(score) };
    let mut text = format!("• {name} ({voice}): {told}");
    if let Some(range) = measure.range.filter(|_| measure.n > 0) {
        let _ = write!(text, " ({} to {}), {} answers", whole(range.low), whole(range.high), count(measure.n));
    }
    if let Some(companions) = measure.companions.filter(|_| !measure.pulse) {
        let _ = write!(text, "; top two {}, net {}", percent(companions.top_two / 100.0), signed_whole(companions.net));
    }
    if let Some(since) = &measure.since {
        let _ = write!(text, "; from {since}");
    }
    if measure.effective_weight > 0.0 {
        let _ = write!(text, "; {} of the score", percent(measure.effective_weight));
    }
    text
}

fn change(quarter: Quarter, comparison: &Comparison) -> String {
    let before = quarter.previous();
    match comparison {
        Comparison::NothingBefore => format!("Nothing to compare with: {before} has no figures."),
        Comparison::NothingInCommon => {
            format!("Not compared with {before}: too little was measured the same way in both quarters.")
        }
        Comparison::LikeForLike { points, verdict, .. } => {
            let said = match verdict {
                Verdict::Up => "up",
                Verdict::Down => "down",
                Verdict::NoClearChange => "no clear change",
            };
            format!("Against {before}, same measures: {}, {said}.", signed_whole(*points))
        }
    }
}

/// How a program's score came about, from counts to score, to be recomputed by hand. The text goes into a file when it is long.
pub(super) fn explain_program(
    record: &Record,
    detail: &ProgramDetail,
    input: &ProgramInput,
    definition: &Definition,
) -> Post {
    let mut lines = vec![
        format!("{}, {}: {}", detail.line.name, record.quarter, headline(record)),
        String::new(),
        "1. Every measure becomes points from 0 to 100".into(),
    ];
    for measure in &detail.measures {
        lines.extend(explain_measure(measure, input, definition));
    }
    lines.push(String::new());
    lines.push("2. Measures are averaged inside their category".into());
    let mut terms = Vec::new();
    let mut weights = Vec::new();
    for category in definition.counted_categories() {
        let counted: Vec<&MeasureLine> = detail
            .measures
            .iter()
            .filter(|measure| measure.category == category && measure.effective_weight > 0.0)
            .collect();
        let within: f64 = counted.iter().map(|measure| measure.effective_weight).sum();
        if within <= 0.0 {
            lines
                .push(format!("   {category}: no data, its {} % weigh nothing this time", definition.weight(category)));
            continue;
        }
        let score: f64 =
            counted.iter().filter_map(|measure| Some(measure.effective_weight / within * measure.score?)).sum();
        let shares: Vec<String> = counted
            .iter()
            .filter_map(|measure| {
                Some(format!("{} × {:.4}", percent(measure.effective_weight / within), measure.score?))
            })
            .collect();
        lines.push(format!("   {category}: {} = {score:.4}", shares.join(" + ")));
        terms.push(format!("{} × {score:.4}", definition.weight(category)));
        weights.push(definition.weight(category).to_string());
    }
    lines.push(String::new());
    lines.push("3. Categories are averaged with the weights of the definition".into());
    match &record.score {
        Some(score) => {
            lines.push(format!("   ({}) / ({}) = {:.4}", terms.join(" + "), weights.join(" + "), score.value));
            lines.push(String::new());
            lines.push(
                "4. Range: errors of one survey add up, those of different surveys are joined as the root of squares"
                    .into(),
            );
            let quantile = student_quantile(score.degrees_of_freedom.unwrap_or(f64::INFINITY));
            let degrees = score
                .degrees_of_freedom
                .map_or_else(|| "no error".to_owned(), |degrees| format!("{degrees} degrees of freedom"));
            lines.push(format!(
                "   {:.4} ± {quantile:.4} × {:.4} ({degrees}) = {:.4} to {:.4}",
                score.value, score.standard_error, score.range.low, score.range.high
            ));
        }
        None => lines.push("   Not enough data for a score; /index view:missing says what to collect.".into()),
    }
    lines.push(String::new());
    lines.push(provenance(record));
    explained(record, &lines)
}

fn explain_measure(measure: &MeasureLine, input: &ProgramInput, definition: &Definition) -> Vec<String> {
    let mut lines = Vec::new();
    let weight = if measure.effective_weight > 0.0 {
        format!("{:.4} of the score", measure.effective_weight)
    } else {
        "not counted".into()
    };
    lines.push(match (measure.score, measure.standard_error) {
        (Some(score), Some(_)) if measure.pulse => format!(
            "   {} ({}): {} points from a pulse with {} answers; its counts are not told; {weight}",
            measure.name,
            measure.category,
            whole(score),
            count(measure.n)
        ),
        (Some(score), Some(error)) => {
            format!("   {} ({}): {score:.4} points, error {error:.4}, {weight}", measure.name, measure.category)
        }
        _ => match measure.too_few {
            Some(needed) => {
                format!("   {} ({}): fewer than {needed} answers, left out", measure.name, measure.category)
            }
            None => format!("   {} ({}): no data", measure.name, measure.category),
        },
    });
    let readings = input.measures.iter().find(|one| one.key == measure.key).map(|one| one.readings.as_slice());
    for reading in readings.unwrap_or_default() {
        if reading.origin == Origin::Pulse || measure.score.is_none() {
            continue;
        }
        let channel = if reading.channel == "all" { String::new() } else { format!("{}: ", reading.channel) };
        let customers =
            reading.population.map_or_else(String::new, |population| format!(", of {} customers", count(population)));
        let from = reading.since.as_ref().map_or_else(String::new, |since| format!(", collected in {since}"));
        let said = match &reading.figure {
            Figure::Counts(counts) => {
                let given: Vec<String> = counts.from_worst().iter().map(u64::to_string).collect();
                let points: Vec<String> = counts.by_points().map(|(points, _)| one_decimal(points)).collect();
                format!(
                    "answers from worst to best {} at {} points = {:.4}",
                    given.join(", "),
                    points.join(", "),
                    counts.score().unwrap_or_default()
                )
            }
            Figure::Share { percent, n } => format!("{percent} % of {} answers", count(*n)),
            Figure::Mean { points, standard_deviation, n } => {
                format!("mean {points:.4} points, standard deviation {standard_deviation:.4}, {} answers", count(*n))
            }
            Figure::Value(value) => match input.measures.iter().find(|one| one.key == measure.key).map(|one| one.ruler)
            {
                Some(super::model::measure::Ruler::Anchors(anchors)) => format!(
                    "{value} on {} = {:.4} points",
                    anchors_in_words(&anchors, definition),
                    anchors.points(*value, definition.operational_target_points)
                ),
                _ => format!("{value}"),
            },
        };
        lines.push(format!("      {channel}{said}{customers}{from}"));
    }
    if measure.pooled {
        lines.push("      channels were put together by answers, because their customers are not all known".into());
    }
    lines
}

fn anchors_in_words(anchors: &super::model::points::Anchors, definition: &Definition) -> String {
    let value = serde_json::to_value(anchors).unwrap_or_default();
    let told = |key: &str| value[key].as_f64().map(|number| number.to_string());
    let mut text = format!(
        "worst {} (0), target {} ({})",
        told("worst").unwrap_or_default(),
        told("target").unwrap_or_default(),
        definition.operational_target_points
    );
    if let Some(best) = told("best") {
        let _ = write!(text, ", best {best} (100)");
    }
    text
}

/// How an index came about.
pub(super) fn explain_audience(record: &Record, detail: &AudienceDetail) -> Post {
    let mut lines = vec![
        format!("{}, {}: {}", name_of(record), record.quarter, headline(record)),
        String::new(),
        format!(
            "The plain mean of its programs' scores: a small program's customers count as much as a giant's. {} of {} programs count.",
            detail.counted, detail.registered
        ),
    ];
    for line in &detail.programs {
        lines.push(match line.value {
            Some(value) => format!("   {}: {value:.4}", line.name),
            None => format!("   {}: not shown, and not counted", line.name),
        });
    }
    if let Some(score) = &record.score {
        let values: Vec<String> =
            detail.programs.iter().filter_map(|line| Some(format!("{:.4}", line.value?))).collect();
        lines.push(format!("   ({}) / {} = {:.4}", values.join(" + "), values.len(), score.value));
        let quantile = student_quantile(score.degrees_of_freedom.unwrap_or(f64::INFINITY));
        lines.push(format!(
            "   Range: {:.4} ± {quantile:.4} × {:.4} = {:.4} to {:.4}",
            score.value, score.standard_error, score.range.low, score.range.high
        ));
    }
    lines.push(String::new());
    lines.push("How a program's score came about: /index view:explain program:…".into());
    lines.push(provenance(record));
    explained(record, &lines)
}

fn provenance(record: &Record) -> String {
    format!(
        "Definition {} (SHA-256 {}…), inputs {}…, revision {}, computed <t:{}:f>.",
        record.definition_id,
        record.definition_hash.chars().take(12).collect::<String>(),
        record.input_hash.chars().take(12).collect::<String>(),
        record.revision,
        record.computed_at.timestamp()
    )
}

fn explained(record: &Record, lines: &[String]) -> Post {
    let text = lines.join("\n");
    let title = format!("How this score came about: {}, {}", name_of(record), record.quarter);
    if text.chars().count() <= MOST_CARD_CHARS {
        return Post::default().with_card(Card::new(title, text));
    }
    let file = format!("explain-{}-{}.txt", record.scope.key().replace(':', "-"), record.quarter);
    let beginning: String = text.chars().take(1_500).collect();
    let shown = beginning.rsplit_once('\n').map_or(beginning.clone(), |(whole_lines, _)| whole_lines.to_owned());
    Post::default().with_card(Card::new(title, format!("{shown}\n…\nThe whole computation is in the file."))).with_file(
        file,
        "The computation as text, step by step",
        text.into_bytes(),
    )
}

/// What moved a score between two quarters.
pub(super) fn compare(earlier: &Record, later: &Record, bridges: &[Bridge]) -> Option<(String, String)> {
    let (before, after) = (earlier.score?, later.score?);
    let found = effects(&parts(earlier), &parts(later));
    let points: Vec<f64> = found.iter().map(|effect| effect.points).collect();
    let tenths = tenths_that_add_up(&points);
    let total: i64 = tenths.iter().sum();
    let mut lines =
        vec![format!("{} → {}: {} points", one_decimal(before.value), one_decimal(after.value), signed_tenths(total))];
    if earlier.definition_hash != later.definition_hash {
        lines.push(format!(
            "The definition changed from {} to {}: part of the difference is the ruler, not the experience.",
            earlier.definition_id, later.definition_id
        ));
        let bridged = bridges.iter().find(|bridge| {
            bridge.scope == later.scope
                && bridge.quarter == earlier.quarter
                && bridge.definition_id == later.definition_id
        });
        if let Some((value, _)) = bridged.and_then(|bridge| bridge.score) {
            lines.push(format!(
                "By {} alone: {} → {}, {} points.",
                later.definition_id,
                one_decimal(value),
                one_decimal(after.value),
                signed_tenths(tenths_that_add_up(&[after.value - value])[0])
            ));
        }
    }
    for (effect, tenth) in found.iter().zip(&tenths) {
        lines.push(match effect.own_change {
            Some(own) => {
                let own = if (own * 10.0).round() == 0.0 {
                    "no change of its own".into()
                } else {
                    format!("itself {}", signed_tenths(tenths_that_add_up(&[own])[0]))
                };
                format!("• {}: {} ({own})", effect.name, signed_tenths(*tenth))
            }
            None => format!("• Measured differently (what came, what went, other weights): {}", signed_tenths(*tenth)),
        });
    }
    lines.push(format!("Together {}.", signed_tenths(total)));
    Some((format!("{}: what moved it", name_of(later)), cut(lines, 1_024)))
}

/// What a score is the weighted sum of.
fn parts(record: &Record) -> Vec<Part> {
    match &record.detail {
        Detail::Program(detail) => detail
            .measures
            .iter()
            .filter(|measure| measure.effective_weight > 0.0)
            .filter_map(|measure| {
                Some(Part {
                    key: measure.key.clone(),
                    name: measure.name.clone(),
                    score: measure.score?,
                    weight: measure.effective_weight,
                })
            })
            .collect(),
        Detail::Audience(detail) => {
            let counted = detail.programs.iter().filter(|line| line.value.is_some()).count();
            let weight = 1.0 / f64::from(u32::try_from(counted.max(1)).unwrap_or(1));
            detail
                .programs
                .iter()
                .filter_map(|line| {
                    Some(Part { key: line.key.clone(), name: line.name.clone(), score: line.value?, weight })
                })
                .collect()
        }
    }
}

fn signed_tenths(tenths: i64) -> String {
    let sign = match tenths {
        0 => "",
        up if up > 0 => "+",
        _ => "-",
    };
    format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10)
}

/// What to collect next for a program, what would help most first. Empty when nothing is missing.
pub(super) fn missing(detail: &ProgramDetail, registered: Option<&Program>, definition: &Definition) -> Vec<String> {
    let mut lines: Vec<(f64, String)> = Vec::new();
    let total = definition.total_weight();
    for category in definition.counted_categories() {
        let of_category: Vec<&MeasureLine> = detail
            .measures
            .iter()
            .filter(|measure| measure.category == category && measure.source_kind != SourceKind::Inside)
            .collect();
        let has_data = of_category.iter().any(|measure| measure.effective_weight > 0.0);
        let weight = definition.weight(category) / total;
        if of_category.is_empty() {
            lines.push((
                weight,
                format!(
                    "{category} ({} of the weight): nothing is registered; `/measure add` registers a measure",
                    percent(weight)
                ),
            ));
            continue;
        }
        for measure in of_category.iter().filter(|measure| measure.score.is_none()) {
            let what = registered
                .and_then(|program| program.measure(&measure.key))
                .map_or_else(String::new, |measure| how_to_collect(&measure.instrument));
            let gain = if has_data { 0.0 } else { weight };
            let why = match measure.too_few {
                Some(needed) => format!("needs at least {needed} answers"),
                None => "has no figure".into(),
            };
            let whole_category = if has_data {
                String::new()
            } else {
                format!(", and with it all of {category} ({} of the weight)", percent(weight))
            };
            lines.push((gain, format!("{} {why}{whole_category}{what}", measure.name)));
        }
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    lines.into_iter().map(|(_, line)| line).collect()
}

fn how_to_collect(instrument: &Instrument) -> String {
    match instrument {
        Instrument::Scale { options, .. } => format!(": a question with {options} options, by survey or pulse"),
        Instrument::Value { unit, .. } => format!(": from records, in {unit}"),
    }
}

/// What is missing, program by program.
pub(super) fn missing_post(quarter: Quarter, programs: Vec<(String, bool, Vec<String>)>) -> Post {
    let mut lines = Vec::new();
    for (name, counts, missing) in programs {
        let state = if counts { "has a score" } else { "has no score" };
        if missing.is_empty() {
            lines.push(format!("**{name}** {state}; nothing is missing."));
        } else {
            lines.push(format!("**{name}** {state}; what would help most first:"));
            lines.extend(missing.into_iter().map(|line| format!("• {line}")));
        }
    }
    let text = cut(lines, MOST_CARD_CHARS);
    Post::default().with_card(
        Card::new(format!("What to collect next, {}", quarter.words()), text)
            .with_footer("Figures come in by /measure record, by file or by a pulse on a program"),
    )
}

/// As many lines as fit, and a word that there are more.
pub(super) fn cut(lines: Vec<String>, most_chars: usize) -> String {
    let mut used = 0;
    let total = lines.len();
    let mut kept = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        used += line.chars().count() + 1;
        if used > most_chars - 24 {
            kept.push(format!("… and {} more lines", total - index));
            break;
        }
        kept.push(line);
    }
    kept.join("\n")
}
