//! What happened in the world, in the words of the world; the gateway and the page each make of it what they need.

use serde::Serialize;

use super::id::Id;
use super::world::Channel;

/// One change of the world, in the order in which it happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The bot joined a guild (or the guild became visible to it).
    GuildJoined {
        /// Which guild.
        guild_id: Id,
    },
    /// The bot left a guild.
    GuildLeft {
        /// Which guild.
        guild_id: Id,
    },
    /// A role was made or changed.
    RoleChanged {
        /// In which guild.
        guild_id: Id,
        /// Which role.
        role_id: Id,
        /// Whether it is new.
        new: bool,
    },
    /// Somebody joined a guild.
    MemberJoined {
        /// Which guild.
        guild_id: Id,
        /// Who.
        user_id: Id,
    },
    /// Somebody's nickname or roles changed.
    MemberChanged {
        /// In which guild.
        guild_id: Id,
        /// Whose.
        user_id: Id,
    },
    /// Somebody left a guild.
    MemberLeft {
        /// Which guild.
        guild_id: Id,
        /// Who.
        user_id: Id,
    },
    /// A channel, category or thread was made.
    ChannelCreated {
        /// Which channel.
        channel_id: Id,
    },
    /// A channel, category or thread was renamed, moved, archived…
    ChannelChanged {
        /// Which channel.
        channel_id: Id,
    },
    /// A channel, category or thread is gone.
    ChannelDeleted {
        /// Which channel.
        channel_id: Id,
        /// What it was.
        #[serde(skip)]
        channel: Box<Channel>,
    },
    /// Somebody joined or left a thread.
    ThreadMembersChanged {
        /// Which thread.
        channel_id: Id,
        /// Who.
        user_id: Id,
        /// Joined, or left.
        joined: bool,
    },
    /// A message appeared.
    MessagePosted {
        /// Where.
        channel_id: Id,
        /// Which message.
        message_id: Id,
        /// The only person who sees it, when it is ephemeral.
        only_for: Option<Id>,
    },
    /// A message changed.
    MessageEdited {
        /// Where.
        channel_id: Id,
        /// Which message.
        message_id: Id,
        /// The only person who sees it, when it is ephemeral.
        only_for: Option<Id>,
    },
    /// A message is gone.
    MessageDeleted {
        /// Where.
        channel_id: Id,
        /// Which message.
        message_id: Id,
        /// The only person who saw it, when it was ephemeral.
        only_for: Option<Id>,
    },
    /// Several messages are gone at once.
    MessagesDeleted {
        /// Where.
        channel_id: Id,
        /// Which messages.
        message_ids: Vec<Id>,
    },
    /// A message was pinned or unpinned.
    PinsChanged {
        /// Where.
        channel_id: Id,
    },
    /// The bot shows that it is typing.
    Typing {
        /// Where.
        channel_id: Id,
    },
    /// The bot's commands were registered or changed.
    CommandsChanged {
        /// For one guild, or for all (`None`).
        guild_id: Option<Id>,
    },
    /// Somebody used a command, a control or a form; it is on its way to the bot.
    InteractionSent {
        /// Which interaction.
        interaction_id: Id,
        /// Who.
        user_id: Id,
        /// Where.
        channel_id: Id,
    },
    /// The bot gave its first answer.
    InteractionAnswered {
        /// Which interaction.
        interaction_id: Id,
        /// Whose.
        user_id: Id,
    },
    /// The bot followed up on an earlier answer (edited it, or added a message).
    InteractionFollowedUp {
        /// Which interaction.
        interaction_id: Id,
        /// Whose.
        user_id: Id,
    },
    /// Three seconds passed without an answer: the person now reads "The application did not respond".
    InteractionFailed {
        /// Which interaction.
        interaction_id: Id,
        /// Whose.
        user_id: Id,
    },
    /// A bot's gateway session became ready.
    BotConnected,
    /// A bot's gateway session was resumed.
    BotResumed,
    /// A bot's gateway connection is gone.
    BotDisconnected,
}
