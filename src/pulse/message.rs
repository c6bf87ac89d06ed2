//! Every word a pulse says.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::model::{Pulse, PulseId, State};
use crate::discord::ControlId;
use crate::post::{Button, Post};
use crate::survey::{Answer, ClosedCounts, Counts, Findings, Kind, Question, Score, Spread, Thresholds};

/// The first word of a pulse's control ids.
pub(super) const FEATURE: &str = "pulse";

/// What people read of a pulse whose key was lost.
pub(super) const STOPPED: &str = "This pulse was stopped: the key that sealed its answers was lost, so nobody can ever read them. They were \
     deleted and nothing was counted. A lead can open the pulse again.";

/// What the controls of a pulse mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action<'id> {
    /// This answer. The token is read with the question; see [`Answer::parse`].
    Answer { pulse: PulseId, token: &'id str },
    /// Take my answer back.
    Withdraw { pulse: PulseId },
    /// Show me the promise.
    Promise { pulse: PulseId },
}

impl<'id> Action<'id> {
    pub(super) const ANSWER: &'static str = "answer";
    pub(super) const WITHDRAW: &'static str = "withdraw";
    pub(super) const PROMISE: &'static str = "promise";

    pub(super) fn to_id(self) -> String {
        let (action, rest) = match self {
            Self::Answer { pulse, token } => (Self::ANSWER, format!("{pulse}:{token}")),
            Self::Withdraw { pulse } => (Self::WITHDRAW, pulse.to_string()),
            Self::Promise { pulse } => (Self::PROMISE, pulse.to_string()),
        };
        ControlId { feature: FEATURE, action, rest: &rest }.to_string()
    }

    pub(super) fn parse(id: &'id str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        Some(match id.action {
            Self::ANSWER => {
                let (pulse, token) = id.rest.split_once(':')?;
                Self::Answer { pulse: pulse.parse().ok()?, token }
            }
            Self::WITHDRAW => Self::Withdraw { pulse: id.rest.parse().ok()? },
            Self::PROMISE => Self::Promise { pulse: id.rest.parse().ok()? },
            _ => return None,
        })
    }
}

/// The instant in words, in the reader's own time zone; Discord fills it in.
pub(super) fn at(instant: DateTime<Utc>) -> String {
    format!("<t:{}:f>", instant.timestamp())
}

fn on(instant: DateTime<Utc>) -> String {
    format!("<t:{}:D>", instant.timestamp())
}

/// The promise, compiled from what is in force when a pulse opens, and frozen with it.
pub(super) fn compile_promise(closes_at: DateTime<Utc>, thresholds: &Thresholds, backup_policy: &str) -> String {
    let policy = backup_policy.trim().trim_end_matches('.');
    let policy = if policy.is_empty() { "not stated" } else { policy };
    format!(
        "Your answer is shown only as part of totals, and only if at least {} people answer. How the answers spread is shown only from \
         {} answers. Nothing is shown before the pulse closes, not even how many have answered.\n\n\
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

/// The pulse as it is posted.
pub(super) fn opened(pulse: &Pulse, question: &Question) -> Post {
    let text = format!(
        "**Pulse: {}**\n{}\n\n**{}**\n\nOne press answers; another press changes your answer. Only you see the reply. Open until {}.\n\
         Shown only as totals, and only if at least {} people answer.",
        pulse.definition.title,
        pulse.definition.purpose,
        question.ask,
        at(pulse.closes_at),
        pulse.thresholds.score,
    );
    with_controls(Post::text(text), pulse, question, true)
}

fn with_controls(mut post: Post, pulse: &Pulse, question: &Question, enabled: bool) -> Post {
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
    let promise = Button::secondary(Action::Promise { pulse: pulse.id }.to_id(), "How are answers protected?");
    post.with_buttons(apart.into_iter().chain([promise]))
}

/// What the original post becomes when a pulse is over, or nearly.
pub(super) fn over(pulse: &Pulse, question: &Question, state: State) -> Post {
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
    let text = format!("**Pulse: {}**\n{}\n\n{what}", pulse.definition.title, question.ask);
    with_controls(Post::text(text), pulse, question, false)
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
        Some(eligible) => format!("{eligible} people can answer."),
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

/// The result. `closed` holds the counts of the questions that had enough answers.
pub(super) fn result(pulse: &Pulse, closed: &[ClosedCounts]) -> Post {
    let mut text = format!("**Result of the pulse “{}”**", pulse.definition.title);
    for question in &pulse.definition.questions {
        let counts = closed.iter().find(|closed| closed.question.key == question.key).map(|closed| &closed.counts);
        let findings = counts.map_or(Findings::TooFew, |counts| pulse.thresholds.findings(question, counts));
        let _ = write!(text, "\n\n**{}**\n{}", question.ask, found(&findings, question, pulse));
    }
    let closed_at = pulse.closed_at.unwrap_or(pulse.closes_at);
    let _ = write!(text, "\n\nClosed on {}. The single answers and their key are destroyed.", on(closed_at));
    Post::text(text)
}

fn found(findings: &Findings, question: &Question, pulse: &Pulse) -> String {
    let thresholds = &pulse.thresholds;
    let Findings::Shown { answered, score, spread } = findings else {
        return format!("Fewer than {} people answered, so nothing is shown and nothing was kept.", thresholds.score);
    };
    let mut text = String::new();
    if let Some(score) = score {
        let _ = writeln!(text, "{}", score_in_words(*score, question));
    }
    let _ = match pulse.eligible.filter(|eligible| *eligible >= *answered && *eligible > 0) {
        Some(eligible) => {
            let share = percent(*answered, eligible);
            writeln!(text, "{answered} of {eligible} people answered ({share} %).")
        }
        None => writeln!(text, "{answered} people answered."),
    };
    match spread {
        Spread::Counts(counts) => text.push_str(&spread_in_lines(counts, question)),
        Spread::TooFew => {
            let _ = write!(text, "How the answers spread is shown from {} answers.", thresholds.spread);
        }
        Spread::TooAlike => {
            text.push_str("Nearly all answers were alike, so how they spread is not shown: in a small group it would tell everybody's answer.");
        }
    }
    text
}

fn score_in_words(score: Score, question: &Question) -> String {
    let options = question.kind.options();
    let number = match score {
        Score::Points(points) => points.to_string(),
        Score::NinetyFiveOrHigher => "95 or higher".into(),
        Score::FiveOrLower => "5 or lower".into(),
    };
    let share_of = |label: &str| match score {
        Score::Points(points) => format!("**{points} %** {label}"),
        Score::NinetyFiveOrHigher => format!("**95 % or more** {label}"),
        Score::FiveOrLower => format!("**5 % or less** {label}"),
    };
    match question.kind {
        Kind::Thumbs => share_of("thumbs up"),
        Kind::YesNo => share_of(if question.reversed { "no" } else { "yes" }),
        Kind::Agree | Kind::Ease | Kind::Quality | Kind::Likelihood | Kind::Choice { .. } => {
            let steps = options.len().saturating_sub(1);
            let points = match score {
                Score::Points(points) => usize::from(points),
                Score::NinetyFiveOrHigher => 100,
                Score::FiveOrLower => 0,
            };
            let step = (points * steps + 50) / 100;
            let place = if question.reversed { steps - step } else { step };
            let word = match options.get(place).map(String::as_str) {
                Some("Neither") | None => "mixed".to_owned(),
                Some(word) => word.to_lowercase(),
            };
            format!("**{number}** of 100, in words: {word}.")
        }
        Kind::ZeroToTen { .. } | Kind::OneToSeven { .. } | Kind::Several { .. } | Kind::Comment => {
            format!("**{number}** of 100.")
        }
    }
}

fn spread_in_lines(counts: &Counts, question: &Question) -> String {
    let answered = counts.answered();
    let mut lines: Vec<String> = question
        .kind
        .options()
        .iter()
        .zip(&counts.options)
        .map(|(label, &count)| format!("- {label}: {count} ({} %)", percent(count, answered)))
        .collect();
    if let Some(label) = &question.does_not_apply {
        lines.push(format!("- {label}: {} (not part of the score)", counts.does_not_apply));
    }
    lines.join("\n")
}

fn percent(part: u32, whole: u32) -> u32 {
    // Halves up, in whole numbers.
    u32::try_from((u64::from(part) * 200 + u64::from(whole)) / (u64::from(whole) * 2)).unwrap_or(100)
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
mod tests;
