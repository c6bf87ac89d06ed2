//! Commands: names, options and their nesting, and how many a scope holds.

use serde_json::Value;
use std::collections::HashSet;

use super::Violation;
use super::controls::channel_types;
use super::form::{
    Checker, Fields,
    Need::{self, Optional, Required},
    given, integer_of, items,
};

const CHAT_INPUT: i64 = 1;
const ENTRY_POINT: i64 = 4;
const SUBCOMMAND: i64 = 1;
const GROUP: i64 = 2;
const STRING: i64 = 3;
const INTEGER: i64 = 4;
const CHANNEL: i64 = 7;
const NUMBER: i64 = 10;
const ANY_OPTION: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const VALUE_OPTIONS: &[i64] = &[3, 4, 5, 6, 7, 8, 9, 10, 11];

const OPTIONS: usize = 25;
const CHOICES: usize = 25;
const TOTAL_CHARACTERS: usize = 8000;
const LIST_ITEMS: usize = 130;
/// Integers that every client can hold exactly.
const SAFE_INTEGER: i64 = 1 << 53;

const LOCALES: &[&str] = &[
    "ar", "bg", "cs", "da", "de", "el", "en-GB", "en-US", "es-419", "es-ES", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "nl", "no", "pl", "pt-BR", "ro", "ru", "sv-SE", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

/// Checks one whole command at the checker's present path.
pub(super) fn command(checker: &mut Checker, body: &Value, guild_scope: bool) {
    let Some(command) = checker.model(body) else { return };
    // An entry point starts an activity and exists once, for everybody.
    let kinds: &[i64] = if guild_scope { &[1, 2, 3] } else { &[1, 2, 3, ENTRY_POINT] };
    let kind = if given(command, "type").is_some() {
        checker.choice(command, "type", Optional, kinds)
    } else {
        Some(CHAT_INPUT)
    };
    let Some(kind) = kind else { return };
    let is_typed = matches!(kind, CHAT_INPUT | ENTRY_POINT);
    name(checker, command, is_typed);
    if is_typed {
        described(checker, command);
        options(checker, command, ANY_OPTION, OPTIONS);
    } else {
        for key in ["description", "options"] {
            if given(command, key)
                .is_some_and(|value| value.as_str() != Some("") && value.as_array().is_none_or(|list| !list.is_empty()))
            {
                checker.fail_at(
                    key,
                    "APPLICATION_COMMAND_CONTEXT_MENU_FIELD_NOT_ALLOWED",
                    format!("Context menu commands cannot have {key}"),
                );
            }
        }
        localizations(checker, command, "description_localizations", 100, |_, _| {});
    }
    checker.integer(command, "default_member_permissions", Optional, 0..=i64::MAX);
    checker.boolean(command, "dm_permission");
    checker.boolean(command, "nsfw");
    places(checker, command, "contexts", &[0, 1, 2]);
    places(checker, command, "integration_types", &[0, 1]);
    if characters(command) > TOTAL_CHARACTERS {
        checker.fail("APPLICATION_COMMAND_TOO_LARGE", format!("Command exceeds maximum size ({TOTAL_CHARACTERS})"));
    }
}

fn places(checker: &mut Checker, command: &Fields, key: &str, choices: &[i64]) {
    let mut seen = HashSet::new();
    checker.list(command, key, Optional, 1..=choices.len(), |checker, _, value| {
        if let Some(place) = checker.as_choice(value, choices)
            && !seen.insert(place)
        {
            checker.fail("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value");
        }
    });
}

/// Whether a name can be typed after a slash: letters, digits, `-`, `_` and `'`, lower-case where there is one.
fn can_be_typed(name: &str) -> bool {
    let fits = |character: char| {
        matches!(character, '-' | '_' | '\'' | '\u{0900}'..='\u{097F}' | '\u{0E00}'..='\u{0E7F}')
            || character.is_alphabetic()
            || character.is_numeric()
    };
    name.chars().all(fits) && name.to_lowercase() == name
}

fn name(checker: &mut Checker, owner: &Fields, is_typed: bool) {
    let judge = |checker: &mut Checker, name: &str| {
        if is_typed && !name.is_empty() && !can_be_typed(name) {
            checker.fail("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
        }
    };
    if let Some(name) = checker.text(owner, "name", Required, 1..=32) {
        checker.within("name", |checker| judge(checker, name));
    }
    localizations(checker, owner, "name_localizations", 32, judge);
}

fn described(checker: &mut Checker, owner: &Fields) {
    checker.text(owner, "description", Required, 1..=100);
    localizations(checker, owner, "description_localizations", 100, |_, _| {});
}

fn localizations(checker: &mut Checker, owner: &Fields, key: &str, limit: usize, judge: impl Fn(&mut Checker, &str)) {
    checker.object(owner, key, Optional, |checker, texts| {
        if !texts.keys().all(|locale| LOCALES.contains(&locale.as_str())) {
            checker.fail("BASE_TYPE_CHOICES", "Keys must be among Discord's locales.");
        }
        for locale in LOCALES {
            if let Some(text) = checker.text(texts, locale, Optional, 1..=limit) {
                checker.within(*locale, |checker| judge(checker, text));
            }
        }
    });
}

fn options(checker: &mut Checker, owner: &Fields, allowed: &[i64], limit: usize) {
    let list = items(owner, "options");
    let kind_of = |option: &Value| option.get("type").and_then(integer_of);
    let is_branch = |option: &Value| matches!(kind_of(option), Some(SUBCOMMAND | GROUP));
    let is_mixed = list.iter().any(is_branch) && !list.iter().all(is_branch);
    let mut names = HashSet::new();
    let mut optional_seen = false;
    checker.list(owner, "options", Optional, 0..=limit, |checker, _, value| {
        let Some(fields) = checker.model(value) else { return };
        if is_mixed && !is_branch(value) {
            checker.fail_at(
                "type",
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Sub-command and sub-command group option types are mutually exclusive to all other types",
            );
        }
        let Some(kind) = checker.union_type(fields, allowed) else { return };
        option(checker, fields, kind);
        if let Some(name) = fields.get("name").and_then(Value::as_str)
            && !names.insert(name)
        {
            checker.fail_at("name", "APPLICATION_COMMAND_OPTION_NAME_ALREADY_EXISTS", "Option name already exists");
        }
        if checker.boolean(fields, "required") == Some(true) {
            if optional_seen {
                checker.fail(
                    "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                    "Required options must be placed before non-required options",
                );
            }
        } else {
            optional_seen = true;
        }
    });
}

fn option(checker: &mut Checker, option: &Fields, kind: i64) {
    name(checker, option, true);
    described(checker, option);
    match kind {
        SUBCOMMAND => options(checker, option, VALUE_OPTIONS, OPTIONS),
        GROUP => options(checker, option, &[SUBCOMMAND], OPTIONS),
        STRING => {
            bounds(checker, option, "min_length", 0..=6000, "max_length", 1..=6000);
            suggestions(checker, option, kind);
        }
        INTEGER => {
            let range = -SAFE_INTEGER..=SAFE_INTEGER;
            bounds(checker, option, "min_value", range.clone(), "max_value", range);
            suggestions(checker, option, kind);
        }
        NUMBER => {
            number(checker, option, "min_value", Optional);
            number(checker, option, "max_value", Optional);
            suggestions(checker, option, kind);
        }
        CHANNEL => channel_types(checker, option),
        _ => {}
    }
    if !matches!(kind, STRING | INTEGER | NUMBER) {
        for key in ["autocomplete", "choices"] {
            let is_set = given(option, key).is_some_and(|value| {
                value.as_bool() != Some(false) && !items(option, key).is_empty() || value.as_bool() == Some(true)
            });
            if is_set {
                checker.fail_at(
                    key,
                    "APPLICATION_COMMAND_OPTION_TYPE_CHOICES_UNSUPPORTED",
                    "Only string, integer and number options take choices or autocomplete",
                );
            }
        }
    }
}

fn bounds(
    checker: &mut Checker,
    option: &Fields,
    low_key: &str,
    low_range: std::ops::RangeInclusive<i64>,
    high_key: &str,
    high_range: std::ops::RangeInclusive<i64>,
) {
    let low = checker.integer(option, low_key, Optional, low_range);
    let high = checker.integer(option, high_key, Optional, high_range);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        checker.fail_at(low_key, "NUMBER_TYPE_MAX", format!("int value should be less than or equal to {high}."));
    }
}

fn number(checker: &mut Checker, owner: &Fields, key: &str, need: Need) {
    match given(owner, key) {
        Some(value) if value.as_f64().is_none() => {
            checker.fail_at(key, "NUMBER_TYPE_COERCE", format!("Value {value} is not float."));
        }
        None if need == Required => checker.fail_at(key, "BASE_TYPE_REQUIRED", "This field is required"),
        _ => {}
    }
}

fn suggestions(checker: &mut Checker, option: &Fields, kind: i64) {
    if checker.boolean(option, "autocomplete") == Some(true) && !items(option, "choices").is_empty() {
        checker.fail_at(
            "autocomplete",
            "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_CHOICES_EXCLUSIVE",
            "autocomplete and choices are mutually exclusive",
        );
    }
    let mut names = HashSet::new();
    let mut values = HashSet::new();
    checker.list(option, "choices", Optional, 0..=CHOICES, |checker, _, value| {
        let Some(choice) = checker.model(value) else { return };
        if let Some(name) = checker.text(choice, "name", Required, 1..=100)
            && !names.insert(name)
        {
            let message = "Option choice name already exists";
            checker.fail_at("name", "APPLICATION_COMMAND_OPTION_CHOICE_NAME_ALREADY_EXISTS", message);
        }
        localizations(checker, choice, "name_localizations", 100, |_, _| {});
        match kind {
            STRING => {
                checker.text(choice, "value", Required, 1..=100);
            }
            INTEGER => {
                checker.integer(choice, "value", Required, -SAFE_INTEGER..=SAFE_INTEGER);
            }
            _ => number(checker, choice, "value", Required),
        }
        if let Some(value) = given(choice, "value")
            && !values.insert(value.to_string())
        {
            let message = "Option choice value already exists";
            checker.fail_at("value", "APPLICATION_COMMAND_OPTION_CHOICE_VALUE_ALREADY_EXISTS", message);
        }
    });
}

/// The characters that count towards a command's limit; of several languages, the longest.
fn characters(owner: &Fields) -> usize {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let longest = |key: &str, localized: &str| {
        let own = owner.get(key).map_or(0, length);
        let others = owner.get(localized).and_then(Value::as_object);
        others.map_or(0, |texts| texts.values().map(length).max().unwrap_or(0)).max(own)
    };
    let nested = ["options", "choices"].iter().flat_map(|key| items(owner, key)).filter_map(Value::as_object);
    longest("name", "name_localizations")
        + longest("description", "description_localizations")
        + owner.get("value").map_or(0, length)
        + nested.map(characters).sum::<usize>()
}

/// Checks the commands of one scope together: each by itself, then names and numbers.
pub(super) fn command_list(body: &Value) -> Result<(), Violation> {
    let mut checker = Checker::default();
    let Some(list) = body.as_array() else {
        checker.fail("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return checker.finish();
    };
    checker.length(list.len(), &(0..=LIST_ITEMS));
    let mut names = HashSet::new();
    let mut counts = [0_usize; 5];
    for (index, item) in list.iter().enumerate() {
        checker.within(&index, |checker| {
            command(checker, item, false);
            let kind = item.get("type").and_then(integer_of).unwrap_or(CHAT_INPUT);
            if let Some(count) = usize::try_from(kind).ok().and_then(|kind| counts.get_mut(kind)) {
                *count += 1;
            }
            if let Some(name) = item.get("name").and_then(Value::as_str)
                && !names.insert((kind, name))
            {
                checker.fail("APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
            }
        });
    }
    checker.finish()?;
    let over = |kind: usize, limit: usize| counts[kind] > limit;
    if over(1, 100) {
        return Err(Violation::Code {
            status: 400,
            code: 30032,
            message: "Maximum number of application commands reached (100).",
        });
    }
    if over(2, 15) || over(3, 15) {
        return Err(Violation::Code {
            status: 400,
            code: 30032,
            message: "Maximum number of application commands reached (15).",
        });
    }
    if over(4, 1) {
        return Err(Violation::Code {
            status: 400,
            code: 30032,
            message: "Maximum number of application commands reached (1).",
        });
    }
    Ok(())
}
