//! The gateway: login, close codes, resume, intents.

use super::*;

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
async fn a_whole_connection_is_one_stream_for_bots_that_ask() {
    use futures_util::{SinkExt as _, StreamExt as _};

    let stage = Stage::new().await;
    let address = format!("{}/?v=10&encoding=json&compress=zlib-stream", stage.emulator.gateway_url());
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let mut inflate = flate2::Decompress::new(true);
    let mut read = async |socket: &mut tokio_tungstenite::WebSocketStream<_>| loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Binary(bytes) => {
                assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]), "every payload is whole");
                let mut text = Vec::with_capacity(1 << 20);
                inflate.decompress_vec(&bytes, &mut text, flate2::FlushDecompress::Sync).unwrap();
                return serde_json::from_slice::<serde_json::Value>(&text).unwrap();
            }
            Message::Text(text) => panic!("not in the stream: {text}"),
            _ => {}
        }
    };
    assert_eq!(read(&mut socket).await["op"], 10);
    // It also asks for single payloads to be compressed, as discord.py does; the stream goes before.
    let identify = json!({"op": 2, "d":
        {"token": stage.emulator.token(), "intents": 513, "properties": {}, "compress": true}});
    socket.send(Message::text(identify.to_string())).await.unwrap();
    assert_eq!(read(&mut socket).await["t"], "READY");
    assert_eq!(read(&mut socket).await["t"], "GUILD_CREATE");
    // Long and hard to compress, so that it does not fit where it is first put.
    let long: String =
        (0..1_900_u32).map(|at| char::from(b'!' + (at.wrapping_mul(2_654_435_761) >> 24) as u8 % 90)).collect();
    for _ in 0..3 {
        stage.emulator.person(stage.ben).says(stage.general, &long).unwrap();
        let created = loop {
            let frame = read(&mut socket).await;
            if frame["t"] == "MESSAGE_CREATE" {
                break frame;
            }
        };
        assert_eq!(created["d"]["author"]["id"], json!(stage.ben));
    }
}

#[tokio::test]
async fn a_resume_can_replay_what_the_bot_has_seen_already() {
    let stage = Stage::new().await;
    let mut gateway = Gateway::open(&stage.emulator).await;
    gateway.identify(&stage.emulator.token(), EVERYTHING).await;
    let session = gateway.event("READY").await["session_id"].as_str().unwrap().to_owned();
    gateway.event("GUILD_CREATE").await;
    stage.emulator.person(stage.ben).says(stage.general, "once").unwrap();
    gateway.event("MESSAGE_CREATE").await;
    let seen = gateway.sequence;
    stage.emulator.faults().replay_on_resume(1);
    stage.emulator.close_gateway(4000);
    assert_eq!(gateway.close_code().await, 4000);
    let mut again = Gateway::open(&stage.emulator).await;
    again.send(json!({"op": 6, "d": {"token": stage.emulator.token(), "session_id": session, "seq": seen}})).await;
    let replayed = again.frame().await;
    assert_eq!((&replayed["t"], &replayed["s"]), (&json!("MESSAGE_CREATE"), &json!(seen)));
    again.event("RESUMED").await;
}
