//! A file of figures attached to `/measure import`: read, rehearsed and shown; taken in by a press.
//!
//! Between the two only the figures wait, never the file: what people wrote into a response file is not kept anywhere.

use super::super::import::{ImportOptions, rehearse, take_waiting, understand};
use super::super::intake::{About, Format};
use super::super::store;
use super::message;
use crate::discord::Attached;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::post::Post;
use crate::services::Services;

/// The largest file that is fetched from Discord.
const MOST_BYTES: u64 = 100 << 20;
/// A map is a short list.
const MOST_MAP_BYTES: u64 = 256 << 10;
/// More figures than this would keep the answers of other people waiting while they are stored.
const MOST_FIGURES: usize = 5_000;

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) file: Attached,
    pub(super) map: Option<Attached>,
    pub(super) format: Format,
    pub(super) about: About,
}

/// Reads the file, rehearses taking it in, and shows what would come about. A refusal is shown whole.
pub(super) async fn look_at(services: &Services, person: UserId, asked: Asked) -> Result<Post> {
    match looked_at(services, person, asked).await {
        Err(Error::Refused(sentence)) => Ok(message::refused_file(&sentence)),
        other => other,
    }
}

async fn looked_at(services: &Services, person: UserId, asked: Asked) -> Result<Post> {
    let map = match &asked.map {
        Some(map) => Some((map.name.clone(), map.text(services, MOST_MAP_BYTES).await?)),
        None => None,
    };
    let download = asked.file.open(services, MOST_BYTES).await?;
    let options = ImportOptions { format: asked.format, about: asked.about, map, ..ImportOptions::default() };
    let understood = understand(services, download, &asked.file.name, options).await?;
    if understood.figures() > MOST_FIGURES {
        return Err(Error::refused(format!(
            "{} holds {} figures; at most {MOST_FIGURES} can be taken in from Discord. Whoever runs cxbot can use `cxbot import`.",
            asked.file.name,
            understood.figures()
        )));
    }
    let would = rehearse(services, &understood, &format!("person {person}")).await?;
    if would.new + would.revised == 0 {
        let post = message::report("Nothing to take in", &would);
        return Ok(post);
    }
    let document = serde_json::to_string(&understood).map_err(Error::internal)?;
    let now = services.clock.now();
    let waiting = services
        .store
        .write(move |tx| Box::pin(async move { store::add_draft(tx, person, &document, now).await }))
        .await?;
    Ok(message::confirm_file(&would, waiting))
}

/// Takes in what was shown; `None` when it waits no longer, or for somebody else.
pub(super) async fn take(services: &Services, person: UserId, waiting: i64) -> Result<Option<Post>> {
    let report = take_waiting(services, waiting, person).await?;
    Ok(report.map(|report| message::report("Taken in", &report)))
}
