//! Registered commands.

use serde_json::{Value, json};

use crate::emulator::world::{Command, World};

/// The documented application command object.
pub(crate) fn command(world: &World, command: &Command) -> Value {
    let mut object = command.definition.clone();
    object["id"] = json!(command.id);
    object["application_id"] = json!(world.application_id());
    object["version"] = json!(command.version);
    object["name"] = json!(command.name);
    object["type"] = json!(command.kind);
    if let Some(guild_id) = command.guild_id {
        object["guild_id"] = json!(guild_id);
    }
    object
}
