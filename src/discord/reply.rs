//! What we answer to an interaction.

use std::fmt;

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::post::{Form, Post};

/// The answer to one interaction. Exactly one is sent, within three seconds.
pub enum Reply {
    /// A message that only the person sees. The ordinary answer.
    Say(Post),
    /// A message that everybody in the channel sees.
    Show(Post),
    /// Replaces the message that the control stands on. For a form opened by a command: as [`Reply::Say`].
    Update(Post),
    /// Opens a form. Not possible as the answer to a form.
    Ask(Form),
    /// Suggestions for the option being typed; at most 25 are shown.
    Suggest(Vec<Choice>),
    /// Acknowledges a press and changes nothing.
    Nothing,
    /// "Thinking …" now, the message when the work is done (charts, imports). Only the person sees it unless `visible`.
    Later {
        /// Whether everybody in the channel sees it.
        visible: bool,
        /// The work; a refusal or fault in it is told in place of the message.
        work: BoxFuture<'static, Result<Post>>,
    },
}

/// A suggestion for an option being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the person sees; at most 100 characters.
    pub label: String,
    /// What comes back as the option's value; at most 100 characters.
    pub value: String,
}

impl Choice {
    /// A suggestion shown as `label` that fills in `value`.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

impl Reply {
    /// A private answer of text alone.
    pub fn say(text: impl Into<String>) -> Self {
        Self::Say(Post::text(text))
    }
}

impl fmt::Debug for Reply {
    /// Names the kind only: replies can hold what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Say(_) => "Say",
            Self::Show(_) => "Show",
            Self::Update(_) => "Update",
            Self::Ask(_) => "Ask",
            Self::Suggest(_) => "Suggest",
            Self::Nothing => "Nothing",
            Self::Later { .. } => "Later",
        })
    }
}
