//! Every route of the emulator, taken once, with each request and each answer held against Discord's OpenAPI document.

use std::time::Duration;

use cxbot::clock::Clock;
use cxbot::emulator::{ChannelSeed, Emulator, Entry, Id, World, permissions};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::openapi::Document;

struct Bot {
    emulator: Emulator,
    web: reqwest::Client,
}

impl Bot {
    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/api/v10{path}", self.emulator.api_base());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let token = format!("Bot {}", self.emulator.token());
        let mut request = self.web.request(method.clone(), url).header("Authorization", token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
async fn every_answer_has_the_shape_that_discord_documents() {
    let document = Document::load();
    let clock = Clock::manual("2026-11-23T15:00:00Z".parse().unwrap());
    let mut world = World::new("cxbot", clock.now());
    let ana = world.add_user("Ana");
    let guild = world.add_guild("Benefits Agency", ana);
    let general =
        world.add_channel(guild, ChannelSeed::text("general").topic("Everything").allow(ana, permissions::BOT));
    let forum = world.add_channel(guild, ChannelSeed::forum("questions"));
    world.add_channel(guild, ChannelSeed::voice("talk"));
    world.add_channel(guild, ChannelSeed::category("Group"));
    world.add_bot(guild, permissions::ADMINISTRATOR);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::start(listener, clock, world).unwrap();
    emulator.record_everything();
    let bot = Bot { emulator: emulator.clone(), web: reqwest::Client::new() };

    let (mut gateway, _) = tokio_tungstenite::connect_async(format!("{}/?v=10", emulator.gateway_url())).await.unwrap();
    let identify = json!({"op": 2, "d": {"token": emulator.token(), "intents": 1, "properties": {}}});
    gateway.send(Message::Text(identify.to_string())).await.unwrap();
    let mut next_interaction = async || -> Value {
        loop {
            let message = tokio::time::timeout(Duration::from_mins(1), gateway.next()).await.unwrap().unwrap().unwrap();
            let frame: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if frame["t"] == "INTERACTION_CREATE" {
                return frame["d"].clone();
            }
        }
    };

    for path in
        ["/gateway", "/gateway/bot", "/users/@me", "/oauth2/applications/@me", "/applications/@me", "/users/@me/guilds"]
    {
        bot.get(path).await;
    }
    bot.get(&format!("/users/{ana}")).await;
    let guild_path = format!("/guilds/{guild}");
    for below in [
        "",
        "?with_counts=true",
        "/channels",
        "/roles",
        "/threads/active",
        "/members?limit=10",
        "/members/search?query=an",
    ] {
        bot.get(&format!("{guild_path}{below}")).await;
    }
    bot.get(&format!("{guild_path}/members/{ana}")).await;
    bot.get(&format!("/users/@me/guilds/{guild}/member")).await;
    let made = json!({"name": "New Channel", "type": 0, "topic": "t"});
    let made = bot.call("POST", &format!("{guild_path}/channels"), made).await;
    let made_path = format!("/channels/{}", text(&made["id"]));
    bot.call("PATCH", &made_path, json!({"topic": null, "rate_limit_per_user": 5})).await;
    bot.call("DELETE", &made_path, Value::Null).await;

    messages(&bot, general, forum, ana).await;
    commands(&bot, guild).await;
    interactions(&bot, general, ana, &mut next_interaction).await;

    let mut complaints = Vec::new();
    let entries = emulator.journal().entries();
    for entry in &entries {
        if let Entry::Rest { method, path, query, body, files, status, answer, .. } = entry {
            complaints.extend(document.check_request(method, path, query, body.as_ref(), files));
            complaints.extend(document.check_answer(method, path, *status, answer.as_ref()));
        }
    }
    assert!(entries.len() > 60);
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

async fn messages(bot: &Bot, general: Id, forum: Id, ana: Id) {
    let messages = format!("/channels/{general}/messages");
    let rich = json!({
        "content": format!("hello <@{ana}>"), "nonce": "n1", "enforce_nonce": true,
        "embeds": [{"title": "T", "description": "D", "color": 255, "url": "https://example.gov/", "fields": [{"name": "a", "value": "b"}],
            "footer": {"text": "f"}, "author": {"name": "A"}, "image": {"url": "https://example.gov/a.png"}, "timestamp": "2026-11-23T15:00:00Z"}],
        "components": [
            {"type": 1, "components": [{"type": 2, "style": 1, "label": "A", "custom_id": "a"}, {"type": 2, "style": 5, "label": "B", "url": "https://example.gov/"}]},
            {"type": 1, "components": [{"type": 3, "custom_id": "s", "options": [{"label": "x", "value": "x"}]}]},
            {"type": 1, "components": [{"type": 8, "custom_id": "c", "channel_types": [0]}]}],
    });
    let first = bot.call("POST", &messages, rich).await;
    let path = format!("{messages}/{}", text(&first["id"]));
    bot.get(&path).await;
    bot.call("PATCH", &path, json!({"content": "changed"})).await;
    let reply = json!({"content": "re", "message_reference": {"message_id": first["id"]}});
    bot.call("POST", &messages, reply).await;
    let newer = json!({"flags": 32768, "components": [
        {"type": 10, "content": "Text"},
        {"type": 14},
        {"type": 17, "components": [
            {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}},
            {"type": 12, "items": [{"media": {"url": "https://example.gov/a.png"}}]}]}]});
    let newer = bot.call("POST", &messages, newer).await;
    let newer_path = format!("{messages}/{}", text(&newer["id"]));
    bot.call("PATCH", &newer_path, json!({"components": [{"type": 10, "content": "Other"}]})).await;
    let poll = json!({"poll": {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "a"}}, {"poll_media": {"text": "b"}}], "duration": 24}});
    bot.call("POST", &messages, poll).await;
    let form = reqwest::multipart::Form::new()
        .part("files[0]", reqwest::multipart::Part::bytes(b"a,b".to_vec()).file_name("a.csv"))
        .text("payload_json", json!({"attachments": [{"id": 0, "description": "figures"}]}).to_string());
    let url = format!("{}/api/v10{messages}", bot.emulator.api_base());
    let token = format!("Bot {}", bot.emulator.token());
    let sent = bot.web.post(url).header("Authorization", token).multipart(form).send().await.unwrap();
    assert!(sent.status().is_success());
    bot.call("POST", &format!("/channels/{general}/typing"), Value::Null).await;
    let pin = format!("{messages}/pins/{}", text(&first["id"]));
    bot.call("PUT", &pin, Value::Null).await;
    bot.get(&format!("{messages}/pins")).await;
    bot.get(&format!("/channels/{general}/pins")).await;
    bot.call("DELETE", &pin, Value::Null).await;
    let thread = bot.call("POST", &format!("{path}/threads"), json!({"name": "Talk"})).await;
    let thread_path = format!("/channels/{}", text(&thread["id"]));
    bot.call("POST", &format!("{thread_path}/messages"), json!({"content": "in the thread"})).await;
    bot.call("PUT", &format!("{thread_path}/thread-members/@me"), Value::Null).await;
    bot.get(&format!("{thread_path}/thread-members")).await;
    bot.get(&thread_path).await;
    bot.get(&format!("{thread_path}/messages")).await;
    bot.call("PATCH", &thread_path, json!({"archived": true})).await;
    bot.call("DELETE", &thread_path, Value::Null).await;
    bot.call("POST", &format!("/channels/{general}/threads"), json!({"name": "Side", "type": 11})).await;
    let post = json!({"name": "Question", "message": {"content": "How?"}});
    bot.call("POST", &format!("/channels/{forum}/threads"), post).await;
    bot.get(&format!("{messages}?limit=100")).await;
    bot.get(&format!("/channels/{general}")).await;
    bot.get(&format!("/channels/{forum}")).await;
    let direct = bot.call("POST", "/users/@me/channels", json!({"recipient_id": ana})).await;
    let direct_path = format!("/channels/{}", text(&direct["id"]));
    bot.get(&direct_path).await;
    bot.call("POST", &format!("{direct_path}/messages"), json!({"content": "hello"})).await;
    let gone = bot.call("POST", &messages, json!({"content": "x"})).await;
    let gone_too = bot.call("POST", &messages, json!({"content": "y"})).await;
    bot.call("POST", &format!("{messages}/bulk-delete"), json!({"messages": [gone["id"], gone_too["id"]]})).await;
    bot.call("DELETE", &newer_path, Value::Null).await;
}

async fn commands(bot: &Bot, guild: Id) {
    let application = bot.emulator.application_id();
    let list = json!([
        {"name": "ping", "description": "Answers."},
        {"name": "pulse", "description": "Pulses.", "default_member_permissions": "32", "contexts": [0], "options": [
            {"type": 1, "name": "open", "description": "Opens one.", "options": [
                {"type": 3, "name": "question", "description": "Which", "required": true, "choices": [{"name": "A", "value": "a"}]},
                {"type": 4, "name": "days", "description": "How long", "min_value": 1.0, "max_value": 14.0}]}]},
        {"name": "Thank", "type": 2},
    ]);
    for path in [
        format!("/applications/{application}/commands"),
        format!("/applications/{application}/guilds/{guild}/commands"),
    ] {
        bot.call("PUT", &path, list.clone()).await;
        bot.get(&path).await;
        bot.get(&format!("{path}?with_localizations=true")).await;
        let one = bot.call("POST", &path, json!({"name": "ping", "description": "Answers again."})).await;
        let one_path = format!("{path}/{}", text(&one["id"]));
        bot.get(&one_path).await;
        bot.call("PATCH", &one_path, json!({"description": "Answers."})).await;
        bot.call("POST", &path, json!({"name": "new", "description": "New."})).await;
        if path.contains("guilds") {
            bot.call("DELETE", &one_path, Value::Null).await;
        }
    }
}

async fn interactions(bot: &Bot, general: Id, ana: Id, next: &mut impl AsyncFnMut() -> Value) {
    let person = bot.emulator.person(ana);
    let callback = |interaction: &Value| {
        let (id, token) = (text(&interaction["id"]), text(&interaction["token"]));
        format!("/interactions/{id}/{token}/callback")
    };
    let application = bot.emulator.application_id();
    let hook = |interaction: &Value| format!("/webhooks/{application}/{}", text(&interaction["token"]));
    let run = || person.run(general, "ping", json!({})).unwrap();

    run();
    let asked = next().await;
    let row = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "A", "custom_id": "a"}]}]);
    let reply = json!({"type": 4, "data": {"content": "x", "components": row}});
    let answer = bot.call("POST", &format!("{}?with_response=true", callback(&asked)), reply).await;
    let message: Id = text(&answer["resource"]["message"]["id"]).parse().unwrap();
    bot.get(&format!("{}/messages/@original", hook(&asked))).await;
    bot.call("PATCH", &format!("{}/messages/@original", hook(&asked)), json!({"content": "y"})).await;
    let more = bot.call("POST", &format!("{}?wait=true", hook(&asked)), json!({"content": "z", "flags": 64})).await;
    let more_path = format!("{}/messages/{}", hook(&asked), text(&more["id"]));
    bot.get(&more_path).await;
    bot.call("PATCH", &more_path, json!({"content": "zz"})).await;
    bot.call("DELETE", &more_path, Value::Null).await;

    person.press(message, "a").unwrap();
    let pressed = next().await;
    let update = json!({"type": 7, "data": {"content": "pressed"}});
    bot.call("POST", &format!("{}?with_response=true", callback(&pressed)), update).await;
    person.press(message, "a").unwrap();
    let pressed = next().await;
    bot.call("POST", &format!("{}?with_response=true", callback(&pressed)), json!({"type": 6})).await;
    bot.call("POST", &hook(&pressed), json!({"content": "follow-up of a button"})).await;

    run();
    let asked = next().await;
    bot.call("POST", &format!("{}?with_response=true", callback(&asked)), json!({"type": 5, "data": {"flags": 64}}))
        .await;
    bot.call("POST", &hook(&asked), json!({"content": "filled"})).await;

    person.press(message, "a").unwrap();
    let asked = next().await;
    let form = json!({"type": 9, "data": {"custom_id": "f", "title": "T", "components": [
        {"type": 1, "components": [{"type": 4, "custom_id": "w", "style": 1, "label": "Why?"}]}]}});
    bot.call("POST", &callback(&asked), form).await;
    person.submit(text(&asked["id"]).parse().unwrap(), json!({"w": "so"})).unwrap();
    let submitted = next().await;
    bot.call(
        "POST",
        &format!("{}?with_response=true", callback(&submitted)),
        json!({"type": 4, "data": {"content": "ok"}}),
    )
    .await;

    person.context_menu(general, "Thank", ana).unwrap();
    let asked = next().await;
    bot.call(
        "POST",
        &format!("{}?with_response=true", callback(&asked)),
        json!({"type": 4, "data": {"content": "ok"}}),
    )
    .await;
}
