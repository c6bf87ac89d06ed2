//! How often people may be asked. No I/O; `now` is an argument.
//!
//! Pulses rest for [`DAYS_BETWEEN`] days among themselves; together with what other features asked of everybody ([`Request`]: a call for
//! nominations, a vote) people are asked [`MOST_IN_WINDOW`] times in [`WINDOW_DAYS`] days before a pulse is refused. A round or a vote
//! follows the fiscal quarter and never is. A quiz under a lesson is an offer and does not count.
//!
//! Nobody is watched for it: what is counted is which groups were asked, and when, never who answered. Two groups count as the same
//! people when one is part of the other for certain (everybody and anybody); whether two roles share people is not known to cxbot.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::model::{Asked, Pulse};
use crate::calendar::instant;
use crate::requests::Request;
use crate::survey::Question;

/// Days from one pulse to the next for the same people.
pub(super) const DAYS_BETWEEN: u64 = 14;
/// Requests of any kind in [`WINDOW_DAYS`] days to the same people.
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

/// Why a pulse has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// From when these people may be asked again: a midnight in the server's zone.
    pub(super) until: DateTime<Utc>,
    /// What they were asked, newest first: `“Service ease”, the vote for FY2027Q1`.
    pub(super) because: String,
}

/// How long a pulse to these people has to wait, if it has to. `earlier` are the server's pulses of the last [`WINDOW_DAYS`] days,
/// `others` what everybody was asked otherwise in these days.
pub(super) fn wait(earlier: &[Pulse], others: &[Request], asked: &Asked, now: DateTime<Utc>, zone: Tz) -> Option<Wait> {
    let from = |at: DateTime<Utc>, days| at.with_timezone(&zone).date_naive() + Days::new(days);
    let pulses = earlier.iter().filter(|pulse| !pulse.definition.part_of_session && overlap(&pulse.asked, asked));
    let pulses: Vec<_> = pulses.map(|pulse| (pulse.opened_at, format!("“{}”", pulse.definition.title))).collect();
    let rest = pulses.iter().max_by_key(|(at, _)| *at);
    let rest = rest.map(|(at, title)| (from(*at, DAYS_BETWEEN), title.clone()));
    let mut all: Vec<_> = others.iter().map(|other| (other.asked_at, other.words())).chain(pulses).collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let crowd = all.get(MOST_IN_WINDOW - 1).map(|(fourth, _)| {
        let words: Vec<_> = all[..MOST_IN_WINDOW].iter().map(|(_, words)| words.as_str()).collect();
        (from(*fourth, WINDOW_DAYS), words.join(", "))
    });
    let (day, because): (NaiveDate, String) = rest.into_iter().chain(crowd).max_by_key(|(day, _)| *day)?;
    (day > now.with_timezone(&zone).date_naive())
        .then(|| Wait { until: instant(day.and_time(NaiveTime::MIN), zone), because })
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
            let found = wait(earlier, &[], asked, now.parse().unwrap(), zone);
            found.map(|found| found.until.with_timezone(&zone).naive_local().to_string())
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
        let found = |now: &str| wait(&earlier, &[], &Asked::Everybody, now.parse().unwrap(), Tz::UTC);
        assert_eq!(found("2026-11-16T10:00:00Z").unwrap().until.to_string(), "2026-11-17 00:00:00 UTC");
        assert!(found("2026-11-17T10:00:00Z").is_none());
        let mut sessions = earlier.clone();
        for pulse in &mut sessions {
            pulse.definition.part_of_session = true;
        }
        let now = "2026-10-24T10:00:00Z".parse().unwrap();
        assert_eq!(wait(&sessions, &[], &Asked::Everybody, now, Tz::UTC), None);
    }

    #[test]
    fn nominations_and_votes_count_and_what_was_asked_is_named() {
        use crate::requests::Kind;
        let other = |kind, day: &str| Request {
            kind,
            title: "FY2027Q1".into(),
            asked_at: format!("{day}T15:00:00Z").parse().unwrap(),
        };
        let others = [other(Kind::Vote, "2026-10-06"), other(Kind::Nominations, "2026-10-02")];
        let pulses = [asked_on("2026-10-05", division("Claims")), asked_on("2026-10-07", division("Appeals"))];
        let found = |asked: &Asked, now: &str| wait(&pulses, &others, asked, now.parse().unwrap(), Tz::UTC);

        // Alone, neither a round nor a vote keeps a pulse waiting.
        assert_eq!(wait(&[], &others, &Asked::Everybody, "2026-10-07T10:00:00Z".parse().unwrap(), Tz::UTC), None);
        // Claims were asked three times, so only the rest between two pulses holds.
        let claims = found(&division("Claims"), "2026-10-08T10:00:00Z").unwrap();
        assert_eq!(
            (claims.until.to_string().as_str(), claims.because.as_str()),
            ("2026-10-19 00:00:00 UTC", "“Service ease”")
        );
        // Everybody: four, so until the oldest of them is four weeks old.
        let all = found(&Asked::Everybody, "2026-10-08T10:00:00Z").unwrap();
        assert_eq!(all.until.to_string(), "2026-10-30 00:00:00 UTC");
        assert_eq!(all.because, "“Service ease”, the vote for FY2027Q1, “Service ease”, the nominations for FY2027Q1");
        assert!(found(&Asked::Everybody, "2026-10-29T23:59:59Z").is_some());
        assert_eq!(found(&Asked::Everybody, "2026-10-30T00:00:00Z"), None);
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
