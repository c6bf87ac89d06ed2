//! How often people may be asked. No I/O; `now` is an argument.
//!
//! Nobody is watched for it: what is counted is which groups were asked, and when, never who answered. Two groups count as the same
//! people when one is part of the other for certain (everybody and anybody); whether two roles share people is not known to cxbot.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::model::{Asked, Pulse};
use crate::calendar::instant;
use crate::survey::Question;

/// Days from one pulse to the next for the same people.
pub(super) const DAYS_BETWEEN: u64 = 14;
/// Pulses in [`WINDOW_DAYS`] days for the same people.
pub(super) const MOST_IN_WINDOW: usize = 4;
/// The days in which [`MOST_IN_WINDOW`] are counted, and in which the same question is not put to a group and to a part of it.
pub(super) const WINDOW_DAYS: u64 = 28;
/// Direct messages to one person in a week; reminders beyond are left out.
pub(super) const MOST_MESSAGES_A_WEEK: u32 = 2;

/// Whether two groups share people for certain.
fn overlap(one: &Asked, other: &Asked) -> bool {
    matches!((one, other), (Asked::Everybody, _) | (_, Asked::Everybody)) || is_same_group(one, other)
}

fn is_same_group(one: &Asked, other: &Asked) -> bool {
    match (one, other) {
        (Asked::Division { name: one }, Asked::Division { name: other }) => one.to_lowercase() == other.to_lowercase(),
        (one, other) => match (one.role(), other.role()) {
            (Some(one), Some(other)) => one == other,
            _ => one == other,
        },
    }
}

/// The first moment at which these people may be asked again, and the pulse because of which; `None` when now. `earlier` are the
/// server's pulses of the last [`WINDOW_DAYS`] days.
pub(super) fn wait_until(
    earlier: &[Pulse],
    asked: &Asked,
    now: DateTime<Utc>,
    zone: Tz,
) -> Option<(DateTime<Utc>, String)> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let mut same: Vec<&Pulse> =
        earlier.iter().filter(|pulse| !pulse.definition.part_of_session && overlap(&pulse.asked, asked)).collect();
    same.sort_by_key(|pulse| std::cmp::Reverse(pulse.opened_at));
    let after = |pulse: &Pulse, days| (day(pulse.opened_at) + Days::new(days), pulse.definition.title.clone());
    let rest = same.first().map(|last| after(last, DAYS_BETWEEN));
    let crowd = same.get(MOST_IN_WINDOW - 1).map(|fourth| after(fourth, WINDOW_DAYS));
    let (from, title): (NaiveDate, String) = rest.into_iter().chain(crowd).max_by_key(|(from, _)| *from)?;
    (from > day(now)).then(|| (instant(from.and_time(NaiveTime::MIN), zone), title))
}

/// An earlier pulse that put one of these questions to a group of which this one is a part, or the other way round: the two results
/// together would tell of the few who are in one and not in the other.
pub(super) fn asked_in_part<'a>(
    earlier: &'a [Pulse],
    asked: &Asked,
    questions: &[Question],
    named: bool,
) -> Option<&'a Pulse> {
    let is_same = |one: &Question| questions.iter().any(|other| one.key == other.key && one.ask == other.ask);
    earlier.iter().find(|pulse| {
        !pulse.named
            && !named
            && overlap(&pulse.asked, asked)
            && !is_same_group(&pulse.asked, asked)
            && pulse.definition.questions.iter().any(is_same)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RoleId;
    use crate::pulse::message::tests::sample;

    fn asked_on(day: &str, asked: Asked) -> Pulse {
        Pulse { opened_at: format!("{day}T14:00:00Z").parse().unwrap(), asked, ..sample() }
    }

    fn role(id: u64) -> Asked {
        Asked::Role { role: RoleId(id) }
    }

    fn division(name: &str) -> Asked {
        Asked::Division { name: name.into() }
    }

    #[test]
    fn the_same_people_are_left_alone_for_two_weeks_by_the_calendar() {
        let zone = chrono_tz::America::New_York;
        let from = |earlier: &[Pulse], asked: &Asked, now: &str| {
            let until = wait_until(earlier, asked, now.parse().unwrap(), zone);
            until.map(|(until, _)| until.with_timezone(&zone).naive_local().to_string())
        };
        let everybody = [asked_on("2026-10-20", Asked::Everybody)];
        for asked in [Asked::Everybody, role(1), division("Claims")] {
            let found = from(&everybody, &asked, "2026-11-02T14:00:00Z");
            assert_eq!(found.as_deref(), Some("2026-11-03 00:00:00"), "{asked:?}");
            // Clocks went back in between: the same hour two weeks on is a whole day, not 14 times 24 hours.
            assert_eq!(from(&everybody, &asked, "2026-11-03T13:00:00Z"), None, "{asked:?}");
        }
        let claims = [asked_on("2026-10-20", division("Claims"))];
        assert_eq!(from(&claims, &division("Appeals"), "2026-10-21T14:00:00Z"), None);
        assert!(from(&claims, &division("claims"), "2026-10-21T14:00:00Z").is_some());
        assert!(from(&claims, &Asked::Everybody, "2026-10-21T14:00:00Z").is_some());
        assert_eq!(from(&[asked_on("2026-10-20", role(1))], &role(2), "2026-10-21T14:00:00Z"), None);
    }

    #[test]
    fn four_in_four_weeks_are_enough_also_when_an_administrator_let_them_through() {
        let days = ["2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23"];
        let earlier: Vec<Pulse> = days.iter().map(|day| asked_on(day, Asked::Everybody)).collect();
        let wait = |now: &str| wait_until(&earlier, &Asked::Everybody, now.parse().unwrap(), Tz::UTC);
        assert_eq!(wait("2026-11-16T10:00:00Z").unwrap().0.to_string(), "2026-11-17 00:00:00 UTC");
        assert!(wait("2026-11-17T10:00:00Z").is_none());
        let mut sessions = earlier.clone();
        for pulse in &mut sessions {
            pulse.definition.part_of_session = true;
        }
        assert!(wait_until(&sessions, &Asked::Everybody, "2026-10-24T10:00:00Z".parse().unwrap(), Tz::UTC).is_none());
    }

    #[test]
    fn one_question_is_not_put_to_a_group_and_to_a_part_of_it() {
        let questions = sample().definition.questions;
        let earlier = [asked_on("2026-10-20", Asked::Everybody)];
        assert!(asked_in_part(&earlier, &division("Claims"), &questions, false).is_some());
        assert!(asked_in_part(&earlier, &Asked::Everybody, &questions, false).is_none());
        assert!(asked_in_part(&earlier, &division("Claims"), &questions, true).is_none());
        let other = Question { ask: "Something else?".into(), ..questions[0].clone() };
        assert!(asked_in_part(&earlier, &division("Claims"), &[other], false).is_none());
    }
}
