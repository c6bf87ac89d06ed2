//! What leads read and write after the close: comments, answers with names, and what came of it all.

use std::fmt::Write;

use chrono::NaiveDate;

use super::{Action, in_words};
use crate::calendar::date_words;
use crate::ids::UserId;
use crate::post::{Button, Card, Form, Input, Post};
use crate::pulse::model::{Comment, Outcome, Pulse};
use crate::survey::{MOST_COMMENT_CHARS, Responses};
use crate::text::{escape, shorten};

/// The form of `/pulse act`.
pub(in crate::pulse) fn act_form(pulse: &Pulse, before: Option<&Outcome>) -> Form {
    let filled = |input: Input, text: Option<&str>| match text {
        Some(text) => input.filled(text),
        None => input,
    };
    let of = |get: fn(&Outcome) -> &str| before.map(get);
    Form::new(
        Action::Acted { pulse: pulse.id }.to_id(),
        shorten(&format!("What comes of “{}”", pulse.definition.title), 45),
        [
            filled(Input::long("said", "You said (a strength, a weakness)", 600), of(|outcome| &outcome.you_said)),
            filled(Input::long("will", "We will (one action)", 600), of(|outcome| &outcome.we_will)),
            filled(Input::short("owner", "Who looks after it", 80), of(|outcome| &outcome.owner)),
            {
                let day = before.map(|outcome| outcome.due_on.to_string());
                filled(Input::short("due", "By which day, as 2026-12-31", 10), day.as_deref())
            },
            filled(Input::long("wont", "We won't, because", 400).optional(), of(|outcome| &outcome.we_will_not)),
        ],
    )
}

/// What came of it, for the channel.
pub(in crate::pulse) fn outcome(pulse: &Pulse, outcome: &Outcome) -> Post {
    let title = format!("What comes of “{}”", pulse.definition.title);
    let card = outcome_card(&title, outcome, &format!("{}, by {}", escape(&outcome.owner), date_words(outcome.due_on)));
    Post::text("Thank you for answering. This is what comes of it.").with_card(card)
}

/// To the lead whose form named no day that can be kept to: a form cannot be asked again by itself, so their words come back to them.
pub(in crate::pulse) fn outcome_without_day(outcome: &Outcome, written_day: &str) -> Post {
    Post::text(format!(
        "“{}” is not a day from today on, so nothing was posted. Run `/pulse act` again and write the day as 2026-12-31. What you \
         wrote is here for you to copy.",
        escape(written_day)
    ))
    .with_card(outcome_card("What you wrote", outcome, &escape(&outcome.owner)))
}

fn outcome_card(title: &str, outcome: &Outcome, who: &str) -> Card {
    // Where every character is escaped, what fits the form no longer fits Discord's 1,024 characters of a field.
    let words = |text: &str| shorten(&escape(text), 800);
    let card = Card::new(title, "")
        .with_field("You said", words(&outcome.you_said))
        .with_field("We will", format!("{}\n{}", words(&outcome.we_will), shorten(who, 200)));
    if outcome.we_will_not.is_empty() {
        card
    } else {
        card.with_field("We won't, because", words(&outcome.we_will_not))
    }
}

/// To the lead who promised, on the day.
pub(in crate::pulse) fn outcome_due(pulse: &Pulse, outcome: &Outcome) -> Post {
    Post::text(format!(
        "Today is the day you named after the pulse “{}”: {} ({}). If it is done, tell the channel; if not, `/pulse act` says what \
         changes and by when.",
        pulse.definition.title,
        escape(&outcome.we_will),
        escape(&outcome.owner)
    ))
}

/// One comment, to be judged by this lead.
pub(in crate::pulse) fn comment_to_judge(pulse: &Pulse, comment: &Comment, left: usize, done: Option<&str>) -> Post {
    let question = pulse.definition.questions.iter().find(|question| question.key == comment.measure);
    let mut text = String::new();
    if let Some(done) = done {
        let _ = write!(text, "{done}\n\n");
    }
    let _ = write!(
        text,
        "**Comments on “{}”** · {left} to look at\n{}\n\n> {}\n\nTake out names and incidents that point at somebody. If it is about you, leave it to \
         two other leads. It is published when two leads agree.",
        pulse.definition.title,
        question.map_or("", |question| &question.ask),
        escape(&comment.words).replace('\n', "\n> ")
    );
    let id = &comment.id;
    let mut buttons = Vec::new();
    if let Some((proposal, _)) = &comment.proposal {
        let suggestion = if proposal.is_empty() {
            "Another lead would leave it out.".to_owned()
        } else if *proposal == comment.words {
            "Another lead would publish it word for word.".to_owned()
        } else {
            format!("Another lead would publish:\n> {}", escape(proposal).replace('\n', "\n> "))
        };
        let _ = write!(text, "\n\n{suggestion}");
        buttons.push(Button::primary(Action::Agree { comment: id }.to_id(), "Agree"));
    }
    buttons.extend([
        Button::secondary(Action::Publish { comment: id }.to_id(), "Word for word"),
        Button::secondary(Action::Shorten { comment: id }.to_id(), "Shorten or sum up"),
        Button::secondary(Action::LeaveOut { comment: id }.to_id(), "Leave out"),
    ]);
    Post::text(text).with_buttons(buttons)
}

/// Nothing left for this lead to judge.
pub(in crate::pulse) fn comments_done(pulse: &Pulse, waiting: usize) -> Post {
    Post::text(if waiting == 0 {
        format!(
            "All comments on “{}” are decided by two leads. Those to be published are in the channel.",
            pulse.definition.title
        )
    } else {
        format!("Thank you. {waiting} comments on “{}” wait for another lead.", pulse.definition.title)
    })
}

/// The form to shorten a comment.
pub(in crate::pulse) fn shorten_form(comment: &Comment) -> Form {
    let text = comment.proposal.as_ref().map_or(&comment.words, |(proposal, _)| proposal);
    let input = Input::long("words", "What to publish", MOST_COMMENT_CHARS).filled(text.as_str());
    Form::new(Action::Shortened { comment: &comment.id }.to_id(), "Shorten or sum up", [input])
}

/// The comments that two leads agreed to publish, for the channel.
pub(in crate::pulse) fn published_comments(pulse: &Pulse, comments: &[Comment]) -> Option<Post> {
    let agreed = |comment: &Comment| match &comment.proposal {
        Some((words, _)) if comment.agreed && !words.is_empty() => Some(words.clone()),
        _ => None,
    };
    let lines: Vec<String> =
        comments.iter().filter_map(agreed).map(|words| format!("- {}", escape(&words).replace('\n', " "))).collect();
    (!lines.is_empty()).then(|| {
        Post::text(format!(
            "**Comments on the pulse “{}”**\nPublished, shortened or summed up by two leads, in no order.",
            pulse.definition.title
        ))
        .with_card(Card::new("In your words", shorten(&lines.join("\n"), 4_000)))
    })
}

/// Who answered what, for a lead, in a pulse that said so.
pub(in crate::pulse) fn named_answers(pulse: &Pulse, answers: &[(UserId, Responses)]) -> Post {
    let questions = &pulse.definition.questions;
    let lines: Vec<String> = answers
        .iter()
        .map(|(user, given)| {
            let each: Vec<String> = given
                .asked(questions)
                .into_iter()
                .map(|index| {
                    format!(
                        "{}: {}",
                        shorten(&questions[index].ask, 60),
                        in_words(&questions[index], given.given(index))
                    )
                })
                .collect();
            format!("<@{user}>\n{}", each.join("\n"))
        })
        .collect();
    let text = format!(
        "**Answers to “{}”**\nThis pulse was not anonymous, and people were told so first. Only you see this.",
        pulse.definition.title
    );
    Post::text(text).with_card(Card::new("By person", shorten(&lines.join("\n\n"), 4_000)))
}

/// Reads the day of an outcome.
pub(in crate::pulse) fn parse_day(text: &str) -> Option<NaiveDate> {
    text.trim().parse().ok()
}
