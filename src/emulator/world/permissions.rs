//! Who may do what: roles first, then the channel's overwrites, as Discord computes it.

use super::{Channel, World};
use crate::emulator::id::Id;
use crate::emulator::permissions::{ADMINISTRATOR, ALL, DIRECT, NONE, VIEW_CHANNEL};

impl World {
    /// What a member may do in the guild as a whole; nothing when they are no member.
    pub(crate) fn guild_permissions(&self, guild_id: Id, user_id: Id) -> u64 {
        let Some(guild) = self.guilds.get(&guild_id) else { return NONE };
        let Some(member) = guild.members.get(&user_id) else { return NONE };
        if guild.owner_id == user_id {
            return ALL;
        }
        let everyone = guild.roles.get(&guild_id).map_or(NONE, |role| role.permissions);
        let held =
            member.roles.iter().filter_map(|id| guild.roles.get(id)).fold(everyone, |sum, role| sum | role.permissions);
        if held & ADMINISTRATOR == 0 { held } else { ALL }
    }

    /// What a person may do in a channel, direct channel or thread; nothing when they do not even see it.
    pub fn permissions_in(&self, channel_id: Id, user_id: Id) -> u64 {
        let Some(channel) = self.channels.get(&channel_id) else { return NONE };
        let Some(guild_id) = channel.guild_id else {
            let taking_part = channel.recipient_id == Some(user_id) || user_id == self.bot_user_id();
            return if taking_part { DIRECT } else { NONE };
        };
        // A thread has no overwrites of its own.
        let ruling = match (&channel.thread, channel.parent_id) {
            (Some(_), Some(parent)) => self.channels.get(&parent).unwrap_or(channel),
            _ => channel,
        };
        let base = self.guild_permissions(guild_id, user_id);
        if base & ADMINISTRATOR != 0 {
            return base;
        }
        let effective = self.with_overwrites(base, guild_id, user_id, ruling);
        if effective & VIEW_CHANNEL == 0 { NONE } else { effective }
    }

    /// What the bot may do in a channel.
    pub(crate) fn bot_permissions_in(&self, channel_id: Id) -> u64 {
        self.permissions_in(channel_id, self.bot_user_id())
    }

    pub(crate) fn can_see(&self, channel_id: Id, user_id: Id) -> bool {
        self.permissions_in(channel_id, user_id) & VIEW_CHANNEL != 0
    }

    fn with_overwrites(&self, base: u64, guild_id: Id, user_id: Id, channel: &Channel) -> u64 {
        let member = self.guilds.get(&guild_id).and_then(|guild| guild.members.get(&user_id));
        let Some(member) = member else { return NONE };
        let mut result = base;
        let mut role_allow = 0;
        let mut role_deny = 0;
        for overwrite in &channel.overwrites {
            if overwrite.id == guild_id {
                result = result & !overwrite.deny | overwrite.allow;
            } else if member.roles.contains(&overwrite.id) {
                role_allow |= overwrite.allow;
                role_deny |= overwrite.deny;
            }
        }
        result = result & !role_deny | role_allow;
        if let Some(own) = channel.overwrites.iter().find(|overwrite| overwrite.id == user_id) {
            result = result & !own.deny | own.allow;
        }
        result
    }
}
