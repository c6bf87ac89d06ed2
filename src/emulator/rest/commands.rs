//! Registering commands, global and for one guild.

use serde_json::{Value, json};

use super::request::path_id;
use super::routes::not_served;
use super::{Answer, ApiError, Call};
use crate::emulator::id::Id;
use crate::emulator::world::{Command, World};
use crate::emulator::{rules, wire};

/// Serves everything below `…/commands`.
pub(super) fn serve(
    world: &mut World,
    call: &Call,
    application_id: Id,
    scope: Option<Id>,
    rest: &[&str],
) -> Result<Answer, ApiError> {
    if application_id != world.application_id() {
        let message = "You are not authorized to perform this action on this application";
        return Err(ApiError::new(403, 20012, message));
    }
    if scope.is_some_and(|guild_id| !world.bot_is_in(guild_id)) {
        return Err(ApiError::missing_access());
    }
    let unknown = || ApiError::new(404, 10063, "Unknown application command");
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let whole = call.query_flag("with_localizations");
            let list: Vec<Value> = world.commands.of(scope).iter().map(|each| shown(world, each, whole)).collect();
            Ok(Answer::ok(json!(list)))
        }
        ("PUT", []) => {
            rules::command_list(&call.body)?;
            let bodies = call.body.as_array().cloned().unwrap_or_default();
            let commands = world.put_commands(scope, &bodies)?;
            Ok(Answer::ok(json!(commands.iter().map(|each| wire::command(world, each)).collect::<Vec<_>>())))
        }
        ("POST", []) => {
            rules::command(&call.body, scope.is_some())?;
            let (command, new) = world.put_command(scope, &call.body)?;
            let object = wire::command(world, &command);
            Ok(if new { Answer::created(object) } else { Answer::ok(object) })
        }
        ("GET", [id]) => {
            let id = path_id(id, "command_id")?;
            let found = world.commands.of(scope).iter().find(|each| each.id == id).ok_or_else(unknown)?;
            Ok(Answer::ok(wire::command(world, found)))
        }
        ("PATCH", [id]) => {
            let id = path_id(id, "command_id")?;
            let current = world.commands.of(scope).iter().find(|each| each.id == id).ok_or_else(unknown)?;
            let mut merged = wire::command(world, current);
            if !call.body.is_object() {
                rules::command(&call.body, scope.is_some())?;
            }
            for (key, value) in call.body.as_object().into_iter().flatten() {
                merged[key] = value.clone();
            }
            rules::command(&merged, scope.is_some())?;
            let command = world.patch_command(scope, id, &call.body).ok_or_else(unknown)?;
            Ok(Answer::ok(wire::command(world, &command)))
        }
        ("DELETE", [id]) => {
            let id = path_id(id, "command_id")?;
            if world.delete_command(scope, id) { Ok(Answer::nothing()) } else { Err(unknown()) }
        }
        _ => Err(not_served(call)),
    }
}

fn shown(world: &World, command: &Command, with_localizations: bool) -> Value {
    let mut object = wire::command(world, command);
    if !with_localizations && let Some(fields) = object.as_object_mut() {
        fields.remove("name_localizations");
        fields.remove("description_localizations");
    }
    object
}
