//! Embeds: lengths, addresses, and the 6000 characters that all embeds of a message share.

use serde_json::Value;

use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given, items,
};
use super::message::Uploads;

const PICTURE_SCHEMES: &[&str] = &["http", "https", "attachment"];
const LINK_SCHEMES: &[&str] = &["http", "https"];
const TOTAL_CHARACTERS: usize = 6000;

/// Checks the `embeds` field of a message.
pub(super) fn embeds(checker: &mut Checker, message: &Fields, uploads: &Uploads) {
    let list = checker.list(message, "embeds", Optional, 0..=10, |checker, _, value| {
        if let Some(fields) = checker.model(value) {
            embed(checker, fields, uploads);
        }
    });
    let characters: usize = list.unwrap_or_default().iter().filter_map(Value::as_object).map(characters).sum();
    if characters > TOTAL_CHARACTERS {
        checker.fail_at(
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
            format!("Embed size exceeds maximum size of {TOTAL_CHARACTERS}"),
        );
    }
}

fn embed(checker: &mut Checker, embed: &Fields, uploads: &Uploads) {
    checker.text(embed, "title", Optional, 0..=256);
    checker.text(embed, "description", Optional, 0..=4096);
    checker.url(embed, "url", Optional, 2048, LINK_SCHEMES);
    checker.integer(embed, "color", Optional, 0..=0x00FF_FFFF);
    if let Some(text) = checker.text(embed, "timestamp", Optional, 0..=64)
        && chrono::DateTime::parse_from_rfc3339(text).is_err()
    {
        checker.fail_at("timestamp", "DATE_TIME_TYPE_PARSE", format!("Could not parse {text}. Should be ISO8601."));
    }
    checker.object(embed, "author", Optional, |checker, author| {
        checker.text(author, "name", Required, 1..=256);
        checker.url(author, "url", Optional, 2048, LINK_SCHEMES);
        picture(checker, author, "icon_url", false, uploads);
    });
    checker.object(embed, "footer", Optional, |checker, footer| {
        checker.text(footer, "text", Required, 1..=2048);
        picture(checker, footer, "icon_url", false, uploads);
    });
    for key in ["image", "thumbnail"] {
        checker.object(embed, key, Optional, |checker, image| picture(checker, image, "url", true, uploads));
    }
    checker.list(embed, "fields", Optional, 0..=25, |checker, _, value| {
        if let Some(field) = checker.model(value) {
            checker.text(field, "name", Required, 1..=256);
            checker.text(field, "value", Required, 1..=1024);
            checker.boolean(field, "inline");
        }
    });
    let visible =
        ["title", "description", "author", "footer", "image", "thumbnail", "url", "timestamp", "video", "provider"];
    let has_text = |key: &&str| given(embed, key).is_some_and(|value| value.as_str() != Some(""));
    if !visible.iter().any(has_text) && items(embed, "fields").is_empty() {
        checker.fail_at("description", "BASE_TYPE_REQUIRED", "This field is required");
    }
}

fn picture(checker: &mut Checker, fields: &Fields, key: &str, required: bool, uploads: &Uploads) {
    let need = if required { Required } else { Optional };
    if let Some(url) = checker.url(fields, key, need, 2048, PICTURE_SCHEMES) {
        checker.within(key, |checker| uploads.check_reference(checker, url));
    }
}

fn characters(embed: &Fields) -> usize {
    let count =
        |fields: &Fields, key: &str| fields.get(key).and_then(Value::as_str).map_or(0, |text| text.chars().count());
    let nested =
        |key: &str, inner: &str| embed.get(key).and_then(Value::as_object).map_or(0, |fields| count(fields, inner));
    let fields = items(embed, "fields").iter().filter_map(Value::as_object);
    count(embed, "title")
        + count(embed, "description")
        + nested("author", "name")
        + nested("footer", "text")
        + fields.map(|field| count(field, "name") + count(field, "value")).sum::<usize>()
}
