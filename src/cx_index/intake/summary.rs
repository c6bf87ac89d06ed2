//! A survey's summary: one row a question, counts at each of five points. The older A-11 submission.

use std::collections::HashMap;
use std::io::Read;

use chrono::NaiveDate;

use super::super::observation::{Found, Observation};
use super::map::measure_for;
use super::{
    About, Format, ImportRefusal, Inventory, Map, Parsed, Problems, Reported, Table, place, short, whole_number,
};
use crate::calendar::Quarter;
use crate::programs::Instrument;

const NEEDED: [&str; 11] = [
    "standardized_question_number",
    "standardized_question_identifier",
    "customized_question_text",
    "likert_scale_1",
    "likert_scale_2",
    "likert_scale_3",
    "likert_scale_4",
    "likert_scale_5",
    "response_volume",
    "start_date",
    "end_date",
];

pub(super) fn parse(
    file: &str,
    reader: impl Read,
    inventory: Inventory<'_>,
    about: &About,
    map: &Map,
) -> Result<Parsed, ImportRefusal> {
    let mut problems = Problems::default();
    let mut observations = Vec::new();
    let mut rows = 0;
    let sha256 = read(reader, inventory, about, map, &mut problems, &mut observations, &mut rows).unwrap_or_default();
    let left_out = problems.finish(file)?;
    Ok(Parsed { observations, rows, left_out, sha256 })
}

fn read(
    reader: impl Read,
    inventory: Inventory<'_>,
    about: &About,
    map: &Map,
    problems: &mut Problems,
    observations: &mut Vec<Observation>,
    rows: &mut u64,
) -> Result<String, Reported> {
    let mut table = Table::open(Format::A11Summary, reader, &NEEDED, problems)?;
    let mut seen: HashMap<String, u64> = HashMap::new();
    while table.next(problems)? {
        *rows += 1;
        let line = table.line;
        let (Some(start), Some(end)) = (date(table.get("start_date")), date(table.get("end_date"))) else {
            problems.report(line, "start_date", "start_date and end_date must be dates such as 2026-01-31");
            continue;
        };
        let (first, last) = (Quarter::of(start), Quarter::of(end));
        if first != last {
            let said = format!("runs from {first} to {last}; a file is about one quarter");
            problems.report(line, "end_date", said);
            continue;
        }
        let (program, quarter) = place(inventory, about, Some(first), problems)?;
        let mut counts = Vec::with_capacity(5);
        for column in &NEEDED[3..8] {
            if let Some(count) = whole_number(table.get(column)) {
                counts.push(count);
            } else {
                let said = format!("\"{}\" is not a count", short(table.get(column)));
                problems.report(line, column, said);
            }
        }
        if counts.len() < 5 {
            continue;
        }
        let answers: u64 = counts.iter().sum();
        match whole_number(table.get("response_volume")) {
            Some(volume) if volume == answers => {}
            _ => {
                let said = format!("must be {answers}, the sum of the five counts; is it a ten-point scale?");
                problems.report(line, "response_volume", said);
                continue;
            }
        }
        if answers == 0 {
            problems.leave_out(line, "a question that nobody answered");
            continue;
        }
        let text = table.get("customized_question_text");
        let identifier = table.get("standardized_question_identifier");
        let by_text = measure_for(program, &map.questions, text);
        let measure = by_text.or_else(|| map.questions.get(identifier).and_then(|key| program.measure(key)));
        let Some(measure) = measure else {
            problems.leave_out(line, format!("{identifier}: no measure of {} asks \"{}\"", program.key, short(text)));
            continue;
        };
        if measure.instrument != (Instrument::Scale { options: 5, reversed: false }) {
            problems.leave_out(line, format!("{} is not a five-point question", measure.key));
            continue;
        }
        if let Some(population) = about.population
            && population < answers
        {
            problems.report(
                line,
                "response_volume",
                format!("more answers than the {population} people who could answer"),
            );
            continue;
        }
        if let Some(before) = seen.insert(measure.key.clone(), line) {
            problems.report(line, "customized_question_text", format!("is the same measure as row {before}"));
            continue;
        }
        observations.push(Observation {
            program: program.key.clone(),
            measure: measure.key.clone(),
            channel: about.channel.clone().unwrap_or_else(|| "all".into()),
            quarter,
            source_id: about.source.clone().unwrap_or_else(|| format!("{}-survey", program.key)),
            found: Found::Counts(counts),
            population: about.population,
            note: format!("A-11 summary; question {}", short(table.get("standardized_question_number"))),
            demonstration: false,
        });
    }
    if *rows == 0 && problems.none() {
        return Err(problems.report(2, "", "the file has a header and no rows"));
    }
    Ok(table.sha256())
}

fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split([' ', 'T']).next()?;
    NaiveDate::parse_from_str(day, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(day, "%m/%d/%Y")).ok()
}
