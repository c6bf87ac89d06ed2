//! Schedules, their occurrences and what is coming: plain data and its words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cron::{Cron, Slot};
use super::fate::{Fate, fate};
use crate::calendar::{WorkCalendar, date_words};
use crate::ids::GuildId;
use crate::row_id;

row_id! {
    /// One schedule.
    ScheduleId,
    /// One occurrence.
    OccurrenceId,
}

/// A schedule as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its row.
    pub id: ScheduleId,
    /// The server it belongs to.
    pub guild: GuildId,
    /// Which job it runs.
    pub job: String,
    /// Which of the feature's things.
    pub key: String,
    /// When.
    pub cron: Cron,
    /// In which time zone.
    pub zone: Tz,
    /// Whether nothing runs on federal holidays and the agency's own days off.
    pub skip_holidays: bool,
    /// Later than this many minutes is missed.
    pub catch_up_minutes: u32,
    /// What the job receives.
    pub payload: serde_json::Value,
    /// Since when it is paused; nothing runs while it is.
    pub paused_at: Option<DateTime<Utc>>,
    /// Occurrences up to here exist.
    pub(super) planned_until: DateTime<Utc>,
}

impl Schedule {
    /// When it runs, in words: `Every Tuesday at 09:00 (America/New_York), not on holidays`. Ends with `, paused` when it is.
    #[must_use]
    pub fn words(&self) -> String {
        let holidays = match (self.skip_holidays, self.cron.names_dates()) {
            (false, _) => "",
            (true, false) => ", not on holidays",
            (true, true) => ", not on holidays, and on the next working day instead of a weekend",
        };
        let paused = if self.paused_at.is_some() { ", paused" } else { "" };
        format!("{}{holidays}{paused}", self.cron.words(self.zone))
    }

    /// What the calendar makes of `slot`.
    pub(super) fn fate(&self, slot: &Slot, calendar: &WorkCalendar) -> Fate {
        if self.skip_holidays { fate(&self.cron, self.zone, slot, calendar) } else { Fate::Runs }
    }
}

/// One coming time of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The time that the cron text names; it keeps this name when it is moved.
    pub slot: Slot,
    /// Whether it will run.
    pub status: UpcomingStatus,
}

/// What will happen at a coming time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpcomingStatus {
    /// It runs.
    Runs,
    /// It runs later than the cron text names.
    Moved {
        /// Then.
        to: Slot,
        /// Because of this: `weekend`.
        why: String,
    },
    /// A lead chose to leave it out.
    SkippedByLead,
    /// Left out because of this holiday or day off.
    DayOff(String),
    /// It has run already (the clock was set back, or the schedule was set again).
    Done,
}

impl Upcoming {
    /// When it really runs, if it does.
    #[must_use]
    pub fn runs(&self) -> Option<Slot> {
        match &self.status {
            UpcomingStatus::Runs => Some(self.slot),
            UpcomingStatus::Moved { to, .. } => Some(*to),
            UpcomingStatus::SkippedByLead | UpcomingStatus::DayOff(_) | UpcomingStatus::Done => None,
        }
    }

    /// `Tuesday, November 24, 2026 at 09:00`, and the reason when it will not run or not on the day it should.
    #[must_use]
    pub fn words(&self) -> String {
        let when = self.slot.words();
        match &self.status {
            UpcomingStatus::Runs => when,
            UpcomingStatus::Moved { to, why } => {
                format!("{}: moved from {} ({why})", to.words(), date_words(self.slot.local.date()))
            }
            UpcomingStatus::SkippedByLead => format!("{when}: skipped, as a lead asked"),
            UpcomingStatus::DayOff(name) => format!("{when}: skipped, {name}"),
            UpcomingStatus::Done => format!("{when}: done already"),
        }
    }
}

/// Something that was due, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// Its row.
    pub id: OccurrenceId,
    /// Which job.
    pub job: String,
    /// Which of the feature's things.
    pub key: String,
    /// The local time it stands for, or `once`.
    pub slot: String,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// What became of it.
    pub state: OccurrenceState,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// When that was settled.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OccurrenceState {
    /// Not due yet, or waiting to be tried again.
    Planned,
    /// The job ran.
    Done,
    /// cxbot was off until it was too late.
    Missed,
    /// Left out: a lead asked, or a day off.
    Skipped,
    /// The job declined, or kept failing.
    Failed,
}

impl OccurrenceState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Missed => "missed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Planned, Self::Done, Self::Missed, Self::Skipped, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}
