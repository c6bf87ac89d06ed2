//! `/me`: shows, hands out and erases what is held on the person who asks, and on nobody else.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use serenity::builder::CreateCommand;

use super::PersonalData;
use super::message::{self, ASK, ERASE, KEEP, Part, SAVE};
use crate::discord::{Call, Control, Feature, Incoming, Reply, Tier};
use crate::error::{Error, Result};
use crate::services::Services;

/// `/me`, over every part of cxbot.
#[derive(Clone)]
pub struct Me {
    parts: Arc<[Arc<dyn PersonalData>]>,
}

impl Me {
    /// Over these parts, in the order shown.
    #[must_use]
    pub fn new(parts: Vec<Arc<dyn PersonalData>>) -> Self {
        Self { parts: parts.into() }
    }

    async fn held(&self, services: &Services, incoming: &Incoming) -> Result<Vec<Part>> {
        let (guild, user, parts) = (incoming.on_server()?, incoming.person.user, self.parts.clone());
        services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let mut held = Vec::with_capacity(parts.len());
                    for part in parts.iter() {
                        held.push((part.title(), part.held(tx, guild, user).await?, part.remains()));
                    }
                    Ok(held)
                })
            })
            .await
    }

    async fn file(&self, services: &Services, incoming: &Incoming) -> Result<Reply> {
        let held = self.held(services, incoming).await?;
        let parts: serde_json::Map<_, _> =
            held.iter().map(|(title, held, _)| ((*title).to_owned(), held.data.clone())).collect();
        let not_found: serde_json::Map<_, _> = held
            .iter()
            .filter(|(.., remains)| !remains.is_empty())
            .map(|(title, _, remains)| ((*title).to_owned(), json!(remains)))
            .collect();
        let whole = json!({
            "server": incoming.on_server()?.to_string(),
            "person": incoming.person.user.to_string(),
            "made_at": services.clock.now(),
            "held": parts,
            "cannot_be_found_or_remains": not_found,
        });
        let bytes = serde_json::to_vec_pretty(&whole).map_err(anyhow::Error::from)?;
        Ok(Reply::Say(message::file(bytes)))
    }

    async fn erase(&self, services: &Services, incoming: &Incoming) -> Result<Reply> {
        let (guild, user, parts) = (incoming.on_server()?, incoming.person.user, self.parts.clone());
        let now = services.clock.now();
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for part in parts.iter() {
                        part.erase(tx, guild, user, now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Reply::Update(message::erased()))
    }
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|part| part.title())).finish()
    }
}

#[async_trait]
impl Feature for Me {
    fn name(&self) -> &'static str {
        "me"
    }

    fn commands(&self) -> Vec<CreateCommand> {
        vec![CreateCommand::new("me").description("See what cxbot holds about you, get it as a file, or erase it.")]
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        (path == "me").then_some(Tier::Member)
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        matches!(action, "save" | "ask" | "erase" | "keep").then_some(Tier::Member)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, _call: &Call) -> Result<Reply> {
        Ok(Reply::Say(message::shown(&self.held(services, incoming).await?)))
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        match control.id.as_str() {
            SAVE => self.file(services, incoming).await,
            ASK => Ok(Reply::Update(message::sure())),
            ERASE => self.erase(services, incoming).await,
            KEEP => Ok(Reply::Update(message::kept())),
            _ => Err(Error::refused("This button is from an older cxbot. `/me` shows what it offers now.")),
        }
    }
}
