//! What people did, in words that mean the same in another playground: names and labels instead of ids. A transcript holds them, and
//! `cxbot replay` plays them again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Desk;
use super::doing::{DIRECT, Doing, Fault, What};
use crate::emulator::{Choice, Id, MessageView};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Act {
    /// When, by the playground's clock.
    pub(super) at: DateTime<Utc>,
    /// Who; nobody in particular moves the clock.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) who: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Room::is_nowhere")]
    pub(super) place: Room,
    /// What.
    #[serde(flatten)]
    pub(super) deed: Deed,
}

/// A channel or thread by name, or `direct` for the conversation with the bot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Room {
    pub(super) name: String,
    /// Of several with this name that the person sees, how many come before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) nth: usize,
}

/// A message by its place among those that fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    /// How it begins, for whoever reads the transcript.
    pub(super) begins: String,
    /// How many newer ones fit as well: hold a control that reads so, or, where no control is meant, are there at all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) newer: usize,
    /// Of several controls on it that read the same, how many come before the one meant.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) nth: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Deed {
    Run { command: String, options: Map<String, Value> },
    MenuOfPerson { command: String, person: String },
    MenuOfMessage { command: String, message: Spot },
    Press { label: String, message: Spot },
    Select { label: String, message: Spot, values: Vec<Value> },
    Submit { form: String, values: Map<String, Value> },
    Say { text: String },
    Dismiss { message: Spot },
    MoveClock { to: DateTime<Utc> },
    Fault { fault: Fault },
}

impl Room {
    fn is_nowhere(&self) -> bool {
        self.name.is_empty()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Everything that was done since the playground began, and when that was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct History {
    /// `None` when it began before acts were kept, so that the beginning is missing.
    pub(super) began_at: Option<DateTime<Utc>>,
    pub(super) acts: Vec<Act>,
}

/// Keeps the acts, and what was suggested to whom, so that a picked suggestion is known by what the person read.
#[derive(Debug)]
pub(super) struct Acts {
    history: Mutex<History>,
    offered: Mutex<HashMap<(Id, String, String), Vec<Choice>>>,
}

impl Acts {
    pub(super) fn new(history: History) -> Self {
        Self { history: Mutex::new(history), offered: Mutex::default() }
    }

    pub(super) fn note(&self, act: Act) {
        lock(&self.history).acts.push(act);
    }

    pub(super) fn history(&self) -> History {
        lock(&self.history).clone()
    }

    pub(super) fn offered(&self, me: Id, command: &str, option: &str, choices: &[Choice]) {
        let mut offered = lock(&self.offered);
        let known = offered.entry((me, command.to_owned(), option.to_owned())).or_default();
        known.retain(|old| !choices.iter().any(|new| new.value == old.value));
        known.extend_from_slice(choices);
    }

    fn suggestion(&self, me: Id, command: &str, option: &str, value: &Value) -> Option<String> {
        let offered = lock(&self.offered);
        let known = offered.get(&(me, command.to_owned(), option.to_owned()))?;
        known.iter().find(|choice| choice.value == *value).map(|choice| choice.name.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The controls of a message that can be used: what each reads, and its custom id.
pub(super) fn controls(message: &MessageView) -> Vec<(String, String)> {
    let buttons = message.buttons().into_iter().filter_map(|button| Some((button.label, button.custom_id?)));
    let menus = message.selects().into_iter().map(|menu| (menu.placeholder.unwrap_or_default(), menu.custom_id));
    buttons.chain(menus).collect()
}

fn begins(message: &MessageView) -> String {
    message.as_text().lines().nth(1).unwrap_or_default().trim().chars().take(60).collect()
}

impl Desk {
    /// The act in words; `None` for what leaves no trace in the conversation, or names what is not there.
    pub(super) fn named(&self, doing: &Doing) -> Option<Act> {
        let me = doing.me;
        let message = |id: Id| self.emulator.message(id, me);
        let here = || self.room(me, self.channel_of(me, &doing.channel));
        let (place, deed) = match &doing.what {
            What::Autocomplete { .. } => return None,
            What::Run { command, options } => {
                let named = options.iter().map(|(option, value)| {
                    let suggested = self.acts.suggestion(me, command, option, value);
                    let value = suggested.map_or_else(
                        || self.name_option(me, &doing.channel, command, option, value),
                        |name| json!({ "suggested": name }),
                    );
                    (option.clone(), value)
                });
                (here(), Deed::Run { command: command.clone(), options: named.collect() })
            }
            What::Context { command, target } => match self.person_name(*target) {
                Some(person) => (here(), Deed::MenuOfPerson { command: command.clone(), person }),
                None => {
                    let spot = self.spot(me, &message(*target)?, None)?;
                    (here(), Deed::MenuOfMessage { command: command.clone(), message: spot })
                }
            },
            What::Press { message: id, custom_id } => {
                let message = message(*id)?;
                let (label, _) = controls(&message).into_iter().find(|(_, id)| id == custom_id)?;
                let spot = self.spot(me, &message, Some((&label, custom_id)))?;
                (self.room(me, message.channel_id), Deed::Press { label, message: spot })
            }
            What::Select { message: id, custom_id, values } => {
                let message = message(*id)?;
                let (label, _) = controls(&message).into_iter().find(|(_, id)| id == custom_id)?;
                let menu = message.selects().into_iter().find(|menu| menu.custom_id == *custom_id)?;
                let spot = self.spot(me, &message, Some((&label, custom_id)))?;
                let values = values.iter().map(|value| self.name_choice(menu.kind, &menu.options, &json!(value)));
                (self.room(me, message.channel_id), Deed::Select { label, message: spot, values: values.collect() })
            }
            What::Submit { interaction, values } => {
                let form = self.emulator.form(*interaction)?;
                let fields = form.fields();
                let named = values.iter().filter_map(|(id, value)| {
                    let field = fields.iter().find(|field| field.custom_id == *id)?;
                    let value = match value {
                        Value::Array(all) => {
                            all.iter().map(|one| self.name_choice(field.kind, &field.options, one)).collect()
                        }
                        one => one.clone(),
                    };
                    Some((field.label.clone(), value))
                });
                (here(), Deed::Submit { form: form.title, values: named.collect() })
            }
            What::Say { text } => (here(), Deed::Say { text: text.clone() }),
            What::Dismiss { message: id } => {
                let message = message(*id)?;
                let spot = self.spot(me, &message, None)?;
                (self.room(me, message.channel_id), Deed::Dismiss { message: spot })
            }
        };
        Some(Act { at: self.clock.now(), who: self.person_name(me)?, place, deed })
    }

    /// The emulated name of a member.
    pub(super) fn person_name(&self, id: Id) -> Option<String> {
        let members = self.emulator.members(self.guild);
        members.into_iter().find(|member| member.user_id == id).map(|member| member.name)
    }

    fn room(&self, me: Id, channel: Id) -> Room {
        let seen = self.emulator.channels(self.guild, me);
        let Some(here) = seen.iter().position(|one| one.id == channel) else {
            return Room { name: DIRECT.to_owned(), nth: 0 };
        };
        let name = seen[here].name.clone();
        Room { nth: seen[..here].iter().filter(|one| one.name == name).count(), name }
    }

    /// What a person sees in the place of this channel, oldest first.
    pub(super) fn seen_in(&self, me: Id, channel: Id) -> Vec<MessageView> {
        self.emulator.messages(channel, me)
    }

    fn spot(&self, me: Id, message: &MessageView, control: Option<(&str, &str)>) -> Option<Spot> {
        let fits =
            |one: &MessageView| control.is_none_or(|(label, _)| controls(one).iter().any(|(read, _)| read == label));
        let seen = self.seen_in(me, message.channel_id);
        let newer = seen.iter().rev().take_while(|one| one.id != message.id).filter(|one| fits(one)).count();
        let nth = match control {
            None => 0,
            Some((label, custom_id)) => {
                let same = controls(message).into_iter().filter(|(read, _)| read == label);
                same.map(|(_, id)| id).position(|id| id == custom_id)?
            }
        };
        Some(Spot { begins: begins(message), newer, nth })
    }

    fn name_option(&self, me: Id, channel: &str, command: &str, option: &str, value: &Value) -> Value {
        let usable = self.emulator.commands(self.channel_of(me, channel), me);
        let definition = usable.iter().find(|each| each.kind == "slash" && each.path == command);
        let kind = definition.and_then(|command| {
            command.options.iter().find(|each| each["name"].as_str() == Some(option))?["type"].as_u64()
        });
        // 6 a person, 7 a channel, 8 a role, 9 a person or role.
        if kind.is_some_and(|kind| (6..=9).contains(&kind)) { self.name_id(value) } else { value.clone() }
    }

    /// A choice of a menu by what it reads: 5 to 8 are menus of people, roles and channels.
    fn name_choice(&self, kind: u64, options: &[Value], value: &Value) -> Value {
        if (5..=8).contains(&kind) {
            return self.name_id(value);
        }
        let chosen = options.iter().find(|option| option["value"] == *value);
        chosen.map_or_else(|| value.clone(), |option| option["label"].clone())
    }

    fn name_id(&self, value: &Value) -> Value {
        let Some(id) = value.as_str().and_then(|text| text.parse::<Id>().ok()) else { return value.clone() };
        if let Some(name) = self.person_name(id) {
            return json!({ "person": name });
        }
        if let Some(role) = self.emulator.roles(self.guild).into_iter().find(|role| role.id == id) {
            return json!({ "role": role.name });
        }
        let channel = self.emulator.world(|world| world.channels.get(&id).map(|channel| channel.name.clone()));
        channel.map_or_else(|| value.clone(), |name| json!({ "channel": name }))
    }
}
