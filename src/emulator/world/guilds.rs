//! Guilds, roles and members.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::World;
use crate::emulator::event::Event;
use crate::emulator::id::Id;
use crate::emulator::permissions;

/// A server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Guild {
    pub id: Id,
    pub name: String,
    pub owner_id: Id,
    pub roles: BTreeMap<Id, Role>,
    pub members: BTreeMap<Id, Member>,
    /// Channels and categories in the order of their making.
    pub channels: Vec<Id>,
    pub threads: Vec<Id>,
    pub created_at: DateTime<Utc>,
}

/// A role; the one with the guild's own id is @everyone.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub id: Id,
    pub name: String,
    pub permissions: u64,
    pub colour: u32,
    pub position: u32,
    /// The bot it belongs to, when Discord made it for one.
    pub bot_id: Option<Id>,
    pub mentionable: bool,
}

/// A person's place in a guild.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Member {
    pub user_id: Id,
    pub nick: Option<String>,
    pub roles: Vec<Id>,
    pub joined_at: DateTime<Utc>,
}

impl World {
    /// Adds a guild whose owner is its first member. @everyone gets [`permissions::MEMBER`] and the guild's own id.
    pub fn add_guild(&mut self, name: &str, owner_id: Id) -> Id {
        let id = self.take_id();
        let everyone = Role {
            id,
            name: "@everyone".to_owned(),
            permissions: permissions::MEMBER,
            colour: 0,
            position: 0,
            bot_id: None,
            mentionable: false,
        };
        let guild = Guild {
            id,
            name: name.to_owned(),
            owner_id,
            roles: BTreeMap::from([(id, everyone)]),
            members: BTreeMap::new(),
            channels: Vec::new(),
            threads: Vec::new(),
            created_at: self.now,
        };
        self.guilds.insert(id, guild);
        self.add_member(id, owner_id, None, &[]);
        id
    }

    /// Adds a role above all others.
    ///
    /// # Panics
    /// When there is no such guild.
    pub fn add_role(&mut self, guild_id: Id, name: &str, permissions: u64, colour: u32) -> Id {
        let id = self.take_id();
        let guild = self.guilds.get_mut(&guild_id).expect("a role needs its guild");
        let position = u32::try_from(guild.roles.len()).unwrap_or(u32::MAX);
        let role = Role { id, name: name.to_owned(), permissions, colour, position, bot_id: None, mentionable: true };
        guild.roles.insert(id, role);
        self.note(Event::RoleChanged { guild_id, role_id: id, new: true });
        id
    }

    /// Changes what a role (or @everyone, by the guild's id) may do.
    pub fn set_role_permissions(&mut self, guild_id: Id, role_id: Id, permissions: u64) {
        if let Some(role) = self.guilds.get_mut(&guild_id).and_then(|guild| guild.roles.get_mut(&role_id)) {
            role.permissions = permissions;
            self.note(Event::RoleChanged { guild_id, role_id, new: false });
        }
    }

    /// Lets a person join a guild (or changes the nickname and roles of one who is there).
    ///
    /// # Panics
    /// When there is no such guild.
    pub fn add_member(&mut self, guild_id: Id, user_id: Id, nick: Option<&str>, roles: &[Id]) {
        let joined_at = self.now;
        let guild = self.guilds.get_mut(&guild_id).expect("a member needs their guild");
        let before = guild.members.get(&user_id).map(|member| member.joined_at);
        let member = Member {
            user_id,
            nick: nick.map(str::to_owned),
            roles: roles.to_vec(),
            joined_at: before.unwrap_or(joined_at),
        };
        guild.members.insert(user_id, member);
        self.note(match before {
            Some(_) => Event::MemberChanged { guild_id, user_id },
            None => Event::MemberJoined { guild_id, user_id },
        });
    }

    /// Gives a member exactly these roles.
    pub fn set_member_roles(&mut self, guild_id: Id, user_id: Id, roles: &[Id]) {
        if let Some(member) = self.guilds.get_mut(&guild_id).and_then(|guild| guild.members.get_mut(&user_id)) {
            member.roles = roles.to_vec();
            self.note(Event::MemberChanged { guild_id, user_id });
        }
    }

    /// Lets a person leave a guild.
    pub fn remove_member(&mut self, guild_id: Id, user_id: Id) {
        if self.guilds.get_mut(&guild_id).is_some_and(|guild| guild.members.remove(&user_id).is_some()) {
            self.note(Event::MemberLeft { guild_id, user_id });
        }
    }

    /// Adds the bot to a guild, with a role of its own that holds these permissions.
    ///
    /// # Panics
    /// When there is no such guild.
    pub fn add_bot(&mut self, guild_id: Id, permissions: u64) {
        let bot = self.bot_user_id();
        let name = self.application.name.clone();
        let role_id = self.take_id();
        let joined_at = self.now;
        let guild = self.guilds.get_mut(&guild_id).expect("the bot needs a guild to join");
        let position = u32::try_from(guild.roles.len()).unwrap_or(u32::MAX);
        guild.roles.retain(|_, role| role.bot_id != Some(bot));
        let role = Role { id: role_id, name, permissions, colour: 0, position, bot_id: Some(bot), mentionable: false };
        guild.roles.insert(role_id, role);
        guild.members.insert(bot, Member { user_id: bot, nick: None, roles: vec![role_id], joined_at });
        self.note(Event::GuildJoined { guild_id });
    }

    /// Removes the bot, its role and its guild commands from a guild.
    pub fn remove_bot(&mut self, guild_id: Id) {
        let bot = self.bot_user_id();
        let Some(guild) = self.guilds.get_mut(&guild_id) else { return };
        if guild.members.remove(&bot).is_some() {
            guild.roles.retain(|_, role| role.bot_id != Some(bot));
            self.commands.forget_guild(guild_id);
            self.note(Event::GuildLeft { guild_id });
        }
    }

    /// Whether the bot is a member of the guild.
    pub fn bot_is_in(&self, guild_id: Id) -> bool {
        self.guilds.get(&guild_id).is_some_and(|guild| guild.members.contains_key(&self.bot_user_id()))
    }
}
