//! Bodies made from Discord's own description, half of them broken on purpose, thrown at every route that the emulator serves: it always
//! answers, never with a fault of its own, and its answers are as Discord documents them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::Document;
use crate::town::Town;

/// Printed on failure, with the request, so that a run can be repeated.
const SEED: u64 = 20_261_125;
const ROUNDS_A_ROUTE: usize = 400;
/// Deeper parts of a body are left empty.
const DEEPEST: usize = 7;

struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound.max(1) as u64).expect("below a small bound")
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A value as the schema describes it, or close to it.
fn made(document: &Document, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
    let schema = document.resolve(schema);
    if depth > DEEPEST {
        return Value::Null;
    }
    for key in ["anyOf", "allOf"] {
        if let Some(members) = schema[key].as_array().filter(|members| !members.is_empty()) {
            let member = dice.pick(members).clone();
            return made(document, &member, dice, depth);
        }
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.is_empty()) {
        return dice.pick(allowed).clone();
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => vec!["object"],
    };
    match *dice.pick(&kinds) {
        "string" if schema["format"] == "snowflake" => json!((1_000 + dice.below(60)).to_string()),
        "string" => {
            let least = schema["minLength"].as_u64().unwrap_or(0);
            let most = schema["maxLength"].as_u64().unwrap_or(20).min(least + 20);
            let length = least + dice.roll() % (most - least + 1);
            Value::String((0..length).map(|_| *dice.pick(&['a', 'Z', ' ', 'é', '-', '_', '7'])).collect())
        }
        "integer" => {
            let least = schema["minimum"].as_i64().unwrap_or(0);
            let most = schema["maximum"].as_i64().unwrap_or(least.saturating_add(20)).min(least.saturating_add(1_000));
            json!(least + i64::try_from(dice.roll() % 1_001).unwrap_or(0).min(most - least))
        }
        "number" => json!(0.5),
        "boolean" => json!(dice.one_in(2)),
        "array" => {
            let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap_or(0);
            let count = least + dice.below(3);
            (0..count).map(|_| made(document, &schema["items"], dice, depth + 1)).collect()
        }
        "null" => Value::Null,
        _ => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut fields = Map::new();
            for (name, described) in schema["properties"].as_object().into_iter().flatten() {
                if required.contains(&name.as_str()) || dice.one_in(3) {
                    fields.insert(name.clone(), made(document, described, dice, depth + 1));
                }
            }
            Value::Object(fields)
        }
    }
}

/// What nobody should send.
fn hostile(dice: &mut Dice) -> Value {
    let mut nested = json!("bottom");
    for _ in 0..60 {
        nested = json!([nested]);
    }
    let all = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("0"),
        json!("x".repeat(7_000)),
        json!("\u{0}\u{202e}\u{200b}😀"),
        json!("@everyone <@1002> <#1> <t:99999999999999:R>"),
        json!([]),
        json!({}),
        json!([[], {}, null]),
        json!({"id": {"id": []}}),
        nested,
    ];
    dice.pick(&all).clone()
}

/// Breaks one part of a body, wherever the dice lead.
fn broken(body: &mut Value, dice: &mut Dice) {
    let is_here = dice.one_in(4);
    match body {
        Value::Object(fields) if !fields.is_empty() && !is_here => {
            let name = fields.keys().nth(dice.below(fields.len())).expect("it is below the length").clone();
            if dice.one_in(5) {
                fields.remove(&name);
            } else {
                broken(&mut fields[&name], dice);
            }
        }
        Value::Array(list) if !list.is_empty() && !is_here => {
            let at = dice.below(list.len());
            if dice.one_in(6) {
                let again = list[at].clone();
                list.extend(std::iter::repeat_n(again, 30));
            } else {
                broken(&mut list[at], dice);
            }
        }
        other => *other = hostile(dice),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
async fn the_emulator_answers_whatever_it_is_sent() {
    let document = Document::load();
    let mut dice = Dice(SEED);
    let (mut routes, mut requests) = (0, 0);
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for (method, template) in document.operations() {
        let mut town = Town::start().await;
        let path = town.path(template).await;
        let schema = document.request_schema(&method, template);
        if town.call(&method, &path, schema.map(|_| json!({})).as_ref()).await.0 == 501 {
            continue;
        }
        routes += 1;
        let rounds = if schema.is_some() { ROUNDS_A_ROUTE } else { 3 };
        for round in 0..rounds {
            // What an earlier round took away must not make the later ones idle.
            if method == "DELETE" || round % 20 == 0 {
                town = Town::start().await;
            }
            let path = town.path(template).await;
            let body = schema.map(|schema| {
                let mut body = made(document, schema, &mut dice, 0);
                for _ in 0..dice.below(3) {
                    broken(&mut body, &mut dice);
                }
                body
            });
            let (status, answer) = town.call(&method, &path, body.as_ref()).await;
            requests += 1;
            *statuses.entry(status.as_u16()).or_default() += 1;
            let said = || {
                format!(
                    "seed {SEED}, {method} {path}\nbody {}\nanswer {status} {answer}",
                    body.clone().unwrap_or_default()
                )
            };
            assert!(!status.is_server_error(), "a fault of the emulator's own: {}", said());
            let answer = Some(&answer).filter(|answer| !answer.is_null());
            for complaint in document.check_answer(&method, &path, status.as_u16(), answer) {
                wrong.entry(complaint).or_insert_with(said);
            }
        }
    }
    println!("seed {SEED}: {requests} requests to {routes} routes; answers by status: {statuses:?}");
    let listed: Vec<_> = wrong.iter().map(|(complaint, said)| format!("{complaint}\n  {said}")).collect();
    assert!(wrong.is_empty(), "not as Discord documents it:\n{}", listed.join("\n"));
    assert!(routes > 40 && requests > 1_000, "too little was tried: {routes} routes, {requests} requests");
}
