use insta::assert_snapshot;

use super::*;
use crate::config::ContentFile;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::pulse::definition::parse;
use crate::sealed::BoxId;
use crate::survey::{ClosedCounts, Source};

const EASE: &str = "title = \"Service ease\"\npurpose = \"To see where our services cost you effort.\"\naudience = \"inside\"\n
[[questions]]\nkey = \"ease\"\nask = \"How easy was it to get what you needed?\"\ntype = \"ease\"\ndoes_not_apply = \"Does not apply to me\"\n";

fn pulse(text: &str, eligible: Option<u32>, state: State) -> Pulse {
    let definition = parse(&ContentFile { path: "pulses/service-ease.toml".into(), text: text.into() }).unwrap();
    let closes_at = "2026-11-30T14:00:00Z".parse().unwrap();
    let thresholds = Thresholds::default();
    Pulse {
        id: PulseId(7),
        guild: GuildId(1),
        definition,
        thresholds,
        promise: compile_promise(closes_at, &thresholds, "Nightly, kept 30 days, keys left out."),
        box_id: BoxId::parse("box").unwrap(),
        channel: ChannelId(5),
        eligible,
        opened_by: UserId(9),
        opened_at: "2026-11-25T14:00:00Z".parse().unwrap(),
        closes_at,
        state,
        closed_at: (state != State::Open).then_some(closes_at),
    }
}

fn open_pulse() -> Pulse {
    pulse(EASE, Some(12), State::Open)
}

fn result_of(text: &str, eligible: Option<u32>, options: &[u32]) -> String {
    let pulse = pulse(text, eligible, State::Closed);
    let question = pulse.definition.questions[0].clone();
    let counts = Counts { options: options.to_vec(), does_not_apply: 2, ..Counts::default() };
    let closed = ClosedCounts {
        source: Source { guild: pulse.guild, name: "pulse".into(), key: "7".into() },
        program: None,
        audience: "inside".into(),
        quarter: "FY2027Q1".parse().unwrap(),
        closed_on: "2026-11-30".parse().unwrap(),
        question,
        counts,
        eligible,
    };
    let closed = if options.iter().sum::<u32>() < 5 { vec![] } else { vec![closed] };
    result(&pulse, &closed).as_text()
}

#[test]
fn every_control_means_what_it_says_both_ways() {
    for action in [
        Action::Answer { pulse: PulseId(7), token: "3" },
        Action::Answer { pulse: PulseId(7), token: "na" },
        Action::Withdraw { pulse: PulseId(i64::MAX) },
        Action::Promise { pulse: PulseId(7) },
    ] {
        let id = action.to_id();
        assert_eq!(Action::parse(&id), Some(action));
        assert!(id.len() <= ControlId::MOST_CHARS);
    }
    for foreign in
        ["v1:lesson:answer:7:3", "v1:pulse:answer:7", "v1:pulse:answer:x:3", "v1:pulse:vote:7", "v0:pulse:promise:7"]
    {
        assert_eq!(Action::parse(foreign), None, "{foreign}");
    }
}

/// Several posts in one snapshot, each under what led to it.
fn pages<const N: usize>(pages: [(&str, String); N]) -> String {
    pages.map(|(what, text)| format!("=== {what}\n{text}")).join("\n\n")
}

#[test]
fn a_posted_pulse_reads_well() {
    let numbers = "type = \"zero_to_ten\"\nlow = \"not at all likely\"\nhigh = \"extremely likely\"";
    let numbers = pulse(&EASE.replace("type = \"ease\"", numbers), None, State::Open);
    let ease = open_pulse();
    assert_snapshot!(pages([
        ("ease", opened(&ease, &ease.definition.questions[0]).as_text()),
        ("eleven numbers stand in even rows", opened(&numbers, &numbers.definition.questions[0]).as_text()),
    ]));
}

#[test]
fn the_promise_reads_well_and_states_what_is_in_force() {
    assert_snapshot!(promise(&open_pulse()).as_text());
    let closes_at = open_pulse().closes_at;
    let strict = Thresholds { score: 6, spread: 12, ..Thresholds::default() };
    let words = compile_promise(closes_at, &strict, " ");
    assert!(
        words.contains("at least 6 people")
            && words.contains("12 answers")
            && words.contains("installation: not stated.")
    );
}

#[test]
fn replies_to_presses_read_well() {
    let open = open_pulse();
    assert_snapshot!(pages([
        ("first press", sealed(open.id, open.closes_at, false).as_text()),
        ("second press", sealed(open.id, open.closes_at, true).as_text()),
        ("withdrawn", withdrawn(open.closes_at).as_text()),
        ("withdrawn twice", nothing_to_withdraw(open.closes_at).as_text()),
        ("after the closing time, before it is counted", too_late(&open).as_text()),
        ("after the close", too_late(&pulse(EASE, None, State::Closed)).as_text()),
        ("after it was stopped", too_late(&pulse(EASE, None, State::Stopped)).as_text()),
    ]));
}

#[test]
fn leads_are_told_what_happens_next() {
    let open = open_pulse();
    assert_snapshot!(pages([
        ("opened, twelve people", opened_for_lead(&open).as_text()),
        ("opened, roster unknown", opened_for_lead(&pulse(EASE, None, State::Open)).as_text()),
        ("closed", closed_for_lead(&open).as_text()),
        ("result waits", result_waits(&open).as_text()),
    ]));
}

#[test]
fn a_pulse_that_is_over_says_so() {
    assert_snapshot!(pages([State::Closing, State::Closed, State::Stopped].map(|state| {
        let pulse = pulse(EASE, None, state);
        let name = match state {
            State::Open | State::Closing => "closing",
            State::Closed => "closed",
            State::Stopped => "stopped",
        };
        (name, over(&pulse, &pulse.definition.questions[0], state).as_text())
    })));
}

#[test]
fn results_show_no_more_than_their_number_allows() {
    assert_snapshot!(pages([
        ("four", result_of(EASE, Some(12), &[0, 1, 1, 1, 1])),
        ("seven", result_of(EASE, Some(12), &[0, 1, 2, 3, 1])),
        ("ten", result_of(EASE, Some(12), &[0, 1, 2, 4, 3])),
        ("eleven alike, roster unknown", result_of(EASE, None, &[0, 0, 0, 0, 11])),
    ]));
}

#[test]
fn results_are_told_in_the_words_of_the_question() {
    let with = |kind: &str| EASE.replace("type = \"ease\"", kind);
    assert_snapshot!(pages([
        ("thumbs", result_of(&with("type = \"thumbs\""), None, &[3, 9])),
        ("names", result_of(&with("type = \"choice\"\noptions = [\"Web\", \"Phone\", \"Counter\"]"), None, &[3, 9, 1])),
        ("reversed agreement", result_of(&with("type = \"agree\"\nreversed = true"), None, &[8, 1, 0, 1, 0])),
    ]));
}

#[test]
fn the_list_reads_well() {
    let states = [State::Open, State::Closing, State::Closed, State::Stopped];
    assert_snapshot!(pages([
        ("nothing", list(&[]).as_text()),
        ("one of each", list(&states.map(|state| pulse(EASE, None, state))).as_text()),
    ]));
}
