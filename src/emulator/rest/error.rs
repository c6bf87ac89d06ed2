//! Discord's refusals: HTTP status, JSON code, words.

use serde_json::{Value, json};

use crate::emulator::rules::Violation;
use crate::emulator::world::{Lookup, TooMany};

/// A refused request.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub status: u16,
    pub body: Value,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: u32, message: &str) -> Self {
        Self { status, body: json!({"message": message, "code": code}) }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, 0, "401: Unauthorized")
    }

    pub(crate) fn missing_access() -> Self {
        Self::new(403, 50001, "Missing Access")
    }

    pub(crate) fn missing_permissions() -> Self {
        Self::new(403, 50013, "Missing Permissions")
    }

    pub(crate) fn unknown_channel() -> Self {
        Self::new(404, 10003, "Unknown Channel")
    }

    pub(crate) fn unknown_guild() -> Self {
        Self::new(404, 10004, "Unknown Guild")
    }

    pub(crate) fn unknown_message() -> Self {
        Self::new(404, 10008, "Unknown Message")
    }

    pub(crate) fn wrong_channel_type() -> Self {
        Self::new(400, 50024, "Cannot execute action on this channel type")
    }

    /// One field of the body or path is wrong.
    pub(crate) fn form(path: &[&str], code: &str, message: &str) -> Self {
        let mut nested = json!({"_errors": [{"code": code, "message": message}]});
        for step in path.iter().rev() {
            nested = json!({ *step: nested });
        }
        Self { status: 400, body: json!({"message": "Invalid Form Body", "code": 50035, "errors": nested}) }
    }
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Form(errors) => Self { status: 400, body: errors.into_body() },
            Violation::Code { status, code, message } => Self::new(status, code, message),
        }
    }
}

impl From<TooMany> for ApiError {
    fn from(too_many: TooMany) -> Self {
        match too_many {
            TooMany::CreatedToday => {
                Self::new(400, 30034, "Max number of daily application command creates has been reached (200)")
            }
            TooMany::OfThisType(most) => {
                Self::new(400, 30032, &format!("Maximum number of application commands reached ({most})"))
            }
        }
    }
}

impl From<Lookup> for ApiError {
    fn from(lookup: Lookup) -> Self {
        match lookup {
            Lookup::Unknown => Self::new(404, 10015, "Unknown Webhook"),
            Lookup::AlreadyAnswered => Self::new(400, 40060, "Interaction has already been acknowledged."),
            Lookup::Expired => Self::new(401, 50027, "Invalid Webhook Token"),
            Lookup::UnknownMessage => Self::unknown_message(),
        }
    }
}
