//! Which function serves which path.

use std::time::Instant;

use serde_json::json;

use super::request::path_id;
use super::{Answer, ApiError, Call, channels, commands, guilds, interactions, messages, threads};
use crate::emulator::journal::masked_path;
use crate::emulator::world::World;

/// Serves a request that carries the right token, or needs none.
pub(super) fn route(world: &mut World, call: &mut Call, gateway_url: &str, at: Instant) -> Result<Answer, ApiError> {
    let segments = call.segments.clone();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let channel = |text: &str| path_id(text, "channel_id");
    let message = |text: &str| path_id(text, "message_id");
    let guild = |text: &str| path_id(text, "guild_id");
    let user = |text: &str| path_id(text, "user_id");
    match (call.method.as_str(), path.as_slice()) {
        ("GET", ["gateway"]) => Ok(Answer::ok(json!({"url": gateway_url}))),
        ("GET", ["gateway", "bot"]) => Ok(Answer::ok(json!({
            "url": gateway_url,
            "shards": 1,
            "session_start_limit": {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1},
        }))),

        ("GET", ["applications", "@me"] | ["oauth2", "applications", "@me"]) => Ok(guilds::application(world)),
        ("GET", ["users", "@me"]) => Ok(guilds::own_user(world)),
        ("GET", ["users", "@me", "guilds"]) => guilds::own_guilds(world, call),
        ("GET", ["users", "@me", "guilds", id, "member"] | ["guilds", id, "members", "@me"]) => {
            guilds::own_member(world, guild(id)?)
        }
        ("POST", ["users", "@me", "channels"]) => channels::open_direct(world, call),
        ("GET", ["users", id]) => guilds::user(world, user(id)?),

        ("GET", ["guilds", id]) => guilds::guild(world, call, guild(id)?),
        ("GET", ["guilds", id, "channels"]) => guilds::channels(world, guild(id)?),
        ("POST", ["guilds", id, "channels"]) => channels::create(world, call, guild(id)?),
        ("GET", ["guilds", id, "roles"]) => guilds::roles(world, guild(id)?),
        ("GET", ["guilds", id, "threads", "active"]) => guilds::active_threads(world, guild(id)?),
        ("GET", ["guilds", id, "members"]) => guilds::members(world, call, guild(id)?),
        ("GET", ["guilds", id, "members", "search"]) => guilds::search_members(world, call, guild(id)?),
        ("GET", ["guilds", id, "members", who]) => guilds::member(world, guild(id)?, user(who)?),

        ("GET", ["channels", id]) => channels::get(world, channel(id)?),
        ("PATCH", ["channels", id]) => channels::patch(world, call, channel(id)?),
        ("DELETE", ["channels", id]) => channels::delete(world, channel(id)?),
        ("POST", ["channels", id, "typing"]) => channels::typing(world, channel(id)?),
        ("GET", ["channels", id, "messages"]) => messages::list(world, call, channel(id)?),
        ("POST", ["channels", id, "messages"]) => messages::create(world, call, channel(id)?),
        ("POST", ["channels", id, "messages", "bulk-delete"]) => messages::bulk_delete(world, call, channel(id)?),
        ("GET", ["channels", id, "messages", "pins"]) => messages::pins(world, call, channel(id)?),
        ("GET", ["channels", id, "pins"]) => messages::pins_plain(world, channel(id)?),
        ("PUT", ["channels", id, "messages", "pins", which] | ["channels", id, "pins", which]) => {
            messages::pin(world, channel(id)?, message(which)?, true)
        }
        ("DELETE", ["channels", id, "messages", "pins", which] | ["channels", id, "pins", which]) => {
            messages::pin(world, channel(id)?, message(which)?, false)
        }
        ("GET", ["channels", id, "messages", which]) => messages::get(world, channel(id)?, message(which)?),
        ("PATCH", ["channels", id, "messages", which]) => messages::edit(world, call, channel(id)?, message(which)?),
        ("DELETE", ["channels", id, "messages", which]) => messages::delete(world, channel(id)?, message(which)?),
        ("POST", ["channels", id, "messages", which, "threads"]) => {
            threads::open_on_message(world, call, channel(id)?, message(which)?)
        }
        ("POST", ["channels", id, "threads"]) => threads::open(world, call, channel(id)?),
        ("GET", ["channels", id, "thread-members"]) => threads::members(world, channel(id)?),
        ("PUT", ["channels", id, "thread-members", who]) => threads::set_member(world, channel(id)?, who, true),
        ("DELETE", ["channels", id, "thread-members", who]) => threads::set_member(world, channel(id)?, who, false),

        (_, ["applications", app, "commands", rest @ ..]) => {
            commands::serve(world, call, path_id(app, "application_id")?, None, rest)
        }
        (_, ["applications", app, "guilds", id, "commands", rest @ ..]) => {
            commands::serve(world, call, path_id(app, "application_id")?, Some(guild(id)?), rest)
        }

        ("POST", ["interactions", id, token, "callback"]) => {
            interactions::callback(world, call, path_id(id, "interaction_id")?, token, at)
        }
        (_, ["webhooks", app, token, rest @ ..]) => {
            interactions::webhook(world, call, path_id(app, "webhook_id")?, token, rest)
        }

        _ => Err(not_served(call)),
    }
}

/// The answer of a route that Discord may have and the emulator has not.
pub(super) fn not_served(call: &Call) -> ApiError {
    let path = masked_path(&call.path);
    tracing::warn!(http.method = %call.method, http.path = %path, "The emulator does not serve {} {path}.", call.method);
    ApiError::new(501, 0, &format!("The emulator does not serve: {} {path}", call.method))
}
