use super::*;

fn ping(key: &str, value: Value) -> Value {
    with(json!({ "name": "ping", "description": "Says pong" }), key, value)
}

fn option(kind: i64, key: &str, value: Value) -> Value {
    with(json!({ "type": kind, "name": "text", "description": "Some text" }), key, value)
}

fn one(option: Value) -> Value {
    ping("options", Value::Array(vec![option]))
}

fn named(kind: i64, name: &str) -> Value {
    json!({ "type": kind, "name": name, "description": "d" })
}

#[test]
fn commands_keep_their_rules() {
    let options = |list: Value| ping("options", list);
    let choices = |kind: i64, list: Value| one(option(kind, "choices", list));
    let choice = |key: &str, value: Value| choices(3, json!([with(json!({ "name": "n", "value": "v" }), key, value)]));
    let required = |name: &str, required: bool| with(named(3, name), "required", json!(required));
    let both = |list: Value| one(with(option(3, "autocomplete", json!(true)), "choices", list));
    let branch = |kind: i64, children: Value| with(named(kind, "branch"), "options", children);
    let menu = |key: &str, value: Value| with(json!({ "type": 2, "name": "Nominate Colleague" }), key, value);
    hold(
        vec![
            case(
                "name length",
                ping("name", json!("n".repeat(32))),
                ping("name", json!("n".repeat(33))),
                "name",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case("a name", ping("nsfw", json!(false)), ping("name", json!(null)), "name", "BASE_TYPE_REQUIRED"),
            case(
                "lower-case",
                ping("name", json!("ping-2_für'ท")),
                ping("name", json!("Ping")),
                "name",
                "APPLICATION_COMMAND_INVALID_NAME",
            ),
            case(
                "no spaces",
                ping("name", json!("ping")),
                ping("name", json!("ping pong")),
                "name",
                "APPLICATION_COMMAND_INVALID_NAME",
            ),
            case(
                "description length",
                ping("description", json!(long(100))),
                ping("description", json!(long(101))),
                "description",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "a description",
                ping("type", json!(1)),
                ping("description", json!("")),
                "description",
                "BASE_TYPE_REQUIRED",
            ),
            case("type", ping("type", json!(1)), ping("type", json!(9)), "type", "BASE_TYPE_CHOICES"),
            case(
                "locale",
                ping("name_localizations", json!({ "es-ES": "sonar" })),
                ping("name_localizations", json!({ "xx": "sonar" })),
                "name_localizations",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "name in a language",
                ping("name_localizations", json!({ "de": "klang" })),
                ping("name_localizations", json!({ "de": "Klang" })),
                "name_localizations.de",
                "APPLICATION_COMMAND_INVALID_NAME",
            ),
            case(
                "description in a language",
                ping("description_localizations", json!({ "de": long(100) })),
                ping("description_localizations", json!({ "de": long(101) })),
                "description_localizations.de",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "permissions",
                ping("default_member_permissions", json!("32")),
                ping("default_member_permissions", json!("all")),
                "default_member_permissions",
                "NUMBER_TYPE_COERCE",
            ),
            case(
                "places",
                ping("contexts", json!([0, 1])),
                ping("contexts", json!([3])),
                "contexts.0",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "places once each",
                ping("contexts", json!([0])),
                ping("contexts", json!([0, 0])),
                "contexts.1",
                "SET_TYPE_ALREADY_CONTAINS_VALUE",
            ),
            case(
                "installs",
                ping("integration_types", json!([0, 1])),
                ping("integration_types", json!([2])),
                "integration_types.0",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "number of options",
                options(many(25, |n| named(3, &n.to_string()))),
                options(many(26, |n| named(3, &n.to_string()))),
                "options",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "options are a list",
                options(json!([named(3, "a")])),
                options(named(3, "a")),
                "options",
                "LIST_TYPE_CONVERT",
            ),
            case(
                "option names differ",
                options(json!([named(3, "a"), named(3, "b")])),
                options(json!([named(3, "a"), named(3, "a")])),
                "options.1.name",
                "APPLICATION_COMMAND_OPTION_NAME_ALREADY_EXISTS",
            ),
            case(
                "option name",
                one(named(3, "a")),
                one(named(3, "A")),
                "options.0.name",
                "APPLICATION_COMMAND_INVALID_NAME",
            ),
            case(
                "option description",
                one(option(3, "description", json!("d"))),
                one(option(3, "description", json!(null))),
                "options.0.description",
                "BASE_TYPE_REQUIRED",
            ),
            case("option type", one(named(11, "a")), one(named(12, "a")), "options.0.type", "UNION_TYPE_CHOICES"),
            case(
                "required first",
                options(json!([required("a", true), required("b", false)])),
                options(json!([required("a", false), required("b", true)])),
                "options.1",
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            ),
            case(
                "subcommands alone",
                options(json!([named(1, "a"), named(2, "b")])),
                options(json!([named(1, "a"), named(3, "b")])),
                "options.1.type",
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            ),
            case(
                "groups hold subcommands",
                one(branch(2, json!([named(1, "a")]))),
                one(branch(2, json!([named(3, "a")]))),
                "options.0.options.0.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "no group in a group",
                one(branch(2, json!([named(1, "a")]))),
                one(branch(2, json!([named(2, "a")]))),
                "options.0.options.0.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "no subcommand in a subcommand",
                one(branch(1, json!([named(3, "a")]))),
                one(branch(1, json!([named(1, "a")]))),
                "options.0.options.0.type",
                "UNION_TYPE_CHOICES",
            ),
            case(
                "number of choices",
                choices(4, many(25, |n| json!({ "name": n.to_string(), "value": n }))),
                choices(4, many(26, |n| json!({ "name": n.to_string(), "value": n }))),
                "options.0.choices",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "choice name",
                choice("name", json!(long(100))),
                choice("name", json!(long(101))),
                "options.0.choices.0.name",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "choice value",
                choice("value", json!(long(100))),
                choice("value", json!(long(101))),
                "options.0.choices.0.value",
                "BASE_TYPE_BAD_LENGTH",
            ),
            case(
                "choice value kind",
                choices(4, json!([{ "name": "n", "value": 4 }])),
                choices(4, json!([{ "name": "n", "value": "four" }])),
                "options.0.choices.0.value",
                "NUMBER_TYPE_COERCE",
            ),
            case(
                "choice number",
                choices(10, json!([{ "name": "n", "value": 0.5 }])),
                choices(10, json!([{ "name": "n", "value": "half" }])),
                "options.0.choices.0.value",
                "NUMBER_TYPE_COERCE",
            ),
            case(
                "choice names differ",
                choices(4, json!([{ "name": "a", "value": 1 }, { "name": "b", "value": 2 }])),
                choices(4, json!([{ "name": "a", "value": 1 }, { "name": "a", "value": 2 }])),
                "options.0.choices.1.name",
                "APPLICATION_COMMAND_OPTION_CHOICE_NAME_ALREADY_EXISTS",
            ),
            case(
                "choice values differ",
                choices(4, json!([{ "name": "a", "value": 1 }, { "name": "b", "value": 2 }])),
                choices(4, json!([{ "name": "a", "value": 1 }, { "name": "b", "value": 1 }])),
                "options.0.choices.1.value",
                "APPLICATION_COMMAND_OPTION_CHOICE_VALUE_ALREADY_EXISTS",
            ),
            case(
                "autocomplete or choices",
                both(json!([])),
                both(json!([{ "name": "n", "value": "v" }])),
                "options.0.autocomplete",
                "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES_EXCLUSIVE",
            ),
            case(
                "autocomplete needs text or a number",
                one(option(5, "autocomplete", json!(false))),
                one(option(5, "autocomplete", json!(true))),
                "options.0.autocomplete",
                "APPLICATION_COMMAND_OPTION_TYPE_CHOICES_UNSUPPORTED",
            ),
            case(
                "choices need text or a number",
                one(option(6, "choices", json!([]))),
                one(option(6, "choices", json!([{ "name": "n", "value": "v" }]))),
                "options.0.choices",
                "APPLICATION_COMMAND_OPTION_TYPE_CHOICES_UNSUPPORTED",
            ),
            case(
                "longest text",
                one(option(3, "max_length", json!(6000))),
                one(option(3, "max_length", json!(6001))),
                "options.0.max_length",
                "NUMBER_TYPE_MAX",
            ),
            case(
                "shortest text",
                one(option(3, "min_length", json!(0))),
                one(option(3, "min_length", json!(-1))),
                "options.0.min_length",
                "NUMBER_TYPE_MIN",
            ),
            case(
                "least number",
                one(option(4, "min_value", json!(1.0))),
                one(option(4, "min_value", json!(1.5))),
                "options.0.min_value",
                "NUMBER_TYPE_COERCE",
            ),
            case(
                "exact numbers",
                one(option(4, "max_value", json!(1_i64 << 53))),
                one(option(4, "max_value", json!((1_i64 << 53) + 1))),
                "options.0.max_value",
                "NUMBER_TYPE_MAX",
            ),
            case(
                "least is not above most",
                one(with(option(4, "min_value", json!(1)), "max_value", json!(2))),
                one(with(option(4, "min_value", json!(3)), "max_value", json!(2))),
                "options.0.min_value",
                "NUMBER_TYPE_MAX",
            ),
            case(
                "channel types",
                one(option(7, "channel_types", json!([0]))),
                one(option(7, "channel_types", json!([99]))),
                "options.0.channel_types.0",
                "BASE_TYPE_CHOICES",
            ),
            case(
                "context menus have no description",
                menu("description", json!("")),
                menu("description", json!("d")),
                "description",
                "APPLICATION_COMMAND_CONTEXT_MENU_FIELD_NOT_ALLOWED",
            ),
            case(
                "context menus have no options",
                menu("options", json!([])),
                menu("options", json!([named(3, "a")])),
                "options",
                "APPLICATION_COMMAND_CONTEXT_MENU_FIELD_NOT_ALLOWED",
            ),
        ],
        |body| command(body, true),
    );
    assert_eq!(command(&ping("type", json!(4)), false), Ok(()), "an entry point is global");
    assert_eq!(codes_at(command(&ping("type", json!(4)), true), "type"), ["BASE_TYPE_CHOICES"]);
}

#[test]
fn a_command_has_8000_characters_in_all() {
    // 4 and 9 for the command, 39 choices of 200, two options with a name of 1: 7815 without the options' descriptions.
    let choices =
        |count: usize| many(count, |n| json!({ "name": format!("{n:0>100}"), "value": format!("{n:0>100}") }));
    let option = |name: &str, description: usize, count: usize| json!({ "type": 3, "name": name, "description": long(description), "choices": choices(count) });
    let sized = |description: usize| ping("options", json!([option("a", 92, 25), option("b", description, 14)]));
    assert_eq!(command(&sized(93), true), Ok(()));
    assert_eq!(codes_at(command(&sized(94), true), ""), ["APPLICATION_COMMAND_TOO_LARGE"]);
    let localized = with(sized(93), "description_localizations", json!({ "de": long(10) }));
    assert_eq!(
        codes_at(command(&localized, true), ""),
        ["APPLICATION_COMMAND_TOO_LARGE"],
        "the longest language counts"
    );
}

#[test]
fn a_scope_holds_so_many_commands() {
    let chat = |count: usize| many(count, |n| named(1, &format!("c{n}")));
    let menus = |kind: i64, count: usize| many(count, |n| json!({ "type": kind, "name": format!("Menu {n}") }));
    assert_eq!(command_list(&chat(100)), Ok(()));
    refused(command_list(&chat(101)), 400, 30032);
    for kind in [2, 3] {
        assert_eq!(command_list(&menus(kind, 15)), Ok(()));
        refused(command_list(&menus(kind, 16)), 400, 30032);
    }
    assert_eq!(codes_at(command_list(&chat(131)), ""), ["BASE_TYPE_MAX_LENGTH"]);
}

#[test]
fn a_list_names_the_command_at_fault() {
    hold(
        vec![
            case(
                "names differ",
                json!([named(1, "a"), { "type": 2, "name": "a" }]),
                json!([named(1, "a"), named(1, "a")]),
                "1",
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
            ),
            case(
                "each by itself",
                json!([named(1, "a")]),
                json!([named(1, "a"), named(1, "B")]),
                "1.name",
                "APPLICATION_COMMAND_INVALID_NAME",
            ),
            case("a list", json!([]), named(1, "a"), "", "LIST_TYPE_CONVERT"),
        ],
        command_list,
    );
}
