//! Bringing a file of figures in: read whole, held against the inventory, stored with its provenance, scored, all or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::definitions::Definitions;
use super::model::words::{count, one_decimal};
use super::observation::Observation;
use super::recompute::{Rescored, recompute};
use super::record::Scope;
use super::store::{self, Provenance};
use super::tidy::{Inventory, Parsed, parse_tidy};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::programs;
use crate::services::Services;
use crate::store::Tx;

/// What an import did, or with a dry run would do. Prints as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Figures in the file.
    pub rows: u64,
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

/// Brings a tidy file in. The inventory is brought up to date with `programs.toml` first.
///
/// With `dry_run` everything happens and is then taken back, so the report is exactly what would come about.
///
/// # Errors
/// A refusal that names each problem with row and column, or says which definition was edited. Nothing is stored then.
pub async fn import(
    services: &Services,
    reader: impl Read + Send + 'static,
    file: &str,
    who: &str,
    dry_run: bool,
) -> Result<ImportReport> {
    let definitions = Definitions::load(&services.content)?;
    let wanted = programs::load(&services.content)?;
    let now = services.clock.now();
    let latest = Quarter::at(now, services.settings.time.zone);
    // Large files are read off the threads that answer people.
    let (name, earliest) = (file.to_owned(), definitions.earliest());
    let (wanted, parsed) = tokio::task::spawn_blocking(move || {
        let inventory = Inventory { programs: &wanted, earliest, latest };
        let parsed = parse_tidy(&name, reader, inventory);
        (wanted, parsed)
    })
    .await
    .map_err(Error::internal)?;
    let parsed = parsed?;

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
                    *left.lock().unwrap_or_else(PoisonError::into_inner) = Some(ImportReport { dry_run, ..report });
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

async fn take(
    tx: &mut Tx,
    definitions: &Definitions,
    parsed: Parsed,
    file: &str,
    who: &str,
    now: DateTime<Utc>,
) -> Result<ImportReport> {
    let Parsed { observations, sha256 } = parsed;
    let mut report = ImportReport {
        file: file.to_owned(),
        sha256,
        rows: observations.len() as u64,
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
