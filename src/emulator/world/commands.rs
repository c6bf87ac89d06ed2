//! The application's commands, global and per guild.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;
use crate::emulator::event::Event;
use crate::emulator::id::Id;
use crate::emulator::permissions::{ADMINISTRATOR, USE_APPLICATION_COMMANDS};
use crate::emulator::wire::tidy;

/// Discord's command types.
pub(crate) mod command_kind {
    pub const SLASH: u8 = 1;
    pub const USER: u8 = 2;
    pub const MESSAGE: u8 = 3;
}

/// A registered command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub id: Id,
    pub version: Id,
    pub guild_id: Option<Id>,
    pub kind: u8,
    pub name: String,
    /// The definition in Discord's shape: description, options, contexts, permissions…
    pub definition: Value,
}

/// Every registered command.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Commands {
    global: Vec<Command>,
    by_guild: HashMap<Id, Vec<Command>>,
    /// When commands were newly made, in which scope, over the last day.
    created: Vec<(Option<Id>, DateTime<Utc>)>,
}

/// Why a command is not taken although it is well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMany {
    /// More new commands within a day than Discord takes.
    CreatedToday,
    /// More commands of this type in this scope than Discord takes.
    OfThisType(usize),
}

/// How many new commands each scope takes in a day.
const CREATED_A_DAY: usize = 200;

fn most_of(kind: u8) -> usize {
    if kind == command_kind::SLASH { 100 } else { 15 }
}

impl Commands {
    /// The commands of one scope: a guild, or global.
    pub(crate) fn of(&self, scope: Option<Id>) -> &[Command] {
        match scope {
            None => &self.global,
            Some(guild_id) => self.by_guild.get(&guild_id).map_or(&[], Vec::as_slice),
        }
    }

    fn of_mut(&mut self, scope: Option<Id>) -> &mut Vec<Command> {
        match scope {
            None => &mut self.global,
            Some(guild_id) => self.by_guild.entry(guild_id).or_default(),
        }
    }

    pub(crate) fn forget_guild(&mut self, guild_id: Id) {
        self.by_guild.remove(&guild_id);
    }
}

impl Command {
    /// Whether it can be used in direct messages with the bot.
    fn serves_direct_messages(&self) -> bool {
        match self.definition["contexts"].as_array() {
            Some(contexts) => contexts.iter().any(|context| context.as_u64() == Some(1)),
            None => self.definition["dm_permission"].as_bool().unwrap_or(true),
        }
    }

    fn serves_guilds(&self) -> bool {
        self.definition["contexts"]
            .as_array()
            .is_none_or(|contexts| contexts.iter().any(|each| each.as_u64() == Some(0)))
    }

    fn default_member_permissions(&self) -> Option<u64> {
        self.definition["default_member_permissions"].as_str().and_then(|text| text.parse().ok())
    }
}

impl World {
    /// Registers one command, replacing the one of the same name and type. True when it is new.
    pub(crate) fn put_command(&mut self, scope: Option<Id>, body: &Value) -> Result<(Command, bool), TooMany> {
        let (command, new) = self.make_command(scope, body);
        if new {
            let most = most_of(command.kind);
            if self.commands.of(scope).iter().filter(|each| each.kind == command.kind).count() >= most {
                return Err(TooMany::OfThisType(most));
            }
            self.count_created(scope, 1)?;
        }
        let list = self.commands.of_mut(scope);
        match list.iter_mut().find(|each| each.id == command.id) {
            Some(place) => *place = command.clone(),
            None => list.push(command.clone()),
        }
        self.note(Event::CommandsChanged { guild_id: scope });
        Ok((command, new))
    }

    /// Counts commands as newly made, unless the day is full.
    fn count_created(&mut self, scope: Option<Id>, count: usize) -> Result<(), TooMany> {
        let now = self.now;
        let created = &mut self.commands.created;
        created.retain(|(_, at)| now - *at < TimeDelta::days(1));
        if created.iter().filter(|(each, _)| *each == scope).count() + count > CREATED_A_DAY {
            return Err(TooMany::CreatedToday);
        }
        created.extend(std::iter::repeat_n((scope, now), count));
        Ok(())
    }

    /// Replaces the whole list of a scope.
    pub(crate) fn put_commands(&mut self, scope: Option<Id>, bodies: &[Value]) -> Result<Vec<Command>, TooMany> {
        let made: Vec<(Command, bool)> = bodies.iter().map(|body| self.make_command(scope, body)).collect();
        self.count_created(scope, made.iter().filter(|(_, new)| *new).count())?;
        let commands: Vec<Command> = made.into_iter().map(|(command, _)| command).collect();
        self.commands.of_mut(scope).clone_from(&commands);
        self.note(Event::CommandsChanged { guild_id: scope });
        Ok(commands)
    }

    /// Changes the given parts of a command.
    pub(crate) fn patch_command(&mut self, scope: Option<Id>, command_id: Id, body: &Value) -> Option<Command> {
        let current = self.commands.of(scope).iter().find(|each| each.id == command_id)?;
        let mut merged = current.definition.clone();
        merged["name"] = current.name.clone().into();
        merged["type"] = current.kind.into();
        for (key, value) in body.as_object().into_iter().flatten() {
            merged[key] = value.clone();
        }
        let (mut command, _) = self.make_command(scope, &merged);
        command.id = command_id;
        let list = self.commands.of_mut(scope);
        let place = list.iter_mut().find(|each| each.id == command_id).expect("found above");
        *place = command.clone();
        self.note(Event::CommandsChanged { guild_id: scope });
        Some(command)
    }

    /// Removes a command. False when there is none.
    pub(crate) fn delete_command(&mut self, scope: Option<Id>, command_id: Id) -> bool {
        let list = self.commands.of_mut(scope);
        let before = list.len();
        list.retain(|command| command.id != command_id);
        let gone = list.len() < before;
        if gone {
            self.note(Event::CommandsChanged { guild_id: scope });
        }
        gone
    }

    fn make_command(&mut self, scope: Option<Id>, body: &Value) -> (Command, bool) {
        let kind = body["type"].as_u64().and_then(|kind| u8::try_from(kind).ok()).unwrap_or(command_kind::SLASH);
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        let definition = tidy::command(body, scope.is_some());
        let existing = self.commands.of(scope).iter().find(|each| each.kind == kind && each.name == name).cloned();
        match existing {
            Some(same) if same.definition == definition => (same, false),
            Some(older) => (Command { version: self.take_id(), definition, ..older }, false),
            None => {
                let id = self.take_id();
                (Command { id, version: id, guild_id: scope, kind, name, definition }, true)
            }
        }
    }

    /// The commands that a person may use in a channel, those of the guild first.
    pub(crate) fn usable_commands(&self, channel_id: Id, user_id: Id) -> Vec<&Command> {
        let Some(channel) = self.channels.get(&channel_id) else { return Vec::new() };
        let Some(guild_id) = channel.guild_id else {
            return self.commands.of(None).iter().filter(|command| command.serves_direct_messages()).collect();
        };
        if !self.bot_is_in(guild_id) {
            return Vec::new();
        }
        let here = self.permissions_in(channel_id, user_id);
        if here & USE_APPLICATION_COMMANDS == 0 {
            return Vec::new();
        }
        let own = self.commands.of(Some(guild_id)).iter();
        let global = self.commands.of(None).iter().filter(|command| command.serves_guilds());
        let allowed = |command: &&Command| match command.default_member_permissions() {
            None => true,
            Some(0) => here & ADMINISTRATOR != 0,
            Some(needed) => here & ADMINISTRATOR != 0 || here & needed == needed,
        };
        own.chain(global).filter(allowed).collect()
    }
}
