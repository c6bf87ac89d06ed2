//! From the clock on the wall to an instant.

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// The longest gap looked across, in minutes. Samoa once left out a whole day; nobody has left out more.
const LONGEST_GAP_MINUTES: usize = 2 * 24 * 60;

/// The instant at which clocks in `zone` show `local`.
///
/// A time that does not exist (clocks go forward over it) becomes the first minute after the gap. A time that exists twice (clocks
/// go back) is meant the first time.
#[must_use]
pub fn instant(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(at) = resolve(local, zone) {
        return at;
    }
    let mut minute = local.with_second(0).and_then(|local| local.with_nanosecond(0)).unwrap_or(local);
    for _ in 0..LONGEST_GAP_MINUTES {
        minute += TimeDelta::minutes(1);
        if let Some(at) = resolve(minute, zone) {
            return at;
        }
    }
    // No zone has such a gap; reading the text as UTC is better than stopping.
    local.and_utc()
}

fn resolve(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some(at.to_utc()),
        MappedLocalTime::Ambiguous(one, other) => Some(one.to_utc().min(other.to_utc())),
        MappedLocalTime::None => None,
    }
}

/// A date as people read it: `Tuesday, November 24, 2026`.
#[must_use]
pub fn date_words(date: NaiveDate) -> String {
    format!("{}, {} {}, {}", date.format("%A"), date.format("%B"), date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, local: &str) -> String {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
        instant(local, zone.parse().unwrap()).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn an_ordinary_time_is_taken_as_it_stands() {
        assert_eq!(at("America/New_York", "2026-11-24T09:00"), "2026-11-24T14:00:00Z");
        assert_eq!(at("UTC", "2026-11-24T09:00"), "2026-11-24T09:00:00Z");
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_first_minute_after_the_gap() {
        // 02:00 EST becomes 03:00 EDT.
        for local in ["2027-03-14T02:00", "2027-03-14T02:30", "2027-03-14T02:59", "2027-03-14T03:00"] {
            assert_eq!(at("America/New_York", local), "2027-03-14T07:00:00Z", "{local}");
        }
        // Lord Howe's clocks go from 02:00 to 02:30.
        assert_eq!(at("Australia/Lord_Howe", "2026-10-04T02:15"), "2026-10-03T15:30:00Z");
        assert_eq!(at("Australia/Lord_Howe", "2026-10-04T02:30"), "2026-10-03T15:30:00Z");
        // Santiago has no midnight on this Sunday.
        assert_eq!(at("America/Santiago", "2026-09-06T00:00"), "2026-09-06T04:00:00Z");
        // Greenland's gap ends the day: 23:59 is 00:00 of the next.
        assert_eq!(at("America/Nuuk", "2027-03-27T23:59"), "2027-03-28T01:00:00Z");
        // Samoa left out 30 December 2011 altogether.
        assert_eq!(at("Pacific/Apia", "2011-12-30T12:00"), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_time_that_exists_twice_is_meant_the_first_time() {
        assert_eq!(at("America/New_York", "2026-11-01T01:30"), "2026-11-01T05:30:00Z");
        assert_eq!(at("Australia/Lord_Howe", "2027-04-04T01:45"), "2027-04-03T14:45:00Z");
    }

    #[test]
    fn a_date_is_written_out() {
        assert_eq!(date_words(NaiveDate::from_ymd_opt(2026, 11, 4).unwrap()), "Wednesday, November 4, 2026");
    }
}
