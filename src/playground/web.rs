//! The page and the small API behind it. Loopback only, with a key in the address; other sites' pages cannot use it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

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
use chrono::TimeDelta;
use futures_util::Stream;
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use super::Desk;
use crate::emulator::{Id, Outcome, Refused};

#[derive(RustEmbed)]
#[folder = "src/playground/page/"]
struct Page;

/// A deferred answer may take this long before the page stops waiting; the message still appears when it comes.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

pub(super) fn router(desk: Arc<Desk>) -> Router {
    let api = Router::new()
        .route("/api/world", get(world))
        .route("/api/room", get(room))
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

#[derive(Deserialize)]
struct Looking {
    #[serde(rename = "as", default)]
    me: String,
    #[serde(default)]
    channel: String,
}

impl Looking {
    fn me(&self, desk: &Desk) -> Id {
        self.me
            .parse()
            .ok()
            .filter(|id| desk.people().iter().any(|person| person.user_id == *id))
            .unwrap_or_else(|| desk.first_person())
    }
}

async fn world(State(desk): State<Arc<Desk>>, Query(looking): Query<Looking>) -> Json<Value> {
    let me = looking.me(&desk);
    let people = desk.people();
    let bots: Vec<_> = desk.emulator.members(desk.guild).into_iter().filter(|member| member.bot).collect();
    let channels: Vec<Value> = desk
        .emulator
        .channels(desk.guild, me)
        .into_iter()
        .map(|channel| {
            let mut value = serde_json::to_value(&channel).unwrap_or_default();
            let is_category = value["kind"] == "category";
            let is_thread = value["kind"] == "thread";
            value["can_open"] = json!(!is_category);
            value["parent_is_channel"] = json!(is_thread);
            value
        })
        .collect();
    Json(json!({
        "server": desk.server_name(),
        "now": desk.clock.now(),
        "zone": desk.zone(),
        "bot_ready": desk.emulator.bot_is_ready(),
        "people": people.iter().map(|person| json!({
            "id": person.user_id,
            "name": person.nick.as_ref().unwrap_or(&person.name),
            "roles": person.roles.iter().map(|role| &role.name).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "bots": bots.iter().map(|bot| json!({ "id": bot.user_id, "name": bot.name })).collect::<Vec<_>>(),
        "roles": desk.emulator.roles(desk.guild),
        "channels": channels,
    }))
}

async fn room(State(desk): State<Arc<Desk>>, Query(looking): Query<Looking>) -> Json<Value> {
    let me = looking.me(&desk);
    if looking.channel == "direct" {
        return Json(json!({ "messages": desk.emulator.direct_messages(me), "commands": [] }));
    }
    let Ok(channel) = looking.channel.parse::<Id>() else { return Json(json!({ "messages": [], "commands": [] })) };
    Json(json!({ "messages": desk.emulator.messages(channel, me), "commands": desk.emulator.commands(channel, me) }))
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

/// What a person does on the page.
#[derive(Deserialize)]
struct Doing {
    #[serde(rename = "as")]
    me: Id,
    #[serde(default)]
    channel: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum What {
    Run {
        command: String,
        #[serde(default)]
        options: Value,
    },
    Autocomplete {
        command: String,
        focused: String,
        #[serde(default)]
        options: Value,
    },
    Context {
        command: String,
        target: Id,
    },
    Press {
        message: Id,
        custom_id: String,
    },
    Select {
        message: Id,
        custom_id: String,
        values: Vec<String>,
    },
    Submit {
        interaction: Id,
        values: Value,
    },
    Say {
        text: String,
    },
    Dismiss {
        message: Id,
    },
}

async fn act(State(desk): State<Arc<Desk>>, Json(doing): Json<Doing>) -> Json<Value> {
    match perform(&desk, doing).await {
        Ok(outcome) => Json(json!({ "outcome": outcome })),
        Err(refused) => Json(json!({ "refused": refused.to_string() })),
    }
}

async fn perform(desk: &Desk, doing: Doing) -> Result<Option<Value>, Refused> {
    let person = desk.emulator.person(doing.me);
    let channel = || match doing.channel.as_str() {
        "direct" => person.opens_direct_messages(),
        other => other.parse().unwrap_or_else(|_| desk.first_channel(doing.me)),
    };
    let interaction = match doing.what {
        What::Run { command, options } => person.run(channel(), &command, options)?,
        What::Autocomplete { command, focused, options } => {
            person.autocomplete(channel(), &command, &focused, options)?
        }
        What::Context { command, target } => person.context_menu(channel(), &command, target)?,
        What::Press { message, custom_id } => person.press(message, &custom_id)?,
        What::Select { message, custom_id, values } => {
            person.select(message, &custom_id, &values.iter().map(String::as_str).collect::<Vec<_>>())?
        }
        What::Submit { interaction, values } => person.submit(interaction, values)?,
        What::Say { text } => {
            person.says(channel(), &text)?;
            return Ok(None);
        }
        What::Dismiss { message } => {
            person.dismisses(message);
            return Ok(None);
        }
    };
    let outcome = desk.emulator.settled(interaction, LONGEST_ANSWER).await;
    Ok(Some(match outcome {
        Outcome::Modal(form) => json!({ "modal": form }),
        Outcome::Choices(choices) => json!({ "choices": choices }),
        Outcome::Failed(why) => json!({ "failed": why }),
        Outcome::Message(_) | Outcome::Updated(_) | Outcome::Acknowledged => json!({ "done": true }),
    }))
}

/// How the page moves the clock.
#[derive(Deserialize)]
struct Move {
    minutes: Option<i64>,
    #[serde(default)]
    to: String,
}

/// The farthest one press moves the clock. A longer way is several presses.
const LONGEST_MOVE_MINUTES: i64 = 60 * 24 * 92;

async fn clock(State(desk): State<Arc<Desk>>, Json(step): Json<Move>) -> Response {
    let moved = match (step.minutes, step.to.as_str()) {
        (Some(minutes @ 1..=LONGEST_MOVE_MINUTES), _) => desk.advance(TimeDelta::minutes(minutes)).await,
        (None, "next") => desk.advance_to_next().await,
        _ => {
            return (StatusCode::BAD_REQUEST, "The clock moves forward by up to three months at a time.")
                .into_response();
        }
    };
    match moved {
        Ok(()) => Json(json!({ "now": desk.clock.now() })).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "The playground's clock could not be moved");
            (StatusCode::CONFLICT, error.to_string()).into_response()
        }
    }
}
