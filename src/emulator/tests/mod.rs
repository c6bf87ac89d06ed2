//! Protocol-level tests: raw HTTP and raw websocket against a running emulator.

mod bad_days;
mod gateway;
mod interactions;
mod messages;

use std::time::Duration;

use chrono::TimeDelta;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::clock::Clock;

const SOON: Duration = Duration::from_secs(5);
const EVERYTHING: u64 = 1 | 1 << 1 | 1 << 9 | 1 << 12 | 1 << 15;

/// A small agency with a bot in it, and raw access to both sides.
struct Stage {
    emulator: Emulator,
    clock: Clock,
    web: reqwest::Client,
    guild: Id,
    general: Id,
    ana: Id,
    ben: Id,
}

impl Stage {
    async fn new() -> Self {
        let clock = Clock::manual("2026-11-23T15:00:00Z".parse().unwrap());
        let mut world = World::new("cxbot", clock.now());
        let ana = world.add_user("Ana");
        let ben = world.add_user("Ben");
        let guild = world.add_guild("Benefits Agency", ana);
        world.add_member(guild, ben, Some("Ben (Claims)"), &[]);
        let general = world.add_channel(guild, ChannelSeed::text("general"));
        world.add_bot(guild, permissions::BOT);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = Emulator::start(listener, clock.clone(), world).unwrap();
        Self { emulator, clock, web: reqwest::Client::new(), guild, general, ana, ben }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/api/v10{path}", self.emulator.api_base());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request =
            self.web.request(method, url).header("Authorization", format!("Bot {}", self.emulator.token()));
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, body).await
    }

    fn commands_path(&self) -> String {
        format!("/applications/{}/commands", self.emulator.application_id())
    }

    fn messages_path(&self) -> String {
        format!("/channels/{}/messages", self.general)
    }

    async fn register(&self, commands: Value) -> Value {
        let (status, registered) = self.call("PUT", &self.commands_path(), commands).await;
        assert_eq!(status, 200, "{registered}");
        registered
    }

    async fn connect(&self) -> Gateway {
        Gateway::connect(&self.emulator, EVERYTHING).await
    }

    async fn answer(&self, interaction: &Value, body: Value) -> (u16, Value) {
        let (id, token) = (interaction["id"].as_str().unwrap(), interaction["token"].as_str().unwrap());
        self.post(&format!("/interactions/{id}/{token}/callback"), body).await
    }

    fn original(&self, interaction: &Value) -> String {
        format!("{}/messages/@original", self.hook(interaction))
    }

    fn hook(&self, interaction: &Value) -> String {
        format!("/webhooks/{}/{}", self.emulator.application_id(), interaction["token"].as_str().unwrap())
    }
}

/// A raw gateway client.
struct Gateway {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    sequence: u64,
}

impl Gateway {
    async fn open(emulator: &Emulator) -> Self {
        let (socket, _) = connect_async(format!("{}/?v=10&encoding=json", emulator.gateway_url())).await.unwrap();
        let mut gateway = Self { socket, sequence: 0 };
        let hello = gateway.frame().await;
        assert_eq!(hello["op"], 10);
        assert!(hello["d"]["heartbeat_interval"].as_u64().unwrap() > 1_000);
        gateway
    }

    async fn connect(emulator: &Emulator, intents: u64) -> Self {
        let mut gateway = Self::open(emulator).await;
        gateway.identify(&format!("Bot {}", emulator.token()), intents).await;
        let ready = gateway.event("READY").await;
        assert_eq!(ready["user"]["id"], json!(emulator.bot_user_id()));
        if intents & 1 != 0 {
            gateway.event("GUILD_CREATE").await;
        }
        gateway
    }

    async fn identify(&mut self, token: &str, intents: u64) {
        self.send(json!({"op": 2, "d": {"token": token, "intents": intents, "properties": {"os": "linux"}}})).await;
    }

    async fn send(&mut self, frame: Value) {
        self.socket.send(Message::Text(frame.to_string())).await.unwrap();
    }

    async fn message(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(SOON, self.socket.next()).await.expect("the gateway stays silent");
        next.and_then(Result::ok)
    }

    async fn frame(&mut self) -> Value {
        let text = match self.message().await.expect("the gateway hung up") {
            Message::Text(text) => text,
            Message::Binary(bytes) => {
                use std::io::Read as _;
                let mut text = String::new();
                flate2::read::ZlibDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
                text
            }
            other => panic!("unexpected frame {other:?}"),
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if let Some(sequence) = frame["s"].as_u64() {
            self.sequence = sequence;
        }
        frame
    }

    /// The payload of the next event of that name; others before it are skipped.
    async fn event(&mut self, name: &str) -> Value {
        loop {
            let mut frame = self.frame().await;
            if frame["t"] == name {
                return frame["d"].take();
            }
        }
    }

    async fn close_code(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(_) => {}
                None => panic!("the gateway hung up without a code"),
            }
        }
    }
}

fn ping() -> Value {
    json!([{"name": "ping", "description": "Answers.", "options": []}])
}
