//! What is wrong in a file, and what was left out of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::source::{Stopped, stopped};
use crate::error::Refusal;

/// More problems than this are counted, not listed.
const MOST_PROBLEMS: usize = 20;

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
        let lines: Vec<String> = self.problems.iter().map(|problem| format!("- {problem}")).collect();
        f.write_str(&lines.join("\n"))?;
        if self.more > 0 {
            write!(f, "\n- and {} more", self.more)?;
        }
        Ok(())
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column.as_str() {
            "" => write!(f, "row {}: {}", self.line, self.expected),
            column => write!(f, "row {}, column {column}: {}", self.line, self.expected),
        }
    }
}

/// Something of a published file that was not taken, and why; the rest was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// The row in which it was first met.
    pub first_line: u64,
}

/// A problem has been reported; the row is given up.
pub(in crate::cx_index) struct Reported;

/// Collects problems while a file is read.
#[derive(Default)]
pub(in crate::cx_index) struct Problems {
    listed: Vec<RowProblem>,
    more: usize,
    left_out: BTreeMap<String, (u64, u64)>,
}

impl Problems {
    pub(in crate::cx_index) fn report(&mut self, line: u64, column: &str, expected: impl Into<String>) -> Reported {
        if self.listed.len() < MOST_PROBLEMS {
            self.listed.push(RowProblem { line, column: column.into(), expected: expected.into() });
        } else {
            self.more += 1;
        }
        Reported
    }

    /// Notes something that is not taken while the rest of the file is.
    pub(in crate::cx_index) fn leave_out(&mut self, line: u64, reason: impl Into<String>) {
        self.left_out.entry(reason.into()).or_insert((0, line)).0 += 1;
    }

    pub(in crate::cx_index) fn none(&self) -> bool {
        self.listed.is_empty()
    }

    /// Reports what kept the table from being read at all.
    pub(in crate::cx_index) fn unreadable(&mut self, fault: &csv::Error, columns: &[&str], largest: &str) {
        let line = fault.position().map_or(1, csv::Position::line);
        match (stopped(fault), fault.kind()) {
            (Some(Stopped::FileTooLarge), _) => self.report(line, "", format!("the file is larger than {largest}")),
            (Some(Stopped::RecordTooLong), _) => self.report(
                line,
                "",
                "one row is longer than 1 MB. Is this a CSV file, and is every quotation mark closed?",
            ),
            (None, csv::ErrorKind::Utf8 { err, .. }) => {
                let column = columns.get(err.field()).copied().unwrap_or_default();
                self.report(line, column, "is not UTF-8 text. Save the file as \"CSV UTF-8\"")
            }
            (None, csv::ErrorKind::Io(fault)) => {
                self.report(line, "", format!("the rest cannot be read ({fault}). Try again, or save the file anew"))
            }
            (None, _) => self.report(line, "", "cannot be read. Try again, or save the file anew"),
        };
    }

    /// What was left out, or the refusal when anything was wrong.
    pub(in crate::cx_index) fn finish(self, file: &str) -> Result<Vec<LeftOut>, ImportRefusal> {
        if !self.listed.is_empty() {
            return Err(ImportRefusal { file: file.to_owned(), problems: self.listed, more: self.more });
        }
        let mut left_out: Vec<LeftOut> = self
            .left_out
            .into_iter()
            .map(|(reason, (count, first_line))| LeftOut { reason, count, first_line })
            .collect();
        left_out.sort_by(|a, b| b.count.cmp(&a.count).then(a.first_line.cmp(&b.first_line)));
        Ok(left_out)
    }
}
