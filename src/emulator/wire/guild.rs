//! Users, members, roles, channels, guilds, the application.

use serde_json::{Value, json};

use super::timestamp;
use crate::emulator::id::Id;
use crate::emulator::world::{Channel, Guild, Member, Role, World, kind};

/// The documented user object.
pub(crate) fn user(world: &World, user_id: Id) -> Value {
    let Some(user) = world.users.get(&user_id) else {
        return json!({
            "id": user_id, "username": "deleted_user", "discriminator": "0", "global_name": null, "avatar": null,
            "public_flags": 0, "flags": 0, "primary_guild": null,
        });
    };
    let mut object = json!({
        "id": user.id,
        "username": user.username,
        "discriminator": if user.bot { "0000" } else { "0" },
        "global_name": if user.bot { None } else { Some(&user.display_name) },
        "avatar": null,
        "avatar_decoration_data": null,
        "collectibles": null,
        "primary_guild": null,
        "public_flags": 0,
        "flags": 0,
        "banner": null,
        "accent_color": null,
    });
    if user.bot {
        object["bot"] = json!(true);
    }
    object
}

/// The bot's own user, as it sees itself.
pub(crate) fn own_user(world: &World) -> Value {
    let mut object = user(world, world.bot_user_id());
    object["mfa_enabled"] = json!(false);
    object["locale"] = json!("en-US");
    object["premium_type"] = json!(0);
    object["email"] = Value::Null;
    object["verified"] = json!(true);
    object
}

/// The documented member object; without its user, as messages carry it.
pub(crate) fn member_alone(member: &Member) -> Value {
    json!({
        "nick": member.nick,
        "avatar": null,
        "avatar_decoration_data": null,
        "banner": null,
        "collectibles": null,
        "roles": member.roles,
        "joined_at": timestamp(member.joined_at),
        "premium_since": null,
        "deaf": false,
        "mute": false,
        "flags": 0,
        "pending": false,
        "communication_disabled_until": null,
    })
}

/// The documented member object.
pub(crate) fn member(world: &World, member: &Member) -> Value {
    let mut object = member_alone(member);
    object["user"] = user(world, member.user_id);
    object
}

/// The documented role object.
pub(crate) fn role(role: &Role) -> Value {
    let mut object = json!({
        "id": role.id,
        "name": role.name,
        "color": role.colour,
        "colors": {"primary_color": role.colour, "secondary_color": null, "tertiary_color": null},
        "hoist": false,
        "icon": null,
        "unicode_emoji": null,
        "position": role.position,
        "permissions": role.permissions.to_string(),
        "managed": role.bot_id.is_some(),
        "mentionable": role.mentionable,
        "flags": 0,
    });
    if let Some(bot_id) = role.bot_id {
        object["tags"] = json!({"bot_id": bot_id});
    }
    object
}

/// The documented channel object of any kind.
pub(crate) fn channel(world: &World, channel: &Channel) -> Value {
    if channel.kind == kind::DIRECT {
        return json!({
            "id": channel.id,
            "type": channel.kind,
            "last_message_id": channel.last_message_id,
            "flags": 0,
            "recipients": channel.recipient_id.map(|id| vec![user(world, id)]).unwrap_or_default(),
        });
    }
    if let Some(thread) = &channel.thread {
        return json!({
            "id": channel.id,
            "type": channel.kind,
            "guild_id": channel.guild_id,
            "parent_id": channel.parent_id,
            "name": channel.name,
            "owner_id": thread.owner_id,
            "last_message_id": channel.last_message_id,
            "last_pin_timestamp": channel.pins.values().max().map(|at| timestamp(*at)),
            "rate_limit_per_user": channel.rate_limit_per_user,
            "flags": 0,
            "bitrate": 64000,
            "user_limit": 0,
            "rtc_region": null,
            "message_count": thread.message_count,
            "total_message_sent": thread.total_message_sent,
            "member_count": thread.members.len().min(50),
            "thread_metadata": {
                "archived": thread.archived,
                "archive_timestamp": timestamp(thread.archive_changed_at),
                "auto_archive_duration": thread.auto_archive_minutes,
                "locked": thread.locked,
                "create_timestamp": timestamp(thread.created_at),
            },
        });
    }
    let overwrites: Vec<Value> = channel
        .overwrites
        .iter()
        .map(|each| {
            json!({"id": each.id, "type": u8::from(each.member), "allow": each.allow.to_string(), "deny": each.deny.to_string()})
        })
        .collect();
    let mut object = json!({
        "id": channel.id,
        "type": channel.kind,
        "guild_id": channel.guild_id,
        "name": channel.name,
        "position": channel.position,
        "parent_id": channel.parent_id,
        "permission_overwrites": overwrites,
        "flags": 0,
        "nsfw": channel.nsfw,
    });
    match channel.kind {
        kind::CATEGORY => {}
        kind::VOICE => {
            object["bitrate"] = json!(64000);
            object["user_limit"] = json!(0);
            object["rtc_region"] = Value::Null;
            object["last_message_id"] = json!(channel.last_message_id);
            object["rate_limit_per_user"] = json!(channel.rate_limit_per_user);
        }
        other => {
            object["topic"] = json!(channel.topic);
            object["last_message_id"] = json!(channel.last_message_id);
            object["rate_limit_per_user"] = json!(channel.rate_limit_per_user);
            if let Some(at) = channel.pins.values().max() {
                object["last_pin_timestamp"] = json!(timestamp(*at));
            }
            if other == kind::FORUM {
                object["available_tags"] = json!([]);
                object["default_reaction_emoji"] = Value::Null;
                object["default_sort_order"] = Value::Null;
                object["default_forum_layout"] = json!(0);
            }
        }
    }
    object
}

/// A channel with the bot's own thread membership, as the gateway gives threads.
pub(crate) fn channel_for_bot(world: &World, of: &Channel) -> Value {
    let mut object = channel(world, of);
    if let Some(thread) = &of.thread
        && let Some(at) = thread.members.get(&world.bot_user_id())
    {
        object["member"] = json!({
            "id": of.id, "user_id": world.bot_user_id(), "join_timestamp": timestamp(*at), "flags": 1,
        });
    }
    object
}

/// The documented thread member object.
pub(crate) fn thread_member(thread_id: Id, user_id: Id, joined_at: chrono::DateTime<chrono::Utc>) -> Value {
    json!({"id": thread_id, "user_id": user_id, "join_timestamp": timestamp(joined_at), "flags": 0})
}

/// The documented guild object.
pub(crate) fn guild(guild: &Guild) -> Value {
    let roles: Vec<Value> = guild.roles.values().map(role).collect();
    json!({
        "id": guild.id,
        "name": guild.name,
        "icon": null,
        "description": null,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": guild.owner_id,
        "application_id": null,
        "region": "us-east",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 0,
        "roles": roles,
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
    })
}

/// How many members GUILD_CREATE carries at most, as `large_threshold` asks on Discord.
const MEMBERS_SENT: usize = 250;

/// A guild with everything in it, as GUILD_CREATE carries it.
pub(crate) fn guild_with_contents(world: &World, of: &Guild) -> Value {
    let mut object = guild(of);
    let bot = world.bot_user_id();
    let joined_at = of.members.get(&bot).map_or(of.created_at, |own| own.joined_at);
    // The bot's own member must be among them, however many there are.
    let others = of.members.values().filter(|each| each.user_id != bot);
    let members: Vec<Value> =
        of.members.get(&bot).into_iter().chain(others).take(MEMBERS_SENT).map(|each| member(world, each)).collect();
    let list = |ids: &[Id]| -> Vec<Value> {
        ids.iter().filter_map(|id| world.channels.get(id)).map(|each| channel_for_bot(world, each)).collect()
    };
    let open: Vec<Id> = of
        .threads
        .iter()
        .copied()
        .filter(|id| {
            world.channels.get(id).and_then(|each| each.thread.as_ref()).is_some_and(|thread| !thread.archived)
        })
        .collect();
    object["joined_at"] = json!(timestamp(joined_at));
    object["large"] = json!(of.members.len() > MEMBERS_SENT);
    object["unavailable"] = json!(false);
    object["member_count"] = json!(of.members.len());
    object["voice_states"] = json!([]);
    object["members"] = json!(members);
    object["channels"] = json!(list(&of.channels));
    object["threads"] = json!(list(&open));
    object["presences"] = json!([]);
    object["stage_instances"] = json!([]);
    object["guild_scheduled_events"] = json!([]);
    object["soundboard_sounds"] = json!([]);
    object
}

/// Which privileged intents the application holds, as its flags tell.
const APPLICATION_FLAGS: u64 = 1 << 13 | 1 << 15 | 1 << 19;

/// The documented application object, as its own bot sees it.
pub(crate) fn application(world: &World) -> Value {
    let application = &world.application;
    let owner = world.guilds.values().next().map_or(application.bot_user_id, |guild| guild.owner_id);
    json!({
        "id": application.id,
        "name": application.name,
        "icon": null,
        "description": application.description,
        "type": null,
        "bot": user(world, application.bot_user_id),
        "bot_public": true,
        "bot_require_code_grant": false,
        "verify_key": "0".repeat(64),
        "flags": APPLICATION_FLAGS,
        "flags_new": APPLICATION_FLAGS.to_string(),
        "redirect_uris": [],
        "interactions_endpoint_url": null,
        "role_connections_verification_url": null,
        "owner": user(world, owner),
        "approximate_guild_count": world.guilds.keys().filter(|id| world.bot_is_in(**id)).count(),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "integration_types_config": {"0": {"oauth2_install_params": {"scopes": ["bot"], "permissions": "0"}}},
        "tags": [],
    })
}
