//! What people read of a vote, as one snapshot.

use super::*;
use crate::ids::GuildId;
use crate::recognition::message::tests::sample;
use crate::recognition::nomination::{Consent, NominationId, RoundId, State, Vote as Standing};
use crate::recognition::vote::{Stage, VoteId};
use crate::sealed::BoxId;

fn vote(decided: Option<Decided>) -> Vote {
    Vote {
        id: VoteId(3),
        guild: GuildId(1),
        round: RoundId(2),
        quarter: crate::calendar::Quarter::new(2027, 1).unwrap(),
        ballots: BoxId::parse("abc").unwrap(),
        stage: Stage::Open,
        closes_at: "2027-01-29T15:00:00Z".parse().unwrap(),
        decided,
    }
}

fn story(id: i64, about: u64, consent: Consent) -> Nomination {
    let mut nomination = sample(State::Standing);
    (nomination.id, nomination.vote) = (NominationId(id), Standing::Open);
    nomination.people[0].user = UserId(about);
    nomination.people[0].consent = Some(consent);
    nomination
}

fn screen(vote: &Vote, count: usize, ticks: Option<Ticks>) -> Screen<'_> {
    let stories = (0..count)
        .map(|place| {
            let consent = if place == 0 { Consent::Named } else { Consent::Unnamed };
            (place, story(i64::try_from(place).unwrap() + 10, 22 + place as u64, consent))
        })
        .collect();
    Screen { vote, stories, voter: UserId(23), ticks }
}

#[test]
fn what_voters_read() {
    let (open, mut ticked) = (vote(None), [0; 32]);
    ticked[0] = 1;
    let ticked = Some(Ticks::read(&ticked));
    let round = |by_vote| Round { id: RoundId(2), quarter: open.quarter, closes_at: None, closed_at: None, by_vote };
    let screens = [
        ("post", opened(&open, 3).as_text()),
        ("first story", ballot(&screen(&open, 3, None), None).as_text()),
        ("ticked", ballot(&screen(&open, 3, ticked), Some(0)).as_text()),
        ("about the voter, empty ballot", ballot(&screen(&open, 3, Some(Ticks::default())), Some(1)).as_text()),
        ("two stories", ballot(&screen(&open, 2, None), Some(1)).as_text()),
        ("one story", ballot(&screen(&open, 1, None), None).as_text()),
        ("none left", ballot(&screen(&open, 0, None), None).as_text()),
        ("taken back", taken_back(&open).as_text()),
        ("promise", promise(&open, "a copy a week, kept for 30 days.").as_text()),
        ("too late", over_for_voter().as_text()),
        ("counting", counting(&open).as_text()),
        ("over", over(&vote(Some(Decided::ByBallots)), true).as_text()),
        ("over, none", over(&vote(Some(Decided::ByBallots)), false).as_text()),
        ("over, too few", over(&vote(Some(Decided::TooFewBallots)), true).as_text()),
        ("over, key lost", over(&vote(Some(Decided::KeyLost)), true).as_text()),
        ("lead, opened", opened_for_lead(&open, 3).as_text()),
        ("lead, nothing", nothing_stands(&round(true)).as_text()),
        ("lead, with a vote", sentence_of_round(&round(true)).to_owned()),
        ("lead, without", sentence_of_round(&round(false)).to_owned()),
    ];
    insta::assert_snapshot!(screens.map(|(name, words)| format!("── {name}\n{words}")).join("\n\n"));
}

#[test]
fn a_ballot_of_any_size_fits_discord() {
    let open = vote(None);
    let stars = "*".repeat(2000);
    let longest = crate::recognition::nomination::Words::new(&stars, &stars, &stars, &stars);
    let places: std::collections::BTreeSet<usize> = (0..256).filter(|place| place % 7 == 0).collect();
    let mut bytes = [0_u8; 32];
    for place in &places {
        bytes[place / 8] |= 1 << (place % 8);
    }
    for count in [1, 2, 3, 25, 26, 256] {
        for at in [0, count - 1] {
            let mut screen = screen(&open, count, Some(Ticks::read(&bytes)));
            screen.stories.iter_mut().for_each(|(_, story)| story.words = longest.clone());
            let post = ballot(&screen, Some(at));
            let card = post.card.as_ref().unwrap();
            assert!(post.text.chars().count() <= 2000 && card.text.chars().count() <= 4096, "{count} stories, at {at}");
            let controls = serde_json::to_value(crate::discord::message_body(&post)).unwrap()["components"].clone();
            let rows = controls.as_array().unwrap();
            assert!(rows.len() <= 5 && rows.iter().all(|row| row["components"].as_array().unwrap().len() <= 5));
            let ids: Vec<&str> = rows
                .iter()
                .flat_map(|row| row["components"].as_array().unwrap())
                .filter_map(|control| control["custom_id"].as_str())
                .collect();
            let different: std::collections::BTreeSet<&&str> = ids.iter().collect();
            assert_eq!(ids.len(), different.len(), "every control has an id of its own: {ids:?}");
        }
    }
}
