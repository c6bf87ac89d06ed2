//! An emulated server with one of everything that a path can name.

use std::time::Duration;

use cxbot::clock::Clock;
use cxbot::emulator::{ChannelSeed, Emulator, Id, World, permissions};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The server, and a bot's way to it.
pub struct Town {
    pub emulator: Emulator,
    pub general: Id,
    guild: Id,
    ana: Id,
    application: Id,
    message: String,
    command: String,
    guild_command: String,
    web: reqwest::Client,
    gateway: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Town {
    pub async fn start() -> Self {
        let clock = Clock::manual("2026-11-23T15:00:00Z".parse().unwrap());
        let mut world = World::new("cxbot", clock.now());
        let ana = world.add_user("Ana");
        let guild = world.add_guild("Benefits Agency", ana);
        let general = world.add_channel(guild, ChannelSeed::text("general"));
        world.add_bot(guild, permissions::ADMINISTRATOR);
        let application = world.application_id();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = Emulator::start(listener, clock, world).unwrap();
        let web = reqwest::Client::new();
        let (mut gateway, _) =
            tokio_tungstenite::connect_async(format!("{}/?v=10", emulator.gateway_url())).await.unwrap();
        let identify = json!({"op": 2, "d": {"token": emulator.token(), "intents": 1, "properties": {}}});
        gateway.send(Message::Text(identify.to_string())).await.unwrap();
        let (message, command, guild_command) = (String::new(), String::new(), String::new());
        let mut town =
            Self { emulator, general, guild, ana, application, message, command, guild_command, web, gateway };
        let posted =
            town.call("POST", &format!("/channels/{general}/messages"), Some(&json!({"content": "hello"}))).await;
        town.message = id_of(&posted.1);
        let command = json!({"name": "ping", "description": "Says pong"});
        let registered = town.call("POST", &format!("/applications/{application}/commands"), Some(&command)).await;
        town.command = id_of(&registered.1);
        let here = format!("/applications/{application}/guilds/{guild}/commands");
        let registered = town.call("POST", &here, Some(&json!({"name": "here", "description": "Says where"}))).await;
        town.guild_command = id_of(&registered.1);
        town
    }

    /// Sends a request; panics when the emulator gives no answer at all.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let url = format!("{}/api/v10{path}", self.emulator.api_base());
        let mut request = self.web.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        request = request.header("Authorization", format!("Bot {}", self.emulator.token()));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap_or_else(|fault| panic!("{method} {path} got no answer: {fault}"));
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// Somebody runs the command; what the bot hears of it.
    async fn interaction(&mut self) -> Value {
        self.emulator.person(self.ana).run(self.general, "ping", json!({})).expect("the command is there");
        loop {
            let heard = tokio::time::timeout(Duration::from_mins(1), self.gateway.next()).await;
            let heard = heard.expect("the gateway tells in time").unwrap().unwrap();
            let frame: Value = serde_json::from_str(heard.to_text().unwrap()).unwrap();
            if frame["t"] == "INTERACTION_CREATE" {
                return frame["d"].clone();
            }
        }
    }

    /// A path of this template that names what there is. Every call opens an interaction for the templates that need one; those of
    /// its messages get one that is answered.
    pub async fn path(&mut self, template: &str) -> String {
        let (mut interaction, mut token, mut message) = (String::new(), String::new(), self.message.clone());
        if template.contains("{interaction_id}") || template.contains("_token}") {
            let heard = self.interaction().await;
            interaction = id_of(&heard);
            heard["token"].as_str().expect("an interaction has a token").clone_into(&mut token);
            if template.starts_with("/webhooks/") {
                let answer = json!({"type": 4, "data": {"content": "pong"}});
                self.call("POST", &format!("/interactions/{interaction}/{token}/callback"), Some(&answer)).await;
                let original = format!("/webhooks/{}/{token}/messages/@original", self.application);
                message = id_of(&self.call("GET", &original, None).await.1);
            }
        }
        let named = |name: &str| match name {
            "guild_id" => self.guild.to_string(),
            "channel_id" => self.general.to_string(),
            "user_id" => self.ana.to_string(),
            "application_id" | "webhook_id" => self.application.to_string(),
            "message_id" => message.clone(),
            "command_id" if template.contains("/guilds/") => self.guild_command.clone(),
            "command_id" => self.command.clone(),
            "interaction_id" => interaction.clone(),
            "interaction_token" | "webhook_token" => token.clone(),
            _ => "1".to_owned(),
        };
        let parts =
            template.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => named(name),
                None => part.to_owned(),
            });
        parts.collect::<Vec<_>>().join("/")
    }
}

fn id_of(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("an id in {answer}")).to_owned()
}
