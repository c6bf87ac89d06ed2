//! The validator catches what the document forbids, lets pass what it allows, and says where and why.

use crate::openapi::Document;
use cxbot::emulator::rules::{self, FileInfo, InteractionKind};
use serde_json::{Value, json};

/// Where a body goes.
#[derive(Clone, Copy, Debug)]
enum Route {
    Message,
    Edit,
    FollowUp,
    Answer,
    Suggestions,
    Modal,
    Commands,
}

impl Route {
    fn request(self, body: &Value) -> (&'static str, &'static str, Value) {
        let callback = "/interactions/9/token/callback";
        match self {
            Self::Message => ("POST", "/channels/3/messages", body.clone()),
            Self::Edit => ("PATCH", "/webhooks/1/token/messages/@original", body.clone()),
            Self::FollowUp => ("POST", "/webhooks/1/token", body.clone()),
            Self::Answer => ("POST", callback, json!({ "type": 4, "data": body })),
            Self::Suggestions => ("POST", callback, json!({ "type": 8, "data": { "choices": body } })),
            Self::Modal => ("POST", callback, json!({ "type": 9, "data": body })),
            Self::Commands => ("PUT", "/applications/1/guilds/2/commands", body.clone()),
        }
    }

    fn complaints(self, body: &Value) -> Vec<String> {
        let (method, path, body) = self.request(body);
        Document::load().check_request(method, path, "", Some(&body), &[])
    }

    fn rules_take(self, body: &Value) -> bool {
        let (_, _, whole) = self.request(body);
        match self {
            Self::Message => rules::message_create(&whole, &[]),
            Self::Edit => rules::message_edit(&whole, &[]),
            Self::FollowUp => rules::followup(&whole, &[]),
            Self::Answer | Self::Modal => rules::callback(InteractionKind::Command, &whole, &[]),
            Self::Suggestions => rules::callback(InteractionKind::Autocomplete, &whole, &[]),
            Self::Commands => rules::command_list(&whole),
        }
        .is_ok()
    }
}

fn many(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

fn long(characters: usize) -> String {
    "x".repeat(characters)
}

fn button(key: &str, value: Value) -> Value {
    let mut button = json!({ "type": 2, "style": 1, "label": "Go", "custom_id": "b" });
    button[key] = value;
    button
}

fn with(mut value: Value, key: &str, field: Value) -> Value {
    value[key] = field;
    value
}

fn row(children: Value) -> Value {
    with(json!({ "type": 1 }), "components", children)
}

fn rows(children: Value) -> Value {
    json!({ "content": "hi", "components": [row(children)] })
}

fn select(options: usize) -> Value {
    let options = many(options, |n| json!({ "label": "l", "value": n.to_string() }));
    json!({ "type": 3, "custom_id": "s", "options": options })
}

fn embed(key: &str, value: Value) -> Value {
    let mut embed = json!({ "title": "t" });
    embed[key] = value;
    json!({ "embeds": [embed] })
}

fn modal(title: &str, components: Value) -> Value {
    with(json!({ "custom_id": "m", "title": title }), "components", components)
}

fn input(label: &str) -> Value {
    json!({ "type": 4, "custom_id": "a", "style": 1, "label": label })
}

fn commands(key: &str, value: Value) -> Value {
    let mut command = json!({ "name": "ping", "description": "Says pong" });
    command[key] = value;
    json!([command])
}

fn option(kind: i64, name: &str) -> Value {
    json!({ "type": kind, "name": name, "description": "d" })
}

fn holding(kind: i64, options: Value) -> Value {
    let mut outer = option(kind, "outer");
    outer["options"] = options;
    outer
}

/// Bodies that the document refuses.
fn refused_by_the_document() -> Vec<(&'static str, Route, Value)> {
    use Route::{Answer, Commands, Edit, FollowUp, Message, Modal, Suggestions};
    let choices = |count| many(count, |n| json!({ "name": n.to_string(), "value": n.to_string() }));
    let option_choices = |list| {
        let mut option = option(3, "o");
        option["choices"] = list;
        commands("options", json!([option]))
    };
    vec![
        ("button label of 81", Message, rows(json!([button("label", json!(long(81)))]))),
        ("custom id of 101", Message, rows(json!([button("custom_id", json!(long(101)))]))),
        ("6 buttons in a row", Message, rows(many(6, |n| button("custom_id", json!(n.to_string()))))),
        ("0 options", Message, rows(json!([select(0)]))),
        ("26 options", Message, rows(json!([select(26)]))),
        ("11 embeds", Message, json!({ "embeds": many(11, |_| json!({ "title": "t" })) })),
        ("description of 4097", Message, embed("description", json!(long(4097)))),
        ("26 fields", Message, embed("fields", many(26, |_| json!({ "name": "n", "value": "v" })))),
        ("nonce of 26", Message, json!({ "content": "hi", "nonce": long(26) })),
        ("content of 2001 in an answer", Answer, json!({ "content": long(2001) })),
        ("content of 2001 in a follow-up", FollowUp, json!({ "content": long(2001) })),
        ("content of 2001 in an edit", Edit, json!({ "content": long(2001) })),
        ("modal title of 46", Modal, modal(&long(46), json!([row(json!([input("L")]))]))),
        ("input label of 46", Modal, modal("T", json!([row(json!([input(&long(46))]))]))),
        ("select in a modal's row", Modal, modal("T", json!([row(json!([select(1)]))]))),
        ("button in a modal's row", Modal, modal("T", json!([row(json!([button("label", json!("Go"))]))]))),
        ("26 suggestions", Suggestions, choices(26)),
        ("suggestion name of 101", Suggestions, json!([{ "name": long(101), "value": "v" }])),
        ("command description of 101", Commands, commands("description", json!(long(101)))),
        ("26 command options", Commands, commands("options", many(26, |n| option(3, &n.to_string())))),
        ("26 choices of an option", Commands, option_choices(choices(26))),
        ("a subcommand in a subcommand", Commands, commands("options", json!([holding(1, json!([option(1, "a")]))]))),
        ("a value in a group", Commands, commands("options", json!([holding(2, json!([option(3, "a")]))]))),
        ("content that is a number", Message, json!({ "content": 7 })),
    ]
}

/// Bodies that the document lets pass although Discord refuses them.
fn refused_by_the_rules_alone() -> Vec<(&'static str, Route, Value)> {
    use Route::{Commands, Message, Modal};
    let six_rows = many(6, |n| row(json!([button("custom_id", json!(n.to_string()))])));
    let same_ids = json!([button("label", json!("a")), button("label", json!("b"))]);
    let same_values = json!({ "type": 3, "custom_id": "s", "options": [{ "label": "a", "value": "v" }, { "label": "b", "value": "v" }] });
    let halves = json!([{ "description": long(3001) }, { "description": long(3000) }]);
    let two_inputs = json!([{ "type": 4, "custom_id": "a", "style": 1, "label": "A" }, { "type": 4, "custom_id": "b", "style": 1, "label": "B" }]);
    let labelled = json!({ "type": 18, "label": "L", "component": input("inner") });
    let six_inputs = many(6, |n| row(json!([{ "type": 4, "custom_id": n.to_string(), "style": 1, "label": "L" }])));
    let mut late = option(3, "late");
    late["required"] = json!(true);
    let mut both = option(3, "both");
    both["autocomplete"] = json!(true);
    both["choices"] = json!([{ "name": "n", "value": "v" }]);
    let mut wide = option(3, "wide");
    wide["choices"] = json!([{ "name": "n", "value": long(101) }]);
    let v2 = |key: &str, value: Value| {
        let mut body = json!({ "flags": 1 << 15, "components": [{ "type": 10, "content": "t" }] });
        body[key] = value;
        body
    };
    vec![
        ("content of 2001 in a channel", Message, json!({ "content": long(2001) })),
        ("6 rows", Message, json!({ "content": "hi", "components": six_rows })),
        ("a custom id twice", Message, rows(same_ids)),
        ("an option value twice", Message, rows(json!([same_values]))),
        ("a button without custom id", Message, rows(json!([button("custom_id", Value::Null)]))),
        ("a link without address", Message, rows(json!([{ "type": 2, "style": 5, "label": "Read" }]))),
        ("a select beside a button", Message, rows(json!([button("label", json!("Go")), select(1)]))),
        ("embeds of 6001 characters", Message, json!({ "embeds": halves })),
        ("an empty field value", Message, embed("fields", json!([{ "name": "n", "value": "" }]))),
        ("an empty message", Message, json!({})),
        (
            "parse and users",
            Message,
            json!({ "content": "hi", "allowed_mentions": { "parse": ["users"], "users": ["1"] } }),
        ),
        ("V2 with content", Message, v2("content", json!("hi"))),
        ("V2 with embeds", Message, v2("embeds", json!([{ "title": "t" }]))),
        (
            "V2 components without the flag",
            Message,
            json!({ "content": "hi", "components": [{ "type": 10, "content": "t" }] }),
        ),
        ("6 components in a modal", Modal, modal("T", six_inputs)),
        ("2 inputs in a row", Modal, modal("T", json!([row(two_inputs)]))),
        ("a label in a label", Modal, modal("T", json!([labelled]))),
        ("an upper-case command", Commands, commands("name", json!("Ping"))),
        ("a command without description", Commands, json!([{ "name": "ping" }])),
        ("required after optional", Commands, commands("options", json!([option(3, "early"), late]))),
        ("autocomplete and choices", Commands, commands("options", json!([both]))),
        ("a name twice", Commands, json!([option(1, "a"), option(1, "a")])),
        ("101 commands", Commands, many(101, |n| option(1, &format!("c{n}")))),
        ("a choice value of 101", Commands, commands("options", json!([wide]))),
    ]
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn bodies_that_the_document_refuses_are_caught_twice() {
    for (name, route, body) in refused_by_the_document() {
        assert!(!route.complaints(&body).is_empty(), "the document let pass: {name}");
        assert!(!route.rules_take(&body), "the rules let pass: {name}");
    }
}

#[test]
fn bodies_that_the_document_lets_pass_are_caught_by_the_rules() {
    for (name, route, body) in refused_by_the_rules_alone() {
        assert!(!route.rules_take(&body), "the rules let pass: {name}");
    }
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn the_list_of_what_the_document_misses_is_up_to_date() {
    for (name, route, body) in refused_by_the_rules_alone() {
        assert_eq!(route.complaints(&body), Vec::<String>::new(), "the document has learned: {name}");
    }
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn sound_bodies_pass_twice() {
    use Route::{Answer, Commands, Edit, FollowUp, Message, Modal, Suggestions};
    let label = json!({ "type": 18, "label": "Division", "component": select(3) });
    let v2 = json!([{ "type": 17, "components": [
        { "type": 9, "components": [{ "type": 10, "content": "t" }], "accessory": button("label", json!("Go")) },
        { "type": 14 },
        row(json!([select(2)])),
    ] }]);
    // As serenity 0.12.5 sends it, empty lists and nulls included.
    let serenity = json!({ "content": "hi", "tts": false, "embeds": [], "sticker_ids": [], "attachments": [], "enforce_nonce": true, "nonce": "7" });
    let serenity_command = json!({ "name": "pulse", "description": "d", "default_member_permissions": "32", "options": [
        { "type": 4, "name": "days", "description": "d", "required": true, "min_value": 1.0, "max_value": 30, "choices": [], "options": [], "channel_types": [] },
    ] });
    for (name, route, body) in [
        ("as serenity sends", Message, serenity),
        ("buttons", Message, rows(json!([button("label", json!("Go"))]))),
        ("an edit", Edit, json!({ "content": null, "embeds": [{ "title": "t", "color": 5 }] })),
        ("a follow-up", FollowUp, json!({ "content": "hi", "flags": 64, "allowed_mentions": { "parse": [] } })),
        ("an answer", Answer, json!({ "embeds": [{ "fields": [{ "name": "n", "value": "v" }] }], "flags": 64 })),
        ("V2", Message, json!({ "flags": 1 << 15, "components": v2 })),
        ("suggestions", Suggestions, json!([{ "name": "n", "value": "v" }])),
        ("a modal", Modal, modal("T", json!([row(json!([input("L")]))]))),
        ("a modal of labels", Modal, modal("T", json!([label, { "type": 10, "content": "t" }]))),
        ("commands", Commands, json!([serenity_command, { "type": 2, "name": "Nominate" }])),
    ] {
        assert_eq!(route.complaints(&body), Vec::<String>::new(), "the document refused: {name}");
        assert!(route.rules_take(&body), "the rules refused: {name}");
    }
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn a_complaint_names_the_route_the_place_and_the_rule() {
    let complaint = Route::Message.complaints(&rows(json!([button("label", json!(long(81)))])));
    assert_eq!(
        complaint,
        [
            "POST /channels/{channel_id}/messages: request body /components/0/components/0/label: the value is longer than 80 characters"
        ]
    );
    let complaint = Route::Answer.complaints(&json!({ "embeds": [{ "footer": { "text": long(2049) } }] }));
    assert_eq!(
        complaint,
        [
            "POST /interactions/{interaction_id}/{interaction_token}/callback: request body /data/embeds/0/footer/text: the value is longer than 2048 characters"
        ]
    );
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn unknown_callback_types_are_caught() {
    for kind in [2, 10, 11] {
        let body = json!({ "type": kind, "data": {} });
        let complaints = Document::load().check_request("POST", "/interactions/9/token/callback", "", Some(&body), &[]);
        assert!(complaints.iter().any(|complaint| complaint.contains("/type")), "type {kind}: {complaints:?}");
    }
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn routes_and_their_parameters_are_checked() {
    let check = |method: &str, path: &str, query: &str| Document::load().check_request(method, path, query, None, &[]);
    for (method, path, query) in [
        ("GET", "/api/v10/gateway", ""),
        ("GET", "/users/@me", ""),
        ("GET", "/users/1001", ""),
        ("GET", "/channels/3/messages", "?&limit=5"),
        ("DELETE", "/webhooks/1/token/messages/@original", ""),
        ("DELETE", "/webhooks/1/token/messages/%40original", ""),
        ("GET", "/guilds/2/members/4", ""),
    ] {
        assert_eq!(check(method, path, query), Vec::<String>::new(), "{method} {path}{query}");
    }
    for (method, path, query) in [
        ("GET", "/nowhere", ""),
        ("PUT", "/gateway", ""),
        ("GET", "/users/ana", ""),
        ("GET", "/channels/3/messages", "limit=500"),
        ("GET", "/channels/3/messages", "limit=few"),
        ("GET", "/channels/3/messages", "colour=red"),
    ] {
        assert_eq!(check(method, path, query).len(), 1, "{method} {path}?{query}");
    }
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn bodies_stand_where_the_document_puts_them() {
    let document = Document::load();
    assert_eq!(document.check_request("POST", "/channels/3/messages", "", None, &[]).len(), 1, "one is needed");
    assert_eq!(document.check_request("GET", "/gateway", "", Some(&json!({ "a": 1 })), &[]).len(), 1, "none is known");
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn an_attachment_needs_its_file() {
    let file = FileInfo { index: 0, name: "a.png".to_owned(), size_bytes: 5 };
    let body = |id: Value| json!({ "attachments": [{ "id": id, "filename": "a.png", "description": null }] });
    let check = |method: &str, path: &str, id: Value| {
        Document::load().check_request(method, path, "", Some(&body(id)), std::slice::from_ref(&file))
    };
    let edit = "/webhooks/1/token/messages/@original";
    assert_eq!(check("POST", "/channels/3/messages", json!(0)), Vec::<String>::new());
    assert_eq!(check("POST", "/channels/3/messages", json!(1)).len(), 1);
    assert_eq!(check("PATCH", edit, json!(1)).len(), 1);
    assert_eq!(check("PATCH", edit, json!("1001")), Vec::<String>::new(), "kept from before");
}

#[test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
fn answers_are_held_against_the_document() {
    let document = Document::load();
    let user = json!({
        "id": "4", "username": "ana", "avatar": null, "discriminator": "0", "public_flags": 0, "flags": 0,
        "global_name": "Ana", "primary_guild": null,
    });
    let message = json!({
        "type": 0, "content": "hi", "mentions": [], "mention_roles": [], "attachments": [], "embeds": [],
        "timestamp": "2026-11-23T15:00:00+00:00", "edited_timestamp": null, "flags": 0, "components": [],
        "id": "9", "channel_id": "3", "author": user, "pinned": false, "mention_everyone": false, "tts": false,
    });
    let check = |status: u16, body: Option<&Value>| document.check_answer("POST", "/channels/3/messages", status, body);
    assert_eq!(check(200, Some(&message)), Vec::<String>::new());
    let mut bare = message.clone();
    bare.as_object_mut().unwrap().remove("edited_timestamp");
    assert_eq!(
        check(200, Some(&bare)),
        ["POST /channels/{channel_id}/messages: answer 200: \"edited_timestamp\" is a required property"]
    );
    assert_eq!(check(200, None).len(), 1, "a body is promised");
    assert_eq!(check(204, None).len(), 1, "this route never answers 204");
    assert_eq!(document.check_answer("DELETE", "/channels/3/messages/9", 204, None), Vec::<String>::new());
    assert_eq!(document.check_answer("DELETE", "/channels/3/messages/9", 204, Some(&message)).len(), 1);

    let mut errors = rules::FormErrors::new();
    errors.add("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256 or fewer in length.");
    assert_eq!(check(400, Some(&errors.into_body())), Vec::<String>::new());
    assert_eq!(check(403, Some(&json!({ "message": "Missing Access", "code": 50001 }))), Vec::<String>::new());
    assert_eq!(check(403, Some(&json!({ "message": "Missing Access" }))).len(), 1);
    let limited = json!({ "message": "You are being rate limited.", "retry_after": 0.3, "global": false });
    let with_code = json!({ "message": "You are being rate limited.", "retry_after": 0.3, "global": false, "code": 0 });
    assert_eq!(check(429, Some(&limited)), Vec::<String>::new(), "practice leaves the code out");
    assert_eq!(check(429, Some(&with_code)), Vec::<String>::new());
    assert_eq!(check(429, Some(&json!({ "message": "slow down" }))).len(), 3);
    assert_eq!(check(500, None), Vec::<String>::new(), "a fault of the server is not described");
    assert_eq!(check(501, Some(&json!({ "message": "not served", "code": 0 }))).len(), 1, "a route not served is told");
}
