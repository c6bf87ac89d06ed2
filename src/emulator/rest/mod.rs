//! REST v10: from an HTTP request to the world and back.
//!
//! The way of a request: faults, token, rate limit, route. A route is a synchronous function on the world; which one serves
//! which path stands in [`routes`], as one table.

mod channels;
mod commands;
mod error;
mod guilds;
mod interactions;
mod messages;
mod request;
mod routes;
mod threads;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

pub(crate) use error::ApiError;
pub(crate) use request::Call;

use super::buckets::{Refusal, Route, Ruling};
use super::faults::Effect;
use super::hub::Hub;
use super::journal::Record;

/// What becomes of a request.
pub(crate) enum Sent {
    Response(Response),
    /// The connection breaks instead of an answer.
    Lost,
    /// No answer, ever.
    Never,
}

/// A route's result before it is written.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub body: Option<Value>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body) }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self { status: 201, body: Some(body) }
    }

    pub(crate) fn nothing() -> Self {
        Self { status: 204, body: None }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self { status: error.status, body: Some(error.body) }
    }
}

/// Serves one request.
pub(crate) async fn answer(hub: &Hub, request: axum::extract::Request) -> Sent {
    let started = Instant::now();
    if request.uri().path().starts_with("/attachments/") {
        return Sent::Response(file(hub, request.uri().path()));
    }
    let effect = hub.faults.take_for(request.method().as_str(), request.uri().path());
    match effect {
        Some(Effect::Latency(wait)) => tokio::time::sleep(wait).await,
        Some(Effect::Hang) => return Sent::Never,
        _ => {}
    }
    let read = request::read(request).await;
    let (call, ruling, mut result) = match read {
        Ok(mut call) => {
            let (ruling, result) = decide(hub, &mut call, effect.as_ref());
            (call, ruling, result)
        }
        Err((call, error)) => (call, None, error.into()),
    };
    if let Some(Effect::DoneThen(status)) = effect {
        result = Answer { status, body: Some(json!({"message": "Fault on demand", "code": 0})) };
    }
    let lost = effect == Some(Effect::LostAnswer);
    let Call { method, path, query_text, body, file_infos, .. } = call;
    let body = Some(body).filter(|body| !body.is_null()).map(Arc::new);
    let answer = result.body.map(Arc::new);
    hub.journal.add(Record::Rest {
        method,
        path,
        query: query_text,
        body,
        files: file_infos,
        status: if lost { 0 } else { result.status },
        answer: answer.clone(),
        millis: started.elapsed().as_secs_f64() * 1000.0,
    });
    if lost {
        return Sent::Lost;
    }
    Sent::Response(written(result.status, answer.as_deref(), ruling.as_ref()))
}

/// Everything between reading a request and writing its answer.
fn decide(hub: &Hub, call: &mut Call, effect: Option<&Effect>) -> (Option<Ruling>, Answer) {
    match effect {
        Some(Effect::Status(status)) => {
            return (None, Answer { status: *status, body: Some(json!({"message": "Fault on demand", "code": 0})) });
        }
        Some(Effect::RateLimited { retry_after, global }) => {
            let refusal = Refusal { retry_after: *retry_after, global: *global };
            let ruling = Ruling {
                limit: 5,
                remaining: 0,
                reset_after: *retry_after,
                bucket: "fault".to_owned(),
                refused: Some(refusal),
            };
            return (Some(ruling), limited(&refusal));
        }
        _ => {}
    }
    if !call.opens_without_token() && !hub.read(|world| call.carries_token(world.token())) {
        return (None, ApiError::unauthorized().into());
    }
    let ruling = hub.buckets.count(&Route::new(&call.method, &call.segments), Instant::now());
    if let Some(refusal) = ruling.refused {
        return (Some(ruling), limited(&refusal));
    }
    let gateway_url = &hub.gateway_url;
    let outcome = hub.change(|world| routes::route(world, call, gateway_url, Instant::now()));
    (Some(ruling), outcome.unwrap_or_else(Answer::from))
}

fn limited(refusal: &Refusal) -> Answer {
    let seconds = millis_up(refusal.retry_after);
    Answer {
        status: 429,
        body: Some(json!({
            "message": "You are being rate limited.", "retry_after": seconds, "global": refusal.global, "code": 0,
        })),
    }
}

/// Seconds with three decimals, never less than the wait.
fn millis_up(wait: Duration) -> f64 {
    (wait.as_secs_f64() * 1000.0).ceil() / 1000.0
}

fn written(status: u16, body: Option<&Value>, ruling: Option<&Ruling>) -> Response {
    let content = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut response = Response::new(content);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if body.is_some() {
        // discord.py reads anything but exactly this as text.
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    // discord.py takes a 429 without this for one by the network in between, and does not wait and try again.
    headers.insert(header::VIA, HeaderValue::from_static("1.1 google"));
    let Some(ruling) = ruling else { return response };
    let mut put = |name: &'static str, value: String| {
        headers.insert(name, HeaderValue::from_str(&value).expect("numbers and hexadecimal digits fit a header"));
    };
    let reset_after = millis_up(ruling.refused.map_or(ruling.reset_after, |refusal| refusal.retry_after));
    put("x-ratelimit-limit", ruling.limit.to_string());
    put("x-ratelimit-remaining", if ruling.refused.is_some() { 0 } else { ruling.remaining }.to_string());
    put("x-ratelimit-reset", format!("{:.3}", unix_seconds() + reset_after));
    put("x-ratelimit-reset-after", format!("{reset_after:.3}"));
    put("x-ratelimit-bucket", ruling.bucket.clone());
    if let Some(refusal) = ruling.refused {
        put("retry-after", format!("{:.0}", refusal.retry_after.as_secs_f64().ceil()));
        put("x-ratelimit-scope", if refusal.global { "global" } else { "user" }.to_owned());
        if refusal.global {
            put("x-ratelimit-global", "true".to_owned());
        }
    }
    response
}

/// The machine's time, which is what a client compares the reset time with, however far the world's clock was moved.
fn unix_seconds() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "rate limits run in real time, not in the world's")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Serves an attachment's bytes: `/attachments/{channel}/{id}/{name}`.
fn file(hub: &Hub, path: &str) -> Response {
    let mut parts = path.trim_start_matches("/attachments/").split('/');
    let (channel, id) = (parts.next().and_then(|id| id.parse().ok()), parts.next().and_then(|id| id.parse().ok()));
    let found = hub.read(|world| {
        let stored = world.files.get(&id?)?;
        (Some(stored.channel_id) == channel).then(|| (stored.bytes.clone(), stored.content_type.clone()))
    });
    let Some((bytes, content_type)) = found else {
        return (StatusCode::NOT_FOUND, "This content is no longer available.").into_response();
    };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&content_type).unwrap_or(octets));
    // An uploaded page must not run as one on this origin.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    response
}
