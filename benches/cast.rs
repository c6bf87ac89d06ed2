//! What a pulse costs when it grows: casting, opening, closing, reminding.
//!
//! `cargo bench --bench cast` first casts ballots at the store alone, 1, 8, 32 and 256 people at once: as cxbot does (every ballot
//! durable before it is acknowledged, ballots that wait share a commit) and with one commit for each ballot, in turn, on the same disk;
//! with TEST_POSTGRES_URL also on PostgreSQL. Then it starts the emulator here and the release build of `cxbot run` in another process,
//! with 10,000 people on the server: opens a pulse, lets all of them answer, closes it while somebody else goes on using cxbot, and
//! sends reminders under Discord's limits (900 of them; `cargo bench --bench cast -- 9000` sends that many).

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unchecked_time_subtraction,
    reason = "figures for people"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use cxbot::clock::Clock;
use cxbot::emulator::{Entry, Limits, Outcome};
use cxbot::ids::{GuildId, UserId};
use cxbot::outbox::{self, Queue, To};
use cxbot::post::Post;
use cxbot::sealed::{self, BoxId, Cast, Sealed};
use cxbot::store::Store;
use serde_json::json;
use support::{Bot, Rig, Spread};
use tokio::sync::Mutex;

const ROUNDS: usize = 5;
const SECONDS: u64 = 2;
const PEOPLE: usize = 10_000;
const GUILD: GuildId = GuildId(112_233_445_566_778_899);

fn main() {
    // `cargo test --benches` runs this with --test; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let reminders = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(900);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        println!("{:>10} {:>7} {:>12} {:>40} {:>9}", "database", "people", "commits", "ballots/s", "p99 ms");
        let folder = tempfile::tempdir().expect("a temporary folder");
        on_sqlite(folder.path()).await;
        on_postgres(folder.path()).await;
        let rig = Rig::start(PEOPLE).await;
        let bot = Bot::start(&rig).await;
        whole_pulse(&rig).await;
        bot.stop().await;
        remind(reminders).await;
    });
}

async fn on_sqlite(folder: &std::path::Path) {
    let store = Store::connect(&format!("sqlite:{}", folder.join("cast.db").display())).await.expect("a SQLite file");
    store.migrate().await.expect("migrations");
    let sealed = Sealed::in_data_folder(folder);
    let id = open_box(&store, &sealed).await;
    for people in [1, 8, 32, 256] {
        let (mut shared, mut alone) = (Figures::default(), Figures::default());
        // In turn, so that a busy moment of the machine meets both.
        for _ in 0..ROUNDS {
            shared.add(cast(&store, &sealed, &id, people, false).await);
            alone.add(cast(&store, &sealed, &id, people, true).await);
        }
        shared.print("SQLite", people, "shared");
        alone.print("SQLite", people, "one each");
        println!("{:>10} {people:>7} {:>12} {:>40.1}", "", "ratio", shared.rates.median() / alone.rates.median());
    }
    store.close().await;
}

#[expect(clippy::disallowed_methods, reason = "a bench asks its surroundings for a server")]
async fn on_postgres(folder: &std::path::Path) {
    use sqlx::Connection as _;
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        return println!("PostgreSQL: not measured, TEST_POSTGRES_URL names no server");
    };
    let mut admin = sqlx::PgConnection::connect(&server).await.expect("the PostgreSQL server");
    let run = async |admin: &mut sqlx::PgConnection, sql: &'static str| {
        sqlx::query(sql).execute(admin).await.expect("a throwaway database");
    };
    run(&mut admin, "drop database if exists cxbot_bench_cast").await;
    run(&mut admin, "create database cxbot_bench_cast").await;
    let (base, _) = server.rsplit_once('/').expect("TEST_POSTGRES_URL ends with /DATABASE");
    let store = Store::connect(&format!("{base}/cxbot_bench_cast")).await.expect("the fresh database");
    store.migrate().await.expect("migrations");
    let sealed = Sealed::in_data_folder(folder);
    let id = open_box(&store, &sealed).await;
    for people in [1, 8, 32] {
        let mut figures = Figures::default();
        for _ in 0..ROUNDS {
            figures.add(cast(&store, &sealed, &id, people, false).await);
        }
        figures.print("PostgreSQL", people, "shared");
    }
    store.close().await;
    run(&mut admin, "drop database cxbot_bench_cast with (force)").await;
}

#[derive(Default)]
struct Figures {
    rates: Spread,
    waits: Vec<Duration>,
}

impl Figures {
    fn add(&mut self, (rate, waits): (f64, Vec<Duration>)) {
        self.rates.add(rate);
        self.waits.extend(waits);
    }

    fn print(&mut self, database: &str, people: usize, commits: &str) {
        let rates = self.rates.to_string();
        println!("{database:>10} {people:>7} {commits:>12} {rates:>40} {:>9.2}", percentile(&mut self.waits, 0.99));
    }
}

/// In milliseconds.
fn percentile(waits: &mut [Duration], share: f64) -> f64 {
    waits.sort();
    waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0
}

async fn open_box(store: &Store, sealed: &Sealed) -> BoxId {
    let new = sealed.prepare(32).await.expect("a key");
    let id = new.id().clone();
    let closes_at = Clock::system().now() + TimeDelta::days(5);
    store
        .write(move |tx| Box::pin(async move { sealed::open(tx, &new, GUILD, closes_at).await }))
        .await
        .expect("an open box");
    id
}

/// Ballots a second, and how long each person waited. With `alone`, the next ballot starts when the last is durable.
async fn cast(store: &Store, sealed: &Sealed, id: &BoxId, people: usize, alone: bool) -> (f64, Vec<Duration>) {
    let turn = Arc::new(Mutex::new(()));
    let now = Clock::system().now();
    let started = Instant::now();
    let ends = started + Duration::from_secs(SECONDS);
    let casting: Vec<_> = (0..people)
        .map(|person| {
            let (store, sealed, id, turn) = (store.clone(), sealed.clone(), id.clone(), turn.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < ends {
                    let pressed = Instant::now();
                    let _turn = if alone { Some(turn.lock().await) } else { None };
                    let seat = sealed.seat(&id, GUILD, UserId(1_000 + person as u64)).expect("the key is here");
                    let cast = if alone {
                        store.write(move |tx| Box::pin(async move { seat.cast(tx, b"4", now).await })).await
                    } else {
                        sealed.cast(&store, &seat, b"4", now).await
                    };
                    assert!(matches!(cast, Ok(Cast::Recorded | Cast::Changed)), "a ballot was not taken");
                    waits.push(pressed.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for person in casting {
        waits.extend(person.await.expect("a person"));
    }
    (waits.len() as f64 / started.elapsed().as_secs_f64(), waits)
}

async fn whole_pulse(rig: &Rig) {
    let opening = Instant::now();
    let pulse = rig.open_pulse().await;
    println!("opened for {PEOPLE} people and posted in {:.0} ms", opening.elapsed().as_secs_f64() * 1000.0);

    let (next, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let answering = Instant::now();
    let pressing: Vec<_> = (0..256)
        .map(|_| {
            let (rig, pulse, next, lost) = (rig.clone(), pulse.clone(), next.clone(), lost.clone());
            tokio::spawn(async move {
                loop {
                    let person = next.fetch_add(1, Ordering::Relaxed);
                    if person >= PEOPLE {
                        return;
                    }
                    if !rig.press(person, &pulse, person).await {
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for person in pressing {
        person.await.expect("a person");
    }
    let seconds = answering.elapsed().as_secs_f64();
    println!("{PEOPLE} people answered in {seconds:.2} s, {} lost", lost.load(Ordering::Relaxed));

    let channel = rig.emulator.world(|world| world.channel_by_name(rig.guild, "pulse")).expect("#pulse");
    let closed = Arc::new(AtomicBool::new(false));
    let bystander = tokio::spawn({
        let (rig, closed) = (rig.clone(), closed.clone());
        async move {
            let person = rig.emulator.person(rig.people[0]);
            let mut waits = Vec::new();
            while !closed.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let interaction = person.run(channel, "help", json!({})).expect("the command");
                let outcome = rig.emulator.outcome(interaction).await;
                assert!(!matches!(outcome, Outcome::Failed(_)), "/help went unanswered during the closing");
                waits.push(asked.elapsed());
            }
            waits
        }
    });
    let closing = Instant::now();
    rig.emulator.person(rig.lead).run(channel, "pulse close", json!({"pulse": "service-ease"})).expect("the command");
    let result = || {
        let messages = rig.emulator.messages(channel, rig.people[1]);
        messages.iter().any(|message| message.content.contains("Result of the pulse")).then_some(())
    };
    rig.emulator.when(Duration::from_mins(2), result).await.expect("the result is posted");
    let seconds = closing.elapsed().as_secs_f64();
    closed.store(true, Ordering::Relaxed);
    let mut waits = bystander.await.expect("the bystander");
    println!(
        "closed with {PEOPLE} answers and posted in {seconds:.2} s; meanwhile {} times /help: p50 {:.1} ms, max {:.1} ms",
        waits.len(),
        percentile(&mut waits, 0.5),
        percentile(&mut waits, 1.0)
    );
}

/// Private messages to as many people, as reminders are: a channel to open and a message to send for each.
async fn remind(people: usize) {
    let rig = Rig::start(people).await;
    let services = cxbot::app::open(rig.settings(), Clock::system()).await.expect("the database");
    let (to, guild, due_at) = (rig.people.clone(), GuildId(rig.guild.get()), Clock::system().now());
    let queueing = Instant::now();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                for (number, person) in to.iter().enumerate() {
                    let (key, post) = (format!("bench:{number}"), Post::text("The pulse is open until Friday."));
                    let to = To::Person(UserId(person.get()));
                    outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at }).await?;
                }
                Ok(())
            })
        })
        .await
        .expect("the reminders are left");
    println!("{people} reminders left in {:.0} ms", queueing.elapsed().as_secs_f64() * 1000.0);
    services.store.close().await;
    rig.emulator.record_everything();
    rig.emulator.set_limits(Limits::discord());
    let bot = Bot::start(&rig).await;
    let sending = Instant::now();
    let mut arrived = 0;
    while arrived < people {
        tokio::time::sleep(Duration::from_millis(200)).await;
        arrived = rig.people.iter().filter(|person| !rig.emulator.direct_messages(**person).is_empty()).count();
    }
    let seconds = sending.elapsed().as_secs_f64();
    let entries = rig.emulator.journal().entries();
    let requests = entries.iter().filter(|entry| matches!(entry, Entry::Rest { .. })).count();
    let refused = entries.iter().filter(|entry| matches!(entry, Entry::Rest { status: 429, .. })).count();
    println!(
        "{people} reminders sent in {seconds:.0} s: {:.1} requests a second, {refused} times 429",
        requests as f64 / seconds
    );
    bot.stop().await;
}
