use super::*;
use crate::config::Content;
use crate::recognition::message::tests::{sample, server};
use crate::recognition::nomination::{Honoree, RoundId, Words};

#[test]
fn the_private_screens() {
    let catalogue = Catalogue::load(&Content::built_in()).unwrap();
    let mut empty = sample(State::Draft);
    (empty.tag, empty.tag_title, empty.relation, empty.words) = (None, None, None, Words::default());
    let mut partial = sample(State::Draft);
    partial.words.evidence.clear();
    let mut accepted_and_withdrawn = sample(State::Withdrawn);
    accepted_and_withdrawn.decided_at = Some(accepted_and_withdrawn.drafted_at);
    let closes_at = Some("2027-01-01T05:00:00Z".parse().unwrap());
    let round = Round {
        id: RoundId(1),
        quarter: crate::calendar::Quarter::new(2027, 1).unwrap(),
        closes_at,
        closed_at: None,
        by_vote: false,
    };
    let mut about_me = sample(State::Asked);
    (about_me.nominator, about_me.people) = (UserId(33), vec![Honoree::new(UserId(11))]);
    let screens = [
        ("empty draft", author(&empty, &catalogue, None).as_text()),
        ("partial draft", author(&partial, &catalogue, Some("You began this earlier; here it is again.")).text),
        ("ready", author(&sample(State::Draft), &catalogue, None).as_text()),
        ("waiting", author(&sample(State::Waiting), &catalogue, None).as_text()),
        ("declined", author(&sample(State::Declined), &catalogue, None).as_text()),
        ("accepted", author(&sample(State::Refused), &catalogue, None).as_text()),
        ("sent", sent(&sample(State::Waiting), &round).as_text()),
        ("taken back", taken_back(&sample(State::Withdrawn)).as_text()),
        (
            "mine",
            mine(&[about_me, sample(State::Waiting), sample(State::Declined), accepted_and_withdrawn], UserId(11))
                .as_text(),
        ),
        ("mine, none", mine(&[], UserId(11)).as_text()),
        ("second", offer_second(UserId(22), &[sample(State::Waiting)], None).as_text()),
        ("reminder of a round", crate::recognition::rounds::reminder(&round, chrono_tz::America::New_York).as_text()),
        ("weekly story, off", crate::recognition::weekly::screen(None).as_text()),
        ("sure", sure(&sample(State::Published)).as_text()),
        ("erased", ERASED.to_owned()),
        (
            "round",
            [(true, true), (true, false), (false, true), (false, false)]
                .map(|(open, changed)| round_set(&round, chrono_tz::America::New_York, open, changed))
                .join("\n"),
        ),
    ];
    let all = screens.map(|(name, words)| format!("── {name}\n{words}")).join("\n\n");
    insta::assert_snapshot!(all);
}

#[test]
fn the_nominee_learns_of_it_only_when_it_is_accepted_and_strangers_never() {
    let catalogue = Catalogue::load(&Content::built_in()).unwrap();
    for state in State::ALL {
        let seen = |user| seen_by(UserId(user), &sample(state), &catalogue, &server()).is_ok();
        assert!(seen(11), "the author sees {state:?}");
        assert!(!seen(33), "a stranger does not see {state:?}");
        let knows = matches!(state, State::Asked | State::Standing | State::Published | State::Private);
        assert_eq!(seen(22), knows, "{state:?}");
    }
}

#[test]
fn the_outcome_for_the_author_does_not_tell_what_the_nominee_answered() {
    let mut withdrawn = sample(State::Withdrawn);
    withdrawn.decided_at = Some(withdrawn.drafted_at);
    let outcomes = [State::Asked, State::Standing, State::Published, State::Private, State::Refused]
        .map(|state| outcome(&sample(state)));
    assert!(outcomes.iter().all(|text| *text == outcome(&withdrawn)));
}

#[test]
fn no_two_controls_of_a_screen_share_an_id() {
    let catalogue = Catalogue::load(&Content::built_in()).unwrap();
    let mut screens = vec![];
    for state in State::ALL {
        screens.push(author(&sample(state), &catalogue, None));
        screens.push(question(&sample(state), UserId(22), &server()));
    }
    for screen in screens {
        let mut ids: Vec<_> = screen
            .rows
            .iter()
            .flat_map(|row| match row {
                crate::post::Row::Buttons(buttons) => buttons.iter().map(|button| button.id.clone()).collect(),
                crate::post::Row::Select(select) => vec![select.id.clone()],
            })
            .collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{}", screen.as_text());
    }
}
