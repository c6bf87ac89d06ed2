//! Every word a pulse says.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::model::{Asked, Outcome, Pulse, PulseId, State};
use crate::calendar::date_words;
use crate::discord::ControlId;
use crate::post::{Button, Post};
use crate::survey::{Answer, Thresholds};
use crate::text::{escape, plural, shorten};

mod answering;
mod chart;
mod leads;
mod results;

pub(super) use answering::{PulseView, in_words};
pub(super) use chart::{chart_svg, with_chart};
pub(super) use leads::{
    act_form, comment_to_judge, comments_done, named_answers, outcome, outcome_due, outcome_without_day, parse_day,
    published_comments, shorten_form,
};
pub(super) use results::{Before, counted_in_words, people, result};

/// The first word of a pulse's control ids.
pub(super) const FEATURE: &str = "pulse";

/// What people read of a pulse whose key was lost.
pub(super) const STOPPED: &str = "This pulse was stopped: the key that sealed its answers was lost, so nobody can ever read them. They were \
     deleted and nothing was counted. A lead can open the pulse again.";

/// What the controls of a pulse mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action<'id> {
    /// This answer to a pulse that one press answers. The token is read with the question; see [`Answer::parse`].
    Answer { pulse: PulseId, token: &'id str },
    /// Take my answers back.
    Withdraw { pulse: PulseId },
    /// Show me the promise.
    Promise { pulse: PulseId },
    /// Begin answering, or look where I stand.
    Start { pulse: PulseId },
    /// Show this question.
    Show { pulse: PulseId, index: usize },
    /// This answer to this question.
    Give { pulse: PulseId, index: usize, token: &'id str },
    /// These of several options.
    Pick { pulse: PulseId, index: usize },
    /// Open the form for a comment.
    Write { pulse: PulseId, index: usize },
    /// The comment as it was written.
    Wrote { pulse: PulseId, index: usize },
    /// Go back to the picked question.
    Change { pulse: PulseId },
    /// Everything once more.
    Review { pulse: PulseId },
    /// Let it count.
    Send { pulse: PulseId },
    /// Throw away what was not sent.
    Discard { pulse: PulseId },
    /// What leads wrote about an outcome.
    Acted { pulse: PulseId },
    /// No reminders for me any more.
    NoReminders,
    /// A lead would publish this comment as it is.
    Publish { comment: &'id str },
    /// A lead wants to shorten or sum up a comment.
    Shorten { comment: &'id str },
    /// The shortened comment.
    Shortened { comment: &'id str },
    /// A lead would leave this comment out.
    LeaveOut { comment: &'id str },
    /// A second lead agrees with the first.
    Agree { comment: &'id str },
    /// A lead builds a pulse; read on with [`Step::parse`](crate::pulse::builder::Step::parse).
    Build { step: &'id str },
}

impl<'id> Action<'id> {
    pub(super) const ANSWER: &'static str = "answer";
    pub(super) const WITHDRAW: &'static str = "withdraw";
    pub(super) const PROMISE: &'static str = "promise";
    /// Controls of everybody.
    pub(super) const OF_MEMBERS: [&'static str; 14] = [
        Self::ANSWER,
        Self::WITHDRAW,
        Self::PROMISE,
        "start",
        "show",
        "give",
        "pick",
        "write",
        "wrote",
        "change",
        "review",
        "send",
        "discard",
        "no-reminders",
    ];
    /// Controls of leads.
    pub(super) const OF_LEADS: [&'static str; 7] =
        ["acted", "publish", "shorten", "shortened", "leave-out", "agree", "build"];

    pub(super) fn to_id(self) -> String {
        let of = |pulse: PulseId| pulse.to_string();
        let at = |pulse: PulseId, index: usize| format!("{pulse}:{index}");
        let (action, rest) = match self {
            Self::Answer { pulse, token } => (Self::ANSWER, format!("{pulse}:{token}")),
            Self::Withdraw { pulse } => (Self::WITHDRAW, of(pulse)),
            Self::Promise { pulse } => (Self::PROMISE, of(pulse)),
            Self::Start { pulse } => ("start", of(pulse)),
            Self::Show { pulse, index } => ("show", at(pulse, index)),
            Self::Give { pulse, index, token } => ("give", format!("{pulse}:{index}:{token}")),
            Self::Pick { pulse, index } => ("pick", at(pulse, index)),
            Self::Write { pulse, index } => ("write", at(pulse, index)),
            Self::Wrote { pulse, index } => ("wrote", at(pulse, index)),
            Self::Change { pulse } => ("change", of(pulse)),
            Self::Review { pulse } => ("review", of(pulse)),
            Self::Send { pulse } => ("send", of(pulse)),
            Self::Discard { pulse } => ("discard", of(pulse)),
            Self::Acted { pulse } => ("acted", of(pulse)),
            Self::NoReminders => ("no-reminders", String::new()),
            Self::Publish { comment } => ("publish", comment.to_owned()),
            Self::Shorten { comment } => ("shorten", comment.to_owned()),
            Self::Shortened { comment } => ("shortened", comment.to_owned()),
            Self::LeaveOut { comment } => ("leave-out", comment.to_owned()),
            Self::Agree { comment } => ("agree", comment.to_owned()),
            Self::Build { step } => ("build", step.to_owned()),
        };
        ControlId { feature: FEATURE, action, rest: &rest }.to_string()
    }

    pub(super) fn parse(id: &'id str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        let of = || id.rest.parse::<PulseId>().ok();
        let at = || {
            let (pulse, index) = id.rest.split_once(':')?;
            Some((pulse.parse::<PulseId>().ok()?, index.parse::<usize>().ok()?))
        };
        let comment = id.rest;
        Some(match id.action {
            Self::ANSWER => {
                let (pulse, token) = id.rest.split_once(':')?;
                Self::Answer { pulse: pulse.parse().ok()?, token }
            }
            "give" => {
                let mut parts = id.rest.splitn(3, ':');
                let (pulse, index) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
                Self::Give { pulse, index, token: parts.next()? }
            }
            Self::WITHDRAW => Self::Withdraw { pulse: of()? },
            Self::PROMISE => Self::Promise { pulse: of()? },
            "start" => Self::Start { pulse: of()? },
            "show" => at().map(|(pulse, index)| Self::Show { pulse, index })?,
            "pick" => at().map(|(pulse, index)| Self::Pick { pulse, index })?,
            "write" => at().map(|(pulse, index)| Self::Write { pulse, index })?,
            "wrote" => at().map(|(pulse, index)| Self::Wrote { pulse, index })?,
            "change" => Self::Change { pulse: of()? },
            "review" => Self::Review { pulse: of()? },
            "send" => Self::Send { pulse: of()? },
            "discard" => Self::Discard { pulse: of()? },
            "acted" => Self::Acted { pulse: of()? },
            "no-reminders" => Self::NoReminders,
            "publish" => Self::Publish { comment },
            "shorten" => Self::Shorten { comment },
            "shortened" => Self::Shortened { comment },
            "leave-out" => Self::LeaveOut { comment },
            "agree" => Self::Agree { comment },
            "build" => Self::Build { step: id.rest },
            _ => return None,
        })
    }
}

/// The instant in words, in the reader's own time zone; Discord fills it in.
pub(super) fn at(instant: DateTime<Utc>) -> String {
    format!("<t:{}:f>", instant.timestamp())
}

pub(super) fn on(instant: DateTime<Utc>) -> String {
    format!("<t:{}:D>", instant.timestamp())
}

/// The promise, compiled from what is in force when a pulse opens, and frozen with it.
pub(super) fn compile_promise(
    closes_at: DateTime<Utc>,
    thresholds: &Thresholds,
    backup_policy: &str,
    named: bool,
    divisions: &[String],
) -> String {
    if named {
        return format!(
            "**This pulse is not anonymous.** After the close, leads see who answered what. Everybody else sees totals, and only if at least \
             {} people answer. Until the pulse closes ({}, or earlier if a lead closes it) you can change or withdraw your answers, and \
             nobody is shown anything. If you would rather not answer with your name, leave it: nobody is asked why.",
            thresholds.score,
            at(closes_at),
        );
    }
    let policy = backup_policy.trim().trim_end_matches('.');
    let policy = if policy.is_empty() { "not stated" } else { policy };
    let by_division = if divisions.is_empty() {
        String::new()
    } else {
        format!(
            "\n\nThe result also has a score for each division ({}), and one for people in none. A division is shown only if at least {} of \
             it answered and nobody can work out the others from it. Which one you are in, by the roster when this pulse opened, is sealed \
             with your answer.",
            division_names(divisions),
            thresholds.score
        )
    };
    format!(
        "Your answer is shown only as part of totals, and only if at least {} people answer. How the answers spread is shown only from \
         {} answers. Nothing is shown before the pulse closes, not even how many have answered.{by_division}\n\n\
         Until the pulse closes ({}, or earlier if a lead closes it) you can change or withdraw your answer. For that, the bot keeps it \
         sealed under a key, and the people who run the bot's server could in principle open it. They commit not to.\n\n\
         At the close the bot counts, then destroys the key and the single answers. After that neither the bot nor the people who run \
         it can tell who answered what, or who answered at all.\n\n\
         Discord carries your button presses under its own policy. In a small group people may guess.\n\
         Backups of this installation: {policy}.",
        thresholds.score,
        thresholds.spread,
        at(closes_at),
    )
}

/// The pulse as it is posted. `outcome` is what was told after its last run.
pub(super) fn opened(pulse: &Pulse, outcome: Option<&Outcome>) -> Post {
    let definition = &pulse.definition;
    let mut text = format!("**Pulse: {}**\n{}", definition.title, definition.purpose);
    if pulse.asked != Asked::Everybody {
        let _ = write!(text, "\nAsked: {}.", asked_in_words(&pulse.asked));
    }
    if let Some(outcome) = outcome {
        let _ = write!(
            text,
            "\n\nWhat came of the last one: you said “{}”. We will: {} ({}, by {}).",
            escape(&shorten(&outcome.you_said, 200)),
            escape(&shorten(&outcome.we_will, 200)),
            escape(&outcome.owner),
            date_words(outcome.due_on)
        );
    }
    let shown = if pulse.named {
        format!(
            "**Not anonymous: leads will see who answered what.** Everybody else sees totals, from {} answers on.",
            pulse.thresholds.score
        )
    } else {
        format!("Shown only as totals, and only if at least {} people answer.", pulse.thresholds.score)
    };
    let shown = if pulse.divisions.is_empty() {
        shown
    } else {
        format!("{shown} Also by division ({}), by the same rule.", division_names(&pulse.divisions))
    };
    let closes = at(pulse.closes_at);
    match definition.one_press() {
        Some(question) => {
            let _ = write!(
                text,
                "\n\n**{}**\n\nOne press answers; another press changes your answer. Only you see the reply. Open until {closes}.\n{shown}",
                question.ask
            );
        }
        None => {
            let _ = write!(
                text,
                "\n\n{}, one press each, asked in private. Change or withdraw your answers until {closes}.\n{shown}",
                plural(definition.questions.len() as u64, "question", "questions at most"),
            );
        }
    }
    with_controls(Post::text(text), pulse, true)
}

/// The divisions that are told apart.
fn division_names(divisions: &[String]) -> String {
    divisions.iter().map(|division| escape(division)).collect::<Vec<_>>().join(", ")
}

/// Who is asked, in words that fit behind "asks".
pub(super) fn asked_in_words(asked: &Asked) -> String {
    match asked {
        Asked::Everybody => "everybody on this server".into(),
        Asked::Role { role } => format!("people with the role <@&{role}>"),
        Asked::Division { name } => format!("the division {}", escape(name)),
        Asked::Customers { program, role } => format!("customers of {} (the role <@&{role}>)", escape(program)),
    }
}

fn with_controls(mut post: Post, pulse: &Pulse, enabled: bool) -> Post {
    let promise = Button::secondary(Action::Promise { pulse: pulse.id }.to_id(), "How are answers protected?");
    let Some(question) = pulse.definition.one_press() else {
        let start = Button { enabled, ..Button::primary(Action::Start { pulse: pulse.id }.to_id(), "Answer") };
        return post.with_buttons([start, promise]);
    };
    let button = |answer: Answer, label: &str| {
        let id = Action::Answer { pulse: pulse.id, token: &answer.token() }.to_id();
        Button { enabled, ..Button::secondary(id, label) }
    };
    let options = question.kind.options();
    let answers = (0_u8..).map(Answer::Option).zip(&options).map(|(answer, label)| button(answer, label));
    let buttons: Vec<Button> = answers.collect();
    // Eleven numbers stand as four, four and three rather than as five, five and one.
    let rows = buttons.len().div_ceil(5);
    let a_row = buttons.len().div_ceil(rows.max(1)).max(1);
    for row in buttons.chunks(a_row) {
        post = post.with_buttons(row.to_vec());
    }
    let apart = question.does_not_apply.as_deref().map(|label| button(Answer::DoesNotApply, label));
    post.with_buttons(apart.into_iter().chain([promise]))
}

/// What the original post becomes when a pulse is over, or nearly.
pub(super) fn over(pulse: &Pulse, state: State) -> Post {
    let closed =
        pulse.closed_at.map_or_else(|| "closed".to_owned(), |closed_at| format!("closed on {}", at(closed_at)));
    let what = match state {
        State::Open | State::Closing => {
            format!("This pulse {closed}. Its result follows when every single answer has been destroyed.")
        }
        State::Closed => {
            format!("This pulse {closed}. Its result is posted in this channel, and `/pulse results` shows it again.")
        }
        State::Stopped => STOPPED.to_owned(),
    };
    let about = pulse.definition.one_press().map_or(&pulse.definition.purpose, |question| &question.ask);
    with_controls(Post::text(format!("**Pulse: {}**\n{about}\n\n{what}", pulse.definition.title)), pulse, false)
}

/// After a press that was stored. Does not repeat the answer.
pub(super) fn sealed(pulse: PulseId, closes_at: DateTime<Utc>, changed: bool) -> Post {
    let what = if changed { "Your answer is sealed in place of your earlier one." } else { "Your answer is sealed." };
    Post::text(format!(
        "{what} You can change it until {}: press another option on the post. Nothing is shown before the close; then it is counted and destroyed.",
        at(closes_at)
    ))
    .with_buttons([Button::danger(Action::Withdraw { pulse }.to_id(), "Withdraw my answer")])
}

/// After a withdrawal.
pub(super) fn withdrawn(closes_at: DateTime<Utc>) -> Post {
    Post::text(format!("Your answer is withdrawn. You can answer again until {}, on the post.", at(closes_at)))
}

/// A withdrawal where there was nothing.
pub(super) fn nothing_to_withdraw(closes_at: DateTime<Utc>) -> Post {
    Post::text(format!("You have no answer in this pulse. You can give one until {}, on the post.", at(closes_at)))
}

/// A press that came too late.
pub(super) fn too_late(pulse: &Pulse) -> Post {
    let closed = at(pulse.closed_at.unwrap_or(pulse.closes_at));
    Post::text(match pulse.state {
        State::Open | State::Closing => {
            format!(
                "This pulse closed on {closed}, so this press changed nothing. Its result will be posted in {}.",
                pulse.channel.mention()
            )
        }
        State::Closed => {
            format!(
                "This pulse closed on {closed}, so this press changed nothing. `/pulse results` shows what came out."
            )
        }
        State::Stopped => STOPPED.to_owned(),
    })
}

/// The whole promise.
pub(super) fn promise(pulse: &Pulse) -> Post {
    Post::text(format!("**How answers to “{}” are protected**\n{}", pulse.definition.title, pulse.promise))
}

/// To the lead who opened it.
pub(super) fn opened_for_lead(pulse: &Pulse) -> Post {
    let asked = match pulse.eligible {
        Some(eligible) => match pulse.counted {
            None => format!("{eligible} people can answer."),
            counted => {
                let people = people(eligible, counted);
                let first = people.chars().next().map_or_else(String::new, |letter| letter.to_uppercase().to_string());
                format!("{first}{} can answer ({}).", people.get(1..).unwrap_or_default(), counted_in_words(counted))
            }
        },
        None => format!(
            "I don't know how many people are on this server, so the result will not say what share answered. With fewer than {} \
             people, please ask in another way: in a very small group people can be guessed.",
            pulse.thresholds.eligible
        ),
    };
    Post::text(format!(
        "“{}” is on its way to {} and open until {}. {asked}\nNothing is shown to anybody before it closes, not even to you. It closes by \
         itself and posts its result; `/pulse close` closes it earlier.",
        pulse.definition.title,
        pulse.channel.mention(),
        at(pulse.closes_at),
    ))
}

/// To the lead who closed it.
pub(super) fn closed_for_lead(pulse: &Pulse) -> Post {
    Post::text(format!(
        "“{}” is closed. The single answers and their key are destroyed, and the result is on its way to {}.",
        pulse.definition.title,
        pulse.channel.mention()
    ))
}

/// To the lead who opened a pulse whose answers could not be destroyed yet.
pub(super) fn result_waits(pulse: &Pulse) -> Post {
    Post::text(format!(
        "“{}” is closed, but its result has to wait: the single answers could not be destroyed yet, because the disk or the database \
         of the bot has a problem. I keep trying. Please ask the people who run the bot to look at its log.",
        pulse.definition.title
    ))
}

/// Said in the channel when a pulse is stopped.
pub(super) fn stopped(pulse: &Pulse) -> Post {
    Post::text(format!("**Pulse: {}**\n{STOPPED}", pulse.definition.title))
}

/// After the one press that ends reminders.
pub(super) fn no_more_reminders() -> Post {
    Post::text("You get no more reminders from me by direct message. Pulses are still posted in their channel.")
}

/// To everybody in the channel, naming nobody.
pub(super) fn reminder(pulse: &Pulse, jump: &str) -> Post {
    Post::text(format!(
        "The pulse “{}” is open until {}.{jump} If you have answered, thank you: nothing more to do.",
        pulse.definition.title,
        at(pulse.closes_at)
    ))
}

/// The same to one person who asked for direct messages. It goes to all of them, whether they have answered or not, so that not even
/// a reminder tells who has.
pub(super) fn private_reminder(pulse: &Pulse, jump: &str) -> Post {
    reminder(pulse, jump).with_buttons([Button::secondary(Action::NoReminders.to_id(), "No reminders for me")])
}

/// What is open and what was.
pub(super) fn list(pulses: &[Pulse]) -> Post {
    let line = |pulse: &Pulse| {
        let closed_at = pulse.closed_at.unwrap_or(pulse.closes_at);
        let when = match pulse.state {
            State::Open => format!("in {}, open until {}", pulse.channel.mention(), at(pulse.closes_at)),
            State::Closing => "closed, being counted".to_owned(),
            State::Closed => format!("closed on {}", on(closed_at)),
            State::Stopped => format!("stopped on {}, nothing was counted", on(closed_at)),
        };
        format!("- {}: {when}", pulse.definition.title)
    };
    let running = |pulse: &&Pulse| matches!(pulse.state, State::Open | State::Closing);
    let open: Vec<String> = pulses.iter().filter(running).map(line).take(10).collect();
    let past: Vec<String> = pulses.iter().filter(|pulse| !running(pulse)).map(line).take(10).collect();
    let mut text = match open.as_slice() {
        [] => "No pulse is open now.".to_owned(),
        open => format!("**Open now**\n{}", open.join("\n")),
    };
    if !past.is_empty() {
        let _ = write!(text, "\n\n**Past pulses**\n{}\n`/pulse results` shows what came out.", past.join("\n"));
    }
    Post::text(text)
}

#[cfg(test)]
pub(super) mod tests;
