//! [`Post`]: our own plain description of one message, and [`Form`]: of one modal.
//!
//! The same description becomes a new message, a private reply or an update of an existing message; it waits in the outbox as
//! JSON; and [`Post::as_text`] prints it the way a person reads it, which is what the snapshots hold.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, RoleId, UserId};

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Discord Markdown; at most 2,000 characters.
    pub text: String,
    /// A framed part below the text, for facts that belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// At most five rows of controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// At most ten files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// Who is notified. Nobody, unless named here: a mention in the text alone never pings.
    #[serde(default, skip_serializing_if = "Mentions::is_nobody")]
    pub mentions: Mentions,
}

/// A framed part of a message (Discord calls it an embed).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// At most 256 characters.
    pub title: String,
    /// Discord Markdown; at most 4,096 characters.
    #[serde(default)]
    pub text: String,
    /// At most 25 named facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Small print; at most 2,048 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub footer: String,
}

/// A named fact in a [`Card`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// At most 256 characters.
    pub name: String,
    /// At most 1,024 characters, never empty.
    pub value: String,
}

/// One row of controls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    /// One to five buttons.
    Buttons(Vec<Button>),
    /// One select menu.
    Select(Select),
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// The `custom_id` that comes back when it is pressed, or the address when `style` is [`Style::Link`].
    pub id: String,
    /// In words; at most 80 characters.
    pub label: String,
    /// What kind of choice it is.
    pub style: Style,
    /// Shown greyed out and not pressable when `false`.
    pub enabled: bool,
}

/// What kind of choice a button is. Never the only carrier of meaning: the label says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// The expected next step.
    Primary,
    /// One of several equal choices.
    Secondary,
    /// Completes something.
    Success,
    /// Takes something away.
    Danger,
    /// Opens an address; cxbot hears nothing of it.
    Link,
}

/// A select menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Select {
    /// The `custom_id` that comes back with the picked values.
    pub id: String,
    /// What can be picked.
    pub kind: SelectKind,
    /// Shown while nothing is picked; at most 150 characters.
    pub placeholder: String,
    /// Fewest picks, 0 to 25.
    pub min: u8,
    /// Most picks, 1 to 25.
    pub max: u8,
}

/// What a select menu offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelectKind {
    /// One to 25 options of our own.
    Options(Vec<SelectOption>),
    /// People of the server; these are picked already.
    Users(Vec<UserId>),
    /// Roles of the server; these are picked already.
    Roles(Vec<RoleId>),
    /// Text channels of the server; these are picked already.
    Channels(Vec<ChannelId>),
}

/// One option of a select menu.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectOption {
    /// At most 100 characters.
    pub label: String,
    /// What comes back when it is picked; at most 100 characters.
    pub value: String,
    /// A second line; at most 100 characters.
    #[serde(default)]
    pub description: String,
    /// Whether it is picked already.
    #[serde(default)]
    pub picked: bool,
}

/// A file that comes with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// File name with its ending.
    pub name: String,
    /// What a person who cannot see it should know; at most 1,024 characters.
    pub alt: String,
    /// The content.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
}

/// Who a message notifies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// People to notify.
    #[serde(default)]
    pub users: Vec<UserId>,
    /// Roles to notify.
    #[serde(default)]
    pub roles: Vec<RoleId>,
}

impl Mentions {
    /// Whether the message notifies nobody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.users.is_empty() && self.roles.is_empty()
    }
}

/// A modal: a form of one to five text inputs. Choices are taken by buttons and selects, never here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The `custom_id` that comes back with the answers.
    pub id: String,
    /// At most 45 characters.
    pub title: String,
    /// One to five inputs.
    pub inputs: Vec<Input>,
}

/// One text input of a [`Form`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Names the answer when it comes back.
    pub id: String,
    /// At most 45 characters.
    pub label: String,
    /// Several lines when `true`.
    pub long: bool,
    /// Whether it may be left empty.
    pub required: bool,
    /// Fewest characters.
    pub min_chars: u16,
    /// Most characters, 1 to 4,000.
    pub max_chars: u16,
    /// A hint inside the empty input; at most 100 characters.
    pub placeholder: String,
    /// Text already in the input.
    pub value: String,
}

impl Post {
    /// A message of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Adds a framed part.
    #[must_use]
    pub fn with_card(mut self, card: Card) -> Self {
        self.card = Some(card);
        self
    }

    /// Adds a row of buttons.
    #[must_use]
    pub fn with_buttons(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        self.rows.push(Row::Buttons(buttons.into_iter().collect()));
        self
    }

    /// Adds a select menu in a row of its own.
    #[must_use]
    pub fn with_select(mut self, select: Select) -> Self {
        self.rows.push(Row::Select(select));
        self
    }

    /// Adds a file with the words for people who cannot see it.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, alt: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.files.push(File { name: name.into(), alt: alt.into(), bytes });
        self
    }

    /// The message as a person reads it, controls in brackets. Snapshots hold this.
    #[must_use]
    pub fn as_text(&self) -> String {
        let mut lines = Vec::new();
        if !self.text.is_empty() {
            lines.push(self.text.clone());
        }
        if let Some(card) = &self.card {
            lines.push(format!("┌ {}", card.title));
            lines.extend(card.text.lines().map(|line| format!("│ {line}").trim_end().to_owned()));
            for field in &card.fields {
                lines.push(format!("│ {}: {}", field.name, field.value.replace('\n', "\n│   ")));
            }
            lines.push(if card.footer.is_empty() { "└".into() } else { format!("└ {}", card.footer) });
        }
        lines.extend(self.rows.iter().map(Row::as_text));
        lines.extend(self.files.iter().map(|file| format!("📎 {} — {}", file.name, file.alt)));
        lines.join("\n")
    }
}

impl Row {
    fn as_text(&self) -> String {
        match self {
            Self::Buttons(buttons) => buttons
                .iter()
                .map(|button| match (button.style, button.enabled) {
                    (Style::Link, _) => format!("[ {} → {} ]", button.label, button.id),
                    (_, true) => format!("[ {} ]", button.label),
                    (_, false) => format!("[ {} (off) ]", button.label),
                })
                .collect::<Vec<_>>()
                .join(" "),
            Self::Select(select) => {
                let options = match &select.kind {
                    SelectKind::Options(options) => options
                        .iter()
                        .map(|option| format!("{}{}", if option.picked { "✓ " } else { "" }, option.label))
                        .collect::<Vec<_>>()
                        .join(" | "),
                    SelectKind::Users(_) => "people".into(),
                    SelectKind::Roles(_) => "roles".into(),
                    SelectKind::Channels(_) => "channels".into(),
                };
                format!("[ {} ▾ {options} ]", select.placeholder)
            }
        }
    }
}

impl Card {
    /// A framed part with this title and text.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), ..Self::default() }
    }

    /// Adds a named fact.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// Adds small print.
    #[must_use]
    pub fn with_footer(mut self, footer: impl Into<String>) -> Self {
        self.footer = footer.into();
        self
    }
}

impl Button {
    fn new(style: Style, id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), style, enabled: true }
    }

    /// The expected next step.
    pub fn primary(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Style::Primary, id, label)
    }

    /// One of several equal choices.
    pub fn secondary(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Style::Secondary, id, label)
    }

    /// Completes something.
    pub fn success(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Style::Success, id, label)
    }

    /// Takes something away.
    pub fn danger(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Style::Danger, id, label)
    }

    /// Opens an address.
    pub fn link(address: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(Style::Link, address, label)
    }

    /// The same button, greyed out.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }
}

impl Select {
    /// A menu of our own options from which exactly one is picked.
    pub fn one(
        id: impl Into<String>,
        placeholder: impl Into<String>,
        options: impl IntoIterator<Item = SelectOption>,
    ) -> Self {
        let kind = SelectKind::Options(options.into_iter().collect());
        Self { id: id.into(), kind, placeholder: placeholder.into(), min: 1, max: 1 }
    }
}

impl SelectOption {
    /// An option with this label that comes back as `value`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// Adds a second line.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

impl Form {
    /// A form with this title and these inputs.
    pub fn new(id: impl Into<String>, title: impl Into<String>, inputs: impl IntoIterator<Item = Input>) -> Self {
        Self { id: id.into(), title: title.into(), inputs: inputs.into_iter().collect() }
    }

    /// The form as a person reads it. Snapshots hold this.
    #[must_use]
    pub fn as_text(&self) -> String {
        let mut lines = vec![format!("╔ {}", self.title)];
        for input in &self.inputs {
            let need = if input.required { "" } else { " (optional)" };
            let inside = if input.value.is_empty() { &input.placeholder } else { &input.value };
            lines.push(format!("║ {}{need}: ____ {inside}", input.label).trim_end().to_owned());
        }
        lines.push("╚ [ Cancel ] [ Submit ]".into());
        lines.join("\n")
    }
}

impl Input {
    /// A required one-line input of at most `max_chars` characters.
    pub fn short(id: impl Into<String>, label: impl Into<String>, max_chars: u16) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            long: false,
            required: true,
            min_chars: 0,
            max_chars,
            placeholder: String::new(),
            value: String::new(),
        }
    }

    /// A required input of several lines, at most `max_chars` characters.
    pub fn long(id: impl Into<String>, label: impl Into<String>, max_chars: u16) -> Self {
        Self { long: true, ..Self::short(id, label, max_chars) }
    }

    /// May be left empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// Adds a hint inside the empty input.
    #[must_use]
    pub fn hint(mut self, placeholder: impl Into<String>) -> Self {
        self.placeholder = placeholder.into();
        self
    }

    /// Puts text into the input.
    #[must_use]
    pub fn filled(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }
}

mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Post {
        Post::text("**Pulse**: how was March?")
            .with_card(
                Card::new("Who is asked", "Everybody").with_field("Closes", "Friday").with_footer("Confidential"),
            )
            .with_buttons([
                Button::primary("v1:pulse:answer:7", "Answer"),
                Button::secondary("v1:pulse:why:7", "Why?").disabled(),
            ])
            .with_select(Select::one("v1:pulse:pick:7", "Pick one", [SelectOption::new("a", "First")]))
            .with_file("chart.png", "A line that rises from 70 to 75.", vec![0, 159, 255])
    }

    #[test]
    fn a_post_survives_waiting_as_json() {
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(serde_json::from_str::<Post>(&text).unwrap(), sample());
    }

    #[test]
    fn a_post_prints_as_a_person_reads_it() {
        insta::assert_snapshot!(sample().as_text(), @r"
        **Pulse**: how was March?
        ┌ Who is asked
        │ Everybody
        │ Closes: Friday
        └ Confidential
        [ Answer ] [ Why? (off) ]
        [ Pick one ▾ First ]
        📎 chart.png — A line that rises from 70 to 75.
        ");
    }
}
