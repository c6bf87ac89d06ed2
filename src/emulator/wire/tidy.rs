//! What Discord does to accepted JSON before it gives it back: defaults filled in, nulls dropped, component ids assigned.

use serde_json::{Map, Value, json};

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// An embed as it is kept.
pub(crate) fn embed(mut embed: Value) -> Value {
    without_nulls(&mut embed);
    embed["type"] = json!("rich");
    // Discord itself fills these in, for pages that it looks up.
    if let Some(fields) = embed.as_object_mut() {
        fields.retain(|key, _| !matches!(key.as_str(), "provider" | "video"));
    }
    for field in embed["fields"].as_array_mut().into_iter().flatten() {
        if field["inline"].is_null() {
            field["inline"] = json!(false);
        }
    }
    // Indexing above creates a null where there were no fields.
    without_nulls(&mut embed);
    embed
}

/// Components as they are kept.
pub(crate) fn components(mut components: Vec<Value>) -> Vec<Value> {
    let mut next_id = 1;
    for each in &mut components {
        without_nulls(each);
        component(each, &mut next_id);
    }
    components
}

fn default(fields: &mut Map<String, Value>, key: &str, value: Value) {
    fields.entry(key).or_insert(value);
}

fn component(value: &mut Value, next_id: &mut u64) {
    let Some(fields) = value.as_object_mut() else { return };
    match fields.get("id").and_then(Value::as_u64) {
        Some(given) if given > 0 => *next_id = (*next_id).max(given + 1),
        _ => {
            fields.insert("id".to_owned(), json!(*next_id));
            *next_id += 1;
        }
    }
    match fields.get("type").and_then(Value::as_u64) {
        Some(2) => {
            default(fields, "style", json!(2));
        }
        Some(3 | 5..=8) => {
            default(fields, "min_values", json!(1));
            default(fields, "max_values", json!(1));
        }
        Some(11) => {
            default(fields, "description", Value::Null);
            default(fields, "spoiler", json!(false));
        }
        Some(12) => {
            for item in fields.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(item) = item.as_object_mut() {
                    default(item, "description", Value::Null);
                    default(item, "spoiler", json!(false));
                }
            }
        }
        Some(13) => {
            default(fields, "name", Value::Null);
            default(fields, "size", Value::Null);
            default(fields, "spoiler", json!(false));
        }
        Some(14) => {
            default(fields, "spacing", json!(1));
            default(fields, "divider", json!(true));
        }
        Some(17) => {
            default(fields, "accent_color", Value::Null);
            default(fields, "spoiler", json!(false));
        }
        _ => {}
    }
    for key in ["components", "component", "accessory"] {
        match fields.get_mut(key) {
            Some(Value::Array(children)) => children.iter_mut().for_each(|child| component(child, next_id)),
            Some(child @ Value::Object(_)) => component(child, next_id),
            _ => {}
        }
    }
}

/// A command's definition as it is kept (all but ids, name and type).
pub(crate) fn command(body: &Value, of_guild: bool) -> Value {
    let mut kept = Map::new();
    kept.insert("description".to_owned(), json!(body["description"].as_str().unwrap_or_default()));
    kept.insert("default_member_permissions".to_owned(), permission_text(&body["default_member_permissions"]));
    kept.insert("name_localizations".to_owned(), body["name_localizations"].clone());
    kept.insert("description_localizations".to_owned(), body["description_localizations"].clone());
    kept.insert("nsfw".to_owned(), json!(body["nsfw"].as_bool().unwrap_or(false)));
    if !of_guild {
        let by_bot = |contexts: &Vec<Value>| contexts.iter().any(|context| context.as_u64() == Some(1));
        let contexts = body["contexts"].clone();
        let dm = contexts.as_array().map(by_bot).or(body["dm_permission"].as_bool()).unwrap_or(true);
        kept.insert("dm_permission".to_owned(), json!(dm));
        kept.insert("contexts".to_owned(), contexts);
        let integration_types = body["integration_types"].as_array().cloned().unwrap_or_else(|| vec![json!(0)]);
        kept.insert("integration_types".to_owned(), json!(integration_types));
    }
    let options = options(&body["options"]);
    if !options.is_empty() {
        kept.insert("options".to_owned(), Value::Array(options));
    }
    Value::Object(kept)
}

fn permission_text(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

fn options(value: &Value) -> Vec<Value> {
    let mut options = value.as_array().cloned().unwrap_or_default();
    for option in &mut options {
        without_nulls(option);
        let is_integer = option["type"].as_u64() == Some(4);
        let nested = options_of(option);
        let Some(fields) = option.as_object_mut() else { continue };
        fields.retain(|key, field| {
            let empty_list =
                matches!(key.as_str(), "choices" | "channel_types") && field.as_array().is_some_and(Vec::is_empty);
            let off = matches!(key.as_str(), "required" | "autocomplete") && *field == json!(false);
            !(empty_list || off)
        });
        if is_integer {
            for bound in ["min_value", "max_value"] {
                if let Some(whole) = fields.get(bound).and_then(Value::as_f64) {
                    #[expect(clippy::cast_possible_truncation, reason = "the rules hold integer bounds within 2^53")]
                    fields.insert(bound.to_owned(), json!(whole as i64));
                }
            }
        }
        match nested {
            Some(nested) if !nested.is_empty() => fields.insert("options".to_owned(), Value::Array(nested)),
            _ => fields.remove("options"),
        };
    }
    options
}

fn options_of(option: &Value) -> Option<Vec<Value>> {
    option.get("options").map(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_get_ids_in_reading_order_and_selects_their_bounds() {
        let tidied = components(vec![
            json!({"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": "x", "url": null}]}),
            json!({"type": 1, "id": 9, "components": [{"type": 3, "custom_id": "s", "options": []}]}),
        ]);
        let expected = json!([
            {"type": 1, "id": 1, "components": [{"type": 2, "id": 2, "style": 1, "label": "a", "custom_id": "x"}]},
            {"type": 1, "id": 9, "components":
                [{"type": 3, "id": 10, "custom_id": "s", "options": [], "min_values": 1, "max_values": 1}]},
        ]);
        assert_eq!(json!(tidied), expected);
    }

    #[test]
    fn an_embed_keeps_what_it_has_and_its_fields_say_whether_they_are_inline() {
        let tidied = embed(json!({"title": "T", "url": null, "fields": [{"name": "a", "value": "b"}]}));
        let expected = json!({"type": "rich", "title": "T", "fields": [{"name": "a", "value": "b", "inline": false}]});
        assert_eq!(tidied, expected);
        assert_eq!(embed(json!({"title": "T"})), json!({"type": "rich", "title": "T"}));
    }
}
