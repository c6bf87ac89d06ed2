use chrono::{DateTime, Utc};

use super::*;
use crate::recognition::message::tests::sample;
use crate::recognition::nomination::State;
use crate::recognition::review::Verdict;

fn case() -> Case {
    let seat = Seat {
        reviewer: UserId(33),
        scores: [Some(2), Some(1), None, None],
        verdict: None,
        reason: None,
        revision: None,
    };
    Case {
        nomination: sample(State::Waiting),
        seat,
        seconds: vec!["I saw *it* too, at the counter.".into()],
        questions: vec![
            Question { id: 1, question: "When was this?".into(), answer: Some("On the third.".into()) },
            Question { id: 2, question: "How many called?".into(), answer: None },
        ],
        is_mutual: true,
        rests: true,
        program: Some("Benefits hotline".into()),
    }
}

fn place() -> Place {
    Place { at: 2, of: 3, next: Some(NominationId(9)) }
}

#[test]
fn what_reviewers_read() {
    let at: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
    let plain = Case { seconds: vec![], questions: vec![], is_mutual: false, rests: false, program: None, ..case() };
    let entries = [
        Entry {
            nomination: Some(NominationId(7)),
            actor: Some(UserId(33)),
            what: format!("verdict {}", Verdict::Accept.word()),
            at,
        },
        Entry { nomination: None, actor: None, what: "closed the round FY2027Q1".into(), at },
    ];
    let fair = Fairness {
        nominees: 7,
        divisions: vec![("Intake".into(), 5), ("division not noted".into(), 2)],
        first_time: 4,
        nominators: 6,
        mutual_pairs: 1,
        most_by_one: 3,
    };
    let screens = [
        ("review", review(&case(), place(), Some("Your verdict is recorded.")).as_text()),
        ("review, plain", review(&plain, Place { at: 1, of: 1, next: None }, None).text),
        ("review, none", nothing_to_review(None).as_text()),
        ("reminder", reminder(&sample(State::Waiting), 7).as_text()),
        ("last reminder", reminder(&sample(State::Waiting), 0).as_text()),
        ("reviewers", reviewers(&[UserId(33), UserId(34)]).as_text()),
        ("no reviewers", reviewers(&[]).as_text()),
        ("audit", audit(&entries, chrono_tz::America::New_York).as_text()),
        ("fairness", fairness("Q1", Some(&fair)).as_text()),
        ("fairness, too few", fairness("Q1", None).as_text()),
    ];
    let all = screens.map(|(name, words)| format!("── {name}\n{words}")).join("\n\n");
    insta::assert_snapshot!(all);
}

#[test]
fn the_reviewer_never_sees_the_author() {
    let everything = serde_json::to_string(&review(&case(), place(), None)).unwrap();
    assert!(everything.contains("<@22>") && !everything.contains("11"), "{everything}");
}

#[test]
fn the_longest_case_fits_discord() {
    let mut case = case();
    let stars = "*".repeat(2000);
    case.nomination.words = crate::recognition::nomination::Words::new(&stars, &stars, &stars, &stars);
    case.nomination.link = Some(format!("https://discord.com/channels/{0}/{0}/{0}", u64::MAX));
    case.seconds = vec!["_".repeat(400); 9];
    case.questions = vec![Question { id: 1, question: "_".repeat(300), answer: Some("_".repeat(600)) }; 4];
    let card = review(&case, place(), None).card.unwrap();
    let count = |text: &str| text.chars().count();
    assert!(count(&card.text) <= 4096 && card.fields.iter().all(|field| count(&field.value) <= 1024));
    let all = count(&card.title)
        + count(&card.text)
        + card.fields.iter().map(|it| count(&it.name) + count(&it.value)).sum::<usize>();
    assert!(all <= 6000, "{all}");
}
