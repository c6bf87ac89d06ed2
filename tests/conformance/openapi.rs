//! Holds requests and answers against Discord's OpenAPI document, which `DISCORD_OPENAPI` names.
//!
//! The document and practice differ in a few known places; these are made equal before judging (see `normalise_*`).
//! What it cannot know, such as the sum of all embeds, is judged by `cxbot::emulator::rules` instead.
//! Complaints name the route, the place in the JSON and the rule, never the values, which may be private.

use cxbot::emulator::rules::FileInfo;
use jsonschema::{Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// Discord's description of its REST interface.
pub struct Document {
    components: Value,
    /// Most specific first.
    routes: Vec<Route>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

struct Route {
    template: String,
    segments: Vec<Segment>,
    path_parameters: Vec<Value>,
    operations: Map<String, Value>,
}

enum Segment {
    Literal(String),
    Parameter(String),
}

/// A method and a path, found in the document.
struct Operation<'d> {
    name: String,
    route: &'d Route,
    description: &'d Value,
    path_values: Vec<(&'d str, String)>,
}

impl Document {
    /// Reads the document once for the whole test binary; panics when `DISCORD_OPENAPI` does not name it.
    pub fn load() -> &'static Self {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| {
            #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the document is")]
            let path = std::env::var("DISCORD_OPENAPI")
                .expect("DISCORD_OPENAPI must name Discord's openapi.json for the conformance tests");
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
            Self::parse(&text).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
        })
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut whole: Value = serde_json::from_str(text)?;
        loosen_unions(&mut whole);
        let mut routes: Vec<_> = whole["paths"].as_object().into_iter().flatten().map(Route::new).collect();
        routes.sort_by_key(|route| route.segments.iter().map(Segment::is_parameter).collect::<Vec<_>>());
        Ok(Self { components: whole["components"].take(), routes, validators: Mutex::default() })
    }

    /// Every method and path template, sorted.
    pub fn operations(&self) -> Vec<(String, &str)> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let mut all: Vec<_> = self
            .routes
            .iter()
            .flat_map(|route| {
                let methods = METHODS.iter().filter(|method| route.operations.contains_key(**method));
                methods.map(|method| (method.to_uppercase(), route.template.as_str()))
            })
            .collect();
        all.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
        all
    }

    /// What a request to this operation may carry as JSON, if anything.
    pub fn request_schema(&self, method: &str, template: &str) -> Option<&Value> {
        let route = self.routes.iter().find(|route| route.template == template)?;
        route.operations.get(&method.to_lowercase())?.pointer("/requestBody/content/application~1json/schema")
    }

    /// What is wrong with a request; `path` may carry `/api/v10`, `query` may start with `?` and `&`.
    pub fn check_request(
        &self,
        method: &str,
        path: &str,
        query: &str,
        body: Option<&Value>,
        files: &[FileInfo],
    ) -> Vec<String> {
        let operation = match self.operation(method, path) {
            Ok(operation) => operation,
            Err(complaint) => return vec![complaint],
        };
        let mut complaints = self.check_parameters(&operation, query);
        let described = &operation.description["requestBody"];
        let schema = described.pointer("/content/application~1json/schema");
        match (schema, body.filter(|body| !body.is_null())) {
            (Some(schema), Some(body)) => {
                let mut body = body.clone();
                normalise_request(&mut body);
                match self.narrowed(schema, &body) {
                    Ok(schema) => complaints.extend(self.judge(&operation.name, "request body", &schema, &body)),
                    Err(complaint) => complaints.push(format!("{}: {complaint}", operation.name)),
                }
                complaints.extend(attachments_without_files(&operation, &body, files));
            }
            (None, Some(body)) if body != &json!({}) => {
                complaints.push(format!("{}: request body: the document describes none", operation.name));
            }
            (Some(_), None) if files.is_empty() && described["required"] == true => {
                complaints.push(format!("{}: request body: missing", operation.name));
            }
            _ => {}
        }
        complaints
    }

    /// What is wrong with an answer. Outside the document are faults of a server (5xx, but for 501: a route not served)
    /// and answers that were lost (status 0).
    pub fn check_answer(&self, method: &str, path: &str, status: u16, body: Option<&Value>) -> Vec<String> {
        if status == 0 || (status >= 500 && status != 501) {
            return Vec::new();
        }
        let operation = match self.operation(method, path) {
            Ok(operation) => operation,
            Err(complaint) => return vec![complaint],
        };
        let answers = &operation.description["responses"];
        let exact = answers.get(status.to_string());
        let Some(answer) = exact.or_else(|| answers.get(format!("{}XX", status / 100))) else {
            return vec![format!("{}: answer: the document knows no status {status}", operation.name)];
        };
        let answer = self.resolve(answer);
        let schema = answer.pointer("/content/application~1json/schema");
        match (schema, body.filter(|body| !body.is_null())) {
            (Some(schema), Some(body)) => {
                let mut body = body.clone();
                normalise_answer(&mut body);
                self.judge(&operation.name, &format!("answer {status}"), schema, &body)
            }
            (Some(_), None) => vec![format!("{}: answer {status}: the body is missing", operation.name)],
            (None, Some(_)) => vec![format!("{}: answer {status}: the document describes no body", operation.name)],
            (None, None) => Vec::new(),
        }
    }

    fn operation(&self, method: &str, path: &str) -> Result<Operation<'_>, String> {
        let path = path.strip_prefix("/api").unwrap_or(path);
        // discord.js writes `@original` and `@me` with the sign escaped.
        let path = path.strip_prefix("/v10").unwrap_or(path).replace("%40", "@");
        let segments: Vec<_> = path.trim_matches('/').split('/').collect();
        let key = method.to_lowercase();
        let found = self.routes.iter().find_map(|route| {
            let description = route.operations.get(&key)?;
            Some((route, description, route.matches(&segments)?))
        });
        let Some((route, description, path_values)) = found else {
            return Err(format!("{method} {path}: not in the document"));
        };
        Ok(Operation { name: format!("{method} {}", route.template), route, description, path_values })
    }

    fn check_parameters(&self, operation: &Operation<'_>, query: &str) -> Vec<String> {
        let own = operation.description["parameters"].as_array().into_iter().flatten();
        let parameters: Vec<_> = operation.route.path_parameters.iter().chain(own).collect();
        let find =
            |place: &str, name: &str| parameters.iter().find(|known| known["in"] == place && known["name"] == name);
        let asked = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let asked: Vec<_> = asked.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        let mut complaints = Vec::new();
        let values = operation.path_values.iter().map(|(name, value)| ("path", *name, value.as_str()));
        for (place, name, text) in values.chain(asked.iter().map(|(name, value)| ("query", *name, *value))) {
            let Some(parameter) = find(place, name) else {
                complaints.push(format!("{}: {place} parameter {name}: not in the document", operation.name));
                continue;
            };
            let schema = &parameter["schema"];
            let readings = readings_of(text);
            let judged =
                |value: &Value| self.judge(&operation.name, &format!("{place} parameter {name}"), schema, value);
            let verdicts: Vec<_> = readings.iter().map(judged).collect();
            if verdicts.iter().all(|verdict| !verdict.is_empty()) {
                complaints.extend(verdicts.into_iter().next().unwrap_or_default());
            }
        }
        for needed in parameters.iter().filter(|known| known["in"] == "query" && known["required"] == true) {
            if !asked.iter().any(|(name, _)| needed["name"] == *name) {
                complaints.push(format!("{}: query parameter {}: missing", operation.name, needed["name"]));
            }
        }
        complaints
    }

    /// The member of a union that the body's `type` names, so that a complaint speaks of that member only.
    fn narrowed<'d>(&'d self, schema: &'d Value, body: &Value) -> Result<Value, String> {
        let Some(members) = schema.get("anyOf").and_then(Value::as_array) else { return Ok(schema.clone()) };
        let types_of = |member: &Value| self.resolve(member).pointer("/properties/type/enum").cloned();
        let typed: Vec<_> = members.iter().filter_map(|member| Some((types_of(member)?, member))).collect();
        if typed.len() != members.len() {
            return Ok(schema.clone());
        }
        let named = typed.iter().find(|(types, _)| types.as_array().is_some_and(|types| types.contains(&body["type"])));
        named.map(|(_, member)| (*member).clone()).ok_or_else(|| "request body /type: not one of the types".to_owned())
    }

    /// Follows a reference.
    pub fn resolve<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str().and_then(|path| path.strip_prefix("#/components")) {
            Some(pointer) => self.components.pointer(pointer).expect("the document's references lead somewhere"),
            None => value,
        }
    }

    fn judge(&self, name: &str, what: &str, schema: &Value, body: &Value) -> Vec<String> {
        let validator = self.validator(schema);
        let mut complaints = Vec::new();
        for error in validator.iter_errors(body) {
            explain(&error, &mut |place, rule| {
                let place = if place.is_empty() { String::new() } else { format!(" {place}") };
                complaints.push(format!("{name}: {what}{place}: {rule}"));
            });
        }
        complaints
    }

    /// Compiling takes tens of milliseconds, judging a fraction of one, so each schema is compiled once.
    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut known = self.validators.lock().expect("no test panics while it holds the validators");
        let entry = known.entry(schema.to_string());
        Arc::clone(entry.or_insert_with(|| {
            let mut whole = schema.clone();
            whole["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
            whole["components"] = self.components.clone();
            Arc::new(jsonschema::validator_for(&whole).expect("the document's schemas compile"))
        }))
    }
}

impl Route {
    fn new((template, described): (&String, &Value)) -> Self {
        let segment = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => Segment::Parameter(name.to_owned()),
            None => Segment::Literal(part.to_owned()),
        };
        Self {
            template: template.clone(),
            segments: template.trim_matches('/').split('/').map(segment).collect(),
            path_parameters: described["parameters"].as_array().cloned().unwrap_or_default(),
            operations: described.as_object().cloned().unwrap_or_default(),
        }
    }

    /// The values of the path's parameters, if the path is one of this route.
    fn matches(&self, path: &[&str]) -> Option<Vec<(&str, String)>> {
        if path.len() != self.segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (segment, part) in self.segments.iter().zip(path) {
            match segment {
                Segment::Literal(text) if text == part => {}
                Segment::Parameter(name) if !part.is_empty() => values.push((name.as_str(), (*part).to_owned())),
                _ => return None,
            }
        }
        Some(values)
    }
}

impl Segment {
    fn is_parameter(&self) -> bool {
        matches!(self, Self::Parameter(_))
    }
}

/// Tells of each rule broken; of a union, only the member that was most likely meant.
fn explain(error: &jsonschema::ValidationError<'_>, tell: &mut impl FnMut(&str, &str)) {
    let here = error.instance_path().as_str();
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) = error.kind() else {
        let rule = error.masked_with("the value").to_string();
        return tell(here, &rule);
    };
    let is_another_kind = |member: &&Vec<jsonschema::ValidationError<'_>>| {
        let of_type = format!("{here}/type");
        member.iter().any(|error| {
            let place = error.instance_path().as_str();
            place == of_type
                || (place == here
                    && matches!(error.kind(), ValidationErrorKind::Type { .. } | ValidationErrorKind::Constant { .. }))
        })
    };
    let meant = context.iter().min_by_key(|member| (is_another_kind(member), member.len()));
    match meant {
        Some(member) if !is_another_kind(&member) => member.iter().for_each(|error| explain(error, tell)),
        _ => tell(here, "the value is none of the kinds that may stand here"),
    }
}

/// A parameter's text as JSON; `1` and `0` are also read as booleans, which discord.py sends so.
fn readings_of(text: &str) -> Vec<Value> {
    let mut readings = vec![json!(text)];
    readings.extend(text.parse::<i64>().ok().map(Value::from));
    match text {
        "true" | "1" => readings.push(json!(true)),
        "false" | "0" => readings.push(json!(false)),
        _ => {}
    }
    readings
}

/// The document marks unions by `oneOf` although their members overlap; a union asks only that one member fits.
fn loosen_unions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(members) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), members);
            }
            fields.values_mut().for_each(loosen_unions);
        }
        Value::Array(list) => list.iter_mut().for_each(loosen_unions),
        _ => {}
    }
}

/// Discord takes whole numbers as text and the reverse; the document names one form only. Clients send the other for
/// permissions (text where it says integer) and for uploads and recipients (integer where it says text).
fn normalise_request(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match (key.as_str(), &*field) {
                    ("default_member_permissions" | "allow" | "deny", Value::String(text)) => {
                        if let Ok(number) = text.parse::<u64>() {
                            *field = json!(number);
                        }
                    }
                    ("recipient_id", Value::Number(number)) => *field = json!(number.to_string()),
                    ("attachments", Value::Array(_)) => field.as_array_mut().into_iter().flatten().for_each(|item| {
                        if let Some(index) = item.get("id").and_then(Value::as_u64) {
                            item["id"] = json!(index.to_string());
                        }
                    }),
                    _ => normalise_request(field),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(normalise_request),
        _ => {}
    }
}

/// The document types the codes of nested form errors as integers; Discord answers names such as `BASE_TYPE_REQUIRED`.
/// It also asks for a code in the answer of a rate limit, where Discord sends one only at times.
fn normalise_answer(value: &mut Value) {
    fn nested(value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(key, field)| match field.as_array_mut() {
                Some(list) if key == "_errors" => list.iter_mut().for_each(|error| {
                    if error["code"].is_string() {
                        error["code"] = json!(50035);
                    }
                }),
                _ => nested(field),
            }),
            Value::Array(list) => list.iter_mut().for_each(nested),
            _ => {}
        }
    }
    if value.get("retry_after").is_some() && value.get("code").is_none() {
        value["code"] = json!(0);
    }
    if let Some(errors) = value.get_mut("errors") {
        nested(errors);
    }
}

/// The document does not describe `payload_json`, so nothing in it ties an attachment to its file.
fn attachments_without_files(operation: &Operation<'_>, body: &Value, files: &[FileInfo]) -> Vec<String> {
    let message = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    let listed = message["attachments"].as_array().into_iter().flatten().enumerate();
    let is_edit = operation.name.starts_with("PATCH") || body["type"] == 7;
    let index_of = |item: &Value| item["id"].as_str().and_then(|id| id.parse::<u64>().ok());
    // Uploads are numbered 0 to 9; in an edit, other numbers name attachments that the message had before.
    let lacks_file = |index: u64| !files.iter().any(|file| file.index == index) && (!is_edit || index < 10);
    listed
        .filter(|(_, item)| index_of(item).is_some_and(lacks_file))
        .map(|(place, _)| format!("{}: request body /attachments/{place}/id: no such file was sent", operation.name))
        .collect()
}
