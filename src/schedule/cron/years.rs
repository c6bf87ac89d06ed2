//! Clock changes: known days, and ten years of arbitrary schedules in arbitrary zones against a second reading of the rule.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

use super::{Cron, Slot};

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// `slot → instant in UTC`, for a few slots after `after`.
fn upcoming(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let cron = Cron::parse(cron).unwrap();
    let slots = cron.slots(zone.parse().unwrap(), instant(after));
    slots.take(count).map(|slot| format!("{slot} → {}", slot.at.format("%dT%H:%MZ"))).collect()
}

#[test]
fn new_york_loses_half_past_two_and_gets_three_instead() {
    assert_eq!(
        upcoming("30 2 * * *", "America/New_York", "2027-03-13T00:00:00Z", 3),
        ["2027-03-13T02:30 → 13T07:30Z", "2027-03-14T02:30 → 14T07:00Z", "2027-03-15T02:30 → 15T06:30Z"]
    );
    // Once a year, on the very day.
    assert_eq!(
        upcoming("30 2 14 3 *", "America/New_York", "2027-01-01T00:00:00Z", 1),
        ["2027-03-14T02:30 → 14T07:00Z"]
    );
}

#[test]
fn new_york_has_half_past_one_twice_and_runs_once() {
    let expected = ["2026-11-01T01:30 → 01T05:30Z", "2026-11-02T01:30 → 02T06:30Z"];
    assert_eq!(upcoming("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2), expected);
    // Asked after the first pass, or in the middle of the second: not again.
    for after in ["2026-11-01T05:30:00Z", "2026-11-01T06:10:00Z", "2026-11-01T06:29:59Z"] {
        assert_eq!(upcoming("30 1 * * *", "America/New_York", after, 1), expected[1..]);
    }
}

#[test]
fn a_quarter_hourly_schedule_rests_while_the_hour_repeats() {
    assert_eq!(
        upcoming("*/15 * * * *", "America/New_York", "2026-11-01T05:30:00Z", 3),
        ["2026-11-01T01:45 → 01T05:45Z", "2026-11-01T02:00 → 01T07:00Z", "2026-11-01T02:15 → 01T07:15Z"]
    );
}

#[test]
fn slots_that_meet_at_the_end_of_a_gap_are_one() {
    assert_eq!(
        upcoming("*/30 * * * *", "America/New_York", "2027-03-14T06:00:00Z", 3),
        ["2027-03-14T01:30 → 14T06:30Z", "2027-03-14T03:00 → 14T07:00Z", "2027-03-14T03:30 → 14T07:30Z"]
    );
    // Nobody named 03:00, so the latest time inside the gap stands for all.
    assert_eq!(
        upcoming("10,40 2 * * *", "America/New_York", "2027-03-14T06:00:00Z", 2),
        ["2027-03-14T02:40 → 14T07:00Z", "2027-03-15T02:10 → 15T06:10Z"]
    );
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    assert_eq!(
        upcoming("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2),
        ["2026-10-04T02:15 → 03T15:30Z", "2026-10-05T02:15 → 04T15:15Z"]
    );
    assert_eq!(
        upcoming("45 1 * * *", "Australia/Lord_Howe", "2027-04-03T00:00:00Z", 2),
        ["2027-04-04T01:45 → 03T14:45Z", "2027-04-05T01:45 → 04T15:15Z"]
    );
}

#[test]
fn santiago_has_no_midnight_and_greenland_no_end_of_the_day() {
    assert_eq!(
        upcoming("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", 2),
        ["2026-09-06T00:00 → 06T04:00Z", "2026-09-07T00:00 → 07T03:00Z"]
    );
    assert_eq!(
        upcoming("59 23 * * *", "America/Nuuk", "2027-03-27T12:00:00Z", 2),
        ["2027-03-27T23:59 → 28T01:00Z", "2027-03-28T23:59 → 29T00:59Z"]
    );
}

/// Where a zone's clocks change between two instants, found by asking what they show, not how they were set.
struct Changes {
    /// Offset in seconds from each instant (seconds since 1970) on.
    pieces: Vec<(i64, i64)>,
}

impl Changes {
    fn find(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let offset = |at: i64| {
            let at = DateTime::from_timestamp(at, 0).unwrap().naive_utc();
            i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
        };
        let mut pieces = vec![(from.timestamp(), offset(from.timestamp()))];
        // No zone changes its clocks twice within six hours.
        let step = 6 * 3600;
        let mut at = from.timestamp();
        while at < to.timestamp() {
            let (mut before, mut after) = (at, at + step);
            if offset(before) != offset(after) {
                while after - before > 1 {
                    let middle = i64::midpoint(before, after);
                    if offset(middle) == offset(before) { before = middle } else { after = middle }
                }
                pieces.push((after, offset(after)));
            }
            at += step;
        }
        Self { pieces }
    }

    /// The first instant at which clocks show `local` or later, by looking at each piece in turn.
    fn first_showing(&self, local: NaiveDateTime) -> i64 {
        let local = local.and_utc().timestamp();
        let piece = self.pieces.iter().enumerate().find_map(|(index, (start, offset))| {
            let end = self.pieces.get(index + 1).map_or(i64::MAX, |(end, _)| *end);
            let at = (local - offset).max(*start);
            (at < end).then_some(at)
        });
        piece.expect("the last piece has no end")
    }
}

/// A second reading of the five fields, by hand and without the crate.
fn named_by(text: &str) -> Vec<BTreeSet<u32>> {
    let limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    let value = |text: &str| {
        let months = "janfebmaraprmayjunjulaugsepoctnovdec";
        let weekdays = "sunmontuewedthufrisat";
        text.parse()
            .ok()
            .or_else(|| months.find(text).map(|at| at / 3 + 1))
            .unwrap_or_else(|| weekdays.find(text).unwrap() / 3)
    };
    let fields = text.split(' ').zip(limits).enumerate().map(|(index, (field, (low, high)))| {
        let mut set = BTreeSet::new();
        for item in field.split(',') {
            let (range, step) = item.split_once('/').unwrap_or((item, "1"));
            let (first, last) = match range.split_once('-') {
                _ if range == "*" => (low, high),
                Some((first, last)) => (value(first), value(last)),
                None => (value(range), value(range)),
            };
            for number in (first..=last).step_by(step.parse().unwrap()) {
                set.insert(u32::try_from(if index == 4 { number % 7 } else { number }).unwrap());
            }
        }
        set
    });
    fields.collect()
}

/// Every local time that the text names from `first` on for `days` days.
fn named_times(text: &str, first: NaiveDate, days: u64) -> Vec<NaiveDateTime> {
    let sets = named_by(text);
    let end = first.checked_add_days(Days::new(days)).unwrap();
    let mut times = Vec::new();
    for date in first.iter_days().take_while(|date| *date < end) {
        let on = sets[2].contains(&date.day())
            && sets[3].contains(&date.month())
            && sets[4].contains(&date.weekday().num_days_from_sunday());
        if on {
            for hour in &sets[1] {
                times.extend(sets[0].iter().map(|minute| date.and_hms_opt(*hour, *minute, 0).unwrap()));
            }
        }
    }
    times
}

/// Ten years, as the rule is written: each named time at the first instant that shows it or later; of those that meet, the latest.
fn by_the_rule(text: &str, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Slot> {
    let changes = Changes::find(zone, from - TimeDelta::days(3), to + TimeDelta::days(3));
    let first = from.date_naive() - Days::new(2);
    let days = u64::try_from((to - from).num_days()).unwrap() + 4;
    let mut slots: Vec<Slot> = Vec::new();
    let mut piece = 0;
    for local in named_times(text, first, days) {
        // The pieces before the current one are over for all later local times: keeps the walk linear.
        while changes.pieces.get(piece + 2).is_some_and(|(next, _)| *next + 2 * 86_400 < local.and_utc().timestamp()) {
            piece += 1;
        }
        let rest = Changes { pieces: changes.pieces[piece..].iter().take(4).copied().collect() };
        let at = DateTime::from_timestamp(rest.first_showing(local), 0).unwrap();
        if slots.last().is_some_and(|last| last.at == at) {
            slots.pop();
        }
        slots.push(Slot { local, at });
    }
    slots.retain(|slot| slot.at > from && slot.at <= to);
    slots
}

fn zone() -> impl Strategy<Value = Tz> {
    prop_oneof![
        1 => proptest::sample::select(TZ_VARIANTS.to_vec()),
        // Where clocks do change, and in unusual ways.
        1 => proptest::sample::select(vec![
            chrono_tz::America::New_York,
            chrono_tz::Australia::Lord_Howe,
            chrono_tz::America::Santiago,
            chrono_tz::America::Nuuk,
            chrono_tz::America::Havana,
            chrono_tz::Africa::Casablanca,
            chrono_tz::Africa::Cairo,
            chrono_tz::Asia::Beirut,
            chrono_tz::Antarctica::Troll,
            chrono_tz::Pacific::Chatham,
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// No local slot is planned twice, none is lost except by the stated rules, and time never goes back.
    #[test]
    fn ten_years_of_any_schedule_in_any_zone_follow_the_rule(
        text in super::tests_support::cron_text(),
        zone in zone(),
        start_minute in 0..2_000_000_i64,
    ) {
        let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
        let from = instant("2024-01-01T00:00:30Z") + TimeDelta::minutes(start_minute);
        let to = from + TimeDelta::days(3652);
        let planned: Vec<Slot> = cron.slots(zone, from).take_while(|slot| slot.at <= to).collect();
        prop_assert!(planned.is_sorted_by(|one, next| one.at < next.at && one.local < next.local));
        let expected = by_the_rule(&text, zone, from, to);
        let difference = planned.iter().zip(&expected).find(|(planned, expected)| planned != expected);
        prop_assert_eq!(difference, None);
        prop_assert_eq!(planned.len(), expected.len());
        // Starting afresh anywhere, as a restart does, goes on with the very next one.
        for (slot, next) in planned.iter().zip(planned.iter().skip(1)).step_by(planned.len() / 40 + 1) {
            prop_assert_eq!(cron.slots(zone, slot.at).next(), Some(*next));
            prop_assert_eq!(cron.slots(zone, next.at - TimeDelta::seconds(1)).next(), Some(*next));
        }
    }
}
