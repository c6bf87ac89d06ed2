//! As much of Discord as the outbox sender needs, on a port of its own, with its limits enforced and its misfortunes on demand.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use cxbot::config::Token;
use cxbot::discord::Connection;
use serde_json::{Value, json};

/// One message in a channel.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: u64,
    pub channel: u64,
    pub body: Value,
    /// When it was posted, as Discord tells it.
    pub at: String,
}

/// What befalls the next request whose path contains the given text.
#[derive(Clone, Debug)]
pub enum Misfortune {
    /// Answers this and does nothing.
    Answer(u16, Value),
    /// Does it, and answers this in place of the result.
    DoneThen(u16),
}

#[derive(Default)]
pub struct World {
    pub messages: Vec<Message>,
    pub requests: Vec<String>,
    pub limited: usize,
    pub now: String,
    pub forgets_nonces: bool,
    misfortunes: VecDeque<(String, Misfortune)>,
    nonces: HashMap<String, u64>,
    recent: VecDeque<Instant>,
    by_channel: HashMap<u64, VecDeque<Instant>>,
    next_id: u64,
}

#[derive(Clone)]
pub struct FakeDiscord {
    pub world: Arc<Mutex<World>>,
    pub base: String,
}

impl FakeDiscord {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let world =
            Arc::new(Mutex::new(World { next_id: 5000, now: "2026-11-23T12:00:00Z".into(), ..World::default() }));
        let fake = Self { world, base: format!("http://{address}") };
        let gateway = json!({ "url": format!("ws://{address}") });
        let router = Router::new()
            .route("/api/v10/gateway", any(move || async move { axum::Json(gateway) }))
            .route("/api/v10/{*path}", any(serve))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub async fn connection(&self) -> Connection {
        Connection::open(&Token::new("secret"), &self.base).await.expect("a loopback server")
    }

    pub fn befall(&self, path_contains: &str, misfortune: Misfortune) {
        self.world.lock().unwrap().misfortunes.push_back((path_contains.into(), misfortune));
    }

    /// What stands in a channel, in order.
    pub fn texts(&self, channel: u64) -> Vec<String> {
        let world = self.world.lock().unwrap();
        let here = world.messages.iter().filter(|message| message.channel == channel);
        here.map(|message| message.body["content"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub fn requests(&self) -> Vec<String> {
        self.world.lock().unwrap().requests.clone()
    }
}

async fn serve(
    State(fake): State<FakeDiscord>,
    Path(path): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut world = fake.world.lock().unwrap();
    assert_eq!(headers["authorization"], "Bot secret");
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    world.requests.push(format!("{method} {path}{query}"));
    if let Some(answer) = limit(&mut world, &method, &path) {
        return answer;
    }
    let place = world.misfortunes.iter().position(|(part, _)| path.contains(part.as_str()));
    let misfortune = place.and_then(|place| world.misfortunes.remove(place)).map(|(_, misfortune)| misfortune);
    if let Some(Misfortune::Answer(status, body)) = misfortune {
        return answer(status, body);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, result) = act(&mut world, &method, &path, body);
    match misfortune {
        Some(Misfortune::DoneThen(status)) => answer(status, Value::Null),
        _ if method == Method::POST && path.ends_with("/messages") => {
            // A bucket as Discord tells of it.
            let channel: u64 = path.split('/').nth(1).unwrap().parse().unwrap();
            let used = &world.by_channel[&channel];
            let reset = Duration::from_secs(5).saturating_sub(used.front().map_or(Duration::ZERO, Instant::elapsed));
            let headers = [
                ("x-ratelimit-bucket", "posting".to_owned()),
                ("x-ratelimit-limit", "5".to_owned()),
                ("x-ratelimit-remaining", (5 - used.len().min(5)).to_string()),
                ("x-ratelimit-reset-after", format!("{:.3}", reset.as_secs_f64())),
            ];
            (StatusCode::from_u16(status).unwrap(), headers, axum::Json(result)).into_response()
        }
        _ => answer(status, result),
    }
}

fn answer(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

/// 50 a second for the bot, five messages in five seconds for a channel, both over any such stretch of time.
fn limit(world: &mut World, method: &Method, path: &str) -> Option<Response> {
    let now = Instant::now();
    while world.recent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
        world.recent.pop_front();
    }
    let full = world.recent.len() >= 50;
    world.recent.push_back(now);
    if full {
        world.limited += 1;
        return Some(answer(429, json!({"retry_after": 0.2, "global": true, "message": "limited"})));
    }
    if *method == Method::POST && path.ends_with("/messages") {
        let used = world.by_channel.entry(path.split('/').nth(1)?.parse().ok()?).or_default();
        while used.front().is_some_and(|at| now - *at >= Duration::from_secs(5)) {
            used.pop_front();
        }
        if used.len() >= 5 {
            world.limited += 1;
            return Some(answer(429, json!({"retry_after": 0.2, "global": false, "message": "limited"})));
        }
        used.push_back(now);
    }
    None
}

fn act(world: &mut World, method: &Method, path: &str, body: Value) -> (u16, Value) {
    let parts: Vec<&str> = path.split('/').collect();
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<u64>().ok()).unwrap_or_default();
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["users", "@me"]) => (200, json!({"id": "42"})),
        ("POST", ["users", "@me", "channels"]) => {
            let user: u64 = body["recipient_id"].as_str().unwrap().parse().unwrap();
            (200, json!({"id": (user + 1000).to_string()}))
        }
        ("POST", ["channels", _, "messages"]) => {
            let nonce = body["nonce"].as_str().expect("every post carries a mark").to_owned();
            assert_eq!(body["enforce_nonce"], true);
            assert!(nonce.len() <= 25, "{nonce}");
            if let Some(&id) = world.nonces.get(&nonce).filter(|_| !world.forgets_nonces) {
                return (200, json!({"id": id.to_string()}));
            }
            world.next_id += 1;
            let id = world.next_id;
            world.nonces.insert(nonce, id);
            let at = world.now.clone();
            world.messages.push(Message { id, channel: number(1), body, at });
            (200, json!({"id": id.to_string()}))
        }
        ("GET", ["channels", _, "messages"]) => {
            let here = world.messages.iter().rev().filter(|message| message.channel == number(1)).take(50);
            let told = here.map(|message| {
                json!({
                    "id": message.id.to_string(), "author": {"id": "42"}, "content": message.body["content"],
                    "timestamp": message.at, "embeds": message.body["embeds"], "attachments": message.body["attachments"]
                })
            });
            (200, told.collect())
        }
        ("PATCH", ["channels", _, "messages", _]) => {
            match world.messages.iter_mut().find(|message| message.id == number(3)) {
                Some(message) => {
                    message.body = body;
                    (200, json!({"id": message.id.to_string()}))
                }
                None => (404, json!({"code": 10008, "message": "Unknown Message"})),
            }
        }
        ("DELETE", ["channels", _, "messages", _]) => {
            world.messages.retain(|message| message.id != number(3));
            (204, Value::Null)
        }
        ("POST", ["channels", _, "messages", id, "threads"]) => (201, json!({"id": id})),
        _ => (501, json!({"code": 0, "message": format!("{method} {path}")})),
    }
}
