//! What others read of a nomination: the question to the nominee, the story, the words to its author. The screens of the walk-through
//! stand in `screens.rs`.

use super::action::Action;
use super::nomination::{CONSENT_DAYS, Consent, KEPT_DAYS, Nomination, State, Vote, Words, joined};
use crate::ids::{ChannelId, UserId};
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

/// The message that a nomination began from, for those who may look at the work itself.
pub(super) fn evidence(nomination: &Nomination) -> String {
    nomination.link.as_ref().map_or_else(String::new, |link| format!("\n\n**The message it began from**\n{link}"))
}

/// The private question to somebody it is about, and the same screen again while they may change their mind.
pub(super) fn question(nomination: &Nomination, user: UserId, settings: &GuildSettings) -> Post {
    let (id, revision) = (nomination.id, nomination.revision);
    let consent = nomination.honoree(user).and_then(|person| person.consent);
    let answer = |wish: Consent, label: &str| {
        let id = Action::Answer(id, wish, revision).to_id();
        let button = if wish == Consent::Named { Button::primary(id, label) } else { Button::secondary(id, label) };
        let stands = consent == Some(wish) || (wish == Consent::Private && nomination.state == State::Private);
        if stands { button.disabled() } else { button }
    };
    let (with_name, without_name) = match nomination.vote {
        Vote::Ahead | Vote::Open => ("Yes, with my name", "Yes, without my name"),
        Vote::Without | Vote::Chosen | Vote::Over | Vote::Rests => ("Publish with my name", "Publish without my name"),
    };
    let correct = Button::secondary(Action::Correct(id, revision).to_id(), "Correct the text");
    let correct = if nomination.vote == Vote::Open { correct.disabled() } else { correct };
    let no = if nomination.state == State::Asked && consent.is_none() {
        let id = Action::Answer(id, Consent::Refuse, revision).to_id();
        Button::danger(id, "No, erase it")
    } else {
        Button::danger(Action::Retract(id).to_id(), "Withdraw and erase it")
    };
    let body = format!("{}{}", told(&nomination.words), evidence(nomination));
    let post = Post::text(asking(nomination, consent, user, settings)).with_card(Card::new(title(nomination), body));
    if nomination.vote.is_past() {
        // There is nothing left to answer, and nobody else to correct it for.
        return post.with_buttons([no]);
    }
    post.with_buttons([
        answer(Consent::Named, with_name),
        answer(Consent::Unnamed, without_name),
        answer(Consent::Private, "Keep it private"),
    ])
    .with_buttons([correct, no])
}

fn asking(nomination: &Nomination, consent: Option<Consent>, user: UserId, settings: &GuildSettings) -> String {
    let place = settings.recognition_channel.map_or_else(|| "the recognition channel".into(), ChannelId::mention);
    let group = if settings.name.is_empty() { "your group".into() } else { format!("**{}**", escape(&settings.name)) };
    let others: Vec<_> =
        nomination.people.iter().filter(|person| person.user != user).map(|person| person.user.mention()).collect();
    let name = if consent == Some(Consent::Named) { "with your name" } else { "without your name" };
    let for_vote = nomination.vote == Vote::Ahead;
    let warning = format!(
        "\nThe text is {} as it stands below. If something in it is wrong or should not be read by everybody, correct it first, or keep \
         it private.",
        if for_vote { "put to the vote" } else { "published" }
    );
    match nomination.state {
        State::Published if nomination.vote == Vote::Chosen => format!(
            "It was chosen. Well done! As you agreed, this story is published in {place}, {name}. You can change that at any time."
        ),
        State::Published => {
            format!("You said yes: this story is published in {place}, {name}. You can change that at any time.")
        }
        State::Standing if nomination.vote == Vote::Open => format!(
            "The group is voting now, and this is on the ballot, {name}. If it is chosen, it is published in {place}; nobody learns how \
             many voted for it. You can take it off the ballot at any time: keep it private, or withdraw it."
        ),
        State::Standing => format!(
            "You said yes, {name}: this stands in the group's vote, and is published in {place} if it is chosen. You can change that until \
             the vote begins, and withdraw it at any time."
        ),
        State::Private if nomination.vote == Vote::Rests => format!(
            "Somebody in {group} nominated you for good customer experience, and the reviewers agreed. Well done! In this round others are \
             told of: somebody it is about was chosen in one of the last two rounds, and people rest for two. So this stays private, and you \
             need not do anything. Its text is erased {KEPT_DAYS} days after the round, or when you withdraw it."
        ),
        State::Private if nomination.vote == Vote::Over => format!(
            "This is not on the ballot of its round, or was not chosen, and stays private: it is not published, and no list shows it. The \
             reviewers' well done stands. Its text is erased {KEPT_DAYS} days after the round, or when you withdraw it."
        ),
        State::Private if for_vote => format!(
            "This stays private: it does not stand in the vote, and no list shows it. You can change that until the vote begins.{warning}"
        ),
        State::Private => format!(
            "This stays private: it is not published, and no list shows it. You can change that at any time.{warning}"
        ),
        _ if consent.is_some_and(Consent::is_yes) => {
            let then = if for_vote { "stands in the group's vote".into() } else { format!("is published in {place}") };
            format!(
                "You said yes, {name}. It is about {} too, and {then} once all of you have said yes. You can change your answer at any \
                 time.",
                joined(&others)
            )
        }
        _ => {
            let team = if others.is_empty() {
                String::new()
            } else {
                format!(
                    " It is about {} too: it is {} only if all of you say yes, and erased if one of you wants that.",
                    joined(&others),
                    if for_vote { "put to the vote" } else { "published" }
                )
            };
            let may_we = if for_vote {
                format!(
                    "May it stand in the group's vote? Then everybody in the group can read it on the ballot, and if it is chosen we publish \
                     it as a story in {place}, so that others can learn from it. Nobody learns how many voted for it."
                )
            } else {
                format!("May we publish it as a story in {place}, so that others can learn from it?")
            };
            format!(
                "Somebody in {group} nominated you for good customer experience, and the reviewers agreed. Well done!{team}\n\n\
                 {may_we} It is your decision, nobody is told of a no, and nothing of it enters any file on you. Without an answer in \
                 {CONSENT_DAYS} days it stays private.{warning}"
            )
        }
    }
}

/// For those whom no direct message reaches: names nobody and nothing.
pub(super) fn notice() -> Post {
    Post::text(
        "I have a private message that I could not deliver, because somebody's direct messages are closed. If yours are, press the \
         button: only you see what it shows.",
    )
    .with_buttons([Button::primary(Action::Waiting.to_id(), "See what waits for me")])
}

/// The story in the recognition channel, naming those who said that it may.
pub(super) fn story(nomination: &Nomination) -> Post {
    let who = who(nomination);
    Post::text(format!("{who} showed what good customer experience looks like.")).with_card(
        Card::new(title(nomination), told(&nomination.words))
            .with_footer("Published with the consent of everybody it is about. Seen something like it? Run /nominate."),
    )
}

/// Who did it, as the story may say it: those who agreed by name, the others as colleagues.
pub(super) fn who(nomination: &Nomination) -> String {
    let mut parts: Vec<String> = nomination.named().into_iter().map(UserId::mention).collect();
    let unnamed = nomination.people.len() - parts.len();
    match (parts.is_empty(), unnamed) {
        (_, 0) => {}
        (true, 1) => parts.push("A colleague".into()),
        (true, _) => parts.push("A team".into()),
        (false, 1) => parts.push("a colleague".into()),
        (false, _) => parts.push("colleagues".into()),
    }
    joined(&parts)
}

/// A story told once more, by the weekly schedule.
pub(super) fn story_again(nomination: &Nomination) -> Post {
    let mut post = story(nomination);
    post.text = format!("**A story worth telling again.** {}", post.text);
    post
}

/// To the author: declined, and why.
pub(super) fn declined(nomination: &Nomination) -> Post {
    let reason = escape(nomination.reason.as_deref().unwrap_or_default());
    Post::text(format!(
        "Thank you for nominating {}. The reviewers decided not to take it further this time. What they wrote to you:\n\n{reason}\n\n\
         The person you nominated is not told. You can say it to them yourself with `/thanks`.",
        nomination.mentions()
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
        nomination.mentions()
    ))
}

/// The form for the words; filled with what is there.
pub(super) fn words_form(nomination: &Nomination) -> Form {
    let id = Action::Written(nomination.id).to_id();
    Form::new(id, "What good work did you see?", word_inputs(&nomination.words))
}

/// The form in which somebody it is about corrects the text.
pub(super) fn correction_form(nomination: &Nomination) -> Form {
    let id = Action::Corrected(nomination.id, nomination.revision).to_id();
    Form::new(id, "Correct the text about you", word_inputs(&nomination.words))
}

fn word_inputs(words: &Words) -> [Input; 4] {
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
    ]
}

/// The form for a reviewer's question to the author.
pub(super) fn question_form(nomination: &Nomination) -> Form {
    Form::new(
        Action::AskedAuthor(nomination.id).to_id(),
        "Ask the author",
        [Input::long("question", "What would help you to judge it?", 300)
            .hint("When was this? How do you know that the customer was pleased?")],
    )
}

/// The form for the author's answer.
pub(super) fn answer_form(nomination: &Nomination) -> Form {
    Form::new(
        Action::AnsweredReviewer(nomination.id).to_id(),
        "Answer the reviewers",
        [Input::long("answer", "Your answer; they do not see your name", 600)],
    )
}

/// To the author: what a reviewer wants to know.
pub(super) fn asked_author(nomination: &Nomination, question: &str) -> Post {
    Post::text(format!(
        "A reviewer of your nomination of {} has a question. They do not see who you are, and you need not answer.\n\n{}",
        nomination.mentions(),
        escape(question)
    ))
    .with_buttons([Button::primary(Action::AnswerReviewer(nomination.id).to_id(), "Answer")])
}

/// The form for a second.
pub(super) fn second_form(nomination: &Nomination) -> Form {
    Form::new(
        Action::Seconded(nomination.id).to_id(),
        "Second this nomination",
        [Input::long("reason", "What did you see of it yourself?", 400)
            .hint("Only the reviewers read it, without your name.")],
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
pub(super) fn thanks_form(person: UserId) -> Form {
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
pub(super) fn thanks(from: &str, from_user: UserId, did: &str, changed: &str, group: &str) -> Post {
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
pub(super) fn thanks_sent(person: UserId) -> Post {
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
