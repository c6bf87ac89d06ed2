//! Bringing a file of figures in: read whole, held against the inventory, stored with its provenance, scored, all or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::definitions::Definitions;
use super::intake::{About, Format, Inventory, LeftOut, Map, Parsed, Progress, read};
use super::model::words::{count, one_decimal};
use super::observation::Observation;
use super::recompute::{Rescored, recompute};
use super::record::Scope;
use super::store::{self, ImportId, Provenance};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::programs;
use crate::services::Services;
use crate::store::Tx;

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

/// How a file is to be taken.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// How it is laid out.
    pub format: Format,
    /// What it does not say of itself.
    pub about: About,
    /// The map's file name and text; the built-in one for published files when left out.
    pub map: Option<(String, String)>,
    /// Everything happens and is then taken back, so the report is exactly what would come about.
    pub dry_run: bool,
    /// Told how many rows have been read, now and then.
    pub progress: Option<Progress>,
}

const PUBLISHED_MAP: &str = "examples/a11-published-map.toml";

/// Brings a tidy file in.
///
/// # Errors
/// As [`import_as`].
pub async fn import(
    services: &Services,
    reader: impl Read + Send + 'static,
    file: &str,
    who: &str,
    dry_run: bool,
) -> Result<ImportReport> {
    import_as(services, reader, file, who, ImportOptions { dry_run, ..ImportOptions::default() }).await
}

/// Brings a file in. The inventory is brought up to date with `programs.toml` first.
///
/// # Errors
/// A refusal that names each problem with row and column, or says which definition was edited. Nothing is stored then.
pub async fn import_as(
    services: &Services,
    reader: impl Read + Send + 'static,
    file: &str,
    who: &str,
    options: ImportOptions,
) -> Result<ImportReport> {
    let definitions = Definitions::load(&services.content)?;
    let wanted = programs::load(&services.content)?;
    let registered = {
        let wanted = wanted.clone();
        services.store.read(|tx| Box::pin(async move { programs::planned(tx, &wanted).await })).await?
    };
    let now = services.clock.now();
    let latest = Quarter::at(now, services.settings.time.zone);
    let map = match (&options.map, options.format) {
        (Some((name, text)), _) => Map::parse(name, text, &registered)?,
        (None, Format::A11Published) => {
            let built_in = services.content.read(PUBLISHED_MAP)?;
            Map::parse(&built_in.path, &built_in.text, &registered)?
        }
        (None, _) => Map::default(),
    };
    // Large files are read off the threads that answer people.
    let (name, earliest, dry_run) = (file.to_owned(), definitions.earliest(), options.dry_run);
    let parsed = tokio::task::spawn_blocking(move || {
        let inventory = Inventory { programs: &registered, earliest, latest };
        read(options.format, &name, reader, inventory, &options.about, &map, options.progress.as_ref())
    })
    .await
    .map_err(Error::internal)??;

    let (name, who) = (file.to_owned(), who.to_owned());
    let rehearsed: Arc<Mutex<Option<ImportReport>>> = Arc::default();
    let left = Arc::clone(&rehearsed);
    let outcome = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::take_turn(tx, now).await?;
                programs::sync(tx, &wanted).await?;
                let report = take(tx, &definitions, parsed, &name, &who, now).await?;
                if dry_run {
                    *left.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(ImportReport { dry_run, import: None, ..report });
                    // A refused write is taken back whole: that is the dry run.
                    return Err(Error::refused("This was a dry run."));
                }
                Ok(report)
            })
        })
        .await;
    let rehearsed = rehearsed.lock().unwrap_or_else(PoisonError::into_inner).take();
    match rehearsed {
        Some(report) => Ok(report),
        None => outcome,
    }
}

/// Takes an import back: each figure that it brought in and that nothing newer replaced gets the figure before it again, as a new
/// revision, or none when there was none. The import and its figures stay on record.
///
/// # Errors
/// A sentence, when there is no such import.
pub async fn undo(services: &Services, import: ImportId, who: &str) -> Result<ImportReport> {
    let definitions = Definitions::load(&services.content)?;
    let now = services.clock.now();
    let who = who.to_owned();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::take_turn(tx, now).await?;
                let Some(before) = store::find_import(tx, import).await? else {
                    return Err(Error::refused(format!("There is no import {import}. Each import's report names its number.")));
                };
                let file = format!("undo of import {import}: {}", before.file);
                let places = store::list_places(tx, import).await?;
                let current: Vec<_> = places.iter().filter(|place| place.is_newest).collect();
                let mut report = ImportReport {
                    file,
                    sha256: before.sha256,
                    import: None,
                    file_rows: places.len() as u64,
                    rows: places.len() as u64,
                    by_program: BTreeMap::new(),
                    left_out: Vec::new(),
                    new: 0,
                    revised: current.len() as u64,
                    unchanged: (places.len() - current.len()) as u64,
                    quarters: BTreeSet::new(),
                    rescored: Vec::new(),
                    dry_run: false,
                };
                if current.is_empty() {
                    return Err(Error::refused(format!(
                        "Nothing of import {import} is in force any more: it was taken back, or newer figures replaced all of it."
                    )));
                }
                let from = Provenance { file: &report.file, sha256: &report.sha256, who: &who };
                let taken = i64::try_from(current.len()).unwrap_or(i64::MAX);
                let entry = store::add_import(tx, &from, taken, now).await?;
                for place in &current {
                    store::take_back(tx, entry, place).await?;
                    *report.by_program.entry(place.program.clone()).or_default() += 1;
                    report.quarters.insert(place.quarter);
                }
                report.import = Some(entry);
                report.rescored = recompute(tx, &definitions, &report.quarters, now).await?;
                Ok(report)
            })
        })
        .await
}

async fn take(
    tx: &mut Tx,
    definitions: &Definitions,
    parsed: Parsed,
    file: &str,
    who: &str,
    now: DateTime<Utc>,
) -> Result<ImportReport> {
    let Parsed { observations, rows, left_out, sha256 } = parsed;
    let mut by_program: BTreeMap<String, u64> = BTreeMap::new();
    for observation in &observations {
        *by_program.entry(observation.program.clone()).or_default() += 1;
    }
    let mut report = ImportReport {
        file: file.to_owned(),
        sha256,
        import: None,
        file_rows: rows,
        rows: observations.len() as u64,
        by_program,
        left_out,
        new: 0,
        revised: 0,
        unchanged: 0,
        quarters: BTreeSet::new(),
        rescored: Vec::new(),
        dry_run: false,
    };
    let quarters: BTreeSet<Quarter> = observations.iter().map(|observation| observation.quarter).collect();
    let (Some(&first), Some(&last)) = (quarters.first(), quarters.last()) else { return Ok(report) };
    let on_record: BTreeMap<_, Observation> = store::list_observations(tx, first, last)
        .await?
        .into_iter()
        .map(|observation| (place(&observation), observation))
        .collect();
    let mut taken = Vec::new();
    for observation in observations {
        match on_record.get(&place(&observation)) {
            Some(before) if *before == observation => report.unchanged += 1,
            Some(_) => {
                report.revised += 1;
                taken.push(observation);
            }
            None => {
                report.new += 1;
                taken.push(observation);
            }
        }
    }
    if taken.is_empty() {
        return Ok(report);
    }
    let from = Provenance { file, sha256: &report.sha256, who };
    let import = store::add_import(tx, &from, i64::try_from(taken.len()).unwrap_or(i64::MAX), now).await?;
    let mut measures: BTreeSet<(&str, &str)> = BTreeSet::new();
    for observation in &taken {
        store::add_observation(tx, import, observation).await?;
        measures.insert((&observation.program, &observation.measure));
    }
    for (program, measure) in measures {
        programs::mark_in_use(tx, program, measure).await?;
    }
    report.import = Some(import);
    report.quarters = taken.iter().map(|observation| observation.quarter).collect();
    report.rescored = recompute(tx, definitions, &report.quarters, now).await?;
    Ok(report)
}

fn place(observation: &Observation) -> (String, String, String, Quarter) {
    (observation.program.clone(), observation.measure.clone(), observation.channel.clone(), observation.quarter)
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would be" } else { "were" };
        let figures = count(self.rows);
        writeln!(
            f,
            "{}: {figures} figures read, {} new, {} revised, {} known already.",
            self.file,
            count(self.new),
            count(self.revised),
            count(self.unchanged)
        )?;
        if self.file_rows != self.rows {
            writeln!(f, "The file has {} rows.", count(self.file_rows))?;
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
                writeln!(f, "- {} × {} further reasons", count(rest), self.left_out.len() - most)?;
            }
        }
        if self.rescored.is_empty() {
            writeln!(f, "No scores {verb} changed.")?;
        } else {
            writeln!(f, "Scores that {verb} computed:")?;
            for one in &self.rescored {
                writeln!(f, "- {one}")?;
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
