//! Interactions, as INTERACTION_CREATE and the interactions endpoint carry them.

use serde_json::{Value, json};

use super::{channel, member, message, user};
use crate::emulator::world::{Interaction, World, kind};

/// The largest file that a person or the bot may send here, in bytes.
pub(crate) const ATTACHMENT_SIZE_LIMIT: u64 = 10 * 1024 * 1024;

/// The documented interaction object, token included.
pub(crate) fn interaction(world: &World, of: &Interaction) -> Value {
    let place = world.channels.get(&of.channel_id);
    let own = world.bot_permissions_in(of.channel_id);
    let theirs = world.permissions_in(of.channel_id, of.user_id);
    let locale = world.users.get(&of.user_id).map_or("en-US", |user| user.locale.as_str());
    let mut object = json!({
        "id": of.id,
        "application_id": world.application_id(),
        "type": of.kind,
        "data": of.data,
        "token": of.token,
        "version": 1,
        "channel_id": of.channel_id,
        "app_permissions": own.to_string(),
        "locale": locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": ATTACHMENT_SIZE_LIMIT,
        "authorizing_integration_owners": {"0": of.guild_id.map_or_else(|| "0".to_owned(), |id| id.to_string())},
        "context": u8::from(of.guild_id.is_none()),
    });
    if let Some(place) = place {
        let mut channel = channel(world, place);
        if place.kind != kind::DIRECT {
            channel["permissions"] = json!(theirs.to_string());
        }
        object["channel"] = channel;
    }
    let guild = of.guild_id.and_then(|guild_id| world.guilds.get(&guild_id));
    match guild.and_then(|guild| guild.members.get(&of.user_id).map(|member| (guild, member))) {
        Some((guild, who)) => {
            let mut member = member(world, who);
            member["permissions"] = json!(theirs.to_string());
            object["member"] = member;
            object["guild_id"] = json!(guild.id);
            object["guild_locale"] = json!("en-US");
            object["guild"] = json!({"id": guild.id, "locale": "en-US", "features": []});
        }
        None => object["user"] = user(world, of.user_id),
    }
    if let Some(source) = of.source_message_id.and_then(|id| world.messages.get(&id)) {
        object["message"] = message(world, source);
    }
    object
}
