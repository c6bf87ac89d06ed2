//! The private screens: the author's, the reviewer's, and the list of one's own.

use super::action::Action;
use super::catalogue::Catalogue;
use super::message::{question, told};
use super::nomination::{MOST_PEOPLE, Nomination, Relation, Round, State};
use super::refusal::NominationRefusal;
use crate::ids::UserId;
use crate::people::GuildSettings;
use crate::post::{Button, Card, Post, Select, SelectKind, SelectOption};
use crate::text::{escape, shorten};

/// A nomination as its author writes it, changes it, or looks what became of it.
pub(super) fn author(nomination: &Nomination, catalogue: &Catalogue, note: Option<&str>) -> Post {
    let who = nomination.mentions();
    let text = match nomination.state {
        State::Draft => format!("**Nominating {who} for good customer experience**\n{}", next_for_draft(nomination)),
        State::Waiting => format!(
            "**Your nomination of {who}** is with the reviewers. They do not see who wrote it. \
             Until they decide you can change it here, which is saved at once, or take it back."
        ),
        _ => format!("**Your nomination of {who}**\n{}", outcome(nomination)),
    };
    let mut post = Post::text(noted(note, &text));
    if nomination.state == State::Draft || nomination.state == State::Waiting {
        if !nomination.words.is_empty() {
            let title = nomination.tag_title.clone().unwrap_or_else(|| "Your words".into());
            post = post.with_card(Card::new(title, told(&nomination.words)));
        }
        post = post
            .with_select(tags(nomination, catalogue))
            .with_select(relations(nomination))
            .with_select(team(nomination));
        if !catalogue.programs.is_empty() {
            post = post.with_select(programs(nomination, catalogue));
        }
        post = post.with_buttons(steps(nomination));
    }
    post
}

fn noted(note: Option<&str>, text: &str) -> String {
    note.map_or_else(|| text.to_owned(), |note| format!("{note}\n\n{text}"))
}

fn next_for_draft(nomination: &Nomination) -> String {
    let lacks = nomination.lacks();
    if lacks.is_empty() {
        return "Please read it once more. Nothing is sent before you press Send; the reviewers do not see who wrote it.".into();
    }
    if nomination.words.is_empty() {
        return "Choose what it stands for and how you know their work, then tell what happened. This draft is kept for you; \
                nobody else sees it."
            .into();
    }
    format!("Still needed: {}. This draft is kept for you; nobody else sees it.", lacks.join(", "))
}

fn tags(nomination: &Nomination, catalogue: &Catalogue) -> Select {
    let options = catalogue.tags.iter().map(|tag| {
        let mut option = SelectOption::new(&tag.id, shorten(&tag.title(), 100)).described(&tag.means);
        option.picked = nomination.tag.as_deref() == Some(tag.id.as_str());
        option
    });
    Select::one(Action::Tag(nomination.id).to_id(), "Which principle or value does it show?", options)
}

fn relations(nomination: &Nomination) -> Select {
    let options = Relation::ALL.map(|relation| {
        let label = match relation {
            Relation::SameTeam => "We are in the same team",
            Relation::Manager => "I am their manager",
            Relation::Customer => "I was the customer",
            Relation::Other => "Another way",
        };
        let mut option = SelectOption::new(relation.word(), label);
        option.picked = nomination.relation == Some(relation);
        option
    });
    Select::one(Action::Relation(nomination.id).to_id(), "How do you know their work?", options)
}

fn team(nomination: &Nomination) -> Select {
    Select {
        id: Action::Team(nomination.id).to_id(),
        kind: SelectKind::Users(nomination.people.iter().map(|person| person.user).collect()),
        placeholder: "Whom is it about? One to five people".into(),
        min: 1,
        max: u8::try_from(MOST_PEOPLE).expect("five fits"),
    }
}

fn programs(nomination: &Nomination, catalogue: &Catalogue) -> Select {
    let options = catalogue.programs.iter().take(25).map(|(key, name)| {
        let mut option = SelectOption::new(key, shorten(name, 100));
        option.picked = nomination.program.as_ref() == Some(key);
        option
    });
    Select {
        id: Action::Program(nomination.id).to_id(),
        kind: SelectKind::Options(options.collect()),
        placeholder: "Which program is it about? (optional)".into(),
        min: 0,
        max: 1,
    }
}

/// Others have nominated this person already: second that, or write another.
pub(super) fn offer_second(person: UserId, others: &[Nomination], note: Option<&str>) -> Post {
    let text = format!(
        "Somebody has nominated {} in this round already. If it is for the same deed, second it: the reviewers read your reason, without \
         your name, and it takes none of your two nominations. For another deed, write your own.",
        person.mention()
    );
    let options = others.iter().map(|nomination| {
        let title = nomination.tag_title.as_deref().unwrap_or("Good customer experience");
        SelectOption::new(nomination.id.to_string(), shorten(title, 100))
    });
    Post::text(noted(note, &text))
        .with_select(Select::one(Action::Second.to_id(), "Second the one about …", options))
        .with_buttons([Button::secondary(Action::Fresh(person).to_id(), "Write my own")])
}

fn steps(nomination: &Nomination) -> Vec<Button> {
    let id = nomination.id;
    let complete = nomination.lacks().is_empty();
    let write = if nomination.words.is_empty() { "Tell what happened" } else { "Edit the words" };
    let write_id = Action::Write(id).to_id();
    if nomination.state == State::Waiting {
        return vec![Button::secondary(write_id, write), Button::danger(Action::TakeBack(id).to_id(), "Take it back")];
    }
    let send = Button::success(Action::Send(id).to_id(), "Send");
    let discard = Button::danger(Action::Discard(id).to_id(), "Discard");
    if complete {
        vec![send, Button::secondary(write_id, write), discard]
    } else {
        vec![Button::primary(write_id, write), send.disabled(), discard]
    }
}

/// What became of a nomination, for its author. What the nominee answered is not theirs to know, except what everybody can read.
fn outcome(nomination: &Nomination) -> String {
    match nomination.state {
        State::Draft => "Not sent yet.".into(),
        State::Waiting => "With the reviewers.".into(),
        State::Declined => {
            let reason = escape(nomination.reason.as_deref().unwrap_or_default());
            format!("The reviewers did not take it further this time. What they wrote to you:\n{reason}")
        }
        State::Thanked => "The reviewers passed your words on as a private thank-you, without your name.".into(),
        State::Asked | State::Standing | State::Published | State::Private | State::Refused => ACCEPTED.into(),
        State::Withdrawn if nomination.decided_at.is_some() => ACCEPTED.into(),
        State::Withdrawn => "You took it back. Its text is erased.".into(),
        State::Expired => "Its round is long over. Its text is erased.".into(),
    }
}

const ACCEPTED: &str =
    "The reviewers accepted it. Whether it becomes a story is now the decision of the person it is about.";

/// After sending.
pub(super) fn sent(nomination: &Nomination, round: &Round) -> Post {
    Post::text(format!(
        "Thank you. Your nomination of {} for {} is with the reviewers, without your name. You will hear from me if they decline it. \
         Until they decide, `/recognition mine` lets you change it or take it back.",
        nomination.mentions(),
        round.quarter.words()
    ))
    .with_buttons([Button::secondary(Action::See(nomination.id).to_id(), "Look at it")])
}

/// After discarding a draft or taking a nomination back.
pub(super) fn taken_back(nomination: &Nomination) -> Post {
    Post::text(format!("Taken back. What you wrote about {} is erased, and nobody is told.", nomination.mentions()))
}

/// The list behind `/recognition mine`.
pub(super) fn mine(nominations: &[Nomination], user: UserId) -> Post {
    if nominations.is_empty() {
        return Post::text(
            "You have no nominations, and no story about you waits for your answer. Saw good work? `/nominate` a person for it.",
        );
    }
    let line = |nomination: &Nomination| {
        if nomination.nominator == user {
            let state = match nomination.state {
                State::Draft => "a draft, not sent yet",
                State::Waiting => "with the reviewers",
                State::Declined => "not taken further; see the reason",
                State::Thanked => "passed on as thanks",
                State::Asked
                | State::Standing
                | State::Published
                | State::Private
                | State::Refused
                | State::Withdrawn => "accepted",
                State::Expired => "over",
            };
            return format!("- You nominated {}: {state}", nomination.mentions());
        }
        let state = match nomination.state {
            State::Asked => "waits for your answer",
            State::Standing => "stands in the vote, as you agreed",
            State::Published => "published, as you agreed",
            _ => "private",
        };
        format!("- About you ({}): {state}", nomination.tag_title.as_deref().unwrap_or("good customer experience"))
    };
    let text = format!("**Yours**\n{}", nominations.iter().map(line).collect::<Vec<_>>().join("\n"));
    let options = nominations.iter().enumerate().map(|(index, nomination)| {
        let about = if nomination.nominator == user { "You nominated somebody" } else { "About you" };
        let label = format!("{}. {about}", index + 1);
        SelectOption::new(nomination.id.to_string(), label).described(nomination.tag_title.clone().unwrap_or_default())
    });
    Post::text(shorten(&numbered(&text), 2000)).with_select(Select::one(
        Action::Open.to_id(),
        "Look at one, change it or withdraw it",
        options,
    ))
}

/// The dashes of a list as numbers, to match the options below it.
fn numbered(text: &str) -> String {
    let mut number = 0;
    let lines = text.lines().map(|line| match line.strip_prefix("- ") {
        Some(rest) => {
            number += 1;
            format!("{number}. {rest}")
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One nomination as one person may see it.
pub(super) fn seen_by(
    user: UserId,
    nomination: &Nomination,
    catalogue: &Catalogue,
    settings: &GuildSettings,
) -> Result<Post, NominationRefusal> {
    if user == nomination.nominator {
        return Ok(author(nomination, catalogue, None));
    }
    match nomination.state {
        _ if nomination.honoree(user).is_none() => Err(NominationRefusal::NotYours),
        state if state.is_theirs() => Ok(question(nomination, user, settings)),
        State::Draft | State::Waiting => Err(NominationRefusal::NotYours),
        _ => Err(NominationRefusal::Erased),
    }
}

/// Asks once more before a story is withdrawn.
pub(super) fn sure(nomination: &Nomination) -> Post {
    Post::text(
        "Withdraw it? I take the story down if it stands in the channel, and erase its text. I cannot bring it back, and I cannot \
         recall copies that people made or what stands on somebody's screen. Nobody is told.",
    )
    .with_buttons([
        Button::danger(Action::Retracted(nomination.id).to_id(), "Withdraw and erase"),
        Button::secondary(Action::See(nomination.id).to_id(), "Keep it"),
    ])
}

/// After the nominee withdrew or refused.
pub(super) const ERASED: &str =
    "Done. The text is erased here, and what I had posted of it is being taken down. Nobody is told.";

/// After `/recognition open` and `/recognition close`.
pub(super) fn round_set(round: &Round, zone: chrono_tz::Tz, open: bool, changed: bool) -> String {
    let quarter = round.quarter.words();
    let until = round.closes_at.map_or_else(String::new, |at| {
        let last = (at - chrono::TimeDelta::seconds(1)).with_timezone(&zone).format("%A, %-d %B %Y");
        format!(
            " They close by themselves at the end of {last}; a week before, I remind people in the recognition channel."
        )
    });
    let vote = super::vote::sentence_of_round(round);
    match (open, changed) {
        (true, true) => {
            format!(
                "Nominations for {quarter} are open again.{until}{vote} Nothing was posted; tell people where it suits you."
            )
        }
        (true, false) => format!(
            "Nominations for {quarter} are open.{until}{vote} A round opens by itself with each fiscal quarter; `/recognition close` ends it early."
        ),
        (false, true) => format!(
            "Nominations for {quarter} are closed. What was sent stays in `/recognition queue`. `/recognition open` opens the round again."
        ),
        (false, false) => {
            format!("Nominations for {quarter} are closed already. `/recognition open` opens the round again.")
        }
    }
}

#[cfg(test)]
#[path = "screens_tests.rs"]
mod tests;
