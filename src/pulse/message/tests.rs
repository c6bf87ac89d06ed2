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
    let counts = Counts { options: options.to_vec(), does_not_apply: 2, skipped: 0 };
    let closed = ClosedCounts {
        source: Source { guild: pulse.guild, name: "pulse".into(), key: "7".into() },
        program: None,
        audience: "inside".into(),
        quarter: "FY2027Q1".into(),
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
    for foreign in ["v1:lesson:answer:7:3", "v1:pulse:answer:7", "v1:pulse:answer:x:3", "v1:pulse:vote:7", "v0:pulse:promise:7"] {
        assert_eq!(Action::parse(foreign), None, "{foreign}");
    }
}

#[test]
fn a_posted_pulse_reads_well() {
    let pulse = open_pulse();
    assert_snapshot!(opened(&pulse, &pulse.definition.questions[0]).as_text(), @"");
}

#[test]
fn eleven_numbers_stand_in_even_rows() {
    let text = EASE.replace("type = \"ease\"", "type = \"zero_to_ten\"\nlow = \"not at all likely\"\nhigh = \"extremely likely\"");
    let pulse = pulse(&text, None, State::Open);
    let post = opened(&pulse, &pulse.definition.questions[0]).as_text();
    let rows: Vec<&str> = post.lines().filter(|line| line.starts_with("[ ")).collect();
    assert_snapshot!(rows.join("\n"), @"");
}

#[test]
fn the_promise_reads_well_and_states_what_is_in_force() {
    assert_snapshot!(promise(&open_pulse()).as_text(), @"");
    let closes_at = open_pulse().closes_at;
    let strict = Thresholds { score: 6, spread: 12, ..Thresholds::default() };
    let words = compile_promise(closes_at, &strict, " ");
    assert!(words.contains("at least 6 people") && words.contains("12 answers") && words.contains("installation: not stated."));
}

#[test]
fn replies_to_presses_read_well() {
    let pulse = open_pulse();
    assert_snapshot!(sealed(pulse.id, pulse.closes_at, false).as_text(), @"");
    assert_snapshot!(sealed(pulse.id, pulse.closes_at, true).as_text(), @"");
    assert_snapshot!(withdrawn(pulse.closes_at).as_text(), @"");
    assert_snapshot!(nothing_to_withdraw(pulse.closes_at).as_text(), @"");
    assert_snapshot!(too_late(&pulse).as_text(), @"");
    assert_snapshot!(too_late(&self::pulse(EASE, None, State::Closed)).as_text(), @"");
}

#[test]
fn leads_are_told_what_happens_next() {
    let pulse = open_pulse();
    assert_snapshot!(opened_for_lead(&pulse).as_text(), @"");
    assert_snapshot!(opened_for_lead(&self::pulse(EASE, None, State::Open)).as_text(), @"");
    assert_snapshot!(closed_for_lead(&pulse).as_text(), @"");
    assert_snapshot!(result_waits(&pulse).as_text(), @"");
}

#[test]
fn a_pulse_that_is_over_says_so() {
    for (state, name) in [(State::Closing, "closing"), (State::Closed, "closed"), (State::Stopped, "stopped")] {
        let pulse = pulse(EASE, None, state);
        assert_snapshot!(name, over(&pulse, &pulse.definition.questions[0], state).as_text());
    }
}

#[test]
fn results_show_no_more_than_their_number_allows() {
    assert_snapshot!(result_of(EASE, Some(12), &[0, 1, 1, 1, 1]), @"");
    assert_snapshot!(result_of(EASE, Some(12), &[0, 1, 2, 3, 1]), @"");
    assert_snapshot!(result_of(EASE, Some(12), &[0, 1, 2, 4, 3]), @"");
    assert_snapshot!(result_of(EASE, None, &[0, 0, 0, 0, 11]), @"");
}

#[test]
fn results_are_told_in_the_words_of_the_question() {
    let with = |kind: &str| EASE.replace("type = \"ease\"", kind);
    assert_snapshot!(result_of(&with("type = \"thumbs\""), None, &[3, 9]), @"");
    assert_snapshot!(result_of(&with("type = \"choice\"\noptions = [\"Web\", \"Phone\", \"Counter\"]"), None, &[3, 9, 1]), @"");
    assert_snapshot!(result_of(&with("type = \"agree\"\nreversed = true"), None, &[8, 1, 0, 1, 0]), @"");
}

#[test]
fn the_list_reads_well() {
    assert_snapshot!(list(&[]).as_text(), @"");
    let states = [State::Open, State::Closing, State::Closed, State::Stopped];
    assert_snapshot!(list(&states.map(|state| pulse(EASE, None, state))).as_text(), @"");
}
