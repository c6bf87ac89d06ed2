use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::*;
use crate::ids::{GuildId, UserId};
use crate::recognition::nomination::{Honoree, NominationId, Relation};

pub(in crate::recognition) fn sample(state: State) -> Nomination {
    let at: DateTime<Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
    Nomination {
        id: NominationId(7),
        guild: GuildId(1),
        round: None,
        nominator: UserId(11),
        people: vec![Honoree::new(UserId(22))],
        state,
        vote: Vote::Without,
        tag: Some("outside-in".into()),
        tag_title: Some("Principle: Design from the outside in".into()),
        relation: Some(Relation::SameTeam),
        program: None,
        link: None,
        words: Words::new(
            "On 3 November she rewrote the letter *with* three applicants. @everyone should see it: https://x.example",
            "first-time applicants",
            "They understood it at the first reading.",
            "\"At last I know what to bring.\"",
        ),
        reason: (state == State::Declined).then(|| "A single case and its effect would make it stronger.".into()),
        revision: 4,
        stories: 0,
        drafted_at: at,
        sent_at: None,
        decided_at: None,
        decided_by: None,
    }
}

pub(in crate::recognition) fn server() -> GuildSettings {
    GuildSettings {
        guild: GuildId(1),
        name: "CX *group*".into(),
        zone: Tz::America__New_York,
        lead_role: None,
        learning_channel: None,
        pulse_channel: None,
        recognition_channel: Some(ChannelId(5)),
        set_up_at: None,
    }
}

#[test]
fn what_others_read() {
    let mut published = sample(State::Published);
    published.people[0].consent = Some(Consent::Named);
    let mut unnamed = published.clone();
    unnamed.people[0].consent = Some(Consent::Unnamed);
    let mut team = sample(State::Asked);
    team.people = [22, 23, 24].map(|user| Honoree::new(UserId(user))).into();
    team.link = Some("https://discord.com/channels/1/5/9".into());
    team.people[1].consent = Some(Consent::Named);
    let screens = [
        ("question", question(&sample(State::Asked), UserId(22), &server()).as_text()),
        ("question, published", question(&published, UserId(22), &server()).as_text()),
        ("question, private", question(&sample(State::Private), UserId(22), &server()).as_text()),
        ("question, team", question(&team, UserId(22), &server()).as_text()),
        ("question, team, after a yes", question(&team, UserId(23), &server()).text),
        ("notice", notice().as_text()),
        ("story with name", story(&published).as_text()),
        ("story without name", story(&unnamed).text),
        ("story of a team", story(&team).text),
        ("story again", story_again(&published).text),
        ("asked the author", asked_author(&sample(State::Waiting), "When *was* this?").as_text()),
        ("question form", question_form(&sample(State::Waiting)).as_text()),
        ("answer form", answer_form(&sample(State::Waiting)).as_text()),
        ("second form", second_form(&sample(State::Waiting)).as_text()),
        ("correction form", correction_form(&sample(State::Asked)).as_text()),
        ("declined", declined(&sample(State::Declined)).as_text()),
        ("passed on", passed_on_thanks(&sample(State::Waiting), &server()).as_text()),
        ("told the author", told_passed_on(&sample(State::Thanked)).as_text()),
        ("form", words_form(&sample(State::Draft)).as_text()),
        ("reason form", reason_form(&sample(State::Waiting)).as_text()),
        ("thanks form", thanks_form(UserId(22)).as_text()),
        ("thanks", thanks("Ben_R", UserId(11), "You stayed on the line.", "She had her answer.", "CX group").as_text()),
        ("thanks sent", thanks_sent(UserId(22)).as_text()),
    ];
    let all = screens.map(|(name, words)| format!("── {name}\n{words}")).join("\n\n");
    insta::assert_snapshot!(all);
}

/// The same question in a round that ends with a vote, from the first word to the last.
#[test]
fn what_the_people_it_is_about_read_around_a_vote() {
    let at = |state, vote, consent| {
        let mut nomination = sample(state);
        nomination.vote = vote;
        nomination.people[0].consent = consent;
        let post = question(&nomination, UserId(22), &server());
        let buttons: Vec<_> = post.as_text().lines().filter(|line| line.starts_with("[ ")).map(str::to_owned).collect();
        format!("{}\n{}", post.text, buttons.join("\n"))
    };
    let named = Some(Consent::Named);
    let mut team = sample(State::Asked);
    team.vote = Vote::Ahead;
    team.people = [22, 23].map(|user| Honoree::new(UserId(user))).into();
    let first = question(&team, UserId(22), &server()).text;
    team.people[0].consent = named;
    let screens = [
        ("asked", at(State::Asked, Vote::Ahead, None)),
        ("asked, team", first),
        ("asked, team, after a yes", question(&team, UserId(22), &server()).text),
        ("stands", at(State::Standing, Vote::Ahead, named)),
        ("on the ballot", at(State::Standing, Vote::Open, named)),
        ("private before the vote", at(State::Private, Vote::Ahead, Some(Consent::Private))),
        ("chosen", at(State::Published, Vote::Chosen, named)),
        ("not chosen", at(State::Private, Vote::Over, named)),
        ("rests", at(State::Private, Vote::Rests, None)),
    ];
    insta::assert_snapshot!(screens.map(|(name, words)| format!("── {name}\n{words}")).join("\n\n"));
}

#[test]
fn the_longest_words_fit_discord_even_when_every_character_is_escaped() {
    let mut longest = sample(State::Asked);
    let stars = "*".repeat(2000);
    longest.words = Words::new(&stars, &stars, &stars, &stars);
    longest.reason = Some("_".repeat(600));
    for post in [
        question(&longest, UserId(22), &server()),
        story(&longest),
        declined(&longest),
        passed_on_thanks(&longest, &server()),
    ] {
        assert!(post.text.chars().count() <= 2000);
        assert!(post.card.is_none_or(|card| card.text.chars().count() <= 4096));
        assert!(post.mentions.is_nobody());
    }
    for form in [words_form(&longest), reason_form(&longest), thanks_form(UserId(u64::MAX))] {
        assert!(form.title.chars().count() <= 45);
        for input in form.inputs {
            assert!(input.label.chars().count() <= 45, "{}", input.label);
            assert!(input.placeholder.chars().count() <= 100, "{}", input.placeholder);
            assert!(input.value.chars().count() <= input.max_chars.into());
        }
    }
}
