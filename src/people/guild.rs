//! What an administrator chose for one server.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
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

/// A choice of `/setup` that nobody has made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Where lessons are posted.
    LearningChannel,
    /// Where pulses are posted.
    PulseChannel,
    /// Where recognition is posted.
    RecognitionChannel,
    /// Whose members are leads.
    LeadRole,
}

impl GuildSettings {
    /// What is still to be chosen, in the order of `/setup`. The time zone is never missing: it has a default.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        [
            (self.learning_channel.is_none(), Missing::LearningChannel),
            (self.pulse_channel.is_none(), Missing::PulseChannel),
            (self.recognition_channel.is_none(), Missing::RecognitionChannel),
            (self.lead_role.is_none(), Missing::LeadRole),
        ]
        .into_iter()
        .filter_map(|(absent, what)| absent.then_some(what))
        .collect()
    }

    /// The calendar date in the group's time zone.
    #[must_use]
    pub fn date(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone).date_naive()
    }
}

impl fmt::Display for Missing {
    /// As in "still missing: a channel for lessons".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LearningChannel => "a channel for lessons",
            Self::PulseChannel => "a channel for pulses",
            Self::RecognitionChannel => "a channel for recognition",
            Self::LeadRole => "a role for leads",
        })
    }
}
