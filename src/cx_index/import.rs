//! Bringing a file of figures in: read whole, held against the inventory, stored with its provenance, scored, all or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::definitions::Definitions;
use super::intake::{About, Format, Inventory, Map, Parsed, Progress, read};
use super::model::definition::hash_of;
use super::observation::Observation;
use super::recompute::recompute;
use super::report::ImportReport;
use super::store::{self, ImportId, Provenance};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::programs::{self, Program};
use crate::services::Services;
use crate::store::Tx;

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
    let dry_run = options.dry_run;
    let understood = understand(services, reader, file, options).await?;
    if dry_run {
        return rehearse(services, &understood, who).await;
    }
    let (definitions, wanted) = (Definitions::load(&services.content)?, programs::load(&services.content)?);
    let (now, who) = (services.clock.now(), who.to_owned());
    services
        .store
        .write(move |tx| Box::pin(async move { take(tx, &definitions, &wanted, understood, &who, now).await }))
        .await
}

/// A file that was read and understood whole, and waits for a yes: its figures and where they come from, and nothing else of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Understood {
    file: String,
    parsed: Parsed,
    /// The inventory that the figures were held against: SHA-256 of its text.
    inventory: String,
}

impl Understood {
    /// How many figures it holds.
    pub(super) fn figures(&self) -> usize {
        self.parsed.observations.len()
    }
}

/// Reads a file and holds it against the inventory. Nothing is stored.
///
/// # Errors
/// As [`import_as`].
pub(super) async fn understand(
    services: &Services,
    reader: impl Read + Send + 'static,
    file: &str,
    options: ImportOptions,
) -> Result<Understood> {
    let definitions = Definitions::load(&services.content)?;
    let wanted = programs::load(&services.content)?;
    let registered = services.store.read(|tx| Box::pin(async move { programs::planned(tx, &wanted).await })).await?;
    let latest = Quarter::at(services.clock.now(), services.settings.time.zone);
    let map = match (&options.map, options.format) {
        (Some((name, text)), _) => Map::parse(name, text, &registered)?,
        (None, Format::A11Published) => {
            let built_in = services.content.read(PUBLISHED_MAP)?;
            Map::parse(&built_in.path, &built_in.text, &registered)?
        }
        (None, _) => Map::default(),
    };
    let inventory = hash_of(&programs::as_toml(&registered));
    // Large files are read off the threads that answer people.
    let (name, earliest) = (file.to_owned(), definitions.earliest());
    let parsed = tokio::task::spawn_blocking(move || {
        let inventory = Inventory { programs: &registered, earliest, latest };
        read(options.format, &name, reader, inventory, &options.about, &map, options.progress.as_ref())
    })
    .await
    .map_err(Error::internal)??;
    Ok(Understood { file: file.to_owned(), parsed, inventory })
}

/// What taking a file in would do. Everything happens and is taken back, so this is exactly what would come about.
///
/// # Errors
/// As [`import_as`].
pub(super) async fn rehearse(services: &Services, understood: &Understood, who: &str) -> Result<ImportReport> {
    let (definitions, wanted) = (Definitions::load(&services.content)?, programs::load(&services.content)?);
    let (now, who, understood) = (services.clock.now(), who.to_owned(), understood.clone());
    let rehearsed: Arc<Mutex<Option<ImportReport>>> = Arc::default();
    let left = Arc::clone(&rehearsed);
    let outcome = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let report = take(tx, &definitions, &wanted, understood, &who, now).await?;
                *left.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(ImportReport { dry_run: true, import: None, ..report });
                // A refused write is taken back whole: that is the dry run.
                Err::<ImportReport, _>(Error::refused("This was a dry run."))
            })
        })
        .await;
    let rehearsed = rehearsed.lock().unwrap_or_else(PoisonError::into_inner).take();
    rehearsed.map_or(outcome, Ok)
}

/// Takes in what waits under this number, if it waits for this person; `None` when it does not. All or nothing: after a refusal it waits on.
///
/// # Errors
/// As [`import_as`]; also when programs or measures have changed since the file was looked at.
pub(super) async fn take_waiting(services: &Services, waiting: i64, person: UserId) -> Result<Option<ImportReport>> {
    let (definitions, wanted) = (Definitions::load(&services.content)?, programs::load(&services.content)?);
    let now = services.clock.now();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let Some(document) = store::take_draft(tx, waiting, person).await? else { return Ok(None) };
                let understood: Understood = serde_json::from_str(&document).map_err(Error::internal)?;
                let registered = programs::planned(tx, &wanted).await?;
                if understood.inventory != hash_of(&programs::as_toml(&registered)) {
                    return Err(Error::refused(format!(
                        "Programs or measures have changed since {} was looked at. Run /measure import again; nothing was changed.",
                        understood.file
                    )));
                }
                take(tx, &definitions, &wanted, understood, &format!("person {person}"), now).await.map(Some)
            })
        })
        .await
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

/// Stores what is new and computes what it moves.
async fn take(
    tx: &mut Tx,
    definitions: &Definitions,
    wanted: &[Program],
    understood: Understood,
    who: &str,
    now: DateTime<Utc>,
) -> Result<ImportReport> {
    store::take_turn(tx, now).await?;
    programs::sync(tx, wanted).await?;
    let Understood { file, parsed, .. } = understood;
    let Parsed { observations, rows, left_out, sha256 } = parsed;
    let mut by_program: BTreeMap<String, u64> = BTreeMap::new();
    for observation in &observations {
        *by_program.entry(observation.program.clone()).or_default() += 1;
    }
    let mut report = ImportReport {
        file,
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
    let from = Provenance { file: &report.file, sha256: &report.sha256, who };
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
