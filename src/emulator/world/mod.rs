//! The emulated world: users, guilds, channels, messages, commands, interactions. Plain synchronous state.
//!
//! Every transition is a method that changes the state and notes an [`Event`]; nothing here waits, speaks HTTP or knows who
//! listens. All of it (but interactions in flight) survives [`World::restore`].

mod channels;
mod commands;
mod direct;
mod files;
mod guilds;
mod interactions;
mod mentions;
mod messages;
mod permissions;
mod threads;

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use channels::{Channel, ChannelSeed};
pub(crate) use channels::{Overwrite, kind};
pub(crate) use commands::{Command, Commands, TooMany, command_kind};
pub(crate) use files::{Attachment, StoredFile, Upload};
pub(crate) use guilds::{Guild, Member, Role};
pub(crate) use interactions::{
    Answer, Form, Interaction, InteractionState, Interactions, Lookup, NewInteraction, Used, interaction_kind,
};
pub(crate) use mentions::{Written, written_in};
pub(crate) use messages::{Draft, Message, Patch, Reference, flag};
pub(crate) use threads::{NewThread, Thread};

use super::event::Event;
use super::id::Id;

/// The whole state of the emulated Discord.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    next_id: u64,
    #[serde(skip)]
    pub(crate) now: DateTime<Utc>,
    #[serde(skip)]
    pub(crate) base_url: String,
    pub(crate) application: Application,
    pub(crate) users: BTreeMap<Id, User>,
    pub(crate) guilds: BTreeMap<Id, Guild>,
    pub(crate) channels: HashMap<Id, Channel>,
    /// The bot's direct-message channel with each user.
    pub(crate) direct: HashMap<Id, Id>,
    pub(crate) messages: HashMap<Id, Message>,
    /// Each viewer's ephemeral messages, oldest first.
    pub(crate) ephemeral: HashMap<Id, VecDeque<Id>>,
    pub(crate) commands: Commands,
    #[serde(skip)]
    pub(crate) interactions: Interactions,
    /// Forms that a person may still have open, oldest first.
    pub(crate) forms: BTreeMap<Id, Form>,
    pub(crate) files: BTreeMap<Id, StoredFile>,
    /// Nonces of the last few minutes, with their message.
    nonces: messages::Nonces,
    #[serde(skip)]
    events: Vec<Event>,
}

/// The bot's application.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Application {
    pub id: Id,
    pub bot_user_id: Id,
    pub name: String,
    pub description: String,
    pub token: String,
    pub created_at: DateTime<Utc>,
}

/// A person or the bot.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct User {
    pub id: Id,
    pub username: String,
    pub display_name: String,
    pub bot: bool,
    pub locale: String,
    /// Whether the bot may write to this person.
    pub direct_messages_open: bool,
}

impl World {
    /// A world that holds nothing but the bot's application; `now` dates whatever is built before the emulator starts.
    pub fn new(bot_name: &str, now: DateTime<Utc>) -> Self {
        let mut world = Self {
            next_id: 1001,
            now,
            base_url: String::new(),
            application: Application {
                id: Id::from(0),
                bot_user_id: Id::from(0),
                name: bot_name.to_owned(),
                description: String::new(),
                token: String::new(),
                created_at: now,
            },
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: HashMap::new(),
            direct: HashMap::new(),
            messages: HashMap::new(),
            ephemeral: HashMap::new(),
            commands: Commands::default(),
            interactions: Interactions::default(),
            forms: BTreeMap::new(),
            files: BTreeMap::new(),
            nonces: messages::Nonces::default(),
            events: Vec::new(),
        };
        // Discord gives an application and its bot user the same id; so do we, as programs have come to rely on it.
        let bot = world.add_user(bot_name);
        world.users.get_mut(&bot).expect("just added").bot = true;
        world.application.id = bot;
        world.application.bot_user_id = bot;
        world.application.token = format!("{bot}.emulator.{}", random_text());
        world
    }

    /// A world as [`snapshot`](super::Emulator::snapshot) wrote it.
    pub fn restore(snapshot: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(snapshot)
    }

    /// Fixes the bot's token, for a bot that is started on its own.
    pub fn set_token(&mut self, token: &str) {
        token.clone_into(&mut self.application.token);
    }

    /// The bot's token. Only good for this emulator.
    pub fn token(&self) -> &str {
        &self.application.token
    }

    /// The bot's application.
    pub fn application_id(&self) -> Id {
        self.application.id
    }

    /// The bot's user.
    pub fn bot_user_id(&self) -> Id {
        self.application.bot_user_id
    }

    /// Adds a person with an open mailbox, in no guild yet. The username is the name in lower case.
    pub fn add_user(&mut self, name: &str) -> Id {
        let id = self.take_id();
        let username = name.to_lowercase().replace(|letter: char| !letter.is_alphanumeric(), "_");
        let user = User {
            id,
            username,
            display_name: name.to_owned(),
            bot: false,
            locale: "en-US".to_owned(),
            direct_messages_open: true,
        };
        self.users.insert(id, user);
        id
    }

    /// Sets the language of a person's Discord client, for example `en-US`.
    pub fn set_locale(&mut self, user_id: Id, locale: &str) {
        if let Some(user) = self.users.get_mut(&user_id) {
            locale.clone_into(&mut user.locale);
        }
    }

    /// Says whether the bot may write to this person; when not, Discord answers 50007.
    pub fn open_direct_messages(&mut self, user_id: Id, open: bool) {
        if let Some(user) = self.users.get_mut(&user_id) {
            user.direct_messages_open = open;
        }
    }

    /// Every guild, with or without the bot.
    pub fn guild_ids(&self) -> Vec<Id> {
        self.guilds.keys().copied().collect()
    }

    /// The first guild of that name.
    pub fn guild_by_name(&self, name: &str) -> Option<Id> {
        self.guilds.values().find(|guild| guild.name == name).map(|guild| guild.id)
    }

    /// The first channel or thread of that name in a guild.
    pub fn channel_by_name(&self, guild_id: Id, name: &str) -> Option<Id> {
        let guild = self.guilds.get(&guild_id)?;
        guild.channels.iter().chain(&guild.threads).copied().find(|id| self.channels[id].name == name)
    }

    /// The first role of that name in a guild.
    pub fn role_by_name(&self, guild_id: Id, name: &str) -> Option<Id> {
        self.guilds.get(&guild_id)?.roles.values().find(|role| role.name == name).map(|role| role.id)
    }

    /// The first person with that display name or username.
    pub fn user_by_name(&self, name: &str) -> Option<Id> {
        self.users.values().find(|user| user.display_name == name || user.username == name).map(|user| user.id)
    }

    /// A person's display name; the id when nobody has it.
    pub fn name_of_user(&self, user_id: Id) -> String {
        self.users.get(&user_id).map_or_else(|| user_id.to_string(), |user| user.display_name.clone())
    }

    /// The name by which a person goes in a guild: nickname, or display name.
    pub(crate) fn name_in_guild(&self, guild_id: Option<Id>, user_id: Id) -> String {
        let nick = guild_id
            .and_then(|guild_id| self.guilds.get(&guild_id))
            .and_then(|guild| guild.members.get(&user_id))
            .and_then(|member| member.nick.clone());
        nick.unwrap_or_else(|| self.name_of_user(user_id))
    }

    /// How many interactions wait for the bot's first answer.
    pub fn unanswered_interactions(&self) -> usize {
        self.interactions.waiting()
    }

    pub(crate) fn take_id(&mut self) -> Id {
        let id = Id::from(self.next_id);
        self.next_id += 1;
        id
    }

    /// Whether this id was handed out at some time.
    pub(crate) fn knows_id(&self, id: Id) -> bool {
        id.get() < self.next_id
    }

    pub(crate) fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

/// Unguessable text for tokens: they are the only key to an interaction.
pub(crate) fn random_text() -> String {
    use base64::Engine as _;
    let mut bytes = [0_u8; 18];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
