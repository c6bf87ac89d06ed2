//! The rules of [`super`], by example and by property.

use proptest::prelude::*;

use super::*;

const AUTHOR: UserId = UserId(1);
const NOMINEE: UserId = UserId(2);
const LEAD: UserId = UserId(3);

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
        nominee: NOMINEE,
        state: State::Draft,
        consent: None,
        tag: Some("outside-in".into()),
        tag_title: Some("Principle: Design from the outside in".into()),
        relation: Some(Relation::SameTeam),
        words: words(),
        reason: None,
        revision: 3,
        stories: 0,
        drafted_at: now(),
        sent_at: None,
        decided_at: None,
        decided_by: None,
        answered_at: None,
    }
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
    after(&waiting(), &[(Event::Accept(3), LEAD)])
}

#[test]
fn what_is_not_recognised_is_kept_ninety_days_after_its_quarter() {
    assert_eq!(draft().forget_at(chrono_tz::UTC).to_string(), "2027-04-01 00:00:00 UTC");
    assert_eq!(draft().forget_at(chrono_tz::America::New_York).to_string(), "2027-04-01 04:00:00 UTC");
}

#[test]
fn the_straight_way_ends_in_a_story_with_a_name() {
    let (published, effects) = asked().apply(Event::Answer(Consent::Named), Actor::Person(NOMINEE), now()).unwrap();
    assert_eq!((published.state, published.consent, published.stories), (State::Published, Some(Consent::Named), 1));
    assert_eq!(effects, [Effect::Publish { named: true }]);
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
    let decide = |revision| changed.apply(Event::Accept(revision), Actor::Person(LEAD), now()).map(|done| done.0.state);
    assert_eq!(decide(3), Err(NominationRefusal::JustChanged));
    assert_eq!(decide(4), Ok(State::Asked));
}

#[test]
fn the_recusal_matrix() {
    for (who, may) in [(AUTHOR, false), (NOMINEE, false), (LEAD, true)] {
        for event in [Event::Accept(3), Event::Decline(3, "thin".into()), Event::Thank(3)] {
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
    assert_eq!((private.state, private.consent, effects), (State::Private, None, vec![]));
    assert_eq!(asked().apply(Event::Silence, Actor::Person(LEAD), now()).unwrap_err(), NominationRefusal::NotYours);
}

#[test]
fn a_changed_mind_changes_the_story() {
    let named = after(&asked(), &[(Event::Answer(Consent::Named), NOMINEE)]);
    let step = |nomination: &Nomination, consent| {
        nomination.apply(Event::Answer(consent), Actor::Person(NOMINEE), now()).unwrap()
    };
    assert_eq!(step(&named, Consent::Named).1, []);
    assert_eq!(step(&named, Consent::Unnamed).1, [Effect::EditStory { named: false }]);
    let (private, effects) = step(&named, Consent::Private);
    assert_eq!(effects, [Effect::RemoveStory]);
    let (again, effects) = step(&private, Consent::Unnamed);
    assert_eq!((again.stories, effects), (2, vec![Effect::Publish { named: false }]));
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
    story: Option<bool>,
    question: bool,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Choose("each-contact".into(), "Principle: Each contact is a chance".into())),
        Just(Event::Relate(Relation::Customer)),
        Just(Event::Write(words())),
        Just(Event::Write(Words::default())),
        Just(Event::Send(RoundId(1))),
        Just(Event::Withdraw),
        (2i64..8).prop_map(Event::Accept),
        (2i64..8).prop_map(|revision| Event::Decline(revision, "not yet".into())),
        (2i64..8).prop_map(Event::Thank),
        prop::sample::select(&Consent::ALL[..]).prop_map(Event::Answer),
        Just(Event::Silence),
        Just(Event::Expire),
    ]
}

fn any_actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::Person(AUTHOR)),
        Just(Actor::Person(NOMINEE)),
        Just(Actor::Person(LEAD)),
        Just(Actor::Calendar),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever happens in whatever order: a story stands outside only while the nominee's own yes is on record, with their name only
    /// if they said so; and once the words are let go, nothing outside holds them either.
    #[test]
    fn no_path_publishes_without_a_recorded_consent(
        start in 0usize..3,
        steps in prop::collection::vec((any_event(), any_actor()), 0..40),
    ) {
        let mut nomination = [draft(), waiting(), asked()][start].clone();
        let mut outside = Outside { story: None, question: start == 2 };
        for (event, by) in steps {
            let answering = matches!(event, Event::Answer(_));
            let Ok((next, effects)) = nomination.apply(event, by, now()) else { continue };
            // Only the nominee's own answer may ever put their consent on record.
            if next.consent != nomination.consent {
                prop_assert!(answering && by == Actor::Person(NOMINEE));
            }
            for effect in effects {
                match effect {
                    Effect::AskConsent => outside.question = true,
                    Effect::RemoveQuestion => outside.question = false,
                    Effect::Publish { named } => {
                        prop_assert!(outside.story.is_none(), "published twice");
                        prop_assert!(next.stories == nomination.stories + 1);
                        outside.story = Some(named);
                    }
                    Effect::EditStory { named } => {
                        prop_assert!(outside.story.is_some(), "edited what does not stand");
                        outside.story = Some(named);
                    }
                    Effect::RemoveStory => {
                        prop_assert!(outside.story.is_some(), "removed what does not stand");
                        outside.story = None;
                    }
                    Effect::TellDeclined | Effect::PassOnThanks => prop_assert!(outside.story.is_none()),
                }
            }
            nomination = next;
            match outside.story {
                Some(true) => prop_assert!(nomination.consent == Some(Consent::Named)),
                Some(false) => prop_assert!(nomination.consent == Some(Consent::Unnamed)),
                None => prop_assert!(nomination.state != State::Published),
            }
            if !nomination.state.holds_words() {
                prop_assert!(nomination.words.is_empty() && nomination.reason.is_none());
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
