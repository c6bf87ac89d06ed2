//! An emulator in this process, the release build of the bot in another, and a small agency between them.
#![allow(dead_code, reason = "each bench uses its own part")]

use std::fmt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cxbot::clock::Clock;
use cxbot::config::{Overrides, Settings};
use cxbot::emulator::{ChannelSeed, Emulator, Id, World, permissions};
use cxbot::ids::{ChannelId, GuildId, RoleId};
use cxbot::people;
use serde_json::json;

/// Minimum, median and maximum of a figure over rounds.
#[derive(Default)]
pub struct Spread(Vec<f64>);

impl Spread {
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    pub fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, mid, high) = (self.0[0], self.median(), self.0[self.0.len() - 1]);
        write!(f, "median {mid:.0} (min {low:.0}, max {high:.0}, {} rounds)", self.0.len())
    }
}

/// The emulated side.
#[derive(Clone)]
pub struct Rig {
    pub emulator: Emulator,
    pub guild: Id,
    pub lead: Id,
    pub people: Arc<Vec<Id>>,
    pub channels: Arc<Vec<Id>>,
    pub data: Arc<tempfile::TempDir>,
}

impl Rig {
    pub async fn start(people: usize) -> Self {
        Self::start_with(people, 1, 0).await
    }

    /// `channels` text channels besides the usual ones, `more_guilds` further servers with the bot on them.
    pub async fn start_with(people: usize, channels: usize, more_guilds: usize) -> Self {
        let clock = Clock::system();
        let mut world = World::new("cxbot", clock.now());
        let lead = world.add_user("Lea");
        let guild = world.add_guild("Benefits Agency", lead);
        let role = world.add_role(guild, "CX lead", 0, 0);
        world.set_member_roles(guild, lead, &[role]);
        let people: Vec<Id> = (0..people)
            .map(|number| {
                let id = world.add_user(&format!("Member{number}"));
                world.add_member(guild, id, None, &[]);
                id
            })
            .collect();
        let pulse = world.add_channel(guild, ChannelSeed::text("pulse"));
        let channels = (0..channels)
            .map(|number| world.add_channel(guild, ChannelSeed::text(&format!("room-{number}"))))
            .collect();
        world.add_bot(guild, permissions::BOT);
        for number in 0..more_guilds {
            let other = world.add_guild(&format!("Agency {number}"), lead);
            world.add_channel(other, ChannelSeed::text("general"));
            world.add_bot(other, permissions::BOT);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let emulator = Emulator::start(listener, clock.clone(), world).expect("the emulator");
        let data = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let rig = Self { emulator, guild, lead, people: Arc::new(people), channels: Arc::new(channels), data };
        rig.prepare(clock, role, pulse).await;
        rig
    }

    pub fn settings(&self) -> Settings {
        Settings::load(&Overrides { data_dir: Some(self.data.path().to_owned()), ..Overrides::default() })
            .expect("settings")
    }

    async fn prepare(&self, clock: Clock, role: Id, pulse: Id) {
        let services = cxbot::app::open(self.settings(), clock.clone()).await.expect("the database");
        let channel = Some(ChannelId(pulse.get()));
        let settings = people::GuildSettings {
            guild: GuildId(self.guild.get()),
            name: "Benefits Agency".into(),
            zone: chrono_tz::America::New_York,
            lead_role: Some(RoleId(role.get())),
            learning_channel: channel,
            pulse_channel: channel,
            recognition_channel: channel,
            set_up_at: Some(clock.now()),
        };
        services
            .store
            .write(move |tx| Box::pin(async move { people::save_guild(tx, &settings).await }))
            .await
            .expect("the server's settings");
        services.store.close().await;
    }

    /// Opens a one-question pulse; returns its message and the buttons that answer.
    pub async fn open_pulse(&self) -> Arc<(Id, Vec<String>)> {
        let pulse = self.emulator.world(|world| world.channel_by_name(self.guild, "pulse")).expect("#pulse");
        let lead = self.emulator.person(self.lead);
        let asked = lead.run(pulse, "pulse open", json!({ "pulse": "service-ease" })).expect("the command");
        let answer = self.emulator.settled(asked, Duration::from_secs(10)).await;
        let found = self
            .emulator
            .when(Duration::from_secs(10), || {
                let message = self
                    .emulator
                    .messages(pulse, self.people[0])
                    .into_iter()
                    .rev()
                    .find(|message| message.buttons().len() >= 5)?;
                let buttons = message
                    .buttons()
                    .into_iter()
                    .filter_map(|button| button.custom_id)
                    .filter(|id| id.contains(":answer:"))
                    .collect();
                Some((message.id, buttons))
            })
            .await;
        Arc::new(found.unwrap_or_else(|_| panic!("no pulse was posted; the lead read: {}", answer.as_text())))
    }

    /// One press by one person; whether it was acknowledged.
    pub async fn press(&self, person: usize, pulse: &(Id, Vec<String>), turn: usize) -> bool {
        let (message, buttons) = pulse;
        let Ok(interaction) = self.emulator.person(self.people[person]).press(*message, &buttons[turn % buttons.len()])
        else {
            return false;
        };
        self.emulator.acknowledged(interaction).await
    }
}

/// The bot in its own process.
pub struct Bot {
    child: Child,
    pub ready_after: Duration,
}

impl Bot {
    pub async fn start(rig: &Rig) -> Self {
        Self::start_by(rig, Command::new(env!("CARGO_BIN_EXE_cxbot"))).await
    }

    /// Starts the bot by a command that takes the bot's arguments.
    pub async fn start_by(rig: &Rig, mut command: Command) -> Self {
        let started = Instant::now();
        let child = command
            .args(["run", "--data"])
            .arg(rig.data.path())
            .env("DISCORD_TOKEN", rig.emulator.token())
            .env("CXBOT_DISCORD__API_BASE", rig.emulator.api_base())
            .env("CXBOT_LOG__FILTER", "warn")
            .stdin(Stdio::null())
            .spawn()
            .expect("the bot starts");
        rig.emulator.ready(Duration::from_secs(20)).await.expect("the bot is ready");
        let ready_after = started.elapsed();
        let first = rig.people.first().copied().unwrap_or(rig.lead);
        let channel = rig.emulator.channels(rig.guild, first)[0].id;
        rig.emulator
            .when(Duration::from_secs(20), || (!rig.emulator.commands(channel, first).is_empty()).then_some(()))
            .await
            .expect("the bot registers its commands");
        Self { child, ready_after }
    }

    /// Processor time used so far, user and system.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    pub async fn stop(mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let ended = tokio::task::spawn_blocking(move || self.child.wait()).await;
        assert!(ended.is_ok_and(|status| status.is_ok_and(|status| status.success())), "the bot did not stop cleanly");
    }
}
