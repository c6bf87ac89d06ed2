//! Interactions from the press of a person to the answer of the bot.

use super::*;

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
    assert!(stage.emulator.acknowledged(pressed).await);
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
    assert!(!stage.emulator.acknowledged(asked).await);
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
async fn a_day_has_room_for_two_hundred_new_commands() {
    let stage = Stage::new().await;
    let list = |from: usize, count: usize| -> Value {
        (from..from + count).map(|number| json!({"name": format!("c{number}"), "description": "d"})).collect()
    };
    stage.register(list(0, 100)).await;
    let one_more = json!({"name": "more", "description": "d"});
    let (status, error) = stage.post(&stage.commands_path(), one_more).await;
    assert_eq!((status, &error["code"]), (400, &json!(30032)));
    stage.register(list(100, 100)).await;
    let (status, error) = stage.call("PUT", &stage.commands_path(), list(200, 1)).await;
    assert_eq!((status, &error["code"]), (400, &json!(30034)));
    stage.clock.advance(TimeDelta::days(1));
    stage.register(list(200, 1)).await;
}

#[tokio::test]
async fn many_interactions_leave_nothing_behind_but_the_latest() {
    let stage = Stage::new().await;
    stage.register(ping()).await;
    let mut gateway = stage.connect().await;
    let ben = stage.emulator.person(stage.ben);
    for _ in 0..120 {
        let asked = ben.run(stage.general, "ping", json!({})).unwrap();
        let interaction = gateway.event("INTERACTION_CREATE").await;
        stage.answer(&interaction, json!({"type": 4, "data": {"content": "pong", "flags": 64}})).await;
        assert!(stage.emulator.outcome(asked).await.message().is_some());
    }
    assert_eq!(stage.emulator.messages(stage.general, stage.ben).len(), 50);
    assert_eq!(stage.emulator.world(|world| world.messages.len()), 50);
    stage.clock.advance(TimeDelta::minutes(15));
    ben.run(stage.general, "ping", json!({})).unwrap();
    assert_eq!(stage.emulator.world(World::unanswered_interactions), 1);
    assert_eq!(stage.emulator.world(|world| world.interactions.remembered()), 1);
}
