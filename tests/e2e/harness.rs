//! A whole small agency for a test: the emulator, the real bot through the real serenity client, a fresh database, a manual clock.
//!
//! Tests read as stories: `lead.runs("/pulse open …")`, `ben.presses("Easy")`, `world.advance(days(7))`. Nothing sleeps: whatever is
//! waited for has a deadline that prints the transcript when it passes. [`World::end`] checks that nothing was left undone.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cxbot::app::App;
use cxbot::clock::Clock;
use cxbot::config::{Overrides, Settings, Token};
use cxbot::emulator::{
    ChannelSeed, Emulator, Entry, Id, MessageView, ModalView, Outcome, Person, World as Seed, permissions,
};
use cxbot::features::Features;
use cxbot::ids::{ChannelId, GuildId, RoleId};
use cxbot::services::Services;
use cxbot::{outbox, people, schedule};
use serde_json::{Map, Value, json};
use tokio::sync::{RwLock, RwLockReadGuard};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

#[path = "../conformance/openapi.rs"]
#[allow(dead_code, reason = "each test program uses its own part")]
pub mod openapi;
#[path = "../store/support.rs"]
#[allow(dead_code, reason = "each test program uses its own part")]
pub mod support;

/// Long enough for a loaded machine; a test that needs it has failed.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Stories share the machine; tests that load all of it (a process killed over and over, a browser) take it alone, so that nobody's
/// three seconds pass in the queue for a processor.
pub static MACHINE: RwLock<()> = RwLock::const_new(());

pub fn days(number: i64) -> TimeDelta {
    TimeDelta::days(number)
}

pub fn hours(number: i64) -> TimeDelta {
    TimeDelta::hours(number)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Expands stories to both databases: `stories!(name, …)` where each is `async fn name(on: Database)`.
#[macro_export]
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::harness::Database::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
            async fn $story() {
                super::$story($crate::harness::Database::Postgres).await;
            })+
        }
    };
}

pub struct World {
    pub emulator: Emulator,
    pub clock: Clock,
    pub services: Services,
    pub guild: Id,
    settings: Settings,
    running: Option<(CancellationToken, JoinHandle<cxbot::error::Result<()>>)>,
    /// Those of the bot that runs, or ran last.
    features: Option<Features>,
    _database: support::Fixture,
    _data: tempfile::TempDir,
    _share: RwLockReadGuard<'static, ()>,
    ended: bool,
}

/// One person, in one channel.
#[derive(Clone)]
pub struct Member {
    pub person: Person,
    pub id: Id,
    emulator: Emulator,
    guild: Id,
    pub channel: Id,
}

pub const MEMBERS: [&str; 10] = ["Ana", "Ben", "Cleo", "Dev", "Eli", "Fay", "Gus", "Hana", "Ida", "Jo"];

impl World {
    /// Monday 23 November 2026, 09:00 in New York. Set up, with Lea as lead, Ada as administrator, and ten members.
    pub async fn start(on: Database) -> Self {
        Self::start_with(on, true).await
    }

    /// The same, before anybody has used `/setup`.
    pub async fn start_bare(on: Database) -> Self {
        Self::start_with(on, false).await
    }

    async fn start_with(on: Database, set_up: bool) -> Self {
        let share = MACHINE.read().await;
        let clock = Clock::manual("2026-11-23T14:00:00Z".parse().unwrap());
        let mut seed = Seed::new("cxbot", clock.now());
        let ada = seed.add_user("Ada");
        let guild = seed.add_guild("Benefits Agency", ada);
        let lead_role = seed.add_role(guild, "CX lead", 0, 0x001f_4fbf);
        let lea = seed.add_user("Lea");
        seed.add_member(guild, lea, None, &[lead_role]);
        for name in MEMBERS {
            let user = seed.add_user(name);
            seed.add_member(guild, user, None, &[]);
        }
        for name in ["general", "lessons", "pulse", "recognition"] {
            seed.add_channel(guild, ChannelSeed::text(name));
        }
        seed.add_bot(guild, permissions::BOT);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = Emulator::start(listener, clock.clone(), seed).unwrap();
        emulator.record_everything();

        let database = match on {
            Database::Sqlite => support::sqlite().await,
            Database::Postgres => support::postgres().await,
        };
        let data = tempfile::tempdir().unwrap();
        let mut settings =
            Settings::load(&Overrides { data_dir: Some(data.path().to_owned()), ..Overrides::default() }).unwrap();
        settings.discord.api_base = emulator.api_base();
        settings.use_database(&database.url);
        let services = cxbot::app::open(settings.clone(), clock.clone()).await.unwrap();
        let mut world = Self {
            emulator,
            clock,
            services,
            guild,
            settings,
            running: None,
            features: None,
            _database: database,
            _data: data,
            _share: share,
            ended: false,
        };
        if set_up {
            world.set_up(lead_role).await;
        }
        world.start_bot().await;
        let (general, ana) = (world.channel("general"), world.member("Ana").id);
        let greeted = || (!world.emulator.messages(general, ana).is_empty()).then_some(());
        world.emulator.when(DEADLINE, greeted).await.expect("the bot says hello");
        world
    }

    async fn set_up(&self, lead_role: Id) {
        let channel = |name| Some(ChannelId(self.channel(name).get()));
        let settings = people::GuildSettings {
            guild: GuildId(self.guild.get()),
            name: "Benefits Agency".into(),
            zone: chrono_tz::America::New_York,
            lead_role: Some(RoleId(lead_role.get())),
            learning_channel: channel("lessons"),
            pulse_channel: channel("pulse"),
            recognition_channel: channel("recognition"),
            set_up_at: Some(self.clock.now()),
        };
        self.services
            .store
            .write(move |tx| Box::pin(async move { people::save_guild(tx, &settings).await }))
            .await
            .unwrap();
    }

    pub async fn start_bot(&mut self) {
        let app =
            App::build(self.settings.clone(), self.clock.clone(), Token::new(self.emulator.token())).await.unwrap();
        self.features = Some(app.features().clone());
        let stop = CancellationToken::new();
        let task = tokio::spawn(app.run_until(stop.clone().cancelled_owned(), |_| {}));
        self.running = Some((stop, task));
        self.emulator.ready(DEADLINE).await.expect("the bot reaches the emulator");
        let member = self.member("Ana");
        self.emulator
            .when(DEADLINE, || (!self.emulator.commands(member.channel, member.id).is_empty()).then_some(()))
            .await
            .expect("the bot registers its commands");
    }

    /// Another bot beside the first, on the same data, as another process would be.
    pub async fn start_second_bot(&self) -> (CancellationToken, JoinHandle<cxbot::error::Result<()>>) {
        let app =
            App::build(self.settings.clone(), self.clock.clone(), Token::new(self.emulator.token())).await.unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(app.run_until(stop.clone().cancelled_owned(), |_| {}));
        (stop, task)
    }

    pub async fn stop_bot(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            stop.cancel();
            tokio::time::timeout(DEADLINE, task).await.expect("the bot stops in time").unwrap().unwrap();
        }
    }

    /// Stops the bot as an operator would, and starts it again on the same data.
    pub async fn restart(&mut self) {
        self.stop_bot().await;
        self.start_bot().await;
    }

    pub fn channel(&self, name: &str) -> Id {
        self.emulator
            .world(|world| world.channel_by_name(self.guild, name))
            .unwrap_or_else(|| panic!("no channel #{name}"))
    }

    pub fn member(&self, name: &str) -> Member {
        let id =
            self.emulator.world(|world| world.user_by_name(name)).unwrap_or_else(|| panic!("nobody is called {name}"));
        Member {
            person: self.emulator.person(id),
            id,
            emulator: self.emulator.clone(),
            guild: self.guild,
            channel: self.channel("general"),
        }
    }

    pub fn everybody(&self) -> Vec<Member> {
        MEMBERS.iter().map(|name| self.member(name)).collect()
    }

    /// Moves the clock through everything that falls due on the way, and waits until it is done and sent.
    pub async fn advance(&self, step: TimeDelta) {
        let until = self.clock.now() + step;
        while let Some(at) = self.next_due().await.filter(|at| *at > self.clock.now() && *at < until) {
            self.clock.set(at);
            self.settle().await;
        }
        self.clock.set(until);
        self.settle().await;
    }

    async fn next_due(&self) -> Option<DateTime<Utc>> {
        self.services.store.read(|tx| Box::pin(schedule::next_due(tx))).await.unwrap()
    }

    /// Waits until nothing is due, nothing is done beside the schedule (a pulse being closed), and nothing waits to be sent.
    pub async fn settle(&self) {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            while let Some(left) = self.unfinished().await {
                assert!(tokio::time::Instant::now() < deadline, "still unfinished: {left}\n{}", self.transcript());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let Some(features) = &self.features else { return };
            let settled = tokio::time::timeout_at(deadline, features.settle()).await;
            assert!(settled.is_ok(), "a pulse is still being closed\n{}", self.transcript());
            // A closing leaves messages to send, so both must be quiet one after the other.
            if self.unfinished().await.is_none() {
                return;
            }
        }
    }

    async fn unfinished(&self) -> Option<String> {
        let now = self.clock.now();
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    if schedule::next_due(tx).await?.is_some_and(|at| at <= now) {
                        return Ok(Some("something is due".to_owned()));
                    }
                    let waiting = outbox::waiting(tx, now).await?;
                    Ok((waiting > 0).then(|| format!("{waiting} messages wait to be sent")))
                })
            })
            .await
            .unwrap()
    }

    /// What everybody can read, channel by channel, as Ana sees it.
    pub fn transcript(&self) -> String {
        let viewer = self.member("Ana").id;
        let channels = self.emulator.channels(self.guild, viewer);
        channels
            .iter()
            .map(|channel| format!("#{}\n{}", channel.name, self.emulator.transcript(channel.id, viewer)))
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    /// Ends the story: everything sent, everything answered, and all of it as Discord's own description allows.
    pub async fn end(mut self) {
        self.settle().await;
        let unanswered = self.emulator.world(Seed::unanswered_interactions);
        assert_eq!(unanswered, 0, "interactions were left unanswered\n{}", self.transcript());
        self.stop_bot().await;
        check_conformance(&self.emulator);
        self.ended = true;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        assert!(self.ended || std::thread::panicking(), "a story must end with world.end().await");
    }
}

/// Holds everything that was said over the wire against Discord's OpenAPI document, when the surroundings have it.
///
/// Without DISCORD_OPENAPI nothing is checked here; `conformance::every_request_and_answer_is_as_discord_describes` needs it.
#[expect(clippy::disallowed_methods, reason = "a test asks its surroundings for the document")]
fn check_conformance(emulator: &Emulator) {
    if std::env::var_os("DISCORD_OPENAPI").is_some() {
        let problems = conformance_problems(emulator);
        assert!(problems.is_empty(), "not as Discord describes it:\n{}", problems.join("\n"));
    }
}

/// Every breach of Discord's description in what the bot asked and the emulator answered.
pub fn conformance_problems(emulator: &Emulator) -> Vec<String> {
    let document = openapi::Document::load();
    let mut problems = BTreeSet::new();
    for entry in emulator.journal().entries() {
        if let Entry::Rest { method, path, query, body, files, status, answer, .. } = entry
            && path.starts_with("/api/")
        {
            problems.extend(document.check_request(&method, &path, &query, body.as_ref(), &files));
            problems.extend(document.check_answer(&method, &path, status, answer.as_ref()));
        }
    }
    problems.into_iter().collect()
}

/// A text without the ids of messages in its links: which of two messages that are sent at one moment comes first is chance.
pub fn without_message_ids(text: &str) -> String {
    let mut parts = text.split("https://discord.com/channels/");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '/');
        bare.push_str("https://discord.com/channels/…");
        bare.push_str(rest);
    }
    bare
}

/// What came back to a person.
#[derive(Debug)]
pub struct Answer(pub Outcome);

impl Answer {
    pub fn message(&self) -> &MessageView {
        self.0.message().unwrap_or_else(|| panic!("expected a message, got {:?}", self.0))
    }

    pub fn form(&self) -> &ModalView {
        self.0.modal().unwrap_or_else(|| panic!("expected a form, got {:?}", self.0))
    }

    pub fn text(&self) -> String {
        self.0.as_text()
    }

    #[track_caller]
    pub fn says(&self, part: &str) -> &Self {
        assert!(self.text().contains(part), "expected {part:?} in:\n{}", self.text());
        self
    }

    #[track_caller]
    pub fn is_private(&self) -> &Self {
        assert!(self.message().only_for.is_some(), "expected a private message:\n{}", self.text());
        self
    }
}

impl Member {
    /// The same person, in another channel.
    pub fn at(&self, channel: &str) -> Self {
        let channel = self
            .emulator
            .world(|world| world.channel_by_name(self.guild, channel))
            .unwrap_or_else(|| panic!("no channel #{channel}"));
        Self { channel, ..self.clone() }
    }

    /// Runs a command as typed: `/pulse open pulse:service-ease days:3`. Values with spaces stand in double quotes; `@Ben` is a person,
    /// `#pulse` a channel.
    pub async fn runs(&self, line: &str) -> Answer {
        let interaction = self.tries(line).unwrap_or_else(|refused| panic!("Discord would not run {line}: {refused}"));
        self.answer(interaction).await
    }

    /// As [`Member::runs`], when Discord itself may refuse.
    pub fn tries(&self, line: &str) -> Result<Id, String> {
        let (path, options) = self.parse(line);
        self.person.run(self.channel, &path, Value::Object(options)).map_err(|refused| refused.to_string())
    }

    pub async fn answer(&self, interaction: Id) -> Answer {
        Answer(self.emulator.settled(interaction, DEADLINE).await)
    }

    /// Presses the newest button with this label that this person can see in this channel or in direct messages.
    pub async fn presses(&self, label: &str) -> Answer {
        let (message, custom_id) = self
            .visible()
            .into_iter()
            .rev()
            .find_map(|message| {
                message
                    .buttons()
                    .into_iter()
                    .find(|button| button.label == label && !button.disabled)
                    .and_then(|button| button.custom_id)
                    .map(|id| (message.id, id))
            })
            .unwrap_or_else(|| panic!("no button {label:?} in\n{}", self.sees()));
        self.presses_on(message, &custom_id).await
    }

    pub async fn presses_on(&self, message: Id, custom_id: &str) -> Answer {
        let interaction = self.person.press(message, custom_id).unwrap_or_else(|refused| panic!("{refused}"));
        self.answer(interaction).await
    }

    /// Picks from the newest select menu with this placeholder.
    pub async fn picks(&self, placeholder: &str, values: &[&str]) -> Answer {
        let (message, custom_id) = self
            .visible()
            .into_iter()
            .rev()
            .find_map(|message| {
                message
                    .selects()
                    .into_iter()
                    .find(|select| select.placeholder.as_deref() == Some(placeholder))
                    .map(|select| (message.id, select.custom_id))
            })
            .unwrap_or_else(|| panic!("no select menu {placeholder:?} in\n{}", self.sees()));
        let interaction = self.person.select(message, &custom_id, values).unwrap_or_else(|refused| panic!("{refused}"));
        self.answer(interaction).await
    }

    /// Gives full scores to the nomination on the screen of `/recognition queue`.
    pub async fn scores(&self) {
        for menu in
            ["Effect for the customer", "Evidence", "Link to the principle or value", "Something others can copy"]
        {
            self.picks(&format!("{menu}: 0 to 2"), &["2"]).await;
        }
    }

    /// Scores the nomination on the screen, and accepts it.
    pub async fn accepts(&self) -> Answer {
        self.scores().await;
        self.presses("Accept").await
    }

    /// Fills in and sends a form.
    pub async fn submits(&self, form: &ModalView, values: Value) -> Answer {
        let interaction = self.person.submit(form.interaction_id, values).unwrap_or_else(|refused| panic!("{refused}"));
        self.answer(interaction).await
    }

    /// Everything this person can see here and in direct messages, oldest first.
    pub fn visible(&self) -> Vec<MessageView> {
        let mut messages = self.emulator.messages(self.channel, self.id);
        messages.extend(self.emulator.direct_messages(self.id));
        messages.sort_by_key(|message| message.id);
        messages
    }

    /// The channel as this person reads it.
    pub fn sees(&self) -> String {
        self.emulator.transcript(self.channel, self.id)
    }

    /// This person's direct messages with the bot, as text.
    pub fn inbox(&self) -> String {
        self.emulator.direct_messages(self.id).iter().map(MessageView::as_text).collect::<Vec<_>>().join("\n\n")
    }

    fn parse(&self, line: &str) -> (String, Map<String, Value>) {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut quoted = false;
        for letter in line.trim_start_matches('/').chars() {
            match letter {
                '"' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                other => word.push(other),
            }
        }
        words.push(word);
        let (path, options): (Vec<_>, Vec<_>) =
            words.into_iter().filter(|word| !word.is_empty()).partition(|word| !word.contains(':'));
        let path = path.join(" ");
        let command = self
            .emulator
            .commands(self.channel, self.id)
            .into_iter()
            .find(|command| command.path == path)
            .unwrap_or_else(|| panic!("there is no command /{path}"));
        let options = options.iter().map(|option| {
            let (name, text) = option.split_once(':').expect("an option has a colon");
            let described = command
                .options
                .iter()
                .find(|described| described["name"] == name)
                .unwrap_or_else(|| panic!("/{path} has no option {name}"));
            (name.to_owned(), self.value(described["type"].as_u64().unwrap_or(3), text))
        });
        (path.clone(), options.collect())
    }

    fn value(&self, kind: u64, text: &str) -> Value {
        let named = |id: Option<Id>| json!(id.unwrap_or_else(|| panic!("{text} is unknown")));
        match kind {
            4 => json!(text.parse::<i64>().expect("a whole number")),
            5 => json!(text == "true"),
            6 => named(self.emulator.world(|world| world.user_by_name(text.trim_start_matches('@')))),
            7 => named(self.emulator.world(|world| world.channel_by_name(self.guild, text.trim_start_matches('#')))),
            8 => named(self.emulator.world(|world| world.role_by_name(self.guild, text.trim_start_matches('@')))),
            10 => json!(text.parse::<f64>().expect("a number")),
            // A file is named by its path below tests/data, or stands in the line itself: `name.csv=its text`.
            11 => {
                let (name, content) = text.split_once('=').map_or_else(
                    || {
                        (
                            text,
                            std::fs::read_to_string(format!("{}/tests/data/{text}", env!("CARGO_MANIFEST_DIR")))
                                .unwrap(),
                        )
                    },
                    |(name, content)| (name, content.to_owned()),
                );
                json!({"name": name.rsplit('/').next().unwrap_or(name), "text": content})
            }
            _ => json!(text),
        }
    }
}
