//! Cron text: five fields (minute, hour, day of the month, month, weekday) with the meaning that Unix gives them.
//!
//! The `cron` crate reads the text and proposes local times. What it gets wrong for people stays in here: it wants six fields, reads
//! weekday 1 as Sunday, and loses or doubles times when clocks change. So each field is checked first and refused in words, weekdays
//! reach the crate by name, and the crate only ever counts on a calendar without clock changes; [`Slots`] puts its proposals on the
//! real clock.
//!
//! Refused on purpose: a day of the month together with a weekday (Unix reads "or", the crate "and", people one or the other), and
//! anything more often than every 15 minutes (a schedule posts to people; `* 9 * * 1` is nearly always a slip for `0 9 * * 1`).

mod field;
mod slots;
#[cfg(test)]
mod tests_support;
mod words;
#[cfg(test)]
mod years;

use std::str::FromStr;

use ::cron::{Schedule, TimeUnitSpec};
use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::error::Refusal;
use field::Field;
pub(super) use slots::SLOT_FORMAT;
pub use slots::{Slot, Slots};

/// The least time between two slots of one schedule, in minutes.
pub const MOST_OFTEN_MINUTES: u32 = 15;

const LONGEST_TEXT: usize = 200;

/// When a schedule runs, without a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cron {
    text: String,
    times: Schedule,
}

/// Why a cron text is not taken; says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronRefusal {
    /// Not five fields.
    #[error(
        "A schedule has five parts with spaces between them: minute, hour, day of the month, month, weekday. For example, \
         `0 9 * * tue` is every Tuesday at 09:00. This one has {0}."
    )]
    NotFiveFields(usize),
    /// Far too long.
    #[error("This schedule is too long to read. Use at most {LONGEST_TEXT} characters, or make two schedules of it.")]
    TooLong,
    /// One field is not understood.
    #[error("The {field} `{text}` is not understood. {advice}")]
    Field {
        /// Which one, in words.
        field: &'static str,
        /// What was written.
        text: String,
        /// What to write instead.
        advice: String,
    },
    /// Both kinds of day.
    #[error(
        "A schedule takes a day of the month or a weekday, not both. Write `*` for one of them: `0 9 1 * *` is the 1st of every \
         month, `0 9 * * mon` is every Monday."
    )]
    BothKindsOfDay,
    /// Too often.
    #[error(
        "That is more often than every {MOST_OFTEN_MINUTES} minutes, which is too often for posts to people. For once an hour, write one \
         minute, for example `0`; for every quarter of an hour, write `*/15`."
    )]
    TooOften,
    /// A day that no year has.
    #[error(
        "That day never comes (for example, there is no February 30). Choose a day that exists in the months you wrote."
    )]
    Never,
}

impl Refusal for CronRefusal {}

impl Cron {
    /// Reads five-field cron text.
    ///
    /// # Errors
    /// What is wrong, in words, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, CronRefusal> {
        if text.len() > LONGEST_TEXT {
            return Err(CronRefusal::TooLong);
        }
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else {
            return Err(CronRefusal::NotFiveFields(parts.len()));
        };
        if day != "*" && weekday != "*" {
            return Err(CronRefusal::BothKindsOfDay);
        }
        let six_fields = format!(
            "0 {} {} {} {} {}",
            Field::Minute.for_crate(minute)?,
            Field::Hour.for_crate(hour)?,
            Field::Day.for_crate(day)?,
            Field::Month.for_crate(month)?,
            Field::Weekday.for_crate(weekday)?,
        );
        let times = Schedule::from_str(&six_fields).map_err(|_| CronRefusal::NotFiveFields(parts.len()))?;
        if is_too_often(&times) {
            return Err(CronRefusal::TooOften);
        }
        // 2000 is a leap year and long before any clock of ours, so whatever can happen at all happens after it.
        if times.after(&DateTime::<Utc>::UNIX_EPOCH).next().is_none() {
            return Err(CronRefusal::Never);
        }
        Ok(Self { text: parts.join(" "), times })
    }

    /// Every week on `day`, at `hour` (0 to 23) and `minute` (0 to 59).
    ///
    /// # Errors
    /// When hour or minute is out of range.
    pub fn weekly(day: Weekday, hour: u32, minute: u32) -> Result<Self, CronRefusal> {
        Self::parse(&format!("{minute} {hour} * * {}", day.to_string().to_lowercase()))
    }

    /// Monday to Friday at `hour` (0 to 23) and `minute` (0 to 59).
    ///
    /// # Errors
    /// When hour or minute is out of range.
    pub fn weekdays(hour: u32, minute: u32) -> Result<Self, CronRefusal> {
        Self::parse(&format!("{minute} {hour} * * mon-fri"))
    }

    /// Every month on `day` (1 to 31; months without that day are left out), at `hour` and `minute`.
    ///
    /// # Errors
    /// When day, hour or minute is out of range.
    pub fn monthly(day: u32, hour: u32, minute: u32) -> Result<Self, CronRefusal> {
        Self::parse(&format!("{minute} {hour} {day} * *"))
    }

    /// The five fields, with single spaces.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it names days of the month: about then, unlike a weekday, which is meant.
    pub(super) fn names_dates(&self) -> bool {
        !self.times.days_of_month().is_all()
    }

    /// The slots later than `after` in `zone`, in order. Empty from the year 2100 on.
    #[must_use]
    pub fn slots(&self, zone: Tz, after: DateTime<Utc>) -> Slots<'_> {
        Slots::new(&self.times, zone, after)
    }

    /// When it runs, in words: `Every Tuesday at 09:00 (America/New_York)`.
    #[must_use]
    pub fn words(&self, zone: Tz) -> String {
        format!("{} ({zone})", words::words(&self.times))
    }
}

fn is_too_often(times: &Schedule) -> bool {
    let minutes: Vec<u32> = times.minutes().iter().collect();
    let hours: Vec<u32> = times.hours().iter().collect();
    let within_an_hour = minutes.windows(2).any(|pair| pair[1] - pair[0] < MOST_OFTEN_MINUTES);
    let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return false };
    let around_the_hour = 60 + first - last < MOST_OFTEN_MINUTES;
    let hours_touch = hours.iter().any(|hour| hours.contains(&((hour + 1) % 24)));
    within_an_hour || (around_the_hour && hours_touch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Cron::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write_instead() {
        let cases = [
            ("0 9 * *", "This one has 4."),
            ("0 0 9 * * tue", "This one has 6."),
            ("", "This one has 0."),
            ("@weekly", "This one has 1."),
            ("60 9 * * *", "The minute `60` is not understood. Write a number from 0 to 59."),
            ("0 24 * * *", "The hour `24` is not understood. Write a number from 0 to 23."),
            ("0 9 0 * *", "The day of the month `0` is not understood. Write a number from 1 to 31."),
            ("0 9 * 13 *", "The month `13` is not understood. Write a number from 1 to 12, or jan to dec."),
            (
                "0 9 * * 8",
                "The weekday `8` is not understood. Write mon to sun, or a number from 0 to 7 (0 and 7 are Sunday).",
            ),
            ("0 9 * * tuseday", "The weekday `tuseday` is not understood. Write mon to sun,"),
            ("0 22-2 * * *", "The hour `22-2` is not understood. It runs backwards; write `22-23,0-2`."),
            ("0 9 * * fri-mon", "The weekday `fri-mon` is not understood. It runs backwards; write `fri,sat,sun,mon`."),
            ("0 9 * nov-feb *", "The month `nov-feb` is not understood. It runs backwards; write `11-12,1-2`."),
            ("0 9 28-3 * *", "The day of the month `28-3` is not understood. It runs backwards; write `28-31,1-3`."),
            ("0/30 9 * * *", "The minute `0/30` is not understood. A step needs a range before it; write `0-59/30`."),
            ("*/0 9 * * *", "The minute `*/0` is not understood. A step is a number from 1 to 59."),
            ("*/90 9 * * *", "The minute `*/90` is not understood. A step is a number from 1 to 59."),
            ("0, 9 * * *", "The minute `0,` is not understood. Something is missing beside a comma."),
            ("0 9 L * *", "The day of the month `L` is not understood. cxbot does not know L, W, # or ?;"),
            ("0 9 * * mon#1", "The weekday `mon#1` is not understood. cxbot does not know L, W, # or ?;"),
            ("0 9 ? * mon", "takes a day of the month or a weekday, not both"),
            ("0 9 1 * mon", "takes a day of the month or a weekday, not both"),
            ("* 9 * * 1", "more often than every 15 minutes"),
            ("*/10 9 * * 1", "more often than every 15 minutes"),
            ("0,50 * * * *", "more often than every 15 minutes"),
            ("0,50 0,23 * * *", "more often than every 15 minutes"),
            ("0 9 30 2 *", "That day never comes"),
            ("0 9 31 4,6,9,11 *", "That day never comes"),
            ("0 9 -1 * *", "The day of the month `-1` is not understood."),
            ("0 ９ * * *", "The hour `９` is not understood."),
        ];
        for (text, expected) in cases {
            let told = refusal(text);
            assert!(told.contains(expected), "{text:?} was refused with {told:?}, not {expected:?}");
        }
        assert!(refusal(&format!("{} 9 * * *", "0,".repeat(200))).contains("too long"));
    }

    #[test]
    fn five_fields_are_read_as_unix_reads_them() {
        let same = [
            ("0 9 * * 0", "0 9 * * sun"),
            ("0 9 * * 7", "0 9 * * SUN"),
            ("0 9 * * 1", "0 9 * * Monday"),
            ("0 9 * * 1-5", "0 9 * * mon-fri"),
            ("0 9 * * 5-7", "0 9 * * fri,sat,sun"),
            ("0 9 * * 0-2", "0 9 * * sun,mon,tue"),
            ("0 9 * * fri-sun", "0 9 * * 5,6,0"),
            ("0 9 * * sun-tue", "0 9 * * 0,1,2"),
            ("0 9 * * */2", "0 9 * * sun,tue,thu,sat"),
            ("0 9 * * mon-fri/2", "0 9 * * 1,3,5"),
            ("0 9 * * 0-7", "0 9 * * *"),
            ("*/20 9 * * *", "0,20,40 9 * * *"),
            ("0 8-18/5 * * *", "0 8,13,18 * * *"),
            ("0 9 1 jan,JUL *", "0 9 1 1,7 *"),
            ("0 9 1 */3 *", "0 9 1 1,4,7,10 *"),
            ("00 09 01 01 *", "0 9 1 1 *"),
            ("  0   9 * *\t* ", "0 9 * * *"),
            ("0,50 9,11 * * *", "50,0 11,9 * * *"),
        ];
        for (one, other) in same {
            let (one, other) = (Cron::parse(one).expect(one), Cron::parse(other).expect(other));
            let first = |cron: &Cron| cron.slots(Tz::UTC, DateTime::UNIX_EPOCH).take(100).collect::<Vec<_>>();
            assert_eq!(first(&one), first(&other), "{} and {}", one.text(), other.text());
        }
        assert_eq!(Cron::parse("  0   9 * *\t* ").unwrap().text(), "0 9 * * *");
    }

    #[test]
    fn the_builders_give_text_that_the_parser_takes() {
        assert_eq!(Cron::weekly(Weekday::Tue, 9, 5).unwrap().text(), "5 9 * * tue");
        assert_eq!(Cron::weekdays(16, 30).unwrap().text(), "30 16 * * mon-fri");
        assert_eq!(Cron::monthly(31, 0, 0).unwrap().text(), "0 0 31 * *");
        assert!(Cron::weekly(Weekday::Mon, 24, 0).is_err());
        assert!(Cron::monthly(32, 9, 0).is_err());
    }
}
