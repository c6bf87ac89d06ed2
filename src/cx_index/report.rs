//! What an import did, or would do, as a person reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::intake::LeftOut;
use super::model::words::{count, one_decimal};
use super::recompute::Rescored;
use super::record::Scope;
use super::store::ImportId;
use crate::calendar::Quarter;

/// Reasons shown to people who have little room.
const MOST_REASONS: usize = 8;

/// What an import did, or with a dry run would do. Prints as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The entry in the list of imports; `None` when nothing was stored.
    pub import: Option<ImportId>,
    /// Rows in the file, without its header.
    pub file_rows: u64,
    /// Figures taken from the file.
    pub rows: u64,
    /// Figures by program.
    pub by_program: BTreeMap<String, u64>,
    /// What was not taken and why, the most frequent reason first.
    pub left_out: Vec<LeftOut>,
    /// Figures for a measure, channel and quarter that had none.
    pub new: u64,
    /// Figures that differ from the ones on record and replace them as a new revision.
    pub revised: u64,
    /// Figures that are on record already.
    pub unchanged: u64,
    /// The quarters that got something new.
    pub quarters: BTreeSet<Quarter>,
    /// The scores that changed.
    pub rescored: Vec<Rescored>,
    /// Nothing was stored.
    pub dry_run: bool,
}

/// `1 figure`, `1,161 figures`.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would be" } else { "were" };
        writeln!(
            f,
            "{}: {} read, {} new, {} revised, {} known already.",
            self.file,
            counted(self.rows, "figure", "figures"),
            count(self.new),
            count(self.revised),
            count(self.unchanged)
        )?;
        if self.file_rows != self.rows {
            writeln!(f, "The file has {}.", counted(self.file_rows, "row", "rows"))?;
        }
        if self.by_program.len() > 1 || !self.left_out.is_empty() {
            let programs: Vec<String> =
                self.by_program.iter().map(|(program, figures)| format!("{program} {}", count(*figures))).collect();
            writeln!(f, "By program: {}.", if programs.is_empty() { "none".into() } else { programs.join(", ") })?;
        }
        if !self.left_out.is_empty() {
            writeln!(f, "Not taken:")?;
            let most = if f.alternate() { self.left_out.len() } else { MOST_REASONS };
            for one in self.left_out.iter().take(most) {
                writeln!(f, "- {} × {} (first in row {})", count(one.count), one.reason, one.first_line)?;
            }
            if self.left_out.len() > most {
                let rest: u64 = self.left_out[most..].iter().map(|one| one.count).sum();
                writeln!(f, "- {} more, for {} further reasons", count(rest), self.left_out.len() - most)?;
            }
        }
        if self.rescored.is_empty() {
            writeln!(f, "No scores {verb} changed.")?;
        } else {
            writeln!(f, "Scores that {verb} computed:")?;
            // What had no score and gets none is counted, and named in the long form.
            let silent = |one: &Rescored| one.before.is_none() && one.after.is_none();
            let whole = f.alternate();
            for one in self.rescored.iter().filter(|one| whole || !silent(one)) {
                writeln!(f, "- {one}")?;
            }
            let silent = self.rescored.iter().filter(|one| silent(one)).count() as u64;
            if silent > 0 && !whole {
                writeln!(f, "- {} with not enough data yet", counted(silent, "score", "scores"))?;
            }
        }
        if self.dry_run {
            writeln!(f, "This was a dry run: nothing was stored.")?;
        }
        if let Some(import) = self.import {
            writeln!(f, "This is import {import}; it can be taken back under this number.")?;
        }
        write!(f, "SHA-256 {}", self.sha256)
    }
}

impl fmt::Display for Rescored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: Option<f64>| value.map_or_else(|| "not enough data".to_owned(), one_decimal);
        let scope = match &self.scope {
            Scope::Audience(audience) => format!("{audience} index"),
            Scope::Program(key) => format!("program {key}"),
        };
        write!(f, "{} {scope}: ", self.quarter)?;
        if self.revision > 1 {
            write!(f, "{} → {} (revision {})", said(self.before), said(self.after), self.revision)?;
        } else {
            f.write_str(&said(self.after))?;
        }
        if self.flagged { f.write_str(", moved by late data") } else { Ok(()) }
    }
}
