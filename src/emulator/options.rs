//! A person's input for commands, selects and forms, checked as Discord's own client checks it and put into Discord's shape.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::id::{Id, id_in};
use super::person::Refused;
use super::view::{FieldView, SelectView};
use super::wire;
use super::world::{Upload, World};

/// The users, roles, channels and files that the input refers to.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    users: Map<String, Value>,
    members: Map<String, Value>,
    roles: Map<String, Value>,
    channels: Map<String, Value>,
    attachments: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Resolved {
    /// In Discord's shape; `None` when nothing was referred to.
    pub(crate) fn into_value(self) -> Option<Value> {
        let mut all = Map::new();
        let parts = [
            ("users", self.users),
            ("members", self.members),
            ("roles", self.roles),
            ("channels", self.channels),
            ("attachments", self.attachments),
            ("messages", self.messages),
        ];
        for (name, part) in parts {
            if !part.is_empty() {
                all.insert(name.to_owned(), Value::Object(part));
            }
        }
        (!all.is_empty()).then_some(Value::Object(all))
    }

    pub(crate) fn add_user(&mut self, world: &World, place: Place, user_id: Id) -> bool {
        if !world.users.contains_key(&user_id) {
            return false;
        }
        self.users.insert(user_id.to_string(), wire::user(world, user_id));
        let guild = place.guild_id.and_then(|guild_id| world.guilds.get(&guild_id));
        if let Some(member) = guild.and_then(|guild| guild.members.get(&user_id)) {
            let mut object = wire::member(world, member);
            if let Some(fields) = object.as_object_mut() {
                fields.retain(|key, _| !matches!(key.as_str(), "user" | "deaf" | "mute"));
            }
            object["permissions"] = json!(world.permissions_in(place.channel_id, user_id).to_string());
            self.members.insert(user_id.to_string(), object);
        }
        true
    }

    fn add_role(&mut self, world: &World, place: Place, role_id: Id) -> bool {
        let guild = place.guild_id.and_then(|guild_id| world.guilds.get(&guild_id));
        let Some(role) = guild.and_then(|guild| guild.roles.get(&role_id)) else { return false };
        self.roles.insert(role_id.to_string(), wire::role(role));
        true
    }

    fn add_channel(&mut self, world: &World, place: Place, channel_id: Id) -> bool {
        let found = world.channels.get(&channel_id).filter(|channel| channel.guild_id == place.guild_id);
        let Some(channel) = found else { return false };
        let mut object = wire::channel(world, channel);
        object["permissions"] = json!(world.permissions_in(channel_id, place.user_id).to_string());
        self.channels.insert(channel_id.to_string(), object);
        true
    }

    pub(crate) fn add_message(&mut self, world: &World, message_id: Id) -> bool {
        let Some(message) = world.messages.get(&message_id) else { return false };
        self.messages.insert(message_id.to_string(), wire::message(world, message));
        true
    }

    fn add_file(&mut self, world: &mut World, place: Place, given: &Value) -> Result<Id, Refused> {
        let name = given["name"].as_str().ok_or_else(|| Refused::new("Choose a file to upload."))?.to_owned();
        let bytes = match (given["text"].as_str(), given["base64"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(encoded)) => base64::engine::general_purpose::STANDARD
                .decode(encoded)
                .map_err(|_| Refused::new("The file could not be read."))?,
            (None, None) => return Err(Refused::new("Choose a file to upload.")),
        };
        if bytes.len() as u64 > wire::interaction::ATTACHMENT_SIZE_LIMIT {
            return Err(Refused::new("Your files are too powerful. Max file size: 10 MB"));
        }
        let content_type = mime_guess::from_path(&name).first_or_octet_stream().to_string();
        let upload = Upload { index: 0, filename: name, content_type, bytes: bytes.into(), description: None };
        let file = world.store_file(place.channel_id, upload);
        let url = wire::attachment_url(world, place.channel_id, &file);
        let object = json!({
            "id": file.id, "filename": file.filename, "size": file.size_bytes, "url": url, "proxy_url": url,
            "content_type": file.content_type, "ephemeral": true,
        });
        self.attachments.insert(file.id.to_string(), object);
        Ok(file.id)
    }
}

/// Where and by whom the input is given.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "an id is what each of them is")]
pub(crate) struct Place {
    pub guild_id: Option<Id>,
    pub channel_id: Id,
    pub user_id: Id,
}

/// How complete the input must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Completeness<'a> {
    Whole,
    /// Still being typed, in this option.
    Typing(&'a str),
}

/// Checks options against their definitions and puts them into Discord's shape, in the order of the definitions.
pub(crate) fn read(
    world: &mut World,
    place: Place,
    definitions: &[Value],
    given: &Map<String, Value>,
    completeness: Completeness<'_>,
    resolved: &mut Resolved,
) -> Result<Vec<Value>, Refused> {
    let known = |name: &String| definitions.iter().any(|each| each["name"].as_str() == Some(name));
    if let Some(stranger) = given.keys().find(|name| !known(name)) {
        return Err(Refused::new(&format!("This command has no option \"{stranger}\".")));
    }
    let mut options = Vec::new();
    for definition in definitions {
        let name = definition["name"].as_str().unwrap_or_default();
        let kind = definition["type"].as_u64().unwrap_or(3);
        let value = given.get(name).filter(|value| !value.is_null());
        if let Completeness::Typing(focused) = completeness {
            if focused == name {
                // Whatever the type, what is being typed travels as text.
                let text = match value {
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => String::new(),
                };
                options.push(json!({"name": name, "type": kind, "value": text, "focused": true}));
            } else if let Some(value) = value
                && let Ok(value) = option_value(world, place, definition, value, resolved)
            {
                options.push(json!({"name": name, "type": kind, "value": value}));
            }
            continue;
        }
        match value {
            Some(value) => {
                let value = option_value(world, place, definition, value, resolved)?;
                options.push(json!({"name": name, "type": kind, "value": value}));
            }
            None if definition["required"].as_bool() == Some(true) => {
                return Err(Refused::new(&format!("{name}: This option is required. Specify a value.")));
            }
            None => {}
        }
    }
    Ok(options)
}

fn option_value(
    world: &mut World,
    place: Place,
    definition: &Value,
    given: &Value,
    resolved: &mut Resolved,
) -> Result<Value, Refused> {
    let name = definition["name"].as_str().unwrap_or_default();
    let refused = |why: &str| Refused::new(&format!("{name}: {why}"));
    let id = || id_in(given);
    let value = match definition["type"].as_u64().unwrap_or(3) {
        3 => {
            let text = given.as_str().ok_or_else(|| refused("Write a text."))?;
            let length = text.encode_utf16().count() as u64;
            if definition["min_length"].as_u64().is_some_and(|least| length < least)
                || definition["max_length"].as_u64().is_some_and(|most| length > most)
                || length > 6_000
            {
                return Err(refused("The text is too short or too long."));
            }
            json!(text)
        }
        4 => {
            let number = given.as_i64().or_else(|| given.as_str().and_then(|text| text.parse().ok()));
            let number = number.ok_or_else(|| refused("Input a valid integer."))?;
            #[expect(clippy::cast_precision_loss, reason = "Discord's integers stay within 2^53")]
            within(definition, number as f64).map_err(|why| refused(&why))?;
            json!(number)
        }
        5 => json!(given.as_bool().ok_or_else(|| refused("Choose True or False."))?),
        6 => {
            let id = id().ok_or_else(|| refused("Input a valid user."))?;
            if !resolved.add_user(world, place, id) {
                return Err(refused("Input a valid user."));
            }
            json!(id)
        }
        7 => {
            let id = id().ok_or_else(|| refused("Input a valid channel."))?;
            let allowed = definition["channel_types"].as_array();
            let kind = world.channels.get(&id).map(|channel| u64::from(channel.kind));
            let fits = allowed.is_none_or(|kinds| kinds.is_empty() || kinds.iter().any(|each| each.as_u64() == kind));
            if !fits || !world.can_see(id, place.user_id) || !resolved.add_channel(world, place, id) {
                return Err(refused("Input a valid channel."));
            }
            json!(id)
        }
        8 => {
            let id = id().ok_or_else(|| refused("Input a valid role."))?;
            if !resolved.add_role(world, place, id) {
                return Err(refused("Input a valid role."));
            }
            json!(id)
        }
        9 => {
            let id = id().ok_or_else(|| refused("Input a valid user or role."))?;
            if !resolved.add_user(world, place, id) && !resolved.add_role(world, place, id) {
                return Err(refused("Input a valid user or role."));
            }
            json!(id)
        }
        10 => {
            let number = given.as_f64().or_else(|| given.as_str().and_then(|text| text.parse().ok()));
            let number = number.ok_or_else(|| refused("Input a valid number."))?;
            within(definition, number).map_err(|why| refused(&why))?;
            json!(number)
        }
        11 => json!(resolved.add_file(world, place, given)?),
        _ => return Err(refused("This option cannot be filled in.")),
    };
    let choices = definition["choices"].as_array();
    let offered =
        choices.is_none_or(|choices| choices.is_empty() || choices.iter().any(|choice| same(&choice["value"], &value)));
    if offered { Ok(value) } else { Err(refused("Choose one of the offered values.")) }
}

/// Equal, with 1 and 1.0 as the same number.
fn same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number))
}

fn within(definition: &Value, number: f64) -> Result<(), String> {
    let (low, high) = (definition["min_value"].as_f64(), definition["max_value"].as_f64());
    if low.is_some_and(|low| number < low) || high.is_some_and(|high| number > high) {
        return Err(match (low, high) {
            (Some(low), Some(high)) => format!("The value must be between {low} and {high}."),
            (Some(low), None) => format!("The value must be at least {low}."),
            _ => format!("The value must be at most {}.", high.unwrap_or_default()),
        });
    }
    Ok(())
}

/// Checks the values chosen in a select menu.
pub(crate) fn chosen(
    world: &World,
    place: Place,
    select: &SelectView,
    values: &[String],
    resolved: &mut Resolved,
) -> Result<(), Refused> {
    let count = values.len() as u64;
    if count < select.min_values || count > select.max_values {
        return Err(Refused::new(&format!("Choose {} to {} options.", select.min_values, select.max_values)));
    }
    for value in values {
        let id = value.parse::<Id>().ok();
        let fits = match select.kind {
            3 | 21 | 22 => select.options.iter().any(|option| option["value"].as_str() == Some(value)),
            5 => id.is_some_and(|id| resolved.add_user(world, place, id)),
            6 => id.is_some_and(|id| resolved.add_role(world, place, id)),
            7 => id.is_some_and(|id| resolved.add_user(world, place, id) || resolved.add_role(world, place, id)),
            8 => id.is_some_and(|id| world.can_see(id, place.user_id) && resolved.add_channel(world, place, id)),
            _ => false,
        };
        if !fits {
            return Err(Refused::new(&format!("\"{value}\" is not among the options.")));
        }
    }
    Ok(())
}

/// Checks one field of a form and returns the properties that its submitted component carries.
pub(crate) fn field_value(
    world: &mut World,
    place: Place,
    field: &FieldView,
    given: Option<&Value>,
    resolved: &mut Resolved,
) -> Result<(&'static str, Value), Refused> {
    let refused = |why: &str| Refused::new(&format!("{}: {why}", field.label));
    let given = given.filter(|value| !value.is_null());
    match field.kind {
        4 => {
            let text = given.and_then(Value::as_str).or(field.value.as_deref()).unwrap_or_default();
            let length = text.encode_utf16().count() as u64;
            if length == 0 {
                return if field.required { Err(refused("This field is required.")) } else { Ok(("value", json!(""))) };
            }
            if length < field.min || length > field.max {
                return Err(refused(&format!("Must be between {} and {} in length.", field.min, field.max)));
            }
            Ok(("value", json!(text)))
        }
        23 => Ok(("value", json!(given.and_then(Value::as_bool).unwrap_or(false)))),
        19 => {
            let files = given.and_then(Value::as_array).cloned().unwrap_or_default();
            let count = files.len() as u64;
            if count > field.max || (field.required && count < field.min) {
                return Err(refused(&format!("Choose {} to {} files.", field.min, field.max)));
            }
            let ids = files.iter().map(|file| resolved.add_file(world, place, file)).collect::<Result<Vec<_>, _>>()?;
            Ok(("values", json!(ids)))
        }
        kind => {
            let values: Vec<String> = match given {
                Some(Value::Array(values)) => {
                    values.iter().map(|each| each.as_str().map_or_else(|| each.to_string(), str::to_owned)).collect()
                }
                Some(Value::String(value)) => vec![value.clone()],
                Some(other) => vec![other.to_string()],
                None => {
                    let preset = field.options.iter().filter(|option| option["default"].as_bool() == Some(true));
                    preset.filter_map(|option| option["value"].as_str().map(str::to_owned)).collect()
                }
            };
            if values.is_empty() && field.required {
                return Err(refused("This field is required."));
            }
            if !values.is_empty() {
                let select = SelectView {
                    custom_id: field.custom_id.clone(),
                    kind,
                    placeholder: None,
                    min_values: field.min,
                    max_values: field.max,
                    options: field.options.clone(),
                    disabled: false,
                };
                chosen(world, place, &select, &values, resolved)?;
            }
            if kind == 21 { Ok(("value", json!(values.first()))) } else { Ok(("values", json!(values))) }
        }
    }
}
