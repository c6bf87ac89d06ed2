//! Messages: what a channel, a follow-up, an edit or an interaction's answer may hold.

use serde_json::Value;
use std::collections::HashSet;

use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given, integer_of, items,
};
use super::{FileInfo, Violation, components, embeds};

const CONTENT_CHARACTERS: usize = 2000;
const FILES: usize = 10;
const FILE_BYTES: u64 = 10 * 1024 * 1024;
const REQUEST_BYTES: u64 = 25 * 1024 * 1024;
const COMPONENTS_V2: i64 = 1 << 15;
/// Uploads are numbered from 0 to 9; in an edit, any larger number names an attachment that is already there.
const UPLOAD_INDEXES: u64 = 10;

/// Where a message is going, since not every place takes every field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Channel,
    Webhook,
    Edit,
}

/// The files that come with a message, for `attachment://` addresses.
#[derive(Debug)]
pub(super) struct Uploads {
    names: HashSet<String>,
    /// Attachments kept from before, whose names are not known here, may be meant as well.
    may_mean_kept_ones: bool,
}

impl Uploads {
    fn new(message: &Fields, files: &[FileInfo], place: Place) -> Self {
        let listed = items(message, "attachments");
        let renamed = listed.iter().filter_map(|item| item.get("filename")?.as_str()).map(str::to_owned);
        let keeps_one = |item: &Value| {
            item.get("id").and_then(integer_of).is_none_or(|id| u64::try_from(id).is_ok_and(|id| id >= UPLOAD_INDEXES))
        };
        Self {
            names: files.iter().map(|file| file.name.clone()).chain(renamed).collect(),
            may_mean_kept_ones: place == Place::Edit
                && (given(message, "attachments").is_none() || listed.iter().any(keeps_one)),
        }
    }

    /// Notes an `attachment://` address that names no file of this message, at the current path.
    pub fn check_reference(&self, checker: &mut Checker, url: &str) {
        if let Some(name) = url.strip_prefix("attachment://")
            && !self.may_mean_kept_ones
            && !self.names.contains(name)
        {
            checker.fail(
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                format!("The referenced attachment \"{name}\" was not found"),
            );
        }
    }
}

/// Checks a message at the checker's present path, its files included.
pub(super) fn message(checker: &mut Checker, body: &Value, files: &[FileInfo], place: Place) -> Result<(), Violation> {
    file_sizes(files)?;
    let Some(fields) = checker.model(body) else { return Ok(()) };
    let uploads = Uploads::new(fields, files, place);
    checker.text(fields, "content", Optional, 0..=CONTENT_CHARACTERS);
    checker.boolean(fields, "tts");
    let flags = checker.integer(fields, "flags", Optional, 0..=i64::from(u32::MAX)).unwrap_or(0);
    embeds::embeds(checker, fields, &uploads);
    allowed_mentions(checker, fields);
    attachments(checker, fields, files, place);
    checker.list(fields, "sticker_ids", Optional, 0..=3, |checker, _, id| {
        checker.as_snowflake(id);
    });
    poll(checker, fields);
    if place == Place::Channel {
        nonce(checker, fields);
        checker.object(fields, "message_reference", Optional, |checker, reference| {
            checker.snowflake(reference, "message_id", Required);
            checker.snowflake(reference, "channel_id", Optional);
            checker.choice(reference, "type", Optional, &[0, 1]);
            checker.boolean(reference, "fail_if_not_exists");
        });
    }
    if flags & COMPONENTS_V2 == 0 {
        components::legacy(checker, fields);
    } else {
        for key in ["content", "embeds", "poll", "sticker_ids"] {
            if has_something(fields, key) {
                checker.fail_at(
                    key,
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    format!("The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"),
                );
            }
        }
        let shown = components::v2(checker, fields, &uploads);
        unseen_files(checker, fields, files, &shown);
    }
    Ok(())
}

/// Whether a message that passed the form has anything to show; Discord refuses an empty one with its own code.
pub(super) fn not_empty(fields: &Fields, files: &[FileInfo], place: Place) -> Result<(), Violation> {
    let is_v2 = fields.get("flags").and_then(integer_of).unwrap_or(0) & COMPONENTS_V2 != 0;
    let is_forward =
        given(fields, "message_reference").and_then(|reference| reference.get("type")).and_then(integer_of) == Some(1);
    let shows = !files.is_empty()
        || is_forward
        || ["content", "embeds", "poll", "sticker_ids"].iter().any(|key| has_something(fields, key))
        || (is_v2 && has_something(fields, "components"));
    // An edit leaves alone what it does not name, so it empties a message only by naming everything.
    let leaves_something = place == Place::Edit
        && (["content", "embeds", "attachments"].iter().any(|key| !fields.contains_key(*key))
            || has_something(fields, "attachments"));
    if shows || leaves_something {
        return Ok(());
    }
    Err(Violation::Code { status: 400, code: 50006, message: "Cannot send an empty message" })
}

fn has_something(fields: &Fields, key: &str) -> bool {
    match given(fields, key) {
        None => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(_) => true,
    }
}

fn file_sizes(files: &[FileInfo]) -> Result<(), Violation> {
    let total: u64 = files.iter().map(|file| file.size_bytes).sum();
    if total > REQUEST_BYTES || files.iter().any(|file| file.size_bytes > FILE_BYTES) {
        return Err(Violation::Code { status: 413, code: 40005, message: "Request entity too large" });
    }
    if files.len() > FILES {
        return Err(Violation::Code {
            status: 400,
            code: 30015,
            message: "Maximum number of attachments in a message reached (10)",
        });
    }
    Ok(())
}

fn nonce(checker: &mut Checker, message: &Fields) {
    if given(message, "nonce").is_some_and(Value::is_string) {
        checker.text(message, "nonce", Optional, 0..=25);
    } else {
        checker.integer(message, "nonce", Optional, i64::MIN..=i64::MAX);
    }
    checker.boolean(message, "enforce_nonce");
}

fn attachments(checker: &mut Checker, message: &Fields, files: &[FileInfo], place: Place) {
    let mut seen = HashSet::new();
    checker.list(message, "attachments", Optional, 0..=FILES, |checker, _, value| {
        let Some(attachment) = checker.model(value) else { return };
        checker.text(attachment, "filename", Optional, 1..=1024);
        checker.text(attachment, "description", Optional, 0..=1024);
        let Some(id) = checker.snowflake(attachment, "id", Required) else { return };
        let is_kept = place == Place::Edit && id >= UPLOAD_INDEXES;
        if !is_kept && !files.iter().any(|file| file.index == id) {
            checker.fail("ATTACHMENT_NOT_FOUND", "Attachment data not found");
        } else if !seen.insert(id) {
            checker.fail_at("id", "ATTACHMENT_ID_DUPLICATED", "Attachment id cannot be duplicated");
        }
    });
}

/// A file that no component shows would reach nobody, so in a V2 message each has to be shown.
fn unseen_files(checker: &mut Checker, message: &Fields, files: &[FileInfo], shown: &HashSet<String>) {
    for file in files {
        let renamed = items(message, "attachments")
            .iter()
            .filter(|item| {
                item.get("id").and_then(integer_of).and_then(|id| u64::try_from(id).ok()) == Some(file.index)
            })
            .find_map(|item| item.get("filename")?.as_str());
        if !shown.contains(&file.name) && !renamed.is_some_and(|name| shown.contains(name)) {
            checker.fail_at(
                "attachments",
                "COMPONENTS_V2_ATTACHMENT_NOT_REFERENCED",
                format!("The attachment \"{}\" must be referenced by a component", file.name),
            );
        }
    }
}

fn allowed_mentions(checker: &mut Checker, message: &Fields) {
    checker.object(message, "allowed_mentions", Optional, |checker, mentions| {
        checker.list(mentions, "parse", Optional, 0..=3, |checker, _, kind| {
            if !matches!(kind.as_str(), Some("roles" | "users" | "everyone")) {
                checker.fail("BASE_TYPE_CHOICES", "Value must be one of ('users', 'everyone', 'roles').");
            }
        });
        for key in ["users", "roles"] {
            let mut seen = HashSet::new();
            checker.list(mentions, key, Optional, 0..=100, |checker, _, id| {
                if let Some(id) = checker.as_snowflake(id)
                    && !seen.insert(id)
                {
                    checker.fail("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value");
                }
            });
            if items(mentions, "parse").iter().any(|kind| kind == key) && !items(mentions, key).is_empty() {
                checker.fail(
                    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    format!("parse:[\"{key}\"] and {key}: [ids...] are mutually exclusive."),
                );
            }
        }
        checker.boolean(mentions, "replied_user");
    });
}

fn poll(checker: &mut Checker, message: &Fields) {
    checker.object(message, "poll", Optional, |checker, poll| {
        checker.object(poll, "question", Required, |checker, question| {
            checker.text(question, "text", Required, 1..=300);
        });
        checker.list(poll, "answers", Required, 1..=10, |checker, _, value| {
            if let Some(answer) = checker.model(value) {
                checker.object(answer, "poll_media", Required, |checker, media| {
                    checker.text(media, "text", Required, 1..=55);
                });
            }
        });
        checker.integer(poll, "duration", Optional, 1..=32 * 24);
        checker.boolean(poll, "allow_multiselect");
        checker.choice(poll, "layout_type", Optional, &[1]);
    });
}
