//! Days on which a federal office is closed, and counting the days on which it is open.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A federal holiday in one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Its name in law.
    pub name: &'static str,
    /// The day it falls on.
    pub on: NaiveDate,
    /// The day offices are closed for it: Friday for a Saturday, Monday for a Sunday. May lie in the year before.
    pub observed_on: NaiveDate,
}

/// A day off of the agency's own, beside the federal holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayOff {
    /// What it is called, as members read it.
    pub name: String,
    /// The day.
    pub on: NaiveDate,
}

/// Which rule gives a holiday its day.
enum Rule {
    Fixed(u32, u32),
    Nth(u32, Weekday, u8),
    LastMonday(u32),
}

use Rule::{Fixed, LastMonday, Nth};

/// The federal holidays (5 U.S.C. 6103) with the first year each was kept under its present rule; 0 where that was long ago.
const HOLIDAYS: [(&str, i32, Rule); 11] = [
    ("New Year's Day", 0, Fixed(1, 1)),
    ("Birthday of Martin Luther King, Jr.", 1986, Nth(1, Weekday::Mon, 3)),
    ("Washington's Birthday", 0, Nth(2, Weekday::Mon, 3)),
    ("Memorial Day", 0, LastMonday(5)),
    ("Juneteenth National Independence Day", 2021, Fixed(6, 19)),
    ("Independence Day", 0, Fixed(7, 4)),
    ("Labor Day", 0, Nth(9, Weekday::Mon, 1)),
    ("Columbus Day", 0, Nth(10, Weekday::Mon, 2)),
    ("Veterans Day", 0, Fixed(11, 11)),
    ("Thanksgiving Day", 0, Nth(11, Weekday::Thu, 4)),
    ("Christmas Day", 0, Fixed(12, 25)),
];

/// The federal holidays that fall in `year`, in order. Inauguration Day is not among them: it is kept around Washington only.
///
/// Holidays stand by the rules in force since 1978; nothing in cxbot looks further back.
#[must_use]
pub fn federal_holidays(year: i32) -> Vec<Holiday> {
    HOLIDAYS
        .iter()
        .filter(|(_, since, _)| year >= *since)
        .filter_map(|(name, _, rule)| {
            let on = rule.day(year)?;
            Some(Holiday { name, on, observed_on: observed(on) })
        })
        .collect()
}

/// The name of the federal holiday that falls on `date` or is observed on it.
#[must_use]
pub fn federal_holiday(date: NaiveDate) -> Option<&'static str> {
    // New Year's Day on a Saturday is observed in the year before.
    [date.year(), date.year() + 1]
        .into_iter()
        .flat_map(federal_holidays)
        .find(|holiday| holiday.on == date || holiday.observed_on == date)
        .map(|holiday| holiday.name)
}

impl Rule {
    fn day(&self, year: i32) -> Option<NaiveDate> {
        match *self {
            Fixed(month, day) => NaiveDate::from_ymd_opt(year, month, day),
            Nth(month, weekday, nth) => NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth),
            LastMonday(month) => (4..=5)
                .filter_map(|nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth))
                .next_back(),
        }
    }
}

fn observed(on: NaiveDate) -> NaiveDate {
    let moved = match on.weekday() {
        Weekday::Sat => on.pred_opt(),
        Weekday::Sun => on.succ_opt(),
        _ => None,
    };
    moved.unwrap_or(on)
}

/// Which days the group works: Monday to Friday without federal holidays and without the agency's own days off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkCalendar {
    extra: BTreeMap<NaiveDate, String>,
}

impl WorkCalendar {
    /// Federal holidays only.
    #[must_use]
    pub fn federal() -> Self {
        Self::default()
    }

    /// Federal holidays and these days.
    #[must_use]
    pub fn with(days: Vec<DayOff>) -> Self {
        Self { extra: days.into_iter().map(|day| (day.on, day.name)).collect() }
    }

    /// What keeps the office closed on `date`, other than a weekend.
    #[must_use]
    pub fn day_off(&self, date: NaiveDate) -> Option<&str> {
        federal_holiday(date).or_else(|| self.extra.get(&date).map(String::as_str))
    }

    /// Whether people work on `date`.
    #[must_use]
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && self.day_off(date).is_none()
    }

    /// The `count`th working day after `date`. With 0, `date` itself if people work then, otherwise the next working day.
    #[must_use]
    pub fn add_working_days(&self, date: NaiveDate, count: u32) -> NaiveDate {
        let mut day = date;
        let mut left = count;
        // The end of chrono's calendar (year 262142) is the only day without a next one.
        while left > 0 || !self.is_working_day(day) {
            let Some(next) = day.checked_add_days(Days::new(1)) else { return day };
            day = next;
            if left > 0 && self.is_working_day(day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn observed_in(year: i32) -> Vec<String> {
        federal_holidays(year).iter().map(|holiday| holiday.observed_on.to_string()).collect()
    }

    /// The days published by the Office of Personnel Management.
    #[test]
    fn observed_days_are_those_published_for_federal_employees() {
        let published = [
            (
                2021,
                "2021-01-01 2021-01-18 2021-02-15 2021-05-31 2021-06-18 2021-07-05 2021-09-06 2021-10-11 2021-11-11 2021-11-25 2021-12-24",
            ),
            (
                2022,
                "2021-12-31 2022-01-17 2022-02-21 2022-05-30 2022-06-20 2022-07-04 2022-09-05 2022-10-10 2022-11-11 2022-11-24 2022-12-26",
            ),
            (
                2023,
                "2023-01-02 2023-01-16 2023-02-20 2023-05-29 2023-06-19 2023-07-04 2023-09-04 2023-10-09 2023-11-10 2023-11-23 2023-12-25",
            ),
            (
                2026,
                "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-10-12 2026-11-11 2026-11-26 2026-12-25",
            ),
            (
                2027,
                "2027-01-01 2027-01-18 2027-02-15 2027-05-31 2027-06-18 2027-07-05 2027-09-06 2027-10-11 2027-11-11 2027-11-25 2027-12-24",
            ),
            (
                2028,
                "2027-12-31 2028-01-17 2028-02-21 2028-05-29 2028-06-19 2028-07-04 2028-09-04 2028-10-09 2028-11-10 2028-11-23 2028-12-25",
            ),
        ];
        for (year, days) in published {
            assert_eq!(observed_in(year).join(" "), days, "{year}");
        }
    }

    #[test]
    fn young_holidays_start_when_they_started() {
        let names = |year| federal_holidays(year).into_iter().map(|holiday| holiday.name).collect::<Vec<_>>();
        assert_eq!(names(1985).len(), 9);
        assert!(names(1986).contains(&"Birthday of Martin Luther King, Jr."));
        assert!(!names(2020).contains(&"Juneteenth National Independence Day"));
        assert_eq!(names(2021).len(), 11);
    }

    #[test]
    fn the_day_itself_and_the_observed_day_are_both_off() {
        assert_eq!(federal_holiday(day("2027-12-31")), Some("New Year's Day"));
        assert_eq!(federal_holiday(day("2028-01-01")), Some("New Year's Day"));
        assert_eq!(federal_holiday(day("2026-07-03")), Some("Independence Day"));
        assert_eq!(federal_holiday(day("2026-07-04")), Some("Independence Day"));
        assert_eq!(federal_holiday(day("2026-07-06")), None);
        assert_eq!(federal_holiday(day("2025-01-20")), Some("Birthday of Martin Luther King, Jr."));
        // Inauguration Day in a year in which it is not also something else.
        assert_eq!(federal_holiday(day("2021-01-20")), None);
    }

    #[test]
    fn no_year_has_a_holiday_observed_on_a_weekend_or_two_on_one_day() {
        for year in 1978..2200 {
            let mut observed: Vec<_> = federal_holidays(year).into_iter().map(|holiday| holiday.observed_on).collect();
            assert!(observed.iter().all(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)), "{year}");
            let count = observed.len();
            assert!(observed.is_sorted(), "{year}");
            observed.dedup();
            assert_eq!(observed.len(), count, "{year}");
        }
    }

    #[test]
    fn working_days_leave_out_weekends_holidays_and_days_of_the_agency() {
        let calendar =
            WorkCalendar::with(vec![DayOff { name: "Day after Thanksgiving".into(), on: day("2026-11-27") }]);
        assert_eq!(calendar.day_off(day("2026-11-27")), Some("Day after Thanksgiving"));
        assert!(!calendar.is_working_day(day("2026-11-26")));
        assert!(!calendar.is_working_day(day("2026-11-28")));
        assert!(WorkCalendar::federal().is_working_day(day("2026-11-27")));
        for (count, expected) in [(0, "2026-11-24"), (1, "2026-11-25"), (2, "2026-11-30"), (3, "2026-12-01")] {
            assert_eq!(calendar.add_working_days(day("2026-11-24"), count), day(expected), "{count}");
        }
        for (count, expected) in [(0, "2026-11-30"), (1, "2026-11-30"), (2, "2026-12-01")] {
            assert_eq!(calendar.add_working_days(day("2026-11-26"), count), day(expected), "{count}");
        }
        assert_eq!(WorkCalendar::federal().add_working_days(day("2026-11-23"), 5), day("2026-12-01"));
    }

    #[test]
    fn counting_agrees_with_looking_at_each_day() {
        let calendar = WorkCalendar::federal();
        let start = day("2026-01-01");
        let working: Vec<_> = start.iter_days().take(800).filter(|day| calendar.is_working_day(*day)).collect();
        for (index, expected) in working.iter().enumerate() {
            let count = u32::try_from(index).unwrap() + 1;
            // 1 January is a holiday, so the first working day after it is the first of the list.
            assert_eq!(calendar.add_working_days(start, count), *expected);
        }
    }
}
