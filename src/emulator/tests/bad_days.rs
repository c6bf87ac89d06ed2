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

#[tokio::test]
async fn enforced_limits_refuse_the_sixth_message_but_not_interactions() {
    let stage = Stage::new().await;
    stage.emulator.set_limits(Limits::discord());
    let url = format!("{}/api/v10{}", stage.emulator.api_base(), stage.messages_path());
    let token = format!("Bot {}", stage.emulator.token());
    let send = || stage.web.post(&url).header("Authorization", &token).json(&json!({"content": "x"})).send();
    for left in (0..5).rev() {
        let answer = send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["x-ratelimit-remaining"], left.to_string().as_str());
    }
    let refused = send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 429);
    let wait: f64 = refused.headers()["x-ratelimit-reset-after"].to_str().unwrap().parse().unwrap();
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["global"], false);
    assert!((4.0..=5.0).contains(&wait) && (body["retry_after"].as_f64().unwrap() - wait).abs() < 0.01, "{wait} {body}");
    stage.emulator.set_limits(Limits::off());
    assert_eq!(send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn a_request_left_hanging_ends_with_the_emulator() {
    let stage = Stage::new().await;
    stage.emulator.faults().on(None, "/users/@me", Effect::Hang, None);
    let url = format!("{}/api/v10/users/@me", stage.emulator.api_base());
    let hanging = tokio::spawn(stage.web.get(url).send());
    // Another request is served meanwhile, so the hanging one is not merely slow to start.
    assert_eq!(stage.get("/gateway").await.0, 200);
    assert!(!hanging.is_finished());
    stage.emulator.stop();
    assert!(tokio::time::timeout(SOON, hanging).await.unwrap().unwrap().is_err());
}
