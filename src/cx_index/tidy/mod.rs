//! Reading the tidy format: one row a figure, one file all or nothing.
//!
//! Pure: bytes and the inventory go in; rows, or every problem with file, row and column, come out. Nothing is guessed. An unknown
//! program or measure is an error, never a new object; a number has a decimal point and nothing else; an empty file, a wrong header or
//! a quarter that lies ahead are told in one clear line.

mod row;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::model::definition::hex;
use super::observation::Observation;
use crate::calendar::Quarter;
use crate::error::Refusal;
use crate::programs::Program;
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
/// More problems than this are counted, not listed.
const MOST_PROBLEMS: usize = 20;

/// A file that was understood whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// Its figures, in order of row.
    pub observations: Vec<Observation>,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// One thing that is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// Line in the file, from 1; the header is usually line 1.
    pub line: u64,
    /// The column; empty when the whole row is meant.
    pub column: String,
    /// What was expected.
    pub expected: String,
}

/// A file that was not taken, with every reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRefusal {
    /// The file's name.
    pub file: String,
    /// The first problems, in order.
    pub problems: Vec<RowProblem>,
    /// How many more there are.
    pub more: usize,
}

impl Refusal for ImportRefusal {}

impl fmt::Display for ImportRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} was not imported; nothing was changed.", self.file)?;
        let lines: Vec<String> = self
            .problems
            .iter()
            .map(|problem| {
                let column =
                    if problem.column.is_empty() { String::new() } else { format!(", column {}", problem.column) };
                format!("- row {}{column}: {}", problem.line, problem.expected)
            })
            .collect();
        f.write_str(&lines.join("\n"))?;
        if self.more > 0 {
            write!(f, "\n- and {} more", self.more)?;
        }
        Ok(())
    }
}

/// What a file is held against.
#[derive(Clone, Copy, Debug)]
pub struct Inventory<'a> {
    /// The registered programs.
    pub programs: &'a [Program],
    /// The first quarter that has a definition.
    pub earliest: Quarter,
    /// The current quarter: figures cannot come from the future.
    pub latest: Quarter,
}

/// Reads a tidy file.
///
/// # Errors
/// Every problem found, each with row and column.
pub fn parse_tidy(file: &str, reader: impl Read, inventory: Inventory<'_>) -> Result<Parsed, ImportRefusal> {
    let mut tee = Tee { inner: reader, hash: Sha256::new(), read: 0 };
    let mut parser = Parser { inventory, problems: Vec::new(), more: 0, seen: HashMap::new(), sources: HashMap::new() };
    let observations = parser.read(&mut tee);
    if parser.problems.is_empty() {
        Ok(Parsed { observations, sha256: hex(&tee.hash.finalize()) })
    } else {
        Err(ImportRefusal { file: file.to_owned(), problems: parser.problems, more: parser.more })
    }
}

/// A cell made safe for a spreadsheet: one that would be run as a formula gets an apostrophe in front. The import takes it off again.
#[must_use]
pub fn escape_cell(cell: &str) -> String {
    if looks_like_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

fn looks_like_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Hashes what passes through and stops a file that is too large to be right.
struct Tee<R> {
    inner: R,
    hash: Sha256,
    read: u64,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        if self.read > MOST_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
        }
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

struct Parser<'a> {
    inventory: Inventory<'a>,
    problems: Vec<RowProblem>,
    more: usize,
    /// (program, measure, channel, quarter) → the row that has it.
    seen: HashMap<(String, String, String, Quarter), u64>,
    /// (program, measure, quarter) → the survey that its first channel named.
    sources: HashMap<(String, String, Quarter), String>,
}

/// A problem has been reported; the row is given up.
struct Reported;

impl Parser<'_> {
    fn report(&mut self, line: u64, column: &str, expected: impl Into<String>) -> Reported {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(RowProblem { line, column: column.into(), expected: expected.into() });
        } else {
            self.more += 1;
        }
        Reported
    }

    fn read(&mut self, input: impl Read) -> Vec<Observation> {
        let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        let mut observations = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut header_seen = false;
        loop {
            match rows.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    self.unreadable(&fault);
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
                    format!("has {found} cells; {expected} are needed. Is a comma inside a text without quotes?"),
                );
                continue;
            }
            if let Ok(observation) = self.row(&Cells { line, record: &record }) {
                observations.push(observation);
            }
        }
        if !header_seen {
            self.report(1, "", format!("the file is empty. The first row must be: {}", COLUMNS.join(",")));
        } else if observations.is_empty() && self.problems.is_empty() {
            self.report(2, "", "the file has a header and no figures");
        }
        observations
    }

    fn unreadable(&mut self, fault: &csv::Error) {
        let line = fault.position().map_or(1, csv::Position::line);
        match fault.kind() {
            csv::ErrorKind::Utf8 { err, .. } => {
                let column = COLUMNS.get(err.field()).copied().unwrap_or_default();
                self.report(line, column, "is not UTF-8 text. Save the file as \"CSV UTF-8\"");
            }
            csv::ErrorKind::Io(fault) if fault.kind() == io::ErrorKind::FileTooLarge => {
                self.report(line, "", "the file is larger than 64 MB, too large for a table of quarterly figures");
            }
            _ => {
                self.report(line, "", "cannot be read. Try again, or save the file anew");
            }
        }
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
                    format!("the header has \"{instead}\" here. It must be: {}", COLUMNS.join(",")),
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
