//! Schedules and their runner: what runs, what does not, and that nothing runs twice.

mod features;
mod runner;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use cxbot::calendar::WorkCalendar;
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::error::{Error, Result};
use cxbot::ids::{ChannelId, GuildId};
use cxbot::on_db;
use cxbot::outbox::{self, Queue, To};
use cxbot::post::Post;
use cxbot::schedule::{self, Due, Job, NewSchedule, Runner, Schedule, Slot, Upcoming};
use cxbot::services::Services;
use cxbot::store::{Store, Tx};
use futures_util::future::BoxFuture;

const GUILD: GuildId = GuildId(1);
const JOB: &str = "post_lesson";
const KEY: &str = "cx-foundations";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What the job does next time, by key; without an entry it posts.
#[derive(Clone, Copy)]
enum Behaviour {
    FailThisOften(usize),
    Refuse,
    Panic,
    /// Plans a one-time occasion of the same job at this instant.
    PlanOnce(&'static str, DateTime<Utc>),
}

/// A job that posts to the outbox, so that a test sees what was kept, and notes what it was asked for.
#[derive(Clone, Default)]
struct PostLesson {
    asked: Arc<Mutex<Vec<String>>>,
    behaviours: Arc<Mutex<BTreeMap<String, Behaviour>>>,
}

impl PostLesson {
    fn behave(&self, key: &str, behaviour: Behaviour) {
        self.behaviours.lock().unwrap().insert(key.to_owned(), behaviour);
    }

    /// What it was asked for since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Job for PostLesson {
    fn name(&self) -> &'static str {
        JOB
    }

    fn run<'run>(&'run self, _: &'run Services, tx: &'run mut Tx, due: &'run Due) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(format!("{} {}", due.key, due.slot));
            leave(tx, due, "posted").await?;
            let behaviour = self.behaviours.lock().unwrap().get(&due.key).copied();
            match behaviour {
                None | Some(Behaviour::FailThisOften(0)) => Ok(()),
                Some(Behaviour::FailThisOften(left)) => {
                    self.behave(&due.key, Behaviour::FailThisOften(left - 1));
                    Err(Error::internal("the lesson could not be read"))
                }
                Some(Behaviour::Refuse) => Err(Error::refused("This series has no lessons left.")),
                Some(Behaviour::Panic) => panic!("a fault in the job"),
                Some(Behaviour::PlanOnce(key, due_at)) => {
                    schedule::once(tx, due.guild, JOB, key, due_at, &serde_json::Value::Null).await.map(|_| ())
                }
            }
        })
    }

    fn missed<'run>(&'run self, _: &'run Services, tx: &'run mut Tx, due: &'run Due) -> BoxFuture<'run, Result<()>> {
        Box::pin(leave(tx, due, "missed"))
    }
}

async fn leave(tx: &mut Tx, due: &Due, word: &str) -> Result<()> {
    let post = Post::text(word);
    let key = format!("{word} {} {}", due.key, due.slot);
    let message = Queue { guild: due.guild, key: &key, to: To::Channel(ChannelId(5)), post: &post, due_at: due.due_at };
    if outbox::queue(tx, message).await? { Ok(()) } else { Err(Error::internal("this occasion came before")) }
}

/// A store with a runner and its job.
struct Desk {
    store: Store,
    services: Services,
    job: PostLesson,
    runner: Runner,
}

fn desk(store: &Store) -> Desk {
    desk_with(store, Content::built_in())
}

fn desk_with(store: &Store, content: Content) -> Desk {
    let services = Services {
        store: store.clone(),
        clock: Clock::manual(at("2026-11-23T12:00:00Z")),
        settings: Arc::new(Settings::load(&Overrides::default()).unwrap()),
        content,
    };
    let job = PostLesson::default();
    let runner = Runner::new(services.clone(), vec![Arc::new(job.clone())]);
    Desk { store: store.clone(), services, job, runner }
}

fn every<'a>(cron: &'a str, key: &'a str) -> NewSchedule<'a> {
    NewSchedule {
        guild: GUILD,
        job: JOB,
        key,
        cron,
        zone: chrono_tz::America::New_York,
        skip_holidays: true,
        catch_up_minutes: 120,
        payload: serde_json::json!({"series": "cx-foundations"}),
    }
}

impl Desk {
    async fn set(&self, cron: &'static str, now: &str) -> Schedule {
        self.set_new(every(cron, KEY), now).await
    }

    async fn set_new(&self, new: NewSchedule<'static>, now: &str) -> Schedule {
        let now = at(now);
        let calendar = self.calendar();
        self.store
            .write(move |tx| Box::pin(async move { schedule::set(tx, &new, &calendar, now).await }))
            .await
            .unwrap()
    }

    /// As the features read it.
    fn calendar(&self) -> WorkCalendar {
        schedule::work_calendar(&self.services.content).unwrap()
    }

    /// Ticks, and gives what was posted or missed by it, in order.
    async fn tick(&self, now: &str) -> Vec<String> {
        self.runner.tick(at(now)).await.unwrap();
        self.job.asked()
    }

    async fn pause(&self, now: &str) -> bool {
        let now = at(now);
        self.store
            .write(move |tx| Box::pin(async move { schedule::pause(tx, GUILD, JOB, KEY, now).await }))
            .await
            .unwrap()
    }

    async fn resume(&self, now: &str) -> bool {
        let (now, calendar) = (at(now), self.calendar());
        self.store
            .write(move |tx| Box::pin(async move { schedule::resume(tx, GUILD, JOB, KEY, &calendar, now).await }))
            .await
            .unwrap()
    }

    async fn skip_next(&self, now: &str) -> Option<Slot> {
        let (now, calendar) = (at(now), self.calendar());
        self.store
            .write(move |tx| Box::pin(async move { schedule::skip_next(tx, GUILD, JOB, KEY, &calendar, now).await }))
            .await
            .unwrap()
    }

    async fn unskip(&self, now: &str) -> Option<Slot> {
        let now = at(now);
        self.store
            .write(move |tx| Box::pin(async move { schedule::unskip(tx, GUILD, JOB, KEY, now).await }))
            .await
            .unwrap()
    }

    async fn preview(&self, count: usize, now: &str) -> Vec<String> {
        let (now, calendar) = (at(now), self.calendar());
        let coming = self.store.read(move |tx| {
            Box::pin(async move {
                let schedule = schedule::find(tx, GUILD, JOB, KEY).await?.expect("a schedule was set");
                schedule::preview(tx, &schedule, count, &calendar, now).await
            })
        });
        coming.await.unwrap().iter().map(Upcoming::words).collect()
    }

    async fn once(&self, key: &'static str, due_at: &str, payload: serde_json::Value) -> bool {
        let due_at = at(due_at);
        self.store
            .write(move |tx| Box::pin(async move { schedule::once(tx, GUILD, JOB, key, due_at, &payload).await }))
            .await
            .unwrap()
    }

    async fn next_due(&self) -> Option<DateTime<Utc>> {
        self.store.read(|tx| Box::pin(schedule::next_due(tx))).await.unwrap()
    }

    async fn lately(&self) -> Vec<String> {
        let seen =
            self.store.read(|tx| Box::pin(schedule::lately(tx, GUILD, JOB, DateTime::UNIX_EPOCH))).await.unwrap();
        seen.iter().map(|one| format!("{:?} {} after {}", one.state, one.slot, one.attempts)).collect()
    }

    /// What stands in the outbox, in order.
    async fn posts(&self) -> Vec<String> {
        let keys: Vec<String> = self.store.read(|tx| Box::pin(outbox_keys(tx))).await.unwrap();
        keys
    }
}

async fn outbox_keys(tx: &mut Tx) -> Result<Vec<String>> {
    Ok(on_db!(tx, conn => sqlx::query_scalar("select key from outbox order by id").fetch_all(conn).await?))
}

async fn spoil(store: &Store, sql: &'static str) {
    store
        .write(move |tx| {
            Box::pin(async move {
                on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
}
