use insta::assert_snapshot;

use super::*;
use crate::config::ContentFile;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::pulse::definition::parse;
use crate::sealed::BoxId;
use crate::survey::{ClosedCounts, Counts, Given, GroupScore, Paper, Responses, Source};

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
        promise: compile_promise(closes_at, &thresholds, "Nightly, kept 30 days, keys left out.", false, &[]),
        box_id: BoxId::parse("box").unwrap(),
        channel: ChannelId(5),
        asked: Asked::Everybody,
        eligible,
        counted: None,
        divisions: Vec::new(),
        named: false,
        answered: None,
        opened_by: UserId(9),
        opened_at: "2026-11-25T14:00:00Z".parse().unwrap(),
        closes_at,
        state,
        closed_at: (state != State::Open).then_some(closes_at),
    }
}

/// A pulse as it could be, for tests of the rules.
pub(in crate::pulse) fn sample() -> Pulse {
    open_pulse()
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
    result(&pulse, &closed, None, &[]).as_text()
}

#[test]
fn every_control_means_what_it_says_both_ways() {
    for action in [
        Action::Answer { pulse: PulseId(7), token: "3" },
        Action::Answer { pulse: PulseId(7), token: "na" },
        Action::Withdraw { pulse: PulseId(i64::MAX) },
        Action::Promise { pulse: PulseId(7) },
        Action::Start { pulse: PulseId(7) },
        Action::Show { pulse: PulseId(7), index: 3 },
        Action::Give { pulse: PulseId(i64::MAX), index: 23, token: "skip" },
        Action::Pick { pulse: PulseId(7), index: 3 },
        Action::Write { pulse: PulseId(7), index: 3 },
        Action::Wrote { pulse: PulseId(7), index: 3 },
        Action::Change { pulse: PulseId(7) },
        Action::Review { pulse: PulseId(7) },
        Action::Send { pulse: PulseId(7) },
        Action::Discard { pulse: PulseId(7) },
        Action::Acted { pulse: PulseId(7) },
        Action::NoReminders,
        Action::Publish { comment: "0123456789abcdef0123456789abcdef" },
        Action::Shorten { comment: "0123456789abcdef0123456789abcdef" },
        Action::Shortened { comment: "0123456789abcdef0123456789abcdef" },
        Action::LeaveOut { comment: "0123456789abcdef0123456789abcdef" },
        Action::Agree { comment: "0123456789abcdef0123456789abcdef" },
        Action::Build { step: "12:asked:new:agree" },
    ] {
        let id = action.to_id();
        let name = ControlId::parse(&id).unwrap().action.to_owned();
        let places = Action::OF_MEMBERS.iter().chain(&Action::OF_LEADS).filter(|known| **known == name).count();
        assert_eq!(places, 1, "{name} is for members or for leads");
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
        ("ease", opened(&ease, None).as_text()),
        ("eleven numbers stand in even rows", opened(&numbers, None).as_text()),
    ]));
}

#[test]
fn the_promise_reads_well_and_states_what_is_in_force() {
    assert_snapshot!(promise(&open_pulse()).as_text());
    let closes_at = open_pulse().closes_at;
    let strict = Thresholds { score: 6, spread: 12, ..Thresholds::default() };
    let words = compile_promise(closes_at, &strict, " ", false, &[]);
    assert!(
        words.contains("at least 6 people")
            && words.contains("12 answers")
            && words.contains("installation: not stated.")
    );
}

/// Every sentence that people are promised something with, and the tests that hold it; none where it is about what people do.
const PROMISES: [(&str, &[&str]); 20] = [
    (
        "shown only as part of totals, and only if",
        &["fewer_than_five_answers_leave_nothing_behind", "fewer_than_five_show_nothing_however_many_did_not_apply"],
    ),
    (
        "How the answers spread is shown only from",
        &["five_show_a_score_and_ten_the_spread", "a_range_is_shown_only_where_the_spread_is"],
    ),
    ("Nothing is shown before the pulse closes", &["nobody_is_told_anything_while_a_pulse_is_open"]),
    ("also has a score for each division", &["divisions_are_told_apart_as_far_as_nobody_can_be"]),
    (
        "A division is shown only if",
        &["the_vectors_of_the_suppression_rule", "whatever_is_told_by_group_leaves_more_than_one_possibility"],
    ),
    (
        "is sealed with your answer",
        &["divisions_are_frozen_when_a_pulse_opens", "a_backup_of_an_open_pulse_tells_no_answer_without_its_key"],
    ),
    (
        "you can change or withdraw your answer",
        &["answers_can_be_looked_at_changed_and_withdrawn_until_the_close", "a_pulse_runs_from_opening_to_result"],
    ),
    (
        "could in principle open it",
        &[
            "with_the_key_of_an_open_pulse_answers_can_be_linked_as_we_say",
            "a_backup_of_an_open_pulse_tells_no_answer_without_its_key",
        ],
    ),
    ("They commit not to", &[]),
    (
        "then destroys the key and the single answers",
        &[
            "after_the_close_no_file_holds_a_respondent_a_tag_or_a_sealed_answer",
            "a_result_waits_until_the_key_is_destroyed",
            "a_closing_interrupted_after_any_step_posts_one_result",
            "a_kill_after_any_step_of_closing_loses_and_repeats_nothing",
        ],
    ),
    (
        "can tell who answered what, or who answered at all",
        &[
            "after_the_close_nothing_left_finds_anybody",
            "the_log_of_a_whole_run_names_no_respondent_and_no_answer",
            "after_a_week_of_answers_no_file_holds_a_ballot_or_a_word_of_one_person_beside_their_id",
        ],
    ),
    ("Discord carries your button presses", &[]),
    ("In a small group people may guess", &[]),
    ("Backups of this installation", &["the_promise_reads_well_and_states_what_is_in_force"]),
    ("This pulse is not anonymous", &["a_small_group_is_asked_with_names_or_not_at_all"]),
    ("leads see who answered what", &["a_small_group_is_asked_with_names_or_not_at_all"]),
    ("Everybody else sees totals, and only if", &["a_small_group_is_asked_with_names_or_not_at_all"]),
    ("nobody is asked why", &[]),
    ("are taken out", &["several_questions_are_answered_one_by_one_and_survive_a_restart"]),
    ("Two leads read comments after the close", &["two_leads_read_comments_before_any_is_published"]),
];

#[test]
fn every_promise_is_held_by_a_test_that_exists() {
    fn sources(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&root.join("src"), &mut code);
    sources(&root.join("tests"), &mut code);
    for name in PROMISES.iter().flat_map(|(_, tests)| tests.iter()) {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    let closes_at = open_pulse().closes_at;
    let of =
        |named, divisions: &[String]| compile_promise(closes_at, &Thresholds::default(), "Nightly", named, divisions);
    let divisions = ["Appeals".to_owned(), "Claims".to_owned()];
    // The two other sentences before a comment ask something of the writer.
    let writing = super::answering::BEFORE_WRITING;
    let (_, writing) = writing.split_once("Mentions, ").unwrap();
    let (writing, _) = writing.split_once(" Nobody can follow up").unwrap();
    let mut held = std::collections::BTreeSet::new();
    for text in [of(false, &[]), of(false, &divisions), of(true, &[]), writing.to_owned()] {
        let text = text.replace("**", "").replace("\n\n", " ").replace('\n', " ");
        for sentence in text.split(". ") {
            let by: Vec<usize> = (0..PROMISES.len()).filter(|place| sentence.contains(PROMISES[*place].0)).collect();
            assert!(!by.is_empty(), "no test holds “{sentence}”");
            held.extend(by);
        }
    }
    assert_eq!(held.len(), PROMISES.len(), "a promise is listed that nobody is given");
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
        (name, over(&pulse, state).as_text())
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

const HEALTH: &str = "title = \"Group health\"\npurpose = \"Monthly, to see whether this group works.\"\naudience = \"inside\"\n
[[questions]]\nkey = \"time\"\nask = \"My time was well spent.\"\ntype = \"agree\"\n
[[questions]]\nkey = \"loop\"\nask = \"Something useful came out of the last pulse.\"\ntype = \"agree\"\ndoes_not_apply = \"I saw no earlier pulse\"\n
[[questions]]\nkey = \"help\"\nask = \"What helped?\"\ntype = \"several\"\noptions = [\"Meetings\", \"Lessons\", \"Colleagues\"]\n
[[questions]]\nkey = \"change\"\nask = \"What one thing should we change?\"\ntype = \"comment\"\n";

#[test]
fn the_screens_of_answering_read_well() {
    let health = pulse(HEALTH, Some(12), State::Open);
    let questions = &health.definition.questions;
    let view = PulseView { pulse: &health };
    let mut mine = Responses::blank(questions);
    let first = view.question(&mine, 0).as_text();
    assert!(mine.fill_in(questions, 0, Given::Option(3)) && mine.fill_in(questions, 1, Given::DoesNotApply));
    let again = view.question(&mine, 1).as_text();
    assert!(mine.fill_in(questions, 2, Given::Several(vec![0, 2])));
    let several = view.question(&mine, 2).as_text();
    let comment = view.question(&mine, 3).as_text();
    assert!(mine.fill_in(questions, 3, Given::Words("Shorter *meetings*, please.".into())));
    let sent = Paper { sent: Some(mine.clone()), ..Paper::default() };
    assert_snapshot!(pages([
        ("the post", opened(&health, None).as_text()),
        ("start", view.start(&Paper::default()).as_text()),
        ("begun", view.start(&Paper { draft: Some(mine.clone()), ..Paper::default() }).as_text()),
        ("sent before", view.start(&sent).as_text()),
        ("first question", first),
        ("a question that was answered", again),
        ("several", several),
        ("comment", comment),
        ("comment form", view.comment_form(&mine, 3).as_text()),
        ("review", view.review(&mine, false).as_text()),
        ("sent", view.sent().as_text()),
        ("thrown away", view.discarded(false).as_text()),
    ]));
}

fn counts_of(pulse: &Pulse, key: &str, options: &[u32], ticked_by: Option<u32>) -> ClosedCounts {
    ClosedCounts {
        source: Source { guild: pulse.guild, name: "pulse".into(), key: pulse.id.to_string() },
        program: None,
        audience: "inside".into(),
        quarter: "FY2027Q1".parse().unwrap(),
        closed_on: "2026-11-30".parse().unwrap(),
        question: pulse.definition.questions.iter().find(|question| question.key == key).unwrap().clone(),
        counts: Counts { options: options.to_vec(), ticked_by, ..Counts::default() },
        eligible: pulse.eligible,
    }
}

#[test]
fn results_of_several_questions_with_their_change_read_well() {
    let now = Pulse {
        answered: Some(30),
        counted: Some(crate::pulse::Counted::ByDiscord),
        ..pulse(HEALTH, Some(60), State::Closed)
    };
    let before = Pulse { id: PulseId(3), answered: Some(30), ..pulse(HEALTH, Some(60), State::Closed) };
    let earlier =
        vec![counts_of(&before, "time", &[6, 10, 8, 4, 2], None), counts_of(&before, "loop", &[2, 4, 6, 9, 4], None)];
    let closed = vec![
        counts_of(&now, "time", &[0, 1, 4, 13, 12], None),
        counts_of(&now, "loop", &[2, 4, 5, 9, 5], None),
        counts_of(&now, "help", &[21, 4, 15], Some(28)),
    ];
    let post = result(&now, &closed, Some(&Before { pulse: before, closed: earlier }), &[]);
    assert_snapshot!(with_chart(post, &now, &closed, vec![1]).as_text());
    let svg = chart_svg(&now, &closed).unwrap();
    assert!(crate::chart::png(&svg).unwrap().len() > 1_000);
}

#[test]
fn a_pulse_with_names_says_so_wherever_one_could_answer() {
    let closes_at = open_pulse().closes_at;
    let named = Pulse {
        named: true,
        promise: compile_promise(closes_at, &Thresholds::default(), "", true, &[]),
        ..pulse(HEALTH, Some(4), State::Open)
    };
    let view = PulseView { pulse: &named };
    assert_snapshot!(pages([
        ("the post", opened(&named, None).as_text()),
        ("start", view.start(&Paper::default()).as_text()),
    ]));
}

#[test]
fn a_result_by_division_reads_well() {
    let divisions = vec!["Appeals".to_owned(), "Claims".to_owned(), "Front desk".to_owned()];
    let closes_at = open_pulse().closes_at;
    let open = Pulse {
        promise: compile_promise(closes_at, &Thresholds::default(), "", false, &divisions),
        divisions: divisions.clone(),
        ..pulse(HEALTH, Some(40), State::Open)
    };
    let closed = Pulse { answered: Some(27), divisions, ..pulse(HEALTH, Some(40), State::Closed) };
    let counts = [
        counts_of(&closed, "time", &[2, 4, 6, 9, 6], None),
        counts_of(&closed, "loop", &[2, 4, 6, 9, 4], None),
        counts_of(&closed, "help", &[21, 4, 15], Some(25)),
    ];
    let score = |place, answered, points| ("time".to_owned(), GroupScore { place, answered, points });
    let some = [score(0, 9, 61), score(3, 8, 70)];
    let all = [score(0, 9, 61), score(1, 5, 50), score(2, 5, 65), score(3, 8, 70)];
    assert_snapshot!(pages([
        ("the post", opened(&open, None).as_text()),
        ("the promise", promise(&open).as_text()),
        ("some are shown", result(&closed, &counts, None, &some).as_text()),
        ("all are shown", result(&closed, &counts[..1], None, &all).as_text()),
    ]));
}

#[test]
fn the_longest_outcome_fits_discord_even_when_every_character_is_escaped() {
    let stars = |count| "*".repeat(count);
    let told = Outcome {
        you_said: stars(600),
        we_will: stars(600),
        owner: stars(100),
        due_on: "2026-12-18".parse().unwrap(),
        we_will_not: stars(400),
        told_by: UserId(9),
    };
    for post in [outcome(&pulse(HEALTH, Some(12), State::Closed), &told), outcome_without_day(&told, &stars(10))] {
        assert!(post.text.chars().count() <= 2_000);
        for field in post.card.unwrap().fields {
            assert!(field.value.chars().count() <= 1_024, "{}: {}", field.name, field.value.chars().count());
        }
    }
}

#[test]
fn what_came_of_it_reads_well() {
    let health = pulse(HEALTH, Some(12), State::Closed);
    let told = Outcome {
        you_said: "Meetings run over (41 of 100).".into(),
        we_will: "End every meeting after 45 minutes.".into(),
        owner: "Lea".into(),
        due_on: "2026-12-18".parse().unwrap(),
        we_will_not: "Fewer meetings: the law wants one a month.".into(),
        told_by: UserId(9),
    };
    assert_snapshot!(pages([
        ("form", act_form(&health, None).as_text()),
        ("the channel", outcome(&health, &told).as_text()),
        ("on the day", outcome_due(&health, &told).as_text()),
        ("the next run", opened(&health, Some(&told)).as_text()),
        ("reminder", private_reminder(&health, "").as_text()),
    ]));
}
