//! The human side: what people in the server do. Everything returns as soon as it is done or on its way to the bot.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::hub::Hub;
use super::id::Id;
use super::options::{self, Completeness, Place, Resolved};
use super::permissions::{SEND_MESSAGES, SEND_MESSAGES_IN_THREADS};
use super::view;
use super::world::{Draft, NewInteraction, Reference, World, command_kind, interaction_kind};

/// What Discord's own client does not let a person do, in its words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{reason}")]
pub struct Refused {
    /// What the person reads.
    pub reason: String,
}

impl Refused {
    pub(crate) fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned() }
    }
}

/// Somebody who acts in the world. Clones are the same person.
#[derive(Clone)]
pub struct Person {
    hub: Arc<Hub>,
    user_id: Id,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Person").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A command with the subcommands that a path names.
struct Chosen {
    id: Id,
    name: String,
    guild_id: Option<Id>,
    /// Names and types of group and subcommand.
    below: Vec<(String, u64)>,
    definitions: Vec<Value>,
}

impl Chosen {
    /// Finds what `path` ("pulse open") means for this person in this channel.
    fn find(world: &World, place: Place, path: &str) -> Result<Self, Refused> {
        let mut words = path.trim().trim_start_matches('/').split_whitespace();
        let name = words.next().unwrap_or_default();
        let usable = world.usable_commands(place.channel_id, place.user_id);
        let found = usable.into_iter().find(|each| each.kind == command_kind::SLASH && each.name == name);
        let command = found.ok_or_else(|| Refused::new(&format!("There is no command /{name} here for you.")))?;
        let list = |value: &Value| value["options"].as_array().cloned().unwrap_or_default();
        let mut chosen = Self {
            id: command.id,
            name: command.name.clone(),
            guild_id: command.guild_id,
            below: Vec::new(),
            definitions: list(&command.definition),
        };
        for word in words {
            let step = chosen
                .definitions
                .iter()
                .find(|each| each["name"].as_str() == Some(word) && matches!(each["type"].as_u64(), Some(1 | 2)))
                .cloned()
                .ok_or_else(|| Refused::new(&format!("/{path}: there is no subcommand \"{word}\".")))?;
            chosen.below.push((word.to_owned(), step["type"].as_u64().unwrap_or(1)));
            chosen.definitions = list(&step);
        }
        if chosen.definitions.iter().any(|each| matches!(each["type"].as_u64(), Some(1 | 2))) {
            return Err(Refused::new(&format!("/{path} needs a subcommand.")));
        }
        Ok(chosen)
    }

    fn full_name(&self) -> String {
        self.below.iter().fold(self.name.clone(), |full, (name, _)| format!("{full} {name}"))
    }

    /// The interaction's data, with the options inside their subcommands.
    fn data(&self, options: Vec<Value>, resolved: Resolved) -> Value {
        let nested = self
            .below
            .iter()
            .rev()
            .fold(options, |inner, (name, kind)| vec![json!({"name": name, "type": kind, "options": inner})]);
        let mut data = json!({"id": self.id, "name": self.name, "type": command_kind::SLASH});
        if !nested.is_empty() {
            data["options"] = json!(nested);
        }
        if let Some(guild_id) = self.guild_id {
            data["guild_id"] = json!(guild_id);
        }
        if let Some(resolved) = resolved.into_value() {
            data["resolved"] = resolved;
        }
        data
    }
}

fn fields_of(value: Value) -> Result<Map<String, Value>, Refused> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null => Ok(Map::new()),
        _ => Err(Refused::new("Options are given by name.")),
    }
}

impl Person {
    pub(crate) fn new(hub: Arc<Hub>, user_id: Id) -> Self {
        Self { hub, user_id }
    }

    /// Who it is.
    pub fn id(&self) -> Id {
        self.user_id
    }

    fn place(&self, world: &World, channel_id: Id) -> Result<Place, Refused> {
        if !world.can_see(channel_id, self.user_id) {
            return Err(Refused::new("You do not have access to this channel."));
        }
        let guild_id = world.channels.get(&channel_id).and_then(|channel| channel.guild_id);
        Ok(Place { guild_id, channel_id, user_id: self.user_id })
    }

    fn command(&self, channel_id: Id, kind: u8, data: Value, command: String, command_kind: u8) -> NewInteraction {
        NewInteraction {
            kind,
            user_id: self.user_id,
            channel_id,
            data,
            source_message_id: None,
            command: Some(command),
            command_kind,
            target_user_id: None,
            target_message_id: None,
            opened_by: None,
        }
    }

    /// Runs a slash command: `path` is its full name ("pulse open"), `options` an object of values by name.
    ///
    /// Users, roles, mentionables and channels are given by id; a file as `{"name", "text"}` or `{"name", "base64"}`.
    /// Returns the interaction; refused when Discord's client would not send it.
    pub fn run(&self, channel_id: Id, path: &str, options: Value) -> Result<Id, Refused> {
        let given = fields_of(options)?;
        self.hub.change(|world| {
            let place = self.place(world, channel_id)?;
            let chosen = Chosen::find(world, place, path)?;
            let mut resolved = Resolved::default();
            let options = options::read(world, place, &chosen.definitions, &given, Completeness::Whole, &mut resolved)?;
            let data = chosen.data(options, resolved);
            let new =
                self.command(channel_id, interaction_kind::COMMAND, data, chosen.full_name(), command_kind::SLASH);
            Ok(world.open_interaction(new, Instant::now()))
        })
    }

    /// Types into the option `focused` of a command and asks for suggestions; `options` holds what is filled in so far.
    pub fn autocomplete(&self, channel_id: Id, path: &str, focused: &str, options: Value) -> Result<Id, Refused> {
        let given = fields_of(options)?;
        self.hub.change(|world| {
            let place = self.place(world, channel_id)?;
            let chosen = Chosen::find(world, place, path)?;
            let definition = chosen.definitions.iter().find(|each| each["name"].as_str() == Some(focused));
            if definition.is_none_or(|each| each["autocomplete"].as_bool() != Some(true)) {
                return Err(Refused::new(&format!("The option \"{focused}\" makes no suggestions.")));
            }
            let mut resolved = Resolved::default();
            let typing = Completeness::Typing(focused);
            let options = options::read(world, place, &chosen.definitions, &given, typing, &mut resolved)?;
            let data = chosen.data(options, resolved);
            let kind = interaction_kind::AUTOCOMPLETE;
            let new = self.command(channel_id, kind, data, chosen.full_name(), command_kind::SLASH);
            Ok(world.open_interaction(new, Instant::now()))
        })
    }

    /// Uses a command of the context menu on a user or a message.
    pub fn context_menu(&self, channel_id: Id, name: &str, target: Id) -> Result<Id, Refused> {
        self.hub.change(|world| {
            let place = self.place(world, channel_id)?;
            let on_user = world.users.contains_key(&target);
            let kind = if on_user { command_kind::USER } else { command_kind::MESSAGE };
            let usable = world.usable_commands(channel_id, self.user_id);
            let found = usable.into_iter().find(|each| each.kind == kind && each.name == name);
            let command = found.ok_or_else(|| Refused::new(&format!("There is no \"{name}\" here for you.")))?;
            let mut data = json!({"id": command.id, "name": command.name, "type": kind, "target_id": target});
            if let Some(guild_id) = command.guild_id {
                data["guild_id"] = json!(guild_id);
            }
            let mut resolved = Resolved::default();
            if on_user {
                resolved.add_user(world, place, target);
            } else {
                let message = world.messages.get(&target);
                let visible =
                    message.is_some_and(|of| of.channel_id == channel_id && view::sees(world, of, self.user_id));
                if !visible || !resolved.add_message(world, target) {
                    return Err(Refused::new("That message is not in this channel."));
                }
            }
            data["resolved"] = resolved.into_value().unwrap_or_default();
            let mut new = self.command(channel_id, interaction_kind::COMMAND, data, name.to_owned(), kind);
            if on_user {
                new.target_user_id = Some(target);
            } else {
                new.target_message_id = Some(target);
            }
            Ok(world.open_interaction(new, Instant::now()))
        })
    }

    /// Presses the button with this custom id.
    pub fn press(&self, message_id: Id, custom_id: &str) -> Result<Id, Refused> {
        self.use_component(message_id, &|each| each["custom_id"].as_str() == Some(custom_id), None)
    }

    /// Presses the button that reads so.
    pub fn press_label(&self, message_id: Id, label: &str) -> Result<Id, Refused> {
        let fits = |each: &Value| each["type"].as_u64() == Some(2) && each["label"].as_str() == Some(label);
        self.use_component(message_id, &fits, None)
    }

    /// Chooses values in the select menu with this custom id; people, roles and channels by id.
    pub fn select(&self, message_id: Id, custom_id: &str, values: &[&str]) -> Result<Id, Refused> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        self.use_component(message_id, &|each| each["custom_id"].as_str() == Some(custom_id), Some(&values))
    }

    fn use_component(
        &self,
        message_id: Id,
        fits: &dyn Fn(&Value) -> bool,
        values: Option<&[String]>,
    ) -> Result<Id, Refused> {
        self.hub.change(|world| {
            let message = world.messages.get(&message_id).filter(|of| view::sees(world, of, self.user_id));
            let message = message.ok_or_else(|| Refused::new("You do not see such a message."))?;
            let place = self.place(world, message.channel_id)?;
            let found = view::flattened(&message.components).into_iter().find(|each| fits(each));
            let component = found.ok_or_else(|| Refused::new("There is no such control on this message."))?;
            let kind = component["type"].as_u64().unwrap_or(2);
            if component["disabled"].as_bool() == Some(true) {
                return Err(Refused::new("This control is disabled."));
            }
            let Some(custom_id) = component["custom_id"].as_str() else {
                return Err(Refused::new("This button opens a web page."));
            };
            let mut data = json!({"custom_id": custom_id, "component_type": kind, "id": component["id"]});
            match (values, kind) {
                (None, 2) => {}
                (Some(values), 3 | 5..=8) => {
                    let mut resolved = Resolved::default();
                    options::chosen(world, place, &view::select(component), values, &mut resolved)?;
                    data["values"] = json!(values);
                    if let Some(resolved) = resolved.into_value() {
                        data["resolved"] = resolved;
                    }
                }
                (None, _) => return Err(Refused::new("This is a menu: choose an option.")),
                (Some(_), _) => return Err(Refused::new("This is a button: press it.")),
            }
            let new = NewInteraction {
                kind: interaction_kind::COMPONENT,
                user_id: self.user_id,
                channel_id: place.channel_id,
                data,
                source_message_id: Some(message_id),
                command: None,
                command_kind: 0,
                target_user_id: None,
                target_message_id: None,
                opened_by: None,
            };
            Ok(world.open_interaction(new, Instant::now()))
        })
    }

    /// Submits the form that `modal_interaction` was answered with; `values` by custom id: text, or a list for menus.
    pub fn submit(&self, modal_interaction: Id, values: Value) -> Result<Id, Refused> {
        let given = fields_of(values)?;
        self.hub.change(|world| {
            let form = world.forms.get(&modal_interaction).filter(|form| form.user_id == self.user_id).cloned();
            let form = form.ok_or_else(|| Refused::new("This form is not open any more."))?;
            let place = self.place(world, form.channel_id)?;
            let modal = view::modal(&form);
            let fields = modal.fields();
            if let Some(stranger) = given.keys().find(|key| !fields.iter().any(|field| field.custom_id == **key)) {
                return Err(Refused::new(&format!("This form has no field \"{stranger}\".")));
            }
            let mut resolved = Resolved::default();
            let mut filled = |component: &Value| -> Result<Value, Refused> {
                let custom_id = component["custom_id"].as_str().unwrap_or_default();
                let field = fields.iter().find(|field| field.custom_id == custom_id);
                let field = field.ok_or_else(|| Refused::new("This form cannot be filled in."))?;
                let (key, value) = options::field_value(world, place, field, given.get(custom_id), &mut resolved)?;
                let mut object = json!({"type": component["type"], "custom_id": custom_id, "id": component["id"]});
                object[key] = value;
                Ok(object)
            };
            let mut components = Vec::new();
            for part in super::wire::tidy::components(modal.components.clone()) {
                let mut object = json!({"type": part["type"], "id": part["id"]});
                match part["type"].as_u64() {
                    Some(1) => {
                        let inputs = part["components"].as_array().into_iter().flatten();
                        object["components"] = json!(inputs.map(&mut filled).collect::<Result<Vec<_>, _>>()?);
                    }
                    Some(18) => object["component"] = filled(&part["component"])?,
                    _ => {}
                }
                components.push(object);
            }
            let mut data = json!({"custom_id": modal.custom_id, "components": components});
            if let Some(resolved) = resolved.into_value() {
                data["resolved"] = resolved;
            }
            let new = NewInteraction {
                kind: interaction_kind::MODAL,
                user_id: self.user_id,
                channel_id: form.channel_id,
                data,
                source_message_id: form.source_message_id.filter(|id| world.messages.contains_key(id)),
                command: None,
                command_kind: 0,
                target_user_id: None,
                target_message_id: None,
                opened_by: Some(form.opened_by),
            };
            Ok(world.open_interaction(new, Instant::now()))
        })
    }

    /// Posts a message.
    pub fn says(&self, channel_id: Id, text: &str) -> Result<Id, Refused> {
        self.post(channel_id, text, None)
    }

    /// Answers a message.
    pub fn replies(&self, message_id: Id, text: &str) -> Result<Id, Refused> {
        let channel_id = self.hub.read(|world| world.messages.get(&message_id).map(|message| message.channel_id));
        let channel_id = channel_id.ok_or_else(|| Refused::new("That message is gone."))?;
        self.post(channel_id, text, Some(message_id))
    }

    fn post(&self, channel_id: Id, text: &str, replies_to: Option<Id>) -> Result<Id, Refused> {
        if text.trim().is_empty() {
            return Err(Refused::new("Cannot send an empty message."));
        }
        if text.encode_utf16().count() > 2_000 {
            return Err(Refused::new("Your message is too long."));
        }
        self.hub.change(|world| {
            let place = self.place(world, channel_id)?;
            let channel = &world.channels[&channel_id];
            let needed = if channel.thread.is_some() { SEND_MESSAGES_IN_THREADS } else { SEND_MESSAGES };
            if !channel.holds_messages() || world.permissions_in(channel_id, place.user_id) & needed == 0 {
                return Err(Refused::new("You do not have permission to send messages in this channel."));
            }
            let draft = Draft {
                content: text.to_owned(),
                kind: if replies_to.is_some() { 19 } else { 0 },
                reference: replies_to.map(|message_id| Reference { channel_id, message_id: Some(message_id) }),
                ..Draft::default()
            };
            Ok(world.post(channel_id, self.user_id, draft))
        })
    }

    /// Opens the direct messages with the bot; returns the channel.
    pub fn opens_direct_messages(&self) -> Id {
        self.hub.change(|world| world.direct_channel(self.user_id))
    }

    /// Closes the mailbox for the bot (it then meets error 50007), or opens it again.
    pub fn closes_direct_messages(&self, closed: bool) {
        self.hub.change(|world| world.open_direct_messages(self.user_id, !closed));
    }

    /// Dismisses an ephemeral message.
    pub fn dismisses(&self, message_id: Id) {
        self.hub.change(|world| {
            if world.messages.get(&message_id).is_some_and(|message| message.only_for == Some(self.user_id)) {
                world.delete_message(message_id);
            }
        });
    }
}
