//! Reading the tidy format: one row a figure, one file all or nothing.
//!
//! Pure: bytes and the inventory go in; rows, or every problem with file, row and column, come out. Nothing is guessed. An unknown
//! program or measure is an error, never a new object; a number has a decimal point and nothing else; an empty file, a wrong header or
//! a quarter that lies ahead are told in one clear line.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::model::definition::hex;
use super::observation::{Found, Observation};
use crate::calendar::Quarter;
use crate::error::Refusal;
use crate::programs::{Instrument, Measure, Program, SourceKind};

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
const OPTION_COLUMNS: [&str; 11] = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11"];
const MOST_TEXT_CHARS: usize = 300;
const LARGEST_COUNT: u64 = 1_000_000_000_000;

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

/// One row with its place, so that cells can be asked for by name.
struct Cells<'row> {
    line: u64,
    record: &'row csv::StringRecord,
}

/// A problem has been reported; the row is given up.
struct Reported;

impl<'a> Parser<'a> {
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

    fn row(&mut self, cells: &Cells<'_>) -> Result<Observation, Reported> {
        for column in ["source_id", "channel", "note"] {
            let text = cells.get(column);
            if looks_like_formula(text) {
                return Err(self.report(
                    cells.line,
                    column,
                    "starts like a spreadsheet formula (= + - @). Put an apostrophe before it",
                ));
            }
            if text.chars().count() > MOST_TEXT_CHARS || text.contains(['\n', '\r']) {
                return Err(self.report(
                    cells.line,
                    column,
                    format!("must be one line of at most {MOST_TEXT_CHARS} characters"),
                ));
            }
        }
        let (program, measure) = self.measure(cells)?;
        let quarter = self.quarter(cells)?;
        if !program.is_registered_in(quarter) {
            return Err(self.report(cells.line, "period", format!("{} is not registered in {quarter}", program.key)));
        }
        let source_id = cells.text("source_id");
        if source_id.is_empty() && measure.source_kind != SourceKind::Operational {
            return Err(self.report(
                cells.line,
                "source_id",
                "is empty. Name the survey: answers of one survey come from the same people",
            ));
        }
        let channel = match cells.text("channel").to_lowercase() {
            empty if empty.is_empty() => "all".to_owned(),
            channel => channel,
        };
        let found = self.found(cells, measure)?;
        let population = self.count(cells, "population")?;
        if let (Some(population), Some(n)) = (population, found.n())
            && population < n
        {
            return Err(self.report(
                cells.line,
                "population",
                format!("is {population}, fewer than the {n} people who answered"),
            ));
        }
        if matches!(found, Found::Value { .. }) && channel != "all" {
            return Err(self.report(cells.line, "channel", "must be \"all\" for an operational figure"));
        }
        let key = (program.key.clone(), measure.key.clone(), channel.clone(), quarter);
        if let Some(first) = self.seen.insert(key, cells.line) {
            return Err(self.report(cells.line, "", format!("is the same measure, channel and period as row {first}")));
        }
        let source = self
            .sources
            .entry((program.key.clone(), measure.key.clone(), quarter))
            .or_insert_with(|| source_id.clone());
        if *source != source_id {
            let expected = format!("must be \"{source}\" as in this measure's other channels: one measure, one survey");
            return Err(self.report(cells.line, "source_id", expected));
        }
        let note = cells.text("note");
        Ok(Observation {
            program: program.key.clone(),
            measure: measure.key.clone(),
            channel,
            quarter,
            source_id,
            found,
            population,
            demonstration: note.to_lowercase().starts_with("demonstration figure"),
            note,
        })
    }

    fn measure(&mut self, cells: &Cells<'_>) -> Result<(&'a Program, &'a Measure), Reported> {
        let programs: &'a [Program] = self.inventory.programs;
        let key = cells.text("program");
        let Some(program) = programs.iter().find(|program| program.key == key) else {
            let known = programs.iter().map(|program| program.key.as_str()).collect::<Vec<_>>().join(", ");
            return Err(self.report(
                cells.line,
                "program",
                format!("\"{}\" is not a registered program. Registered: {known}", short(&key)),
            ));
        };
        let key = cells.text("measure");
        let Some(measure) = program.measure(&key) else {
            let known = program.measures.iter().map(|measure| measure.key.as_str()).collect::<Vec<_>>().join(", ");
            let expected = format!("\"{}\" is not a measure of {}. It has: {known}", short(&key), program.key);
            return Err(self.report(cells.line, "measure", expected));
        };
        for (column, registered) in [
            ("audience", program.audience.key()),
            ("category", measure.category.key()),
            ("source_kind", measure.source_kind.key()),
        ] {
            if cells.text(column).to_lowercase() != registered {
                let expected = format!("must be \"{registered}\", as {}/{} is registered", program.key, measure.key);
                return Err(self.report(cells.line, column, expected));
            }
        }
        Ok((program, measure))
    }

    fn quarter(&mut self, cells: &Cells<'_>) -> Result<Quarter, Reported> {
        let text = cells.text("period");
        // The file format has one way to write a quarter; what people type elsewhere is forgiven more.
        let quarter = text.parse::<Quarter>().ok().filter(|quarter| quarter.to_string() == text);
        let Some(quarter) = quarter else {
            let expected = format!("\"{}\" is not a federal fiscal quarter. Write it like FY2026Q1", short(&text));
            return Err(self.report(cells.line, "period", expected));
        };
        let Inventory { earliest, latest, .. } = self.inventory;
        if quarter > latest {
            return Err(self.report(
                cells.line,
                "period",
                format!("{quarter} lies ahead; the current quarter is {latest}"),
            ));
        }
        if quarter < earliest {
            let expected = format!("{quarter} lies before {earliest}, the first quarter that the index is defined for");
            return Err(self.report(cells.line, "period", expected));
        }
        Ok(quarter)
    }

    fn found(&mut self, cells: &Cells<'_>, measure: &Measure) -> Result<Found, Reported> {
        let kind = cells.text("kind").to_lowercase();
        let found = match (kind.as_str(), &measure.instrument) {
            ("value", Instrument::Value { worst, target, best, .. }) => self.value(cells, *worst, *target, *best)?,
            ("counts", Instrument::Scale { options, reversed }) => {
                self.counts(cells, usize::from(*options), *reversed)?
            }
            ("share", Instrument::Scale { options: 2, .. }) => self.share(cells)?,
            ("share", Instrument::Scale { options, .. }) => {
                let expected = format!(
                    "a share fits yes/no measures only and {} has {options} options. Register a yes/no measure for the published share",
                    measure.key
                );
                return Err(self.report(cells.line, "kind", expected));
            }
            ("mean", Instrument::Scale { options, reversed }) => self.mean(cells, *options, *reversed)?,
            ("counts" | "mean", Instrument::Value { .. }) | ("share", Instrument::Value { .. }) => {
                return Err(self.report(
                    cells.line,
                    "kind",
                    format!("must be \"value\": {} is operational", measure.key),
                ));
            }
            ("value", Instrument::Scale { .. }) => {
                return Err(self.report(
                    cells.line,
                    "kind",
                    format!("must be counts, share or mean: {} is a question", measure.key),
                ));
            }
            _ => return Err(self.report(cells.line, "kind", "must be counts, share, mean or value")),
        };
        self.nothing_else(cells, kind.as_str())?;
        Ok(found)
    }

    fn counts(&mut self, cells: &Cells<'_>, options: usize, reversed: bool) -> Result<Found, Reported> {
        let mut counts = Vec::with_capacity(options);
        for (index, column) in OPTION_COLUMNS.iter().enumerate() {
            let count = self.count(cells, column)?;
            match count {
                Some(count) if index < options => counts.push(count),
                None if index < options => {
                    let expected =
                        format!("is empty; this measure has {options} options. Write 0 for one that nobody chose");
                    return Err(self.report(cells.line, column, expected));
                }
                Some(_) => {
                    let expected =
                        format!("must be empty: this measure has {options} options. Was another scale used?");
                    return Err(self.report(cells.line, column, expected));
                }
                None => {}
            }
        }
        let sum: u64 = counts.iter().sum();
        if let Some(n) = self.count(cells, "n")?
            && n != sum
        {
            return Err(self.report(cells.line, "n", format!("is {n}, but the options add up to {sum}")));
        }
        if reversed {
            counts.reverse();
        }
        Ok(Found::Counts(counts))
    }

    fn share(&mut self, cells: &Cells<'_>) -> Result<Found, Reported> {
        let percent = self.number(cells, "value")?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(self.report(cells.line, "value", "must be a percentage from 0 to 100"));
        }
        Ok(Found::Share { percent, n: self.answers(cells)? })
    }

    fn mean(&mut self, cells: &Cells<'_>, options: u8, reversed: bool) -> Result<Found, Reported> {
        let (low, high) = self.scale_in_note(cells, options)?;
        let (mean, deviation) = (self.number(cells, "value")?, self.number(cells, "sd")?);
        if !(low..=high).contains(&mean) {
            return Err(self.report(cells.line, "value", format!("must lie on the scale from {low} to {high}")));
        }
        if !(0.0..=(high - low)).contains(&deviation) {
            return Err(self.report(cells.line, "sd", format!("must be from 0 to {}", high - low)));
        }
        let points = 100.0 * (mean - low) / (high - low);
        let points = if reversed { 100.0 - points } else { points };
        Ok(Found::Mean { points, deviation: 100.0 * deviation / (high - low), n: self.answers(cells)? })
    }

    /// A mean says nothing without its scale, which stands at the start of the note: "scale 1-5".
    fn scale_in_note(&mut self, cells: &Cells<'_>, options: u8) -> Result<(f64, f64), Reported> {
        let note = cells.text("note").to_lowercase();
        let scale = note.split_once("scale ").and_then(|(_, rest)| {
            let (low, high) = rest.split([' ', ';', ',', '.']).next()?.split_once('-')?;
            Some((low.parse::<u8>().ok()?, high.parse::<u8>().ok()?))
        });
        match scale {
            Some((low, high)) if high > low && high - low + 1 == options => Ok((f64::from(low), f64::from(high))),
            _ => {
                let expected = format!(
                    "must name the scale of the mean with {options} options, for example \"scale 1-{options}\""
                );
                Err(self.report(cells.line, "note", expected))
            }
        }
    }

    fn value(&mut self, cells: &Cells<'_>, worst: f64, target: f64, best: Option<f64>) -> Result<Found, Reported> {
        let value = self.number(cells, "value")?;
        for (column, registered) in [("worst", Some(worst)), ("target", Some(target)), ("best", best)] {
            // An anchor may be left out; written, it must be the registered one. The parsed texts are compared, not a computation.
            if !cells.get(column).is_empty() && Some(self.number(cells, column)?) != registered {
                let registered = registered.map_or_else(|| "empty".to_owned(), |anchor| anchor.to_string());
                return Err(self.report(
                    cells.line,
                    column,
                    format!("differs from the registered anchor, {registered}"),
                ));
            }
        }
        Ok(Found::Value { value, worst, target, best })
    }

    /// Cells that do not belong to this kind of figure must be empty: a figure in the wrong column is a slip, not a comment.
    fn nothing_else(&mut self, cells: &Cells<'_>, kind: &str) -> Result<(), Reported> {
        let foreign: &[&str] = match kind {
            "counts" => &["value", "sd", "worst", "target", "best"],
            "share" => &["sd", "worst", "target", "best"],
            "mean" => &["worst", "target", "best"],
            _ => &["sd", "n"],
        };
        let options: &[&str] = if kind == "counts" { &[] } else { &OPTION_COLUMNS };
        match foreign.iter().chain(options).find(|column| !cells.get(column).is_empty()) {
            Some(column) => Err(self.report(cells.line, column, format!("must be empty for a figure of kind {kind}"))),
            None => Ok(()),
        }
    }

    fn answers(&mut self, cells: &Cells<'_>) -> Result<u64, Reported> {
        match self.count(cells, "n")? {
            Some(n) => Ok(n),
            None => Err(self.report(cells.line, "n", "is empty: how many people answered?")),
        }
    }

    fn count(&mut self, cells: &Cells<'_>, column: &str) -> Result<Option<u64>, Reported> {
        let text = cells.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(count) if plain && count <= LARGEST_COUNT => Ok(Some(count)),
            _ => {
                let expected = format!("\"{}\" is not a count. Write digits only, without separators", short(text));
                Err(self.report(cells.line, column, expected))
            }
        }
    }

    fn number(&mut self, cells: &Cells<'_>, column: &str) -> Result<f64, Reported> {
        let text = cells.get(column);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.len() <= 20;
        match text.parse::<f64>() {
            Ok(number) if plain => Ok(number),
            _ if text.is_empty() => Err(self.report(cells.line, column, "is empty; this kind of figure needs it")),
            _ => {
                let expected = format!(
                    "\"{}\" is not a number. Write it with a decimal point and nothing else: 1234.5",
                    short(text)
                );
                Err(self.report(cells.line, column, expected))
            }
        }
    }
}

impl Cells<'_> {
    /// A cell as it stands, without white space around it.
    fn get(&self, column: &str) -> &str {
        COLUMNS
            .iter()
            .position(|name| *name == column)
            .and_then(|index| self.record.get(index))
            .unwrap_or_default()
            .trim()
    }

    /// A text cell, without the apostrophe that an export put before a formula.
    fn text(&self, column: &str) -> String {
        let cell = self.get(column);
        cell.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(cell).to_owned()
    }
}

/// A cell quoted in a message, cut to a readable length.
fn short(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}
