//! Threads.

use serde_json::{Value, json};

use super::channels::known;
use super::request::path_id;
use super::{Answer, ApiError, Call};
use crate::emulator::id::Id;
use crate::emulator::permissions::{
    CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, MANAGE_THREADS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
};
use crate::emulator::world::{Draft, NewThread, World, kind};
use crate::emulator::{rules, wire};

const A_DAY_IN_MINUTES: u64 = 1_440;

fn name_of(body: &Value) -> Result<String, ApiError> {
    body["name"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| ApiError::form(&["name"], "BASE_TYPE_REQUIRED", "This field is required"))
}

fn created(world: &World, thread_id: Id) -> Answer {
    Answer::created(wire::channel_for_bot(world, &world.channels[&thread_id]))
}

pub(super) fn open_on_message(
    world: &mut World,
    call: &Call,
    channel_id: Id,
    message_id: Id,
) -> Result<Answer, ApiError> {
    let parent = known(world, channel_id, CREATE_PUBLIC_THREADS)?;
    let kind = match parent.kind {
        kind::TEXT => kind::PUBLIC_THREAD,
        kind::ANNOUNCEMENT => kind::ANNOUNCEMENT_THREAD,
        _ => return Err(ApiError::wrong_channel_type()),
    };
    let message =
        world.messages.get(&message_id).filter(|each| each.channel_id == channel_id && each.only_for.is_none());
    let message = message.ok_or_else(ApiError::unknown_message)?;
    if message.thread_id.is_some() {
        return Err(ApiError::new(400, 160_004, "A thread has already been created for this message"));
    }
    rules::thread_create(&call.body)?;
    let thread_id = world.open_thread(NewThread {
        parent_id: channel_id,
        name: name_of(&call.body)?,
        kind,
        owner_id: world.bot_user_id(),
        auto_archive_minutes: call.body["auto_archive_duration"].as_u64().unwrap_or(A_DAY_IN_MINUTES),
        from_message: Some(message_id),
        invitable: true,
    });
    Ok(created(world, thread_id))
}

pub(super) fn open(world: &mut World, call: &mut Call, channel_id: Id) -> Result<Answer, ApiError> {
    let parent = known(world, channel_id, 0)?;
    let parent_kind = parent.kind;
    let asked = call.body["type"].as_u64().and_then(|kind| u8::try_from(kind).ok());
    let kind = match (parent_kind, asked) {
        (kind::FORUM, _) => kind::PUBLIC_THREAD,
        (kind::ANNOUNCEMENT, _) => kind::ANNOUNCEMENT_THREAD,
        (kind::TEXT, Some(kind @ (kind::PUBLIC_THREAD | kind::PRIVATE_THREAD))) => kind,
        (kind::TEXT, None) => kind::PRIVATE_THREAD,
        _ => return Err(ApiError::wrong_channel_type()),
    };
    let needed = match (parent_kind, kind) {
        (kind::FORUM, _) => SEND_MESSAGES,
        (_, kind::PRIVATE_THREAD) => CREATE_PRIVATE_THREADS,
        _ => CREATE_PUBLIC_THREADS,
    };
    known(world, channel_id, needed)?;
    rules::thread_create(&call.body)?;
    let first = call.body.get("message").filter(|_| parent_kind == kind::FORUM).cloned();
    if parent_kind == kind::FORUM {
        let Some(first) = &first else {
            return Err(ApiError::form(&["message"], "BASE_TYPE_REQUIRED", "This field is required"));
        };
        rules::message_create(first, &call.file_infos)?;
    }
    let bot = world.bot_user_id();
    let thread_id = world.open_thread(NewThread {
        parent_id: channel_id,
        name: name_of(&call.body)?,
        kind,
        owner_id: bot,
        auto_archive_minutes: call.body["auto_archive_duration"].as_u64().unwrap_or(A_DAY_IN_MINUTES),
        from_message: None,
        invitable: call.body["invitable"].as_bool().unwrap_or(true),
    });
    let mut answer = created(world, thread_id);
    if let Some(first) = first {
        let message_id = world.post(thread_id, bot, Draft::read(&first, call.take_files()));
        if let Some(body) = answer.body.as_mut() {
            body["message"] = wire::message(world, &world.messages[&message_id]);
        }
    }
    Ok(answer)
}

pub(super) fn members(world: &World, channel_id: Id) -> Result<Answer, ApiError> {
    let channel = known(world, channel_id, 0)?;
    let thread = channel.thread.as_ref().ok_or_else(ApiError::wrong_channel_type)?;
    let list: Vec<Value> =
        thread.members.iter().map(|(user, at)| wire::thread_member(channel_id, *user, *at)).collect();
    Ok(Answer::ok(json!(list)))
}

pub(super) fn set_member(world: &mut World, channel_id: Id, who: &str, joins: bool) -> Result<Answer, ApiError> {
    let bot = world.bot_user_id();
    let user_id = if who == "@me" { bot } else { path_id(who, "user_id")? };
    let channel = known(world, channel_id, 0)?;
    let thread = channel.thread.as_ref().ok_or_else(ApiError::wrong_channel_type)?;
    if thread.archived {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    if user_id != bot {
        if joins {
            known(world, channel_id, SEND_MESSAGES_IN_THREADS)?;
            if !world.can_see(channel_id, user_id) {
                return Err(ApiError::missing_access());
            }
        } else if thread.owner_id != bot {
            known(world, channel_id, MANAGE_THREADS)?;
        }
    }
    world.set_thread_member(channel_id, user_id, joins);
    Ok(Answer::nothing())
}
