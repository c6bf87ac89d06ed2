//! On which day a slot runs: its own, the next working day, or none.
//!
//! On a federal holiday or a day off of the agency's own, a slot is left out. A schedule that names weekdays, or every day, means them,
//! weekends too. One that names days of the month means "about then": on a weekend it moves to the next working day at the same hour, so
//! that no month is lost to a weekend. Where the schedule has another slot that comes to this day anyway, the earlier one is
//! left out: nobody is posted to twice.

use chrono::{Datelike, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::cron::{Cron, Slot};
use crate::calendar::{WorkCalendar, instant};

const WEEKEND: &str = "weekend";

/// What the calendar makes of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It runs when it says.
    Runs,
    /// It runs later.
    Moves {
        /// Then.
        to: Slot,
        /// Because of this: `weekend`.
        why: String,
    },
    /// It does not run, because of this.
    LeftOut(String),
}

pub(super) fn fate(cron: &Cron, zone: Tz, slot: &Slot, calendar: &WorkCalendar) -> Fate {
    let date = slot.local.date();
    if !(cron.names_dates() && is_weekend(date)) {
        return calendar.day_off(date).map_or(Fate::Runs, |name| Fate::LeftOut(name.to_owned()));
    }
    let working_day = calendar.add_working_days(date, 0);
    // Weekend days of its own until then move there as well.
    let has_another = cron
        .slots(zone, slot.at)
        .map(|other| other.local.date())
        .take_while(|other| *other <= working_day)
        .any(|other| other > date && (other == working_day || is_weekend(other)));
    if has_another {
        return Fate::LeftOut(WEEKEND.to_owned());
    }
    let local = working_day.and_time(slot.local.time());
    Fate::Moves { to: Slot { local, at: instant(local, zone) }, why: WEEKEND.to_owned() }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    use super::*;

    const ZONE: Tz = chrono_tz::America::New_York;

    fn first(text: &str, after: &str) -> String {
        let cron = Cron::parse(text).unwrap();
        let slot = cron.slots(ZONE, after.parse().unwrap()).next().unwrap();
        match fate(&cron, ZONE, &slot, &WorkCalendar::federal()) {
            Fate::Runs => format!("{slot} runs"),
            Fate::Moves { to, why } => format!("{slot} moves to {to}, {why}"),
            Fate::LeftOut(why) => format!("{slot} is left out, {why}"),
        }
    }

    #[test]
    fn a_date_moves_to_the_next_working_day_and_a_weekday_does_not() {
        let cases = [
            ("0 9 1 * *", "2026-07-25T00:00:00Z", "2026-08-01T09:00 moves to 2026-08-03T09:00, weekend"),
            ("0 9 4 * *", "2026-07-01T00:00:00Z", "2026-07-04T09:00 moves to 2026-07-06T09:00, weekend"),
            ("0 9 3 * *", "2026-07-01T00:00:00Z", "2026-07-03T09:00 is left out, Independence Day"),
            ("0 9 5 * *", "2026-09-01T00:00:00Z", "2026-09-05T09:00 moves to 2026-09-08T09:00, weekend"),
            ("0 9 31 * *", "2027-01-15T00:00:00Z", "2027-01-31T09:00 moves to 2027-02-01T09:00, weekend"),
            ("0 9 2 * *", "2026-11-01T00:00:00Z", "2026-11-02T09:00 runs"),
            // Monday is Labor Day and left out, so Saturday's stands, on Tuesday.
            ("0 9 5,7 * *", "2026-09-01T00:00:00Z", "2026-09-05T09:00 moves to 2026-09-08T09:00, weekend"),
            ("0 9 1,2 * *", "2026-07-25T00:00:00Z", "2026-08-01T09:00 is left out, weekend"),
            ("0 9 1,3 * *", "2026-07-25T00:00:00Z", "2026-08-01T09:00 is left out, weekend"),
            ("0 9 * * sat", "2026-07-25T20:00:00Z", "2026-08-01T09:00 runs"),
            ("0 9 * * *", "2026-07-31T20:00:00Z", "2026-08-01T09:00 runs"),
            ("0 9 * * thu", "2026-11-20T00:00:00Z", "2026-11-26T09:00 is left out, Thanksgiving Day"),
        ];
        for (text, after, expected) in cases {
            assert_eq!(first(text, after), expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Ten years of any dates of the month: only working days, in order, none twice; what a weekend leaves out has its post on the
        /// next working day all the same, and a schedule of one date loses none but to holidays.
        #[test]
        fn ten_years_of_dates_fall_on_working_days_once_each(
            days in proptest::collection::btree_set(1..=31_u32, 1..6),
            hour in 0..24_u32,
            start_day in 0..1_400_i64,
        ) {
            let listed: Vec<String> = days.iter().map(ToString::to_string).collect();
            let cron = Cron::parse(&format!("0 {hour} {} * *", listed.join(","))).unwrap();
            let calendar = WorkCalendar::federal();
            let from = "2024-01-01T00:00:30Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::days(start_day);
            let slots = cron.slots(ZONE, from).take_while(|slot| slot.at <= from + TimeDelta::days(3652));
            let mut ran: Vec<Slot> = Vec::new();
            let mut left_out = Vec::new();
            for slot in slots {
                match fate(&cron, ZONE, &slot, &calendar) {
                    Fate::Runs => ran.push(slot),
                    Fate::Moves { to, .. } => {
                        prop_assert!(to.at > slot.at);
                        ran.push(to);
                    }
                    Fate::LeftOut(_) if is_weekend(slot.local.date()) => {
                        left_out.push(calendar.add_working_days(slot.local.date(), 0));
                    }
                    Fate::LeftOut(name) => prop_assert_eq!(calendar.day_off(slot.local.date()), Some(name.as_str())),
                }
            }
            prop_assert!(ran.iter().all(|slot| calendar.is_working_day(slot.local.date())));
            prop_assert!(ran.is_sorted_by(|one, next| one.at < next.at && one.local.date() < next.local.date()));
            if days.len() == 1 {
                prop_assert_eq!(&left_out, &[]);
            }
            // The very last ones may have their post beyond the ten years.
            let end = ran.last().map(|last| last.local.date());
            for day in left_out.into_iter().filter(|day| Some(*day) <= end) {
                prop_assert!(ran.iter().any(|slot| slot.local.date() == day), "nothing on {}", day);
            }
        }
    }
}
