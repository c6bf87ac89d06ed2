//! What people see: plain data for a page, for tests and for transcripts.

mod look;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::id::Id;
use super::transcript;

pub(crate) use look::{
    acknowledged, channels, commands, guilds, members, message_for, message_ids, messages, modal, outcome, roles, sees,
    settled,
};

/// What became of an interaction.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", content = "detail", rename_all = "snake_case")]
pub enum Outcome {
    /// The bot answered with a message (perhaps still "thinking": `loading`).
    Message(Box<MessageView>),
    /// The bot changed the message whose control was used.
    Updated(Box<MessageView>),
    /// The bot showed a form.
    Modal(ModalView),
    /// The bot suggested these values.
    Choices(Vec<Choice>),
    /// The bot took note without anything to see yet.
    Acknowledged,
    /// Nobody answered in time; the text is what Discord shows.
    Failed(String),
}

/// One suggestion of an autocomplete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// What the person reads.
    pub name: String,
    /// What is sent: a string or a number.
    pub value: Value,
}

/// An id with the name that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedView {
    /// Whose.
    pub id: Id,
    /// What people read.
    pub name: String,
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorView {
    /// Who.
    pub id: Id,
    /// Nickname in this guild, or display name.
    pub name: String,
    /// Whether it is a bot.
    pub bot: bool,
    /// The colour of their highest coloured role as 0xRRGGBB; 0: none.
    pub colour: u32,
}

/// A file on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// Which attachment.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Where to fetch it.
    pub url: String,
    /// Its media type.
    pub content_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// What it shows, for those who cannot see it.
    pub alt_text: Option<String>,
    /// Whether it is shown inside an embed rather than below the message.
    pub in_embed: bool,
}

/// The command or control that made a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedView {
    /// Who used it.
    pub user_id: Id,
    /// Their name.
    pub user_name: String,
    /// The full name of the command, if it was one.
    pub command: Option<String>,
}

/// The thread that hangs on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThreadView {
    /// Which channel it is.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// How many messages are in it.
    pub message_count: u64,
}

/// One message as one person sees it.
#[derive(Clone, Debug, Serialize)]
pub struct MessageView {
    /// Which message.
    pub id: Id,
    /// Where.
    pub channel_id: Id,
    /// Who wrote it.
    pub author: AuthorView,
    /// Its text, with mentions as written.
    pub content: String,
    /// Embeds in Discord's shape.
    pub embeds: Vec<Value>,
    /// Controls (and, in newer messages, everything else) in Discord's shape.
    pub components: Vec<Value>,
    /// Its files.
    pub files: Vec<FileView>,
    /// When it was posted, by the world's clock.
    pub posted_at: DateTime<Utc>,
    /// When it was last changed.
    pub edited_at: Option<DateTime<Utc>>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether the bot is still "thinking".
    pub loading: bool,
    /// The only person who sees it.
    pub only_for: Option<NamedView>,
    /// Discord's message type.
    pub kind: u8,
    /// What made it.
    pub used: Option<UsedView>,
    /// The message that it answers.
    pub replies_to: Option<Id>,
    /// The thread on it.
    pub thread: Option<ThreadView>,
    /// What each mention in it reads as: `<@1003>` → `Ana`.
    pub names: BTreeMap<String, String>,
    /// Whether it notifies the viewer.
    pub mentions_viewer: bool,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ButtonView {
    /// What it reads.
    pub label: String,
    /// What the bot receives.
    pub custom_id: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// Discord's style: 1 primary, 2 secondary, 3 success, 4 danger, 5 link.
    pub style: u64,
    /// Whether it cannot be pressed.
    pub disabled: bool,
}

/// A select menu.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SelectView {
    /// What the bot receives.
    pub custom_id: String,
    /// Discord's component type: 3 text, 5 people, 6 roles, 7 people and roles, 8 channels.
    pub kind: u64,
    /// What it reads while nothing is chosen.
    pub placeholder: Option<String>,
    /// How many at least.
    pub min_values: u64,
    /// How many at most.
    pub max_values: u64,
    /// `label`, `value`, `description`, `default` of each option of a text select.
    pub options: Vec<Value>,
    /// Whether it cannot be used.
    pub disabled: bool,
}

/// A form.
#[derive(Clone, Debug, Serialize)]
pub struct ModalView {
    /// The interaction that it answers; needed to submit it.
    pub interaction_id: Id,
    /// What the bot receives.
    pub custom_id: String,
    /// Its heading.
    pub title: String,
    /// Its parts in Discord's shape.
    pub components: Vec<Value>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldView {
    /// What the bot receives.
    pub custom_id: String,
    /// What it asks for.
    pub label: String,
    /// A longer explanation.
    pub description: Option<String>,
    /// Discord's component type: 4 text, 3 and 5 to 8 selects, 19 files, 21 to 23 radio buttons and checkboxes.
    pub kind: u64,
    /// Whether it must be filled.
    pub required: bool,
    /// Whether it has several lines.
    pub paragraph: bool,
    /// What stands in it at first.
    pub value: Option<String>,
    /// The grey hint.
    pub placeholder: Option<String>,
    /// Characters or values at least.
    pub min: u64,
    /// Characters or values at most.
    pub max: u64,
    /// The options to choose from.
    pub options: Vec<Value>,
}

/// A guild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuildView {
    /// Which guild.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// The first letters of its name, as Discord shows them instead of a picture.
    pub icon_letters: String,
}

/// A channel, category or thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelView {
    /// Which channel.
    pub id: Id,
    /// Its name; for direct messages, the bot's.
    pub name: String,
    /// Discord's channel type.
    pub kind: u8,
    /// What it is for.
    pub topic: Option<String>,
    /// The category or channel it stands under.
    pub parent_id: Option<Id>,
    /// Whether the viewer may post.
    pub can_send: bool,
    /// Whether it is an archived thread.
    pub archived: bool,
    /// Its latest message.
    pub last_message_id: Option<Id>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleView {
    /// Which role.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// 0xRRGGBB; 0: none.
    pub colour: u32,
}

/// Somebody in a guild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberView {
    /// Who.
    pub user_id: Id,
    /// Nickname, or display name.
    pub name: String,
    /// Their nickname.
    pub nick: Option<String>,
    /// Their roles.
    pub roles: Vec<RoleView>,
    /// Whether it is a bot.
    pub bot: bool,
}

/// A command, or one subcommand of it.
#[derive(Clone, Debug, Serialize)]
pub struct CommandView {
    /// Which registered command.
    pub id: Id,
    /// The command's own name.
    pub name: String,
    /// The full name with subcommands: what [`Person::run`](super::Person::run) takes.
    pub path: String,
    /// `slash`, `user` or `message`.
    pub kind: &'static str,
    /// What it does.
    pub description: String,
    /// Its options in Discord's shape.
    pub options: Vec<Value>,
}

impl Outcome {
    /// The message that was posted or changed.
    pub fn message(&self) -> Option<&MessageView> {
        match self {
            Self::Message(message) | Self::Updated(message) => Some(message),
            _ => None,
        }
    }

    /// The form that was shown.
    pub fn modal(&self) -> Option<&ModalView> {
        match self {
            Self::Modal(modal) => Some(modal),
            _ => None,
        }
    }

    /// The suggestions.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::Choices(choices) => choices,
            _ => &[],
        }
    }

    /// As readable text.
    pub fn as_text(&self) -> String {
        transcript::of_outcome(self)
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

/// Every component of a tree, in reading order.
pub(crate) fn flattened(components: &[Value]) -> Vec<&Value> {
    let mut all = Vec::new();
    for component in components {
        all.push(component);
        for key in ["components", "component", "accessory"] {
            match &component[key] {
                Value::Array(children) => all.extend(flattened(children)),
                child @ Value::Object(_) => all.extend(flattened(std::slice::from_ref(child))),
                _ => {}
            }
        }
    }
    all
}

impl MessageView {
    /// As readable text.
    pub fn as_text(&self) -> String {
        transcript::of_message(self)
    }

    /// Its buttons in reading order.
    pub fn buttons(&self) -> Vec<ButtonView> {
        let buttons = flattened(&self.components).into_iter().filter(|each| each["type"].as_u64() == Some(2));
        buttons
            .map(|button| ButtonView {
                label: text(button, "label").or_else(|| text(&button["emoji"], "name")).unwrap_or_default(),
                custom_id: text(button, "custom_id"),
                url: text(button, "url"),
                style: button["style"].as_u64().unwrap_or(2),
                disabled: button["disabled"].as_bool().unwrap_or(false),
            })
            .collect()
    }

    /// Its select menus in reading order.
    pub fn selects(&self) -> Vec<SelectView> {
        let is_select = |each: &&Value| matches!(each["type"].as_u64(), Some(3 | 5..=8));
        flattened(&self.components).into_iter().filter(is_select).map(select).collect()
    }
}

pub(crate) fn select(component: &Value) -> SelectView {
    SelectView {
        custom_id: text(component, "custom_id").unwrap_or_default(),
        kind: component["type"].as_u64().unwrap_or(3),
        placeholder: text(component, "placeholder"),
        min_values: component["min_values"].as_u64().unwrap_or(1),
        max_values: component["max_values"].as_u64().unwrap_or(1),
        options: component["options"].as_array().cloned().unwrap_or_default(),
        disabled: component["disabled"].as_bool().unwrap_or(false),
    }
}

impl ModalView {
    /// As readable text.
    pub fn as_text(&self) -> String {
        transcript::of_modal(self)
    }

    /// Its fields in reading order.
    pub fn fields(&self) -> Vec<FieldView> {
        let mut fields = Vec::new();
        for part in &self.components {
            match part["type"].as_u64() {
                Some(1) => {
                    let inputs = part["components"].as_array().into_iter().flatten();
                    fields.extend(inputs.map(|input| field(input, text(input, "label"), None)));
                }
                Some(18) => fields.push(field(&part["component"], text(part, "label"), text(part, "description"))),
                _ => {}
            }
        }
        fields
    }
}

fn field(input: &Value, label: Option<String>, description: Option<String>) -> FieldView {
    let kind = input["type"].as_u64().unwrap_or(4);
    let is_text = kind == 4;
    let (low, high) = if is_text { ("min_length", "max_length") } else { ("min_values", "max_values") };
    let most = match kind {
        4 => 4_000,
        22 => input["options"].as_array().map_or(1, Vec::len) as u64,
        _ => 1,
    };
    FieldView {
        custom_id: text(input, "custom_id").unwrap_or_default(),
        label: label.unwrap_or_default(),
        description,
        kind,
        required: input["required"].as_bool().unwrap_or(true),
        paragraph: is_text && input["style"].as_u64() == Some(2),
        value: text(input, "value"),
        placeholder: text(input, "placeholder"),
        min: input[low].as_u64().unwrap_or(u64::from(!is_text)),
        max: input[high].as_u64().unwrap_or(most),
        options: input["options"].as_array().cloned().unwrap_or_default(),
    }
}
