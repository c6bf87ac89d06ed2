use super::*;

fn rows(rows: &[Value]) -> Value {
    json!({ "content": "hello", "components": rows })
}

fn in_row(child: Value) -> Value {
    rows(&[row(&[child])])
}

const FIRST: &str = "components.0.components.0";

fn at_first(key: &str) -> &'static str {
    Box::leak(format!("{FIRST}.{key}").into_boxed_str())
}

#[test]
fn rows_hold_few_controls() {
    let buttons =
        |count: usize, offset: usize| row(&(0..count).map(|n| button(&(offset + n).to_string())).collect::<Vec<_>>());
    let rows_of = |count: usize| rows(&(0..count).map(|n| buttons(1, n)).collect::<Vec<_>>());
    hold(
        vec![
            case("five rows", rows_of(5), rows_of(6), "components", "BASE_TYPE_MAX_LENGTH"),
            case(
                "five buttons",
                rows(&[buttons(5, 0)]),
                rows(&[buttons(6, 0)]),
                "components.0.components",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "a row holds something",
                rows(&[buttons(1, 0)]),
                rows(&[buttons(0, 0)]),
                "components.0.components",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "a select fills the row",
                in_row(select(1)),
                rows(&[row(&[button("b"), select(1)])]),
                "components.0.components.1",
                "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            ),
            case(
                "also before a button",
                in_row(select(1)),
                rows(&[row(&[select(1), button("b")])]),
                "components.0.components.1",
                "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            ),
            case("rows on top", in_row(button("b")), rows(&[button("b")]), "components.0.type", "UNION_TYPE_CHOICES"),
            case(
                "controls in rows",
                in_row(button("b")),
                in_row(row(&[button("b")])),
                at_first("type"),
                "UNION_TYPE_CHOICES",
            ),
            case(
                "no text input in a message",
                in_row(button("b")),
                in_row(json!({ "type": 4, "custom_id": "t", "style": 1, "label": "L" })),
                at_first("type"),
                "UNION_TYPE_CHOICES",
            ),
            case("a component is an object", in_row(button("b")), in_row(json!("b")), FIRST, "MODEL_TYPE_CONVERT"),
            case(
                "custom ids differ",
                rows(&[buttons(2, 0)]),
                rows(&[row(&[button("a")]), row(&[button("a")])]),
                "components.1.components.0.custom_id",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
            ),
            case(
                "V2 components need the flag",
                in_row(button("b")),
                rows(&[json!({ "type": 10, "content": "t" })]),
                "components.0.type",
                "UNION_TYPE_CHOICES",
            ),
        ],
        |body| message_create(body, &[]),
    );
}

#[test]
fn buttons_keep_their_rules() {
    let set = |key: &str, value: Value| in_row(with(button("b"), key, value));
    let link = |value: Value| in_row(value);
    let good_link = || link(json!({ "type": 2, "style": 5, "label": "Read", "url": "https://example.gov/" }));
    hold(
        vec![
            case(
                "label",
                set("label", json!(long(80))),
                set("label", json!(long(81))),
                at_first("label"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "a label or an emoji",
                set("label", json!("Go")),
                set("label", json!("")),
                at_first("label"),
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "custom id length",
                set("custom_id", json!(long(100))),
                set("custom_id", json!(long(101))),
                at_first("custom_id"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "a custom id",
                set("custom_id", json!("b")),
                set("custom_id", json!(null)),
                at_first("custom_id"),
                "BASE_TYPE_REQUIRED",
            ),
            case("style", set("style", json!(4)), set("style", json!(7)), at_first("style"), "BASE_TYPE_CHOICES"),
            case(
                "disabled",
                set("disabled", json!(true)),
                set("disabled", json!("true")),
                at_first("disabled"),
                "BOOLEAN_TYPE_CONVERT",
            ),
            case(
                "a link has an address",
                good_link(),
                link(json!({ "type": 2, "style": 5, "label": "Read" })),
                at_first("url"),
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "a link has no custom id",
                good_link(),
                link(
                    json!({ "type": 2, "style": 5, "label": "Read", "url": "https://example.gov/", "custom_id": "x" }),
                ),
                at_first("custom_id"),
                "BUTTON_COMPONENT_FIELD_MUTUALLY_EXCLUSIVE",
            ),
            case(
                "a button has no address",
                set("label", json!("Go")),
                set("url", json!("https://example.gov/")),
                at_first("url"),
                "BUTTON_COMPONENT_FIELD_MUTUALLY_EXCLUSIVE",
            ),
            case(
                "address length",
                good_link(),
                link(json!({ "type": 2, "style": 5, "label": "Read", "url": format!("https://{}", long(505)) })),
                at_first("url"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "emoji",
                set("emoji", json!({ "name": "👍" })),
                set("emoji", json!({})),
                at_first("emoji.name"),
                "BASE_TYPE_REQUIRED",
            ),
        ],
        |body| message_create(body, &[]),
    );
}

#[test]
fn selects_keep_their_rules() {
    let set = |options: usize, key: &str, value: Value| in_row(with(select(options), key, value));
    let option = |key: &str, value: Value| {
        in_row(with(select(1), "options", json!([with(json!({ "label": "l", "value": "v" }), key, value)])))
    };
    let users = |key: &str, value: Value| in_row(with(json!({ "type": 5, "custom_id": "u" }), key, value));
    let channels = |value: Value| in_row(json!({ "type": 8, "custom_id": "c", "channel_types": value }));
    let defaults = |count: usize| many(count, |n| json!({ "label": "l", "value": n.to_string(), "default": true }));
    let same = json!([{ "label": "l", "value": "v" }, { "label": "m", "value": "v" }]);
    hold(
        vec![
            case(
                "at most 25 options",
                in_row(select(25)),
                in_row(select(26)),
                at_first("options"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "at least one option",
                in_row(select(1)),
                in_row(select(0)),
                at_first("options"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "options are given",
                in_row(select(1)),
                in_row(json!({ "type": 3, "custom_id": "s" })),
                at_first("options"),
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "placeholder",
                set(1, "placeholder", json!(long(150))),
                set(1, "placeholder", json!(long(151))),
                at_first("placeholder"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "least",
                set(25, "min_values", json!(0)),
                set(25, "min_values", json!(-1)),
                at_first("min_values"),
                "NUMBER_TYPE_MIN",
            ),
            case(
                "most",
                set(25, "max_values", json!(25)),
                set(25, "max_values", json!(26)),
                at_first("max_values"),
                "NUMBER_TYPE_MAX",
            ),
            case(
                "most is at least one",
                set(25, "max_values", json!(1)),
                set(25, "max_values", json!(0)),
                at_first("max_values"),
                "NUMBER_TYPE_MIN",
            ),
            case(
                "least is not above most",
                with(set(3, "max_values", json!(2)), "content", json!("x")),
                in_row(with(with(select(3), "min_values", json!(2)), "max_values", json!(1))),
                at_first("min_values"),
                "NUMBER_TYPE_MAX",
            ),
            case(
                "enough options",
                set(3, "max_values", json!(3)),
                set(2, "max_values", json!(3)),
                at_first("options"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "few defaults",
                set(2, "options", defaults(1)),
                set(2, "options", defaults(2)),
                at_first("options"),
                "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
            ),
            case(
                "values differ",
                in_row(select(2)),
                set(2, "options", same),
                at_first("options.1.value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            ),
            case(
                "option label",
                option("label", json!(long(100))),
                option("label", json!(long(101))),
                at_first("options.0.label"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "option value",
                option("value", json!(long(100))),
                option("value", json!(long(101))),
                at_first("options.0.value"),
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "option description",
                option("description", json!(long(100))),
                option("description", json!(long(101))),
                at_first("options.0.description"),
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "kind of default",
                users("default_values", json!([{ "id": "1", "type": "user" }])),
                users("default_values", json!([{ "id": "1", "type": "role" }])),
                at_first("default_values.0.type"),
                "BASE_TYPE_CHOICES",
            ),
            case(
                "number of defaults",
                users("default_values", json!([{ "id": "1", "type": "user" }])),
                users("default_values", json!([{ "id": "1", "type": "user" }, { "id": "2", "type": "user" }])),
                at_first("default_values"),
                "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
            ),
            case(
                "a custom id",
                users("disabled", json!(false)),
                users("custom_id", json!(null)),
                at_first("custom_id"),
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "channel types",
                channels(json!([0, 5])),
                channels(json!([0, 99])),
                at_first("channel_types.1"),
                "BASE_TYPE_CHOICES",
            ),
        ],
        |body| message_create(body, &[]),
    );
}

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
