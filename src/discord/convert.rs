//! serenity's interactions as [`Incoming`]. Moves out of them what it can: this runs on every press.

use std::collections::BTreeMap;

use serenity::model::application::{
    ActionRow, ActionRowComponent, CommandDataOption, CommandDataOptionValue, CommandInteraction,
    ComponentInteractionDataKind, Interaction,
};
use serenity::model::guild::Member;
use serenity::model::permissions::Permissions;
use serenity::model::user::User;

use super::{Act, Call, Control, Incoming, Person, Typed};
use crate::ids::{ChannelId, GuildId, InteractionId, MessageId, RoleId, UserId};

/// Where the answer to one interaction goes.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) id: InteractionId,
    pub(super) token: String,
    pub(super) application: u64,
    pub(super) kind: Kind,
}

/// What was done, as far as it decides which answers are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Typing,
    /// A press or a pick; there is a message to update.
    Press,
    /// A form opened from a message; there is a message to update.
    FormOnMessage,
    /// A form opened by a command.
    FormAlone,
}

/// Why an interaction is not taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    /// A ping, or an act that cxbot does not know.
    Unknown,
    /// It names nobody: serenity gives the user id 1 to an interaction without a person.
    Nobody,
}

impl Kind {
    /// Whether there is a message to update.
    pub(super) fn is_on_message(self) -> bool {
        matches!(self, Self::Press | Self::FormOnMessage)
    }

    /// For the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Typing => "typing",
            Self::Press => "press",
            Self::FormOnMessage | Self::FormAlone => "form",
        }
    }
}

/// Takes an interaction apart.
pub(super) fn take_apart(interaction: Interaction) -> Result<(Incoming, Door), Dropped> {
    match interaction {
        Interaction::Command(command) => Ok(from_command(command, Kind::Command)?),
        Interaction::Autocomplete(command) => Ok(from_command(command, Kind::Typing)?),
        Interaction::Component(component) => {
            let person = person(component.member.as_ref(), &component.user)?;
            let picked = match component.data.kind {
                ComponentInteractionDataKind::Button => Vec::new(),
                ComponentInteractionDataKind::StringSelect { values } => values,
                ComponentInteractionDataKind::UserSelect { values } => texts(&values),
                ComponentInteractionDataKind::RoleSelect { values } => texts(&values),
                ComponentInteractionDataKind::MentionableSelect { values } => texts(&values),
                ComponentInteractionDataKind::ChannelSelect { values } => texts(&values),
                ComponentInteractionDataKind::Unknown(_) => return Err(Dropped::Unknown),
            };
            let control = Control {
                id: component.data.custom_id,
                picked,
                written: BTreeMap::new(),
                message: Some(MessageId(component.message.id.get())),
            };
            let id = InteractionId(component.id.get());
            let door =
                Door { id, token: component.token, application: component.application_id.get(), kind: Kind::Press };
            let incoming = Incoming {
                id,
                person,
                guild: component.guild_id.map(|guild| GuildId(guild.get())),
                channel: ChannelId(component.channel_id.get()),
                locale: component.locale,
                act: Act::Control(control),
            };
            Ok((incoming, door))
        }
        Interaction::Modal(form) => {
            let person = person(form.member.as_ref(), &form.user)?;
            let message = form.message.as_ref().map(|message| MessageId(message.id.get()));
            let control = Control {
                id: form.data.custom_id,
                picked: Vec::new(),
                written: written(form.data.components),
                message,
            };
            let id = InteractionId(form.id.get());
            let kind = if message.is_some() { Kind::FormOnMessage } else { Kind::FormAlone };
            let door = Door { id, token: form.token, application: form.application_id.get(), kind };
            let incoming = Incoming {
                id,
                person,
                guild: form.guild_id.map(|guild| GuildId(guild.get())),
                channel: ChannelId(form.channel_id.get()),
                locale: form.locale,
                act: Act::Control(control),
            };
            Ok((incoming, door))
        }
        _ => Err(Dropped::Unknown),
    }
}

fn from_command(command: CommandInteraction, kind: Kind) -> Result<(Incoming, Door), Dropped> {
    let person = person(command.member.as_deref(), &command.user)?;
    let mut path = command.data.name.clone();
    let options = innermost(&command.data.options, &mut path);
    let act = if kind == Kind::Typing {
        Act::Typing(typed(path, options))
    } else {
        Act::Command(Call { path, data: command.data })
    };
    let id = InteractionId(command.id.get());
    let door = Door { id, token: command.token, application: command.application_id.get(), kind };
    let incoming = Incoming {
        id,
        person,
        guild: command.guild_id.map(|guild| GuildId(guild.get())),
        channel: ChannelId(command.channel_id.get()),
        locale: command.locale,
        act,
    };
    Ok((incoming, door))
}

/// Follows group and subcommand, adding them to `path`, to the options that hold values.
fn innermost<'o>(mut options: &'o [CommandDataOption], path: &mut String) -> &'o [CommandDataOption] {
    while let [CommandDataOption { name, value, .. }] = options
        && let CommandDataOptionValue::SubCommand(inner) | CommandDataOptionValue::SubCommandGroup(inner) = value
    {
        path.push(' ');
        path.push_str(name);
        options = inner;
    }
    options
}

fn typed(path: String, options: &[CommandDataOption]) -> Typed {
    let mut typed = Typed { path, option: String::new(), text: String::new(), others: BTreeMap::new() };
    for option in options {
        if let CommandDataOptionValue::Autocomplete { value, .. } = &option.value {
            typed.option.clone_from(&option.name);
            typed.text.clone_from(value);
        } else if let Some(text) = as_text(&option.value) {
            typed.others.insert(option.name.clone(), text);
        }
    }
    typed
}

fn as_text(value: &CommandDataOptionValue) -> Option<String> {
    Some(match value {
        CommandDataOptionValue::Boolean(value) => value.to_string(),
        CommandDataOptionValue::Integer(value) => value.to_string(),
        CommandDataOptionValue::Number(value) => value.to_string(),
        CommandDataOptionValue::String(value) => value.clone(),
        CommandDataOptionValue::Attachment(id) => id.to_string(),
        CommandDataOptionValue::Channel(id) => id.to_string(),
        CommandDataOptionValue::Mentionable(id) => id.to_string(),
        CommandDataOptionValue::Role(id) => id.to_string(),
        CommandDataOptionValue::User(id) => id.to_string(),
        _ => return None,
    })
}

fn person(member: Option<&Member>, user: &User) -> Result<Person, Dropped> {
    if user.id.get() == 1 {
        return Err(Dropped::Nobody);
    }
    let name = member.map_or_else(|| user.display_name(), Member::display_name).to_owned();
    let permissions = member.and_then(|member| member.permissions).unwrap_or_else(Permissions::empty);
    Ok(Person {
        user: UserId(user.id.get()),
        name,
        roles: member.into_iter().flat_map(|member| &member.roles).map(|role| RoleId(role.get())).collect(),
        manages_server: permissions.intersects(Permissions::ADMINISTRATOR | Permissions::MANAGE_GUILD),
    })
}

fn written(rows: Vec<ActionRow>) -> BTreeMap<String, String> {
    rows.into_iter()
        .flat_map(|row| row.components)
        .filter_map(|component| match component {
            ActionRowComponent::InputText(input) => Some((input.custom_id, input.value.unwrap_or_default())),
            _ => None,
        })
        .collect()
}

fn texts<I: ToString>(ids: &[I]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn user() -> Value {
        json!({"id": "7", "username": "ana", "global_name": "Ana", "discriminator": "0", "avatar": null})
    }

    #[expect(clippy::needless_pass_by_value, reason = "reads better in the tests below")]
    fn interaction(kind: u8, data: Value) -> Value {
        json!({
            "id": "100", "application_id": "50", "type": kind, "token": "secret-token", "version": 1,
            "guild_id": "1", "channel_id": "2", "locale": "en-US", "entitlements": [], "attachment_size_limit": 1_000_000,
            "member": {
                "user": user(), "nick": "Ana (Claims)", "roles": ["31", "32"], "permissions": "32", "flags": 0,
                "deaf": false, "mute": false, "joined_at": "2026-01-01T00:00:00Z"
            },
            "data": data
        })
    }

    fn message() -> Value {
        json!({
            "id": "900", "channel_id": "2", "author": user(), "content": "", "timestamp": "2026-01-01T00:00:00Z",
            "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
            "attachments": [], "embeds": [], "pinned": false, "type": 0
        })
    }

    fn parsed(value: Value) -> Interaction {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_command_has_its_whole_path_and_person() {
        let data = json!({"id": "5", "name": "pulse", "type": 1, "options": [
            {"name": "schedule", "type": 2, "options": [
                {"name": "add", "type": 1, "options": [{"name": "question", "type": 3, "value": "How?"}]}
            ]}
        ]});
        let (incoming, door) = take_apart(parsed(interaction(2, data))).unwrap();
        let Act::Command(call) = &incoming.act else { panic!("{incoming:?}") };
        assert_eq!(call.path, "pulse schedule add");
        assert_eq!((incoming.guild, incoming.channel), (Some(GuildId(1)), ChannelId(2)));
        assert_eq!(incoming.person.name, "Ana (Claims)");
        assert_eq!(incoming.person.roles, [RoleId(31), RoleId(32)]);
        assert!(incoming.person.manages_server);
        assert_eq!((door.kind, door.application, door.token.as_str()), (Kind::Command, 50, "secret-token"));
    }

    #[test]
    fn an_option_being_typed_comes_with_the_others() {
        let data = json!({"id": "5", "name": "lesson", "type": 1, "options": [{"name": "post", "type": 1, "options": [
            {"name": "series", "type": 3, "value": "basics"},
            {"name": "lesson", "type": 3, "value": "pla", "focused": true}
        ]}]});
        let (incoming, door) = take_apart(parsed(interaction(4, data))).unwrap();
        let Act::Typing(typed) = incoming.act else { panic!("not typing") };
        assert_eq!((typed.path.as_str(), typed.option.as_str(), typed.text.as_str()), ("lesson post", "lesson", "pla"));
        assert_eq!(typed.others["series"], "basics");
        assert_eq!(door.kind, Kind::Typing);
    }

    #[test]
    fn a_press_a_pick_and_a_form_are_controls() {
        let mut press = interaction(3, json!({"custom_id": "v1:a:b", "component_type": 2}));
        press["message"] = message();
        let (incoming, door) = take_apart(parsed(press)).unwrap();
        let Act::Control(control) = incoming.act else { panic!("not a control") };
        assert_eq!((control.id.as_str(), control.message), ("v1:a:b", Some(MessageId(900))));
        assert_eq!(door.kind, Kind::Press);

        let mut pick = interaction(3, json!({"custom_id": "v1:a:c", "component_type": 6, "values": ["31"]}));
        pick["message"] = message();
        let Act::Control(control) = take_apart(parsed(pick)).unwrap().0.act else { panic!("not a control") };
        assert_eq!(control.picked, ["31"]);

        let rows = json!([{"type": 1, "components": [{"type": 4, "custom_id": "why", "value": "Because"}]}]);
        let form = interaction(5, json!({"custom_id": "v1:a:d", "components": rows}));
        let (incoming, door) = take_apart(parsed(form)).unwrap();
        let Act::Control(control) = incoming.act else { panic!("not a control") };
        assert_eq!(control.written["why"], "Because");
        assert_eq!((control.message, door.kind), (None, Kind::FormAlone));
    }

    #[test]
    fn an_interaction_of_nobody_is_dropped() {
        let mut press = interaction(3, json!({"custom_id": "v1:a:b", "component_type": 2}));
        press["message"] = message();
        press.as_object_mut().unwrap().remove("member");
        assert_eq!(take_apart(parsed(press)).map(|_| ()).unwrap_err(), Dropped::Nobody);
    }
}
