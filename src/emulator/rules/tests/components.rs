use super::*;

fn rows(rows: &[Value]) -> Value {
    json!({ "content": "hello", "components": rows })
}

fn in_row(child: Value) -> Value {
    rows(&[row(&[child])])
}

const FIRST: &str = "components.0.components.0";

pub(super) fn at_first(key: &str) -> &'static str {
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
