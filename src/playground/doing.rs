//! What a person does on the page, carried out in the emulated server.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;

use super::Desk;
use crate::emulator::{Id, Outcome, Refused};

/// A deferred answer may take this long before the page stops waiting; the message still appears when it comes.
const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// What the page calls the conversation with the bot instead of a channel's id.
pub(super) const DIRECT: &str = "direct";

/// What a person does on the page.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Doing {
    #[serde(rename = "as")]
    pub(super) me: Id,
    #[serde(default)]
    pub(super) channel: String,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub(super) enum What {
    Run {
        command: String,
        #[serde(default)]
        options: Map<String, Value>,
    },
    Autocomplete {
        command: String,
        focused: String,
        #[serde(default)]
        options: Map<String, Value>,
    },
    Context {
        command: String,
        target: Id,
    },
    Press {
        message: Id,
        custom_id: String,
    },
    Select {
        message: Id,
        custom_id: String,
        values: Vec<String>,
    },
    Submit {
        interaction: Id,
        values: Map<String, Value>,
    },
    Say {
        text: String,
    },
    Dismiss {
        message: Id,
    },
}

/// A bad day to switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    ServerError,
    RateLimit,
    Slow,
    LostAnswer,
    DropGateway,
    CloseDirectMessages,
    OpenDirectMessages,
    Clear,
}

impl Desk {
    /// Does it, and notes it for whoever saves a transcript. `None` when there is nothing to wait for.
    pub(super) async fn perform(&self, doing: Doing) -> Result<Option<Outcome>, Refused> {
        // Named while everything still is as the person saw it.
        let act = self.named(&doing);
        let Doing { me, channel, what } = doing;
        let person = self.emulator.person(me);
        let channel = || self.channel_of(me, &channel);
        let mut asked = None;
        let interaction = match what {
            What::Run { command, options } => Some(person.run(channel(), &command, json!(options))?),
            What::Autocomplete { command, focused, options } => {
                let interaction = person.autocomplete(channel(), &command, &focused, json!(options))?;
                asked = Some((me, command, focused));
                Some(interaction)
            }
            What::Context { command, target } => Some(person.context_menu(channel(), &command, target)?),
            What::Press { message, custom_id } => Some(person.press(message, &custom_id)?),
            What::Select { message, custom_id, values } => {
                Some(person.select(message, &custom_id, &values.iter().map(String::as_str).collect::<Vec<_>>())?)
            }
            What::Submit { interaction, values } => Some(person.submit(interaction, json!(values))?),
            What::Say { text } => {
                person.says(channel(), &text)?;
                None
            }
            What::Dismiss { message } => {
                person.dismisses(message);
                None
            }
        };
        if let Some(act) = act {
            self.acts.note(act);
        }
        let Some(interaction) = interaction else { return Ok(None) };
        let outcome = self.emulator.settled(interaction, LONGEST_ANSWER).await;
        if let (Some((me, command, option)), Outcome::Choices(choices)) = (asked, &outcome) {
            self.acts.offered(me, &command, &option, choices);
        }
        Ok(Some(outcome))
    }

    /// The channel that the page means: its id, or the conversation with the bot.
    pub(super) fn channel_of(&self, me: Id, channel: &str) -> Id {
        match channel {
            DIRECT => self.emulator.person(me).opens_direct_messages(),
            other => other.parse().unwrap_or_else(|_| self.first_channel(me)),
        }
    }
}
