//! Behind the curtain: what bot and server say to each other, faults to switch on, messages on their way, and transcripts to keep.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acts::{Act, Deed, Room};
use super::doing::Fault;
use super::replay::Transcript;
use super::{Desk, web};
use crate::emulator::{ChannelView, Direction, Effect, Entry, Id, MemberView, MessageView};
use crate::error::Result;
use crate::ids::GuildId;
use crate::outbox::{self, WaitingKind};

/// What the page has seen already, so that it fetches each entry once.
#[derive(Deserialize)]
pub(super) struct Since {
    /// Who looks.
    #[serde(rename = "as")]
    me: Id,
    #[serde(default)]
    after: u64,
}

/// The newest entries that one look brings; more than a screen holds.
const MOST_ENTRIES: usize = 200;

pub(super) async fn look(State(desk): State<Arc<Desk>>, Query(since): Query<Since>) -> Response {
    match desk.on_their_way(since.me).await {
        Ok(outbox) => {
            let mut entries: Vec<_> = desk
                .emulator
                .journal()
                .entries()
                .iter()
                .map(shown)
                .filter(|(number, _)| *number > since.after)
                .collect();
            let left_out = entries.len().saturating_sub(MOST_ENTRIES);
            let entries: Vec<Value> = entries.drain(left_out..).map(|(_, entry)| entry).collect();
            Json(json!({ "entries": entries, "outbox": outbox, "bot_ready": desk.emulator.bot_is_ready() }))
                .into_response()
        }
        Err(error) => web::faulty(&error, "The playground's backstage could not be read"),
    }
}

fn shown(entry: &Entry) -> (u64, Value) {
    match entry {
        Entry::Rest { number, method, path, query, body, files, status, answer, millis } => {
            let files: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let value = json!({
                "number": number, "kind": "rest", "method": method, "path": path, "query": query, "status": status,
                "millis": millis, "body": body, "answer": answer, "files": files,
            });
            (*number, value)
        }
        Entry::Gateway { number, direction, connection, frame } => {
            let from_bot = *direction == Direction::FromBot;
            let value = json!({
                "number": number, "kind": "gateway", "from_bot": from_bot, "connection": connection, "frame": frame,
            });
            (*number, value)
        }
    }
}

/// A bad day to switch on.
#[derive(Deserialize)]
pub(super) struct Bad {
    what: Fault,
    /// Whose direct messages are closed or opened.
    #[serde(rename = "as")]
    me: Option<Id>,
}

pub(super) async fn fault(State(desk): State<Arc<Desk>>, Json(bad): Json<Bad>) -> Response {
    let at = desk.clock.now();
    let Some(said) = desk.fault(bad.what, bad.me) else {
        return (StatusCode::BAD_REQUEST, "Say whose direct messages.").into_response();
    };
    let who = bad.me.and_then(|me| desk.person_name(me)).unwrap_or_default();
    desk.acts.note(Act { at, who, place: Room::default(), deed: Deed::Fault { fault: bad.what } });
    Json(json!({ "said": said })).into_response()
}

/// Which shape the transcript takes.
#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "as")]
    me: Id,
    #[serde(default)]
    form: String,
}

/// Everything that one person sees, channel by channel; as JSON also what everybody did, so that it can be played again, and what bot
/// and server said to each other, with tokens masked.
pub(super) async fn transcript(State(desk): State<Arc<Desk>>, Query(wanted): Query<Wanted>) -> Response {
    let rooms = desk.rooms(wanted.me);
    if wanted.form == "json" {
        let transcript = Transcript {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: desk.clock.now(),
            seen_by: desk.person_name(wanted.me).unwrap_or_default(),
            history: desk.acts.history(),
            channels: desk.conversations(wanted.me),
        };
        let mut made = json!(transcript);
        for (part, (_, messages)) in made["channels"].as_array_mut().into_iter().flatten().zip(rooms) {
            part["messages"] = json!(messages);
        }
        made["protocol"] = desk.emulator.journal().entries().iter().map(|entry| shown(entry).1).collect();
        return Json(made).into_response();
    }
    let mut text = format!("cxbot {} playground, {}\n", env!("CARGO_PKG_VERSION"), desk.clock.now());
    for (name, messages) in rooms {
        let _ = write!(text, "\n== {name}\n\n");
        text.push_str(&messages.iter().map(MessageView::as_text).collect::<Vec<_>>().join("\n"));
    }
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

impl Desk {
    /// Switches a bad day on or off, and says so; `None` when it does not say whose.
    pub(super) fn fault(&self, what: Fault, me: Option<Id>) -> Option<&'static str> {
        let faults = self.emulator.faults();
        let retry_after = Duration::from_secs(2);
        Some(match what {
            Fault::ServerError => {
                faults.on(Some("POST"), "/messages", Effect::Status(500), Some(1));
                "The next message that the bot posts meets a 500 once."
            }
            Fault::RateLimit => {
                faults.on(Some("POST"), "/messages", Effect::RateLimited { retry_after, global: false }, Some(1));
                "The next message that the bot posts is rate limited (429) for two seconds."
            }
            Fault::LostAnswer => {
                faults.on(Some("POST"), "/messages", Effect::LostAnswer, Some(1));
                "The next message that the bot posts arrives, but the answer is lost."
            }
            Fault::Slow => {
                faults.on(None, "", Effect::Latency(Duration::from_secs(4)), None);
                "Every request now takes four seconds, so commands fail, until the faults are cleared."
            }
            Fault::DropGateway => {
                self.emulator.drop_gateway();
                "The gateway connection is dropped. The bot comes back by itself."
            }
            Fault::CloseDirectMessages => {
                self.emulator.person(me?).closes_direct_messages(true);
                "This person's direct messages are closed."
            }
            Fault::OpenDirectMessages => {
                self.emulator.person(me?).closes_direct_messages(false);
                "This person's direct messages are open."
            }
            Fault::Clear => {
                faults.clear();
                "All faults are cleared."
            }
        })
    }

    /// The channels that a person sees and that are not empty, by name, and their direct messages.
    pub(super) fn rooms(&self, me: Id) -> Vec<(String, Vec<MessageView>)> {
        let channels = self.emulator.channels(self.guild, me);
        let named = channels.into_iter().map(|channel| (channel.name, self.emulator.messages(channel.id, me)));
        let direct = ("direct messages with cxbot".to_owned(), self.emulator.direct_messages(me));
        named.chain([direct]).filter(|(_, messages)| !messages.is_empty()).collect()
    }

    /// Which messages wait to be sent, as far as `me` may read them, and which were given up.
    async fn on_their_way(&self, me: Id) -> Result<Value> {
        let guild = GuildId(self.guild.get());
        let (waiting, failures) = self
            .services
            .store
            .read(move |tx| {
                Box::pin(
                    async move { Ok((outbox::list_waiting(tx, guild).await?, outbox::failures(tx, guild).await?)) },
                )
            })
            .await?;
        let failed: Vec<Value> = failures
            .into_iter()
            .map(|failure| json!({ "key": failure.key, "why": failure.why, "failed_at": failure.failed_at }))
            .collect();
        let (channels, members) = (self.emulator.channels(self.guild, me), self.emulator.members(self.guild));
        let waiting: Vec<Value> = waiting
            .into_iter()
            .map(|message| {
                let (what, words) = in_words(&message.kind, &channels, &members);
                json!({
                    "what": what, "words": words, "due_at": message.due_at, "tries": message.tries,
                    "follows": message.follows,
                })
            })
            .collect();
        Ok(json!({ "waiting": waiting, "failed": failed }))
    }
}

/// What waits and for whom, and how it begins if it is for a channel that the viewer sees.
fn in_words(kind: &WaitingKind, channels: &[ChannelView], members: &[MemberView]) -> (String, Option<String>) {
    match kind {
        WaitingKind::Post(channel, post) => match channels.iter().find(|each| each.id.get() == channel.0) {
            Some(channel) => {
                let begins = post.text.lines().chain(post.card.as_ref().map(|card| card.title.as_str()));
                let begins = begins.map(str::trim).find(|line| !line.is_empty());
                (format!("Message to #{}", channel.name), begins.map(|line| line.chars().take(80).collect()))
            }
            None => ("Message to a channel that this person does not see".to_owned(), None),
        },
        WaitingKind::Direct(user) => {
            let person = members.iter().find(|member| member.user_id.get() == user.0);
            let name = person.map_or("somebody who has left", |person| person.name.as_str());
            (format!("Private message to {name}"), None)
        }
        WaitingKind::Reply => ("Reply in a thread".to_owned(), None),
        WaitingKind::Edit => ("Change to a message".to_owned(), None),
        WaitingKind::Delete => ("Message to take away".to_owned(), None),
        WaitingKind::Thread => ("Thread to open".to_owned(), None),
    }
}
