//! One row on its way: what to ask of Discord, and what its answer means for the row.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::store::ORIGIN_FAILED;
use super::store::{self, Claimed};
use crate::discord::{Fault, Posted, Rest};
use crate::error::Result;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::post::Post;
use crate::services::Services;
use crate::store as facts;

/// Discord recognises a repeated send for "a few minutes"; within this time it is trusted to.
const NONCE_WINDOW: TimeDelta = TimeDelta::seconds(100);
/// Between two tries at most.
const LONGEST_WAIT: TimeDelta = TimeDelta::seconds(600);
/// About a day of tries.
const MOST_ATTEMPTS: i64 = 150;
/// Somebody who does not take direct messages is asked again after this.
const ASK_AGAIN: TimeDelta = TimeDelta::days(7);
/// Discord asks for more patience than this: too many private channels were opened.
const OPENING_TOO_FAST: TimeDelta = TimeDelta::minutes(10);

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Discord has it: channel and message.
    Sent(i64, i64),
    /// Given up, in words for a lead.
    Failed(String),
    /// Another try after this time; it may have reached Discord.
    Again(TimeDelta),
    /// Another try after this time; it did not reach Discord.
    Untouched(TimeDelta),
    /// Discord cannot be reached at all.
    Unreachable,
    /// The token is no longer accepted.
    Unauthorized,
}

/// Sends one row.
pub(super) async fn deliver(services: &Services, rest: &Rest, nonce_seed: &str, row: &Claimed) -> Result<Outcome> {
    let delivery = Delivery { services, rest, row, nonce: format!("{nonce_seed}{}", row.id) };
    let done = match row.kind.as_str() {
        "post" => delivery.post_in(ChannelId::from_db(row.target_id.unwrap_or_default())).await?,
        "direct" => delivery.direct(UserId::from_db(row.target_id.unwrap_or_default())).await?,
        _ => delivery.about_another().await?,
    };
    Ok(match done {
        Ok(outcome) => outcome,
        Err(fault) => judge(row, fault),
    })
}

struct Delivery<'a> {
    services: &'a Services,
    rest: &'a Rest,
    row: &'a Claimed,
    nonce: String,
}

/// What Discord made of it; an outer error is a fault of ours (the database).
type Asked = Result<Result<Outcome, Fault>>;

impl Delivery<'_> {
    async fn post_in(&self, channel: ChannelId) -> Asked {
        let Some(post) = self.post() else { return Ok(Ok(unreadable())) };
        if let Some(since) = first_try(self.row).filter(|since| self.services.clock.now() - *since > NONCE_WINDOW) {
            match self.find_own(channel, &post, since).await? {
                Ok(Some(message)) => return Ok(Ok(Outcome::Sent(channel.db(), message.db()))),
                Ok(None) => {}
                // Without the right to read the channel's history nobody can know; a message twice is better than none.
                Err(Fault::Declined { status: 403, .. }) => {
                    tracing::warn!(
                        row = self.row.id,
                        "Cannot look whether a message was sent before a crash; sending it"
                    );
                }
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Ok(self.rest.post(channel, &post, &self.nonce).await.map(|message| Outcome::Sent(channel.db(), message.db())))
    }

    async fn direct(&self, user: UserId) -> Asked {
        let key = format!("direct:{user}");
        let channel = match self.kept(&key).await?.as_deref().map(Direct::parse) {
            Some(Direct::Closed(until)) if until > self.services.clock.now() => {
                return Ok(Ok(Outcome::Failed(CLOSED.to_owned())));
            }
            Some(Direct::Channel(channel)) => channel,
            _ => match self.rest.open_direct(user).await {
                Ok(channel) => {
                    self.keep(key.clone(), Direct::Channel(channel)).await?;
                    channel
                }
                Err(fault) => return self.closed(key, fault).await,
            },
        };
        match self.post_in(channel).await? {
            Ok(outcome) => Ok(Ok(outcome)),
            Err(fault) if fault.is_code(10003) => {
                // The private channel is gone; the next try opens another.
                self.services.store.write(move |tx| Box::pin(async move { facts::forget(tx, &key).await })).await?;
                Ok(Ok(Outcome::Untouched(TimeDelta::seconds(1))))
            }
            Err(fault) => self.closed(key, fault).await,
        }
    }

    /// Remembers somebody who takes no direct messages, so that they are not asked again and again.
    async fn closed(&self, key: String, fault: Fault) -> Asked {
        if fault.is_code(50007) || fault.is_code(50278) {
            self.keep(key, Direct::Closed(self.services.clock.now() + ASK_AGAIN)).await?;
        }
        Ok(Err(fault))
    }

    async fn about_another(&self) -> Asked {
        let row = self.row;
        let of_key = row.of_key.clone().unwrap_or_default();
        let key = if row.kind == "reply" { format!("{of_key}/thread") } else { of_key.clone() };
        if row.kind == "delete" {
            let (key, now) = (key.clone(), self.services.clock.now());
            if self
                .services
                .store
                .write(move |tx| Box::pin(async move { store::withdraw(tx, &key, now).await }))
                .await?
            {
                return Ok(Ok(Outcome::Sent(0, 0)));
            }
        }
        let origin = self.services.store.read(|tx| Box::pin(async move { store::origin(tx, &key).await })).await?;
        let origin = match origin {
            Some(origin) if origin.sent_at.is_some() => origin,
            // Nothing was sent, so there is nothing to take away.
            Some(origin) if origin.failed_at.is_some() && row.kind == "delete" => return Ok(Ok(Outcome::Sent(0, 0))),
            Some(origin) if origin.failed_at.is_none() => return Ok(Ok(Outcome::Untouched(TimeDelta::seconds(2)))),
            None if row.kind == "delete" => return Ok(Ok(Outcome::Sent(0, 0))),
            // Where no thread may be opened, what was meant for it goes to the channel, below its message; not when that is gone.
            Some(thread) if row.kind == "reply" && thread.failure.as_deref() != Some(MESSAGE_GONE) => {
                let beside = self.services.store.read(|tx| Box::pin(async move { store::origin(tx, &of_key).await }));
                return match beside
                    .await?
                    .filter(|beside| beside.sent_at.is_some())
                    .and_then(|beside| beside.channel_id)
                {
                    Some(channel) => self.post_in(ChannelId::from_db(channel)).await,
                    None => Ok(Ok(Outcome::Failed(ORIGIN_FAILED.to_owned()))),
                };
            }
            _ => return Ok(Ok(Outcome::Failed(ORIGIN_FAILED.to_owned()))),
        };
        let (Some(channel), Some(message)) = (origin.channel_id, origin.message_id) else {
            return Ok(Ok(Outcome::Failed("The message that this belongs to is not known any more.".to_owned())));
        };
        let (channel_id, message_id) = (ChannelId::from_db(channel), MessageId::from_db(message));
        let here = Outcome::Sent(channel, message);
        Ok(match row.kind.as_str() {
            // The row of a thread holds the thread in place of a message.
            "reply" => return self.post_in(ChannelId::from_db(message)).await,
            "edit" => {
                let Some(post) = self.post() else { return Ok(Ok(unreadable())) };
                match self.rest.edit(channel_id, message_id, &post).await {
                    // Somebody deleted it on Discord: there is nothing left to change.
                    Err(fault) if fault.is_code(10008) => Ok(here),
                    done => done.map(|()| here),
                }
            }
            "delete" => match self.rest.delete(channel_id, message_id).await {
                // Gone already, which is what was asked for.
                Err(fault) if fault.is_code(10008) || fault.is_code(10003) => Ok(here),
                done => done.map(|()| here),
            },
            "thread" => match self.rest.open_thread(channel_id, message_id, &row.body).await {
                Ok(thread) => Ok(Outcome::Sent(channel, thread.db())),
                // Opened by an earlier try: a message's thread has the message's own id.
                Err(fault) if fault.is_code(160_004) => Ok(here),
                Err(fault) => Err(fault),
            },
            kind => {
                tracing::error!(kind, row = row.id, "The outbox holds a kind of row that this version does not know");
                Ok(Outcome::Failed("This version of cxbot cannot send it.".to_owned()))
            }
        })
    }

    fn post(&self) -> Option<Post> {
        serde_json::from_str(&self.row.body)
            .inspect_err(
                |fault| tracing::error!(row = self.row.id, %fault, "The outbox holds a post that cannot be read"),
            )
            .ok()
    }

    /// The message that an earlier try left, if it did.
    async fn find_own(
        &self,
        channel: ChannelId,
        post: &Post,
        since: DateTime<Utc>,
    ) -> Result<Result<Option<MessageId>, Fault>> {
        let (own_id, newest) = match (self.rest.own_id().await, self.rest.newest(channel).await) {
            (Ok(own_id), Ok(newest)) => (own_id, newest),
            (Err(fault), _) | (_, Err(fault)) => return Ok(Err(fault)),
        };
        for posted in newest.iter().filter(|posted| is_ours(posted, post, &self.nonce, own_id, since)) {
            let message = posted.id.db();
            if !self.services.store.read(|tx| Box::pin(store::is_recorded(tx, message))).await? {
                return Ok(Ok(Some(posted.id)));
            }
        }
        Ok(Ok(None))
    }

    async fn kept(&self, key: &str) -> Result<Option<String>> {
        let key = key.to_owned();
        self.services.store.read(|tx| Box::pin(async move { facts::kept(tx, &key).await })).await
    }

    async fn keep(&self, key: String, direct: Direct) -> Result<()> {
        let value = direct.to_text();
        self.services.store.write(move |tx| Box::pin(async move { facts::keep(tx, &key, &value).await })).await
    }
}

/// Trying again would not make it readable, and it must not hold up what comes after it.
fn unreadable() -> Outcome {
    Outcome::Failed("This version of cxbot cannot read the message.".to_owned())
}

const MESSAGE_GONE: &str = "The message no longer exists on Discord.";
const CLOSED: &str = "This person does not accept direct messages from cxbot.";

/// What is known about somebody's private channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direct {
    Channel(ChannelId),
    Closed(DateTime<Utc>),
    Unknown,
}

impl Direct {
    fn parse(text: &str) -> Self {
        match text.split_once(' ') {
            Some(("channel", id)) => id.parse().map_or(Self::Unknown, Self::Channel),
            Some(("closed", until)) => until.parse().map_or(Self::Unknown, Self::Closed),
            _ => Self::Unknown,
        }
    }

    fn to_text(self) -> String {
        match self {
            Self::Channel(channel) => format!("channel {channel}"),
            Self::Closed(until) => format!("closed {}", until.to_rfc3339()),
            Self::Unknown => String::new(),
        }
    }
}

/// When a row may first have reached Discord; `None` when it cannot have.
fn first_try(row: &Claimed) -> Option<DateTime<Utc>> {
    if row.attempts == 0 {
        return None;
    }
    // The waits after the earlier tries add up to the time since the first; a void claim is a try with no wait after it yet.
    let waits = |tries: i64| (1..=tries).fold(TimeDelta::zero(), |sum, attempts| sum + wait(attempts));
    Some(match row.last_claim_at {
        Some(claimed_at) if row.attempts == 1 => claimed_at,
        Some(_) => row.due_at - waits(row.attempts - 1),
        None => row.due_at - waits(row.attempts),
    })
}

/// How long to wait after this many tries.
fn wait(attempts: i64) -> TimeDelta {
    TimeDelta::seconds(1_i64 << attempts.clamp(0, 16)).min(LONGEST_WAIT)
}

/// Whether a message in the channel is what an earlier try of this row left there.
fn is_ours(posted: &Posted, post: &Post, nonce: &str, own_id: UserId, since: DateTime<Utc>) -> bool {
    if posted.author.id != own_id {
        return false;
    }
    if posted.nonce.as_ref().and_then(|nonce| nonce.as_str()).is_some_and(|told| told == nonce) {
        return true;
    }
    // Discord's clock and ours may differ by a few seconds. It trims what it is given.
    posted.timestamp >= since - TimeDelta::seconds(10)
        && posted.content.trim() == post.text.trim()
        && posted.embeds.len() == usize::from(post.card.is_some())
        && posted.embeds.iter().zip(&post.card).all(|(embed, card)| {
            let text = |name: &str| embed[name].as_str().unwrap_or_default().trim();
            text("title") == card.title.trim() && text("description") == card.text.trim()
        })
        && posted.attachments.len() == post.files.len()
}

/// What a fault means for the row.
fn judge(row: &Claimed, fault: Fault) -> Outcome {
    let attempts = row.attempts + 1;
    let (code, message) = match fault {
        Fault::Unauthorized => return Outcome::Unauthorized,
        Fault::NotSent(_) => return Outcome::Unreachable,
        Fault::Limited(after) => {
            return Outcome::Untouched(TimeDelta::from_std(after).unwrap_or(LONGEST_WAIT) + TimeDelta::seconds(1));
        }
        Fault::Unclear(_) if attempts < MOST_ATTEMPTS => return Outcome::Again(wait(attempts)),
        Fault::Unclear(why) => (0, why),
        Fault::Declined { code: 40003, .. } => return Outcome::Untouched(OPENING_TOO_FAST),
        Fault::Declined { code, message, .. } => (code, message),
    };
    tracing::warn!(row = row.id, kind = row.kind, code, message, "A message could not be sent");
    Outcome::Failed(match code {
        0 => "Discord did not take the message for a whole day.".to_owned(),
        10003 => "The channel no longer exists. Choose another one with /setup.".to_owned(),
        10008 => MESSAGE_GONE.to_owned(),
        50001 => "cxbot cannot see the channel. Let its role view the channel and send messages there.".to_owned(),
        50013 => "cxbot may not do this in the channel. Give its role these permissions there: View Channel, Send Messages, Embed Links, \
                  Attach Files, Create Public Threads, Send Messages in Threads."
            .to_owned(),
        50007 | 50278 => CLOSED.to_owned(),
        50083 => "The thread is archived and locked.".to_owned(),
        code => format!("Discord declined the message (its reason has the number {code}). Tell whoever runs cxbot."),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn noon() -> DateTime<Utc> {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn row(attempts: i64, last_claim_at: Option<DateTime<Utc>>) -> Claimed {
        Claimed {
            id: 7,
            kind: "post".into(),
            target_id: Some(5),
            of_key: None,
            body: String::new(),
            version: 1,
            attempts,
            due_at: noon(),
            last_claim_at,
        }
    }

    fn declined(code: i64) -> Fault {
        Fault::Declined { status: 403, code, message: "no".into() }
    }

    #[test]
    fn a_fresh_row_was_never_tried_and_a_void_claim_tells_when() {
        assert_eq!(first_try(&row(0, None)), None);
        assert_eq!(first_try(&row(1, Some(noon() - TimeDelta::minutes(5)))), Some(noon() - TimeDelta::minutes(5)));
        // Tried at 11:59:54, again 2 s later, due again 4 s after that.
        assert_eq!(first_try(&row(2, None)), Some(noon() - TimeDelta::seconds(6)));
        // The same, and then the process died during the third try.
        assert_eq!(first_try(&row(3, Some(noon()))), Some(noon() - TimeDelta::seconds(6)));
    }

    #[test]
    fn waits_grow_and_end() {
        let seconds: Vec<_> = (1..=11).map(|attempts| wait(attempts).num_seconds()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
        assert_eq!(wait(i64::MAX), LONGEST_WAIT);
    }

    #[test]
    fn faults_are_judged_by_what_can_be_done() {
        assert_eq!(judge(&row(0, None), Fault::Unclear("x".into())), Outcome::Again(TimeDelta::seconds(2)));
        assert_eq!(judge(&row(0, None), Fault::NotSent("x".into())), Outcome::Unreachable);
        assert_eq!(judge(&row(0, None), Fault::Unauthorized), Outcome::Unauthorized);
        assert_eq!(judge(&row(0, None), declined(40003)), Outcome::Untouched(OPENING_TOO_FAST));
        assert!(matches!(judge(&row(149, None), Fault::Unclear("x".into())), Outcome::Failed(_)));
        for (code, words) in
            [(50001, "cannot see"), (50013, "permissions"), (50007, "direct messages"), (10003, "/setup")]
        {
            let Outcome::Failed(told) = judge(&row(0, None), declined(code)) else { panic!("{code} must fail") };
            assert!(told.contains(words), "{code}: {told}");
        }
    }

    #[test]
    fn our_own_message_is_recognised_and_no_other() {
        let posted = |author: &str, content: &str, at: &str| -> Posted {
            serde_json::from_value(json!({"id": "9", "author": {"id": author}, "content": content, "timestamp": at}))
                .unwrap()
        };
        let post = Post::text("Hello ");
        let ours = |posted: &Posted| is_ours(posted, &post, "abc7", UserId(1), noon());
        assert!(ours(&posted("1", "Hello", "2026-11-23T12:00:01Z")));
        assert!(!ours(&posted("2", "Hello", "2026-11-23T12:00:01Z")), "somebody else's");
        assert!(!ours(&posted("1", "Hello!", "2026-11-23T12:00:01Z")), "another text");
        assert!(!ours(&posted("1", "Hello", "2026-11-23T11:00:00Z")), "an older one");
        let mut marked = posted("1", "edited since", "2026-11-23T12:00:01Z");
        marked.nonce = Some(json!("abc7"));
        assert!(ours(&marked), "the mark decides");
    }

    #[test]
    fn what_is_known_about_a_private_channel_survives_as_text() {
        for direct in [Direct::Channel(ChannelId(5)), Direct::Closed(noon())] {
            assert_eq!(Direct::parse(&direct.to_text()), direct);
        }
        assert_eq!(Direct::parse("nonsense"), Direct::Unknown);
    }
}
