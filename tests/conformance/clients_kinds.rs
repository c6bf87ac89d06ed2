//! discord.js and discord.py use every kind of option, control, field, file and message, and meet limits, each with its own means.

use std::time::Duration;

use cxbot::emulator::{Effect, Entry, Id, Limits, MessageView, Outcome};
use serde_json::{Value, json};

use crate::clients::{Client, IDENTIFY, Stage};

const STEP: Duration = Duration::from_mins(1);

/// Ana at work.
struct Ana<'a> {
    stage: &'a Stage,
    client: Client,
    ben: Id,
    role: Id,
}

impl Ana<'_> {
    async fn runs(&mut self, command: &str, options: Value) -> Outcome {
        let ana = self.stage.emulator.person(self.stage.ana);
        let asked = ana.run(self.stage.channel, command, options).unwrap_or_else(|why| panic!("/{command}: {why}"));
        self.stage.emulator.settled(asked, STEP).await
    }

    fn seen(&self) -> Vec<MessageView> {
        self.stage.emulator.messages(self.stage.channel, self.stage.ana)
    }

    async fn gives_every_option(&mut self) {
        let options = json!({
            "text": "words", "whole": 7, "number": 2.5, "yesno": false, "person": self.ben, "channel": self.stage.channel, "role": self.role,
            "anyone": self.role, "file": { "name": "note.txt", "text": "from ana" }, "choice": "b",
        });
        let outcome = self.runs("kinds", options).await;
        let answer = outcome.message().unwrap_or_else(|| panic!("a message, not {}", outcome.as_text()));
        assert_eq!(answer.files[0].alt_text.as_deref(), Some("The same, louder"));
        let given = self.client.step("kinds").await;
        let expected = json!({
            "text": "words", "whole": 7, "number": 2.5, "yesno": false, "person": "ben", "channel": "general", "role": "Reviewer",
            "anyone": "Reviewer", "file": "from ana", "choice": "b",
        });
        assert_eq!(given["given"], expected);
        assert_eq!(given["back"], "FROM ANA");

        let ana = self.stage.emulator.person(self.stage.ana);
        let typed = ana.autocomplete(self.stage.channel, "deep down here", "count", json!({ "count": "4" })).unwrap();
        let suggested = self.stage.emulator.outcome(typed).await;
        assert_eq!(suggested.choices()[0].value, 42, "{suggested:?}");
        self.client.step("suggested").await;
        let outcome = self.runs("deep down here", json!({ "count": 42 })).await;
        assert_eq!(outcome.message().map(|one| one.content.as_str()), Some("down here 42"), "{outcome:?}");
        self.client.step("deep").await;

        let quoted = self.seen().last().unwrap().id;
        for (menu, on, of) in [("Look up", self.ben, "ben"), ("Quote", quoted, "down here 42")] {
            let used = ana.context_menu(self.stage.channel, menu, on).unwrap();
            let outcome = self.stage.emulator.settled(used, STEP).await;
            assert!(outcome.message().is_some_and(|one| one.only_for.is_some()), "{outcome:?}");
            assert_eq!(self.client.step("menu").await["of"], of);
        }
    }

    async fn uses_every_control(&mut self) {
        let outcome = self.runs("controls", json!({})).await;
        let message = outcome.message().unwrap_or_else(|| panic!("a message, not {}", outcome.as_text())).clone();
        assert_eq!(self.client.step("controls").await["parts"], json!([10, 1, 1, 1, 1, 1, 1, 14, 17]));
        let ana = self.stage.emulator.person(self.stage.ana);
        for id in ["b1", "b2", "b3", "b4", "beside"] {
            ana.press(message.id, id).unwrap();
            assert_eq!(self.client.step("pressed").await["id"], id);
        }
        assert!(ana.press_label(message.id, "Link").is_err(), "a link tells the bot nothing");
        let (ben, role, channel) = (self.ben.to_string(), self.role.to_string(), self.stage.channel.to_string());
        for (id, values, chosen) in [
            ("strings", vec!["one", "two"], json!(["one", "two"])),
            ("users", vec![ben.as_str()], json!(["ben"])),
            ("roles", vec![role.as_str()], json!(["Reviewer"])),
            ("mentionables", vec![role.as_str()], json!(["Reviewer"])),
            ("channels", vec![channel.as_str()], json!(["general"])),
        ] {
            ana.select(message.id, id, &values).unwrap();
            assert_eq!(self.client.step("chosen").await, json!({ "step": "chosen", "id": id, "chosen": chosen }));
        }
    }

    async fn fills_every_field(&mut self) {
        let (ben, role, channel) = (json!([self.ben]), json!([self.role]), json!([self.stage.channel]));
        for (which, values, got) in [
            (
                "people",
                json!({ "users": ben, "roles": role, "mentionables": role, "channels": channel, "strings": ["two"] }),
                json!({ "users": ["ben"], "roles": ["Reviewer"], "mentionables": ["Reviewer"], "channels": ["general"], "strings": ["two"] }),
            ),
            (
                "marks",
                json!({ "radio": ["two"], "boxes": ["one", "two"], "tick": true, "files": [{ "name": "a.txt", "text": "a file" }], "text": "short" }),
                json!({ "radio": "two", "boxes": ["one", "two"], "tick": true, "files": "a file", "text": "short" }),
            ),
            ("rows", json!({ "old": "As before" }), json!({ "old": "As before" })),
        ] {
            let outcome = self.runs("form", json!({ "which": which })).await;
            let form = outcome.modal().unwrap_or_else(|| panic!("a form, not {}", outcome.as_text())).interaction_id;
            self.client.step("form").await;
            let sent = self
                .stage
                .emulator
                .person(self.stage.ana)
                .submit(form, values)
                .unwrap_or_else(|why| panic!("{which}: {why}"));
            let outcome = self.stage.emulator.settled(sent, STEP).await;
            let submitted = self.client.step("submitted").await;
            assert_eq!(submitted["got"], got);
            assert_eq!(outcome.message().map(|one| one.content.as_str()), Some("Taken"), "{outcome:?}");
        }
    }

    async fn reads_what_comes_afterwards(&mut self) {
        self.runs("afterwards", json!({})).await;
        let step = self.client.step("afterwards").await;
        assert_eq!(
            step,
            json!({ "step": "afterwards", "late": "late", "left": 0, "content": "For everybody, changed" })
        );
        let mine: Vec<_> = self.seen().into_iter().rev().take(3).collect();
        let read: Vec<_> = mine.iter().rev().map(|one| (one.content.as_str(), one.only_for.is_some())).collect();
        assert_eq!(read, [("First", true), ("Second, changed", true), ("For everybody, changed", false)]);
        let theirs = self.stage.emulator.messages(self.stage.channel, self.ben);
        assert!(theirs.iter().all(|one| one.only_for.is_none()), "nobody sees what only Ana may see");

        self.runs("room", json!({})).await;
        let room = self.client.step("room").await;
        assert_eq!(room, json!({ "step": "room", "active": ["By itself, renamed", "On the post"], "archived": true }));
        let threads = self.stage.emulator.channels(self.stage.guild, self.stage.ana);
        assert!(threads.iter().any(|one| one.name == "On the post"), "{threads:?}");
    }

    /// Seven messages where five are allowed in a time, one of them refused on top: the client waits, and each arrives once.
    async fn meets_limits(&mut self) {
        self.runs_into_limits();
        self.runs("many", json!({})).await;
        self.client.step("many").await;
        let mut arrived: Vec<_> =
            self.seen().into_iter().filter(|one| one.content.starts_with("Message ")).map(|one| one.content).collect();
        arrived.sort();
        assert_eq!(arrived, (0..7).map(|at| format!("Message {at}")).collect::<Vec<_>>());
        let refused = self.stage.emulator.journal().entries();
        let refused = refused.iter().filter(|entry| matches!(entry, Entry::Rest { status: 429, .. })).count();
        assert!((1..=7).contains(&refused), "{refused} requests were refused for a limit");
    }

    fn runs_into_limits(&self) {
        let limits = Limits { messages_per_channel: Some((5, Duration::from_secs(1))), ..Limits::discord() };
        self.stage.emulator.set_limits(limits);
        let once = Effect::RateLimited { retry_after: Duration::from_millis(300), global: false };
        self.stage.emulator.faults().on(Some("POST"), "/messages", once, Some(1));
    }
}

async fn play(program: &str, script: &str) {
    let stage = Stage::build().await;
    let (ben, role) = stage.emulator.change(|world| {
        let ben = world.add_user("Ben");
        let role = world.add_role(stage.guild, "Reviewer", 0, 0);
        world.add_member(stage.guild, ben, None, &[]);
        (ben, role)
    });
    let mut ana = Ana { stage: &stage, client: Client::start(program, script, &stage), ben, role };
    ana.client.step("ready").await;
    ana.gives_every_option().await;
    ana.uses_every_control().await;
    ana.fills_every_field().await;
    ana.reads_what_comes_afterwards().await;
    ana.meets_limits().await;
    Stage::ends(&mut ana.client).await;
    assert_eq!(stage.complies(), [IDENTIFY]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Node.js with discord.js, and the OpenAPI document in DISCORD_OPENAPI"]
async fn discord_js_uses_every_kind() {
    play("node", "tests/clients/discordjs/kinds.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Python with discord.py, and the OpenAPI document in DISCORD_OPENAPI"]
async fn discord_py_uses_every_kind() {
    play("target/clients-venv/bin/python", "tests/clients/discordpy/kinds.py").await;
}
