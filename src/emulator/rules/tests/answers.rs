use super::*;

#[test]
fn each_interaction_takes_its_own_kinds_of_answer() {
    let message = json!({ "content": "hi" });
    let modal = json!({ "custom_id": "m", "title": "T", "components": [{ "type": 10, "content": "read me" }] });
    let bodies = [
        json!({ "type": 1 }),
        json!({ "type": 4, "data": message }),
        json!({ "type": 5, "data": { "flags": 64 } }),
        json!({ "type": 6 }),
        json!({ "type": 7, "data": message }),
        json!({ "type": 8, "data": { "choices": [] } }),
        json!({ "type": 9, "data": modal }),
        json!({ "type": 10 }),
        json!({ "type": 12 }),
    ];
    let kinds = [
        (InteractionKind::Command, vec![4, 5, 9, 12]),
        (InteractionKind::Component, vec![4, 5, 6, 7, 9, 12]),
        (InteractionKind::Autocomplete, vec![8]),
        (InteractionKind::Modal { from_component: false }, vec![4, 5, 6, 12]),
        (InteractionKind::Modal { from_component: true }, vec![4, 5, 6, 7, 12]),
    ];
    for (kind, taken) in kinds {
        for body in &bodies {
            let result = callback(kind, body, &[]);
            if taken.contains(&body["type"].as_i64().unwrap()) {
                assert_eq!(result, Ok(()), "{kind:?} {body}");
            } else {
                assert_eq!(codes_at(result, "type"), ["BASE_TYPE_CHOICES"], "{kind:?} {body}");
            }
        }
    }
}

#[test]
fn answers_without_a_message_keep_their_rules() {
    let deferred = |flags: Value| json!({ "type": 5, "data": { "flags": flags } });
    hold(
        vec![
            case("only ephemeral", deferred(json!(64)), deferred(json!(4)), "data.flags", "BASE_TYPE_CHOICES"),
            case("a type is given", json!({ "type": 5 }), json!({}), "type", "BASE_TYPE_REQUIRED"),
            case("a modal has data", json!({ "type": 5 }), json!({ "type": 9 }), "data", "BASE_TYPE_REQUIRED"),
        ],
        |body| callback(InteractionKind::Command, body, &[]),
    );
    let choices = |list: Value| json!({ "type": 8, "data": { "choices": list } });
    let choice = |key: &str, value: Value| choices(json!([with(json!({ "name": "n", "value": "v" }), key, value)]));
    hold(
        vec![
            case(
                "number of choices",
                choices(many(25, |n| json!({ "name": "n", "value": n }))),
                choices(many(26, |n| json!({ "name": "n", "value": n }))),
                "data.choices",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "choice name",
                choice("name", json!(long(100))),
                choice("name", json!(long(101))),
                "data.choices.0.name",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "choice value",
                choice("value", json!(long(100))),
                choice("value", json!(long(101))),
                "data.choices.0.value",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "choice number",
                choice("value", json!(1_i64 << 53)),
                choice("value", json!((1_i64 << 53) + 1)),
                "data.choices.0.value",
                "NUMBER_TYPE_MAX",
            ),
            case("choices have data", choices(json!([])), json!({ "type": 8 }), "data", "BASE_TYPE_REQUIRED"),
        ],
        |body| callback(InteractionKind::Autocomplete, body, &[]),
    );
}

#[test]
fn channels_and_threads_keep_their_rules() {
    let overwrite = |key: &str, value: Value| json!({ "permission_overwrites": [with(json!({ "id": "5", "type": 0 }), key, value)] });
    hold(
        vec![
            case("name", json!({ "name": long(100) }), json!({ "name": long(101) }), "name", "BASE_TYPE_BAD_LENGTH"),
            case(
                "topic",
                json!({ "topic": long(1024) }),
                json!({ "topic": long(1025) }),
                "topic",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "slow mode",
                json!({ "rate_limit_per_user": 21600 }),
                json!({ "rate_limit_per_user": 21601 }),
                "rate_limit_per_user",
                "NUMBER_TYPE_MAX",
            ),
            case(
                "archiving",
                json!({ "auto_archive_duration": 1440 }),
                json!({ "auto_archive_duration": 1441 }),
                "auto_archive_duration",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "archived",
                json!({ "archived": true }),
                json!({ "archived": "yes" }),
                "archived",
                "BOOLEAN_TYPE_CONVERT",
            ),
            case(
                "overwrite bits",
                overwrite("allow", json!("1024")),
                overwrite("allow", json!("all")),
                "permission_overwrites.0.allow",
                "NUMBER_TYPE_COERCE",
            ),
            case(
                "overwrite id",
                overwrite("id", json!("7")),
                overwrite("id", json!(null)),
                "permission_overwrites.0.id",
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "overwrite type",
                overwrite("type", json!(1)),
                overwrite("type", json!(2)),
                "permission_overwrites.0.type",
                "BASE_TYPE_CHOICES",
            ),
        ],
        channel_patch,
    );
    hold(
        vec![
            case("name", json!({ "name": long(100) }), json!({ "name": long(101) }), "name", "BASE_TYPE_BAD_LENGTH"),
            case("a name is given", json!({ "name": "t" }), json!({}), "name", "BASE_TYPE_REQUIRED"),
            case(
                "archiving",
                json!({ "name": "t", "auto_archive_duration": 60 }),
                json!({ "name": "t", "auto_archive_duration": 61 }),
                "auto_archive_duration",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "kind",
                json!({ "name": "t", "type": 11 }),
                json!({ "name": "t", "type": 0 }),
                "type",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "first message",
                json!({ "name": "t", "message": { "content": "hi" } }),
                json!({ "name": "t", "message": { "content": long(2001) } }),
                "message.content",
                "BASE_TYPE_MAX_LENGTH",
            ),
        ],
        thread_create,
    );
    refused(thread_create(&json!({ "name": "t", "message": {} })), 400, 50006);
}
