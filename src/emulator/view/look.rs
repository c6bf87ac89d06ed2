//! Looking at the world through one person's eyes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    AuthorView, ChannelView, Choice, CommandView, FileView, GuildView, MemberView, MessageView, ModalView, NamedView,
    Outcome, RoleView, ThreadView, UsedView, text,
};
use crate::emulator::id::Id;
use crate::emulator::permissions::{MANAGE_THREADS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS};
use crate::emulator::wire;
use crate::emulator::world::{
    Answer, Channel, Form, InteractionState, Message, World, Written, command_kind, flag, interaction_kind, kind,
    written_in,
};

fn author(world: &World, guild_id: Option<Id>, user_id: Id) -> AuthorView {
    let guild = guild_id.and_then(|guild_id| world.guilds.get(&guild_id));
    let colour = guild
        .and_then(|guild| guild.members.get(&user_id).map(|member| (guild, member)))
        .and_then(|(guild, member)| {
            let coloured = member.roles.iter().filter_map(|id| guild.roles.get(id)).filter(|role| role.colour != 0);
            coloured.max_by_key(|role| role.position).map(|role| role.colour)
        })
        .unwrap_or(0);
    let bot = world.users.get(&user_id).is_some_and(|user| user.bot);
    AuthorView { id: user_id, name: world.name_in_guild(guild_id, user_id), bot, colour }
}

fn names(world: &World, guild_id: Option<Id>, message: &Message) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for written in message.texts().into_iter().flat_map(written_in) {
        let (key, name) = match written {
            Written::User(id) => (format!("<@{id}>"), world.users.get(&id).map(|_| world.name_in_guild(guild_id, id))),
            Written::Role(id) => {
                let role = guild_id.and_then(|guild_id| world.guilds.get(&guild_id)?.roles.get(&id));
                (format!("<@&{id}>"), role.map(|role| role.name.clone()))
            }
            Written::Channel(id) => (format!("<#{id}>"), world.channels.get(&id).map(|channel| channel.name.clone())),
        };
        names.insert(key, name.unwrap_or_else(|| "unknown".to_owned()));
    }
    names
}

fn message(world: &World, of: &Message, viewer: Id) -> MessageView {
    let guild_id = world.channels.get(&of.channel_id).and_then(|channel| channel.guild_id);
    let object = wire::message(world, of);
    let list = |key: &str| object[key].as_array().cloned().unwrap_or_default();
    let inside = wire::files_in_embeds(of);
    let files = of
        .attachments
        .iter()
        .map(|file| FileView {
            id: file.id,
            name: file.filename.clone(),
            url: wire::attachment_url(world, of.channel_id, file),
            content_type: file.content_type.clone(),
            size_bytes: file.size_bytes,
            alt_text: file.description.clone(),
            in_embed: inside.contains(&file.id),
        })
        .collect();
    let viewer_has = |role: &Id| {
        let member = guild_id.and_then(|guild_id| world.guilds.get(&guild_id)?.members.get(&viewer));
        member.is_some_and(|member| member.roles.contains(role))
    };
    let thread = of.thread_id.and_then(|id| world.channels.get(&id)).map(|channel| ThreadView {
        id: channel.id,
        name: channel.name.clone(),
        message_count: channel.thread.as_ref().map_or(0, |thread| thread.message_count),
    });
    MessageView {
        id: of.id,
        channel_id: of.channel_id,
        author: author(world, guild_id, of.author_id),
        content: of.content.clone(),
        embeds: if of.flags & flag::SUPPRESS_EMBEDS == 0 { list("embeds") } else { Vec::new() },
        components: list("components"),
        files,
        posted_at: of.posted_at,
        edited_at: of.edited_at,
        pinned: of.pinned,
        loading: of.flags & flag::LOADING != 0,
        only_for: of.only_for.map(|id| NamedView { id, name: world.name_in_guild(guild_id, id) }),
        kind: of.kind,
        used: of.used.as_ref().map(|used| UsedView {
            user_id: used.user_id,
            user_name: world.name_in_guild(guild_id, used.user_id),
            command: used.command.clone(),
        }),
        replies_to: of.reference.as_ref().filter(|_| of.kind == 19).and_then(|reference| reference.message_id),
        thread,
        names: names(world, guild_id, of),
        mentions_viewer: of.mention_everyone
            || of.mentions.contains(&viewer)
            || of.mention_roles.iter().any(viewer_has),
    }
}

/// Whether `viewer` has this message before their eyes.
pub(crate) fn sees(world: &World, of: &Message, viewer: Id) -> bool {
    match of.only_for {
        Some(only) => only == viewer,
        None => world.can_see(of.channel_id, viewer),
    }
}

pub(crate) fn message_for(world: &World, message_id: Id, viewer: Id) -> Option<MessageView> {
    let of = world.messages.get(&message_id).filter(|of| sees(world, of, viewer))?;
    Some(message(world, of, viewer))
}

pub(crate) fn messages(world: &World, channel_id: Id, viewer: Id) -> Vec<MessageView> {
    let ids = message_ids(world, channel_id, viewer);
    ids.iter().filter_map(|id| world.messages.get(id)).map(|each| message(world, each, viewer)).collect()
}

pub(crate) fn message_ids(world: &World, channel_id: Id, viewer: Id) -> Vec<Id> {
    if !world.can_see(channel_id, viewer) {
        return Vec::new();
    }
    let Some(channel) = world.channels.get(&channel_id) else { return Vec::new() };
    let own = world.ephemeral.get(&viewer).into_iter().flatten();
    let own_here = own.filter(|id| world.messages.get(id).is_some_and(|each| each.channel_id == channel_id));
    let mut ids: Vec<Id> = channel.messages.iter().chain(own_here).copied().collect();
    ids.sort_unstable();
    ids
}

pub(crate) fn guilds(world: &World, viewer: Id) -> Vec<GuildView> {
    let own = world.guilds.values().filter(|guild| guild.members.contains_key(&viewer));
    own.map(|guild| GuildView {
        id: guild.id,
        name: guild.name.clone(),
        icon_letters: guild.name.split_whitespace().filter_map(|word| word.chars().next()).take(3).collect(),
    })
    .collect()
}

pub(crate) fn channels(world: &World, guild_id: Id, viewer: Id) -> Vec<ChannelView> {
    let Some(guild) = world.guilds.get(&guild_id) else { return Vec::new() };
    let mut own: Vec<&Channel> = guild.channels.iter().filter_map(|id| world.channels.get(id)).collect();
    own.sort_by_key(|channel| (channel.position, channel.id));
    let threads: Vec<&Channel> = guild.threads.iter().filter_map(|id| world.channels.get(id)).collect();
    let mut ordered: Vec<&Channel> = Vec::new();
    let mut put = |channel: &'_ Id| {
        let channel = *channel;
        let found = own.iter().find(|each| each.id == channel).copied();
        ordered.extend(found.filter(|each| world.can_see(each.id, viewer)));
        if found.is_some_and(|each| world.can_see(each.id, viewer)) {
            ordered.extend(threads.iter().filter(|thread| {
                let member = thread.thread.as_ref().is_some_and(|info| info.members.contains_key(&viewer));
                let open = thread.kind != kind::PRIVATE_THREAD
                    || member
                    || world.permissions_in(thread.id, viewer) & MANAGE_THREADS != 0;
                thread.parent_id == Some(channel) && open
            }));
        }
    };
    let categories: Vec<Id> = own.iter().filter(|each| each.kind == kind::CATEGORY).map(|each| each.id).collect();
    let stands_alone = |channel: &&&Channel| {
        channel.kind != kind::CATEGORY && channel.parent_id.is_none_or(|parent| !categories.contains(&parent))
    };
    for channel in own.iter().filter(stands_alone) {
        put(&channel.id);
    }
    for category in &categories {
        let under: Vec<Id> = own
            .iter()
            .filter(|channel| channel.parent_id == Some(*category) && world.can_see(channel.id, viewer))
            .map(|channel| channel.id)
            .collect();
        let empty_for_all = !own.iter().any(|channel| channel.parent_id == Some(*category));
        if under.is_empty() && !empty_for_all {
            continue;
        }
        put(category);
        under.iter().for_each(&mut put);
    }
    ordered.into_iter().map(|each| channel(world, each, viewer)).collect()
}

fn channel(world: &World, of: &Channel, viewer: Id) -> ChannelView {
    let held = world.permissions_in(of.id, viewer);
    let needed = if of.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
    ChannelView {
        id: of.id,
        name: if of.guild_id.is_some() { of.name.clone() } else { world.name_of_user(world.bot_user_id()) },
        kind: of.kind,
        topic: of.topic.clone(),
        parent_id: of.parent_id,
        can_send: of.holds_messages() && held & needed != 0,
        archived: of.thread.as_ref().is_some_and(|thread| thread.archived),
        last_message_id: of.last_message_id,
    }
}

pub(crate) fn members(world: &World, guild_id: Id) -> Vec<MemberView> {
    let Some(guild) = world.guilds.get(&guild_id) else { return Vec::new() };
    let mut members: Vec<MemberView> = guild
        .members
        .values()
        .map(|member| MemberView {
            user_id: member.user_id,
            name: world.name_in_guild(Some(guild_id), member.user_id),
            nick: member.nick.clone(),
            roles: member
                .roles
                .iter()
                .filter_map(|id| guild.roles.get(id))
                .map(|role| RoleView { id: role.id, name: role.name.clone(), colour: role.colour })
                .collect(),
            bot: world.users.get(&member.user_id).is_some_and(|user| user.bot),
        })
        .collect();
    members.sort_by_key(|member| member.name.to_lowercase());
    members
}

pub(crate) fn roles(world: &World, guild_id: Id) -> Vec<RoleView> {
    let Some(guild) = world.guilds.get(&guild_id) else { return Vec::new() };
    let mut roles: Vec<_> = guild.roles.values().filter(|role| role.id != guild_id).collect();
    roles.sort_by_key(|role| (std::cmp::Reverse(role.position), role.id));
    roles.into_iter().map(|role| RoleView { id: role.id, name: role.name.clone(), colour: role.colour }).collect()
}

pub(crate) fn commands(world: &World, channel_id: Id, viewer: Id) -> Vec<CommandView> {
    let mut views = Vec::new();
    for command in world.usable_commands(channel_id, viewer) {
        let kind = match command.kind {
            command_kind::USER => "user",
            command_kind::MESSAGE => "message",
            _ => "slash",
        };
        let mut add = |path: String, description: &Value, options: &Value| {
            views.push(CommandView {
                id: command.id,
                name: command.name.clone(),
                path,
                kind,
                description: description.as_str().unwrap_or_default().to_owned(),
                options: options.as_array().cloned().unwrap_or_default(),
            });
        };
        let definition = &command.definition;
        let nested = |options: &Value| -> Vec<Value> {
            let all = options.as_array().cloned().unwrap_or_default();
            all.into_iter().filter(|option| matches!(option["type"].as_u64(), Some(1 | 2))).collect()
        };
        let first_level = nested(&definition["options"]);
        if first_level.is_empty() {
            add(command.name.clone(), &definition["description"], &definition["options"]);
        }
        for option in first_level {
            let name = option["name"].as_str().unwrap_or_default();
            if option["type"].as_u64() == Some(1) {
                add(format!("{} {name}", command.name), &option["description"], &option["options"]);
                continue;
            }
            for inner in nested(&option["options"]) {
                let inner_name = inner["name"].as_str().unwrap_or_default();
                add(format!("{} {name} {inner_name}", command.name), &inner["description"], &inner["options"]);
            }
        }
    }
    views
}

pub(crate) fn modal(form: &Form) -> ModalView {
    ModalView {
        interaction_id: form.interaction_id,
        custom_id: text(&form.data, "custom_id").unwrap_or_default(),
        title: text(&form.data, "title").unwrap_or_default(),
        components: form.data["components"].as_array().cloned().unwrap_or_default(),
    }
}

const NO_ANSWER: &str = "The application did not respond";

/// What has become of an interaction; `None` while it waits.
pub(crate) fn outcome(world: &World, interaction_id: Id) -> Option<Outcome> {
    let forgotten = || Outcome::Failed("This interaction is forgotten".to_owned());
    let Some(interaction) = world.interactions.get(interaction_id) else { return Some(forgotten()) };
    let seen = |message_id: Id| {
        let found = world.messages.get(&message_id);
        found.map(|of| Box::new(message(world, of, interaction.user_id)))
    };
    let outcome = match &interaction.state {
        InteractionState::Waiting => return None,
        InteractionState::Failed if interaction.kind == interaction_kind::AUTOCOMPLETE => {
            Outcome::Failed("Loading options failed".to_owned())
        }
        InteractionState::Failed if interaction.kind == interaction_kind::MODAL => {
            Outcome::Failed("Something went wrong. Try again.".to_owned())
        }
        InteractionState::Failed => Outcome::Failed(NO_ANSWER.to_owned()),
        InteractionState::Answered(answer) => match answer {
            Answer::Message(id) => seen(*id).map_or_else(|| Outcome::Acknowledged, Outcome::Message),
            Answer::Updated(id) => seen(*id).map_or_else(|| Outcome::Acknowledged, Outcome::Updated),
            Answer::DeferredUpdate => Outcome::Acknowledged,
            Answer::Form => world.forms.get(&interaction_id).map_or_else(forgotten, |form| Outcome::Modal(modal(form))),
            Answer::Choices(choices) => Outcome::Choices(
                choices
                    .iter()
                    .map(|choice| Choice {
                        name: text(choice, "name").unwrap_or_default(),
                        value: choice["value"].clone(),
                    })
                    .collect(),
            ),
        },
    };
    Some(outcome)
}

/// Whether the bot answered in time; `None` while it still may.
pub(crate) fn acknowledged(world: &World, interaction_id: Id) -> Option<bool> {
    match world.interactions.get(interaction_id).map(|interaction| &interaction.state) {
        Some(InteractionState::Waiting) => None,
        Some(InteractionState::Answered(_)) => Some(true),
        Some(InteractionState::Failed) | None => Some(false),
    }
}

/// Like [`outcome`], but `None` as long as the bot has more to say.
pub(crate) fn settled(world: &World, interaction_id: Id) -> Option<Outcome> {
    match outcome(world, interaction_id)? {
        Outcome::Message(message) if message.loading => None,
        Outcome::Acknowledged => {
            let interaction = world.interactions.get(interaction_id)?;
            let latest = interaction.latest_follow_up?;
            let found = world.messages.get(&latest)?;
            let shown = Box::new(message(world, found, interaction.user_id));
            let changed = interaction.original_message_id == Some(latest);
            Some(if changed { Outcome::Updated(shown) } else { Outcome::Message(shown) })
        }
        other => Some(other),
    }
}
