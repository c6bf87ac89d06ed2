//! Protocol-level tests: raw HTTP and raw websocket against a running emulator.

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

#[tokio::test]
async fn login_gives_the_bot_its_user_its_guild_and_its_gateway() {
    let stage = Stage::new().await;
    let (status, user) = stage.get("/users/@me").await;
    assert_eq!((status, &user["username"], &user["bot"]), (200, &json!("cxbot"), &json!(true)));
    let (_, gateway) = stage.get("/gateway/bot").await;
    assert_eq!(gateway["url"], json!(stage.emulator.gateway_url()));
    let (_, application) = stage.get("/oauth2/applications/@me").await;
    assert_eq!(application["id"], json!(stage.emulator.application_id()));
    let mut gateway = Gateway::open(&stage.emulator).await;
    gateway.send(json!({"op": 1, "d": null})).await;
    assert_eq!(gateway.frame().await["op"], 11);
    gateway.identify(&stage.emulator.token(), EVERYTHING).await;
    let ready = gateway.event("READY").await;
    assert_eq!(ready["guilds"], json!([{"id": stage.guild, "unavailable": true}]));
    let guild = gateway.event("GUILD_CREATE").await;
    assert_eq!(guild["channels"][0]["name"], "general");
    assert_eq!(guild["member_count"], 3);
    stage.emulator.ready(SOON).await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_is_refused_on_both_sides() {
    let stage = Stage::new().await;
    let url = format!("{}/api/v10/users/@me", stage.emulator.api_base());
    let response = stage.web.get(url).header("Authorization", "Bot wrong").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 401);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"message": "401: Unauthorized", "code": 0}));
    let mut gateway = Gateway::open(&stage.emulator).await;
    gateway.identify("wrong", 1).await;
    assert_eq!(gateway.close_code().await, 4004);
}

#[tokio::test]
async fn an_unknown_route_answers_501_and_names_itself() {
    let stage = Stage::new().await;
    let (status, body) = stage.call("PUT", "/guilds/1/bans/2", json!({})).await;
    assert_eq!(status, 501);
    assert_eq!(body["message"], "The emulator does not serve: PUT /api/v10/guilds/1/bans/2");
}

#[tokio::test]
async fn gateway_frames_out_of_order_close_with_discords_codes() {
    let stage = Stage::new().await;
    let cases = [
        (json!({"op": 99, "d": null}), 4001),
        (json!({"no": "op"}), 4002),
        (json!({"op": 3, "d": {}}), 4003),
        (json!({"op": 2, "d": {"token": stage.emulator.token(), "intents": 1_u64 << 40, "properties": {}}}), 4013),
        (
            json!({"op": 2, "d": {"token": stage.emulator.token(), "intents": 1, "properties": {}, "shard": [1, 1]}}),
            4010,
        ),
    ];
    for (frame, code) in cases {
        let mut gateway = Gateway::open(&stage.emulator).await;
        gateway.send(frame.clone()).await;
        assert_eq!(gateway.close_code().await, code, "{frame}");
    }
    let mut gateway = stage.connect().await;
    gateway.identify(&stage.emulator.token(), 1).await;
    assert_eq!(gateway.close_code().await, 4005);
}

#[tokio::test]
async fn a_command_travels_from_a_person_to_the_bot_and_back() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    let asked = stage.emulator.person(stage.ben).run(stage.general, "/ping", json!({})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(interaction["data"]["name"], "ping");
    assert_eq!(interaction["member"]["user"]["id"], json!(stage.ben));
    assert_eq!(interaction["attachment_size_limit"], 10 * 1024 * 1024);
    let reply = json!({"type": 4, "data": {"content": "pong", "components": [
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "Again", "custom_id": "again"}]}]}});
    assert_eq!(stage.answer(&interaction, reply.clone()).await, (204, Value::Null));
    let outcome = stage.emulator.outcome(asked).await;
    assert_eq!(outcome.as_text(), "cxbot (Ben (Claims) used /ping):\n  pong\n  [ Again ]\n");
    let posted = gateway.event("MESSAGE_CREATE").await;
    assert_eq!((&posted["type"], &posted["interaction_metadata"]["name"]), (&json!(20), &json!("ping")));

    let (status, error) = stage.answer(&interaction, reply).await;
    assert_eq!((status, &error["code"]), (400, &json!(40060)));
    let (status, original) = stage.get(&stage.original(&interaction)).await;
    assert_eq!((status, &original["content"]), (200, &json!("pong")));
}

#[tokio::test]
async fn a_button_updates_its_message_and_a_stranger_button_is_refused() {
    let stage = Stage::new().await;
    let mut gateway = stage.connect().await;
    let row = json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Agree", "custom_id": "yes"},
        {"type": 2, "style": 2, "label": "Closed", "custom_id": "closed", "disabled": true}]}]);
    let (_, posted) = stage.post(&stage.messages_path(), json!({"content": "Well?", "components": row})).await;
    let message: Id = posted["id"].as_str().unwrap().parse().unwrap();
    let ben = stage.emulator.person(stage.ben);
    assert!(ben.press(message, "other").is_err());
    assert_eq!(ben.press_label(message, "Closed").unwrap_err().reason, "This control is disabled.");
    let pressed = ben.press_label(message, "Agree").unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(interaction["message"]["id"], json!(message));
    let url = format!(
        "{}/api/v10/interactions/{pressed}/{}/callback?with_response=1",
        stage.emulator.api_base(),
        interaction["token"].as_str().unwrap()
    );
    let body = json!({"type": 7, "data": {"content": "Thanks", "components": []}});
    let answer = stage.web.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["resource"]["message"]["content"], "Thanks");
    let Outcome::Updated(view) = stage.emulator.outcome(pressed).await else { panic!("not an update") };
    assert_eq!((view.content.as_str(), view.components.len()), ("Thanks", 0));
    assert_eq!(gateway.event("MESSAGE_UPDATE").await["content"], "Thanks");
}

#[tokio::test]
async fn an_ephemeral_answer_is_seen_by_one_person_only() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    stage.emulator.person(stage.ben).run(stage.general, "ping", json!({})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    stage.answer(&interaction, json!({"type": 4, "data": {"content": "psst", "flags": 64}})).await;
    assert_eq!(
        stage.emulator.transcript(stage.general, stage.ben),
        "cxbot (Ben (Claims) used /ping) (only Ben (Claims) can see this):\n  psst\n"
    );
    assert_eq!(stage.emulator.transcript(stage.general, stage.ana), "");
    let event = gateway.event("MESSAGE_CREATE").await;
    assert!(event.get("guild_id").is_none());
    let (status, error) = stage.get(&format!("{}/{}", stage.messages_path(), event["id"].as_str().unwrap())).await;
    assert_eq!((status, &error["code"]), (404, &json!(10008)));
}

#[tokio::test]
async fn a_deferred_answer_thinks_and_the_next_follow_up_fills_it() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    let asked = stage.emulator.person(stage.ben).run(stage.general, "ping", json!({})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    stage.answer(&interaction, json!({"type": 5, "data": {"flags": 64}})).await;
    assert!(stage.emulator.outcome(asked).await.message().unwrap().loading);
    let (_, filled) = stage.post(&stage.hook(&interaction), json!({"content": "first"})).await;
    let settled = stage.emulator.settled(asked, SOON).await;
    assert_eq!(json!(settled.message().unwrap().id), filled["id"]);
    assert!(settled.message().unwrap().only_for.is_some(), "the follow-up keeps the privacy of the deferral");
    let (_, second) = stage.post(&stage.hook(&interaction), json!({"content": "second"})).await;
    assert_ne!(second["id"], filled["id"]);
    let (status, edited) = stage.call("PATCH", &stage.original(&interaction), json!({"content": "edited"})).await;
    assert_eq!((status, &edited["id"], &edited["content"]), (200, &filled["id"], &json!("edited")));
    let (status, _) = stage.call("DELETE", &stage.original(&interaction), Value::Null).await;
    assert_eq!(status, 204);
    stage.clock.advance(TimeDelta::minutes(15));
    let (status, error) = stage.post(&stage.hook(&interaction), json!({"content": "late"})).await;
    assert_eq!((status, &error["code"]), (401, &json!(50027)));
}

#[tokio::test]
async fn after_three_seconds_the_interaction_has_failed() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    let asked = stage.emulator.person(stage.ben).run(stage.general, "ping", json!({})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    let outcome = tokio::time::timeout(SOON, stage.emulator.outcome(asked)).await.unwrap();
    assert_eq!(outcome.as_text(), "The application did not respond\n");
    let (status, error) = stage.answer(&interaction, json!({"type": 4, "data": {"content": "late"}})).await;
    assert_eq!((status, &error["code"]), (404, &json!(10062)));
    assert_eq!(stage.emulator.world(World::unanswered_interactions), 0);
}

#[tokio::test]
async fn a_form_is_shown_filled_in_and_submitted() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    let ben = stage.emulator.person(stage.ben);
    let asked = ben.run(stage.general, "ping", json!({})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    let form = json!({"type": 9, "data": {"custom_id": "f", "title": "Nominate", "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "why", "style": 2, "label": "Why?", "max_length": 5}]},
        {"type": 18, "label": "Value", "component": {"type": 3, "custom_id": "value", "options": [
            {"label": "Care", "value": "care"}, {"label": "Craft", "value": "craft"}]}}]}});
    assert_eq!(stage.answer(&interaction, form).await.0, 204);
    let outcome = stage.emulator.outcome(asked).await;
    assert_eq!(
        outcome.as_text(),
        "Form: Nominate\n  Why? (required, up to 5 characters)\n  Value (required)\n    - Care\n    - Craft\n"
    );
    assert!(ben.submit(asked, json!({"why": "too long", "value": "care"})).is_err());
    assert!(ben.submit(asked, json!({"value": "care"})).is_err());
    assert!(stage.emulator.person(stage.ana).submit(asked, json!({"why": "ok", "value": "care"})).is_err());
    ben.submit(asked, json!({"why": "ok", "value": "care"})).unwrap();
    let submitted = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(submitted["type"], 5);
    assert_eq!(submitted["data"]["components"][0]["components"][0]["value"], "ok");
    assert_eq!(submitted["data"]["components"][1]["component"]["values"], json!(["care"]));
    assert!(submitted.get("message").is_none());
}

#[tokio::test]
async fn options_are_checked_resolved_and_nested_in_their_subcommands() {
    let stage = Stage::new().await;
    let option = |kind: u64, name: &str, required: bool| json!({"type": kind, "name": name, "description": name, "required": required});
    stage
        .register(json!([{"name": "pulse", "description": "Pulses", "options": [
            {"type": 2, "name": "run", "description": "Running", "options": [
                {"type": 1, "name": "open", "description": "Open one", "options": [
                    option(3, "question", true),
                    {"type": 4, "name": "days", "description": "days", "min_value": 1.0, "max_value": 14.0},
                    option(6, "who", false), option(7, "where", false), option(8, "role", false),
                    option(9, "either", false), option(5, "quiet", false), option(10, "weight", false),
                    option(11, "file", false)]}]}]}]))
        .await;
    let mut gateway = stage.connect().await;
    let ben = stage.emulator.person(stage.ben);
    let run = |options: Value| ben.run(stage.general, "pulse run open", options);
    assert!(run(json!({})).unwrap_err().reason.contains("required"));
    assert!(run(json!({"question": "q", "days": 15})).unwrap_err().reason.contains("between 1 and 14"));
    assert!(run(json!({"question": "q", "who": 1})).is_err());
    assert!(run(json!({"question": "q", "what": 1})).is_err());
    assert!(ben.run(stage.general, "pulse", json!({})).is_err());
    run(json!({
        "question": "q", "days": 3, "who": stage.ana, "where": stage.general, "role": stage.guild, "either": stage.ben,
        "quiet": true, "weight": 1.5, "file": {"name": "a.csv", "text": "a,b"},
    }))
    .unwrap();
    let data = gateway.event("INTERACTION_CREATE").await["data"].take();
    let options = &data["options"][0]["options"][0]["options"];
    assert_eq!(options[1], json!({"name": "days", "type": 4, "value": 3}));
    assert_eq!(options.as_array().unwrap().len(), 9);
    let resolved = &data["resolved"];
    assert_eq!(resolved["users"][stage.ana.to_string()]["global_name"], "Ana");
    assert!(resolved["members"][stage.ben.to_string()]["permissions"].is_string());
    assert_eq!(resolved["channels"][stage.general.to_string()]["name"], "general");
    assert_eq!(resolved["roles"][stage.guild.to_string()]["name"], "@everyone");
    let file = resolved["attachments"].as_object().unwrap().values().next().unwrap();
    let bytes = stage.web.get(file["url"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    assert_eq!(bytes, "a,b");
}

#[tokio::test]
async fn autocomplete_sends_what_is_typed_and_shows_the_suggestions() {
    let stage = Stage::new().await;
    stage
        .register(json!([{"name": "lesson", "description": "Lessons", "options": [
            {"type": 4, "name": "number", "description": "Which", "autocomplete": true, "required": true}]}]))
        .await;
    let mut gateway = stage.connect().await;
    let ben = stage.emulator.person(stage.ben);
    let asked = ben.autocomplete(stage.general, "lesson", "number", json!({"number": 1})).unwrap();
    let interaction = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(interaction["data"]["options"][0], json!({"name": "number", "type": 4, "value": "1", "focused": true}));
    stage.answer(&interaction, json!({"type": 8, "data": {"choices": [{"name": "One", "value": 1}]}})).await;
    assert_eq!(stage.emulator.outcome(asked).await.choices(), [Choice { name: "One".to_owned(), value: json!(1) }]);
}

#[tokio::test]
async fn selects_and_context_menus_carry_what_they_point_at() {
    let stage = Stage::new().await;
    stage.register(json!([{"type": 2, "name": "Thank"}, {"type": 3, "name": "Nominate this"}])).await;
    let mut gateway = stage.connect().await;
    let ben = stage.emulator.person(stage.ben);
    let rows = json!([
        {"type": 1, "components": [{"type": 5, "custom_id": "who"}]},
        {"type": 1, "components": [{"type": 3, "custom_id": "what", "max_values": 2, "options": [
            {"label": "A", "value": "a"}, {"label": "B", "value": "b"}]}]}]);
    let (_, posted) = stage.post(&stage.messages_path(), json!({"content": "Choose", "components": rows})).await;
    let message: Id = posted["id"].as_str().unwrap().parse().unwrap();
    assert!(ben.select(message, "what", &["c"]).is_err());
    assert!(ben.select(message, "what", &[]).is_err());
    ben.select(message, "what", &["b", "a"]).unwrap();
    assert_eq!(gateway.event("INTERACTION_CREATE").await["data"]["values"], json!(["b", "a"]));
    ben.select(message, "who", &[&stage.ana.to_string()]).unwrap();
    let chosen = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(chosen["data"]["resolved"]["users"][stage.ana.to_string()]["username"], "ana");

    ben.context_menu(stage.general, "Thank", stage.ana).unwrap();
    let on_user = gateway.event("INTERACTION_CREATE").await;
    assert_eq!((&on_user["data"]["type"], &on_user["data"]["target_id"]), (&json!(2), &json!(stage.ana)));
    ben.context_menu(stage.general, "Nominate this", message).unwrap();
    let on_message = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(on_message["data"]["resolved"]["messages"][message.to_string()]["content"], "Choose");
    assert!(ben.context_menu(stage.general, "Thank", message).is_err());
}

#[tokio::test]
async fn commands_are_hidden_from_people_without_the_permission() {
    let stage = Stage::new().await;
    let admin_only = json!({"name": "setup", "description": "Sets up.", "default_member_permissions": "32"});
    let (status, created) = stage.post(&stage.commands_path(), admin_only.clone()).await;
    assert_eq!(status, 201);
    let (status, again) = stage.post(&stage.commands_path(), admin_only).await;
    assert_eq!((status, &again["id"]), (200, &created["id"]));
    let own = |viewer| stage.emulator.commands(stage.general, viewer).len();
    assert_eq!((own(stage.ana), own(stage.ben)), (1, 0));
    assert!(stage.emulator.person(stage.ben).run(stage.general, "setup", json!({})).is_err());
    let path = format!("{}/{}", stage.commands_path(), created["id"].as_str().unwrap());
    let (_, patched) = stage.call("PATCH", &path, json!({"default_member_permissions": null})).await;
    assert_eq!(patched["description"], "Sets up.");
    assert_eq!((own(stage.ana), own(stage.ben)), (1, 1));
    let direct = stage.emulator.person(stage.ben).opens_direct_messages();
    assert_eq!(stage.emulator.commands(direct, stage.ben).len(), 1);
    stage.call("PATCH", &path, json!({"contexts": [0]})).await;
    assert_eq!(stage.emulator.commands(direct, stage.ben).len(), 0);
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(stage.get(&stage.commands_path()).await.1, json!([]));
}

#[tokio::test]
async fn a_nonce_returns_the_same_message_for_five_minutes() {
    let stage = Stage::new().await;
    let body = json!({"content": "once", "nonce": "delivery-1", "enforce_nonce": true});
    let (_, first) = stage.post(&stage.messages_path(), body.clone()).await;
    let (_, again) = stage.post(&stage.messages_path(), body.clone()).await;
    assert_eq!(first["id"], again["id"]);
    stage.clock.advance(TimeDelta::minutes(5));
    let (_, later) = stage.post(&stage.messages_path(), body).await;
    assert_ne!(first["id"], later["id"]);
}

#[tokio::test]
async fn files_are_stored_described_and_served_back() {
    let stage = Stage::new().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03".to_vec();
    let payload = json!({
        "embeds": [{"title": "Chart", "image": {"url": "attachment://chart.png"}}],
        "attachments": [{"id": 0, "description": "Two bars."}, {"id": 1, "description": null}],
    });
    let form = reqwest::multipart::Form::new()
        .part("files[1]", reqwest::multipart::Part::text("a,b").file_name("data file.csv"))
        .part("files[0]", reqwest::multipart::Part::bytes(png.clone()).file_name("chart.png"))
        .text("payload_json", payload.to_string());
    let url = format!("{}/api/v10{}", stage.emulator.api_base(), stage.messages_path());
    let request =
        stage.web.post(url).header("Authorization", format!("Bot {}", stage.emulator.token())).multipart(form);
    let message: Value = request.send().await.unwrap().json().await.unwrap();
    let image = &message["embeds"][0]["image"];
    assert_eq!((&image["width"], &image["height"], &image["description"]), (&json!(2), &json!(3), &json!("Two bars.")));
    let fetched = stage.web.get(image["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(fetched.headers()["content-type"], "image/png");
    assert_eq!(fetched.bytes().await.unwrap(), png);
    assert_eq!(message["attachments"].as_array().unwrap().len(), 1, "what an embed shows is not listed again");
    let table = stage.web.get(message["attachments"][0]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(table.text().await.unwrap(), "a,b");
    assert_eq!(
        stage.emulator.transcript(stage.general, stage.ana),
        "cxbot:\n  | Chart\n  | image chart.png\n  file chart.png (image/png; alt: Two bars.)\n  \
         file data file.csv (text/csv; no alt text)\n"
    );
    let entries = stage.emulator.journal().entries();
    let Some(Entry::Rest { body: Some(body), files, .. }) = entries.last() else { panic!("{entries:?}") };
    assert_eq!((body, files.len()), (&payload, 2));
}

#[tokio::test]
async fn direct_messages_reach_open_mailboxes_only() {
    let stage = Stage::new().await;
    let (_, channel) = stage.post("/users/@me/channels", json!({"recipient_id": stage.ben.get()})).await;
    let (_, same) = stage.post("/users/@me/channels", json!({"recipient_id": stage.ben})).await;
    assert_eq!(channel["id"], same["id"]);
    let path = format!("/channels/{}/messages", channel["id"].as_str().unwrap());
    assert_eq!(stage.post(&path, json!({"content": "hello"})).await.0, 200);
    assert_eq!(stage.emulator.direct_messages(stage.ben).len(), 1);
    assert_eq!(stage.emulator.direct_messages(stage.ana).len(), 0);
    stage.emulator.person(stage.ben).closes_direct_messages(true);
    let (status, error) = stage.post(&path, json!({"content": "hello"})).await;
    assert_eq!((status, &error["code"]), (403, &json!(50007)));
}

#[tokio::test]
async fn permissions_come_from_roles_and_overwrites() {
    let stage = Stage::new().await;
    let (hidden, read_only) = stage.emulator.change(|world| {
        let hidden = ChannelSeed::text("hidden").deny(stage.guild, permissions::VIEW_CHANNEL);
        let bot = world.bot_user_id();
        let read_only = ChannelSeed::text("rules").deny(bot, permissions::SEND_MESSAGES);
        (world.add_channel(stage.guild, hidden), world.add_channel(stage.guild, read_only))
    });
    let say = json!({"content": "hello"});
    let code = |answer: (u16, Value)| (answer.0, answer.1["code"].as_u64().unwrap());
    assert_eq!(code(stage.post(&format!("/channels/{hidden}/messages"), say.clone()).await), (403, 50001));
    assert_eq!(code(stage.post(&format!("/channels/{read_only}/messages"), say.clone()).await), (403, 50013));
    assert_eq!(code(stage.post("/channels/7/messages", say).await), (404, 10003));
    assert_eq!(code(stage.get("/guilds/7").await), (404, 10004));
    assert_eq!(code(stage.get("/users/7").await), (404, 10013));
    let names: Vec<String> =
        stage.emulator.channels(stage.guild, stage.ben).into_iter().map(|channel| channel.name).collect();
    assert_eq!(names, ["general", "rules"]);
    let said = stage.emulator.person(stage.ana).says(stage.general, "mine").unwrap();
    let path = format!("{}/{said}", stage.messages_path());
    assert_eq!(code(stage.call("PATCH", &path, json!({"content": "x"})).await), (403, 50005));
    assert_eq!(code(stage.call("DELETE", &path, Value::Null).await), (403, 50013));
}

#[tokio::test]
async fn allowed_mentions_decide_who_is_notified() {
    let stage = Stage::new().await;
    let content = format!("<@{}> and <@{}>", stage.ana, stage.ben);
    let (_, all) = stage.post(&stage.messages_path(), json!({"content": content})).await;
    assert_eq!(all["mentions"].as_array().unwrap().len(), 2);
    let only = json!({"content": content, "allowed_mentions": {"parse": [], "users": [stage.ben]}});
    let (_, one) = stage.post(&stage.messages_path(), only).await;
    assert_eq!(one["mentions"][0]["id"], json!(stage.ben));
    let (_, none) =
        stage.post(&stage.messages_path(), json!({"content": content, "allowed_mentions": {"parse": []}})).await;
    assert_eq!(none["mentions"], json!([]));
    let seen = stage.emulator.messages(stage.general, stage.ben);
    assert_eq!(seen.iter().map(|message| message.mentions_viewer).collect::<Vec<_>>(), [true, true, false]);
    assert!(seen[0].as_text().contains("@Ana and @Ben (Claims)"));
}

#[tokio::test]
async fn threads_are_opened_on_messages_joined_archived_and_reopened_by_talk() {
    let stage = Stage::new().await;
    let mut gateway = stage.connect().await;
    let (_, message) = stage.post(&stage.messages_path(), json!({"content": "Lesson 1"})).await;
    let path = format!("{}/{}/threads", stage.messages_path(), message["id"].as_str().unwrap());
    let (status, thread) = stage.post(&path, json!({"name": "Lesson 1 talk", "auto_archive_duration": 1440})).await;
    assert_eq!((status, &thread["id"], &thread["type"]), (201, &message["id"], &json!(11)));
    assert_eq!(gateway.event("THREAD_CREATE").await["name"], "Lesson 1 talk");
    assert_eq!(stage.post(&path, json!({"name": "again"})).await.1["code"], 160_004);
    let id = thread["id"].as_str().unwrap();
    let (_, said) = stage.post(&format!("/channels/{id}/messages"), json!({"content": "What do you think?"})).await;
    assert_eq!(said["channel_id"], thread["id"]);
    let (status, archived) = stage.call("PATCH", &format!("/channels/{id}"), json!({"archived": true})).await;
    assert_eq!((status, &archived["thread_metadata"]["archived"]), (200, &json!(true)));
    stage.emulator.person(stage.ben).says(id.parse().unwrap(), "A lot.").unwrap();
    let (_, reopened) = stage.get(&format!("/channels/{id}")).await;
    assert_eq!(reopened["thread_metadata"]["archived"], false);
    assert_eq!(stage.call("PUT", &format!("/channels/{id}/thread-members/@me"), Value::Null).await.0, 204);
    let listed = stage.emulator.channels(stage.guild, stage.ben);
    assert_eq!(listed.last().map(|each| each.name.as_str()), Some("Lesson 1 talk"));
    let (_, plain) =
        stage.post(&format!("/channels/{}/threads", stage.general), json!({"name": "Side", "type": 11})).await;
    assert_eq!(plain["name"], "Side");
}

#[tokio::test]
async fn messages_are_listed_pinned_and_deleted() {
    let stage = Stage::new().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let (_, message) = stage.post(&stage.messages_path(), json!({"content": number.to_string()})).await;
        ids.push(message["id"].as_str().unwrap().to_owned());
    }
    let list = async |query: String| -> String {
        let (_, list) = stage.get(&format!("{}{query}", stage.messages_path())).await;
        list.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect()
    };
    assert_eq!(list("?&limit=2".to_owned()).await, "43");
    assert_eq!(list(format!("?before={}", ids[2])).await, "10");
    assert_eq!(list(format!("?after={}&limit=2", ids[1])).await, "32");
    assert_eq!(list(format!("?around={}&limit=3", ids[2])).await, "321");
    assert_eq!(
        stage.get(&format!("{}?limit=101", stage.messages_path())).await.1["errors"]["limit"]["_errors"][0]["code"],
        "NUMBER_TYPE_MAX"
    );
    let pin = format!("/channels/{}/messages/pins/{}", stage.general, ids[0]);
    assert_eq!(stage.call("PUT", &pin, Value::Null).await.0, 204);
    let (_, pins) = stage.get(&format!("/channels/{}/messages/pins", stage.general)).await;
    assert_eq!((&pins["items"][0]["message"]["content"], &pins["has_more"]), (&json!("0"), &json!(false)));
    let path = format!("{}/{}", stage.messages_path(), ids[0]);
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.1["code"], 10008);
}

#[tokio::test]
async fn a_dropped_socket_is_resumed_with_what_was_missed() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = Gateway::open(&stage.emulator).await;
    gateway.identify(&stage.emulator.token(), EVERYTHING).await;
    let session = gateway.event("READY").await["session_id"].as_str().unwrap().to_owned();
    gateway.event("GUILD_CREATE").await;
    let seen = gateway.sequence;
    stage.emulator.drop_gateway();
    while gateway.message().await.is_some() {}
    let asked = stage.emulator.person(stage.ben).run(stage.general, "ping", json!({})).unwrap();

    let mut again = Gateway::open(&stage.emulator).await;
    let resume = json!({"op": 6, "d": {"token": stage.emulator.token(), "session_id": session, "seq": seen}});
    again.send(resume.clone()).await;
    let missed = again.frame().await;
    assert_eq!((&missed["t"], &missed["s"]), (&json!("INTERACTION_CREATE"), &json!(seen + 1)));
    assert_eq!(missed["d"]["id"], json!(asked));
    assert!(again.event("RESUMED").await.is_object());

    stage.emulator.send_reconnect();
    assert_eq!(again.frame().await["op"], 7);
    stage.emulator.invalidate_session(false);
    let invalid = again.frame().await;
    assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(false)));
    let mut third = Gateway::open(&stage.emulator).await;
    third.send(resume).await;
    assert_eq!(third.frame().await["op"], 9);
}

#[tokio::test]
async fn intents_decide_what_a_bot_hears() {
    let stage = Stage::new().await;
    let mut without_content = Gateway::connect(&stage.emulator, 1 | 1 << 9).await;
    let mut guilds_only = Gateway::connect(&stage.emulator, 1).await;
    stage.emulator.person(stage.ben).says(stage.general, "secret").unwrap();
    let other = stage.emulator.change(|world| world.add_channel(stage.guild, ChannelSeed::text("other")));
    assert_eq!(without_content.event("MESSAGE_CREATE").await["content"], "");
    let next = guilds_only.frame().await;
    assert_eq!((&next["t"], &next["d"]["id"]), (&json!("CHANNEL_CREATE"), &json!(other)));
}

#[tokio::test]
async fn the_bot_hears_of_a_guild_that_it_joins_later() {
    let stage = Stage::new().await;
    let mut gateway = stage.connect().await;
    let guild = stage.emulator.change(|world| {
        let guild = world.add_guild("Second", stage.ben);
        world.add_channel(guild, ChannelSeed::text("lobby"));
        world.add_bot(guild, permissions::BOT);
        guild
    });
    let created = gateway.frame().await;
    assert_eq!((&created["t"], &created["d"]["id"]), (&json!("GUILD_CREATE"), &json!(guild)));
    stage.emulator.change(|world| world.remove_bot(guild));
    assert_eq!(gateway.event("GUILD_DELETE").await["id"], json!(guild));
}

#[tokio::test]
async fn faults_come_on_demand() {
    let stage = Stage::new().await;
    let faults = stage.emulator.faults();
    let wait = Duration::from_millis(1_500);
    faults.on(Some("POST"), "/messages", Effect::RateLimited { retry_after: wait, global: false }, Some(1));
    faults.on(Some("POST"), "/messages", Effect::Status(502), Some(1));
    faults.on(Some("POST"), "/messages", Effect::LostAnswer, Some(1));
    let body = json!({"content": "x", "nonce": "n", "enforce_nonce": true});
    let url = format!("{}/api/v10{}", stage.emulator.api_base(), stage.messages_path());
    let send =
        || stage.web.post(&url).header("Authorization", format!("Bot {}", stage.emulator.token())).json(&body).send();
    let limited = send().await.unwrap();
    assert_eq!(limited.status().as_u16(), 429);
    assert_eq!(
        (&limited.headers()["retry-after"], &limited.headers()["x-ratelimit-scope"]),
        (&"2".parse().unwrap(), &"user".parse().unwrap())
    );
    assert_eq!(limited.json::<Value>().await.unwrap()["retry_after"], 1.5);
    assert_eq!(send().await.unwrap().status().as_u16(), 502);
    assert!(stage.emulator.messages(stage.general, stage.ana).is_empty());
    assert!(send().await.is_err(), "the connection breaks");
    let posted = stage.emulator.messages(stage.general, stage.ana);
    assert_eq!(posted.len(), 1, "but the message is there");
    let again: Value = send().await.unwrap().json().await.unwrap();
    assert_eq!(again["id"], json!(posted[0].id));

    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    faults.duplicate_next_interaction();
    stage.emulator.person(stage.ben).run(stage.general, "ping", json!({})).unwrap();
    let first = gateway.event("INTERACTION_CREATE").await;
    let second = gateway.event("INTERACTION_CREATE").await;
    assert_eq!(first["id"], second["id"]);
}

#[tokio::test]
async fn large_payloads_are_compressed_for_bots_that_ask() {
    let stage = Stage::new().await;
    stage.emulator.change(|world| {
        for number in 0..40 {
            world.add_channel(stage.guild, ChannelSeed::text(&format!("channel-{number}")));
        }
    });
    let mut gateway = Gateway::open(&stage.emulator).await;
    let identify = json!({"op": 2, "d":
        {"token": stage.emulator.token(), "intents": 1, "properties": {}, "compress": true}});
    gateway.send(identify).await;
    gateway.event("READY").await;
    let Some(Message::Binary(_)) = gateway.message().await else { panic!("GUILD_CREATE is large") };
}

#[tokio::test]
async fn a_world_survives_a_restart() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let (_, posted) = stage.post(&stage.messages_path(), json!({"content": "kept", "embeds": [{"title": "T"}]})).await;
    let before = stage.emulator.transcript(stage.general, stage.ana);
    let snapshot = stage.emulator.snapshot();
    stage.emulator.stop();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::restore(&snapshot).unwrap();
    let emulator = Emulator::start(listener, stage.clock.clone(), world).unwrap();
    assert_eq!(emulator.transcript(stage.general, stage.ana), before);
    assert_eq!(emulator.token(), stage.emulator.token());
    assert_eq!(emulator.commands(stage.general, stage.ana).len(), 1);
    let later = emulator.person(stage.ben).says(stage.general, "next").unwrap();
    assert!(later > posted["id"].as_str().unwrap().parse().unwrap());
}

#[tokio::test]
async fn only_loopback_names_are_served() {
    let stage = Stage::new().await;
    let url = format!("{}/api/v10/gateway", stage.emulator.api_base());
    let response = stage.web.get(url).header("Host", "evil.example").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 421);
}
