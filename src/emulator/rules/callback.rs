//! Answers to interactions: which kind may follow which interaction, and what each kind holds.

use serde_json::Value;

use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given,
};
use super::message::{Place, message, not_empty};
use super::{FileInfo, InteractionKind, Violation, components};

const EPHEMERAL: i64 = 1 << 6;
/// Integers that every client can hold exactly.
const SAFE_INTEGER: i64 = 1 << 53;

/// The callback types that Discord takes for an interaction.
fn allowed_types(kind: InteractionKind) -> &'static [i64] {
    match kind {
        InteractionKind::Command => &[4, 5, 9, 12],
        InteractionKind::Component => &[4, 5, 6, 7, 9, 12],
        InteractionKind::Autocomplete => &[8],
        // A modal that a command opened has no message to update, yet Discord takes the bare acknowledgement.
        InteractionKind::Modal { from_component: false } => &[4, 5, 6, 12],
        InteractionKind::Modal { from_component: true } => &[4, 5, 6, 7, 12],
    }
}

pub(super) fn callback(kind: InteractionKind, body: &Value, files: &[FileInfo]) -> Result<(), Violation> {
    let mut checker = Checker::default();
    let Some(fields) = checker.model(body) else { return checker.finish() };
    let Some(answer) = checker.choice(fields, "type", Required, allowed_types(kind)) else { return checker.finish() };
    let data = given(fields, "data");
    match (answer, data) {
        (4 | 7, Some(data)) => {
            let place = if answer == 4 { Place::Webhook } else { Place::Edit };
            checker.within("data", |checker| message(checker, data, files, place))?;
            checker.finish()?;
            return data.as_object().map_or(Ok(()), |fields| not_empty(fields, files, place));
        }
        (4, None) => return not_empty(&Fields::new(), files, Place::Webhook),
        (5, Some(data)) => checker.within("data", |checker| {
            if let Some(fields) = checker.model(data) {
                checker.choice(fields, "flags", Optional, &[0, EPHEMERAL]);
            }
        }),
        (8, _) => {
            checker.object(fields, "data", Required, suggestions);
        }
        (9, _) => {
            checker.object(fields, "data", Required, components::modal);
        }
        _ => {}
    }
    checker.finish()
}

fn suggestions(checker: &mut Checker, data: &Fields) {
    checker.list(data, "choices", Optional, 0..=25, |checker, _, value| {
        let Some(choice) = checker.model(value) else { return };
        checker.text(choice, "name", Required, 1..=100);
        match given(choice, "value") {
            Some(Value::Number(number)) if number.is_f64() => {}
            Some(Value::Number(_)) => {
                checker.integer(choice, "value", Required, -SAFE_INTEGER..=SAFE_INTEGER);
            }
            _ => {
                checker.text(choice, "value", Required, 1..=100);
            }
        }
    });
}
