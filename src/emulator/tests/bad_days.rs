//! Unknown routes, faults, restarts, strangers.

use super::*;

#[tokio::test]
async fn an_unknown_route_answers_501_and_names_itself() {
    let stage = Stage::new().await;
    let (status, body) = stage.call("PUT", "/guilds/1/bans/2", json!({})).await;
    assert_eq!(status, 501);
    assert_eq!(body["message"], "The emulator does not serve: PUT /api/v10/guilds/1/bans/2");
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
