//! What a person did, freed from the way it reached us.

use std::collections::BTreeMap;

use serenity::model::application::CommandData;

use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// One interaction.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Discord's id of the interaction. Ordered by time, and a time stamp in itself: never store it beside an answer.
    pub id: InteractionId,
    /// Who did it.
    pub person: Person,
    /// On which server; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// In which channel.
    pub channel: ChannelId,
    /// The person's language, as Discord names it (`en-US`).
    pub locale: String,
    /// What they did.
    pub act: Act,
}

/// The person behind an interaction.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub user: UserId,
    /// The name shown on this server.
    pub name: String,
    /// Their roles on this server; empty in a direct message.
    pub roles: Vec<RoleId>,
    /// Whether Discord lets them manage this server (Administrator or Manage Server).
    pub manages_server: bool,
}

/// What a person did.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives for as long as one interaction; a box would cost more than it saves"
)]
pub enum Act {
    /// Ran a command.
    Command(Call),
    /// Is typing an option that completes itself.
    Typing(Typed),
    /// Pressed, picked or submitted.
    Control(Control),
}

/// A command that was run: a slash command or a context-menu command.
#[derive(Clone, Debug)]
pub struct Call {
    /// Command, group and subcommand with single spaces, for example `pulse open`.
    pub path: String,
    /// The options as Discord sent them; parse with the feature's `serenity-commands` type.
    pub data: CommandData,
}

/// An option being typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// As in [`Call::path`].
    pub path: String,
    /// The option being typed.
    pub option: String,
    /// What has been typed so far.
    pub text: String,
    /// The other options as they stand, by name, as text.
    pub others: BTreeMap<String, String>,
}

/// A control that was used.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// The whole `custom_id`; parse with [`ControlId`](super::ControlId).
    pub id: String,
    /// What was picked, for a select (ids as text for people, roles and channels).
    pub picked: Vec<String>,
    /// What was written, for a form: answers by input id, as the person wrote them.
    pub written: BTreeMap<String, String>,
    /// The message that the control stands on; `None` for a form opened by a command.
    pub message: Option<MessageId>,
}

impl Incoming {
    /// The server this happened on.
    ///
    /// # Errors
    /// A sentence for the person, when it happened in a direct message.
    pub fn on_server(&self) -> crate::error::Result<GuildId> {
        self.guild.ok_or_else(|| {
            crate::error::Error::refused("This works only on your group's server, not in direct messages.")
        })
    }
}
