//! Discord's JSON shapes, made from the world: the full documented objects, for REST answers and gateway events alike.

mod command;
mod event;
mod guild;
pub(crate) mod interaction;
mod message;
pub(crate) mod tidy;

use chrono::{DateTime, SecondsFormat, Utc};

pub(crate) use command::command;
pub(crate) use event::{Outgoing, dispatches, intent, ready};
pub(crate) use guild::{
    application, channel, channel_for_bot, guild, guild_with_contents, member, own_user, role, thread_member, user,
};
pub(crate) use message::{attachment_url, files_in_embeds, message, message_blanked};

/// A timestamp as Discord writes it.
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, false)
}
