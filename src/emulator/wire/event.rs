//! Gateway events: which one a change of the world becomes, and which intents it needs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::guild::member_alone;
use super::{
    channel_for_bot, guild_with_contents, interaction, member, message, message_blanked, own_user, role, thread_member,
    timestamp, user,
};
use crate::emulator::event::Event;
use crate::emulator::id::Id;
use crate::emulator::world::{Message, World};

pub(crate) mod intent {
    pub const GUILDS: u64 = 1;
    pub const GUILD_MEMBERS: u64 = 1 << 1;
    pub const GUILD_MESSAGES: u64 = 1 << 9;
    pub const DIRECT_MESSAGES: u64 = 1 << 12;
    pub const MESSAGE_CONTENT: u64 = 1 << 15;
}

/// One event on its way to those sessions that asked for it.
pub(crate) struct Outgoing {
    pub name: &'static str,
    /// A session needs one of these; 0: every session gets it.
    pub intents: u64,
    /// The guild that decides the shard; direct messages go to shard 0.
    pub guild_id: Option<Id>,
    pub payload: Arc<Value>,
    /// What sessions without MESSAGE_CONTENT get instead.
    pub without_content: Option<Arc<Value>>,
}

impl Outgoing {
    fn new(name: &'static str, intents: u64, guild_id: Option<Id>, payload: Value) -> Self {
        Self { name, intents, guild_id, payload: Arc::new(payload), without_content: None }
    }
}

/// The payload of READY but for its session.
pub(crate) fn ready(world: &World, guilds: &[Id]) -> Value {
    let unavailable: Vec<Value> = guilds.iter().map(|id| json!({"id": id, "unavailable": true})).collect();
    json!({
        "v": 10,
        "user_settings": {},
        "user": own_user(world),
        "session_type": "normal",
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guilds": unavailable,
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": ["us-east"],
        "application": {"id": world.application_id(), "flags": 565_248},
        "_trace": ["emulator"],
    })
}

fn message_event(world: &World, name: &'static str, of: &Message) -> Outgoing {
    let guild_id = world.channels.get(&of.channel_id).and_then(|channel| channel.guild_id);
    // Ephemeral messages reach the bot like direct messages, without saying which guild they were shown in.
    let shown_guild = if of.only_for.is_some() { None } else { guild_id };
    let addressed = |mut payload: Value| {
        if let Some(guild_id) = shown_guild {
            payload["guild_id"] = json!(guild_id);
            let author = world.guilds.get(&guild_id).and_then(|guild| guild.members.get(&of.author_id));
            if let Some(author) = author {
                payload["member"] = member_alone(author);
            }
        }
        payload
    };
    let intents = if shown_guild.is_some() { intent::GUILD_MESSAGES } else { intent::DIRECT_MESSAGES };
    let mut outgoing = Outgoing::new(name, intents, shown_guild, addressed(message(world, of)));
    outgoing.without_content = Some(Arc::new(addressed(message_blanked(world, of))));
    outgoing
}

/// The gateway events that a change of the world becomes, for sessions that together asked for `wanted` intents.
pub(crate) fn dispatches(world: &World, event: &Event, wanted: u64) -> Vec<Outgoing> {
    let to_guild = |channel_id: &Id| world.channels.get(channel_id).and_then(|channel| channel.guild_id);
    let message_intents = intent::GUILD_MESSAGES | intent::DIRECT_MESSAGES;
    let one = match event {
        Event::InteractionSent { interaction_id, .. } => world
            .interactions
            .get(*interaction_id)
            .map(|sent| Outgoing::new("INTERACTION_CREATE", 0, sent.guild_id, interaction::interaction(world, sent))),
        Event::MessagePosted { channel_id, message_id, .. } | Event::MessageEdited { channel_id, message_id, .. } => {
            if wanted & message_intents == 0 || world.bot_permissions_in(*channel_id) == 0 {
                return Vec::new();
            }
            let name = if matches!(event, Event::MessagePosted { .. }) { "MESSAGE_CREATE" } else { "MESSAGE_UPDATE" };
            world.messages.get(message_id).map(|of| message_event(world, name, of))
        }
        Event::MessageDeleted { channel_id, message_id, only_for } => {
            let guild_id = if only_for.is_some() { None } else { to_guild(channel_id) };
            let mut payload = json!({"id": message_id, "channel_id": channel_id});
            Some(scoped("MESSAGE_DELETE", guild_id, &mut payload))
        }
        Event::MessagesDeleted { channel_id, message_ids } => {
            let mut payload = json!({"ids": message_ids, "channel_id": channel_id});
            Some(scoped("MESSAGE_DELETE_BULK", to_guild(channel_id), &mut payload))
        }
        Event::PinsChanged { channel_id } => {
            let last = world.channels.get(channel_id).and_then(|channel| channel.pins.values().max().copied());
            let mut payload = json!({"channel_id": channel_id, "last_pin_timestamp": last.map(timestamp)});
            let mut outgoing = scoped("CHANNEL_PINS_UPDATE", to_guild(channel_id), &mut payload);
            outgoing.intents = intent::GUILDS | intent::DIRECT_MESSAGES;
            Some(outgoing)
        }
        Event::GuildJoined { guild_id } => world.guilds.get(guild_id).map(|guild| {
            Outgoing::new("GUILD_CREATE", intent::GUILDS, Some(*guild_id), guild_with_contents(world, guild))
        }),
        Event::GuildLeft { guild_id } => {
            return vec![Outgoing::new("GUILD_DELETE", intent::GUILDS, Some(*guild_id), json!({"id": guild_id}))];
        }
        Event::RoleChanged { guild_id, role_id, new } => {
            let name = if *new { "GUILD_ROLE_CREATE" } else { "GUILD_ROLE_UPDATE" };
            world.guilds.get(guild_id).and_then(|guild| guild.roles.get(role_id)).map(|changed| {
                Outgoing::new(
                    name,
                    intent::GUILDS,
                    Some(*guild_id),
                    json!({"guild_id": guild_id, "role": role(changed)}),
                )
            })
        }
        Event::MemberJoined { guild_id, user_id } | Event::MemberChanged { guild_id, user_id } => {
            let name =
                if matches!(event, Event::MemberJoined { .. }) { "GUILD_MEMBER_ADD" } else { "GUILD_MEMBER_UPDATE" };
            world.guilds.get(guild_id).and_then(|guild| guild.members.get(user_id)).map(|who| {
                let mut payload = member(world, who);
                payload["guild_id"] = json!(guild_id);
                Outgoing::new(name, intent::GUILD_MEMBERS, Some(*guild_id), payload)
            })
        }
        Event::MemberLeft { guild_id, user_id } => Some(Outgoing::new(
            "GUILD_MEMBER_REMOVE",
            intent::GUILD_MEMBERS,
            Some(*guild_id),
            json!({"guild_id": guild_id, "user": user(world, *user_id)}),
        )),
        Event::ChannelCreated { channel_id } | Event::ChannelChanged { channel_id } => {
            let created = matches!(event, Event::ChannelCreated { .. });
            // Since version 8 bots are not told of direct-message channels.
            world.channels.get(channel_id).filter(|channel| channel.guild_id.is_some()).map(|channel| {
                let name = match (channel.thread.is_some(), created) {
                    (true, true) => "THREAD_CREATE",
                    (true, false) => "THREAD_UPDATE",
                    (false, true) => "CHANNEL_CREATE",
                    (false, false) => "CHANNEL_UPDATE",
                };
                let mut payload = channel_for_bot(world, channel);
                if created && channel.thread.is_some() {
                    payload["newly_created"] = json!(true);
                }
                Outgoing::new(name, intent::GUILDS, channel.guild_id, payload)
            })
        }
        Event::ChannelDeleted { channel, .. } => Some(if channel.thread.is_some() {
            let payload = json!({
                "id": channel.id, "guild_id": channel.guild_id, "parent_id": channel.parent_id, "type": channel.kind,
            });
            Outgoing::new("THREAD_DELETE", intent::GUILDS, channel.guild_id, payload)
        } else {
            Outgoing::new("CHANNEL_DELETE", intent::GUILDS, channel.guild_id, channel_for_bot(world, channel))
        }),
        Event::ThreadMembersChanged { channel_id, user_id, joined } => world
            .channels
            .get(channel_id)
            .and_then(|channel| channel.thread.as_ref().map(|thread| (channel, thread)))
            .map(|(channel, thread)| {
                let added: Vec<Value> = thread
                    .members
                    .get(user_id)
                    .filter(|_| *joined)
                    .map(|at| thread_member(channel.id, *user_id, *at))
                    .into_iter()
                    .collect();
                let removed: Vec<Id> = if *joined { Vec::new() } else { vec![*user_id] };
                let payload = json!({
                    "id": channel.id, "guild_id": channel.guild_id, "member_count": thread.members.len().min(50),
                    "added_members": added, "removed_member_ids": removed,
                });
                Outgoing::new("THREAD_MEMBERS_UPDATE", intent::GUILDS, channel.guild_id, payload)
            }),
        _ => None,
    };
    // A guild that the bot is not in is none of its business.
    one.into_iter().filter(|outgoing| outgoing.guild_id.is_none_or(|id| world.bot_is_in(id))).collect()
}

fn scoped(name: &'static str, guild_id: Option<Id>, payload: &mut Value) -> Outgoing {
    if let Some(guild_id) = guild_id {
        payload["guild_id"] = json!(guild_id);
    }
    let intents = if guild_id.is_some() { intent::GUILD_MESSAGES } else { intent::DIRECT_MESSAGES };
    Outgoing::new(name, intents, guild_id, payload.take())
}
