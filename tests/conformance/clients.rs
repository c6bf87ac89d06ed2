//! discord.js and discord.py log in to the emulator and play a scenario, each checking what it gets in its own way.
//!
//! `tests/clients/install.sh` installs both. The test plays the people; what the scripts print tells how far they are.

use crate::openapi::Document;
use cxbot::clock::Clock;
use cxbot::emulator::{ChannelSeed, Direction, Emulator, Entry, Id, Outcome, World, permissions};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const STEP: Duration = Duration::from_mins(1);
pub const IDENTIFY: u64 = 2;
const RESUME: u64 = 6;

/// A client's process and the steps it prints.
pub struct Client {
    process: Child,
    steps: mpsc::UnboundedReceiver<String>,
}

impl Client {
    pub fn start(program: &str, script: &str, stage: &Stage) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut process = Command::new(program)
            .current_dir(root)
            .arg(script)
            .args([stage.emulator.api_base(), stage.guild.to_string(), stage.channel.to_string()])
            .env("DISCORD_TOKEN", stage.emulator.token())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {program} (tests/clients/install.sh installs it): {error}"));
        let output = BufReader::new(process.stdout.take().expect("the output is piped"));
        let (sender, steps) = mpsc::unbounded_channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { process, steps }
    }

    /// The next step, which has to be `name`.
    pub async fn step(&mut self, name: &str) -> Value {
        let line = tokio::time::timeout(STEP, self.steps.recv())
            .await
            .unwrap_or_else(|_| panic!("no step within {STEP:?}; expected {name}"))
            .unwrap_or_else(|| panic!("the client ended before the step {name}"));
        let step: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a step: {line}"));
        assert_eq!(step["step"], name, "{}", step["what"].as_str().unwrap_or(&line));
        step
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // After the last step the process has ended by itself and both calls change nothing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A small server with one person who uses the bot.
pub struct Stage {
    pub emulator: Emulator,
    pub guild: Id,
    pub channel: Id,
    pub ana: Id,
}

impl Stage {
    pub async fn build() -> Self {
        let clock = Clock::manual("2026-11-23T15:00:00Z".parse().unwrap());
        let mut world = World::new("greeter", clock.now());
        let ana = world.add_user("Ana");
        let guild = world.add_guild("Benefits Agency", ana);
        let channel = world.add_channel(guild, ChannelSeed::text("general"));
        world.add_bot(guild, permissions::BOT);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let emulator = Emulator::start(listener, clock, world).unwrap();
        emulator.record_everything();
        Self { emulator, guild, channel, ana }
    }

    /// The client has ended by itself and without a fault.
    pub async fn ends(client: &mut Client) {
        client.step("done").await;
        assert!(client.process.wait().unwrap().success(), "the client ended without a fault");
    }

    async fn play(&self, client: &mut Client) {
        let ana = self.emulator.person(self.ana);

        let ready = client.step("ready").await;
        assert_eq!(
            ready,
            json!({ "step": "ready", "bot": "greeter", "guild": "Benefits Agency", "channel": "general" })
        );
        assert_eq!(client.step("registered").await["names"], json!(["greet"]));
        let posted = client.step("posted").await;
        assert_eq!(posted["content"], "Good morning, everyone");
        assert_eq!(posted["title"], "Chart");
        assert_eq!(posted["served"], "not really a picture");

        let typed = ana.autocomplete(self.channel, "greet", "name", json!({ "name": "Be" })).unwrap();
        let Outcome::Choices(choices) = self.emulator.outcome(typed).await else {
            panic!("suggestions were asked for")
        };
        assert_eq!(serde_json::to_value(choices).unwrap()[1]["value"], "Ben");
        assert_eq!(client.step("suggested").await["typed"], "Be");

        let asked = ana.run(self.channel, "greet", json!({ "name": "Ben" })).unwrap();
        let outcome = self.emulator.outcome(asked).await;
        let greeting = outcome.message().unwrap_or_else(|| panic!("a greeting, not {}", outcome.as_text()));
        assert_eq!(greeting.content, "Hello Ben");
        assert_eq!(client.step("command").await, json!({ "step": "command", "by": "ana", "name": "Ben" }));

        let pressed = ana.press_label(greeting.id, "Wave").unwrap();
        let outcome = self.emulator.outcome(pressed).await;
        assert!(
            matches!(&outcome, Outcome::Updated(message) if message.content == "Hello Ben, ana waves"),
            "{outcome:?}"
        );
        assert_eq!(client.step("click").await, json!({ "step": "click", "by": "ana", "custom_id": "wave" }));

        let pressed = ana.press_label(greeting.id, "Write").unwrap();
        let outcome = self.emulator.outcome(pressed).await;
        let form = outcome.modal().unwrap_or_else(|| panic!("a modal, not {}", outcome.as_text()));
        let fields = form.fields();
        assert_eq!(fields.len(), 2);
        assert_eq!(client.step("modal_opened").await["by"], "ana");
        // discord.py makes up the ids of its controls, so they are taken from the form as a person's client takes them.
        let filled = json!({ (fields[0].custom_id.as_str()): "The form was clear.", (fields[1].custom_id.as_str()): ["claims"] });
        let sent = ana.submit(pressed, filled).unwrap();
        let outcome = self.emulator.settled(sent, STEP).await;
        assert_eq!(outcome.message().map(|message| message.content.as_str()), Some("Noted for claims"));
        let modal = client.step("modal").await;
        assert_eq!(modal, json!({ "step": "modal", "by": "ana", "text": "The form was clear.", "division": "claims" }));

        let direct = client.step("direct_message").await;
        assert_eq!(direct["to"], "ana");
        let letters = self.emulator.direct_messages(self.ana);
        assert_eq!(letters.last().map(|letter| letter.content.as_str()), Some("Thank you for your note"));

        self.emulator.drop_gateway();
        client.step("resumed").await;
        let asked = ana.run(self.channel, "greet", json!({ "name": "Ben" })).unwrap();
        let outcome = self.emulator.outcome(asked).await;
        assert_eq!(outcome.message().map(|message| message.content.as_str()), Some("Hello again Ben"));
        assert_eq!(client.step("command").await["name"], "Ben");
        Self::ends(client).await;
    }

    /// One session was opened and then resumed, and Discord's document has nothing to say against anything sent.
    fn review(&self) {
        assert_eq!(self.complies(), [IDENTIFY, RESUME]);
    }

    /// Holds everything sent against Discord's document; returns how each connection was opened.
    pub fn complies(&self) -> Vec<u64> {
        let document = Document::load();
        let mut complaints = BTreeSet::new();
        let mut requests = 0;
        let mut opened = Vec::new();
        for entry in self.emulator.journal().entries() {
            match entry {
                Entry::Rest { method, path, query, body, files, status, answer, .. } if path.starts_with("/api/") => {
                    requests += 1;
                    complaints.extend(document.check_request(&method, &path, &query, body.as_ref(), &files));
                    complaints.extend(document.check_answer(&method, &path, status, answer.as_ref()));
                }
                Entry::Gateway { direction: Direction::FromBot, frame, .. } => {
                    opened.extend(frame["op"].as_u64().filter(|op| matches!(*op, IDENTIFY | RESUME)));
                }
                _ => {}
            }
        }
        assert_eq!(complaints, BTreeSet::new());
        assert!(requests >= 15, "the journal holds the whole scenario, not {requests} requests");
        opened
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node.js with discord.js, and the OpenAPI document in DISCORD_OPENAPI"]
async fn discord_js_plays_the_scenario() {
    let stage = Stage::build().await;
    stage.play(&mut Client::start("node", "tests/clients/discordjs/scenario.mjs", &stage)).await;
    stage.review();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with discord.py, and the OpenAPI document in DISCORD_OPENAPI"]
async fn discord_py_plays_the_scenario() {
    let stage = Stage::build().await;
    stage
        .play(&mut Client::start("target/clients-venv/bin/python", "tests/clients/discordpy/scenario.py", &stage))
        .await;
    stage.review();
}
