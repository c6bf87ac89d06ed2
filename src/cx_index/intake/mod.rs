//! Files of figures, in every format that the index takes. One row at a time: memory is bounded by the longest row, whatever the size
//! of the file. Pure: bytes, the inventory and the options go in; figures and what was left out, or every problem with row and column,
//! come out.

mod map;
mod problems;
mod published;
mod responses;
mod source;
mod summary;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::observation::Observation;
use super::tidy::parse_tidy;
use crate::calendar::Quarter;
use crate::programs::Program;

pub use map::Map;
pub use problems::{ImportRefusal, LeftOut, RowProblem};
pub(super) use problems::{Problems, Reported};
pub(super) use source::Source;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// cxbot's own table: one row a figure.
    #[default]
    Tidy,
    /// The published quarterly file of federal services: one row a survey, counts at each point.
    A11Published,
    /// A survey's summary: one row a question, counts at each point.
    A11Summary,
    /// Touchpoints, A-11 version 2: one row a response.
    TouchpointsV2,
}

/// How the first question of a response file was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurveyType {
    /// 0 or 1.
    ThumbsUpDown,
    /// 1 to 5.
    LikertScale,
}

/// What a file of one survey does not say of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The program's key.
    pub program: Option<String>,
    /// The fiscal quarter.
    pub period: Option<Quarter>,
    /// How the first question was answered.
    pub survey_type: Option<SurveyType>,
    /// The channel; `all` when left out.
    pub channel: Option<String>,
    /// The survey's name; the program's key with `-survey` when left out.
    pub source: Option<String>,
    /// How many people could have answered.
    pub population: Option<u64>,
}

/// Told how many rows have been read, now and then.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

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

/// A file that was understood whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// Its figures, in order of row.
    pub observations: Vec<Observation>,
    /// Rows read, without the header.
    pub rows: u64,
    /// What was not taken, the most frequent reason first.
    pub left_out: Vec<LeftOut>,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Reads a file.
///
/// # Errors
/// Every problem found, each with row and column.
pub fn read(
    format: Format,
    file: &str,
    reader: impl Read,
    inventory: Inventory<'_>,
    about: &About,
    map: &Map,
    progress: Option<&Progress>,
) -> Result<Parsed, ImportRefusal> {
    match format {
        Format::Tidy => parse_tidy(file, reader, inventory),
        Format::A11Published => published::parse(file, reader, inventory, map),
        Format::A11Summary => summary::parse(file, reader, inventory, about, map),
        Format::TouchpointsV2 => responses::parse(file, reader, inventory, about, map, progress),
    }
}

impl Format {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Tidy, Self::A11Published, Self::A11Summary, Self::TouchpointsV2];

    /// As the command line and Discord write it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Tidy => "tidy",
            Self::A11Published => "a11-published",
            Self::A11Summary => "a11-summary",
            Self::TouchpointsV2 => "touchpoints-v2",
        }
    }
}

/// The layout whose header this is, as far as it can be told; for a hint to somebody who chose another one.
fn looks_like(columns: &[&str]) -> Option<Format> {
    let has = |name: &str| columns.contains(&name);
    match () {
        () if has("attributes_q1_text") => Some(Format::A11Published),
        () if has("standardized_question_number") && has("likert_scale_1") => Some(Format::A11Summary),
        () if has("question_1") && has("external_id") => Some(Format::TouchpointsV2),
        () if has("program") && has("measure") && has("period") => Some(Format::Tidy),
        () => None,
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.key() == text)
            .ok_or_else(|| "must be tidy, a11-published, a11-summary or touchpoints-v2".into())
    }
}

impl FromStr for SurveyType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "thumbs_up_down" => Ok(Self::ThumbsUpDown),
            "likert_scale" => Ok(Self::LikertScale),
            _ => Err("must be thumbs_up_down or likert_scale".into()),
        }
    }
}

/// A sentence for somebody whose file seems to have another layout than the one it is read by; empty when nothing can be said.
pub(super) fn hint(read_as: Format, columns: &[&str]) -> String {
    if let [only] = columns
        && only.contains([';', '\t'])
    {
        return " Its cells are not separated by commas; save the file with commas.".into();
    }
    looks_like(columns).filter(|format| *format != read_as).map_or_else(String::new, |format| {
        format!(" This looks like a file of the format {}; choose that format.", format.key())
    })
}

/// A table read by the names of its columns.
pub(super) struct Table<R> {
    rows: csv::Reader<Source<R>>,
    columns: Vec<String>,
    record: csv::StringRecord,
    /// Line of the row that was read last.
    pub(super) line: u64,
    largest: &'static str,
}

const MOST_BYTES: u64 = 4 << 30;

impl<R: Read> Table<R> {
    /// Reads the header. Reports a file without one, a column named twice, and the first `needed` column that is not there.
    pub(super) fn open(format: Format, reader: R, needed: &[&str], problems: &mut Problems) -> Result<Self, Reported> {
        let source = Source::new(reader, MOST_BYTES);
        let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source);
        let mut table = Self { rows, columns: Vec::new(), record: csv::StringRecord::new(), line: 1, largest: "4 GB" };
        if !table.next(problems)? {
            return Err(problems.report(
                1,
                "",
                format!("the file is empty. It needs the columns {}", needed.join(", ")),
            ));
        }
        table.columns = table
            .record
            .iter()
            .enumerate()
            .map(|(index, cell)| if index == 0 { cell.trim_start_matches('\u{feff}') } else { cell }.trim().to_owned())
            .collect();
        for name in needed {
            match table.columns.iter().filter(|column| column == name).count() {
                1 => {}
                0 => {
                    let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
                    let hint = hint(format, &columns);
                    let said = format!("the header has no such column.{hint} It needs: {}", needed.join(", "));
                    return Err(problems.report(table.line, name, said));
                }
                _ => {
                    return Err(problems.report(
                        table.line,
                        name,
                        "two columns have this name, so it is not clear which one is meant. Remove one",
                    ));
                }
            }
        }
        Ok(table)
    }

    /// The next row; `false` at the end.
    pub(super) fn next(&mut self, problems: &mut Problems) -> Result<bool, Reported> {
        let read = self.rows.read_record(&mut self.record);
        self.rows.get_mut().record_done();
        match read {
            Ok(more) => {
                self.line = self.record.position().map_or(self.line, csv::Position::line);
                if more && !self.columns.is_empty() && self.record.len() != self.columns.len() {
                    let (found, expected) = (self.record.len(), self.columns.len());
                    problems.report(
                        self.line,
                        "",
                        format!("has {found} cells; {expected} are needed. Is a comma inside a text without quotes, or a quotation mark never closed?"),
                    );
                    // One such row is told; reading on shows whether there are more.
                    return self.next(problems);
                }
                Ok(more)
            }
            Err(fault) => {
                let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
                problems.unreadable(&fault, &columns, self.largest);
                Err(Reported)
            }
        }
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// A cell of the row that was read last, without white space around it.
    pub(super) fn at(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or_default().trim()
    }

    /// A cell by the name of its column; empty when there is no such column.
    pub(super) fn get(&self, name: &str) -> &str {
        self.column(name).map_or("", |index| self.at(index))
    }

    pub(super) fn sha256(self) -> String {
        self.rows.into_inner().sha256()
    }
}

/// A count as published files write it: digits, perhaps with `.0` behind. `None` for anything else.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    let digits = text.split_once('.').map_or(Some(text), |(whole, rest)| {
        (!rest.is_empty() && rest.bytes().all(|byte| byte == b'0')).then_some(whole)
    })?;
    let plain = !digits.is_empty() && digits.len() <= 13 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The program and quarter that a file of one survey belongs to.
pub(super) fn place<'a>(
    inventory: Inventory<'a>,
    about: &About,
    said_by_file: Option<Quarter>,
    problems: &mut Problems,
) -> Result<(&'a Program, Quarter), Reported> {
    let programs: &'a [Program] = inventory.programs;
    let known = || programs.iter().map(|program| program.key.as_str()).collect::<Vec<_>>().join(", ");
    let Some(key) = &about.program else {
        return Err(problems.report(1, "", format!("which program is it about? Name it (program): {}", known())));
    };
    let Some(program) = programs.iter().find(|program| program.key == *key) else {
        return Err(problems.report(
            1,
            "",
            format!("the program \"{}\" is not registered. Registered: {}", short(key), known()),
        ));
    };
    let quarter = match (about.period, said_by_file) {
        (Some(named), Some(found)) if named != found => {
            return Err(problems.report(1, "", format!("you named {named}, but the file's dates lie in {found}")));
        }
        (Some(quarter), _) | (None, Some(quarter)) => quarter,
        (None, None) => {
            return Err(problems.report(1, "", "which quarter is it from? Name it (period), for example FY2026Q1"));
        }
    };
    check_quarter(inventory, program, quarter).map_err(|why| problems.report(1, "", why))?;
    Ok((program, quarter))
}

/// Whether figures of this quarter may be taken for a program; the words when not.
pub(super) fn check_quarter(inventory: Inventory<'_>, program: &Program, quarter: Quarter) -> Result<(), String> {
    let Inventory { earliest, latest, .. } = inventory;
    if quarter > latest {
        Err(format!("{quarter} lies ahead; the current quarter is {latest}"))
    } else if quarter < earliest {
        Err(format!("{quarter} lies before {earliest}, the first quarter that the index is defined for"))
    } else if program.is_registered_in(quarter) {
        Ok(())
    } else {
        Err(format!("{} is not registered in {quarter}", program.key))
    }
}

/// A cell quoted in a message, cut to a readable length.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}
