//! A schedule in words. The test reads the words back and compares them with what the parser plans.

use ::cron::{Schedule, TimeUnitSpec};

/// More clock times than this are said as minutes and hours instead of being listed.
const MOST_TIMES_LISTED: u32 = 6;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// By the crate's numbers, 1 is Sunday.
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `Every Tuesday at 09:00`
pub(super) fn words(times: &Schedule) -> String {
    format!("{} {}", days(times), clock_times(times))
}

fn days(times: &Schedule) -> String {
    let months: Vec<u32> = times.months().iter().collect();
    let in_months = if times.months().is_all() { String::new() } else { format!(" in {}", month_names(&months)) };
    if !times.days_of_week().is_all() {
        // Monday first, as working people see a week.
        let mut weekdays: Vec<u32> = times.days_of_week().iter().collect();
        weekdays.sort_by_key(|day| (day + 5) % 7);
        let named = if weekdays == [2, 3, 4, 5, 6] {
            "day from Monday to Friday".to_owned()
        } else {
            joined(weekdays.iter().map(|day| WEEKDAYS[*day as usize - 1].to_owned()).collect())
        };
        return format!("Every {named}{in_months}");
    }
    if times.days_of_month().is_all() {
        return format!("Every day{in_months}");
    }
    let days: Vec<u32> = times.days_of_month().iter().collect();
    let named = joined(days.iter().map(|day| ordinal(*day)).collect());
    let of_months = if times.months().is_all() { "every month".to_owned() } else { month_names(&months) };
    let some_lack_it = days.last().is_some_and(|last| months.iter().any(|month| *last > shortest(*month)));
    let note = if some_lack_it { " (left out when a month has no such day)" } else { "" };
    format!("On the {named} of {of_months}{note}")
}

fn clock_times(times: &Schedule) -> String {
    let (minutes, hours) = (times.minutes(), times.hours());
    if minutes.count() * hours.count() <= MOST_TIMES_LISTED {
        let listed = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| format!("{hour:02}:{minute:02}")));
        return format!("at {}", joined(listed.collect()));
    }
    let minute_list: Vec<u32> = minutes.iter().collect();
    let at_minutes = match minute_list[..] {
        [0] => "on the hour".to_owned(),
        [one] => format!("at minute {one:02}"),
        _ => format!("at minutes {}", joined(minute_list.iter().map(|minute| format!("{minute:02}")).collect())),
    };
    let hour_list: Vec<u32> = hours.iter().collect();
    let of_hours = match hour_list[..] {
        _ if hours.is_all() => "every hour".to_owned(),
        [first, .., last] if last - first + 1 == hours.count() => format!("the hours {first:02} to {last:02}"),
        [one] => format!("the hour {one:02}"),
        _ => format!("the hours {}", joined(hour_list.iter().map(|hour| format!("{hour:02}")).collect())),
    };
    format!("{at_minutes}, {of_hours}")
}

fn month_names(months: &[u32]) -> String {
    joined(months.iter().map(|month| MONTHS[*month as usize - 1].to_owned()).collect())
}

fn shortest(month: u32) -> u32 {
    match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn joined(mut parts: Vec<String>) -> String {
    match parts.pop() {
        None => String::new(),
        Some(only) if parts.is_empty() => only,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use crate::schedule::Cron;
    use crate::schedule::cron::words::{MONTHS, WEEKDAYS};

    #[test]
    fn schedules_read_as_people_would_say_them() {
        let cases = [
            ("0 9 * * tue", "Every Tuesday at 09:00"),
            ("0 9 * * *", "Every day at 09:00"),
            ("30 16 * * 1-5", "Every day from Monday to Friday at 16:30"),
            ("0 9,12,15 * * mon,wed", "Every Monday and Wednesday at 09:00, 12:00 and 15:00"),
            ("0 9 * * sun,sat,fri", "Every Friday, Saturday and Sunday at 09:00"),
            ("0 9 1 * *", "On the 1st of every month at 09:00"),
            ("0 9 1,15 * *", "On the 1st and 15th of every month at 09:00"),
            ("0 9 31 * *", "On the 31st of every month (left out when a month has no such day) at 09:00"),
            ("0 9 31 1,3 *", "On the 31st of January and March at 09:00"),
            ("0 9 29 2 *", "On the 29th of February (left out when a month has no such day) at 09:00"),
            ("0 8 1 */3 *", "On the 1st of January, April, July and October at 08:00"),
            ("0 9 * 9-11 mon", "Every Monday in September, October and November at 09:00"),
            ("0 * * * *", "Every day on the hour, every hour"),
            (
                "*/15 9-17 * * mon-fri",
                "Every day from Monday to Friday at minutes 00, 15, 30 and 45, the hours 09 to 17",
            ),
            ("5 0,6,7,12,13,18,19 * * *", "Every day at minute 05, the hours 00, 06, 07, 12, 13, 18 and 19"),
        ];
        for (cron, expected) in cases {
            let words = Cron::parse(cron).expect(cron).words(chrono_tz::America::New_York);
            assert_eq!(words, format!("{expected} (America/New_York)"));
        }
    }

    /// A reader who knows only the words: on which days, at which times of the day.
    struct Reader {
        on_day: Box<dyn Fn(NaiveDate) -> bool>,
        times: BTreeSet<(u32, u32)>,
    }

    fn items(list: &str) -> Vec<String> {
        list.replace(" and ", ", ").split(", ").map(str::to_owned).collect()
    }

    fn months_named(list: &str) -> Vec<u32> {
        let number = |name: &String| MONTHS.iter().position(|month| month == name).expect(name);
        items(list).iter().map(|name| u32::try_from(number(name)).unwrap() + 1).collect()
    }

    fn read(words: &str) -> Reader {
        let (days, times) =
            words.split_once(" at ").or_else(|| words.split_once(" on the hour")).expect("days, then times");
        let on_the_hour = words.contains(" on the hour");
        let numbers = |list: &str| items(list).iter().map(|item| item.parse::<u32>().expect(list)).collect::<Vec<_>>();
        let times = if !on_the_hour && times.contains(':') {
            items(times).iter().map(|time| (time[..2].parse().unwrap(), time[3..].parse().unwrap())).collect()
        } else {
            let (minutes, hours) =
                times.rsplit_once(", ").filter(|_| !times.contains("the hours")).unwrap_or_else(|| {
                    let start = times.find(", the hours").expect("hours");
                    (&times[..start], &times[start + 2..])
                });
            let minutes = if on_the_hour {
                vec![0]
            } else {
                numbers(minutes.trim_start_matches("minutes ").trim_start_matches("minute "))
            };
            let hours: Vec<u32> = match hours.trim_start_matches("the hours ").trim_start_matches("the hour ") {
                "every hour" => (0..24).collect(),
                span if span.contains(" to ") => {
                    let (first, last) = span.split_once(" to ").unwrap();
                    (first.parse().unwrap()..=last.parse().unwrap()).collect()
                }
                list => numbers(list),
            };
            hours.iter().flat_map(|hour| minutes.iter().map(|minute| (*hour, *minute))).collect()
        };
        let days = days.replace(" (left out when a month has no such day)", "");
        let on_day: Box<dyn Fn(NaiveDate) -> bool> = if let Some(rest) = days.strip_prefix("On the ") {
            let (numbered, months) = rest.split_once(" of ").expect("days of months");
            let numbered: Vec<u32> =
                items(numbered).iter().map(|day| day.trim_end_matches(char::is_alphabetic).parse().unwrap()).collect();
            let months = if months == "every month" { (1..=12).collect() } else { months_named(months) };
            Box::new(move |date| numbered.contains(&date.day()) && months.contains(&date.month()))
        } else {
            let rest = days.strip_prefix("Every ").expect("Every");
            let (named, months) = rest.split_once(" in ").unwrap_or((rest, ""));
            let months: Vec<u32> = if months.is_empty() { (1..=12).collect() } else { months_named(months) };
            let named = match named {
                "day" => WEEKDAYS.map(str::to_owned).to_vec(),
                "day from Monday to Friday" => WEEKDAYS[1..6].iter().map(|day| (*day).to_owned()).collect(),
                list => items(list),
            };
            Box::new(move |date| named.contains(&date.format("%A").to_string()) && months.contains(&date.month()))
        };
        Reader { on_day, times }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn the_words_and_the_parser_agree(text in crate::schedule::cron::tests_support::cron_text()) {
            let Ok(cron) = Cron::parse(&text) else { return Ok(()) };
            let words = cron.words(Tz::UTC);
            let reader = read(words.strip_suffix(" (UTC)").expect("the zone stands at the end"));
            let first = NaiveDate::from_ymd_opt(2027, 12, 1).unwrap();
            let end = first.checked_add_days(Days::new(460)).unwrap();
            let before = first.and_hms_opt(0, 0, 0).unwrap().and_utc() - chrono::TimeDelta::minutes(1);
            let planned: Vec<NaiveDateTime> =
                cron.slots(Tz::UTC, before).map(|slot| slot.local).take_while(|local| local.date() < end).collect();
            let mut said = Vec::new();
            for date in first.iter_days().take_while(|date| *date < end).filter(|date| (reader.on_day)(*date)) {
                said.extend(reader.times.iter().map(|(hour, minute)| date.and_hms_opt(*hour, *minute, 0).unwrap()));
            }
            prop_assert_eq!(planned, said, "{} in words: {}", text, words);
        }
    }
}
