//! Messages and pins in channels.

use std::borrow::Cow;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::channels::known;
use super::{Answer, ApiError, Call};
use crate::emulator::id::{Id, id_in};
use crate::emulator::permissions::{
    ATTACH_FILES, EMBED_LINKS, MANAGE_MESSAGES, PIN_MESSAGES, READ_MESSAGE_HISTORY, SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
};
use crate::emulator::world::{Channel, Draft, Message, Patch, Reference, World, flag};
use crate::emulator::{rules, wire};

const PINS_AT_MOST: usize = 250;
/// Discord's type of the notice that something was pinned.
const PIN_NOTICE: u8 = 6;

/// A message of the channel that is not ephemeral.
fn known_message(world: &World, channel_id: Id, message_id: Id) -> Result<&Message, ApiError> {
    let found = world.messages.get(&message_id);
    found
        .filter(|message| message.channel_id == channel_id && message.only_for.is_none())
        .ok_or_else(ApiError::unknown_message)
}

fn object(world: &World, message_id: Id) -> Value {
    world.messages.get(&message_id).map_or(Value::Null, |message| wire::message(world, message))
}

/// Whether the bot may post here; the channel when it may.
pub(super) fn may_post<'w>(
    world: &'w World,
    channel_id: Id,
    body: &Value,
    files: bool,
) -> Result<&'w Channel, ApiError> {
    let channel = known(world, channel_id, 0)?;
    if !channel.holds_messages() {
        return Err(ApiError::new(400, 50008, "Cannot send messages in a non-text channel"));
    }
    if let Some(recipient) = channel.recipient_id {
        if !world.shares_guild(recipient) {
            let message = "Cannot send messages to this user due to having no mutual guilds";
            return Err(ApiError::new(403, 50278, message));
        }
        if !world.reaches(recipient) {
            return Err(ApiError::new(403, 50007, "Cannot send messages to this user"));
        }
    }
    let mut needed = if channel.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
    if files {
        needed |= ATTACH_FILES;
    }
    if body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty()) {
        needed |= EMBED_LINKS;
    }
    let channel = known(world, channel_id, needed)?;
    if channel.thread.as_ref().is_some_and(|thread| thread.archived && thread.locked) {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    Ok(channel)
}

pub(super) fn create(world: &mut World, call: &mut Call, channel_id: Id) -> Result<Answer, ApiError> {
    may_post(world, channel_id, &call.body, !call.files.is_empty())?;
    rules::message_create(&call.body, &call.file_infos)?;
    let bot = world.bot_user_id();
    if call.body["enforce_nonce"] == json!(true)
        && let Some(nonce) = call.body.get("nonce").filter(|nonce| !nonce.is_null())
        && let Some(existing) = world.message_with_nonce(bot, nonce)
    {
        return Ok(Answer::ok(object(world, existing)));
    }
    let files = call.take_files();
    let mut draft = Draft::read(&call.body, files);
    let reference = &call.body["message_reference"];
    if let Some(message_id) = id_in(&reference["message_id"]) {
        known(world, channel_id, READ_MESSAGE_HISTORY)?;
        if known_message(world, channel_id, message_id).is_ok() {
            draft.kind = 19;
            draft.reference = Some(Reference { channel_id, message_id: Some(message_id) });
        } else if reference["fail_if_not_exists"] != json!(false) {
            let path = ["message_reference"];
            return Err(ApiError::form(&path, "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message"));
        }
    }
    let message_id = world.post(channel_id, bot, draft);
    Ok(Answer::ok(object(world, message_id)))
}

pub(super) fn get(world: &World, channel_id: Id, message_id: Id) -> Result<Answer, ApiError> {
    known(world, channel_id, READ_MESSAGE_HISTORY)?;
    known_message(world, channel_id, message_id)?;
    Ok(Answer::ok(object(world, message_id)))
}

pub(super) fn list(world: &World, call: &Call, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    let limit = call.query_number("limit", 50, (1, 100))?;
    if known(world, channel_id, READ_MESSAGE_HISTORY).is_err() {
        return Ok(Answer::ok(json!([])));
    }
    let newest_first = |ids: Vec<Id>| -> Vec<Value> { ids.into_iter().map(|id| object(world, id)).collect() };
    let messages = &channel.messages;
    let ids: Vec<Id> = if let Some(around) = call.query_id("around") {
        let half = limit / 2;
        let mut ids: Vec<Id> = messages.range(around..).take(half + 1).copied().collect();
        ids.reverse();
        ids.extend(messages.range(..around).rev().take(half));
        ids.truncate(limit);
        ids
    } else if let Some(after) = call.query_id("after") {
        // Those right after it, yet newest first, as Discord gives them.
        let mut ids: Vec<Id> = messages.range(after..).filter(|id| **id != after).take(limit).copied().collect();
        ids.reverse();
        ids
    } else if let Some(before) = call.query_id("before") {
        messages.range(..before).rev().take(limit).copied().collect()
    } else {
        messages.iter().rev().take(limit).copied().collect()
    };
    Ok(Answer::ok(json!(newest_first(ids))))
}

pub(super) fn edit(world: &mut World, call: &mut Call, channel_id: Id, message_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    let archived = channel.thread.as_ref().is_some_and(|thread| thread.archived);
    let message = known_message(world, channel_id, message_id)?;
    if message.author_id != world.bot_user_id() {
        return Err(ApiError::new(403, 50005, "Cannot edit a message authored by another user"));
    }
    if !matches!(message.kind, 0 | 19 | 20 | 23) {
        return Err(ApiError::new(403, 50021, "Cannot execute action on a system message"));
    }
    if archived {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    rules::message_edit(&with_standing_layout(world, message_id, &call.body), &call.file_infos)?;
    let files = call.take_files();
    let patch = Patch::read(&call.body, files);
    refuse_empty(world, message_id, &patch)?;
    world.revise(message_id, patch);
    Ok(Answer::ok(object(world, message_id)))
}

/// The body of an edit as the rules must read it: a message in the newer layout stays in it without saying so again.
pub(super) fn with_standing_layout<'b>(world: &World, message_id: Id, body: &'b Value) -> Cow<'b, Value> {
    let newer = world.messages.get(&message_id).is_some_and(|message| message.flags & flag::COMPONENTS_V2 != 0);
    if !newer || !body.is_object() || !body["flags"].is_null() {
        return Cow::Borrowed(body);
    }
    let mut body = body.clone();
    body["flags"] = json!(flag::COMPONENTS_V2);
    Cow::Owned(body)
}

/// An edit must leave something to see.
pub(super) fn refuse_empty(world: &World, message_id: Id, patch: &Patch) -> Result<(), ApiError> {
    let Some(message) = world.messages.get(&message_id) else { return Ok(()) };
    let content = patch.content.as_ref().unwrap_or(&message.content);
    let embeds = patch.embeds.as_ref().unwrap_or(&message.embeds);
    let components = patch.components.as_ref().unwrap_or(&message.components);
    let files = patch.keep.as_ref().map_or(message.attachments.len(), Vec::len) + patch.uploads.len();
    let empty =
        content.is_empty() && embeds.is_empty() && components.is_empty() && files == 0 && message.poll.is_none();
    if empty { Err(ApiError::new(400, 50006, "Cannot send an empty message")) } else { Ok(()) }
}

pub(super) fn delete(world: &mut World, channel_id: Id, message_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    let direct = channel.guild_id.is_none();
    let message = known_message(world, channel_id, message_id)?;
    if message.author_id != world.bot_user_id() {
        if direct {
            return Err(ApiError::new(403, 50003, "Cannot execute action on a DM channel"));
        }
        known(world, channel_id, MANAGE_MESSAGES)?;
    }
    if message.kind == 21 {
        return Err(ApiError::new(403, 50021, "Cannot execute action on a system message"));
    }
    world.delete_message(message_id);
    Ok(Answer::nothing())
}

pub(super) fn bulk_delete(world: &mut World, call: &Call, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    if channel.guild_id.is_none() {
        return Err(ApiError::new(403, 50003, "Cannot execute action on a DM channel"));
    }
    known(world, channel_id, MANAGE_MESSAGES)?;
    let ids: Vec<Id> = call.body["messages"].as_array().into_iter().flatten().filter_map(id_in).collect();
    if !(2..=100).contains(&ids.len()) {
        let message = "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 \
                       messages to delete";
        return Err(ApiError::new(400, 50016, message));
    }
    let here: Vec<Id> = ids.into_iter().filter(|id| known_message(world, channel_id, *id).is_ok()).collect();
    let too_old = world.now - TimeDelta::weeks(2);
    if here.iter().any(|id| world.messages[id].posted_at < too_old) {
        let message = "You can only bulk delete messages that are under 14 days old.";
        return Err(ApiError::new(400, 50034, message));
    }
    world.delete_messages(channel_id, here);
    Ok(Answer::nothing())
}

pub(super) fn pin(world: &mut World, channel_id: Id, message_id: Id, pinned: bool) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, PIN_MESSAGES)?;
    let full = channel.pins.len() >= PINS_AT_MOST;
    let message = known_message(world, channel_id, message_id)?;
    if pinned && !message.pinned {
        if full {
            return Err(ApiError::new(400, 30003, "Maximum number of pins reached for the channel (250)"));
        }
        world.pin(message_id, true);
        let notice = Draft {
            kind: PIN_NOTICE,
            reference: Some(Reference { channel_id, message_id: Some(message_id) }),
            ..Draft::default()
        };
        let bot = world.bot_user_id();
        world.post(channel_id, bot, notice);
    } else {
        world.pin(message_id, pinned);
    }
    Ok(Answer::nothing())
}

/// Pins, the latest first.
fn pinned(world: &World, channel_id: Id) -> Result<Vec<(Id, chrono::DateTime<chrono::Utc>)>, ApiError> {
    let channel = known(world, channel_id, READ_MESSAGE_HISTORY)?;
    let mut pins: Vec<_> = channel.pins.iter().map(|(id, at)| (*id, *at)).collect();
    pins.sort_by_key(|(id, at)| std::cmp::Reverse((*at, *id)));
    Ok(pins)
}

pub(super) fn pins(world: &World, call: &Call, channel_id: Id) -> Result<Answer, ApiError> {
    let limit = call.query_number("limit", 50, (1, 50))?;
    let before: Option<chrono::DateTime<chrono::Utc>> = call.query("before").and_then(|text| text.parse().ok());
    let pins = pinned(world, channel_id)?;
    let mut wanted: Vec<_> = pins.into_iter().filter(|(_, at)| before.is_none_or(|before| *at < before)).collect();
    let has_more = wanted.len() > limit;
    wanted.truncate(limit);
    let items: Vec<Value> = wanted
        .into_iter()
        .map(|(id, at)| json!({"pinned_at": wire::timestamp(at), "message": object(world, id)}))
        .collect();
    Ok(Answer::ok(json!({"items": items, "has_more": has_more})))
}

pub(super) fn pins_plain(world: &World, channel_id: Id) -> Result<Answer, ApiError> {
    let list: Vec<Value> = pinned(world, channel_id)?.into_iter().take(50).map(|(id, _)| object(world, id)).collect();
    Ok(Answer::ok(json!(list)))
}
