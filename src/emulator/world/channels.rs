//! Channels and categories of a guild.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Thread, World};
use crate::emulator::event::Event;
use crate::emulator::id::Id;

/// Discord's channel types, as far as they are served.
pub(crate) mod kind {
    pub const TEXT: u8 = 0;
    pub const DIRECT: u8 = 1;
    pub const VOICE: u8 = 2;
    pub const CATEGORY: u8 = 4;
    pub const ANNOUNCEMENT: u8 = 5;
    pub const ANNOUNCEMENT_THREAD: u8 = 10;
    pub const PUBLIC_THREAD: u8 = 11;
    pub const PRIVATE_THREAD: u8 = 12;
    pub const FORUM: u8 = 15;
}

/// A channel, category, thread or direct-message channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Channel {
    pub(crate) id: Id,
    pub(crate) kind: u8,
    pub(crate) guild_id: Option<Id>,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) parent_id: Option<Id>,
    pub(crate) position: u32,
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) nsfw: bool,
    pub(crate) rate_limit_per_user: u32,
    pub(crate) last_message_id: Option<Id>,
    pub(crate) recipient_id: Option<Id>,
    pub(crate) thread: Option<Thread>,
    /// Everything but ephemeral messages.
    pub(crate) messages: BTreeSet<Id>,
    pub(crate) pins: BTreeMap<Id, DateTime<Utc>>,
}

/// What a channel allows or denies one role or one person beyond their roles.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Overwrite {
    pub id: Id,
    /// A member's overwrite (Discord's type 1) rather than a role's (0).
    pub member: bool,
    pub allow: u64,
    pub deny: u64,
}

/// A channel that is still to be made.
#[derive(Clone, Debug)]
pub struct ChannelSeed {
    kind: u8,
    name: String,
    topic: Option<String>,
    parent_id: Option<Id>,
    overwrites: Vec<(Id, u64, u64)>,
}

impl ChannelSeed {
    /// A text channel.
    pub fn text(name: &str) -> Self {
        Self::of_kind(kind::TEXT, name)
    }

    /// A category that other channels stand under.
    pub fn category(name: &str) -> Self {
        Self::of_kind(kind::CATEGORY, name)
    }

    /// An announcement channel.
    pub fn announcement(name: &str) -> Self {
        Self::of_kind(kind::ANNOUNCEMENT, name)
    }

    /// A voice channel.
    pub fn voice(name: &str) -> Self {
        Self::of_kind(kind::VOICE, name)
    }

    /// A forum, whose every post is a thread.
    pub fn forum(name: &str) -> Self {
        Self::of_kind(kind::FORUM, name)
    }

    pub(crate) fn of_kind(kind: u8, name: &str) -> Self {
        Self { kind, name: name.to_owned(), topic: None, parent_id: None, overwrites: Vec::new() }
    }

    /// What the channel is for.
    #[must_use]
    pub fn topic(mut self, topic: &str) -> Self {
        self.topic = Some(topic.to_owned());
        self
    }

    /// Puts the channel under a category.
    #[must_use]
    pub fn under(mut self, category_id: Id) -> Self {
        self.parent_id = Some(category_id);
        self
    }

    /// Allows a role or a person more here.
    #[must_use]
    pub fn allow(mut self, role_or_user: Id, permissions: u64) -> Self {
        self.overwrites.push((role_or_user, permissions, 0));
        self
    }

    /// Denies a role or a person something here.
    #[must_use]
    pub fn deny(mut self, role_or_user: Id, permissions: u64) -> Self {
        self.overwrites.push((role_or_user, 0, permissions));
        self
    }
}

impl Channel {
    /// Whether messages live here.
    pub(crate) fn holds_messages(&self) -> bool {
        !matches!(self.kind, kind::CATEGORY | kind::FORUM)
    }
}

impl World {
    /// Adds a channel at the end of the list.
    ///
    /// # Panics
    /// When there is no such guild.
    pub fn add_channel(&mut self, guild_id: Id, seed: ChannelSeed) -> Id {
        let id = self.take_id();
        let guild = self.guilds.get_mut(&guild_id).expect("a channel needs its guild");
        let position = u32::try_from(guild.channels.len()).unwrap_or(u32::MAX);
        guild.channels.push(id);
        let mut overwrites: Vec<Overwrite> = Vec::new();
        for (whom, allow, deny) in seed.overwrites {
            match overwrites.iter_mut().find(|overwrite| overwrite.id == whom) {
                Some(overwrite) => {
                    overwrite.allow |= allow;
                    overwrite.deny |= deny;
                }
                None => overwrites.push(Overwrite { id: whom, member: !guild.roles.contains_key(&whom), allow, deny }),
            }
        }
        let channel = Channel {
            id,
            kind: seed.kind,
            guild_id: Some(guild_id),
            name: seed.name,
            topic: seed.topic,
            parent_id: seed.parent_id,
            position,
            overwrites,
            nsfw: false,
            rate_limit_per_user: 0,
            last_message_id: None,
            recipient_id: None,
            thread: None,
            messages: BTreeSet::new(),
            pins: BTreeMap::new(),
        };
        self.channels.insert(id, channel);
        self.note(Event::ChannelCreated { channel_id: id });
        id
    }

    /// Changes what a channel allows and denies one role or person.
    pub fn set_overwrite(&mut self, channel_id: Id, role_or_user: Id, allow: u64, deny: u64) {
        let Some(channel) = self.channels.get_mut(&channel_id) else { return };
        let is_role = channel
            .guild_id
            .and_then(|guild_id| self.guilds.get(&guild_id))
            .is_some_and(|guild| guild.roles.contains_key(&role_or_user));
        channel.overwrites.retain(|overwrite| overwrite.id != role_or_user);
        channel.overwrites.push(Overwrite { id: role_or_user, member: !is_role, allow, deny });
        self.note(Event::ChannelChanged { channel_id });
    }

    /// Deletes a channel or thread with everything in it, and the threads under it.
    pub fn delete_channel(&mut self, channel_id: Id) {
        let Some(channel) = self.channels.remove(&channel_id) else { return };
        for message_id in &channel.messages {
            self.forget_message(*message_id);
        }
        let mut threads = Vec::new();
        if let Some(guild) = channel.guild_id.and_then(|guild_id| self.guilds.get_mut(&guild_id)) {
            guild.channels.retain(|id| *id != channel_id);
            guild.threads.retain(|id| *id != channel_id);
            threads.clone_from(&guild.threads);
        }
        for thread in threads {
            if self.channels.get(&thread).is_some_and(|thread| thread.parent_id == Some(channel_id)) {
                self.delete_channel(thread);
            }
        }
        self.note(Event::ChannelDeleted { channel_id, channel: Box::new(channel) });
    }
}
