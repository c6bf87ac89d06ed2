//! The rules of a pulse. No I/O; `now` is an argument.

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;

use super::definition::Definition;
use crate::calendar::instant;
use crate::error::Refusal;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::row_id;
use crate::sealed::BoxId;
use crate::survey::Thresholds;

row_id! {
    /// One run of a pulse.
    PulseId,
}

/// One run of a pulse, as it was frozen when it opened.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// Its id.
    pub id: PulseId,
    /// The server it runs on.
    pub guild: GuildId,
    /// What was asked, word for word.
    pub definition: Definition,
    /// From how many answers on something is shown.
    pub thresholds: Thresholds,
    /// The promise that people read, word for word.
    pub promise: String,
    /// Where the answers are sealed.
    pub box_id: BoxId,
    /// Where it was posted.
    pub channel: ChannelId,
    /// How many people could answer; `None` when unknown.
    pub eligible: Option<u32>,
    /// The lead who opened it.
    pub opened_by: UserId,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it closes by itself.
    pub closes_at: DateTime<Utc>,
    /// How far it has come.
    pub state: State,
    /// When answers were first refused.
    pub closed_at: Option<DateTime<Utc>>,
}

/// How far a pulse has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Takes answers, until its closing time.
    Open,
    /// Takes no more; the result waits until the single answers are destroyed.
    Closing,
    /// The result is out.
    Closed,
    /// The key was lost; nothing was counted.
    Stopped,
}

/// Why a pulse is not opened, or not found.
#[derive(Debug, thiserror::Error)]
pub enum PulseRefusal {
    #[error("There is no pulse called “{0}”. Type `/pulse open` and pick one from the list.")]
    Unknown(String),
    #[error(
        "“{title}” has {count} questions or needs written answers. For now only pulses that one press answers can be opened; pick one \
         from the list."
    )]
    NotOnePress { title: String, count: usize },
    #[error(
        "An anonymous pulse needs at least {needed} people who can answer, so that nobody can be guessed; this server has {found}. \
         With so few, ask in person or in the channel instead."
    )]
    TooFewPeople { needed: u32, found: u32 },
    #[error("“{title}” is already open, until <t:{}:f>. Close it first with `/pulse close`.", closes_at.timestamp())]
    AlreadyOpen { title: String, closes_at: DateTime<Utc> },
    #[error("“{0}” is being counted. Open it again when its result is posted.")]
    StillCounting(String),
    #[error(
        "I don't know where to post it. Add `channel:` here, or ask an admin to choose a pulse channel with `/setup`."
    )]
    NoChannel,
    #[error("A pulse is open for 1 to 30 days. Try `days:5`.")]
    Days,
    #[error("There is no such pulse on this server. Pick one from the list that appears as you type.")]
    NotHere,
    #[error("“{0}” is not open any more. `/pulse results` shows what came out.")]
    NotOpen(String),
    #[error("This button belongs to a pulse that I no longer have. `/pulse list` shows the current ones.")]
    Gone,
    #[error(
        "This button is out of date and nothing was stored. Please use the buttons on the newest post of this pulse."
    )]
    OldButton,
    #[error("“{title}” is still open, until <t:{}:f>. Its result is posted after it closes; nothing is shown before.", closes_at.timestamp())]
    StillOpen { title: String, closes_at: DateTime<Utc> },
    #[error(
        "The result of “{0}” is not ready: it is shown when every single answer has been destroyed. I keep trying."
    )]
    ResultWaits(String),
    #[error("{}", super::message::STOPPED)]
    Stopped,
}
impl Refusal for PulseRefusal {}

impl PulseRefusal {
    /// Why a run that is not closed has no result to show.
    pub fn no_result(pulse: &Pulse) -> Option<Self> {
        let title = pulse.definition.title.clone();
        match pulse.state {
            State::Open => Some(Self::StillOpen { title, closes_at: pulse.closes_at }),
            State::Closing => Some(Self::ResultWaits(title)),
            State::Stopped => Some(Self::Stopped),
            State::Closed => None,
        }
    }
}

/// Whether this pulse may be opened anonymously for so many people.
pub fn may_open(definition: &Definition, eligible: Option<u32>, thresholds: &Thresholds) -> Result<(), PulseRefusal> {
    if definition.one_press().is_none() {
        return Err(PulseRefusal::NotOnePress { title: definition.title.clone(), count: definition.questions.len() });
    }
    match eligible {
        Some(found) if found < thresholds.eligible => {
            Err(PulseRefusal::TooFewPeople { needed: thresholds.eligible, found })
        }
        _ => Ok(()),
    }
}

/// The same time of day, so many days on, in the group's time zone.
pub fn closing_time(now: DateTime<Utc>, days: u32, zone: Tz) -> DateTime<Utc> {
    instant(now.with_timezone(&zone).naive_local() + Days::new(u64::from(days)), zone)
}

/// How long to wait before a closing that did not succeed is tried again: 1, 2, 4 … minutes, at most an hour.
pub fn retry_after(attempt: u32) -> TimeDelta {
    TimeDelta::minutes(1 << attempt.min(6)).min(TimeDelta::hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_closes_at_the_same_time_of_day_across_a_clock_change() {
        let closing = |now: &str, days| {
            let zone = chrono_tz::America::New_York;
            closing_time(now.parse().unwrap(), days, zone).with_timezone(&zone).naive_local().to_string()
        };
        assert_eq!(closing("2026-10-30T13:00:00Z", 5), "2026-11-04 09:00:00");
        assert_eq!(closing("2027-03-12T14:00:00Z", 5), "2027-03-17 09:00:00");
        // 02:30 on 14 March 2027 does not exist in New York.
        assert_eq!(closing("2027-03-13T07:30:00Z", 1), "2027-03-14 03:00:00");
    }

    #[test]
    fn waiting_grows_to_an_hour() {
        let minutes: Vec<_> = [0, 1, 5, 6, 40].map(|attempt| retry_after(attempt).num_minutes()).into();
        assert_eq!(minutes, [1, 2, 32, 60, 60]);
    }
}
