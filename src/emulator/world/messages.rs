//! Messages: posting, editing, deleting, nonces.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::files::described;
use super::{Attachment, Upload, Used, World};
use crate::emulator::event::Event;
use crate::emulator::id::{Id, id_in};
use crate::emulator::wire::tidy;

/// How many messages a channel keeps; older ones are forgotten.
const KEPT_PER_CHANNEL: usize = 12_000;
/// How many ephemeral messages each person keeps.
const KEPT_PER_VIEWER: usize = 50;
/// How long a nonce is remembered ("the past few minutes", says Discord).
const NONCE_WINDOW: TimeDelta = TimeDelta::minutes(5);
const KEPT_NONCES: usize = 5_000;

/// Discord's message flags, as far as they are served.
pub(crate) mod flag {
    pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
    pub const HAS_THREAD: u64 = 1 << 5;
    pub const EPHEMERAL: u64 = 1 << 6;
    pub const LOADING: u64 = 1 << 7;
    pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
    pub const COMPONENTS_V2: u64 = 1 << 15;
    /// What the author of a message may set.
    pub const SETTABLE: u64 = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2;
}

/// A message in a channel, or an ephemeral one that a single person sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub id: Id,
    pub channel_id: Id,
    pub author_id: Id,
    pub kind: u8,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub attachments: Vec<Attachment>,
    pub flags: u64,
    pub tts: bool,
    pub pinned: bool,
    pub posted_at: DateTime<Utc>,
    pub edited_at: Option<DateTime<Utc>>,
    pub mentions: Vec<Id>,
    pub mention_roles: Vec<Id>,
    pub mention_everyone: bool,
    pub nonce: Option<Value>,
    pub reference: Option<Reference>,
    /// The interaction that made it.
    pub used: Option<Used>,
    pub poll: Option<Value>,
    pub only_for: Option<Id>,
    pub thread_id: Option<Id>,
}

/// The message that another one answers or stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reference {
    pub channel_id: Id,
    pub message_id: Option<Id>,
}

/// A nonce that was used a short while ago.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Nonces {
    by_text: HashMap<String, (Id, DateTime<Utc>)>,
    order: VecDeque<(String, DateTime<Utc>)>,
}

/// A message still to be posted.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub kind: u8,
    pub content: String,
    pub embeds: Vec<Value>,
    pub components: Vec<Value>,
    pub uploads: Vec<Upload>,
    pub flags: u64,
    pub tts: bool,
    pub nonce: Option<Value>,
    pub reference: Option<Reference>,
    pub used: Option<Used>,
    pub poll: Option<Value>,
    pub only_for: Option<Id>,
    pub allowed_mentions: Option<Value>,
}

/// A change of a message: `None` leaves a part as it is.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    pub content: Option<String>,
    pub embeds: Option<Vec<Value>>,
    pub components: Option<Vec<Value>>,
    /// The attachments that stay.
    pub keep: Option<Vec<Id>>,
    pub uploads: Vec<Upload>,
    pub flags: Option<u64>,
    pub allowed_mentions: Option<Value>,
}

fn items(body: &Value, key: &str) -> Option<Vec<Value>> {
    match body.get(key) {
        Some(Value::Array(items)) => Some(items.clone()),
        Some(Value::Null) => Some(Vec::new()),
        _ => None,
    }
}

impl Draft {
    /// Reads a message as the API takes it (already validated).
    pub(crate) fn read(body: &Value, uploads: Vec<Upload>) -> Self {
        Self {
            content: body["content"].as_str().unwrap_or_default().to_owned(),
            embeds: items(body, "embeds").unwrap_or_default().into_iter().map(tidy::embed).collect(),
            components: tidy::components(items(body, "components").unwrap_or_default()),
            uploads: described(body, uploads),
            flags: body["flags"].as_u64().unwrap_or(0) & flag::SETTABLE,
            tts: body["tts"].as_bool().unwrap_or(false),
            nonce: body.get("nonce").filter(|nonce| !nonce.is_null()).cloned(),
            allowed_mentions: body.get("allowed_mentions").filter(|value| !value.is_null()).cloned(),
            poll: body.get("poll").filter(|poll| !poll.is_null()).cloned(),
            ..Self::default()
        }
    }
}

impl Patch {
    /// Reads a change as the API takes it (already validated).
    pub(crate) fn read(body: &Value, uploads: Vec<Upload>) -> Self {
        let content = match body.get("content") {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) => Some(String::new()),
            _ => None,
        };
        let new: Vec<u64> = uploads.iter().map(|upload| upload.index).collect();
        let keep = items(body, "attachments").map(|kept| {
            kept.iter().filter_map(|kept| id_in(&kept["id"])).filter(|id| !new.contains(&id.get())).collect()
        });
        Self {
            content,
            embeds: items(body, "embeds").map(|embeds| embeds.into_iter().map(tidy::embed).collect()),
            components: items(body, "components").map(tidy::components),
            keep,
            uploads: described(body, uploads),
            flags: body["flags"].as_u64(),
            allowed_mentions: body.get("allowed_mentions").filter(|value| !value.is_null()).cloned(),
        }
    }
}

/// The texts of a component and of everything in it.
fn collect_texts<'a>(component: &'a Value, texts: &mut Vec<&'a str>) {
    texts.extend(component["content"].as_str());
    for child in component["components"].as_array().into_iter().flatten() {
        collect_texts(child, texts);
    }
}

impl Message {
    /// Every text that may hold mentions: content and embeds.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.content.as_str()];
        for embed in &self.embeds {
            texts.extend(embed["title"].as_str());
            texts.extend(embed["description"].as_str());
            for field in embed["fields"].as_array().into_iter().flatten() {
                texts.extend(field["name"].as_str());
                texts.extend(field["value"].as_str());
            }
        }
        for component in &self.components {
            collect_texts(component, &mut texts);
        }
        texts
    }
}

impl World {
    /// Posts a message. The caller has checked everything that could forbid it.
    pub(crate) fn post(&mut self, channel_id: Id, author_id: Id, draft: Draft) -> Id {
        let id = self.take_id();
        let mentions = self.mentions_of(
            &draft.content,
            channel_id,
            author_id,
            draft.allowed_mentions.as_ref(),
            draft.used.is_some(),
        );
        let attachments = draft.uploads.into_iter().map(|upload| self.store_file(channel_id, upload)).collect();
        let ephemeral = if draft.only_for.is_some() { flag::EPHEMERAL } else { 0 };
        let message = Message {
            id,
            channel_id,
            author_id,
            kind: draft.kind,
            content: draft.content,
            embeds: draft.embeds,
            components: draft.components,
            attachments,
            flags: draft.flags & !flag::EPHEMERAL | ephemeral,
            tts: draft.tts,
            pinned: false,
            posted_at: self.now,
            edited_at: None,
            mentions: mentions.users,
            mention_roles: mentions.roles,
            mention_everyone: mentions.everyone,
            nonce: draft.nonce,
            reference: draft.reference,
            used: draft.used,
            poll: draft.poll,
            only_for: draft.only_for,
            thread_id: None,
        };
        if let Some(nonce) = &message.nonce {
            self.remember_nonce(author_id, nonce, id);
        }
        let only_for = message.only_for;
        let counts = !matches!(message.kind, 18 | 21);
        self.messages.insert(id, message);
        match only_for {
            Some(viewer) => self.keep_ephemeral(viewer, id),
            None => self.keep_public(channel_id, id, counts),
        }
        self.note(Event::MessagePosted { channel_id, message_id: id, only_for });
        id
    }

    fn keep_ephemeral(&mut self, viewer: Id, message_id: Id) {
        let kept = self.ephemeral.entry(viewer).or_default();
        kept.push_back(message_id);
        if kept.len() > KEPT_PER_VIEWER
            && let Some(oldest) = kept.pop_front()
        {
            self.forget_message(oldest);
        }
    }

    fn keep_public(&mut self, channel_id: Id, message_id: Id, counts: bool) {
        let Some(channel) = self.channels.get_mut(&channel_id) else { return };
        channel.messages.insert(message_id);
        channel.last_message_id = Some(message_id);
        let mut reopened = false;
        if let Some(thread) = channel.thread.as_mut() {
            thread.message_count += u64::from(counts);
            thread.total_message_sent += u64::from(counts);
            reopened = std::mem::replace(&mut thread.archived, false);
        }
        let oldest = if channel.messages.len() > KEPT_PER_CHANNEL { channel.messages.pop_first() } else { None };
        if let Some(oldest) = oldest {
            self.forget_message(oldest);
        }
        if reopened {
            self.note(Event::ChannelChanged { channel_id });
        }
    }

    /// Changes a message. A message that was only "thinking" gets its first content and does not count as edited.
    pub(crate) fn revise(&mut self, message_id: Id, patch: Patch) {
        let Some(message) = self.messages.get(&message_id) else { return };
        let (channel_id, author_id, only_for) = (message.channel_id, message.author_id, message.only_for);
        let from_interaction = message.used.is_some();
        let was_loading = message.flags & flag::LOADING != 0;
        let mentions = patch.content.as_ref().map(|content| {
            self.mentions_of(content, channel_id, author_id, patch.allowed_mentions.as_ref(), from_interaction)
        });
        let added: Vec<Attachment> =
            patch.uploads.into_iter().map(|upload| self.store_file(channel_id, upload)).collect();
        let now = self.now;
        let message = self.messages.get_mut(&message_id).expect("looked up above");
        if let Some(content) = patch.content {
            message.content = content;
        }
        if let Some(embeds) = patch.embeds {
            message.embeds = embeds;
        }
        if let Some(components) = patch.components {
            message.components = components;
        }
        if let Some(mentions) = mentions {
            message.mentions = mentions.users;
            message.mention_roles = mentions.roles;
            message.mention_everyone = mentions.everyone;
        }
        if let Some(flags) = patch.flags {
            let changeable = flag::SUPPRESS_EMBEDS;
            message.flags = message.flags & !changeable | flags & changeable | flags & flag::COMPONENTS_V2;
        }
        let mut dropped = Vec::new();
        if let Some(keep) = patch.keep {
            dropped = message.attachments.iter().map(|file| file.id).filter(|id| !keep.contains(id)).collect();
            message.attachments.retain(|file| keep.contains(&file.id));
        }
        message.attachments.extend(added);
        message.flags &= !flag::LOADING;
        if !was_loading {
            message.edited_at = Some(now);
        }
        for file in dropped {
            self.files.remove(&file);
        }
        self.note(Event::MessageEdited { channel_id, message_id, only_for });
    }

    /// Deletes a message. False when it is gone already.
    pub(crate) fn delete_message(&mut self, message_id: Id) -> bool {
        let Some(message) = self.messages.get(&message_id) else { return false };
        let (channel_id, only_for) = (message.channel_id, message.only_for);
        self.take_out(message_id);
        self.note(Event::MessageDeleted { channel_id, message_id, only_for });
        true
    }

    /// Deletes several messages of a channel at once.
    pub(crate) fn delete_messages(&mut self, channel_id: Id, message_ids: Vec<Id>) {
        for message_id in &message_ids {
            self.take_out(*message_id);
        }
        self.note(Event::MessagesDeleted { channel_id, message_ids });
    }

    fn take_out(&mut self, message_id: Id) {
        let Some(message) = self.messages.get(&message_id) else { return };
        let channel_id = message.channel_id;
        if let Some(kept) = message.only_for.and_then(|viewer| self.ephemeral.get_mut(&viewer)) {
            kept.retain(|id| *id != message_id);
        }
        if let Some(channel) = self.channels.get_mut(&channel_id) {
            channel.messages.remove(&message_id);
            channel.pins.remove(&message_id);
            if let Some(thread) = channel.thread.as_mut() {
                thread.message_count = thread.message_count.saturating_sub(1);
            }
        }
        self.forget_message(message_id);
    }

    pub(crate) fn forget_message(&mut self, message_id: Id) {
        if let Some(message) = self.messages.remove(&message_id) {
            for file in message.attachments {
                self.files.remove(&file.id);
            }
        }
    }

    /// Pins or unpins a message.
    pub(crate) fn pin(&mut self, message_id: Id, pinned: bool) {
        let now = self.now;
        let Some(message) = self.messages.get_mut(&message_id) else { return };
        if std::mem::replace(&mut message.pinned, pinned) == pinned {
            return;
        }
        let channel_id = message.channel_id;
        if let Some(channel) = self.channels.get_mut(&channel_id) {
            if pinned {
                channel.pins.insert(message_id, now);
            } else {
                channel.pins.remove(&message_id);
            }
        }
        self.note(Event::MessageEdited { channel_id, message_id, only_for: None });
        self.note(Event::PinsChanged { channel_id });
    }

    /// The message that the same author posted with this nonce in the last five minutes.
    pub(crate) fn message_with_nonce(&self, author_id: Id, nonce: &Value) -> Option<Id> {
        let (message_id, at) = self.nonces.by_text.get(&nonce_key(author_id, nonce))?;
        let fresh = self.now - *at < NONCE_WINDOW && self.messages.contains_key(message_id);
        fresh.then_some(*message_id)
    }

    fn remember_nonce(&mut self, author_id: Id, nonce: &Value, message_id: Id) {
        let now = self.now;
        let nonces = &mut self.nonces;
        while let Some((_, at)) = nonces.order.front() {
            if nonces.order.len() < KEPT_NONCES && now - *at < NONCE_WINDOW {
                break;
            }
            let (old, at) = nonces.order.pop_front().expect("there is a front");
            if nonces.by_text.get(&old).is_some_and(|(_, latest)| *latest <= at) {
                nonces.by_text.remove(&old);
            }
        }
        let key = nonce_key(author_id, nonce);
        nonces.order.push_back((key.clone(), now));
        nonces.by_text.insert(key, (message_id, now));
    }
}

fn nonce_key(author_id: Id, nonce: &Value) -> String {
    match nonce {
        Value::String(text) => format!("{author_id}:{text}"),
        other => format!("{author_id}:{other}"),
    }
}
