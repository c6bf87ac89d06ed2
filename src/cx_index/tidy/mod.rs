//! Reading the tidy format: one row a figure, one file all or nothing.
//!
//! Pure: bytes and the inventory go in; rows, or every problem with file, row and column, come out. Nothing is guessed. An unknown
//! program or measure is an error, never a new object; a number has a decimal point and nothing else; an empty file, a wrong header or
//! a quarter that lies ahead are told in one clear line.

mod row;

use std::collections::HashMap;
use std::io::Read;

use super::intake::{Format, ImportRefusal, Inventory, Parsed, Problems, Reported, Source, hint};
use super::observation::Observation;
use crate::calendar::Quarter;
use row::Cells;

/// The columns, in order.
pub const COLUMNS: [&str; 28] = [
    "program",
    "audience",
    "category",
    "measure",
    "source_kind",
    "source_id",
    "channel",
    "period",
    "kind",
    "n1",
    "n2",
    "n3",
    "n4",
    "n5",
    "n6",
    "n7",
    "n8",
    "n9",
    "n10",
    "n11",
    "value",
    "sd",
    "n",
    "population",
    "worst",
    "target",
    "best",
    "note",
];

/// A file larger than this is not a table of quarterly figures.
const MOST_BYTES: u64 = 64 << 20;
/// Reads a tidy file.
///
/// # Errors
/// Every problem found, each with row and column.
pub fn parse_tidy(file: &str, reader: impl Read, inventory: Inventory<'_>) -> Result<Parsed, ImportRefusal> {
    let mut source = Source::new(reader, MOST_BYTES);
    let mut parser = Parser { inventory, problems: Problems::default(), seen: HashMap::new(), sources: HashMap::new() };
    let observations = parser.read(&mut source);
    let left_out = parser.problems.finish(file)?;
    Ok(Parsed { rows: observations.len() as u64, observations, left_out, sha256: source.sha256() })
}

/// A cell made safe for a spreadsheet: one that would be run as a formula gets an apostrophe in front. The import takes it off again.
#[must_use]
pub fn escape_cell(cell: &str) -> String {
    if looks_like_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn looks_like_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

struct Parser<'a> {
    inventory: Inventory<'a>,
    problems: Problems,
    /// (program, measure, channel, quarter) → the row that has it.
    seen: HashMap<(String, String, String, Quarter), u64>,
    /// (program, measure, quarter) → the survey that its first channel named.
    sources: HashMap<(String, String, Quarter), String>,
}

impl Parser<'_> {
    fn report(&mut self, line: u64, column: &str, expected: impl Into<String>) -> Reported {
        self.problems.report(line, column, expected)
    }

    fn read<R: Read>(&mut self, input: &mut Source<R>) -> Vec<Observation> {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        let mut observations = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut header_seen = false;
        loop {
            let read = rows.read_record(&mut record);
            rows.get_mut().record_done();
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    self.problems.unreadable(&fault, &COLUMNS, "64 MB, too large for a table of quarterly figures");
                    return observations;
                }
            }
            let line = record.position().map_or(1, csv::Position::line);
            if !header_seen {
                header_seen = true;
                if !self.header_is_right(line, &record) {
                    return observations;
                }
                continue;
            }
            if record.len() != COLUMNS.len() {
                let (found, expected) = (record.len(), COLUMNS.len());
                self.report(
                    line,
                    "",
                    format!("has {found} cells; {expected} are needed. Is a comma inside a text without quotes, or a quotation mark never closed?"),
                );
                continue;
            }
            if let Ok(observation) = self.row(&Cells { line, record: &record }) {
                observations.push(observation);
            }
        }
        if !header_seen {
            self.report(1, "", format!("the file is empty. The first row must be: {}", COLUMNS.join(",")));
        } else if observations.is_empty() && self.problems.none() {
            self.report(2, "", "the file has a header and no figures");
        }
        observations
    }

    fn header_is_right(&mut self, line: u64, record: &csv::StringRecord) -> bool {
        let found: Vec<&str> = record
            .iter()
            .enumerate()
            .map(|(index, cell)| if index == 0 { cell.trim_start_matches('\u{feff}') } else { cell }.trim())
            .collect();
        if found == COLUMNS {
            return true;
        }
        let wrong = COLUMNS.iter().enumerate().find(|(index, name)| found.get(*index) != Some(*name));
        match wrong {
            Some((index, name)) => {
                let instead = found.get(index).copied().unwrap_or_default().chars().take(40).collect::<String>();
                self.report(
                    line,
                    name,
                    format!(
                        "the header has \"{instead}\" here.{} It must be: {}",
                        hint(Format::Tidy, &found),
                        COLUMNS.join(",")
                    ),
                );
            }
            None => {
                self.report(
                    line,
                    "",
                    format!("the header has more columns than {}. It must be: {}", COLUMNS.len(), COLUMNS.join(",")),
                );
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
