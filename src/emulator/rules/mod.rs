//! Placeholder for Discord's validation rules.

use serde_json::{Value, json};

/// Nested errors of one request body.
#[derive(Debug, Default)]
pub struct FormErrors(Vec<(String, String, String)>);

impl FormErrors {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one error at a dotted path.
    pub fn add(&mut self, path: &str, code: &str, message: &str) {
        self.0.push((path.to_owned(), code.to_owned(), message.to_owned()));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Discord's body.
    pub fn into_body(self) -> Value {
        let mut errors = json!({});
        for (path, code, message) in self.0 {
            let mut at = &mut errors;
            for step in path.split('.') {
                at = &mut at[step];
            }
            at["_errors"] = json!([{"code": code, "message": message}]);
        }
        json!({"code": 50035, "message": "Invalid Form Body", "errors": errors})
    }
}

/// One uploaded file.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// The n of `files[n]`.
    pub index: u64,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// Why a request is refused.
#[derive(Debug)]
pub enum Violation {
    /// Fields are wrong.
    Form(FormErrors),
    /// Another error.
    Code {
        /// HTTP status.
        status: u16,
        /// Discord's code.
        code: u32,
        /// Discord's words.
        message: &'static str,
    },
}

/// What is being answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionKind {
    /// A command.
    Command,
    /// A button or select.
    Component,
    /// Autocomplete.
    Autocomplete,
    /// A form.
    Modal {
        /// Opened by a control on a message.
        from_component: bool,
    },
}

macro_rules! accept {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {
        $(
            /// Accepts everything.
            pub fn $name($($argument: $kind),*) -> Result<(), Violation> {
                $(let _ = $argument;)*
                Ok(())
            }
        )*
    };
}

accept! {
    message_create(body: &Value, files: &[FileInfo]);
    message_edit(body: &Value, files: &[FileInfo]);
    followup(body: &Value, files: &[FileInfo]);
    callback(kind: InteractionKind, body: &Value, files: &[FileInfo]);
    command(body: &Value, guild_scope: bool);
    command_list(body: &Value);
    channel_patch(body: &Value);
    thread_create(body: &Value);
    modal(data: &Value);
}
