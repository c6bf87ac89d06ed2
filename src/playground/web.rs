//! The page and the small API behind it. Loopback only, with a key in the address; other sites' pages cannot use it.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::acts::{Act, Deed, Room};
use super::doing::{DIRECT, Doing};
use super::{Desk, backstage};
use crate::emulator::{Id, Outcome};
use crate::error::Error;

#[derive(RustEmbed)]
#[folder = "src/playground/page/"]
struct Page;

/// The newest messages of a channel, which somebody who comes to it is handed.
const HANDED_AT_FIRST: usize = 100;

/// The most messages that are handed out at once; of a longer channel the page asks for the part that its reader has come to.
const MOST_HANDED: usize = 200;

/// Discord's channel type of a category.
const CATEGORY: u8 = 4;

pub(super) fn router(desk: Arc<Desk>) -> Router {
    let api = Router::new()
        .route("/api/look", get(look))
        .route("/api/coming", get(coming))
        .route("/api/backstage", get(backstage::look))
        .route("/api/fault", post(backstage::fault))
        .route("/api/transcript", get(backstage::transcript))
        .route("/api/events", get(events))
        .route("/api/act", post(act))
        .route("/api/clock", post(clock))
        .layer(middleware::from_fn_with_state(desk.clone(), with_key));
    Router::new()
        .merge(api)
        .fallback(page)
        .layer(middleware::from_fn_with_state(desk.clone(), from_here))
        .with_state(desk)
}

/// Refuses requests that a foreign page could cause: another Host (a name that was made to point here) or another Origin.
async fn from_here(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    if !is_ours(request.headers(), desk.port) {
        return (StatusCode::FORBIDDEN, "The playground answers only to its own page on this machine.").into_response();
    }
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    // Images come from the emulator, which listens on a port of its own.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        desk.emulator.api_base()
    );
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("a policy of plain ASCII"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

fn is_ours(headers: &HeaderMap, port: u16) -> bool {
    let ours = |authority: &str| {
        [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")]
            .iter()
            .any(|one| one == authority)
    };
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host_is_ours = text(HOST).is_some_and(ours);
    let origin_is_ours = text(ORIGIN).is_none_or(|origin| origin.strip_prefix("http://").is_some_and(ours));
    host_is_ours && origin_is_ours
}

async fn with_key(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let in_header = request.headers().get("x-playground-key").and_then(|value| value.to_str().ok()) == Some(&desk.key);
    // An EventSource cannot send headers, so the event stream takes the key in its address.
    let in_query = request.uri().path() == "/api/events"
        && request
            .uri()
            .query()
            .is_some_and(|query| query.split('&').any(|part| part.strip_prefix("key=") == Some(&desk.key)));
    if in_header || in_query {
        next.run(request).await
    } else {
        (StatusCode::UNAUTHORIZED, "Open the address that cxbot printed when it started.").into_response()
    }
}

async fn page(request: Request) -> Response {
    let path = match request.uri().path() {
        "/" => "index.html",
        other => other.trim_start_matches('/'),
    };
    let Some(file) = Page::get(path) else {
        return (StatusCode::NOT_FOUND, "There is no such page.").into_response();
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let mut headers = HeaderMap::new();
    headers
        .insert(CONTENT_TYPE, HeaderValue::from_str(&format!("{kind}; charset=utf-8")).expect("media types are ASCII"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    (headers, file.data).into_response()
}

/// What a request says about who looks, and where.
#[derive(Deserialize)]
struct Looking {
    #[serde(rename = "as", default)]
    me: String,
    #[serde(default)]
    channel: String,
    /// How many messages at most: the newest ones, unless `first` says which.
    most: Option<usize>,
    /// The place of the message to begin with: how many are earlier than it.
    first: Option<usize>,
}

impl Looking {
    /// Which of so many messages are wanted. Where messages have gone meanwhile, it is as many as before, up to the end.
    fn part(&self, count: usize) -> Range<usize> {
        let most = self.most.unwrap_or(HANDED_AT_FIRST).min(MOST_HANDED);
        let newest = count.saturating_sub(most);
        let start = self.first.map_or(newest, |first| first.min(newest));
        start..count.min(start + most)
    }

    fn me(&self, desk: &Desk) -> Id {
        self.me
            .parse()
            .ok()
            .filter(|id| desk.people().iter().any(|person| person.user_id == *id))
            .unwrap_or_else(|| desk.first_person())
    }
}

/// Everything that one person sees: the server, the open channel, and what they may do there.
async fn look(State(desk): State<Arc<Desk>>, Query(looking): Query<Looking>) -> Json<Value> {
    let me = looking.me(&desk);
    let channels: Vec<Value> = desk
        .emulator
        .channels(desk.guild, me)
        .into_iter()
        .map(|channel| {
            let mut value = serde_json::to_value(&channel).unwrap_or_default();
            value["is_category"] = json!(channel.kind == CATEGORY);
            value["is_thread"] = json!(matches!(channel.kind, 10..=12));
            value
        })
        .collect();
    let direct = desk.emulator.direct_channel(me);
    let ids_in = |channel| desk.emulator.message_ids(channel, me);
    let direct_last = direct.and_then(|channel| ids_in(channel).last().copied());
    let is_open = |channel: &&Value| channel["is_category"] == json!(false) && channel["id"] == json!(looking.channel);
    let first = || channels.iter().find(|channel| channel["is_category"] == json!(false));
    let open = channels.iter().find(is_open).or_else(first).and_then(|channel| channel["id"].as_str()?.parse().ok());
    let (channel, ids, commands) = match open {
        _ if looking.channel == DIRECT => (json!(DIRECT), direct.map(ids_in).unwrap_or_default(), Vec::new()),
        Some(id) => (json!(id), ids_in(id), desk.emulator.commands(id, me)),
        None => (Value::Null, Vec::new(), Vec::new()),
    };
    let part = looking.part(ids.len());
    let (earlier, later) = (part.start, ids.len() - part.end);
    let ids = &ids[part];
    let messages: Vec<_> = ids.iter().filter_map(|id| desk.emulator.message(*id, me)).collect();
    let outside = messages.iter().filter_map(|message| message.replies_to).filter(|id| !ids.contains(id));
    let answered: Vec<_> = outside.filter_map(|id| desk.emulator.message(id, me)).collect();
    let (people, bots): (Vec<_>, Vec<_>) =
        desk.emulator.members(desk.guild).into_iter().partition(|member| !member.bot);
    let people = super::leads_first(people);
    Json(json!({
        "server": desk.server_name(),
        "now": desk.clock.now(),
        "zone": desk.zone(),
        "bot_ready": desk.emulator.bot_is_ready(),
        "me": me,
        "channel": channel,
        "people": people.iter().map(|person| json!({
            "id": person.user_id,
            "name": person.nick.as_ref().unwrap_or(&person.name),
            "roles": person.roles.iter().map(|role| &role.name).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "bots": bots.iter().map(|bot| json!({ "id": bot.user_id, "name": bot.name })).collect::<Vec<_>>(),
        "roles": desk.emulator.roles(desk.guild),
        "channels": channels,
        "direct_last": direct_last,
        "earlier": earlier,
        "later": later,
        "messages": messages,
        // What they are in answer to, where it is not among them.
        "answered": answered,
        "commands": commands,
    }))
}

/// One line for each change in the world; the page then looks again.
async fn events(State(desk): State<Arc<Desk>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = desk.emulator.subscribe();
    let stream = futures_util::stream::unfold(changes, |mut changes| async move {
        match changes.recv().await {
            // Having missed some is no harm: the page looks at everything each time.
            Ok(_) | Err(RecvError::Lagged(_)) => Some((Ok(Event::default().data("changed")), changes)),
            Err(RecvError::Closed) => None,
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn act(State(desk): State<Arc<Desk>>, Json(doing): Json<Doing>) -> Json<Value> {
    let outcome = match desk.perform(doing).await {
        Ok(outcome) => outcome,
        Err(refused) => return Json(json!({ "refused": refused.to_string() })),
    };
    let outcome = outcome.map(|outcome| match outcome {
        Outcome::Modal(form) => json!({ "modal": form }),
        Outcome::Choices(choices) => json!({ "choices": choices }),
        Outcome::Failed(why) => json!({ "failed": why }),
        Outcome::Message(_) | Outcome::Updated(_) | Outcome::Acknowledged => json!({ "done": true }),
    });
    Json(json!({ "outcome": outcome }))
}

/// What will happen by itself, soonest first.
async fn coming(State(desk): State<Arc<Desk>>) -> Response {
    match desk.coming().await {
        Ok(coming) => Json(json!({ "now": desk.clock.now(), "coming": coming })).into_response(),
        Err(error) => faulty(&error, "The playground's timeline could not be read"),
    }
}

pub(super) fn faulty(error: &Error, what: &str) -> Response {
    tracing::error!(error = %error, "{what}");
    (StatusCode::CONFLICT, error.to_string()).into_response()
}

/// How the page moves the clock: by so many minutes, to an instant, or to the next thing (`next`).
#[derive(Deserialize)]
struct Move {
    minutes: Option<i64>,
    #[serde(default)]
    to: String,
}

/// The farthest one press moves the clock. A longer way is several presses.
const LONGEST_MOVE_MINUTES: i64 = 60 * 24 * 92;

async fn clock(State(desk): State<Arc<Desk>>, Json(step): Json<Move>) -> Response {
    let far = || (StatusCode::BAD_REQUEST, "The clock moves forward by up to three months at a time.").into_response();
    let at = desk.clock.now();
    let moved = match (step.minutes, step.to.as_str()) {
        (Some(minutes @ 1..=LONGEST_MOVE_MINUTES), _) => desk.advance(TimeDelta::minutes(minutes)).await,
        (None, "next") => desk.advance_to_next().await,
        (None, instant) => {
            let Ok(until) = instant.parse::<DateTime<Utc>>() else { return far() };
            if until < desk.clock.now() || until - desk.clock.now() > TimeDelta::minutes(LONGEST_MOVE_MINUTES) {
                return far();
            }
            desk.move_to(until).await
        }
        _ => return far(),
    };
    match moved {
        Ok(()) => {
            let to = desk.clock.now();
            desk.acts.note(Act { at, who: String::new(), place: Room::default(), deed: Deed::MoveClock { to } });
            Json(json!({ "now": to })).into_response()
        }
        Err(error @ Error::Refused(_)) => (StatusCode::CONFLICT, error.to_string()).into_response(),
        Err(error) => faulty(&error, "The playground's clock could not be moved"),
    }
}

#[cfg(test)]
mod tests;
