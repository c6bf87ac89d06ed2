use super::components::at_first;
use super::*;

fn v2(components: Value) -> Value {
    with(json!({ "flags": 1 << 15 }), "components", components)
}

fn text(content: &str) -> Value {
    json!({ "type": 10, "content": content })
}

#[test]
fn v2_messages_keep_their_rules() {
    let good = || v2(json!([text("t")]));
    let legacy_fields = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
    let section = |texts: usize, accessory: Value| {
        v2(json!([{ "type": 9, "components": many(texts, |_| text("t")), "accessory": accessory }]))
    };
    let container = |child: Value| v2(json!([{ "type": 17, "components": [child] }]));
    let gallery = |count: usize| {
        v2(
            json!([{ "type": 12, "items": many(count, |_| json!({ "media": { "url": "https://example.gov/a.png" } })) }]),
        )
    };
    let nested = |count: usize| v2(json!([{ "type": 17, "components": many(count, |_| text("t")) }]));
    let thumbnail = |description: String| json!({ "type": 11, "media": { "url": "https://example.gov/a.png" }, "description": description });
    hold(
        vec![
            case("no content", good(), with(good(), "content", json!("x")), "content", legacy_fields),
            case(
                "no embeds",
                with(good(), "embeds", json!([])),
                with(good(), "embeds", json!([{ "title": "t" }])),
                "embeds",
                legacy_fields,
            ),
            case(
                "no poll",
                good(),
                with(
                    good(),
                    "poll",
                    json!({ "question": { "text": "Q" }, "answers": [{ "poll_media": { "text": "A" } }] }),
                ),
                "poll",
                legacy_fields,
            ),
            case("no stickers", good(), with(good(), "sticker_ids", json!(["1"])), "sticker_ids", legacy_fields),
            case(
                "text length",
                v2(json!([text(&long(4000))])),
                v2(json!([text(&long(4001))])),
                "components.0.content",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "text of the whole message",
                v2(json!([text(&long(2000)), text(&long(2000))])),
                v2(json!([text(&long(2000)), text(&long(2001))])),
                "components",
                "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            ),
            case(
                "40 components, nested ones too",
                nested(39),
                nested(40),
                "components",
                "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            ),
            case(
                "section texts",
                section(3, button("b")),
                section(4, button("b")),
                "components.0.components",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "section accessory",
                section(1, button("b")),
                section(1, json!(null)),
                "components.0.accessory",
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "accessory kind",
                section(1, thumbnail("d".into())),
                section(1, select(1)),
                "components.0.accessory.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "alternative text",
                section(1, thumbnail(long(1024))),
                section(1, thumbnail(long(1025))),
                "components.0.accessory.description",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "no container in a container",
                container(text("t")),
                container(json!({ "type": 17, "components": [text("t")] })),
                "components.0.components.0.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "no bare button",
                container(row(&[button("b")])),
                container(button("b")),
                "components.0.components.0.type",
                "UNION_TYPE_CHOICES",
            ),
            case("gallery", gallery(10), gallery(11), "components.0.items", "BASE_TYPE_BAD_LENGTH"),
            case(
                "separator",
                v2(json!([{ "type": 14, "spacing": 2 }])),
                v2(json!([{ "type": 14, "spacing": 3 }])),
                "components.0.spacing",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "custom ids differ",
                container(row(&[button("a"), button("b")])),
                v2(json!([row(&[button("a")]), { "type": 17, "components": [row(&[button("a")])] }])),
                "components.1.components.0.components.0.custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
            ),
            case(
                "ids differ",
                v2(json!([with(text("t"), "id", json!(1)), with(text("t"), "id", json!(2))])),
                v2(json!([with(text("t"), "id", json!(1)), with(text("t"), "id", json!(1))])),
                "components.1.id",
                "COMPONENT_ID_DUPLICATED",
            ),
        ],
        |body| message_create(body, &[]),
    );
    refused(message_create(&v2(json!([])), &[]), 400, 50006);
}

#[test]
fn files_of_a_v2_message_are_shown_by_a_component() {
    let shown = |url: &str| v2(json!([{ "type": 13, "file": { "url": url } }]));
    let files = [file(0, "a.csv")];
    let missing = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND";
    hold(
        vec![
            case(
                "the file is there",
                shown("attachment://a.csv"),
                shown("attachment://b.csv"),
                "components.0.file.url",
                missing,
            ),
            case(
                "uploaded, not linked",
                shown("attachment://a.csv"),
                shown("https://example.gov/a.csv"),
                "components.0.file.url",
                "URL_TYPE_INVALID_SCHEME",
            ),
            case(
                "none is hidden",
                shown("attachment://a.csv"),
                v2(json!([text("t")])),
                "attachments",
                "COMPONENTS_V2_ATTACHMENT_NOT_REFERENCED",
            ),
        ],
        |body| message_create(body, &files),
    );
}

#[test]
fn modals_keep_their_rules() {
    let input = |custom_id: &str| json!({ "type": 4, "custom_id": custom_id, "style": 1, "label": "L" });
    let modal_of = |components: Value| json!({ "custom_id": "m", "title": "T", "components": components });
    let good = || modal_of(json!([row(&[input("a")])]));
    let set = |key: &str, value: Value| modal_of(json!([row(&[with(input("a"), key, value)])]));
    let bare = |key: &str, value: Value| with(json!({ "type": 4, "custom_id": "a", "style": 1 }), key, value);
    let label = |key: &str, value: Value| {
        modal_of(json!([with(
            json!({ "type": 18, "label": "L", "component": { "type": 4, "custom_id": "a", "style": 2 } }),
            key,
            value
        )]))
    };
    let choices = |kind: i64, count: usize| {
        label(
            "component",
            json!({ "type": kind, "custom_id": "a", "options": many(count, |n| json!({ "label": "l", "value": n.to_string() })) }),
        )
    };
    let inputs = |count: usize| many(count, |n| row(&[input(&n.to_string())]));
    let upload = |most: i64| label("component", json!({ "type": 19, "custom_id": "a", "max_values": most }));
    let cases = || {
        vec![
            case(
                "title",
                with(good(), "title", json!(long(45))),
                with(good(), "title", json!(long(46))),
                "title",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("a title", good(), with(good(), "title", json!("")), "title", "BASE_TYPE_REQUIRED"),
            case(
                "custom id",
                with(good(), "custom_id", json!(long(100))),
                with(good(), "custom_id", json!(long(101))),
                "custom_id",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("five components", modal_of(inputs(5)), modal_of(inputs(6)), "components", "BASE_TYPE_BAD_LENGTH"),
            case("one component", good(), modal_of(json!([])), "components", "BASE_TYPE_BAD_LENGTH"),
            case(
                "one input in a row",
                good(),
                modal_of(json!([row(&[input("a"), input("b")])])),
                "components.0.components",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("no button", good(), modal_of(json!([row(&[button("b")])])), at_first("type"), "UNION_TYPE_CHOICES"),
            case(
                "no select in a row",
                good(),
                modal_of(json!([row(&[select(1)])])),
                at_first("type"),
                "UNION_TYPE_CHOICES",
            ),
            case("no bare input", good(), modal_of(json!([input("a")])), "components.0.type", "UNION_TYPE_CHOICES"),
            case(
                "custom ids differ",
                modal_of(inputs(2)),
                modal_of(json!([row(&[input("a")]), row(&[input("a")])])),
                "components.1.components.0.custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
            ),
            case(
                "input label",
                set("label", json!(long(45))),
                set("label", json!(long(46))),
                at_first("label"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("an input has a label", good(), set("label", json!(null)), at_first("label"), "BASE_TYPE_REQUIRED"),
            case("input style", set("style", json!(2)), set("style", json!(3)), at_first("style"), "BASE_TYPE_CHOICES"),
            case(
                "placeholder",
                set("placeholder", json!(long(100))),
                set("placeholder", json!(long(101))),
                at_first("placeholder"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "longest",
                set("max_length", json!(4000)),
                set("max_length", json!(4001)),
                at_first("max_length"),
                "NUMBER_TYPE_MAX",
            ),
            case(
                "shortest",
                set("min_length", json!(4000)),
                set("min_length", json!(4001)),
                at_first("min_length"),
                "NUMBER_TYPE_MAX",
            ),
            case(
                "shortest is not above longest",
                set("max_length", json!(5)),
                modal_of(json!([row(&[with(with(input("a"), "min_length", json!(6)), "max_length", json!(5))])])),
                at_first("min_length"),
                "NUMBER_TYPE_MAX",
            ),
            case(
                "value",
                set("value", json!(long(4000))),
                set("value", json!(long(4001))),
                at_first("value"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "label text",
                label("label", json!(long(45))),
                label("label", json!(long(46))),
                "components.0.label",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "label description",
                label("description", json!(long(100))),
                label("description", json!(long(101))),
                "components.0.description",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "a label holds one control",
                label("label", json!("L")),
                label("component", json!(null)),
                "components.0.component",
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "a label holds no button",
                label("label", json!("L")),
                label("component", button("b")),
                "components.0.component.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "no label in a label",
                label("component", bare("placeholder", json!("p"))),
                label("component", bare("label", json!("x"))),
                "components.0.component.label",
                "COMPONENT_LABEL_NOT_ALLOWED",
            ),
            case(
                "nothing disabled",
                label("component", select(1)),
                label("component", with(select(1), "disabled", json!(true))),
                "components.0.component.disabled",
                "COMPONENT_DISABLED_IN_MODAL",
            ),
            case(
                "radio options at most",
                choices(21, 10),
                choices(21, 11),
                "components.0.component.options",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "radio options at least",
                choices(21, 2),
                choices(21, 1),
                "components.0.component.options",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "checkboxes",
                choices(22, 10),
                choices(22, 11),
                "components.0.component.options",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("uploads", upload(10), upload(11), "components.0.component.max_values", "NUMBER_TYPE_MAX"),
            case(
                "checkbox",
                label("component", json!({ "type": 23, "custom_id": "a", "default": true })),
                label("component", json!({ "type": 23, "custom_id": "a", "default": 1 })),
                "components.0.component.default",
                "BOOLEAN_TYPE_CONVERT",
            ),
            case(
                "text",
                modal_of(json!([text("read me")])),
                modal_of(json!([text("")])),
                "components.0.content",
                "BASE_TYPE_REQUIRED",
            ),
        ]
    };
    hold(cases(), modal);
    for Case { rule, good, bad, path, code } in cases() {
        let judge = |data: Value| callback(InteractionKind::Command, &json!({ "type": 9, "data": data }), &[]);
        assert_eq!(judge(good), Ok(()), "{rule}");
        assert_eq!(codes_at(judge(bad), &format!("data.{path}")), [code], "{rule}");
    }
}
