//! kill -9 at any moment: nothing acknowledged is lost, nothing is posted twice.
//!
//! The emulator lives in this process; the bot is a real process that is killed at random points while people press, messages go out
//! and things fall due. At the end every acknowledged answer must be in the count, and every message must stand exactly once.

mod closing;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use cxbot::clock::Clock;
use cxbot::config::{Overrides, Settings};
use cxbot::emulator::{ChannelSeed, Emulator, Id, Outcome, World, permissions};
use cxbot::ids::{ChannelId, GuildId, RoleId};
use cxbot::outbox::{self, Queue, To};
use cxbot::people;
use cxbot::post::Post;
use cxbot::services::Services;
use cxbot::survey::list_closed;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::harness::{MACHINE, support};

const PEOPLE: usize = 24;
const DEADLINE: Duration = Duration::from_mins(1);

/// A small generator of its own: the points of the kills are printed with the seed and can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_kills_lose_and_repeat_nothing() {
    let fixture = support::sqlite().await;
    kill_again_and_again(fixture.url.clone(), 6, 20_261_123).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs several minutes"]
async fn two_hundred_kills_lose_and_repeat_nothing() {
    let fixture = support::sqlite().await;
    kill_again_and_again(fixture.url.clone(), 200, 7_654_321).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn kills_lose_and_repeat_nothing_on_postgres() {
    let fixture = support::postgres().await;
    kill_again_and_again(fixture.url.clone(), 40, 1_234_567).await;
}

/// What a person was told, and what may have happened unseen.
#[derive(Default)]
struct Pressed {
    acknowledged: Option<usize>,
    /// Pressed after the acknowledged one and never answered: each may or may not have been stored.
    maybe_since: BTreeSet<usize>,
}

struct Stage {
    emulator: Emulator,
    services: Services,
    data: tempfile::TempDir,
    url: String,
    guild: Id,
    lead: Id,
    people: Vec<Id>,
    pulse: Id,
    general: Id,
}

async fn kill_again_and_again(url: String, kills: usize, seed: u64) {
    let _alone = MACHINE.write().await;
    let stage = Arc::new(set_stage(url).await);
    let mut dice = Dice(seed);
    let mut bot = start_bot(&stage);
    stage.emulator.ready(DEADLINE).await.expect("the first start");
    let (message, buttons) = open_pulse(&stage).await;
    let pressed: Arc<Vec<Mutex<Pressed>>> = Arc::new((0..PEOPLE).map(|_| Mutex::default()).collect());
    let mut expected = BTreeSet::new();
    let started = Instant::now();
    let mut readied = 0_usize;

    for kill in 0..kills {
        // Half of the kills hit a bot at work, half one that is just starting.
        let at_work = dice.below(2) == 0;
        if at_work && stage.emulator.ready(DEADLINE).await.is_ok() {
            readied += 1;
        }
        let texts = queue_messages(&stage, kill).await;
        expected.extend(texts);
        // Half of the people, each once: a person's presses never overlap, so what was acknowledged last is what must count.
        let first = usize::try_from(dice.below(PEOPLE as u64)).expect("a small number");
        let gone = CancellationToken::new();
        let presses: Vec<_> = (0..PEOPLE / 2)
            .map(|number| {
                let person = (first + number) % PEOPLE;
                let option = usize::try_from(dice.below(buttons.len() as u64)).expect("a small number");
                let (stage, pressed, id, gone) =
                    (stage.clone(), pressed.clone(), buttons[option].clone(), gone.clone());
                tokio::spawn(async move { press(&stage, &pressed[person], person, option, message, &id, &gone).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_micros(dice.below(120_000))).await;
        bot.kill().expect("the bot is killed");
        bot.wait().expect("the bot is gone");
        gone.cancel();
        for press in presses {
            press.await.expect("a press");
        }
        bot = start_bot(&stage);
    }

    stage.emulator.ready(DEADLINE).await.expect("the last start");
    wait_for_posts(&stage, &expected).await;
    check_posts(&stage, &expected);
    let counted = close_and_count(&stage, buttons.len()).await;
    check_answers(&pressed, &counted);
    let acknowledged = pressed.iter().filter(|one| one.lock().unwrap().acknowledged.is_some()).count();
    let _ = Command::new("kill").args(["-TERM", &bot.id().to_string()]).status();
    assert!(bot.wait().expect("the bot stops").success(), "the bot must stop cleanly");
    println!(
        "{kills} kills in {:.0?} (seed {seed}, {readied} of them after ready): {acknowledged} people acknowledged, {} messages, each exactly once",
        started.elapsed(),
        expected.len()
    );
}

async fn set_stage(url: String) -> Stage {
    let clock = Clock::system();
    let mut world = World::new("cxbot", clock.now());
    let lead = world.add_user("Lea");
    let guild = world.add_guild("Benefits Agency", lead);
    let role = world.add_role(guild, "CX lead", 0, 0);
    world.set_member_roles(guild, lead, &[role]);
    let people: Vec<Id> = (0..PEOPLE)
        .map(|number| {
            let id = world.add_user(&format!("Member{number}"));
            world.add_member(guild, id, None, &[]);
            id
        })
        .collect();
    let general = world.add_channel(guild, ChannelSeed::text("general"));
    let pulse = world.add_channel(guild, ChannelSeed::text("pulse"));
    world.add_bot(guild, permissions::BOT);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::start(listener, clock.clone(), world).unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut settings =
        Settings::load(&Overrides { data_dir: Some(data.path().to_owned()), ..Overrides::default() }).unwrap();
    settings.use_database(&url);
    let services = cxbot::app::open(settings, clock.clone()).await.unwrap();
    let channel = Some(ChannelId(pulse.get()));
    let settings = people::GuildSettings {
        guild: GuildId(guild.get()),
        name: "Benefits Agency".into(),
        zone: chrono_tz::America::New_York,
        lead_role: Some(RoleId(role.get())),
        learning_channel: channel,
        pulse_channel: channel,
        recognition_channel: channel,
        set_up_at: Some(clock.now()),
    };
    services.store.write(move |tx| Box::pin(async move { people::save_guild(tx, &settings).await })).await.unwrap();
    Stage { emulator, services, data, url, guild, lead, people, pulse, general }
}

fn start_bot(stage: &Stage) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(stage.data.path().join("bot.log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_cxbot"))
        .args(["run", "--data"])
        .arg(stage.data.path())
        .env("DISCORD_TOKEN", stage.emulator.token())
        .env("CXBOT_DISCORD__API_BASE", stage.emulator.api_base())
        .env("CXBOT_DATABASE__URL", &stage.url)
        .env("CXBOT_LOG__FILTER", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

async fn open_pulse(stage: &Stage) -> (Id, Vec<String>) {
    let lead = stage.emulator.person(stage.lead);
    let mut answer = String::new();
    for _ in 0..100 {
        // The commands are registered shortly after the first ready.
        if let Ok(asked) = lead.run(stage.pulse, "pulse open", json!({ "pulse": "service-ease" })) {
            answer = stage.emulator.settled(asked, DEADLINE).await.as_text();
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage
        .emulator
        .when(DEADLINE, || {
            let messages = stage.emulator.messages(stage.pulse, stage.people[0]);
            let message = messages.into_iter().rev().find(|message| message.buttons().len() >= 5)?;
            let buttons = message
                .buttons()
                .into_iter()
                .filter_map(|button| button.custom_id)
                .filter(|id| id.contains(":answer:"))
                .take(5)
                .collect();
            Some((message.id, buttons))
        })
        .await
        .unwrap_or_else(|_| panic!("no pulse was posted; the lead read: {answer}"))
}

/// Leaves messages in the outbox, as a feature does; some of them due in a moment.
async fn queue_messages(stage: &Stage, kill: usize) -> Vec<String> {
    let texts: Vec<String> = (0..3).map(|number| format!("message {kill}.{number}")).collect();
    let (guild, channel, now, mine) =
        (GuildId(stage.guild.get()), ChannelId(stage.general.get()), stage.services.clock.now(), texts.clone());
    stage
        .services
        .store
        .write(move |tx| {
            Box::pin(async move {
                for (number, text) in mine.iter().enumerate() {
                    let due_at = now + TimeDelta::seconds(i64::try_from(number).unwrap() - 1);
                    let post = Post::text(text.as_str());
                    outbox::queue(
                        tx,
                        Queue { guild, key: &format!("kill:{text}"), to: To::Channel(channel), post: &post, due_at },
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    texts
}

async fn press(
    stage: &Stage,
    pressed: &Mutex<Pressed>,
    person: usize,
    option: usize,
    message: Id,
    custom_id: &str,
    gone: &CancellationToken,
) {
    let Ok(interaction) = stage.emulator.person(stage.people[person]).press(message, custom_id) else { return };
    let acknowledged = tokio::select! {
        biased;
        outcome = stage.emulator.outcome(interaction) => matches!(outcome, Outcome::Message(view) if view.as_text().contains("sealed")),
        // The process is dead; nothing will come any more.
        () = gone.cancelled() => false,
    };
    let mut pressed = pressed.lock().unwrap();
    if acknowledged {
        pressed.acknowledged = Some(option);
        pressed.maybe_since.clear();
    } else {
        pressed.maybe_since.insert(option);
    }
}

async fn wait_for_posts(stage: &Stage, expected: &BTreeSet<String>) {
    // A message that a killed sender had in hand is taken up by the next one when the claim has run out.
    let all_there = stage
        .emulator
        .when(DEADLINE * 3, || {
            let there: BTreeSet<String> =
                stage.emulator.messages(stage.general, stage.lead).into_iter().map(|message| message.content).collect();
            expected.is_subset(&there).then_some(())
        })
        .await;
    if all_there.is_err() {
        let log = std::fs::read_to_string(stage.data.path().join("bot.log")).unwrap_or_default();
        panic!("messages were lost; the bot's log:\n{log}");
    }
}

fn check_posts(stage: &Stage, expected: &BTreeSet<String>) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for message in stage.emulator.messages(stage.general, stage.lead) {
        *times.entry(message.content).or_default() += 1;
    }
    let repeated: Vec<_> = expected.iter().filter(|text| times.get(*text).copied() != Some(1)).collect();
    assert!(repeated.is_empty(), "posted more than once: {repeated:?}");
    let pulses = stage
        .emulator
        .messages(stage.pulse, stage.people[0])
        .into_iter()
        .filter(|message| message.only_for.is_none())
        .count();
    assert_eq!(pulses, 1, "the pulse itself must have been posted once");
}

/// Closes the pulse and reads the counts that are kept, from worst option to best.
async fn close_and_count(stage: &Stage, options: usize) -> Vec<usize> {
    let lead = stage.emulator.person(stage.lead);
    let asked = lead.run(stage.pulse, "pulse close", json!({ "pulse": "1" })).expect("/pulse close");
    let answer = stage.emulator.settled(asked, DEADLINE).await.as_text();
    let deadline = Instant::now() + DEADLINE;
    loop {
        let guild = GuildId(stage.guild.get());
        let closed = stage
            .services
            .store
            .read(move |tx| Box::pin(async move { list_closed(tx, guild, "pulse", None).await }))
            .await
            .unwrap();
        if let [only] = closed.as_slice() {
            let counts: Vec<usize> = only.counts.options.iter().map(|&count| count as usize).collect();
            assert_eq!(counts.len(), options);
            return counts;
        }
        assert!(Instant::now() < deadline, "the pulse was not counted; the lead read: {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every acknowledged answer counts, unless a later press of the same person, never answered, took its place.
fn check_answers(pressed: &[Mutex<Pressed>], counted: &[usize]) {
    let total: usize = counted.iter().sum();
    let (mut surely, mut possibly) = (0, 0);
    let mut least = vec![0; counted.len()];
    let mut most = vec![0; counted.len()];
    for one in pressed {
        let one = one.lock().unwrap();
        surely += usize::from(one.acknowledged.is_some());
        possibly += usize::from(one.acknowledged.is_some() || !one.maybe_since.is_empty());
        let candidates: BTreeSet<usize> = one.acknowledged.into_iter().chain(one.maybe_since.iter().copied()).collect();
        for &option in &candidates {
            most[option] += 1;
        }
        if let (Some(option), 1) = (one.acknowledged, candidates.len()) {
            least[option] += 1;
        }
    }
    assert!(
        (surely..=possibly).contains(&total),
        "{total} counted, but {surely} were acknowledged and {possibly} pressed"
    );
    for (option, &count) in counted.iter().enumerate() {
        assert!(
            (least[option]..=most[option]).contains(&count),
            "option {option}: {count} counted, between {} and {} expected",
            least[option],
            most[option]
        );
    }
}

/// A migration killed at any point leaves a database that the next start brings up to date.
#[test]
fn a_migration_may_be_killed_at_any_point() {
    let _alone = MACHINE.blocking_write();
    let mut dice = Dice(99_991);
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let mut first = migrate(folder.path());
        std::thread::sleep(Duration::from_micros(dice.below(60_000)));
        first.kill().unwrap();
        first.wait().unwrap();
        assert!(migrate(folder.path()).wait().unwrap().success(), "the migration must finish after a kill");
    }
}

fn migrate(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_cxbot"))
        .args(["migrate", "--data"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
