//! Messages, files, threads, permissions.

use super::*;

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
