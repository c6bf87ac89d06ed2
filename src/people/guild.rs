//! What an administrator chose for one server.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::ids::{ChannelId, GuildId, RoleId};

/// The choices of `/setup`. Nothing is required: a missing channel means that the feature asks for one when it needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildSettings {
    /// The server.
    pub guild: GuildId,
    /// Its name.
    pub name: String,
    /// The group's time zone.
    pub zone: Tz,
    /// Members of this role are leads.
    pub lead_role: Option<RoleId>,
    /// Where lessons are posted.
    pub learning_channel: Option<ChannelId>,
    /// Where pulses are posted.
    pub pulse_channel: Option<ChannelId>,
    /// Where recognition is posted.
    pub recognition_channel: Option<ChannelId>,
    /// When `/setup` was completed.
    pub set_up_at: Option<DateTime<Utc>>,
}
