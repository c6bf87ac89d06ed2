//! kill -9 at each of the six steps of closing a pulse.
//!
//! Nothing inside the bot helps: each step is held from outside, by what could really stand in its way. The process is killed while it
//! is held there, what it left behind is looked at, and what stood in the way is taken away again, as if only the crash had happened.

use std::path::PathBuf;

use cxbot::emulator::Effect;
use cxbot::on_db;
use cxbot::store::{Store, Tx};
use sqlx::{Connection as _, SqliteConnection};

use super::*;

/// The step after which the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Refuse,
    Open,
    Keep,
    DestroyKey,
    Scrub,
    Seal,
}

const STEPS: [After; 6] = [After::Refuse, After::Open, After::Keep, After::DestroyKey, After::Scrub, After::Seal];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs several minutes"]
async fn a_kill_after_any_step_of_closing_loses_and_repeats_nothing() {
    let _alone = MACHINE.write().await;
    let mut dice = Dice(20_261_125);
    for after in STEPS {
        let fixture = support::sqlite().await;
        kill_after(after, &fixture.url, &mut dice).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn a_kill_after_any_step_of_closing_loses_and_repeats_nothing_on_postgres() {
    let _alone = MACHINE.write().await;
    let mut dice = Dice(20_261_126);
    for after in STEPS {
        let fixture = support::postgres().await;
        kill_after(after, &fixture.url, &mut dice).await;
    }
}

async fn kill_after(after: After, url: &str, dice: &mut Dice) {
    let stage = set_stage(url.to_owned()).await;
    let mut bot = start_bot(&stage);
    stage.emulator.ready(DEADLINE).await.expect("the first start");
    let (message, buttons) = open_pulse(&stage).await;
    let mut expected = vec![0; buttons.len()];
    for (number, &person) in stage.people.iter().enumerate() {
        let option = number % buttons.len();
        let pressed = stage.emulator.person(person).press(message, &buttons[option]).expect("a press");
        let answer = stage.emulator.settled(pressed, DEADLINE).await.as_text();
        assert!(answer.contains("sealed"), "{after:?}: {answer}");
        expected[option] += 1;
    }
    assert_eq!(Left::find(&stage).await, Left::new("open", PEOPLE, 1));

    let obstacle = Obstacle::put(&stage, after).await;
    let lead = stage.emulator.person(stage.lead);
    lead.run(stage.pulse, "pulse close", json!({ "pulse": "1" })).expect("/pulse close");
    obstacle.wait_until_met(&stage, after).await;
    bot.kill().expect("the bot is killed");
    bot.wait().expect("the bot is gone");
    obstacle.take_away(&stage).await;
    let left = match after {
        // The ballots are opened in memory only, so these two leave the same behind.
        After::Refuse | After::Open => Left::new("closing", PEOPLE, 1),
        After::Keep => Left::new("counted", 0, 1),
        After::DestroyKey | After::Scrub => Left::new("counted", 0, 0),
        After::Seal => Left::new("sealed", 0, 0),
    };
    assert_eq!(Left::find(&stage).await, left, "{after:?}");
    assert_eq!(results(&stage), 0, "{after:?}: nothing is posted before everything is gone");

    // Killed once more, wherever the next start happens to be.
    bot = start_bot(&stage);
    tokio::time::sleep(Duration::from_micros(dice.below(400_000))).await;
    bot.kill().expect("the bot is killed");
    bot.wait().expect("the bot is gone");
    // The killed one may have posted already, so the last one is waited for by its own connection.
    wait_until(&stage, after, async || !stage.emulator.bot_is_ready()).await;
    bot = start_bot(&stage);
    wait_until(&stage, after, async || stage.emulator.bot_is_ready()).await;
    // A message that the killed process had in hand is taken up when its claim has run out.
    let posted = stage.emulator.when(DEADLINE * 3, || (results(&stage) > 0).then_some(())).await;
    assert!(posted.is_ok(), "{after:?}: the result was not posted; the bot's log:\n{}", log(&stage));
    wait_until(&stage, after, async || stage.waiting().await == 0).await;
    let _ = Command::new("kill").args(["-TERM", &bot.id().to_string()]).status();
    assert!(bot.wait().expect("the bot stops").success(), "{after:?}: the bot must stop cleanly");

    assert_eq!(results(&stage), 1, "{after:?}: the result must stand exactly once");
    assert_eq!(Left::find(&stage).await, Left::new("sealed", 0, 0), "{after:?}");
    assert_eq!(counted(&stage).await, expected, "{after:?}: every acknowledged answer counts once");
}

/// What stands in the way of the step that follows.
enum Obstacle {
    /// Another table's name on the ballots, so that they cannot be read.
    Renamed,
    /// The database turns away the box's next state.
    Refused,
    /// A folder in the key's place can be neither overwritten nor removed as a file. With the key's bytes.
    Folder(PathBuf, Vec<u8>),
    /// Somebody reads the database, so that SQLite's log cannot be truncated.
    Reader(SqliteConnection),
    /// Discord does not answer.
    Silence,
}

impl Obstacle {
    async fn put(stage: &Stage, after: After) -> Self {
        match after {
            After::Refuse => {
                run(&stage.services.store, "alter table sealed_ballots rename to moved_ballots").await;
                Self::Renamed
            }
            After::Open => Self::refuse(stage, "counted").await,
            After::Keep => {
                let key = key_files(stage).remove(0);
                let bytes = std::fs::read(&key).unwrap();
                std::fs::remove_file(&key).unwrap();
                std::fs::create_dir(&key).unwrap();
                Self::Folder(key, bytes)
            }
            After::DestroyKey => match stage.url.strip_prefix("sqlite:") {
                Some(file) => {
                    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
                    let mut reader = SqliteConnection::connect_with(&options).await.unwrap();
                    sqlx::query("begin").execute(&mut reader).await.unwrap();
                    sqlx::query("select count(*) from sealed_boxes").execute(&mut reader).await.unwrap();
                    Self::Reader(reader)
                }
                // PostgreSQL has nothing to scrub: the next step is the last.
                None => Self::refuse(stage, "sealed").await,
            },
            After::Scrub => Self::refuse(stage, "sealed").await,
            After::Seal => {
                let path = format!("/channels/{}/messages", stage.pulse);
                stage.emulator.faults().on(Some("POST"), &path, Effect::Hang, None);
                Self::Silence
            }
        }
    }

    async fn refuse(stage: &Stage, state: &'static str) -> Self {
        let store = &stage.services.store;
        if stage.url.starts_with("sqlite:") {
            run(
                store,
                format!(
                    "create trigger obstacle before update on sealed_boxes when new.state = '{state}'
                     begin select raise(abort, 'held by the test'); end"
                ),
            )
            .await;
        } else {
            run(
                store,
                "create function obstacle() returns trigger language plpgsql as
                 $$ begin raise exception 'held by the test'; end $$",
            )
            .await;
            run(
                store,
                format!(
                    "create trigger obstacle before update on sealed_boxes for each row when (new.state = '{state}')
                     execute function obstacle()"
                ),
            )
            .await;
        }
        Self::Refused
    }

    async fn wait_until_met(&self, stage: &Stage, after: After) {
        match self {
            // The step that was held has failed, and the lead has been told that the result waits.
            Self::Renamed | Self::Refused | Self::Folder(..) => {
                let told = || {
                    let inbox = stage.emulator.direct_messages(stage.lead);
                    inbox.iter().any(|message| message.content.contains("has to wait")).then_some(())
                };
                let told = stage.emulator.when(DEADLINE, told).await;
                assert!(told.is_ok(), "{after:?}: nobody was told that the result waits; the log:\n{}", log(stage));
            }
            // Scrubbing has begun when the key is gone, and cannot end while the reader reads.
            Self::Reader(_) => wait_until(stage, after, async || key_files(stage).is_empty()).await,
            Self::Silence => wait_until(stage, after, async || Left::find(stage).await.state == "sealed").await,
        }
    }

    async fn take_away(self, stage: &Stage) {
        let store = &stage.services.store;
        match self {
            Self::Renamed => run(store, "alter table moved_ballots rename to sealed_ballots").await,
            Self::Refused if stage.url.starts_with("sqlite:") => run(store, "drop trigger obstacle").await,
            Self::Refused => run(store, "drop trigger obstacle on sealed_boxes").await,
            Self::Folder(key, bytes) => {
                std::fs::remove_dir(&key).unwrap();
                std::fs::write(&key, bytes).unwrap();
            }
            Self::Reader(reader) => reader.close().await.unwrap(),
            Self::Silence => stage.emulator.faults().clear(),
        }
    }
}

/// What a process left behind of a box.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    state: String,
    ballots: i64,
    keys: usize,
}

impl Left {
    fn new(state: &str, ballots: usize, keys: usize) -> Self {
        Self { state: state.to_owned(), ballots: i64::try_from(ballots).expect("a small number"), keys }
    }

    async fn find(stage: &Stage) -> Self {
        let (state, ballots) = stage.services.store.read(|tx| Box::pin(find_left(tx))).await.unwrap();
        Self { state, ballots, keys: key_files(stage).len() }
    }
}

async fn find_left(tx: &mut Tx) -> cxbot::error::Result<(String, i64)> {
    const STATE: &str = "select state from sealed_boxes";
    const BALLOTS: &str = "select count(*) from sealed_ballots";
    let state = on_db!(tx, conn => sqlx::query_scalar(STATE).fetch_one(conn).await?);
    let ballots = on_db!(tx, conn => sqlx::query_scalar(BALLOTS).fetch_one(conn).await?);
    Ok((state, ballots))
}

fn key_files(stage: &Stage) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(stage.data.path().join("keys")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

async fn run(store: &Store, sql: impl Into<String>) {
    let sql = sql.into();
    store
        .write(move |tx| {
            Box::pin(async move {
                on_db!(tx, conn => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(conn).await.map(|_| ())?);
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn wait_until(stage: &Stage, after: After, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + DEADLINE * 3;
    while !holds().await {
        assert!(Instant::now() < deadline, "{after:?}: what was waited for did not come; the log:\n{}", log(stage));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn log(stage: &Stage) -> String {
    std::fs::read_to_string(stage.data.path().join("bot.log")).unwrap_or_default()
}

fn results(stage: &Stage) -> usize {
    let messages = stage.emulator.messages(stage.pulse, stage.people[0]);
    messages.iter().filter(|message| message.content.contains("Result of the pulse")).count()
}

async fn counted(stage: &Stage) -> Vec<u32> {
    let guild = GuildId(stage.guild.get());
    let closed = stage
        .services
        .store
        .read(move |tx| Box::pin(async move { list_closed(tx, guild, "pulse", None).await }))
        .await
        .unwrap();
    assert_eq!(closed.len(), 1, "one question, one row of counts");
    closed[0].counts.options.clone()
}

impl Stage {
    /// How many messages should be out by now and are not.
    async fn waiting(&self) -> i64 {
        let now = self.services.clock.now();
        self.services.store.read(move |tx| Box::pin(outbox::waiting(tx, now))).await.unwrap()
    }
}
