//! The rules of [`super`], by example and by property.

use proptest::prelude::*;

use super::*;
use crate::ids::GuildId;
use crate::recognition::nomination::NominationId;

const AUTHOR: UserId = UserId(1);
const NOMINEE: UserId = UserId(2);
const LEAD: UserId = UserId(3);
const MATE: UserId = UserId(4);

fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn words() -> Words {
    Words::new(
        "On 3 November Ana called back every applicant.",
        "applicants",
        "they knew by noon",
        "two wrote to thank",
    )
}

fn draft() -> Nomination {
    Nomination {
        id: NominationId(7),
        guild: GuildId(1),
        round: None,
        nominator: AUTHOR,
        people: vec![Honoree::new(NOMINEE)],
        state: State::Draft,
        vote: Vote::Without,
        tag: Some("outside-in".into()),
        tag_title: Some("Principle: Design from the outside in".into()),
        relation: Some(Relation::SameTeam),
        program: None,
        link: Some("https://discord.com/channels/1/2/3".into()),
        words: words(),
        reason: None,
        revision: 3,
        stories: 0,
        drafted_at: now(),
        sent_at: None,
        decided_at: None,
        decided_by: None,
    }
}

/// Accepted, about two people.
fn asked_team() -> Nomination {
    after(
        &draft(),
        &[
            (Event::Team(vec![NOMINEE, MATE]), AUTHOR),
            (Event::Send(RoundId(1)), AUTHOR),
            (Event::Accept { revision: 4, vote: Vote::Without }, LEAD),
        ],
    )
}

fn after(start: &Nomination, steps: &[(Event, UserId)]) -> Nomination {
    let mut nomination = start.clone();
    for (event, by) in steps {
        nomination = nomination.apply(event.clone(), Actor::Person(*by), now()).unwrap().0;
    }
    nomination
}

fn waiting() -> Nomination {
    after(&draft(), &[(Event::Send(RoundId(1)), AUTHOR)])
}

fn asked() -> Nomination {
    after(&waiting(), &[(Event::Accept { revision: 3, vote: Vote::Without }, LEAD)])
}

#[test]
fn what_is_not_recognised_is_kept_ninety_days_after_its_quarter() {
    assert_eq!(draft().forget_at(chrono_tz::UTC).to_string(), "2027-04-01 00:00:00 UTC");
    assert_eq!(draft().forget_at(chrono_tz::America::New_York).to_string(), "2027-04-01 04:00:00 UTC");
}

#[test]
fn the_straight_way_ends_in_a_story_with_a_name() {
    let answer = Event::Answer(3, Consent::Named);
    let (published, effects) = asked().apply(answer, Actor::Person(NOMINEE), now()).unwrap();
    assert_eq!((published.state, published.named(), published.stories), (State::Published, vec![NOMINEE], 1));
    assert_eq!(effects, [Effect::Publish]);
}

#[test]
fn a_team_is_published_when_all_say_yes_and_names_those_who_want_it() {
    let one = after(&asked_team(), &[(Event::Answer(4, Consent::Unnamed), NOMINEE)]);
    assert_eq!((one.state, one.stories), (State::Asked, 0));
    let (both, effects) = one.apply(Event::Answer(4, Consent::Named), Actor::Person(MATE), now()).unwrap();
    assert_eq!((both.state, both.named(), effects), (State::Published, vec![MATE], vec![Effect::Publish]));
    let (none, effects) = both.apply(Event::Answer(4, Consent::Unnamed), Actor::Person(MATE), now()).unwrap();
    assert_eq!((none.named(), effects), (vec![], vec![Effect::EditStory]));
    let (private, effects) = none.apply(Event::Answer(4, Consent::Private), Actor::Person(NOMINEE), now()).unwrap();
    assert_eq!((private.state, effects), (State::Private, vec![Effect::RemoveStory]));
    let (gone, effects) = both.apply(Event::Withdraw, Actor::Person(NOMINEE), now()).unwrap();
    assert_eq!((gone.state, effects), (State::Withdrawn, vec![Effect::RemoveStory, Effect::RemoveQuestion]));
}

#[test]
fn a_team_is_one_to_five_others_each_once() {
    let pick = |users: Vec<u64>| {
        let team = Event::Team(users.into_iter().map(UserId).collect());
        draft().apply(team, Actor::Person(AUTHOR), now()).map(|(after, _)| after.people.len())
    };
    assert_eq!((pick(vec![2, 2, 4]), pick(vec![2, 3, 4, 5, 6])), (Ok(2), Ok(5)));
    for wrong in [vec![], vec![1], vec![2, 1], vec![2, 3, 4, 5, 6, 7]] {
        assert_eq!(pick(wrong), Err(NominationRefusal::TeamSize));
    }
}

#[test]
fn a_correction_is_published_and_undoes_what_others_said_to_the_old_text() {
    let mut better = words();
    better.happened = "On 4 November we called every applicant.".into();
    let correct = |revision| Event::Correct(revision, better.clone());
    // Alone: the story that stands is changed.
    let published = after(&asked(), &[(Event::Answer(3, Consent::Named), NOMINEE)]);
    let (corrected, effects) = published.apply(correct(3), Actor::Person(NOMINEE), now()).unwrap();
    assert_eq!((corrected.state, corrected.revision), (State::Published, 4));
    assert_eq!(effects, [Effect::EditStory, Effect::RenewQuestion]);
    // In a team: the story comes down until the others agree to the new text, which they must have seen.
    let yes = |revision| Event::Answer(revision, Consent::Named);
    let published = after(&asked_team(), &[(yes(4), NOMINEE), (yes(4), MATE)]);
    let (corrected, effects) = published.apply(correct(4), Actor::Person(MATE), now()).unwrap();
    assert_eq!((corrected.state, corrected.named()), (State::Asked, vec![MATE]));
    assert_eq!(effects, [Effect::RemoveStory, Effect::RenewQuestion]);
    assert_eq!(corrected.apply(yes(4), Actor::Person(NOMINEE), now()).unwrap_err(), NominationRefusal::Corrected);
    assert_eq!(after(&corrected, &[(yes(5), NOMINEE)]).state, State::Published);
    assert_eq!(corrected.apply(correct(4), Actor::Person(NOMINEE), now()).unwrap_err(), NominationRefusal::Corrected);
    // A no needs no text, and an empty text is no correction.
    assert_eq!(after(&corrected, &[(Event::Answer(4, Consent::Refuse), NOMINEE)]).state, State::Refused);
    let emptied = Event::Correct(5, Words::default());
    assert!(matches!(corrected.apply(emptied, Actor::Person(MATE), now()), Err(NominationRefusal::Incomplete(_))));
    assert_eq!(corrected.apply(correct(5), Actor::Person(AUTHOR), now()).unwrap_err(), NominationRefusal::NotYours);
}

#[test]
fn an_incomplete_draft_is_not_sent_and_says_what_it_lacks() {
    let mut nomination = draft();
    (nomination.tag, nomination.words.evidence) = (None, String::new());
    let refusal = nomination.apply(Event::Send(RoundId(1)), Actor::Person(AUTHOR), now()).unwrap_err();
    assert_eq!(refusal.to_string(), "Before it can be sent, please add a principle or value, how you know.");
}

#[test]
fn what_waits_cannot_be_emptied_by_a_change() {
    let emptied = Event::Write(Words { evidence: String::new(), ..words() });
    assert!(matches!(waiting().apply(emptied, Actor::Person(AUTHOR), now()), Err(NominationRefusal::Incomplete(_))));
}

#[test]
fn a_reviewer_decides_only_on_the_words_they_saw() {
    let changed = after(&waiting(), &[(Event::Write(words()), AUTHOR)]);
    let decide = |revision| {
        changed
            .apply(Event::Accept { revision, vote: Vote::Without }, Actor::Person(LEAD), now())
            .map(|done| done.0.state)
    };
    assert_eq!(decide(3), Err(NominationRefusal::JustChanged));
    assert_eq!(decide(4), Ok(State::Asked));
}

#[test]
fn the_recusal_matrix() {
    for (who, may) in [(AUTHOR, false), (NOMINEE, false), (LEAD, true)] {
        for event in
            [Event::Accept { revision: 3, vote: Vote::Without }, Event::Decline(3, "thin".into()), Event::Thank(3)]
        {
            let outcome = waiting().apply(event, Actor::Person(who), now());
            if may {
                assert!(outcome.is_ok());
            } else {
                assert_eq!(outcome.unwrap_err(), NominationRefusal::Recused);
            }
        }
    }
}

#[test]
fn two_reviewers_at_once_the_second_is_told_kindly() {
    let decided = asked();
    let second = decided.apply(Event::Decline(3, "thin".into()), Actor::Person(UserId(4)), now());
    assert_eq!(second.unwrap_err(), NominationRefusal::NoLongerWaiting);
}

#[test]
fn silence_keeps_it_private_and_is_no_consent() {
    let (private, effects) = asked().apply(Event::Silence, Actor::Calendar, now()).unwrap();
    assert_eq!((private.state, private.people[0].consent, effects), (State::Private, None, vec![]));
    assert_eq!(asked().apply(Event::Silence, Actor::Person(LEAD), now()).unwrap_err(), NominationRefusal::NotYours);
}

#[test]
fn a_changed_mind_changes_the_story() {
    let named = after(&asked(), &[(Event::Answer(3, Consent::Named), NOMINEE)]);
    let step = |nomination: &Nomination, consent| {
        nomination.apply(Event::Answer(3, consent), Actor::Person(NOMINEE), now()).unwrap()
    };
    assert_eq!(step(&named, Consent::Named).1, []);
    assert_eq!(step(&named, Consent::Unnamed).1, [Effect::EditStory]);
    let (private, effects) = step(&named, Consent::Private);
    assert_eq!(effects, [Effect::RemoveStory]);
    let (again, effects) = step(&private, Consent::Unnamed);
    assert_eq!((again.stories, effects), (2, vec![Effect::Publish]));
    assert_eq!(step(&named, Consent::Refuse).1, [Effect::RemoveStory, Effect::RemoveQuestion]);
}

#[test]
fn words_never_print() {
    assert!(!format!("{:?}", draft()).contains("Ana"));
}

#[test]
fn stored_words_read_back() {
    assert!(State::ALL.iter().all(|state| State::parse(state.word()) == Some(*state)));
    assert!(Consent::ALL.iter().all(|consent| Consent::parse(consent.word()) == Some(*consent)));
    assert!(Relation::ALL.iter().all(|relation| Relation::parse(relation.word()) == Some(*relation)));
}

/// What the world outside holds, moved only by effects.
#[derive(Default)]
struct Outside {
    /// The names and the text that stand in the channel.
    story: Option<(Vec<UserId>, Words)>,
    question: bool,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Choose("each-contact".into(), "Principle: Each contact is a chance".into())),
        Just(Event::Relate(Relation::Customer)),
        Just(Event::Team(vec![NOMINEE, MATE])),
        Just(Event::About(Some("hotline".into()))),
        Just(Event::Write(words())),
        Just(Event::Write(Words::default())),
        Just(Event::Send(RoundId(1))),
        Just(Event::Withdraw),
        (2i64..8, prop::sample::select(vec![Vote::Without, Vote::Ahead, Vote::Rests]))
            .prop_map(|(revision, vote)| Event::Accept { revision, vote }),
        (2i64..8).prop_map(|revision| Event::Decline(revision, "not yet".into())),
        (2i64..8).prop_map(Event::Thank),
        any_answer(),
        any_answer(),
        (2i64..9, "[a-z]{1,9}")
            .prop_map(|(revision, text)| Event::Correct(revision, Words { happened: text, ..words() })),
        Just(Event::Silence),
        any::<bool>().prop_map(|rests| Event::OpenVote { rests }),
        any::<bool>().prop_map(|chosen| Event::CloseVote { chosen }),
        Just(Event::Expire),
    ]
}

fn any_answer() -> impl Strategy<Value = Event> {
    (2i64..9, prop::sample::select(&Consent::ALL[..])).prop_map(|(revision, consent)| Event::Answer(revision, consent))
}

fn any_actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::Person(AUTHOR)),
        Just(Actor::Person(NOMINEE)),
        Just(Actor::Person(MATE)),
        Just(Actor::Person(LEAD)),
        Just(Actor::Calendar),
    ]
}

/// `docs/nominations.md`, drawn by trying every event on every state as everybody, so that it cannot say anything else than the code.
#[test]
fn the_page_of_states_says_what_the_code_does() {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    let yes = |consent| Event::Answer(4, consent);
    let asked = asked_team();
    let mut starts: Vec<Nomination> = State::ALL
        .iter()
        .map(|state| {
            let holds = state.holds_words();
            let start = Nomination {
                state: *state,
                people: asked.people.clone(),
                round: Some(RoundId(1)),
                revision: 4,
                ..draft()
            };
            if holds { start } else { Nomination { words: Words::default(), ..start } }
        })
        .collect();
    // In a round with a vote the same states are met on other ways.
    for (state, vote) in [
        (State::Asked, Vote::Ahead),
        (State::Standing, Vote::Ahead),
        (State::Standing, Vote::Open),
        (State::Published, Vote::Chosen),
        (State::Private, Vote::Ahead),
        (State::Private, Vote::Over),
        (State::Private, Vote::Rests),
    ] {
        let start = starts.iter().find(|start| start.state == state).unwrap().clone();
        starts.push(Nomination { vote, ..start });
    }
    starts.retain(|start| start.state != State::Standing || start.vote != Vote::Without);
    // The other of the two has said yes: now it is this one's answer that decides.
    for start in starts.iter_mut().filter(|start| matches!(start.state, State::Asked | State::Private)) {
        start.people[1].consent = Some(Consent::Unnamed);
    }
    for start in starts.iter_mut().filter(|start| matches!(start.state, State::Published | State::Standing)) {
        start.people.iter_mut().for_each(|person| person.consent = Some(Consent::Unnamed));
    }
    let events = [
        ("changes it", Event::Relate(Relation::Customer)),
        ("sends it", Event::Send(RoundId(1))),
        ("withdraws", Event::Withdraw),
        ("accepts", Event::Accept { revision: 4, vote: Vote::Without }),
        ("accepts for a vote", Event::Accept { revision: 4, vote: Vote::Ahead }),
        ("accepts, and somebody rests", Event::Accept { revision: 4, vote: Vote::Rests }),
        ("declines", Event::Decline(4, "thin".into())),
        ("passes it on as thanks", Event::Thank(4)),
        ("agrees, as the last one", yes(Consent::Named)),
        ("wants it private", yes(Consent::Private)),
        ("wants none of it", yes(Consent::Refuse)),
        ("corrects the text", Event::Correct(4, Words { happened: "Other words.".into(), ..words() })),
        ("lets seven days pass", Event::Silence),
        ("opens the vote", Event::OpenVote { rests: false }),
        ("opens the vote, and somebody rests", Event::OpenVote { rests: true }),
        ("ends the vote, and it is chosen", Event::CloseVote { chosen: true }),
        ("ends the vote, and others are chosen", Event::CloseVote { chosen: false }),
        ("lets its time pass", Event::Expire),
    ];
    let actors = [
        ("its author", Actor::Person(AUTHOR)),
        ("one it is about", Actor::Person(NOMINEE)),
        ("the panel", Actor::Person(LEAD)),
        ("the calendar", Actor::Calendar),
    ];
    // A state under each way to stand towards a vote is a node of its own: `PrivateAhead`.
    let name = |state: State, vote: Vote| {
        let settled = matches!(vote, Vote::Without) || !state.is_theirs();
        if settled { format!("{state:?}") } else { format!("{state:?}{vote:?}") }
    };
    let mut arrows: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
    let mut rows = String::new();
    for (from, start) in starts.iter().enumerate() {
        for (does, event) in &events {
            for (who, by) in actors {
                let Ok((next, effects)) = start.apply(event.clone(), by, now()) else { continue };
                let to = name(next.state, next.vote);
                if to != name(start.state, start.vote) {
                    arrows.entry((from, to.clone())).or_default().push(format!("{who} {does}"));
                }
                let follows: Vec<String> = effects.iter().map(|effect| format!("{effect:?}")).collect();
                let held = if next.state.holds_words() { "kept" } else { "erased" };
                let _ = writeln!(
                    rows,
                    "| {} | {who} {does} | {} | {} | {held} |",
                    name(start.state, start.vote),
                    to,
                    follows.join(", ")
                );
            }
        }
    }
    let mut page = "# The life of a nomination\n\nWritten by a test that tries every event on every state as everybody; what is missing here is refused. \
        The example is about two people, of whom the other has agreed where a nomination is asked, private or published. `Ahead`, `Open`, `Chosen`, `Over` and `Rests` after a state \
        tell where it stands towards the vote of its round; without one of them its round has no vote.\n\n\
        ```mermaid\nstateDiagram-v2\n    [*] --> Draft\n"
        .to_owned();
    for ((from, to), why) in &arrows {
        let start = &starts[*from];
        let _ = writeln!(page, "    {} --> {to}: {}", name(start.state, start.vote), why.join(" / "));
    }
    for end in State::ALL.iter().filter(|state| !state.holds_words()) {
        let _ = writeln!(page, "    {} --> [*]", name(*end, Vote::Without));
    }
    let _ = write!(page, "```\n\n| From | When | To | Then | Words |\n|---|---|---|---|---|\n{rows}");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let kept = std::fs::read_to_string(format!("{root}docs/nominations.md")).unwrap_or_default();
    if kept != page {
        std::fs::create_dir_all(format!("{root}target")).unwrap();
        std::fs::write(format!("{root}target/nominations.md"), &page).unwrap();
        panic!("docs/nominations.md is not what is; the true one stands in target/nominations.md");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happens in whatever order: a story stands outside only while everybody it is about has said yes to the very text that
    /// stands there, with the names of those who said so; and once the words are let go, nothing outside holds them either.
    #[test]
    fn no_path_publishes_without_a_recorded_consent(
        start in 0usize..4,
        steps in prop::collection::vec((any_event(), any_actor()), 0..40),
    ) {
        let mut nomination = [draft(), waiting(), asked(), asked_team()][start].clone();
        let mut outside = Outside { story: None, question: start >= 2 };
        // What each of them has said yes to, as they themselves saw or wrote it.
        let mut agreed: std::collections::BTreeMap<UserId, Words> = std::collections::BTreeMap::new();
        for (event, by) in steps {
            let Ok((next, effects)) = nomination.apply(event.clone(), by, now()) else { continue };
            if let (Event::Answer(revision, consent), Actor::Person(person)) = (&event, by) {
                if consent.is_yes() {
                    prop_assert_eq!(*revision, nomination.revision, "a yes to a text that is no longer the text");
                    agreed.insert(person, nomination.words.clone());
                } else {
                    agreed.remove(&person);
                }
            }
            if let (Event::Correct(..), Actor::Person(person)) = (&event, by)
                && agreed.contains_key(&person)
            {
                agreed.insert(person, next.words.clone());
            }
            // Only a person's own answer may put a consent of theirs on record.
            for person in &next.people {
                let before = nomination.honoree(person.user).and_then(|honoree| honoree.consent);
                if person.consent.is_some() && person.consent != before {
                    prop_assert!(matches!(event, Event::Answer(..)) && by == Actor::Person(person.user));
                }
            }
            let now_stands = Some((next.named(), next.words.clone()));
            for effect in effects {
                match effect {
                    Effect::AskConsent => outside.question = true,
                    Effect::RenewQuestion => prop_assert!(outside.question),
                    Effect::RemoveQuestion => outside.question = false,
                    Effect::Publish => {
                        prop_assert!(outside.story.is_none(), "published twice");
                        prop_assert!(next.stories == nomination.stories + 1);
                        outside.story = now_stands.clone();
                    }
                    Effect::EditStory => {
                        prop_assert!(outside.story.is_some(), "edited what does not stand");
                        outside.story = now_stands.clone();
                    }
                    Effect::RemoveStory => {
                        prop_assert!(outside.story.is_some(), "removed what does not stand");
                        outside.story = None;
                    }
                    Effect::TellDeclined | Effect::PassOnThanks => prop_assert!(outside.story.is_none()),
                }
            }
            nomination = next;
            match &outside.story {
                Some((named, words)) => {
                    prop_assert_eq!(nomination.state, State::Published);
                    for person in &nomination.people {
                        prop_assert_eq!(agreed.get(&person.user), Some(words), "published what somebody did not agree to");
                    }
                    prop_assert_eq!(named, &nomination.named());
                }
                None => prop_assert!(nomination.state != State::Published),
            }
            // What everybody can read on a ballot, everybody it is about has agreed to.
            if nomination.state == State::Standing {
                for person in &nomination.people {
                    prop_assert_eq!(agreed.get(&person.user), Some(&nomination.words), "stands without their yes");
                }
            }
            prop_assert!(nomination.vote != Vote::Open || nomination.state == State::Standing, "on the ballot, and not standing");
            if !nomination.state.holds_words() {
                prop_assert!(nomination.words.is_empty() && nomination.reason.is_none() && nomination.link.is_none());
                prop_assert!(outside.story.is_none() && !outside.question);
            }
            prop_assert!(nomination.decided_by.is_none_or(|lead| !nomination.recuses(lead)));
        }
    }

    /// A state that let the words go is never left again.
    #[test]
    fn what_is_erased_stays_erased(
        steps in prop::collection::vec((any_event(), any_actor()), 1..40),
        end in prop::sample::select(vec![State::Thanked, State::Refused, State::Withdrawn, State::Expired]),
    ) {
        let nomination = Nomination { state: end, words: Words::default(), ..draft() };
        for (event, by) in steps {
            prop_assert!(nomination.apply(event, by, now()).is_err());
        }
    }
}
