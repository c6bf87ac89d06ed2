//! Discord's rules for request bodies, as pure functions over JSON.
//!
//! Each function answers as Discord does: `Ok` where Discord would take the body, otherwise the [`Violation`] it would
//! send back, with the nested path of every field at fault. The rules are those of the documentation, including the
//! ones that the OpenAPI document leaves out. Names of fault codes follow Discord's answers where these are known;
//! a client should rely on the path and on code 50035 only. What needs the state of the world (permissions, whether
//! an interaction is still open, which attachments a message had) is not judged here.

mod callback;
mod channel;
mod command;
mod components;
mod controls;
mod embeds;
mod form;
mod message;
#[cfg(test)]
mod tests;

use form::Checker;
pub use form::FormErrors;
use message::Place;
use serde_json::Value;

/// A file that came with a request, in the multipart field `files[index]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// The number between the brackets of the field's name, which `attachments[].id` refers to.
    pub index: u64,
    /// The file's name as sent.
    pub name: String,
    /// The file's length in bytes.
    pub size_bytes: u64,
}

/// Why Discord would refuse a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Fields break a rule: HTTP status 400, code 50035, see [`FormErrors::into_body`].
    Form(FormErrors),
    /// A fault with a code of its own.
    Code {
        /// The HTTP status of the answer.
        status: u16,
        /// Discord's code for the fault.
        code: u32,
        /// Discord's words for the fault.
        message: &'static str,
    },
}

/// The kind of interaction being answered, which decides the answers it may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionKind {
    /// A slash command, or a command of a context menu.
    Command,
    /// A button or a select.
    Component,
    /// A request for suggestions while somebody types.
    Autocomplete,
    /// A modal sent in; `from_component` tells whether a button or select had opened it.
    Modal {
        /// Whether there is a message that the answer may update.
        from_component: bool,
    },
}

fn whole_message(body: &Value, files: &[FileInfo], place: Place) -> Result<(), Violation> {
    let mut checker = Checker::default();
    message::message(&mut checker, body, files, place)?;
    checker.finish()?;
    body.as_object().map_or(Ok(()), |fields| message::not_empty(fields, files, place))
}

/// Judges a new message in a channel.
pub fn message_create(body: &Value, files: &[FileInfo]) -> Result<(), Violation> {
    whole_message(body, files, Place::Channel)
}

/// Judges the edit of a message, in a channel or of an interaction's answer; fields left out stay as they were.
pub fn message_edit(body: &Value, files: &[FileInfo]) -> Result<(), Violation> {
    whole_message(body, files, Place::Edit)
}

/// Judges a follow-up to an interaction.
pub fn followup(body: &Value, files: &[FileInfo]) -> Result<(), Violation> {
    whole_message(body, files, Place::Webhook)
}

/// Judges the first answer to an interaction, paths starting at the callback (`data.content`).
pub fn callback(kind: InteractionKind, body: &Value, files: &[FileInfo]) -> Result<(), Violation> {
    callback::callback(kind, body, files)
}

/// Judges the `data` of a callback that opens a modal, paths starting inside `data`.
pub fn modal(data: &Value) -> Result<(), Violation> {
    let mut checker = Checker::default();
    if let Some(fields) = checker.model(data) {
        components::modal(&mut checker, fields);
    }
    checker.finish()
}

/// Judges one whole command; for a partial update, merge it into the stored command first.
pub fn command(body: &Value, guild_scope: bool) -> Result<(), Violation> {
    let mut checker = Checker::default();
    command::command(&mut checker, body, guild_scope);
    checker.finish()
}

/// Judges the list of all commands of one scope, paths starting with the index in the list.
pub fn command_list(body: &Value) -> Result<(), Violation> {
    command::command_list(body)
}

/// Judges changes to a channel or a thread.
pub fn channel_patch(body: &Value) -> Result<(), Violation> {
    let mut checker = Checker::default();
    channel::patch(&mut checker, body);
    checker.finish()
}

/// Judges a new thread, with or without the message it starts from.
pub fn thread_create(body: &Value) -> Result<(), Violation> {
    channel::thread_create(body)
}
