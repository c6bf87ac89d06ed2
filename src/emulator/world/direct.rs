//! Direct messages between the bot and one person.

use std::collections::{BTreeMap, BTreeSet};

use super::{Channel, World, kind};
use crate::emulator::event::Event;
use crate::emulator::id::Id;

impl World {
    /// The bot's direct-message channel with a person: the existing one, or a new one.
    pub fn direct_channel(&mut self, user_id: Id) -> Id {
        if let Some(channel_id) = self.direct.get(&user_id) {
            return *channel_id;
        }
        let id = self.take_id();
        let channel = Channel {
            id,
            kind: kind::DIRECT,
            guild_id: None,
            name: String::new(),
            topic: None,
            parent_id: None,
            position: 0,
            overwrites: Vec::new(),
            nsfw: false,
            rate_limit_per_user: 0,
            last_message_id: None,
            recipient_id: Some(user_id),
            thread: None,
            messages: BTreeSet::new(),
            pins: BTreeMap::new(),
        };
        self.channels.insert(id, channel);
        self.direct.insert(user_id, id);
        self.note(Event::ChannelCreated { channel_id: id });
        id
    }

    /// Whether the bot's message would reach this person: the mailbox is open and they share a guild.
    pub(crate) fn reaches(&self, user_id: Id) -> bool {
        let open = self.users.get(&user_id).is_some_and(|user| user.direct_messages_open && !user.bot);
        open && self.shares_guild(user_id)
    }

    pub(crate) fn shares_guild(&self, user_id: Id) -> bool {
        let bot = self.bot_user_id();
        self.guilds.values().any(|guild| guild.members.contains_key(&bot) && guild.members.contains_key(&user_id))
    }
}
