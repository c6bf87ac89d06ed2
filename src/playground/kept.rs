//! What the playground keeps between two starts: the emulated world and how far its clock is ahead. The bot keeps its own database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Desk;
use super::acts::History;
use crate::emulator::World;
use crate::error::{Error, Result};

const FILE: &str = "world.json";

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) world: World,
    pub(super) history: History,
    ahead_seconds: i64,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    ahead_seconds: i64,
    /// The emulator's own snapshot, as text, so that its shape is its own affair.
    world: String,
    /// What people did. Earlier versions did not keep it.
    #[serde(default)]
    history: History,
}

impl Kept {
    pub(super) fn ahead(&self) -> TimeDelta {
        TimeDelta::seconds(self.ahead_seconds)
    }
}

/// What was kept, or `None` on the first start.
pub(super) fn load(folder: &Path) -> Result<Option<Kept>> {
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(unusable(&path, &fault)),
    };
    let on_disk: OnDisk = serde_json::from_str(&text).map_err(|fault| unusable(&path, &fault))?;
    let world = World::restore(&on_disk.world).map_err(|fault| unusable(&path, &fault))?;
    Ok(Some(Kept { world, history: on_disk.history, ahead_seconds: on_disk.ahead_seconds }))
}

/// Starts over: takes away everything that the playground has written.
pub(super) fn forget(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(fault) => Err(Error::refused(format!(
            "{} cannot be removed: {fault}. Is another playground running?",
            folder.display()
        ))),
    }
}

/// Writes the world after changes (at most once a second) and at the end.
pub(super) async fn keep(folder: PathBuf, desk: Arc<Desk>, stopping: CancellationToken) {
    let mut changes = desk.emulator.subscribe();
    loop {
        let stop = tokio::select! {
            // Lagging means that there were many changes, which is a reason to write as well.
            _ = changes.recv() => false,
            () = stopping.cancelled() => true,
        };
        if !stop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = stopping.cancelled() => {}
            }
        }
        let on_disk = OnDisk {
            ahead_seconds: desk.clock.ahead().num_seconds(),
            world: desk.emulator.snapshot(),
            history: desk.acts.history(),
        };
        if let Err(error) = write(&folder, &on_disk) {
            tracing::error!(error = %error, "The playground could not be kept");
        }
        if stop {
            return;
        }
        changes = changes.resubscribe();
    }
}

/// Writes beside the old file and then replaces it, so that a crash in between leaves the old one whole.
fn write(folder: &Path, on_disk: &OnDisk) -> Result<()> {
    let text = serde_json::to_string(on_disk).map_err(anyhow::Error::from)?;
    let beside = folder.join("world.json.new");
    std::fs::write(&beside, text).map_err(anyhow::Error::from)?;
    std::fs::rename(&beside, folder.join(FILE)).map_err(anyhow::Error::from)?;
    Ok(())
}

fn unusable(path: &Path, fault: &dyn std::fmt::Display) -> Error {
    Error::refused(format!("{} cannot be used: {fault}. Start over with `cxbot playground --fresh`.", path.display()))
}
