//! Users, guilds, members, roles, the application.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call};
use crate::emulator::id::Id;
use crate::emulator::wire;
use crate::emulator::world::{Guild, World};

/// A guild that the bot is in.
pub(super) fn known(world: &World, guild_id: Id) -> Result<&Guild, ApiError> {
    let guild = world.guilds.get(&guild_id).ok_or_else(ApiError::unknown_guild)?;
    if world.bot_is_in(guild_id) { Ok(guild) } else { Err(ApiError::unknown_guild()) }
}

pub(super) fn application(world: &World) -> Answer {
    Answer::ok(wire::application(world))
}

pub(super) fn own_user(world: &World) -> Answer {
    Answer::ok(wire::own_user(world))
}

pub(super) fn user(world: &World, user_id: Id) -> Result<Answer, ApiError> {
    if !world.users.contains_key(&user_id) {
        return Err(ApiError::new(404, 10013, "Unknown User"));
    }
    Ok(Answer::ok(wire::user(world, user_id)))
}

pub(super) fn own_guilds(world: &World, call: &Call) -> Result<Answer, ApiError> {
    let limit = call.query_number("limit", 200, (1, 200))?;
    let after = call.query_id("after");
    let own = world.guilds.values().filter(|guild| world.bot_is_in(guild.id));
    let wanted = own.filter(|guild| after.is_none_or(|after| guild.id > after)).take(limit);
    let list: Vec<Value> = wanted
        .map(|guild| {
            let permissions = world.guild_permissions(guild.id, world.bot_user_id());
            json!({
                "id": guild.id, "name": guild.name, "icon": null, "banner": null, "owner": false,
                "permissions": permissions.to_string(), "features": [],
            })
        })
        .collect();
    Ok(Answer::ok(json!(list)))
}

pub(super) fn guild(world: &World, call: &Call, guild_id: Id) -> Result<Answer, ApiError> {
    let guild = known(world, guild_id)?;
    let mut object = wire::guild(guild);
    if call.query_flag("with_counts") {
        object["approximate_member_count"] = json!(guild.members.len());
        object["approximate_presence_count"] = json!(guild.members.len());
    }
    Ok(Answer::ok(object))
}

pub(super) fn channels(world: &World, guild_id: Id) -> Result<Answer, ApiError> {
    let guild = known(world, guild_id)?;
    let list: Vec<Value> =
        guild.channels.iter().filter_map(|id| world.channels.get(id)).map(|each| wire::channel(world, each)).collect();
    Ok(Answer::ok(json!(list)))
}

pub(super) fn roles(world: &World, guild_id: Id) -> Result<Answer, ApiError> {
    let list: Vec<Value> = known(world, guild_id)?.roles.values().map(wire::role).collect();
    Ok(Answer::ok(json!(list)))
}

pub(super) fn active_threads(world: &World, guild_id: Id) -> Result<Answer, ApiError> {
    let guild = known(world, guild_id)?;
    let bot = world.bot_user_id();
    let open = || {
        guild.threads.iter().filter_map(|id| world.channels.get(id)).filter_map(|channel| {
            let thread = channel.thread.as_ref()?;
            (!thread.archived && world.can_see(channel.id, bot)).then_some((channel, thread))
        })
    };
    let threads: Vec<Value> = open().map(|(channel, _)| wire::channel(world, channel)).collect();
    let members: Vec<Value> = open()
        .filter_map(|(channel, thread)| thread.members.get(&bot).map(|at| wire::thread_member(channel.id, bot, *at)))
        .collect();
    Ok(Answer::ok(json!({"threads": threads, "members": members, "has_more": false})))
}

pub(super) fn member(world: &World, guild_id: Id, user_id: Id) -> Result<Answer, ApiError> {
    let guild = known(world, guild_id)?;
    let unknown = || {
        let known_user = world.users.contains_key(&user_id);
        if known_user { ApiError::new(404, 10007, "Unknown Member") } else { ApiError::new(404, 10013, "Unknown User") }
    };
    let member = guild.members.get(&user_id).ok_or_else(unknown)?;
    Ok(Answer::ok(wire::member(world, member)))
}

pub(super) fn own_member(world: &World, guild_id: Id) -> Result<Answer, ApiError> {
    member(world, guild_id, world.bot_user_id())
}

pub(super) fn members(world: &World, call: &Call, guild_id: Id) -> Result<Answer, ApiError> {
    let limit = call.query_number("limit", 1, (1, 1000))?;
    let after = call.query_id("after").unwrap_or(Id::from(0));
    let found = known(world, guild_id)?.members.values().filter(|each| each.user_id > after).take(limit);
    let list: Vec<Value> = found.map(|each| wire::member(world, each)).collect();
    Ok(Answer::ok(json!(list)))
}

pub(super) fn search_members(world: &World, call: &Call, guild_id: Id) -> Result<Answer, ApiError> {
    let limit = call.query_number("limit", 1, (1, 1000))?;
    let prefix = call.query("query").unwrap_or_default().to_lowercase();
    if prefix.is_empty() {
        return Err(ApiError::form(&["query"], "BASE_TYPE_REQUIRED", "This field is required"));
    }
    let fits = |user_id: Id| {
        let username = world.users.get(&user_id).map(|user| user.username.to_lowercase()).unwrap_or_default();
        let name = world.name_in_guild(Some(guild_id), user_id).to_lowercase();
        username.starts_with(&prefix) || name.starts_with(&prefix)
    };
    let found = known(world, guild_id)?.members.values().filter(|each| fits(each.user_id)).take(limit);
    let list: Vec<Value> = found.map(|each| wire::member(world, each)).collect();
    Ok(Answer::ok(json!(list)))
}
