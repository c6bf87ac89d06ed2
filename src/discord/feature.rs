//! What a feature gives to Discord: its commands, and its answers.

use async_trait::async_trait;
use serenity::builder::CreateCommand;

use super::{Call, Choice, Control, Incoming, Reply, Typed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::services::Services;

/// What a person may do. Each tier may do everything that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Anybody on the server.
    Member,
    /// Has the lead role chosen in `/setup`.
    Lead,
    /// May manage the server on Discord.
    Admin,
}

/// One feature as the dispatcher sees it.
///
/// Handlers keep to four steps: load, decide (pure), save (state and outbox rows in one write), answer.
#[async_trait]
pub trait Feature: Send + Sync + 'static {
    /// The first word of this feature's control ids; unique among features.
    fn name(&self) -> &'static str;

    /// The commands to register, with their options and descriptions.
    fn commands(&self) -> Vec<CreateCommand>;

    /// Who may use a command path (`pulse open`). `None` for a path that is not this feature's: it is then refused to everybody.
    fn tier_for_command(&self, path: &str) -> Option<Tier>;

    /// Who may use a control, by its action. `None` for an unknown action: the person is told that the control is out of date.
    fn tier_for_action(&self, action: &str) -> Option<Tier>;

    /// Answers a command. The person's tier has been checked.
    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply>;

    /// Answers a press, a pick or a submitted form. The person's tier has been checked.
    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let _ = (services, incoming, control);
        Err(Error::internal(format!("{} answers no controls", self.name())))
    }

    /// Suggests values for an option being typed.
    async fn on_typing(&self, services: &Services, incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        let _ = (services, incoming, typed);
        Ok(Vec::new())
    }

    /// cxbot is on this server: just added, or after a start. Must be harmless when repeated.
    async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        let _ = (services, joined);
        Ok(())
    }
}

/// A server that cxbot is on.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Its id.
    pub guild: GuildId,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: UserId,
    /// The channel for system messages, or else the first text channel.
    pub first_channel: Option<ChannelId>,
    /// How many accounts Discord counts on it, bots included; 0 when it did not say.
    pub accounts: u64,
}

/// Decides a person's tier; given to the dispatcher so that it need not know how roles are kept.
#[async_trait]
pub trait Gate: Send + Sync + 'static {
    /// The highest tier this person has on this server; `None` in a direct message.
    async fn tier(&self, services: &Services, incoming: &Incoming) -> Result<Option<Tier>>;

    /// Hears of every command that somebody was allowed to run, before it is answered.
    async fn used(&self, services: &Services, incoming: &Incoming) -> Result<()> {
        let _ = (services, incoming);
        Ok(())
    }
}
