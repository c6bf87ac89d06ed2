//! Messages.

use serde_json::{Value, json};

use super::{timestamp, user};
use crate::emulator::id::Id;
use crate::emulator::world::{Attachment, Message, Used, World, flag, kind};

/// Where an attachment can be fetched.
pub(crate) fn attachment_url(world: &World, channel_id: Id, file: &Attachment) -> String {
    format!("{}/attachments/{}/{}/{}", world.base_url, channel_id, file.id, escaped(&file.filename))
}

fn escaped(name: &str) -> String {
    use std::fmt::Write as _;
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

fn attachment(world: &World, message: &Message, file: &Attachment) -> Value {
    let url = attachment_url(world, message.channel_id, file);
    let mut object = json!({
        "id": file.id,
        "filename": file.filename,
        "size": file.size_bytes,
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    });
    if let Some(description) = &file.description {
        object["description"] = json!(description);
    }
    if let Some((width, height)) = file.width_height {
        object["width"] = json!(width);
        object["height"] = json!(height);
    }
    if message.only_for.is_some() {
        object["ephemeral"] = json!(true);
    }
    object
}

/// The attachments that stand inside an embed; Discord lists those there only.
pub(crate) fn files_in_embeds(message: &Message) -> Vec<Id> {
    let mut names = Vec::new();
    for embed in &message.embeds {
        for (part, key) in [("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url")] {
            names.extend(embed[part][key].as_str().and_then(|url| url.strip_prefix("attachment://")));
        }
    }
    message.attachments.iter().filter(|file| names.contains(&file.filename.as_str())).map(|file| file.id).collect()
}

fn named<'a>(message: &'a Message, url: &str) -> Option<&'a Attachment> {
    let name = url.strip_prefix("attachment://")?;
    message.attachments.iter().find(|file| file.filename == name)
}

fn embed(world: &World, message: &Message, kept: &Value) -> Value {
    let mut object = kept.clone();
    for part in ["image", "thumbnail"] {
        let Some(url) = kept[part]["url"].as_str() else { continue };
        match named(message, url) {
            Some(file) => {
                let url = attachment_url(world, message.channel_id, file);
                let mut media = json!({"url": url, "proxy_url": url, "content_type": file.content_type});
                if let Some(description) = &file.description {
                    media["description"] = json!(description);
                }
                if let Some((width, height)) = file.width_height {
                    media["width"] = json!(width);
                    media["height"] = json!(height);
                }
                object[part] = media;
            }
            None => object[part]["proxy_url"] = json!(url),
        }
    }
    for part in ["author", "footer"] {
        if let Some(file) = kept[part]["icon_url"].as_str().and_then(|url| named(message, url)) {
            object[part]["icon_url"] = json!(attachment_url(world, message.channel_id, file));
        }
    }
    object
}

fn with_media(world: &World, message: &Message, component: &mut Value) {
    let Some(fields) = component.as_object_mut() else { return };
    for key in ["media", "file"] {
        let Some(media) = fields.get_mut(key).and_then(Value::as_object_mut) else { continue };
        let Some(url) = media.get("url").and_then(Value::as_str).map(str::to_owned) else { continue };
        let file = named(message, &url);
        let resolved = file.map_or(url, |file| attachment_url(world, message.channel_id, file));
        media.insert("id".to_owned(), json!(file.map_or(message.id, |file| file.id)));
        media.insert("url".to_owned(), json!(resolved));
        media.insert("proxy_url".to_owned(), json!(resolved));
        media.insert("content_type".to_owned(), json!(file.map(|file| &file.content_type)));
        media.insert("width".to_owned(), json!(file.and_then(|file| file.width_height).map(|size| size.0)));
        media.insert("height".to_owned(), json!(file.and_then(|file| file.width_height).map(|size| size.1)));
        if let Some(file) = file {
            media.insert("attachment_id".to_owned(), json!(file.id));
            if key == "file" {
                fields.insert("name".to_owned(), json!(file.filename));
                fields.insert("size".to_owned(), json!(file.size_bytes));
            }
        }
    }
    for key in ["components", "items"] {
        for child in fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            with_media(world, message, child);
        }
    }
    if let Some(accessory) = fields.get_mut("accessory") {
        with_media(world, message, accessory);
    }
}

fn metadata(world: &World, used: &Used) -> Value {
    let owners = match used.guild_id {
        Some(guild_id) => json!({"0": guild_id}),
        None => json!({"0": "0"}),
    };
    let mut object = json!({
        "id": used.interaction_id,
        "type": used.kind,
        "user": user(world, used.user_id),
        "authorizing_integration_owners": owners,
    });
    if let Some(command) = &used.command {
        object["name"] = json!(command);
        object["command_type"] = json!(used.command_kind);
    }
    if let Some(original) = used.original_message_id {
        object["original_response_message_id"] = json!(original);
    }
    if let Some(target) = used.target_user_id {
        object["target_user"] = user(world, target);
    }
    if let Some(target) = used.target_message_id {
        object["target_message_id"] = json!(target);
    }
    match &used.opened_by {
        // A form's metadata tell what opened it, not which message it stood on.
        Some(opened_by) => object["triggering_interaction_metadata"] = metadata(world, opened_by),
        None => {
            if let Some(message_id) = used.interacted_message_id {
                object["interacted_message_id"] = json!(message_id);
            }
        }
    }
    object
}

/// The documented message object.
pub(crate) fn message(world: &World, of: &Message) -> Value {
    let inside = files_in_embeds(of);
    let attachments: Vec<Value> = of
        .attachments
        .iter()
        .filter(|file| !inside.contains(&file.id))
        .map(|file| attachment(world, of, file))
        .collect();
    let mut components = of.components.clone();
    for component in &mut components {
        with_media(world, of, component);
    }
    let embeds: Vec<Value> = of.embeds.iter().map(|kept| embed(world, of, kept)).collect();
    let mentions: Vec<Value> = of.mentions.iter().map(|id| user(world, *id)).collect();
    let thread_flag = if of.thread_id.is_some() { flag::HAS_THREAD } else { 0 };
    let mut object = json!({
        "id": of.id,
        "channel_id": of.channel_id,
        "type": of.kind,
        "author": user(world, of.author_id),
        "content": of.content,
        "timestamp": timestamp(of.posted_at),
        "edited_timestamp": of.edited_at.map(timestamp),
        "tts": of.tts,
        "mention_everyone": of.mention_everyone,
        "mentions": mentions,
        "mention_roles": of.mention_roles,
        "attachments": attachments,
        "embeds": embeds,
        "components": components,
        "pinned": of.pinned,
        "flags": of.flags | thread_flag,
    });
    if let Some(nonce) = &of.nonce {
        object["nonce"] = nonce.clone();
    }
    if let Some(poll) = &of.poll {
        object["poll"] = poll_as_kept(poll, of);
    }
    if let Some(used) = &of.used {
        object["application_id"] = json!(world.application_id());
        object["webhook_id"] = json!(world.application_id());
        object["interaction_metadata"] = metadata(world, used);
        if let Some(command) = &used.command
            && used.kind == 2
        {
            object["interaction"] = json!({
                "id": used.interaction_id, "type": used.kind, "name": command, "user": user(world, used.user_id),
            });
        }
    }
    if let Some(reference) = &of.reference {
        let guild_id = world.channels.get(&reference.channel_id).and_then(|channel| channel.guild_id);
        let mut target = json!({"type": 0, "channel_id": reference.channel_id});
        if let Some(message_id) = reference.message_id {
            target["message_id"] = json!(message_id);
        }
        if let Some(guild_id) = guild_id {
            target["guild_id"] = json!(guild_id);
        }
        object["message_reference"] = target;
        if matches!(of.kind, 19 | 21) {
            let referenced = reference.message_id.and_then(|id| world.messages.get(&id));
            // One level only: the referenced message does not carry what it refers to.
            object["referenced_message"] = referenced.map_or(Value::Null, |referenced| {
                let plain = Message { reference: None, ..referenced.clone() };
                message(world, &plain)
            });
        }
    }
    if let Some(thread) = of.thread_id.and_then(|id| world.channels.get(&id)) {
        object["thread"] = super::channel(world, thread);
    }
    let in_thread = world.channels.get(&of.channel_id).is_some_and(|channel| {
        matches!(channel.kind, kind::PUBLIC_THREAD | kind::PRIVATE_THREAD | kind::ANNOUNCEMENT_THREAD)
    });
    if in_thread {
        object["position"] = json!(0);
    }
    object
}

fn poll_as_kept(poll: &Value, of: &Message) -> Value {
    let hours = poll["duration"].as_i64().unwrap_or(24);
    let expiry = of.posted_at + chrono::TimeDelta::hours(hours);
    let answers: Vec<Value> = poll["answers"]
        .as_array()
        .into_iter()
        .flatten()
        .zip(1..)
        .map(|(answer, number)| json!({"answer_id": number, "poll_media": answer["poll_media"]}))
        .collect();
    json!({
        "question": poll["question"],
        "answers": answers,
        "expiry": timestamp(expiry),
        "allow_multiselect": poll["allow_multiselect"].as_bool().unwrap_or(false),
        "layout_type": poll["layout_type"].as_u64().unwrap_or(1),
        "results": {"answer_counts": [], "is_finalized": false},
    })
}

/// A message event's payload as it looks to a bot without the MESSAGE_CONTENT intent.
pub(crate) fn message_blanked(world: &World, of: &Message) -> Value {
    let direct = world.channels.get(&of.channel_id).is_none_or(|channel| channel.guild_id.is_none());
    let bot = world.bot_user_id();
    let mut object = message(world, of);
    if direct || of.author_id == bot || of.mentions.contains(&bot) {
        return object;
    }
    object["content"] = json!("");
    for key in ["embeds", "attachments", "components"] {
        object[key] = json!([]);
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("poll");
    }
    object
}
