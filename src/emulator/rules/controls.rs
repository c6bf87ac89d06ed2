//! What people press, choose and fill in: buttons, selects, text inputs and the other controls of a modal.

use serde_json::Value;
use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given, items,
};

const LINK: i64 = 5;
const PREMIUM: i64 = 6;
const SELECT_OPTIONS: usize = 25;
const CHANNEL_TYPES: &[i64] = &[0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16];

/// Whether a control stands in a message or in a modal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Message,
    Modal,
}

/// Checks one control of a known type; where it stands has been judged before.
pub(super) fn control(checker: &mut Checker, control: &Fields, kind: i64, setting: Setting) {
    let is_disabled = checker.boolean(control, "disabled");
    if setting == Setting::Modal && is_disabled == Some(true) {
        checker.fail_at("disabled", "COMPONENT_DISABLED_IN_MODAL", "Components in a modal cannot be disabled");
    }
    if kind == 2 {
        return button(checker, control);
    }
    checker.text(control, "custom_id", Required, 1..=100);
    checker.boolean(control, "required");
    match kind {
        3 => string_select(checker, control),
        4 => text_input(checker, control),
        5..=8 => entity_select(checker, control, kind),
        19 => {
            chosen(checker, control, 10);
        }
        21 => options(checker, control, 2..=10, 1),
        22 => {
            let (low, high) = chosen(checker, control, 10);
            options(checker, control, low.max(1)..=10, high.unwrap_or(10));
        }
        _ => {
            checker.boolean(control, "default");
        }
    }
}

fn button(checker: &mut Checker, button: &Fields) {
    checker.text(button, "label", Optional, 0..=80);
    emoji(checker, button);
    let Some(style) = checker.choice(button, "style", Required, &[1, 2, 3, 4, LINK, PREMIUM]) else { return };
    let has = |key: &str| given(button, key).is_some_and(|value| value.as_str() != Some(""));
    let identity = match style {
        LINK => "url",
        PREMIUM => "sku_id",
        _ => "custom_id",
    };
    for key in ["custom_id", "url", "sku_id"] {
        if key != identity && has(key) {
            checker.fail_at(
                key,
                "BUTTON_COMPONENT_FIELD_MUTUALLY_EXCLUSIVE",
                format!("A button of this style takes a {identity}, and no {key}"),
            );
        }
    }
    match style {
        LINK => {
            checker.url(button, "url", Required, 512, &["http", "https", "discord"]);
        }
        PREMIUM => {
            checker.snowflake(button, "sku_id", Required);
            return;
        }
        _ => {
            checker.text(button, "custom_id", Required, 1..=100);
        }
    }
    if !has("label") && !has("emoji") {
        checker.fail_at("label", "BASE_TYPE_REQUIRED", "This field is required");
    }
}

fn emoji(checker: &mut Checker, owner: &Fields) {
    checker.object(owner, "emoji", Optional, |checker, emoji| {
        checker.snowflake(emoji, "id", Optional);
        let need = if given(emoji, "id").is_some() { Optional } else { Required };
        checker.text(emoji, "name", need, 1..=32);
    });
}

/// The least and the most that may be chosen.
fn chosen(checker: &mut Checker, control: &Fields, limit: i64) -> (usize, Option<usize>) {
    let low = checker.integer(control, "min_values", Optional, 0..=limit);
    let high = checker.integer(control, "max_values", Optional, 1..=limit);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        checker.fail_at("min_values", "NUMBER_TYPE_MAX", format!("int value should be less than or equal to {high}."));
    }
    // Values out of bounds have been reported already and must not be reported again as a bound of the options.
    let clamp = |value: i64| usize::try_from(value.clamp(0, limit)).unwrap_or(0);
    (low.map_or(0, clamp), high.map(clamp))
}

fn string_select(checker: &mut Checker, select: &Fields) {
    checker.text(select, "placeholder", Optional, 0..=150);
    let (low, high) = chosen(checker, select, 25);
    let high = high.unwrap_or(1);
    options(checker, select, low.max(high).max(1)..=SELECT_OPTIONS, high);
}

fn options(checker: &mut Checker, control: &Fields, count: RangeInclusive<usize>, most_chosen: usize) {
    let mut values = HashSet::new();
    let mut defaults = 0;
    checker.list(control, "options", Required, count, |checker, _, value| {
        let Some(option) = checker.model(value) else { return };
        checker.text(option, "label", Required, 1..=100);
        checker.text(option, "description", Optional, 0..=100);
        emoji(checker, option);
        defaults += usize::from(checker.boolean(option, "default") == Some(true));
        if let Some(value) = checker.text(option, "value", Required, 1..=100)
            && !values.insert(value)
        {
            checker.fail_at(
                "value",
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            );
        }
    });
    too_many_defaults(checker, "options", defaults, most_chosen);
}

fn too_many_defaults(checker: &mut Checker, key: &str, defaults: usize, most_chosen: usize) {
    if defaults > most_chosen {
        checker.fail_at(
            key,
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
            format!("At most {most_chosen} may be chosen from the start"),
        );
    }
}

fn entity_select(checker: &mut Checker, select: &Fields, kind: i64) {
    checker.text(select, "placeholder", Optional, 0..=150);
    let (_, high) = chosen(checker, select, 25);
    let kinds: &[&str] = match kind {
        5 => &["user"],
        6 => &["role"],
        7 => &["user", "role"],
        _ => &["channel"],
    };
    checker.list(select, "default_values", Optional, 0..=25, |checker, _, value| {
        let Some(default) = checker.model(value) else { return };
        checker.snowflake(default, "id", Required);
        if let Some(text) = checker.text(default, "type", Required, 1..=20)
            && !kinds.contains(&text)
        {
            checker.fail_at("type", "BASE_TYPE_CHOICES", format!("Value must be one of ('{}').", kinds.join("', '")));
        }
    });
    too_many_defaults(checker, "default_values", items(select, "default_values").len(), high.unwrap_or(1));
    if kind == 8 {
        channel_types(checker, select);
    }
}

/// Checks which kinds of channel a select or a command's option offers.
pub(super) fn channel_types(checker: &mut Checker, owner: &Fields) {
    let mut seen = HashSet::new();
    checker.list(owner, "channel_types", Optional, 0..=CHANNEL_TYPES.len(), |checker, _, value: &Value| {
        if let Some(kind) = checker.as_choice(value, CHANNEL_TYPES)
            && !seen.insert(kind)
        {
            checker.fail("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value");
        }
    });
}

fn text_input(checker: &mut Checker, input: &Fields) {
    checker.choice(input, "style", Required, &[1, 2]);
    checker.text(input, "placeholder", Optional, 0..=100);
    let low = checker.integer(input, "min_length", Optional, 0..=4000);
    let high = checker.integer(input, "max_length", Optional, 1..=4000);
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        checker.fail_at("min_length", "NUMBER_TYPE_MAX", format!("int value should be less than or equal to {high}."));
    }
    let most = high.and_then(|high| usize::try_from(high).ok()).unwrap_or(4000).min(4000);
    checker.text(input, "value", Optional, 0..=most);
}
