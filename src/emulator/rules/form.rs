//! Collects what is wrong with a body and where, in the nested form that Discord answers.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Violation;

/// The fields of one JSON object.
pub(super) type Fields = Map<String, Value>;

/// Faults found in a request body, each with the path of the field it concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors(Vec<FormError>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct FormError {
    path: String,
    code: String,
    message: String,
}

impl FormErrors {
    /// Starts with no fault.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a fault at `path`, whose segments are separated by dots (`embeds.0.title`); an empty path means the body itself.
    pub fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        self.0.push(FormError { path: path.to_owned(), code: code.to_owned(), message: message.into() });
    }

    /// Whether the body was sound.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The body of Discord's answer: code 50035 with every fault nested under the fields of its path. Discord's description lets a field
    /// hold either faults of its own or those further inside, so what is wrong inside is told first.
    pub fn into_body(self) -> Value {
        let mut root = Node::default();
        for error in self.0 {
            let mut node = &mut root;
            for segment in error.path.split('.').filter(|segment| !segment.is_empty()) {
                node = node.below.entry(segment.to_owned()).or_default();
            }
            node.own.push(json!({ "code": error.code, "message": error.message }));
        }
        json!({ "code": 50035, "message": "Invalid Form Body", "errors": root.into_value() })
    }
}

/// The faults of one field, and of what is inside it.
#[derive(Default)]
struct Node {
    own: Vec<Value>,
    below: BTreeMap<String, Node>,
}

impl Node {
    fn into_value(self) -> Value {
        if self.below.is_empty() {
            json!({ "_errors": self.own })
        } else {
            Value::Object(self.below.into_iter().map(|(name, node)| (name, node.into_value())).collect())
        }
    }
}

/// Whether a field may be left out. Discord treats `null` as left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Required,
    Optional,
}

/// A list's items, or none where the field is absent, null or of another type.
pub(super) fn items<'v>(fields: &'v Fields, key: &str) -> &'v [Value] {
    fields.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field's value, unless it is absent or null.
pub(super) fn given<'v>(fields: &'v Fields, key: &str) -> Option<&'v Value> {
    fields.get(key).filter(|value| !value.is_null())
}

/// A field's integer, which Discord also takes as text or as a whole-numbered float.
pub(super) fn integer_of(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the guard leaves only whole numbers that an i64 holds")]
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15).map(|float| float as i64)
        }),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Walks a body, remembering the path, and writes down each broken rule.
#[derive(Debug, Default)]
pub(super) struct Checker {
    path: Vec<String>,
    errors: FormErrors,
}

impl Checker {
    /// Turns what was found into an answer.
    pub fn finish(self) -> Result<(), Violation> {
        if self.errors.is_empty() { Ok(()) } else { Err(Violation::Form(self.errors)) }
    }

    /// Runs `check` one level deeper.
    pub fn within<T>(&mut self, segment: &(impl ToString + ?Sized), check: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment.to_string());
        let result = check(self);
        self.path.pop();
        result
    }

    /// Records a fault at the current path.
    pub fn fail(&mut self, code: &str, message: impl Into<String>) {
        self.errors.add(&self.path.join("."), code, message);
    }

    /// Records a fault at a field of the current object.
    pub fn fail_at(&mut self, key: &(impl ToString + ?Sized), code: &str, message: impl Into<String>) {
        self.within(key, |checker| checker.fail(code, message));
    }

    fn missing(&mut self) {
        self.fail("BASE_TYPE_REQUIRED", "This field is required");
    }

    /// The value as an object, or a fault.
    pub fn model<'v>(&mut self, value: &'v Value) -> Option<&'v Fields> {
        let fields = value.as_object();
        if fields.is_none() {
            self.fail("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        }
        fields
    }

    /// Takes a field that is given, noting the fault where a required one is not, and checks it at its own path.
    fn field<'v, T>(
        &mut self,
        fields: &'v Fields,
        key: &str,
        need: Need,
        check: impl FnOnce(&mut Self, &'v Value) -> Option<T>,
    ) -> Option<T> {
        self.within(key, |checker| {
            let Some(value) = given(fields, key) else {
                if need == Need::Required {
                    checker.missing();
                }
                return None;
            };
            check(checker, value)
        })
    }

    /// A field that holds an object, checked one level deeper.
    pub fn object<'v>(
        &mut self,
        fields: &'v Fields,
        key: &str,
        need: Need,
        check: impl FnOnce(&mut Self, &'v Fields),
    ) -> Option<&'v Fields> {
        self.field(fields, key, need, |checker, value| {
            let inner = checker.model(value)?;
            check(checker, inner);
            Some(inner)
        })
    }

    /// A field that holds a list; each item is checked at its index.
    pub fn list<'v>(
        &mut self,
        fields: &'v Fields,
        key: &str,
        need: Need,
        length: RangeInclusive<usize>,
        mut check: impl FnMut(&mut Self, usize, &'v Value),
    ) -> Option<&'v [Value]> {
        self.field(fields, key, need, |checker, value| {
            let Some(list) = value.as_array() else {
                checker.fail("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
                return None;
            };
            checker.length(list.len(), &length);
            for (index, item) in list.iter().enumerate() {
                checker.within(&index, |checker| check(checker, index, item));
            }
            Some(list.as_slice())
        })
    }

    /// A field that holds text, its length counted in characters.
    pub fn text<'v>(
        &mut self,
        fields: &'v Fields,
        key: &str,
        need: Need,
        length: RangeInclusive<usize>,
    ) -> Option<&'v str> {
        self.field(fields, key, need, |checker, value| {
            let text = checker.as_text(value)?;
            if need == Need::Required && *length.start() > 0 && text.trim().is_empty() {
                checker.missing();
            } else {
                checker.length(text.chars().count(), &length);
            }
            Some(text)
        })
    }

    /// The value as text, or a fault.
    pub fn as_text<'v>(&mut self, value: &'v Value) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.fail("STRING_TYPE_CONVERT", format!("Could not interpret \"{value}\" as string."));
        }
        text
    }

    /// Notes a length out of bounds at the current path.
    pub fn length(&mut self, length: usize, bounds: &RangeInclusive<usize>) {
        if bounds.contains(&length) {
            return;
        }
        let (low, high) = (bounds.start(), bounds.end());
        if *low == 0 {
            self.fail("BASE_TYPE_MAX_LENGTH", format!("Must be {high} or fewer in length."));
        } else {
            self.fail("BASE_TYPE_BAD_LENGTH", format!("Must be between {low} and {high} in length."));
        }
    }

    /// A field that holds an integer within `bounds`.
    pub fn integer(&mut self, fields: &Fields, key: &str, need: Need, bounds: RangeInclusive<i64>) -> Option<i64> {
        self.field(fields, key, need, |checker, value| checker.as_integer(value, &bounds))
    }

    /// The value as an integer within `bounds`, or a fault.
    pub fn as_integer(&mut self, value: &Value, bounds: &RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = integer_of(value) else {
            self.fail("NUMBER_TYPE_COERCE", format!("Value {value} is not int."));
            return None;
        };
        if number > *bounds.end() {
            self.fail("NUMBER_TYPE_MAX", format!("int value should be less than or equal to {}.", bounds.end()));
        } else if number < *bounds.start() {
            self.fail("NUMBER_TYPE_MIN", format!("int value should be greater than or equal to {}.", bounds.start()));
        }
        Some(number)
    }

    /// A field that holds one of a few integers; anything else is a fault and yields nothing.
    pub fn choice(&mut self, fields: &Fields, key: &str, need: Need, choices: &[i64]) -> Option<i64> {
        self.field(fields, key, need, |checker, value| checker.as_choice(value, choices))
    }

    /// The value as one of a few integers, or a fault.
    pub fn as_choice(&mut self, value: &Value, choices: &[i64]) -> Option<i64> {
        let number = integer_of(value).filter(|number| choices.contains(number));
        if number.is_none() {
            self.fail("BASE_TYPE_CHOICES", format!("Value must be one of {{{}}}.", listed(choices)));
        }
        number
    }

    /// The `type` of one member of a union, at `type`; anything but `choices` is a fault and yields nothing.
    pub fn union_type(&mut self, fields: &Fields, choices: &[i64]) -> Option<i64> {
        self.field(fields, "type", Need::Required, |checker, value| {
            let number = integer_of(value).filter(|number| choices.contains(number));
            if number.is_none() {
                // Discord prints a Python tuple here, and a tuple of one ends in a comma.
                let comma = if choices.len() == 1 { "," } else { "" };
                let listed = listed(choices);
                checker
                    .fail("UNION_TYPE_CHOICES", format!("Value of field \"type\" must be one of ({listed}{comma})."));
            }
            number
        })
    }

    /// A field that holds true or false.
    pub fn boolean(&mut self, fields: &Fields, key: &str) -> Option<bool> {
        self.field(fields, key, Need::Optional, |checker, value| {
            let flag = value.as_bool();
            if flag.is_none() {
                checker.fail("BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
            }
            flag
        })
    }

    /// A field that holds an id.
    pub fn snowflake(&mut self, fields: &Fields, key: &str, need: Need) -> Option<u64> {
        self.field(fields, key, need, Self::as_snowflake)
    }

    /// The value as an id (text or number), or a fault.
    pub fn as_snowflake(&mut self, value: &Value) -> Option<u64> {
        let id = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        if id.is_none() {
            self.fail("NUMBER_TYPE_COERCE", format!("Value {value} is not snowflake."));
        }
        id
    }

    /// A field that holds an address; `schemes` are those allowed before `://`.
    pub fn url<'v>(
        &mut self,
        fields: &'v Fields,
        key: &str,
        need: Need,
        limit: usize,
        schemes: &[&str],
    ) -> Option<&'v str> {
        let url = self.text(fields, key, need, 0..=limit)?;
        self.within(key, |checker| match url.split_once("://") {
            Some((scheme, rest)) if !rest.is_empty() => {
                if !schemes.contains(&scheme) {
                    let allowed = schemes.iter().map(|scheme| format!("'{scheme}'")).collect::<Vec<_>>().join(", ");
                    checker.fail(
                        "URL_TYPE_INVALID_SCHEME",
                        format!("Scheme \"{scheme}\" is not supported. Scheme must be one of ({allowed})."),
                    );
                }
            }
            _ => checker.fail("URL_TYPE_INVALID_URL", "Not a well formed URL."),
        });
        Some(url)
    }
}

fn listed(choices: &[i64]) -> String {
    choices.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_nested_as_discord_nests_them() {
        let mut errors = FormErrors::new();
        assert!(errors.is_empty());
        errors.add("embeds.0.description", "BASE_TYPE_MAX_LENGTH", "Must be 4096 or fewer in length.");
        errors.add("embeds.0.description", "B", "second");
        errors.add("", "C", "whole body");
        assert!(!errors.is_empty());
        assert_eq!(
            errors.into_body(),
            json!({ "code": 50035, "message": "Invalid Form Body", "errors": {
                "embeds": { "0": { "description": { "_errors": [
                    { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 4096 or fewer in length." },
                    { "code": "B", "message": "second" },
                ] } } },
            } })
        );
        let mut whole = FormErrors::new();
        whole.add("", "C", "whole body");
        let told = json!({ "_errors": [{ "code": "C", "message": "whole body" }] });
        assert_eq!(whole.into_body()["errors"], told);
        // A field may be called anything.
        let mut odd = FormErrors::new();
        odd.add("_errors._errors", "D", "odd");
        assert_eq!(odd.into_body()["errors"]["_errors"]["_errors"]["_errors"][0]["code"], "D");
    }

    #[test]
    fn integers_may_come_as_text_or_as_whole_floats() {
        for (value, expected) in
            [(json!(7), Some(7)), (json!("7"), Some(7)), (json!(7.0), Some(7)), (json!(7.5), None), (json!(true), None)]
        {
            assert_eq!(integer_of(&value), expected, "{value}");
        }
    }
}
