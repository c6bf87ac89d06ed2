//! Arbitrary cron text for property tests.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Cron text of every shape that is accepted, and some that is refused.
pub(crate) fn cron_text() -> impl Strategy<Value = String> {
    let minute = prop_oneof![
        4 => (0..60_u32).prop_map(|minute| minute.to_string()),
        1 => select(vec!["0,30", "*/15", "*/20", "*/30", "10-50/20", "5,25,45", "59", "0", "30"]).prop_map(str::to_owned),
    ];
    let hour = prop_oneof![
        4 => (0..24_u32).prop_map(|hour| hour.to_string()),
        1 => Just("*".to_owned()),
        2 => subsequence((0..24_u32).collect::<Vec<_>>(), 1..6).prop_map(|hours| listed(&hours)),
        2 => (0..24_u32, 0..24_u32, 1..5_u32).prop_map(|(one, other, step)| {
            format!("{}-{}/{step}", one.min(other), one.max(other))
        }),
    ];
    let month = prop_oneof![
        4 => Just("*".to_owned()),
        1 => (1..13_u32).prop_map(|month| month.to_string()),
        1 => select(vec!["jan-mar", "*/3", "2", "feb,nov", "3,4,10,11"]).prop_map(str::to_owned),
        1 => subsequence((1..13_u32).collect::<Vec<_>>(), 1..5).prop_map(|months| listed(&months)),
    ];
    let day = prop_oneof![
        2 => Just("* *".to_owned()),
        3 => subsequence((0..8_u32).collect::<Vec<_>>(), 1..5).prop_map(|days| format!("* {}", listed(&days))),
        2 => select(vec!["mon-fri", "sat,sun", "5-7", "*/2", "wed", "sun-tue"]).prop_map(|days| format!("* {days}")),
        3 => subsequence((1..32_u32).collect::<Vec<_>>(), 1..4).prop_map(|days| format!("{} *", listed(&days))),
        1 => select(vec!["*/10", "1-7", "31", "29-31", "8-14/3"]).prop_map(|days| format!("{days} *")),
    ];
    (minute, hour, day, month).prop_map(|(minute, hour, day, month)| {
        let (day, weekday) = day.split_once(' ').expect("both kinds of day");
        format!("{minute} {hour} {day} {month} {weekday}")
    })
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}
