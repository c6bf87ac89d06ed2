//! Channels, and opening direct messages.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, guilds};
use crate::emulator::event::Event;
use crate::emulator::id::{Id, id_in};
use crate::emulator::permissions::{self, MANAGE_CHANNELS, MANAGE_THREADS, SEND_MESSAGES_IN_THREADS};
use crate::emulator::world::{Channel, ChannelSeed, Overwrite, World, kind};
use crate::emulator::{rules, wire};

/// A channel that the bot sees and in which it may do all of `needed`.
pub(super) fn known(world: &World, channel_id: Id, needed: u64) -> Result<&Channel, ApiError> {
    let channel = world.channels.get(&channel_id).ok_or_else(ApiError::unknown_channel)?;
    let held = world.bot_permissions_in(channel_id);
    if held & permissions::VIEW_CHANNEL == 0 {
        return Err(ApiError::missing_access());
    }
    if held & needed != needed {
        return Err(ApiError::missing_permissions());
    }
    Ok(channel)
}

pub(super) fn get(world: &World, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    Ok(Answer::ok(wire::channel_for_bot(world, channel)))
}

pub(super) fn open_direct(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let Some(user_id) = id_in(&call.body["recipient_id"]) else {
        return Err(ApiError::form(&["recipient_id"], "BASE_TYPE_REQUIRED", "This field is required"));
    };
    let Some(user) = world.users.get(&user_id) else {
        return Err(ApiError::new(400, 50033, "Invalid Recipient(s)"));
    };
    if user.bot {
        return Err(ApiError::new(403, 50007, "Cannot send messages to this user"));
    }
    let channel_id = world.direct_channel(user_id);
    Ok(Answer::ok(wire::channel(world, &world.channels[&channel_id])))
}

pub(super) fn create(world: &mut World, call: &Call, guild_id: Id) -> Result<Answer, ApiError> {
    guilds::known(world, guild_id)?;
    if world.guild_permissions(guild_id, world.bot_user_id()) & MANAGE_CHANNELS == 0 {
        return Err(ApiError::missing_permissions());
    }
    let body = &call.body;
    rules::channel_patch(body)?;
    let Some(name) = body["name"].as_str().filter(|name| !name.is_empty()) else {
        return Err(ApiError::form(&["name"], "BASE_TYPE_REQUIRED", "This field is required"));
    };
    let kind = body["type"].as_u64().and_then(|kind| u8::try_from(kind).ok()).unwrap_or(kind::TEXT);
    let channel_id = world.add_channel(guild_id, ChannelSeed::of_kind(kind, &channel_name(kind, name)));
    apply(world, channel_id, body);
    Ok(Answer::created(wire::channel(world, &world.channels[&channel_id])))
}

/// Text channels have names without capitals and spaces.
fn channel_name(kind: u8, name: &str) -> String {
    if matches!(kind, kind::TEXT | kind::ANNOUNCEMENT | kind::FORUM) {
        name.to_lowercase().replace(' ', "-")
    } else {
        name.to_owned()
    }
}

/// Takes over whatever a body says about an ordinary channel.
fn apply(world: &mut World, channel_id: Id, body: &Value) {
    let guild_id = world.channels[&channel_id].guild_id;
    let roles: Vec<Id> = guild_id
        .and_then(|guild_id| world.guilds.get(&guild_id))
        .map(|guild| guild.roles.keys().copied().collect())
        .unwrap_or_default();
    let channel = world.channels.get_mut(&channel_id).expect("the caller has looked it up");
    if let Some(name) = body["name"].as_str() {
        channel.name = channel_name(channel.kind, name);
    }
    match &body["topic"] {
        Value::String(topic) => channel.topic = Some(topic.clone()),
        Value::Null if body.get("topic").is_some() => channel.topic = None,
        _ => {}
    }
    if body.get("parent_id").is_some() {
        channel.parent_id = id_in(&body["parent_id"]);
    }
    if let Some(position) = body["position"].as_u64() {
        channel.position = u32::try_from(position).unwrap_or(u32::MAX);
    }
    if let Some(nsfw) = body["nsfw"].as_bool() {
        channel.nsfw = nsfw;
    }
    if let Some(seconds) = body["rate_limit_per_user"].as_u64() {
        channel.rate_limit_per_user = u32::try_from(seconds).unwrap_or(u32::MAX);
    }
    if let Some(overwrites) = body["permission_overwrites"].as_array() {
        let bits = |value: &Value| match value {
            Value::String(text) => text.parse().unwrap_or(0),
            other => other.as_u64().unwrap_or(0),
        };
        channel.overwrites = overwrites
            .iter()
            .filter_map(|each| {
                let id = id_in(&each["id"])?;
                let member = each["type"].as_u64().map_or(!roles.contains(&id), |kind| kind == 1);
                Some(Overwrite { id, member, allow: bits(&each["allow"]), deny: bits(&each["deny"]) })
            })
            .collect();
    }
}

pub(super) fn patch(world: &mut World, call: &Call, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    if channel.thread.is_some() {
        return patch_thread(world, call, channel_id);
    }
    if channel.guild_id.is_none() {
        return Err(ApiError::new(403, 50003, "Cannot execute action on a DM channel"));
    }
    known(world, channel_id, MANAGE_CHANNELS)?;
    rules::channel_patch(&call.body)?;
    apply(world, channel_id, &call.body);
    world.note(Event::ChannelChanged { channel_id });
    Ok(Answer::ok(wire::channel(world, &world.channels[&channel_id])))
}

fn patch_thread(world: &mut World, call: &Call, channel_id: Id) -> Result<Answer, ApiError> {
    let held = world.bot_permissions_in(channel_id);
    let body = &call.body;
    rules::channel_patch(body)?;
    let now = world.now;
    let bot = world.bot_user_id();
    let channel = world.channels.get_mut(&channel_id).expect("the caller has looked it up");
    let thread = channel.thread.as_mut().expect("the caller has seen that it is a thread");
    let manages = held & MANAGE_THREADS != 0;
    let only_unarchives = body.as_object().is_some_and(|fields| fields.len() == 1) && body["archived"] == json!(false);
    let may = manages
        || (thread.owner_id == bot && !thread.locked && body.get("locked").is_none())
        || (only_unarchives && !thread.locked && held & SEND_MESSAGES_IN_THREADS != 0);
    if !may {
        return Err(ApiError::missing_permissions());
    }
    if thread.archived && body["archived"] != json!(false) {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    if let Some(name) = body["name"].as_str() {
        name.clone_into(&mut channel.name);
    }
    if let Some(seconds) = body["rate_limit_per_user"].as_u64() {
        channel.rate_limit_per_user = u32::try_from(seconds).unwrap_or(u32::MAX);
    }
    if let Some(minutes) = body["auto_archive_duration"].as_u64() {
        thread.auto_archive_minutes = minutes;
    }
    if let Some(locked) = body["locked"].as_bool() {
        thread.locked = locked;
    }
    if let Some(invitable) = body["invitable"].as_bool() {
        thread.invitable = invitable;
    }
    if let Some(archived) = body["archived"].as_bool() {
        thread.archived = archived;
        thread.archive_changed_at = now;
    }
    world.note(Event::ChannelChanged { channel_id });
    Ok(Answer::ok(wire::channel(world, &world.channels[&channel_id])))
}

pub(super) fn delete(world: &mut World, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    let object = wire::channel(world, channel);
    if channel.guild_id.is_none() {
        // Closing a direct channel only hides it from the list; it is found again when it is opened again.
        return Ok(Answer::ok(object));
    }
    known(world, channel_id, if channel.thread.is_some() { MANAGE_THREADS } else { MANAGE_CHANNELS })?;
    world.delete_channel(channel_id);
    Ok(Answer::ok(object))
}

pub(super) fn typing(world: &mut World, channel_id: Id) -> Result<Answer, ApiError> {
    known(world, channel_id, 0)?;
    world.note(Event::Typing { channel_id });
    Ok(Answer::nothing())
}
