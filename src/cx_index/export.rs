//! Taking scores and figures out, in columns that stay as they are.
//!
//! The same data give the same bytes: nothing of the moment of export is in a file, rows stand in a fixed order. A cell that a
//! spreadsheet would run as a formula is guarded with an apostrophe. Figures come out in the tidy format, so they can be imported again;
//! counts of pulses are not among them, because they may only be shown as far as the pulse promised.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::DateTime;
use serde_json::{Value, json};

use super::brief::talking_points;
use super::model::words::{in_words, one_decimal};
use super::observation::{Found, Observation};
use super::record::{Comparison, Detail, Record, Scope};
use super::tidy::{COLUMNS, escape_cell};
use super::{message, publication, store};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::programs::{self, Audience, Instrument, Program};
use crate::services::Services;
use crate::stories;

/// Which scores are wanted; everything when nothing is named.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One audience's index and programs.
    pub audience: Option<Audience>,
    /// One program, by its key.
    pub program: Option<String>,
    /// One quarter.
    pub period: Option<Quarter>,
}

/// The columns of exported scores, in order; README says what each holds.
pub const SCORE_COLUMNS: [&str; 22] = [
    "scope",
    "audience",
    "program",
    "name",
    "period",
    "revision",
    "score",
    "standard_error",
    "degrees_of_freedom",
    "low",
    "high",
    "words",
    "coverage",
    "people",
    "counted",
    "registered",
    "change_like_for_like",
    "change_p",
    "demonstration",
    "definition",
    "definition_sha256",
    "inputs_sha256",
];

/// A file ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The wanted scores as they are shown, in order of quarter and scope.
pub async fn scores(services: &Services, wanted: &Wanted) -> Result<Vec<Record>> {
    let wanted = wanted.clone();
    services
        .store
        .read(|tx| {
            Box::pin(async move {
                let mut quarters = match wanted.period {
                    Some(quarter) => vec![quarter],
                    None => store::list_scored_quarters(tx, i64::MAX).await?,
                };
                quarters.sort_unstable();
                let mut found = Vec::new();
                let all = programs::list(tx).await?;
                for quarter in quarters {
                    let records = store::list_scores(tx, quarter, false).await?;
                    found.extend(records.into_iter().filter(|record| fits(record, &wanted, &all)));
                }
                Ok(found)
            })
        })
        .await
}

fn fits(record: &Record, wanted: &Wanted, programs: &[Program]) -> bool {
    let audience = audience_of(record, programs);
    let program = match &record.scope {
        Scope::Program(key) => Some(key),
        Scope::Audience(_) => None,
    };
    wanted.audience.is_none_or(|wanted| audience == Some(wanted))
        && wanted.program.as_ref().is_none_or(|wanted| program == Some(wanted))
}

fn audience_of(record: &Record, programs: &[Program]) -> Option<Audience> {
    match &record.scope {
        Scope::Audience(audience) => Some(*audience),
        Scope::Program(key) => programs.iter().find(|program| program.key == *key).map(|program| program.audience),
    }
}

fn cells(record: &Record, programs: &[Program]) -> Vec<Value> {
    let (name, counted, registered, comparison, demonstration) = match &record.detail {
        Detail::Audience(detail) => (
            record.scope.to_string(),
            json!(detail.counted),
            json!(detail.registered),
            &detail.comparison,
            detail.programs.iter().any(|line| line.demonstration),
        ),
        Detail::Program(detail) => {
            (detail.line.name.clone(), Value::Null, Value::Null, &detail.comparison, detail.line.demonstration)
        }
    };
    let (change, p) = match comparison {
        Comparison::LikeForLike { points, p, .. } => (json!(points), json!(p)),
        Comparison::NothingBefore | Comparison::NothingInCommon => (Value::Null, Value::Null),
    };
    let program = match &record.scope {
        Scope::Program(key) => json!(key),
        Scope::Audience(_) => Value::Null,
    };
    let scope = if program.is_null() { "index" } else { "program" };
    let score = record.score;
    vec![
        json!(scope),
        json!(audience_of(record, programs).map(Audience::key)),
        program,
        json!(name),
        json!(record.quarter.to_string()),
        json!(record.revision),
        json!(score.map(|score| score.value)),
        json!(score.map(|score| score.standard_error)),
        json!(score.and_then(|score| score.degrees_of_freedom)),
        json!(score.map(|score| score.range.low)),
        json!(score.map(|score| score.range.high)),
        json!(score.map(|score| in_words(score.value))),
        json!(record.coverage),
        json!(record.people),
        counted,
        registered,
        change,
        p,
        json!(demonstration),
        json!(record.definition_id),
        json!(record.definition_hash),
        json!(record.input_hash),
    ]
}

async fn inventory(services: &Services) -> Result<Vec<Program>> {
    services.store.read(|tx| Box::pin(programs::list(tx))).await
}

/// Scores as JSON: a list of objects with [`SCORE_COLUMNS`] as keys, in order. What has no value is `null`, never zero.
pub async fn scores_json(services: &Services, wanted: &Wanted) -> Result<String> {
    let programs = inventory(services).await?;
    let records = scores(services, wanted).await?;
    let mut text = String::from("[");
    for (index, record) in records.iter().enumerate() {
        let members: Vec<String> = SCORE_COLUMNS
            .iter()
            .zip(cells(record, &programs))
            .map(|(column, cell)| format!("    \"{column}\": {cell}"))
            .collect();
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        let _ = write!(text, "  {{\n{}\n  }}", members.join(",\n"));
    }
    text.push_str(if records.is_empty() { "]\n" } else { "\n]\n" });
    Ok(text)
}

/// Scores as CSV with the header [`SCORE_COLUMNS`]. What has no value is empty, never zero.
pub async fn scores_csv(services: &Services, wanted: &Wanted) -> Result<Vec<u8>> {
    let programs = inventory(services).await?;
    let records = scores(services, wanted).await?;
    let rows = records.iter().map(|record| cells(record, &programs).into_iter().map(plain).collect());
    write_csv(&SCORE_COLUMNS, rows)
}

fn plain(cell: Value) -> String {
    match cell {
        Value::Null => String::new(),
        // A negative number is not a formula.
        Value::Number(number) => number.to_string(),
        Value::String(text) => escape_cell(&text),
        other => other.to_string(),
    }
}

fn write_csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(header).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// Imported and typed figures in the tidy format, in force, in order of program, measure, quarter and channel.
pub async fn figures_csv(services: &Services, wanted: &Wanted) -> Result<Vec<u8>> {
    let period = wanted.period;
    let (programs, observations) = services
        .store
        .read(|tx| {
            Box::pin(async move {
                let mut quarters = store::list_scored_quarters(tx, i64::MAX).await?;
                quarters.sort_unstable();
                let range = period.map(|one| (one, one)).or_else(|| Some((*quarters.first()?, *quarters.last()?)));
                let found = match range {
                    Some((first, last)) => store::list_observations(tx, first, last).await?,
                    None => Vec::new(),
                };
                Ok((programs::list(tx).await?, found))
            })
        })
        .await?;
    let rows = observations.iter().filter_map(|observation| {
        let program = programs.iter().find(|program| program.key == observation.program)?;
        let kept = wanted.audience.is_none_or(|audience| audience == program.audience)
            && wanted.program.as_ref().is_none_or(|key| *key == program.key);
        if kept { figure_row(program, observation) } else { None }
    });
    write_csv(&COLUMNS, rows.collect::<Vec<_>>().into_iter())
}

fn figure_row(program: &Program, observation: &Observation) -> Option<Vec<String>> {
    let measure = program.measure(&observation.measure)?;
    let mut row: BTreeMap<&str, String> = BTreeMap::new();
    row.insert("program", program.key.clone());
    row.insert("audience", program.audience.key().into());
    row.insert("category", measure.category.key().into());
    row.insert("measure", measure.key.clone());
    row.insert("source_kind", measure.source_kind.key().into());
    row.insert("source_id", escape_cell(&observation.source_id));
    row.insert("channel", escape_cell(&observation.channel));
    row.insert("period", observation.quarter.to_string());
    row.insert("kind", observation.found.kind().into());
    if let Some(population) = observation.population {
        row.insert("population", population.to_string());
    }
    let reversed = matches!(measure.instrument, Instrument::Scale { reversed: true, .. });
    let mut note = observation.note.clone();
    match &observation.found {
        Found::Counts(counts) => {
            let mut counts = counts.clone();
            if reversed {
                counts.reverse();
            }
            for (column, count) in COLUMNS[9..20].iter().zip(&counts) {
                row.insert(column, count.to_string());
            }
        }
        Found::Share { percent, n } => {
            row.insert("value", percent.to_string());
            row.insert("n", n.to_string());
        }
        Found::Mean { points, deviation, n } => {
            let Instrument::Scale { options, .. } = measure.instrument else { return None };
            let steps = f64::from(options - 1);
            let points = if reversed { 100.0 - points } else { *points };
            row.insert("value", (1.0 + points / 100.0 * steps).to_string());
            row.insert("sd", (deviation / 100.0 * steps).to_string());
            row.insert("n", n.to_string());
            if !note.contains("scale ") {
                note = format!("scale 1-{options} {note}");
            }
        }
        // The anchors stay out: when they have moved since, the import would rightly refuse the old ones.
        Found::Value { value, .. } => {
            row.insert("value", value.to_string());
        }
    }
    row.insert("note", escape_cell(&note));
    Some(COLUMNS.iter().map(|column| row.remove(column).unwrap_or_default()).collect())
}

/// Everything about one quarter: scores as CSV and JSON, its figures, a plain brief, and a list of hashes. Built twice from the same data
/// it is the same, byte for byte. With a server, its brief also quotes the stories of that server's round that stand published now.
///
/// # Errors
/// A sentence, when the quarter has no scores.
pub async fn quarter_pack(services: &Services, guild: Option<GuildId>, quarter: Quarter) -> Result<Vec<OutFile>> {
    let wanted = Wanted { period: Some(quarter), ..Wanted::default() };
    let records = scores(services, &wanted).await?;
    if records.is_empty() {
        return Err(Error::refused(format!("There is no data for {quarter}, so there is nothing to pack.")));
    }
    let stage = services.store.read(|tx| Box::pin(publication::store::find_stage(tx, quarter))).await?;
    let mut state = match &stage.edition {
        Some(edition) if edition.reason.is_empty() => format!("Published, edition {}.", edition.number),
        Some(edition) => format!("Published, edition {}. Correction: {}", edition.number, edition.reason),
        None => "Draft: not published yet.".into(),
    };
    if stage.edition.as_ref().is_some_and(|edition| edition.alone) {
        state.push_str(" Reviewed and published by the same person, the only lead.");
    }
    let name = |part: &str| format!("cx-index-{quarter}-{part}");
    let mut brief = format!("CX index, {}\n{state}\n\n", quarter.words());
    for point in talking_points(quarter, &records) {
        let _ = writeln!(brief, "- {point}");
    }
    if let Some(guild) = guild {
        let told = services.store.read(move |tx| Box::pin(stories::list_told(tx, guild, quarter))).await?;
        if !told.is_empty() {
            brief.push_str("\nStories to tell, published with consent\n");
        }
        for story in told {
            let _ = writeln!(brief, "- {}", story.as_talking_point());
        }
    }
    brief.push_str("\nPrograms\n");
    for record in &records {
        if let (Scope::Program(_), Detail::Program(detail)) = (&record.scope, &record.detail) {
            let told = record.score.map_or_else(
                || "not enough data".to_owned(),
                |score| {
                    format!(
                        "{} ({} to {})",
                        one_decimal(score.value),
                        one_decimal(score.range.low),
                        one_decimal(score.range.high)
                    )
                },
            );
            let made_up = if detail.line.demonstration { " (demonstration figures)" } else { "" };
            let _ = writeln!(brief, "- {}{made_up}: {told}", detail.line.name);
        }
    }
    let mut ids: Vec<&str> = records.iter().map(|record| record.definition_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let _ = writeln!(brief, "\n0 to 100 points; range: 95 %. Definition {}.", ids.join(", "));
    let mut files = vec![
        OutFile { name: name("brief.txt"), bytes: brief.into_bytes() },
        OutFile { name: name("figures.csv"), bytes: figures_csv(services, &wanted).await? },
        OutFile { name: name("scores.csv"), bytes: scores_csv(services, &wanted).await? },
        OutFile { name: name("scores.json"), bytes: scores_json(services, &wanted).await?.into_bytes() },
    ];
    let mut hashes = String::new();
    for file in &files {
        let _ = writeln!(hashes, "{}  {}", hash_of_bytes(&file.bytes), file.name);
    }
    files.push(OutFile { name: "SHA256SUMS".into(), bytes: hashes.into_bytes() });
    Ok(files)
}

fn hash_of_bytes(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    super::model::definition::hex(&Sha256::digest(bytes))
}

/// What `/index` says, as plain text for the command line.
pub async fn indexes_in_words(services: &Services, wanted: &Wanted) -> Result<String> {
    let current = Quarter::at(services.clock.now(), services.settings.time.zone);
    let quarter = wanted.period.unwrap_or(current);
    let records = scores(services, &Wanted { period: Some(quarter), ..wanted.clone() }).await?;
    if records.is_empty() {
        let newest = services.store.read(|tx| Box::pin(store::list_quarters_with_an_index(tx, 1))).await?;
        return Ok(message::no_data(quarter, newest.first().copied()).as_text());
    }
    let asked = records.clone();
    let breaks = services.store.read(|tx| Box::pin(async move { super::bridge::breaks(tx, &asked).await })).await?;
    if wanted.program.is_some() {
        let posts = records.iter().filter_map(|record| match &record.detail {
            Detail::Program(detail) => Some(super::views::program(record, detail, &breaks).as_text()),
            Detail::Audience(_) => None,
        });
        return Ok(for_a_terminal(&posts.collect::<Vec<_>>().join("\n\n")));
    }
    let mut indexes: Vec<Record> =
        records.into_iter().filter(|record| matches!(record.scope, Scope::Audience(_))).collect();
    indexes.sort_by(|one, other| one.scope.cmp(&other.scope));
    Ok(for_a_terminal(&message::both_indexes(quarter, current, &indexes, &breaks).as_text()))
}

/// Without what only Discord understands: its times become days (UTC), its bold stars go.
fn for_a_terminal(text: &str) -> String {
    let mut parts = text.split("<t:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let day = part.split_once('>').and_then(|(time, rest)| {
            let seconds = time.split(':').next()?.parse().ok()?;
            Some((DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%d"), rest))
        });
        let _ = match day {
            Some((day, rest)) => write!(out, "{day}{rest}"),
            None => write!(out, "<t:{part}"),
        };
    }
    out.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_reads_days_and_no_stars() {
        assert_eq!(for_a_terminal("**3 of 3** as of <t:1795442400:D>."), "3 of 3 as of 2026-11-23.");
        assert_eq!(for_a_terminal("<t:soon> and 1 < 2"), "<t:soon> and 1 < 2");
    }
}
