//! The real program from its command line: what it says when something is wrong, how it ends, and that nothing secret leaves it.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cxbot::clock::Clock;
use cxbot::config::{Overrides, Settings};
use cxbot::emulator::{ChannelSeed, Effect, Emulator, Id, Limits, World, permissions};
use cxbot::ids::{ChannelId, GuildId, RoleId};
use cxbot::people;
use cxbot::services::Services;
use serde_json::json;
use sqlx::Connection as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::RwLockReadGuard;

use crate::harness::{DEADLINE, MACHINE, support};

const TOKEN: &str = "SECRET-TOKEN-OF-THE-BOT.abc.def";

/// A started program, ended with the test whatever happens.
struct Program {
    child: Child,
    folder: tempfile::TempDir,
}

/// What a program left behind.
#[derive(Debug)]
struct Left {
    status: ExitStatus,
    said: String,
    log: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Program {
    start_in_shell("exec \"$@\"", arguments, environment)
}

/// Starts the program under a line of shell that ends in `exec "$@"`, for example behind a limit.
fn start_in_shell(line: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| std::fs::File::create(folder.path().join(name)).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_cxbot")]).args(arguments);
    for unset in [
        "DISCORD_TOKEN",
        "DISCORD_TOKEN_FILE",
        "CXBOT_CONFIG_FILE",
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(unset);
    }
    command.env("CXBOT_DATA__DIR", folder.path().join("data")).env("NO_COLOR", "1").envs(environment.iter().copied());
    let child = command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .unwrap();
    Program { child, folder }
}

impl Program {
    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join(name)).unwrap_or_default()).into_owned()
    }

    async fn logs(&mut self, part: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.read("err").contains(part) {
            assert!(Instant::now() < deadline, "waited for {part:?} in:\n{}", self.read("err"));
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "it ended; waited for {part:?} in:\n{}",
                self.read("err")
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ends(&mut self) -> Left {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let left = Left { status, said: self.read("out"), log: self.read("err") };
                assert!(!left.log.contains("panicked"), "it panicked:\n{}", left.log);
                return left;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.read("err"));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks it to stop, as a service manager does; it may take ten seconds.
    async fn stops(&mut self) -> Left {
        let asked_at = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        let left = self.ends().await;
        assert!(asked_at.elapsed() < Duration::from_secs(10), "stopping took {:?}", asked_at.elapsed());
        left
    }
}

impl Left {
    #[track_caller]
    fn is_refused_with(&self, parts: &[&str]) {
        assert_eq!(self.status.code(), Some(1), "{self:#?}");
        for part in parts {
            assert!(self.log.contains(part), "expected {part:?} in:\n{}", self.log);
        }
    }
}

async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Left {
    start(arguments, environment).ends().await
}

/// A server with an open way in, for a bot in another process.
struct Town {
    emulator: Emulator,
    guild: Id,
    general: Id,
    pulse: Id,
    lead: Id,
    members: Vec<Id>,
    role: Id,
    _share: RwLockReadGuard<'static, ()>,
}

async fn town(members: usize) -> Town {
    let share = MACHINE.read().await;
    let clock = Clock::system();
    let mut world = World::new("cxbot", clock.now());
    world.set_token(TOKEN);
    let lead = world.add_user("Lea");
    let guild = world.add_guild("Benefits Agency", lead);
    let role = world.add_role(guild, "CX lead", 0, 0);
    world.set_member_roles(guild, lead, &[role]);
    let members = (0..members)
        .map(|number| {
            let id = world.add_user(&format!("Member{number}"));
            world.add_member(guild, id, None, &[]);
            id
        })
        .collect();
    let general = world.add_channel(guild, ChannelSeed::text("general"));
    let pulse = world.add_channel(guild, ChannelSeed::text("pulse"));
    world.add_bot(guild, permissions::BOT);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::start(listener, clock, world).unwrap();
    emulator.set_limits(Limits::off());
    Town { emulator, guild, general, pulse, lead, members, role, _share: share }
}

impl Town {
    /// What `/setup` would have stored, in the database of a data folder or at an address.
    async fn set_up(&self, url: &str, data: &Path) -> Services {
        let overrides = Overrides { data_dir: Some(data.to_owned()), ..Overrides::default() };
        let mut settings = Settings::load(&overrides).unwrap();
        settings.use_database(url);
        let services = cxbot::app::open(settings, Clock::system()).await.unwrap();
        let channel = Some(ChannelId(self.pulse.get()));
        let settings = people::GuildSettings {
            guild: GuildId(self.guild.get()),
            name: "Benefits Agency".into(),
            zone: chrono_tz::America::New_York,
            lead_role: Some(RoleId(self.role.get())),
            learning_channel: channel,
            pulse_channel: channel,
            recognition_channel: channel,
            set_up_at: Some(services.clock.now()),
        };
        services.store.write(move |tx| Box::pin(async move { people::save_guild(tx, &settings).await })).await.unwrap();
        services
    }

    /// Connected, and its commands are there.
    async fn is_ready(&self) {
        self.emulator.ready(DEADLINE).await.expect("the bot connects");
        let there = || (!self.emulator.commands(self.general, self.lead).is_empty()).then_some(());
        self.emulator.when(DEADLINE, there).await.expect("the bot registers its commands");
    }

    async fn asks(&self, who: Id, command: &str, options: serde_json::Value) -> String {
        let asked = self.emulator.person(who).run(self.pulse, command, options).unwrap();
        self.emulator.settled(asked, DEADLINE).await.as_text()
    }

    async fn open_pulse(&self) -> Id {
        self.asks(self.lead, "pulse open", json!({"pulse": "service-ease", "people": 100})).await;
        let there = || {
            let messages = self.emulator.messages(self.pulse, self.lead);
            messages
                .into_iter()
                .find(|message| message.buttons().len() >= 5 && message.only_for.is_none())
                .map(|one| one.id)
        };
        self.emulator.when(DEADLINE, there).await.expect("the pulse is posted")
    }
}

#[tokio::test]
async fn without_a_token_it_says_where_to_get_one() {
    run(&["run"], &[]).await.is_refused_with(&["No Discord token", "DISCORD_TOKEN", "cxbot playground"]);
    run(&["run"], &[("DISCORD_TOKEN", " ")]).await.is_refused_with(&["empty or holds spaces"]);
    run(&["run"], &[("DISCORD_TOKEN_FILE", "/nowhere/token")])
        .await
        .is_refused_with(&["/nowhere/token", "cannot be read"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_ends_it_with_a_sentence() {
    let town = town(0).await;
    let base = town.emulator.api_base();
    let left = run(&["run"], &[("DISCORD_TOKEN", "wrong-token"), ("CXBOT_DISCORD__API_BASE", &base)]).await;
    left.is_refused_with(&["Discord", "token", "Reset Token"]);
    assert!(!left.log.contains("wrong-token"), "{}", left.log);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_stops_counting_ends_it_with_a_sentence() {
    let town = town(0).await;
    let base = town.emulator.api_base();
    let mut bot = start(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]);
    town.is_ready().await;
    town.emulator.change(|world| world.set_token("another"));
    town.emulator.close_gateway(4004);
    bot.ends().await.is_refused_with(&["token", "Reset Token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_against_a_server_on_this_machine_and_finishes_what_is_in_hand() {
    let town = town(1).await;
    let base = town.emulator.api_base();
    let mut bot = start(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]);
    town.is_ready().await;
    assert!(town.asks(town.members[0], "help", json!({})).await.contains("What you can do here"));
    // A press is being answered when the signal comes.
    town.emulator.faults().on(Some("POST"), "/callback", Effect::Latency(Duration::from_millis(1200)), Some(1));
    let asked = town.emulator.person(town.members[0]).run(town.general, "help", json!({})).unwrap();
    let arrived = || {
        let entries = town.emulator.journal().entries();
        let told = entries.iter().any(|entry| format!("{entry:?}").contains(&format!("{asked}")));
        told.then_some(())
    };
    town.emulator.when(DEADLINE, arrived).await.expect("the press reaches the bot");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = bot.stops().await;
    assert!(left.status.success(), "{left:#?}");
    let told = town.emulator.outcome(asked).await.as_text();
    assert!(told.contains("What you can do here"), "{told}");
    assert!(!left.log.contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discord_out_of_reach_is_said_and_tried_again_until_it_is_told_to_stop() {
    // The gateway that is named does not answer.
    let (port, _heard) = listener("127.0.0.1:0", Some(r#"{"url":"ws://127.0.0.1:9"}"#)).await;
    let base = format!("http://127.0.0.1:{port}");
    let mut bot = start(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]);
    bot.logs("Not connected to Discord yet; still trying.").await;
    let left = bot.stops().await;
    assert!(left.status.success(), "{left:#?}");
    assert!(!left.log.contains(TOKEN), "{}", left.log);

    // The same when it goes away later, and it comes back by itself when Discord does.
    let town = town(1).await;
    let base = town.emulator.api_base();
    let mut bot = start(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]);
    town.is_ready().await;
    town.emulator.faults().on(None, "/gateway", Effect::Status(503), None);
    town.emulator.drop_gateway();
    tokio::time::sleep(Duration::from_millis(500)).await;
    town.emulator.faults().clear();
    town.emulator.ready(Duration::from_mins(1)).await.expect("it comes back");
    assert!(town.asks(town.members[0], "help", json!({})).await.contains("What you can do here"));
    town.emulator.stop();
    let left = bot.stops().await;
    assert!(left.status.success(), "{left:#?}");
}

/// Takes everything that arrives; answers each request with `body` when there is one.
async fn listener(address: &str, body: Option<&'static str>) -> (u16, tokio::sync::watch::Receiver<String>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, hear) = tokio::sync::watch::channel(String::new());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            heard.send_modify(|all| all.push_str("(connected)"));
            let mut buffer = vec![0; 65536];
            let read = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut buffer)).await;
            if let Ok(Ok(count)) = read {
                heard.send_modify(|all| all.push_str(&String::from_utf8_lossy(&buffer[..count])));
            }
            if let Some(body) = body {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    (port, hear)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_never_leaves_for_an_address_that_is_not_here() {
    // Any address of this machine but loopback: nobody is even connected to.
    let (port, heard) = listener("0.0.0.0:0", None).await;
    for base in [
        format!("http://0.0.0.0:{port}"),
        format!("http://127.0.0.1@0.0.0.0:{port}"),
        "http://192.0.2.1".into(),
        "https://discord.com".into(),
        "http://example.invalid".into(),
    ] {
        let left = run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]).await;
        left.is_refused_with(&["for a server on this machine only", "The token was not sent."]);
        assert!(!left.log.contains(TOKEN), "{}", left.log);
    }
    assert_eq!(*heard.borrow(), "", "somebody was connected to");

    // A server on this machine that sends the bot elsewhere.
    for gateway in [
        r#"{"url":"wss://gateway.discord.gg"}"#,
        r#"{"url":"ws://192.0.2.1:80"}"#,
        r#"{"url":"ws://127.0.0.1.example.invalid"}"#,
        r#"{"url":"ws://127.0.0.1@192.0.2.1"}"#,
        r#"{"no":"url"}"#,
    ] {
        let (port, heard) = listener("127.0.0.1:0", Some(gateway)).await;
        let base = format!("http://127.0.0.1:{port}");
        let left = run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base)]).await;
        left.is_refused_with(&["The token was not sent."]);
        let heard = heard.borrow().to_lowercase();
        assert!(heard.contains("get /api/v10/gateway"), "{gateway}: {heard}");
        assert!(!heard.contains("authorization") && !heard.contains(&TOKEN.to_lowercase()), "{gateway}: {heard}");
    }
}

#[tokio::test]
async fn wrong_settings_are_named_by_file_line_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("our.toml");
    for (text, parts) in [
        ("[time]\nzone = \"Mars/Base\"\n", [":2:", "time.zone"]),
        ("[log]\nlevel = \"info\"\n", [":2:", "log.level is not a setting"]),
        ("[playground]\n\nport = \"x\"\n", [":3:", "playground.port"]),
        ("[log\n", ["our.toml:1:", ""]),
    ] {
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        for command in ["run", "check", "migrate"] {
            let left = run(&[command, "--config", file], &[("DISCORD_TOKEN", TOKEN)]).await;
            left.is_refused_with(&["our.toml", parts[0], parts[1]]);
        }
    }
    run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_LOG__FILTER", "=nonsense=")])
        .await
        .is_refused_with(&["log.filter is not understood"]);
    run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DATABASE__URL", "mysql://x")])
        .await
        .is_refused_with(&["must start with `sqlite:` or `postgres://`"]);
    run(&["migrate", "--config", "/nowhere.toml"], &[]).await.is_refused_with(&["/nowhere.toml", "cannot be read"]);
}

#[tokio::test]
async fn check_names_every_problem_in_a_folder_of_broken_content() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lessons/first/01-broken.md", "no front matter at all\n");
    write("lessons/first/02-also.md", "+++\nid = \"x\"\n+++\ntext\n");
    write("pulses/broken.toml", "title = \"Only a title\"\n");
    write("pulses/not-toml.toml", "title = \n");
    write("holidays.toml", "[[day]]\non = \"soon\"\n");
    write("programs.toml", "[[program]]\nkey = \"Not A Key\"\n");
    write("recognition.toml", "[[principle]]\n");
    let left = run(&["check"], &[("CXBOT_CONTENT__DIR", folder.path().to_str().unwrap())]).await;
    assert_eq!(left.status.code(), Some(1), "{left:#?}");
    for file in [
        "01-broken.md:",
        "02-also.md:",
        "pulses/broken.toml:",
        "pulses/not-toml.toml:",
        "holidays.toml:",
        "programs.toml:",
        "recognition.toml:",
    ] {
        assert!(left.log.contains(file), "{file} is not named:\n{}", left.log);
    }
    assert!(left.log.contains("to mend."), "{}", left.log);
    let fine = run(&["check"], &[]).await;
    assert!(fine.status.success() && fine.said.contains("Settings and content are fine."), "{fine:#?}");
    let missing = run(&["check"], &[("CXBOT_CONTENT__DIR", "/nowhere")]).await;
    missing.is_refused_with(&["/nowhere", "not a folder"]);
}

#[tokio::test]
async fn an_author_is_told_file_line_and_reason_of_every_bad_lesson() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/bad-lessons");
    let left = run(&["check"], &[("CXBOT_CONTENT__DIR", folder)]).await;
    assert_eq!(left.status.code(), Some(1), "{left:#?}");
    insta::assert_snapshot!("bad_lessons", left.log.replace(folder, "<content>"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert!(run(&["migrate", "--data", data], &[]).await.status.success());
    let file = folder.path().join("cxbot.db");
    let mut database = sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    sqlx::query(
        "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         values (9999, 'tomorrow', current_timestamp, true, x'00', 1)",
    )
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
    for command in ["migrate", "run"] {
        let left = run(&[command, "--data", data], &[("DISCORD_TOKEN", TOKEN)]).await;
        left.is_refused_with(&["made by a newer cxbot", "9999", "nothing was changed"]);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "not a database ".repeat(100)).unwrap();
    let below = file.join("data");
    let left = run(&["run", "--data", below.to_str().unwrap()], &[("DISCORD_TOKEN", TOKEN)]).await;
    left.is_refused_with(&["The data folder", "a-file", "--data"]);
    let left =
        run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DATABASE__URL", "sqlite:/proc/nowhere/cxbot.db")]).await;
    left.is_refused_with(&["/proc/nowhere/cxbot.db", "cannot be opened", "disk"]);
    // A file that is no database.
    let url = format!("sqlite:{}", file.display());
    let left = run(&["migrate"], &[("CXBOT_DATABASE__URL", &url)]).await;
    left.is_refused_with(&["a-file", "cannot be opened", "not a database"]);
}

/// A limit on the size of files stands in for a full disk: writing fails in the middle of things.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let town = town(150).await;
    let data = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", data.path().join("cxbot.db").display());
    town.set_up(&url, data.path()).await.store.close().await;
    let base = town.emulator.api_base();
    let folder = data.path().to_str().unwrap();
    let environment =
        [("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", base.as_str()), ("CXBOT_DATA__DIR", folder)];
    // The log of changes, a file of its own, is full after some dozens of answers. In units of 512 or 1,024 bytes, as the shell has it.
    let units = std::fs::metadata(data.path().join("cxbot.db")).unwrap().len() / 1024 + 100;
    let limit = format!("trap '' XFSZ; ulimit -f {units}; exec \"$@\"");
    let mut bot = start_in_shell(&limit, &["run"], &environment);
    town.is_ready().await;
    let message = town.open_pulse().await;
    let (mut kept, mut told_otherwise) = (0, Vec::new());
    for member in &town.members {
        let asked = town.emulator.person(*member).press_label(message, "Easy").unwrap();
        let told = town.emulator.settled(asked, DEADLINE).await.as_text();
        if told.contains("Your answer is sealed") {
            kept += 1;
        } else {
            told_otherwise.push(told);
        }
    }
    assert!(kept > 0 && !told_otherwise.is_empty(), "the limit must fall in between: {kept} kept");
    for told in &told_otherwise {
        assert!(told.contains("Something went wrong on our side") && told.contains("reference"), "{told}");
    }
    let left = bot.stops().await;
    assert!(left.log.to_lowercase().contains("disk") || left.log.contains("full"), "{}", left.log);

    // There is room again: exactly what was acknowledged is counted.
    let mut bot = start(&["run"], &environment);
    town.emulator.ready(DEADLINE).await.unwrap();
    let closed = || {
        let shown = town.emulator.transcript(town.pulse, town.lead);
        shown.contains("Result of the pulse").then_some(shown)
    };
    town.asks(town.lead, "pulse close", json!({"pulse": "1"})).await;
    let shown = town.emulator.when(DEADLINE, closed).await.expect("the result is posted");
    assert!(shown.contains(&format!("{kept} of 100 ")), "{kept} were acknowledged:\n{shown}");
    assert!(bot.stops().await.status.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn postgres_that_goes_away_comes_back_and_a_wrong_address_is_named() {
    let left =
        run(&["run"], &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DATABASE__URL", "postgres://cx:hunter2@127.0.0.1:9/cx")])
            .await;
    left.is_refused_with(&["PostgreSQL cannot be reached", "database.url"]);
    assert!(!left.log.contains("hunter2"), "{}", left.log);

    let fixture = support::postgres().await;
    let town = town(3).await;
    let data = tempfile::tempdir().unwrap();
    town.set_up(&fixture.url, data.path()).await.store.close().await;
    let base = town.emulator.api_base();
    let mut bot = start(
        &["run"],
        &[("DISCORD_TOKEN", TOKEN), ("CXBOT_DISCORD__API_BASE", &base), ("CXBOT_DATABASE__URL", &fixture.url)],
    );
    town.is_ready().await;
    let message = town.open_pulse().await;
    let mut admin = sqlx::PgConnection::connect(&fixture.url).await.unwrap();
    let mut kept = 0;
    for member in &town.members {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&mut admin)
        .await
        .unwrap();
        let asked = town.emulator.person(*member).press_label(message, "Easy").unwrap();
        let told = town.emulator.settled(asked, DEADLINE).await.as_text();
        kept += usize::from(told.contains("Your answer is sealed"));
        assert!(told.contains("Your answer is sealed") || told.contains("Something went wrong on our side"), "{told}");
    }
    let told = town.asks(town.lead, "pulse close", json!({"pulse": "1"})).await;
    let closed = || {
        let shown = town.emulator.transcript(town.pulse, town.lead);
        shown.contains("Result of the pulse").then_some(shown)
    };
    town.emulator.when(DEADLINE, closed).await.unwrap_or_else(|_| panic!("{told}\n{}", bot.read("err")));
    println!("{kept} of 3 answers kept while every connection was cut before each");
    admin.close().await.unwrap();
    assert!(bot.stops().await.status.success());
}

#[tokio::test]
async fn help_and_version_read_well() {
    let mut pages = Vec::new();
    for arguments in [
        vec!["--help"],
        vec!["playground", "--help"],
        vec!["run", "--help"],
        vec!["check", "--help"],
        vec!["migrate", "--help"],
        vec!["import", "--help"],
    ] {
        let left = run(&arguments, &[]).await;
        assert!(left.status.success(), "{left:#?}");
        pages.push(format!("$ cxbot {}\n{}", arguments.join(" "), left.said));
    }
    insta::assert_snapshot!("command_line", pages.join("\n"));
    let version = run(&["--version"], &[]).await;
    assert_eq!(version.said.trim(), format!("cxbot {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(run(&["burn"], &[]).await.status.code(), Some(2));
    assert_eq!(run(&[], &[]).await.status.code(), Some(2));
}

/// Everything a session says at the most talkative level, on both databases' code paths that hold secrets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_talkative_log_holds_no_token_and_nothing_that_people_wrote() {
    let town = town(2).await;
    let data = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", data.path().join("cxbot.db").display());
    town.set_up(&url, data.path()).await.store.close().await;
    let base = town.emulator.api_base();
    let mut bot = start(
        &["run"],
        &[
            ("DISCORD_TOKEN", TOKEN),
            ("CXBOT_DISCORD__API_BASE", &base),
            ("CXBOT_DATA__DIR", data.path().to_str().unwrap()),
            ("CXBOT_LOG__FILTER", "trace"),
        ],
    );
    town.is_ready().await;
    let message = town.open_pulse().await;
    let ana = town.emulator.person(town.members[0]);
    let sealed = ana.press_label(message, "Very difficult").unwrap();
    assert!(town.emulator.settled(sealed, DEADLINE).await.as_text().contains("sealed"));
    let custom_id = town.emulator.message(message, town.lead).unwrap().buttons()[0].custom_id.clone().unwrap();

    let words = "PRIVATEWORDS of a nomination";
    let start = ana.run(town.general, "nominate", json!({"person": town.members[1]})).unwrap();
    let screen = town.emulator.settled(start, DEADLINE).await;
    let screen = screen.message().unwrap().id;
    let asked = ana.press_label(screen, "Tell what happened").unwrap();
    town.emulator.settled(asked, DEADLINE).await.modal().expect("the form");
    let written = json!({"happened": words, "customer": words, "changed": words, "evidence": words});
    let sent = ana.submit(asked, written).unwrap();
    assert!(town.emulator.settled(sent, DEADLINE).await.as_text().contains("PRIVATEWORDS"));
    let thanks = ana.run(town.general, "thanks", json!({"person": town.members[1]})).unwrap();
    town.emulator.settled(thanks, DEADLINE).await;
    let sent = ana.submit(thanks, json!({"did": words, "changed": words})).unwrap();
    town.emulator.settled(sent, DEADLINE).await;
    let arrived = || (!town.emulator.direct_messages(town.members[1]).is_empty()).then_some(());
    town.emulator.when(DEADLINE, arrived).await.expect("the thanks arrive");
    town.emulator.drop_gateway();
    town.emulator.ready(DEADLINE).await.unwrap();
    let left = bot.stops().await;
    assert!(left.status.success(), "{left:#?}");
    assert!(left.log.contains("TRACE") || left.log.contains("DEBUG"), "the log must be talkative:\n{}", left.log);
    for (what, secret) in [
        ("the token", TOKEN),
        ("what people wrote", "PRIVATEWORDS"),
        ("an answer", "Very difficult"),
        ("the id of a pressed answer", custom_id.as_str()),
        // Discord's tokens for interactions begin with "interaction:" in base64.
        ("the token of an interaction", "aW50ZXJhY3Rpb246"),
    ] {
        let found: Vec<_> = left.log.lines().filter(|line| line.contains(secret)).take(3).collect();
        assert!(found.is_empty(), "the log holds {what}:\n{}", found.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_shows_each_step_as_a_conversation() {
    let mut program = start(&["tour"], &[]);
    let left = program.ends().await;
    assert!(left.status.success(), "{left:#?}");
    for step in 1..=6 {
        assert!(left.said.contains(&format!("== Step {step} of 6")), "step {step} is missing:\n{}", left.said);
    }
    for words in ["Your answer is sealed", "5 of about", "Question 1 of", "with the reviewers", "Public-facing:"] {
        assert!(left.said.contains(words), "expected {words:?} in:\n{}", left.said);
    }
    assert!(!program.folder.path().join("data/tour").exists(), "the tour leaves nothing behind");
}
