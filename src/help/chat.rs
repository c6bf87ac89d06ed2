//! `/help`.

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity_commands::Commands;

use super::message::{self, Group};
use crate::discord::{Call, Feature, Gate, Incoming, Reply, Tier};
use crate::error::Result;
use crate::people::{self, PeopleGate};
use crate::services::Services;

/// `/help`, over the commands of every feature.
#[derive(Clone, Debug, Default)]
pub struct Help {
    groups: Vec<Group>,
}

impl Help {
    /// Help over these groups, shown in this order.
    #[must_use]
    pub fn new(groups: Vec<Group>) -> Self {
        Self { groups }
    }
}

#[derive(Debug, Commands)]
enum Slash {
    /// What you can do here, and a good next step.
    Help,
}

#[async_trait]
impl Feature for Help {
    fn name(&self) -> &'static str {
        "help"
    }

    fn commands(&self) -> Vec<CreateCommand> {
        Slash::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        (path == "help").then_some(Tier::Member)
    }

    fn tier_for_action(&self, _action: &str) -> Option<Tier> {
        None
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, _call: &Call) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let tier = PeopleGate.tier(services, incoming).await?.unwrap_or(Tier::Member);
        let settings = services.store.read(|tx| Box::pin(people::find_guild(tx, guild))).await?;
        Ok(Reply::Say(message::help(&self.groups, tier, settings.as_ref())))
    }
}
