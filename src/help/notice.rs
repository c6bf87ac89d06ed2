//! What did not happen, for leads: messages that could not be sent, and occasions that were missed.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::date_words;
use crate::discord::ControlId;
use crate::error::Result;
use crate::ids::{ChannelId, GuildId};
use crate::outbox::{self, Failure};
use crate::post::{Button, Post};
use crate::schedule::{self, Occurrence, OccurrenceState};
use crate::store::Tx;
use crate::text::{escape, plural, shorten};

/// The first word of help's control ids.
pub(super) const FEATURE: &str = "help";
/// Missed occasions are told for this long.
const REMEMBERED: TimeDelta = TimeDelta::days(14);
/// The most lines of one kind; the rest is counted.
const MOST_LINES: usize = 8;

/// What a control of the notice means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Send the failed messages again.
    Again,
    /// Give the failed messages up.
    LetGo,
}

impl Action {
    pub(super) fn to_id(self) -> String {
        let action = match self {
            Self::Again => "again",
            Self::LetGo => "let-go",
        };
        ControlId { feature: FEATURE, action, rest: "" }.to_string()
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        match ControlId::parse(id).filter(|id| id.feature == FEATURE)?.action {
            "again" => Some(Self::Again),
            "let-go" => Some(Self::LetGo),
            _ => None,
        }
    }
}

/// A job that leads hear of, and how they call what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    pub what: String,
    pub due_at: DateTime<Utc>,
    /// cxbot was off; otherwise it was tried and failed.
    pub was_off: bool,
}

impl Missed {
    pub(super) fn of(occurrence: &Occurrence, what: String) -> Self {
        Self { what, due_at: occurrence.due_at, was_off: occurrence.state == OccurrenceState::Missed }
    }
}

/// What did not happen on a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Undone {
    pub failures: Vec<Failure>,
    pub occurrences: Vec<Occurrence>,
}

/// Looks what did not happen lately; `jobs` are the ones that leads hear of.
pub(super) async fn load(tx: &mut Tx, guild: GuildId, jobs: &[&str], now: DateTime<Utc>) -> Result<Undone> {
    let failures = outbox::failures(tx, guild).await?;
    let occurrences = schedule::lately_of(tx, guild, jobs, now - REMEMBERED).await?;
    Ok(Undone { failures, occurrences })
}

/// Adds what did not happen to `post`; nothing when all is well.
pub(super) fn add_to(mut post: Post, failures: &[Failure], missed: &[Missed], zone: Tz) -> Post {
    let own: Vec<_> = failures.iter().filter(|failure| !failure.follows).collect();
    let count = own.len() + missed.len();
    if count == 0 {
        return post;
    }
    let mut lines = grouped(&own);
    lines.extend(missed.iter().take(MOST_LINES).map(|missed| missed_line(missed, zone)));
    if missed.len() > MOST_LINES {
        lines.push(format!("- and {} more before that", missed.len() - MOST_LINES));
    }
    let title = plural(count as u64, "thing did not happen", "things did not happen");
    post.text = shorten(&format!("**{title}:**\n{}\n\n{}", lines.join("\n"), post.text), 2000);
    if own.is_empty() {
        return post;
    }
    post.with_buttons([
        Button::primary(Action::Again.to_id(), "Send again"),
        Button::secondary(Action::LetGo.to_id(), "Give up on these messages"),
    ])
}

/// One line for each place and reason. Who a direct message was for stays between cxbot and that person.
fn grouped(failures: &[&Failure]) -> Vec<String> {
    let mut groups: Vec<(Option<ChannelId>, &str, usize)> = Vec::new();
    for failure in failures {
        match groups.iter_mut().find(|(channel, why, _)| *channel == failure.channel && *why == failure.why) {
            Some((_, _, count)) => *count += 1,
            None => groups.push((failure.channel, &failure.why, 1)),
        }
    }
    let more = groups.len().saturating_sub(MOST_LINES);
    let mut lines: Vec<_> = groups
        .into_iter()
        .take(MOST_LINES)
        .map(|(channel, why, count)| {
            let messages = plural(count as u64, "message", "messages");
            match channel {
                Some(channel) => format!("- {messages} for {} could not be sent. {why}", channel.mention()),
                None => format!("- {messages} to a person or in a thread could not be sent. {why}"),
            }
        })
        .collect();
    if more > 0 {
        lines.push(format!("- and messages for {} more", plural(more as u64, "reason", "reasons")));
    }
    lines
}

fn missed_line(missed: &Missed, zone: Tz) -> String {
    let local = missed.due_at.with_timezone(&zone);
    let when = format!("{} at {}", date_words(local.date_naive()), local.format("%H:%M"));
    let what = escape(&missed.what);
    if missed.was_off {
        format!(
            "- {what}, due on {when}, was missed: cxbot was not running then. It comes at the next date, or post it by hand."
        )
    } else {
        format!("- {what}, due on {when}, could not be done. Check the channels with `/setup`, or post it by hand.")
    }
}

/// After "Send again".
pub(super) fn again(count: u64) -> Post {
    let text = if count == 0 {
        "Nothing waits to be sent again."
    } else {
        "On their way again. Run `/help` in a moment: it says whether something still does not arrive."
    };
    Post::text(text)
}

/// After giving up.
pub(super) fn let_go() -> Post {
    Post::text("Given up. These messages will not be sent, and what they would have said is erased.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Card;

    fn bare() -> Post {
        Post::text("**Next:** …").with_card(Card::new("What you can do here", "…"))
    }

    fn failure(channel: Option<u64>, why: &str, follows: bool) -> Failure {
        Failure {
            key: "k".into(),
            channel: channel.map(ChannelId),
            why: why.into(),
            failed_at: DateTime::UNIX_EPOCH,
            follows,
        }
    }

    #[test]
    fn controls_read_back() {
        for action in [Action::Again, Action::LetGo] {
            assert_eq!(Action::parse(&action.to_id()), Some(action));
        }
        assert_eq!(Action::parse("v1:help:burn"), None);
    }

    #[test]
    fn when_all_is_well_nothing_is_said() {
        assert_eq!(add_to(bare(), &[], &[], chrono_tz::UTC), bare());
        assert_eq!(add_to(bare(), &[failure(None, "x", true)], &[], chrono_tz::UTC), bare());
    }

    #[test]
    fn what_did_not_happen_reads_like_this() {
        let failures = [
            failure(Some(5), "The channel no longer exists. Choose another one with /setup.", false),
            failure(Some(5), "The channel no longer exists. Choose another one with /setup.", false),
            failure(None, "The message that this belongs to could not be sent.", true),
            failure(None, "This person does not accept direct messages from cxbot.", false),
        ];
        let missed = [true, false].map(|was_off| Missed {
            what: "The weekly lesson of the series cx-foundations".into(),
            due_at: "2026-12-01T14:00:00Z".parse().unwrap(),
            was_off,
        });
        insta::assert_snapshot!(add_to(bare(), &failures, &missed, chrono_tz::America::New_York).as_text(), @r"
        **5 things did not happen:**
        - 2 messages for <#5> could not be sent. The channel no longer exists. Choose another one with /setup.
        - 1 message to a person or in a thread could not be sent. This person does not accept direct messages from cxbot.
        - The weekly lesson of the series cx-foundations, due on Tuesday, December 1, 2026 at 09:00, was missed: cxbot was not running then. It comes at the next date, or post it by hand.
        - The weekly lesson of the series cx-foundations, due on Tuesday, December 1, 2026 at 09:00, could not be done. Check the channels with `/setup`, or post it by hand.

        **Next:** …
        ┌ What you can do here
        │ …
        └
        [ Send again ] [ Give up on these messages ]
        ");
    }
}
