//! Threads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Channel, Draft, Reference, World, kind};
use crate::emulator::event::Event;
use crate::emulator::id::Id;

/// What makes a channel a thread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Thread {
    pub owner_id: Id,
    pub archived: bool,
    pub locked: bool,
    pub archive_changed_at: DateTime<Utc>,
    pub auto_archive_minutes: u64,
    pub created_at: DateTime<Utc>,
    pub members: BTreeMap<Id, DateTime<Utc>>,
    pub message_count: u64,
    pub total_message_sent: u64,
    pub invitable: bool,
}

/// A thread that is still to be opened.
pub(crate) struct NewThread {
    pub parent_id: Id,
    pub name: String,
    pub kind: u8,
    pub owner_id: Id,
    pub auto_archive_minutes: u64,
    /// The message that it hangs on; the thread then takes that message's id, as on Discord.
    pub from_message: Option<Id>,
    pub invitable: bool,
}

impl World {
    /// Opens a thread. The caller has checked that the parent exists and that the message has no thread yet.
    pub(crate) fn open_thread(&mut self, new: NewThread) -> Id {
        let id = new.from_message.unwrap_or_else(|| self.take_id());
        let parent = &self.channels[&new.parent_id];
        let parent_is_forum = parent.kind == kind::FORUM;
        let guild_id = parent.guild_id;
        let now = self.now;
        let channel = Channel {
            id,
            kind: new.kind,
            guild_id,
            name: new.name.clone(),
            topic: None,
            parent_id: Some(new.parent_id),
            position: 0,
            overwrites: Vec::new(),
            nsfw: false,
            rate_limit_per_user: 0,
            last_message_id: None,
            recipient_id: None,
            thread: Some(Thread {
                owner_id: new.owner_id,
                archived: false,
                locked: false,
                archive_changed_at: now,
                auto_archive_minutes: new.auto_archive_minutes,
                created_at: now,
                members: BTreeMap::from([(new.owner_id, now)]),
                message_count: 0,
                total_message_sent: 0,
                invitable: new.invitable,
            }),
            messages: BTreeSet::new(),
            pins: BTreeMap::new(),
        };
        self.channels.insert(id, channel);
        if let Some(guild) = guild_id.and_then(|guild_id| self.guilds.get_mut(&guild_id)) {
            guild.threads.push(id);
        }
        self.note(Event::ChannelCreated { channel_id: id });
        match new.from_message {
            Some(message_id) => {
                if let Some(message) = self.messages.get_mut(&message_id) {
                    message.thread_id = Some(id);
                    self.note(Event::MessageEdited { channel_id: new.parent_id, message_id, only_for: None });
                }
                let starter = Draft {
                    kind: 21,
                    reference: Some(Reference { channel_id: new.parent_id, message_id: Some(message_id) }),
                    ..Draft::default()
                };
                self.post(id, new.owner_id, starter);
            }
            None if !parent_is_forum && new.kind != kind::PRIVATE_THREAD => {
                let notice = Draft {
                    kind: 18,
                    content: new.name,
                    reference: Some(Reference { channel_id: id, message_id: None }),
                    ..Draft::default()
                };
                self.post(new.parent_id, new.owner_id, notice);
            }
            None => {}
        }
        id
    }

    /// Lets somebody join or leave a thread.
    pub(crate) fn set_thread_member(&mut self, thread_id: Id, user_id: Id, joined: bool) {
        let now = self.now;
        let Some(thread) = self.channels.get_mut(&thread_id).and_then(|channel| channel.thread.as_mut()) else {
            return;
        };
        let changed = if joined {
            thread.members.insert(user_id, now).is_none()
        } else {
            thread.members.remove(&user_id).is_some()
        };
        if changed {
            self.note(Event::ThreadMembersChanged { channel_id: thread_id, user_id, joined });
        }
    }
}
