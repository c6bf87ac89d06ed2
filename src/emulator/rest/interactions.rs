//! Answering interactions: the callback, then the token's messages.

use std::time::Instant;

use serde_json::{Value, json};

use super::messages::{refuse_empty, with_standing_layout};
use super::request::path_id;
use super::routes::not_served;
use super::{Answer, ApiError, Call};
use crate::emulator::id::Id;
use crate::emulator::world::{Lookup, Patch, World, flag};
use crate::emulator::{rules, wire};

fn object(world: &World, message_id: Id) -> Value {
    world.messages.get(&message_id).map_or(Value::Null, |message| wire::message(world, message))
}

/// The first answer to an interaction.
pub(super) fn callback(
    world: &mut World,
    call: &mut Call,
    id: Id,
    token: &str,
    at: Instant,
) -> Result<Answer, ApiError> {
    let interaction = world.answerable(id, token, at).map_err(|lookup| match lookup {
        Lookup::AlreadyAnswered => ApiError::from(lookup),
        _ => ApiError::new(404, 10062, "Unknown interaction"),
    })?;
    let asked_by = interaction.kind;
    let source = interaction.source_message_id;
    rules::callback(interaction.rules_kind(), &call.body, &call.file_infos)?;
    let files = call.take_files();
    let data = call.body.get("data").filter(|data| !data.is_null()).cloned().unwrap_or_else(|| json!({}));
    let kind = call.body["type"].as_u64().unwrap_or(0);
    let message_id = match kind {
        4 | 5 => Some(world.answer_with_message(id, &data, files, kind == 5)),
        6 => world.answer_with_update(id, None),
        7 => {
            let Some(source) = source.filter(|source| world.messages.contains_key(source)) else {
                return Err(ApiError::unknown_message());
            };
            let patch = Patch::read(&data, files);
            refuse_empty(world, source, &patch)?;
            world.answer_with_update(id, Some(patch))
        }
        8 => {
            world.answer_with_choices(id, data["choices"].as_array().cloned().unwrap_or_default());
            None
        }
        9 => {
            world.answer_with_form(id, data);
            None
        }
        other => {
            let message = format!("Value must be one of {{4, 5, 6, 7, 8, 9, 12}}, not {other}.");
            return Err(ApiError::form(&["type"], "BASE_TYPE_CHOICES", &message));
        }
    };
    if !call.query_flag("with_response") {
        return Ok(Answer::nothing());
    }
    let mut interaction = json!({"id": id, "type": asked_by});
    let mut body = json!({});
    if let Some(message) = message_id.and_then(|id| world.messages.get(&id)) {
        interaction["response_message_id"] = json!(message.id);
        interaction["response_message_loading"] = json!(message.flags & flag::LOADING != 0);
        interaction["response_message_ephemeral"] = json!(message.only_for.is_some());
        // Only an answer that shows its message at once hands it back.
        if matches!(kind, 4 | 7) {
            body["resource"] = json!({"type": kind, "message": wire::message(world, message)});
        }
    }
    body["interaction"] = interaction;
    Ok(Answer::ok(body))
}

/// Serves everything below `webhooks/{application}/{token}`.
pub(super) fn webhook(
    world: &mut World,
    call: &mut Call,
    application_id: Id,
    token: &str,
    rest: &[&str],
) -> Result<Answer, ApiError> {
    if application_id != world.application_id() {
        return Err(ApiError::from(Lookup::Unknown));
    }
    let which = |text: &str| match text {
        "@original" => Ok(None),
        id => path_id(id, "message_id").map(Some),
    };
    match (call.method.as_str(), rest) {
        ("POST", []) => {
            world.by_token(token)?;
            rules::followup(&call.body, &call.file_infos)?;
            let files = call.take_files();
            let message_id = world.follow_up(token, &call.body, files)?;
            Ok(Answer::ok(object(world, message_id)))
        }
        ("GET", ["messages", id]) => {
            let (_, message_id) = world.message_of_token(token, which(id)?)?;
            Ok(Answer::ok(object(world, message_id)))
        }
        ("PATCH", ["messages", id]) => {
            let (interaction_id, message_id) = world.message_of_token(token, which(id)?)?;
            rules::message_edit(&with_standing_layout(world, message_id, &call.body), &call.file_infos)?;
            let files = call.take_files();
            let patch = Patch::read(&call.body, files);
            refuse_empty(world, message_id, &patch)?;
            world.revise(message_id, patch);
            world.followed_up(interaction_id, message_id);
            Ok(Answer::ok(object(world, message_id)))
        }
        ("DELETE", ["messages", id]) => {
            let (interaction_id, message_id) = world.message_of_token(token, which(id)?)?;
            world.delete_message(message_id);
            world.followed_up(interaction_id, message_id);
            Ok(Answer::nothing())
        }
        _ => Err(not_served(call)),
    }
}
