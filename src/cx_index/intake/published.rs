//! The published quarterly file: one row a survey, up to eleven questions with counts at each of five points.
//!
//! Question order is conventional, so a question is known by its text. Ten-point questions folded into five boxes are left out, and so
//! is a question whose published mean is not the mean of its counts.

use std::collections::HashMap;
use std::io::Read;

use super::super::model::points::real;
use super::super::observation::{Found, Observation};
use super::super::pulses::plain_words;
use super::map::measure_for;
use super::{
    Format, ImportRefusal, Inventory, Map, Parsed, Problems, Reported, Table, check_quarter, short, whole_number,
};
use crate::calendar::Quarter;
use crate::programs::{Instrument, Program};

const MOST_QUESTIONS: usize = 11;
/// Published means have two decimals.
const MEAN_SLACK: f64 = 0.005_000_1;
const NEEDED: [&str; 9] = [
    "id",
    "attributes_service_provider_name",
    "attributes_collection_year",
    "attributes_collection_quarter",
    "attributes_service_provided",
    "attributes_channel",
    "attributes_volume_of_customers",
    "attributes_q1_text",
    "attributes_q1_1",
];

/// The columns of one question.
struct Columns {
    number: usize,
    text: usize,
    counts: [usize; 5],
    mean: Option<usize>,
}

pub(super) fn parse(
    file: &str,
    reader: impl Read,
    inventory: Inventory<'_>,
    map: &Map,
) -> Result<Parsed, ImportRefusal> {
    let mut problems = Problems::default();
    let mut observations = Vec::new();
    let mut rows = 0;
    let sha256 = read(reader, inventory, map, &mut problems, &mut observations, &mut rows).unwrap_or_default();
    let left_out = problems.finish(file)?;
    Ok(Parsed { observations, rows, left_out, sha256 })
}

fn read(
    reader: impl Read,
    inventory: Inventory<'_>,
    map: &Map,
    problems: &mut Problems,
    observations: &mut Vec<Observation>,
    rows: &mut u64,
) -> Result<String, Reported> {
    let mut table = Table::open(Format::A11Published, reader, &NEEDED, problems)?;
    let questions: Vec<Columns> = (1..=MOST_QUESTIONS)
        .map_while(|number| {
            let column = |part: &str| table.column(&format!("attributes_q{number}_{part}"));
            let counts = [column("1")?, column("2")?, column("3")?, column("4")?, column("5")?];
            Some(Columns { number, text: column("text")?, counts, mean: column("point_scale") })
        })
        .collect();
    let mut seen: HashMap<(String, String, String, Quarter), u64> = HashMap::new();
    while table.next(problems)? {
        *rows += 1;
        let line = table.line;
        let provider = table.get("attributes_service_provider_name").to_owned();
        let service = table.get("attributes_service_provided").to_owned();
        let file_channel = table.get("attributes_channel").to_owned();
        let (year, number) = (table.get("attributes_collection_year"), table.get("attributes_collection_quarter"));
        let quarter = whole_number(year)
            .and_then(|year| i32::try_from(year).ok())
            .zip(whole_number(number).and_then(|number| u8::try_from(number).ok()))
            .and_then(|(year, number)| Quarter::new(year, number));
        let Some(quarter) = quarter else {
            let said = format!("\"{} {}\" is not a fiscal year and quarter", short(year), short(number));
            problems.report(line, "attributes_collection_quarter", said);
            continue;
        };
        let Some(survey) = map.survey(&provider, &service, &file_channel) else {
            problems.leave_out(line, format!("no program is mapped to {provider}: {service}"));
            continue;
        };
        let Some(program) = inventory.programs.iter().find(|program| program.key == survey.program) else {
            problems.leave_out(line, format!("{} is not a registered program", survey.program));
            continue;
        };
        if let Err(why) = check_quarter(inventory, program, quarter) {
            problems.leave_out(line, why);
            continue;
        }
        let volume = table.get("attributes_volume_of_customers");
        let population = match volume {
            "" => None,
            text => {
                if let Some(volume) = whole_number(text) {
                    Some(volume).filter(|volume| *volume > 0)
                } else {
                    let said = format!("\"{}\" is not a count", short(text));
                    problems.report(line, "attributes_volume_of_customers", said);
                    continue;
                }
            }
        };
        let row = Row {
            id: table.get("id").to_owned(),
            line,
            program,
            quarter,
            channel: survey.channel.clone().unwrap_or_else(|| match file_channel.to_lowercase() {
                empty if empty.is_empty() => "all".into(),
                channel => channel,
            }),
            source_id: survey.source.clone().unwrap_or_else(|| format!("{}-survey", program.key)),
            population,
        };
        for columns in &questions {
            if let Ok(Some(observation)) = question(&table, &row, columns, &survey.questions, problems) {
                let key = (row.program.key.clone(), observation.measure.clone(), row.channel.clone(), quarter);
                if let Some(first) = seen.insert(key, line) {
                    problems.leave_out(line, format!("the same question, channel and quarter as in row {first}"));
                } else {
                    observations.push(observation);
                }
            }
        }
    }
    if *rows == 0 && problems.none() {
        return Err(problems.report(2, "", "the file has a header and no rows"));
    }
    Ok(table.sha256())
}

struct Row<'a> {
    id: String,
    line: u64,
    program: &'a Program,
    quarter: Quarter,
    channel: String,
    source_id: String,
    population: Option<u64>,
}

fn question<R: Read>(
    table: &Table<R>,
    row: &Row<'_>,
    columns: &Columns,
    mapped: &std::collections::BTreeMap<String, String>,
    problems: &mut Problems,
) -> Result<Option<Observation>, Reported> {
    let text = table.at(columns.text);
    let mut counts = Vec::with_capacity(5);
    for (point, index) in columns.counts.iter().enumerate() {
        match table.at(*index) {
            "" => counts.push(0),
            cell => {
                let count = whole_number(cell).ok_or_else(|| {
                    let column = format!("attributes_q{}_{}", columns.number, point + 1);
                    problems.report(row.line, &column, format!("\"{}\" is not a count", short(cell)))
                })?;
                counts.push(count);
            }
        }
    }
    let answers: u64 = counts.iter().sum();
    let key = &row.program.key;
    if text.is_empty() || answers == 0 {
        if answers > 0 {
            problems.leave_out(row.line, format!("{key}: answers to a question without a text"));
        }
        return Ok(None);
    }
    if is_ten_point(text) {
        problems.leave_out(row.line, format!("{key}: ten-point answers folded into five boxes"));
        return Ok(None);
    }
    let Some(measure) = measure_for(row.program, mapped, text) else {
        problems.leave_out(row.line, format!("{key}: no measure asks \"{}\"", short(text)));
        return Ok(None);
    };
    if measure.instrument != (Instrument::Scale { options: 5, reversed: false }) {
        problems.leave_out(row.line, format!("{key}: {} is not a five-point question", measure.key));
        return Ok(None);
    }
    if let Some(published) = columns.mean.map(|index| table.at(index)).filter(|mean| !mean.is_empty()) {
        let mean = mean_of_codes(&counts);
        let agrees = published.parse::<f64>().is_ok_and(|published| (published - mean).abs() <= MEAN_SLACK);
        if !agrees {
            problems.leave_out(
                row.line,
                format!(
                    "{key}: the published mean of {} is {} and its counts give {mean:.2}",
                    measure.key,
                    short(published)
                ),
            );
            return Ok(None);
        }
    }
    if row.population.is_some_and(|population| population < answers) {
        problems.leave_out(row.line, format!("{key}: more answers than customers"));
        return Ok(None);
    }
    Ok(Some(Observation {
        program: key.clone(),
        measure: measure.key.clone(),
        channel: row.channel.clone(),
        quarter: row.quarter,
        source_id: row.source_id.clone(),
        found: Found::Counts(counts),
        population: row.population,
        note: format!("published under OMB A-11 Section 280; survey row {}; question {}", row.id, columns.number),
        demonstration: false,
    }))
}

/// The mean of the codes 1 to 5, as the file publishes it.
pub(super) fn mean_of_codes(counts: &[u64]) -> f64 {
    let answers: u64 = counts.iter().sum();
    let sum: f64 = (1_u64..).zip(counts).map(|(code, count)| real(code) * real(*count)).sum();
    sum / real(answers)
}

fn is_ten_point(text: &str) -> bool {
    let words = plain_words(text).replace(['"', '\''], "");
    ["10-point", "10 point", "ten-point", "ten point", "1 to 10", "1-10", "0 to 10", "1 through 10"]
        .iter()
        .any(|sign| words.contains(sign))
}
