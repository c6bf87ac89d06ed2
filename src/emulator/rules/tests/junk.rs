use super::*;
use proptest::prelude::*;

/// Words that the rules look for, so that junk gets past the first door.
const KEYS: &[&str] = &[
    "type",
    "data",
    "content",
    "flags",
    "embeds",
    "fields",
    "name",
    "value",
    "components",
    "component",
    "custom_id",
    "style",
    "label",
    "options",
    "choices",
    "min_values",
    "max_values",
    "attachments",
    "id",
    "allowed_mentions",
    "parse",
    "users",
    "accessory",
    "items",
    "media",
    "url",
    "title",
    "description",
    "name_localizations",
    "_errors",
    "de",
    "a.b",
    "poll",
    "answers",
    "nonce",
    "sticker_ids",
    "permission_overwrites",
    "message",
    "required",
    "default_values",
    "channel_types",
    "emoji",
];

fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5_i64..20).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
        prop::sample::select(vec!["attachment://a", "https://example.gov", "users"]).prop_map(Value::from),
        Just(json!(1 << 15)),
    ];
    leaf.prop_recursive(6, 80, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_sent_gets_an_answer(body in junk(), kind in 4_i64..10) {
        let answer = json!({ "type": kind, "data": body });
        let component = InteractionKind::Component;
        for result in [
            message_create(&body, &[file(0, "a")]),
            message_edit(&body, &[]),
            followup(&body, &[]),
            modal(&body),
            command(&body, true),
            command_list(&json!([body])),
            channel_patch(&body),
            thread_create(&body),
            callback(component, &answer, &[]),
            callback(InteractionKind::Autocomplete, &answer, &[]),
        ] {
            if let Err(Violation::Form(errors)) = result {
                prop_assert!(!errors.is_empty());
                let body = errors.into_body();
                prop_assert_eq!(&body["code"], 50035);
                prop_assert!(body["errors"].as_object().is_some_and(|errors| !errors.is_empty()));
            }
        }
    }
}
