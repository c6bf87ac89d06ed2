//! [`Post`] and [`Form`] in Discord's JSON. Borrows from them: this runs on every press.
//!
//! Mentions are closed unless the post names somebody. Every part of a message is always written, empty or not, so that an update
//! replaces all of what stood there. serenity's builders are not used here: they cannot number several files outside serenity's own
//! requests, and they copy every text.

use serde::Serialize;

use crate::post::{Button, Card, Field, Form, Input, Mentions, Post, Row, Select, SelectKind, Style};

const EPHEMERAL: u32 = 1 << 6;
/// Text and announcement channels.
const TEXT_CHANNELS: &[u8] = &[0, 5];
/// Discord shows at most 25 suggestions.
pub(super) const MOST_CHOICES: usize = 25;

/// A message as Discord takes it.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    content: &'a str,
    embeds: Vec<Embed<'a>>,
    components: Vec<ActionRow<'a>>,
    attachments: Vec<Attachment<'a>>,
    allowed_mentions: AllowedMentions,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Embed<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "<[Field]>::is_empty")]
    fields: &'a [Field],
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<Footer<'a>>,
}

#[derive(Debug, Serialize)]
struct Footer<'a> {
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct ActionRow<'a> {
    r#type: u8,
    components: Vec<Component<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Component<'a> {
    Button(ButtonBody<'a>),
    Select(SelectBody<'a>),
    Input(InputBody<'a>),
}

#[derive(Debug, Serialize)]
struct ButtonBody<'a> {
    r#type: u8,
    style: u8,
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    disabled: bool,
}

#[derive(Debug, Serialize)]
struct SelectBody<'a> {
    r#type: u8,
    custom_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    placeholder: &'a str,
    min_values: u8,
    max_values: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<OptionBody<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    default_values: Vec<DefaultValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_types: Option<&'static [u8]>,
}

#[derive(Debug, Serialize)]
struct OptionBody<'a> {
    label: &'a str,
    value: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
}

#[derive(Debug, Serialize)]
struct DefaultValue {
    id: String,
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct InputBody<'a> {
    r#type: u8,
    custom_id: &'a str,
    style: u8,
    label: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    min_length: u16,
    max_length: u16,
    required: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    placeholder: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'a str,
}

#[derive(Debug, Serialize)]
struct Attachment<'a> {
    id: usize,
    filename: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
}

#[derive(Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
}

/// A modal as Discord takes it.
#[derive(Debug, Serialize)]
pub(super) struct Modal<'a> {
    custom_id: &'a str,
    title: &'a str,
    components: Vec<ActionRow<'a>>,
}

/// The answer to an interaction as Discord takes it.
#[derive(Debug, Serialize)]
pub(super) struct Callback<D> {
    pub(super) r#type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<D>,
}

/// The only thing a deferred answer may say.
#[derive(Debug, Serialize)]
pub(super) struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u32>,
}

/// Suggestions for an option being typed.
#[derive(Debug, Serialize)]
pub(super) struct Choices<'a> {
    pub(super) choices: Vec<ChoiceBody<'a>>,
}

/// One suggestion.
#[derive(Debug, Serialize)]
pub(super) struct ChoiceBody<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// A message for a channel, an edit of one, or (with `only_for_them`) a private answer.
#[must_use]
pub fn message(post: &Post) -> Message<'_> {
    Message {
        content: &post.text,
        embeds: post.card.iter().map(embed).collect(),
        components: post.rows.iter().map(action_row).collect(),
        attachments: post
            .files
            .iter()
            .enumerate()
            .map(|(id, file)| Attachment { id, filename: &file.name, description: &file.alt })
            .collect(),
        allowed_mentions: allowed_mentions(&post.mentions),
        flags: None,
        nonce: None,
        enforce_nonce: None,
    }
}

impl<'a> Message<'a> {
    /// Only the person who acted sees it. For answers to interactions only.
    #[must_use]
    pub fn only_for_them(mut self, only: bool) -> Self {
        self.flags = only.then_some(EPHEMERAL);
        self
    }

    /// Lets Discord recognise a repeated send for some minutes, and answer with the message it has. At most 25 characters.
    #[must_use]
    pub fn once(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce);
        self.enforce_nonce = Some(true);
        self
    }
}

/// The modal for a form.
pub(super) fn modal(form: &Form) -> Modal<'_> {
    let components =
        form.inputs.iter().map(|one| ActionRow { r#type: 1, components: vec![Component::Input(input(one))] }).collect();
    Modal { custom_id: &form.id, title: &form.title, components }
}

/// What a deferred answer says about who will see it.
pub(super) fn visibility(only_for_them: bool) -> Flags {
    Flags { flags: only_for_them.then_some(EPHEMERAL) }
}

fn embed(card: &Card) -> Embed<'_> {
    Embed {
        title: &card.title,
        description: &card.text,
        fields: &card.fields,
        footer: (!card.footer.is_empty()).then_some(Footer { text: &card.footer }),
    }
}

fn action_row(row: &Row) -> ActionRow<'_> {
    let components = match row {
        Row::Buttons(buttons) => buttons.iter().map(|one| Component::Button(button(one))).collect(),
        Row::Select(one) => vec![Component::Select(select(one))],
    };
    ActionRow { r#type: 1, components }
}

fn button(button: &Button) -> ButtonBody<'_> {
    let style = match button.style {
        Style::Primary => 1,
        Style::Secondary => 2,
        Style::Success => 3,
        Style::Danger => 4,
        Style::Link => 5,
    };
    let is_link = button.style == Style::Link;
    ButtonBody {
        r#type: 2,
        style,
        label: &button.label,
        custom_id: (!is_link).then_some(&button.id),
        url: is_link.then_some(&button.id),
        disabled: !button.enabled,
    }
}

fn select(select: &Select) -> SelectBody<'_> {
    let mut body = SelectBody {
        r#type: 3,
        custom_id: &select.id,
        placeholder: &select.placeholder,
        min_values: select.min,
        max_values: select.max,
        options: None,
        default_values: Vec::new(),
        channel_types: None,
    };
    match &select.kind {
        SelectKind::Options(options) => {
            body.options = Some(
                options
                    .iter()
                    .map(|option| OptionBody {
                        label: &option.label,
                        value: &option.value,
                        description: &option.description,
                        default: option.picked,
                    })
                    .collect(),
            );
        }
        SelectKind::Users(picked) => {
            body.r#type = 5;
            body.default_values = picked.iter().map(|id| DefaultValue { id: id.to_string(), r#type: "user" }).collect();
        }
        SelectKind::Roles(picked) => {
            body.r#type = 6;
            body.default_values = picked.iter().map(|id| DefaultValue { id: id.to_string(), r#type: "role" }).collect();
        }
        SelectKind::Channels(picked) => {
            body.r#type = 8;
            body.default_values =
                picked.iter().map(|id| DefaultValue { id: id.to_string(), r#type: "channel" }).collect();
            body.channel_types = Some(TEXT_CHANNELS);
        }
    }
    body
}

fn input(input: &Input) -> InputBody<'_> {
    InputBody {
        r#type: 4,
        custom_id: &input.id,
        style: if input.long { 2 } else { 1 },
        label: &input.label,
        min_length: input.min_chars,
        max_length: input.max_chars,
        required: input.required,
        placeholder: &input.placeholder,
        value: &input.value,
    }
}

fn allowed_mentions(mentions: &Mentions) -> AllowedMentions {
    AllowedMentions {
        parse: [],
        users: mentions.users.iter().map(ToString::to_string).collect(),
        roles: mentions.roles.iter().map(ToString::to_string).collect(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u16) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;
    use crate::ids::{RoleId, UserId};
    use crate::post::SelectOption;

    #[test]
    fn a_text_mentions_nobody_and_replaces_everything() {
        assert_eq!(
            to_value(message(&Post::text("@everyone, <@7>!"))).unwrap(),
            json!({
                "content": "@everyone, <@7>!", "embeds": [], "components": [], "attachments": [],
                "allowed_mentions": {"parse": []}
            })
        );
    }

    #[test]
    fn a_full_post_has_every_part() {
        let mut post = Post::text("Hello <@7>")
            .with_card(Card::new("Facts", "About us").with_field("Closes", "Friday").with_footer("Small print"))
            .with_buttons([
                Button::primary("v1:a:b:1", "Go"),
                Button::danger("v1:a:c", "Stop").disabled(),
                Button::link("https://example.gov", "Read"),
            ])
            .with_select(Select::one(
                "v1:a:d",
                "Pick",
                [
                    SelectOption::new("x", "X").described("the first"),
                    SelectOption { picked: true, ..SelectOption::new("y", "Y") },
                ],
            ))
            .with_select(Select { kind: SelectKind::Roles(vec![RoleId(9)]), ..Select::one("v1:a:e", "", []) })
            .with_select(Select { kind: SelectKind::Channels(vec![]), min: 0, ..Select::one("v1:a:f", "", []) })
            .with_file("a.png", "A line", vec![1])
            .with_file("b.csv", "A table", vec![2]);
        post.mentions.users.push(UserId(7));
        assert_eq!(
            to_value(message(&post).only_for_them(true).once("abc1")).unwrap(),
            json!({
                "content": "Hello <@7>",
                "embeds": [{
                    "title": "Facts", "description": "About us",
                    "fields": [{"name": "Closes", "value": "Friday"}], "footer": {"text": "Small print"}
                }],
                "components": [
                    {"type": 1, "components": [
                        {"type": 2, "style": 1, "label": "Go", "custom_id": "v1:a:b:1", "disabled": false},
                        {"type": 2, "style": 4, "label": "Stop", "custom_id": "v1:a:c", "disabled": true},
                        {"type": 2, "style": 5, "label": "Read", "url": "https://example.gov", "disabled": false}
                    ]},
                    {"type": 1, "components": [{
                        "type": 3, "custom_id": "v1:a:d", "placeholder": "Pick", "min_values": 1, "max_values": 1,
                        "options": [
                            {"label": "X", "value": "x", "description": "the first"},
                            {"label": "Y", "value": "y", "default": true}
                        ]
                    }]},
                    {"type": 1, "components": [{
                        "type": 6, "custom_id": "v1:a:e", "min_values": 1, "max_values": 1,
                        "default_values": [{"id": "9", "type": "role"}]
                    }]},
                    {"type": 1, "components": [{
                        "type": 8, "custom_id": "v1:a:f", "min_values": 0, "max_values": 1, "channel_types": [0, 5]
                    }]}
                ],
                "attachments": [
                    {"id": 0, "filename": "a.png", "description": "A line"},
                    {"id": 1, "filename": "b.csv", "description": "A table"}
                ],
                "allowed_mentions": {"parse": [], "users": ["7"]},
                "flags": 64, "nonce": "abc1", "enforce_nonce": true
            })
        );
    }

    #[test]
    fn a_form_is_text_inputs_in_rows() {
        let form = Form::new(
            "v1:a:send:1",
            "Nominate",
            [
                Input::long("why", "Why?", 1000).hint("In your words"),
                Input::short("link", "Link", 200).optional().filled("x"),
            ],
        );
        assert_eq!(
            to_value(modal(&form)).unwrap(),
            json!({
                "custom_id": "v1:a:send:1", "title": "Nominate",
                "components": [
                    {"type": 1, "components": [{
                        "type": 4, "custom_id": "why", "style": 2, "label": "Why?", "max_length": 1000, "required": true,
                        "placeholder": "In your words"
                    }]},
                    {"type": 1, "components": [{
                        "type": 4, "custom_id": "link", "style": 1, "label": "Link", "max_length": 200, "required": false,
                        "value": "x"
                    }]}
                ]
            })
        );
    }
}
