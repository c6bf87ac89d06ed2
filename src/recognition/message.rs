//! What others read of a nomination: the question to the nominee, the story, the words to its author. The screens of the walk-through
//! stand in `screens.rs`.

use super::action::Action;
use super::model::{CONSENT_DAYS, Consent, Nomination, State, Words};
use crate::ids::ChannelId;
use crate::people::GuildSettings;
use crate::post::{Button, Card, Form, Input, Post};
use crate::text::escape;

/// The words of a nomination, inert and whole; what is empty is left out.
pub(super) fn told(words: &Words) -> String {
    [
        ("What happened", &words.happened),
        ("Who the customer was", &words.customer),
        ("What changed for them", &words.changed),
        ("How we know", &words.evidence),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(label, text)| format!("**{label}**\n{}", escape(text)))
    .collect::<Vec<_>>()
    .join("\n\n")
}

fn title(nomination: &Nomination) -> String {
    nomination.tag_title.clone().unwrap_or_else(|| "Good customer experience".into())
}

/// The private question to the nominee, and the same screen again while they may change their mind.
pub(super) fn question(nomination: &Nomination, settings: &GuildSettings) -> Post {
    let place = settings.recognition_channel.map_or_else(|| "the recognition channel".into(), ChannelId::mention);
    let group = if settings.name.is_empty() { "your group".into() } else { format!("**{}**", escape(&settings.name)) };
    let intro = match nomination.state {
        State::Published if nomination.consent == Some(Consent::Named) => {
            format!(
                "You said yes: this story is published in {place}, with your name. You can change that at any time."
            )
        }
        State::Published => {
            format!(
                "You said yes: this story is published in {place}, without your name. You can change that at any time."
            )
        }
        State::Private => {
            "This stays private: it is not published, and no list shows it. You can change that at any time.".into()
        }
        _ => format!(
            "Somebody in {group} nominated you for good customer experience, and a reviewer agreed. Well done!\n\n\
             May we publish it as a story in {place}, so that others can learn from it? It is your decision, nobody is told \
             of a no, and nothing of it enters any file on you. Without an answer in {CONSENT_DAYS} days it stays private."
        ),
    };
    let warning = "\nThe text is published as it stands below. If it should not be read by everybody, keep it private.";
    let text = if nomination.state == State::Published { intro } else { format!("{intro}{warning}") };
    let answer = |consent: Consent, label: &str| {
        let id = Action::Answer(nomination.id, consent).to_id();
        let button = if consent == Consent::Named { Button::primary(id, label) } else { Button::secondary(id, label) };
        let stands = match nomination.state {
            State::Published => nomination.consent == Some(consent),
            State::Private => consent == Consent::Private,
            _ => false,
        };
        if stands { button.disabled() } else { button }
    };
    let no = if nomination.state == State::Asked {
        Button::danger(Action::Answer(nomination.id, Consent::Refuse).to_id(), "No, erase it")
    } else {
        Button::danger(Action::Retract(nomination.id).to_id(), "Withdraw and erase it")
    };
    Post::text(text)
        .with_card(Card::new(title(nomination), told(&nomination.words)))
        .with_buttons([
            answer(Consent::Named, "Publish with my name"),
            answer(Consent::Unnamed, "Publish without my name"),
            answer(Consent::Private, "Keep it private"),
        ])
        .with_buttons([no])
}

/// The story in the recognition channel.
pub(super) fn story(nomination: &Nomination, named: bool) -> Post {
    let who = if named { nomination.nominee.mention() } else { "A colleague".into() };
    Post::text(format!("{who} showed what good customer experience looks like.")).with_card(
        Card::new(title(nomination), told(&nomination.words)).with_footer(
            "Published with the consent of the person it is about. Seen something like it? Run /nominate.",
        ),
    )
}

/// To the author: declined, and why.
pub(super) fn declined(nomination: &Nomination) -> Post {
    let reason = escape(nomination.reason.as_deref().unwrap_or_default());
    Post::text(format!(
        "Thank you for nominating {}. The reviewers decided not to take it further this time. What they wrote to you:\n\n{reason}\n\n\
         The person you nominated is not told. You can say it to them yourself with `/thanks`.",
        nomination.nominee.mention()
    ))
}

/// To the nominee: a nomination that became a thank-you.
pub(super) fn passed_on_thanks(nomination: &Nomination, settings: &GuildSettings) -> Post {
    let group = if settings.name.is_empty() { "your group".into() } else { escape(&settings.name) };
    Post::text(format!("Somebody in {group} noticed your work and wants to thank you. This is between you and them; it is counted nowhere."))
        .with_card(Card::new(title(nomination), told(&nomination.words)))
}

/// To the author: it became a thank-you.
pub(super) fn told_passed_on(nomination: &Nomination) -> Post {
    Post::text(format!(
        "Thank you for nominating {}. The reviewers passed your words on to them as a private thank-you, without your name, \
         instead of making a story of it. The text of the nomination is now erased here.",
        nomination.nominee.mention()
    ))
}

/// The form for the words; filled with what is there.
pub(super) fn words_form(nomination: &Nomination) -> Form {
    let words = &nomination.words;
    Form::new(
        Action::Written(nomination.id).to_id(),
        "What good work did you see?",
        [
            Input::long("happened", "What happened, and when?", Words::MOST_HAPPENED)
                .hint("On 3 November … Tell what they did, not what they are like.")
                .filled(&words.happened),
            Input::short("customer", "Who was the customer? No names, please.", Words::MOST_CUSTOMER)
                .hint("A first-time applicant; a partner agency")
                .filled(&words.customer),
            Input::long("changed", "What changed for them?", Words::MOST_OTHER)
                .hint("They had their answer the same day instead of in two weeks.")
                .filled(&words.changed),
            Input::long("evidence", "How do you know?", Words::MOST_OTHER)
                .hint("A quote, a number, or what you saw yourself.")
                .filled(&words.evidence),
        ],
    )
}

/// The form for a reviewer's reason.
pub(super) fn reason_form(nomination: &Nomination) -> Form {
    Form::new(
        Action::Declined(nomination.id, nomination.revision).to_id(),
        "A kind reason for the author",
        [Input::long("reason", "What would have made it stronger?", 600)
            .hint("It names a good habit; a single case and its effect would let others copy it.")],
    )
}

/// The form of `/thanks`.
pub(super) fn thanks_form(person: crate::ids::UserId) -> Form {
    Form::new(
        Action::Thanks(person).to_id(),
        "A private thank-you",
        [
            Input::long("did", "What did they do?", 600).hint("Say it to them: You stayed on the line until …"),
            Input::long("changed", "What did it change?", 400).hint("For a customer, for you, for the team"),
        ],
    )
}

/// To the person who is thanked.
pub(super) fn thanks(from: &str, from_user: crate::ids::UserId, did: &str, changed: &str, group: &str) -> Post {
    let group = if group.is_empty() { String::new() } else { format!(" in {}", escape(group)) };
    Post::text(format!("**{}** ({}){group} thanks you.", escape(from), from_user.mention())).with_card(
        Card::new(
            "Thank you",
            format!("**What you did**\n{}\n\n**What it changed**\n{}", escape(did), escape(changed)),
        )
        .with_footer("Only you see this. It is counted nowhere, and cxbot keeps no copy once it has reached you."),
    )
}

/// To the person who thanked.
pub(super) fn thanks_sent(person: crate::ids::UserId) -> Post {
    Post::text(format!(
        "Your thanks are on their way to {} as a direct message. Nobody else sees them, nothing is counted, and I keep no copy once \
         they have arrived. If {} accepts no direct messages from this server, they cannot arrive: then tell them yourself.",
        person.mention(),
        person.mention()
    ))
}

#[cfg(test)]
#[path = "message_tests.rs"]
pub(super) mod tests;
