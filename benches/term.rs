//! A term of learning: 16 weeks, three series of 16 lessons each, 500 members who take every quiz, on the manual clock.
//!
//! `cargo bench --bench term` (some minutes; `TERM_MEMBERS=50` makes it short). The emulator, the real serenity client and the bot run in
//! one process, since the clock is moved by hand. Reported: wall time, posts against the number that must be there, answers a second,
//! memory, and the time from asking for `/learn next` to its answer with the whole term behind it.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use cxbot::app::{self, App};
use cxbot::clock::Clock;
use cxbot::config::{Overrides, Settings, Token};
use cxbot::emulator::{ChannelSeed, Emulator, Id, Outcome, World, permissions};
use cxbot::ids::{ChannelId, GuildId, RoleId};
use cxbot::services::Services;
use cxbot::{outbox, people, schedule};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const SERIES: [&str; 3] = ["alpha", "beta", "gamma"];
const WEEKS: usize = 16;
const AT_ONCE: usize = 32;
const DEADLINE: Duration = Duration::from_mins(1);

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(term());
}

#[expect(clippy::disallowed_methods, reason = "a bench asks its surroundings for its size")]
fn member_count() -> usize {
    std::env::var("TERM_MEMBERS").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

fn lesson_file(series: &str, number: usize) -> String {
    let mut text = format!(
        "+++\nid = \"{series}-{number}\"\ntitle = \"{series} {number}\"\nminutes = 5\nsource = \"A book.\"\nprompt = \"What did you \
         notice?\"\nexercise = \"Try it once.\"\n"
    );
    for question in 1..=3 {
        let _ = write!(
            text,
            "\n[[questions]]\ntext = \"Question {question} of {series} {number}?\"\n[[questions.options]]\ntext = \"Yes\"\ncorrect = \
             true\nexplanation = \"Right.\"\n[[questions.options]]\ntext = \"No\"\nexplanation = \"Not so.\"\n"
        );
    }
    text + "+++\nAsk, listen, act.\n"
}

fn write_lessons(folder: &Path) {
    for series in SERIES {
        let path = folder.join("lessons").join(series);
        std::fs::create_dir_all(&path).expect("a folder");
        for number in 1..=WEEKS {
            std::fs::write(path.join(format!("{number:02}-lesson.md")), lesson_file(series, number)).expect("a lesson");
        }
    }
}

struct Term {
    emulator: Emulator,
    clock: Clock,
    services: Services,
    lessons: Id,
    lead: Id,
    members: Arc<Vec<Id>>,
}

async fn term() {
    let count = member_count();
    let folder = tempfile::tempdir().expect("a folder");
    write_lessons(folder.path());
    // Monday 7 September 2026 is Labor Day; the term begins on the day after. Thanksgiving and two more holidays lie in it.
    let clock = Clock::manual("2026-09-08T12:00:00Z".parse().expect("a time"));
    let mut world = World::new("cxbot", clock.now());
    let lead = world.add_user("Lea");
    let guild = world.add_guild("Benefits Agency", lead);
    let role = world.add_role(guild, "CX lead", 0, 0);
    world.set_member_roles(guild, lead, &[role]);
    let members: Vec<Id> = (0..count)
        .map(|number| {
            let id = world.add_user(&format!("Member{number}"));
            world.add_member(guild, id, None, &[]);
            id
        })
        .collect();
    let lessons = world.add_channel(guild, ChannelSeed::text("lessons"));
    world.add_bot(guild, permissions::BOT);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let emulator = Emulator::start(listener, clock.clone(), world).expect("the emulator");

    let overrides = Overrides { data_dir: Some(folder.path().join("data")), ..Overrides::default() };
    let mut settings = Settings::load(&overrides).expect("settings");
    settings.discord.api_base = emulator.api_base();
    settings.content.dir = folder.path().display().to_string();
    let services = app::open(settings.clone(), clock.clone()).await.expect("the database");
    let chosen = people::GuildSettings {
        guild: GuildId(guild.get()),
        name: "Benefits Agency".into(),
        zone: chrono_tz::America::New_York,
        lead_role: Some(RoleId(role.get())),
        learning_channel: Some(ChannelId(lessons.get())),
        pulse_channel: None,
        recognition_channel: None,
        set_up_at: Some(clock.now()),
    };
    services
        .store
        .write(move |tx| Box::pin(async move { people::save_guild(tx, &chosen).await }))
        .await
        .expect("the server's settings");
    let app = App::build(settings, clock.clone(), Token::new(emulator.token())).await.expect("the bot");
    let stop = CancellationToken::new();
    let running = tokio::spawn(app.run_until(stop.clone().cancelled_owned(), |_| {}));
    emulator.ready(DEADLINE).await.expect("the bot is ready");
    emulator
        .when(DEADLINE, || (!emulator.commands(lessons, lead).is_empty()).then_some(()))
        .await
        .expect("the commands");
    let term = Arc::new(Term { emulator, clock, services, lessons, lead, members: Arc::new(members) });
    println!("{count} members, {} series of {WEEKS} lessons; memory at the start {} MiB", SERIES.len(), resident_mib());

    let began = Instant::now();
    for (series, day) in SERIES.iter().zip(["tue", "wed", "thu"]) {
        let options = json!({ "series": series, "day": day, "hour": 9 });
        term.run(term.lead, "lesson schedule", options).await;
    }
    let mut interactions = 0;
    let mut moved = Duration::ZERO;
    let mut weeks = 0;
    let mut posted = 0;
    // Lessons skip holidays, so the term lasts a week or two longer than it has lessons.
    while posted < SERIES.len() * WEEKS && weeks < WEEKS + 6 {
        weeks += 1;
        let moving = Instant::now();
        term.advance(TimeDelta::days(7)).await;
        moved += moving.elapsed();
        let posts = term.posts();
        let new = &posts[posted..];
        posted = posts.len();
        let tasks = term.members.iter().flat_map(|member| new.iter().map(|post| (*member, *post)));
        interactions += stream::iter(tasks)
            .map(|(member, post)| {
                let term = Arc::clone(&term);
                async move { term.takes_quiz(member, post).await }
            })
            .buffer_unordered(AT_ONCE)
            .fold(0, |sum, count| async move { sum + count })
            .await;
    }
    term.advance(TimeDelta::days(21)).await;
    let wall = began.elapsed();

    let mut titles: BTreeMap<String, usize> = BTreeMap::new();
    let mut goodbyes = 0;
    for message in term.emulator.messages(term.lessons, term.lead) {
        if message.content.starts_with("## ") && message.only_for.is_none() {
            *titles.entry(message.content.lines().next().unwrap_or_default().to_owned()).or_default() += 1;
        }
        goodbyes += usize::from(message.content.contains("is complete:"));
    }
    let expected = SERIES.len() * WEEKS;
    let once = titles.values().filter(|count| **count == 1).count();
    let completions = term.count("select count(*) from lesson_completions").await;
    let cards = term.count("select count(*) from review_cards").await;
    println!(
        "lessons posted exactly once: {once} of {expected}; goodbyes: {goodbyes} of {}; calendar weeks: {weeks}",
        SERIES.len()
    );
    println!("completions: {completions} of {}; review cards: {cards}", count * expected);
    println!(
        "wall time {:.1} s, of it {:.1} s moving the clock; {interactions} interactions, {:.0} a second; memory at the end {} MiB \
         (bot and emulator with all their messages)",
        wall.as_secs_f64(),
        moved.as_secs_f64(),
        interactions as f64 / wall.saturating_sub(moved).as_secs_f64(),
        resident_mib()
    );
    assert_eq!(
        (once, titles.len(), goodbyes),
        (expected, expected, SERIES.len()),
        "posts must be there once: {titles:?}"
    );
    assert_eq!(completions, i64::try_from(count * expected).unwrap_or_default());

    // One more lesson, so that `/learn next` has something to look for and to show.
    std::fs::write(folder.path().join("lessons/alpha/17-lesson.md"), lesson_file("alpha", WEEKS + 1))
        .expect("a lesson");
    for round in 1..=5 {
        let mut waits = Vec::new();
        for member in term.members.iter() {
            let asked = Instant::now();
            let outcome = term.run(*member, "learn next", json!({})).await;
            waits.push(asked.elapsed());
            let shown = outcome.message().expect("a message");
            assert!(shown.content.starts_with("## alpha 17"), "{}", shown.content);
        }
        waits.sort();
        let millis = |place: usize| waits[place.min(waits.len() - 1)].as_secs_f64() * 1000.0;
        println!(
            "/learn next, round {round}, one after another, {} times: p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            waits.len(),
            millis(waits.len() / 2),
            millis(waits.len() * 99 / 100),
            millis(waits.len() - 1)
        );
    }
    stop.cancel();
    running.await.expect("the bot ends").expect("the bot ends well");
}

impl Term {
    async fn run(&self, person: Id, command: &str, options: Value) -> Outcome {
        let asked = self.emulator.person(person).run(self.lessons, command, options).expect("a command");
        let outcome = self.emulator.settled(asked, DEADLINE).await;
        assert!(outcome.message().is_some(), "{command}: {outcome:?}");
        outcome
    }

    /// The lessons in the channel, oldest first.
    fn posts(&self) -> Vec<Id> {
        self.emulator
            .messages(self.lessons, self.lead)
            .into_iter()
            .filter(|message| message.only_for.is_none() && message.content.starts_with("## "))
            .map(|message| message.id)
            .collect()
    }

    /// Takes the whole quiz, always with the right answer; how many interactions it took.
    async fn takes_quiz(&self, member: Id, post: Id) -> usize {
        let person = self.emulator.person(member);
        let mut message = post;
        let mut label = "Take the quiz".to_owned();
        for interactions in 1..=20 {
            let pressed = person.press_label(message, &label).expect("a button");
            let outcome = self.emulator.outcome(pressed).await;
            let shown = outcome.message().unwrap_or_else(|| panic!("after {label}: {outcome:?}"));
            message = shown.id;
            let labels: Vec<_> = shown.buttons().into_iter().map(|button| button.label).collect();
            let wanted = ["A. Yes", "Next question", "Look back", "See how it went"];
            let Some(next) = wanted.iter().find(|wanted| labels.iter().any(|label| label == *wanted)) else {
                person.dismisses(message);
                return interactions;
            };
            label = (*next).into();
        }
        panic!("the quiz has no end");
    }

    async fn advance(&self, step: TimeDelta) {
        let until = self.clock.now() + step;
        loop {
            let next = self.services.store.read(|tx| Box::pin(schedule::next_due(tx))).await.expect("the next time");
            match next {
                Some(at) if at < until => {
                    if at > self.clock.now() {
                        self.clock.set(at);
                    }
                    self.settle().await;
                }
                _ => break,
            }
        }
        self.clock.set(until);
        self.settle().await;
    }

    async fn settle(&self) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let now = self.clock.now();
            let busy = self
                .services
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        let due = schedule::next_due(tx).await?.is_some_and(|at| at <= now);
                        Ok(due || outbox::waiting(tx, now).await? > 0)
                    })
                })
                .await
                .expect("the database");
            if !busy {
                return;
            }
            assert!(Instant::now() < deadline, "the bot does not come to rest");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move { Ok(cxbot::on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?)) })
            })
            .await
            .expect("a count")
    }
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}
