//! From the crate's proposals to real instants: the rule for clock changes.
//!
//! A slot is a local time that the cron text names. Its instant is found by [`calendar::instant`](crate::calendar::instant): a time
//! that does not exist runs at the first minute after the gap, one that exists twice runs the first time. So instants never go back.
//!
//! Several slots may meet at the end of a gap (every half hour over 02:00 to 03:00: 02:00, 02:30 and 03:00 are all 03:00). One post
//! is enough: only the latest of them is a slot, since it stands nearest to the time that clocks then show; the others are dropped.
//! In the hour that clocks show a second time, nothing runs.

use std::fmt;

use ::cron::{Schedule, ScheduleIterator};
use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;

use crate::calendar;

/// One time that a schedule runs. Its text, `2026-11-24T09:00`, is the local time and names it for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The time that the cron text names, in the schedule's zone. In a gap, a time that clocks never show.
    pub local: NaiveDateTime,
    /// When it runs.
    pub at: DateTime<Utc>,
}

impl Slot {
    /// Reads a slot's text back; `None` when it is not one.
    pub(in crate::schedule) fn read(text: &str, zone: Tz) -> Option<Self> {
        let local = NaiveDateTime::parse_from_str(text, SLOT_FORMAT).ok()?;
        Some(Self { local, at: calendar::instant(local, zone) })
    }

    /// The local time in words: `Tuesday, November 24, 2026 at 09:00`.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} at {}", calendar::date_words(self.local.date()), self.local.format("%H:%M"))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local.format(SLOT_FORMAT))
    }
}

/// How a slot is written in tables.
pub(in crate::schedule) const SLOT_FORMAT: &str = "%Y-%m-%dT%H:%M";

/// The slots of a schedule in order; their instants strictly increase.
pub struct Slots<'cron> {
    /// Wall-clock times dressed as UTC, where no clock ever changes.
    proposals: ScheduleIterator<'cron, Utc>,
    zone: Tz,
    after: DateTime<Utc>,
    pending: Option<Slot>,
}

impl<'cron> Slots<'cron> {
    pub(super) fn new(times: &'cron Schedule, zone: Tz, after: DateTime<Utc>) -> Self {
        // Local times up to the one shown at `after` have come by already, so none of them can run later than `after`.
        let shown = after.with_timezone(&zone).naive_local();
        let shown = shown.with_second(0).and_then(|shown| shown.with_nanosecond(0)).unwrap_or(shown);
        Self { proposals: times.after(&shown.and_utc()), zone, after, pending: None }
    }

    fn propose(&mut self) -> Option<Slot> {
        loop {
            let local = self.proposals.next()?.naive_utc();
            let slot = Slot { local, at: calendar::instant(local, self.zone) };
            // In the second pass of a repeated hour the text's times lie in the first.
            if slot.at > self.after {
                return Some(slot);
            }
        }
    }
}

impl Iterator for Slots<'_> {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        let mut slot = match self.pending.take() {
            Some(slot) => slot,
            None => self.propose()?,
        };
        loop {
            match self.propose() {
                Some(later) if later.at == slot.at => slot = later,
                later => {
                    self.pending = later;
                    return Some(slot);
                }
            }
        }
    }
}

impl fmt::Debug for Slots<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots").field("zone", &self.zone).field("after", &self.after).finish_non_exhaustive()
    }
}
