//! `/help`.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity_commands::Commands;

use super::message::{self, Group};
use super::notice::{self, Action, Missed};
use crate::discord::{Call, Control, Feature, Gate, Incoming, Reply, Tier};
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::{self, PeopleGate};
use crate::schedule::Job;
use crate::services::Services;

/// `/help`, over the commands of every feature.
#[derive(Clone, Default)]
pub struct Help {
    groups: Vec<Group>,
    jobs: Vec<Arc<dyn Job>>,
}

impl fmt::Debug for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Help").field("groups", &self.groups).finish_non_exhaustive()
    }
}

impl Help {
    /// Help over these groups, shown in this order.
    #[must_use]
    pub fn new(groups: Vec<Group>) -> Self {
        Self { groups, jobs: Vec::new() }
    }

    /// The same, telling leads what these jobs missed.
    #[must_use]
    pub fn watching(mut self, jobs: Vec<Arc<dyn Job>>) -> Self {
        self.jobs = jobs;
        self
    }

    fn call_it(&self, job: &str, key: &str) -> Option<String> {
        self.jobs.iter().find(|known| known.name() == job)?.in_words(key)
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

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        matches!(action, "again" | "let-go").then_some(Tier::Lead)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, _call: &Call) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let tier = PeopleGate.tier(services, incoming).await?.unwrap_or(Tier::Member);
        let now = services.clock.now();
        let watched: Vec<_> =
            self.jobs.iter().map(|job| job.name()).filter(|job| self.call_it(job, "").is_some()).collect();
        let (settings, undone) = services
            .store
            .read(|tx| {
                Box::pin(async move {
                    let settings = people::find_guild(tx, guild).await?;
                    if tier == Tier::Member {
                        return Ok((settings, None));
                    }
                    Ok((settings, Some(notice::load(tx, guild, &watched, now).await?)))
                })
            })
            .await?;
        let help = message::help(&self.groups, tier, settings.as_ref());
        let Some(undone) = undone else { return Ok(Reply::Say(help)) };
        let missed: Vec<_> = undone
            .occurrences
            .iter()
            .filter_map(|one| self.call_it(&one.job, &one.key).map(|what| Missed::of(one, what)))
            .collect();
        let zone = settings.map_or(services.settings.time.zone, |settings| settings.zone);
        Ok(Reply::Say(notice::add_to(help, &undone.failures, &missed, zone)))
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let (guild, now) = (incoming.on_server()?, services.clock.now());
        match Action::parse(&control.id) {
            Some(Action::Again) => {
                let count = services
                    .store
                    .write(move |tx| Box::pin(async move { outbox::retry(tx, guild, now).await }))
                    .await?;
                Ok(Reply::Update(notice::again(count)))
            }
            Some(Action::LetGo) => {
                services.store.write(move |tx| Box::pin(async move { outbox::let_go(tx, guild).await })).await?;
                Ok(Reply::Update(notice::let_go()))
            }
            None => Err(Error::refused("This button is from an older cxbot. Please run `/help` again.")),
        }
    }
}
