//! One sound and one faulty body for each rule; of the faulty one, the path and the code of the answer.

mod answers;
mod commands;
mod components;
mod junk;
mod layouts;
mod messages;

use super::*;
use serde_json::{Value, json};

/// A rule, with a body that keeps it and one that breaks it at `path` with `code`.
struct Case {
    rule: &'static str,
    good: Value,
    bad: Value,
    path: &'static str,
    code: &'static str,
}

fn case(rule: &'static str, good: Value, bad: Value, path: &'static str, code: &'static str) -> Case {
    Case { rule, good, bad, path, code }
}

/// The codes that an answer gives at one path.
fn codes_at(result: Result<(), Violation>, path: &str) -> Vec<String> {
    let Err(Violation::Form(errors)) = result else { return vec![format!("{result:?}")] };
    let body = errors.into_body();
    let segments = path.split('.').filter(|segment| !segment.is_empty());
    let pointer: Vec<_> = std::iter::once("/errors").chain(segments).chain(["_errors"]).collect();
    let listed = body.pointer(&pointer.join("/")).and_then(Value::as_array).cloned();
    match listed {
        Some(list) => list.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect(),
        None => vec![format!("nothing at {path} in {body}")],
    }
}

fn hold(cases: Vec<Case>, judge: impl Fn(&Value) -> Result<(), Violation>) {
    for Case { rule, good, bad, path, code } in cases {
        assert_eq!(judge(&good), Ok(()), "{rule}: the sound body");
        assert_eq!(codes_at(judge(&bad), path), [code], "{rule}: the faulty body");
    }
}

fn file(index: u64, name: &str) -> FileInfo {
    FileInfo { index, name: name.to_owned(), size_bytes: 100 }
}

fn long(characters: usize) -> String {
    "é".repeat(characters)
}

fn many(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

fn button(custom_id: &str) -> Value {
    json!({ "type": 2, "style": 1, "label": "Go", "custom_id": custom_id })
}

fn row(children: &[Value]) -> Value {
    json!({ "type": 1, "components": children })
}

fn select(options: usize) -> Value {
    json!({ "type": 3, "custom_id": "select", "options": many(options, |n| json!({ "label": "One", "value": n.to_string() })) })
}

/// A copy of a JSON object with one field set.
fn with(mut value: Value, key: &str, field: Value) -> Value {
    value[key] = field;
    value
}

#[track_caller]
fn refused(result: Result<(), Violation>, expected_status: u16, expected_code: u32) {
    match result {
        Err(Violation::Code { status, code, .. }) => assert_eq!((status, code), (expected_status, expected_code)),
        other => panic!("expected code {expected_code}, got {other:?}"),
    }
}
