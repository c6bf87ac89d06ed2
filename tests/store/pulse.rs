//! A pulse from opening to result, pressed by hand: no Discord, but the real handlers, jobs, store and keys.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::discord::{Act, Call, Control, Feature, Incoming, Joined, Person, Reply, Typed};
use cxbot::error::Result;
use cxbot::ids::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use cxbot::on_db;
use cxbot::post::Post;
use cxbot::pulse::{PulseId, Pulses, State, find_pulse};
use cxbot::schedule::Due;
use cxbot::sealed::{Sealed, Step};
use cxbot::services::Services;
use cxbot::store::Store;
use cxbot::survey::{ClosedCounts, list_closed};
use serde_json::json;

crate::on_both!(
    a_pulse_runs_from_opening_to_result,
    fewer_than_five_answers_leave_nothing_behind,
    a_restart_in_the_middle_changes_nothing_for_people,
    a_lead_may_close_early,
    what_cannot_be_opened_is_declined_in_words,
    old_foreign_and_forged_presses_store_nothing,
    a_lost_key_stops_the_pulse_at_the_next_start,
    a_lost_key_is_noticed_by_the_first_press,
    a_closing_interrupted_after_any_step_posts_one_result,
    a_result_waits_until_the_key_is_destroyed,
    nobody_is_told_anything_while_a_pulse_is_open,
);

pub const GUILD: GuildId = GuildId(1_100_000_000_000_000_001);
pub const CHANNEL: ChannelId = ChannelId(1_100_000_000_000_000_005);
pub const LEAD: UserId = UserId(1_100_000_000_000_000_009);

pub fn member(number: u64) -> UserId {
    UserId(1_234_567_890_123_450_000 + number)
}

pub fn noon() -> DateTime<Utc> {
    "2026-11-23T17:00:00Z".parse().unwrap()
}

pub struct World {
    pub services: Services,
    pub pulses: Pulses,
    pub data: Arc<tempfile::TempDir>,
}

impl World {
    pub async fn new(store: Store) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        let overrides = Overrides { data_dir: Some(data.path().to_owned()), ..Overrides::default() };
        let services = Services {
            store,
            clock: Clock::manual(noon()),
            settings: Arc::new(Settings::load(&overrides).unwrap()),
            content: Content::built_in(),
        };
        services
            .store
            .write(|tx| {
                Box::pin(async move {
                    let sql = "insert into guilds (guild_id, name, zone, pulse_channel_id) values ($1, 'Agency', 'America/New_York', $2)";
                    on_db!(tx, conn => sqlx::query(sql).bind(GUILD.db()).bind(CHANNEL.db()).execute(conn).await?.rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
        let pulses = Pulses::new(Sealed::in_data_folder(data.path()));
        Self { services, pulses, data }
    }

    /// The same data, nothing in memory.
    pub fn restarted(&self) -> Self {
        let pulses = Pulses::new(Sealed::in_data_folder(self.data.path()));
        Self { services: self.services.clone(), pulses, data: self.data.clone() }
    }

    pub async fn starts(&self) {
        let joined = Joined { guild: GUILD, name: "Agency".into(), owner: LEAD, first_channel: None, accounts: 0 };
        self.pulses.on_joined(&self.services, &joined).await.unwrap();
        self.pulses.settle().await;
    }

    pub fn incoming(user: UserId, act: Act) -> Incoming {
        let person = Person { user, name: "Somebody".into(), roles: vec![], manages_server: false };
        Incoming {
            id: InteractionId(1_300_000_000_000_000_000 + user.0 % 1000),
            person,
            guild: Some(GUILD),
            channel: CHANNEL,
            locale: "en-US".into(),
            act,
        }
    }

    pub async fn says(&self, reply: Result<Reply>) -> String {
        let post: Result<Post> = match reply {
            Ok(Reply::Say(post) | Reply::Update(post)) => Ok(post),
            Ok(Reply::Later { visible: false, work }) => work.await,
            Ok(other) => panic!("a private answer was expected, not {other:?}"),
            Err(error) => Err(error),
        };
        match post {
            Ok(post) => post.as_text(),
            Err(cxbot::error::Error::Refused(sentence)) => format!("Refused: {sentence}"),
            Err(fault) => panic!("a fault: {fault}"),
        }
    }

    pub async fn runs(&self, user: UserId, subcommand: &str, options: serde_json::Value) -> String {
        let data = json!({ "id": "1", "name": "pulse", "type": 1, "options": [{ "name": subcommand, "type": 1, "options": options }] });
        let call = Call { path: format!("pulse {subcommand}"), data: serde_json::from_value(data).unwrap() };
        let incoming = Self::incoming(user, Act::Command(call.clone()));
        self.says(self.pulses.on_command(&self.services, &incoming, &call).await).await
    }

    /// The same, by somebody who may manage the server.
    pub async fn runs_as_admin(&self, subcommand: &str, options: serde_json::Value) -> String {
        let data = json!({ "id": "1", "name": "pulse", "type": 1, "options": [{ "name": subcommand, "type": 1, "options": options }] });
        let call = Call { path: format!("pulse {subcommand}"), data: serde_json::from_value(data).unwrap() };
        let mut incoming = Self::incoming(LEAD, Act::Command(call.clone()));
        incoming.person.manages_server = true;
        self.says(self.pulses.on_command(&self.services, &incoming, &call).await).await
    }

    /// Presses, where the database may fail; whether the answer was acknowledged as sealed.
    pub async fn tries(&self, user: UserId, id: &str) -> bool {
        let control = Control { id: id.into(), ..Control::default() };
        let incoming = Self::incoming(user, Act::Control(control.clone()));
        match self.pulses.on_control(&self.services, &incoming, &control).await {
            Ok(Reply::Say(post)) => post.text.starts_with("Your answer is sealed"),
            Ok(other) => panic!("unexpected {other:?}"),
            Err(_) => false,
        }
    }

    /// Lets the SQLite file grow no more, and fills what is free inside it, as a full disk does.
    pub async fn fills_the_disk(&self) {
        self.changes("create table filler (words blob)".into()).await;
        self.may_have_pages("select page_count from pragma_page_count").await;
        for bytes in [40_000, 4_000, 200] {
            let sql = format!("insert into filler (words) values (zeroblob({bytes}))");
            while self.tries_to_change(sql.clone()).await {}
        }
    }

    /// Makes room again.
    pub async fn empties_the_disk(&self) {
        self.may_have_pages("select 1000000").await;
        self.changes("drop table filler".into()).await;
    }

    async fn may_have_pages(&self, most: &'static str) {
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let most: i64 = on_db!(tx, conn => sqlx::query_scalar(most).fetch_one(conn).await?);
                    let sql = sqlx::AssertSqlSafe(format!("pragma max_page_count = {most}"));
                    let _: i64 = on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?);
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    async fn tries_to_change(&self, sql: String) -> bool {
        let done = self.services.store.write(move |tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(conn).await?.rows_affected()))
            })
        });
        done.await.is_ok()
    }

    /// A statement of the test's own.
    pub async fn changes(&self, sql: String) {
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    on_db!(tx, conn => sqlx::query(sqlx::AssertSqlSafe(sql)).execute(conn).await?.rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    /// One column of the test's own choice.
    pub async fn column<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: Send + Unpin + 'static,
        for<'row> T: sqlx::Decode<'row, sqlx::Sqlite>
            + sqlx::Type<sqlx::Sqlite>
            + sqlx::Decode<'row, sqlx::Postgres>
            + sqlx::Type<sqlx::Postgres>,
    {
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_all(conn).await?)) })
            })
            .await
            .unwrap()
    }

    /// Puts somebody on the roster, or moves them.
    pub async fn on_roster(&self, user: UserId, division: &str) {
        let (division, today) = (division.to_owned(), noon().date_naive());
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move { cxbot::people::set_division(tx, GUILD, user, Some(&division), today).await })
            })
            .await
            .unwrap();
    }

    pub async fn opens(&self, name: &str) -> String {
        self.runs(LEAD, "open", json!([{ "name": "pulse", "type": 3, "value": name }])).await
    }

    /// Tells what came of the last run of this id, as `/pulse act` does.
    pub async fn acts(&self, run: i64) -> String {
        let written = [("said", "Too slow."), ("will", "Answer in a day."), ("owner", "Lea"), ("due", "2027-06-30")];
        let control = Control {
            id: format!("v1:pulse:acted:{run}"),
            written: written.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
            ..Control::default()
        };
        let incoming = Self::incoming(LEAD, Act::Control(control.clone()));
        self.says(self.pulses.on_control(&self.services, &incoming, &control).await).await
    }

    pub async fn closes(&self, name: &str) -> String {
        self.runs(LEAD, "close", json!([{ "name": "pulse", "type": 3, "value": name }])).await
    }

    pub async fn results(&self, name: &str) -> String {
        self.runs(member(1), "results", json!([{ "name": "pulse", "type": 3, "value": name }])).await
    }

    pub async fn presses(&self, user: UserId, id: &str) -> String {
        self.presses_with(user, &[], id).await
    }

    /// As somebody with these roles.
    pub async fn presses_with(&self, user: UserId, roles: &[RoleId], id: &str) -> String {
        let control = Control { id: id.into(), ..Control::default() };
        let mut incoming = Self::incoming(user, Act::Control(control.clone()));
        incoming.person.roles = roles.to_vec();
        self.says(self.pulses.on_control(&self.services, &incoming, &control).await).await
    }

    /// Sends a form with these words.
    pub async fn writes(&self, user: UserId, id: &str, words: &str) -> String {
        let written = [("words".to_owned(), words.to_owned())].into();
        let control = Control { id: id.into(), written, ..Control::default() };
        let incoming = Self::incoming(user, Act::Control(control.clone()));
        self.says(self.pulses.on_control(&self.services, &incoming, &control).await).await
    }

    pub async fn answers(&self, number: u64, option: &str) -> String {
        self.presses(member(number), &format!("v1:pulse:answer:1:{option}")).await
    }

    pub async fn suggestions(&self, subcommand: &str, text: &str) -> Vec<String> {
        let typed =
            Typed { path: format!("pulse {subcommand}"), option: "pulse".into(), text: text.into(), others: [].into() };
        let incoming = Self::incoming(LEAD, Act::Typing(typed.clone()));
        let choices = self.pulses.on_typing(&self.services, &incoming, &typed).await.unwrap();
        choices.into_iter().map(|choice| choice.label).collect()
    }

    /// What the schedule's runner does: every due occasion, in its own transaction, marked done.
    pub async fn ticks(&self) {
        assert!(self.tries_ticks().await, "a job failed");
    }

    /// The same, where a job may fail; whether none did.
    pub async fn tries_ticks(&self) -> bool {
        let now = self.services.clock.now();
        let due: Result<Vec<DueRow>> = self
            .services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let sql = "select job, key, payload, due_at from occurrences where state = 'planned' and due_at <= $1 order by due_at";
                    Ok(on_db!(tx, conn => sqlx::query_as(sql).bind(now).fetch_all(conn).await?))
                })
            })
            .await;
        let Ok(due) = due else { return false };
        let mut all_done = true;
        for (name, key, payload, due_at) in due {
            let job = self.pulses.jobs().into_iter().find(|job| job.name() == name).expect("every planned job exists");
            let services = self.services.clone();
            let payload = serde_json::from_str(&payload).unwrap();
            let due = Due { guild: GUILD, job: name, key, slot: "once".into(), due_at, payload };
            let done = self
                .services
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        job.run(&services, tx, &due).await?;
                        let sql = "update occurrences set state = 'done' where job = $1 and key = $2";
                        on_db!(tx, conn => sqlx::query(sql).bind(&due.job).bind(&due.key).execute(conn).await?.rows_affected());
                        Ok(())
                    })
                })
                .await;
            all_done &= done.is_ok();
        }
        self.pulses.settle().await;
        all_done
    }

    pub async fn left(&self, key: &'static str) -> Option<String> {
        let body: Option<String> = self
            .services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let sql = "select body from outbox where key = $1";
                    Ok(on_db!(tx, conn => sqlx::query_scalar(sql).bind(key).fetch_optional(conn).await?))
                })
            })
            .await
            .unwrap();
        body.map(|body| serde_json::from_str::<Post>(&body).unwrap().as_text())
    }

    pub async fn state(&self) -> State {
        let pulse = self.services.store.read(|tx| Box::pin(find_pulse(tx, PulseId(1)))).await.unwrap();
        pulse.expect("pulse 1").state
    }

    pub async fn counts(&self) -> Vec<ClosedCounts> {
        self.services.store.read(|tx| Box::pin(list_closed(tx, GUILD, "pulse", None))).await.unwrap()
    }

    pub async fn rows_of(&self, table: &'static str) -> i64 {
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
                    Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?))
                })
            })
            .await
            .unwrap()
    }

    pub fn keys(&self) -> usize {
        std::fs::read_dir(self.data.path().join("keys")).map_or(0, Iterator::count)
    }
}

async fn a_pulse_runs_from_opening_to_result(store: Store) {
    let world = World::new(store).await;
    let told = world.opens("service-ease").await;
    assert!(told.contains("“Service ease” is on its way to <#1100000000000000005>"), "{told}");
    let posted = world.left("pulse:1:open").await.unwrap();
    assert!(posted.contains("[ Very difficult ]") && posted.contains("[ How are answers protected? ]"), "{posted}");
    let promise = world.presses(member(1), "v1:pulse:promise:1").await;
    assert!(
        promise.contains("at least 5 people") && promise.contains("Backups of this installation: not stated."),
        "{promise}"
    );

    for number in 1..=6 {
        let told = world.answers(number, "3").await;
        assert!(told.starts_with("Your answer is sealed.") && !told.to_lowercase().contains("easy"), "{told}");
    }
    assert!(world.answers(1, "4").await.starts_with("Your answer is sealed in place of your earlier one."));
    assert!(world.answers(7, "na").await.starts_with("Your answer is sealed."));
    assert!(world.presses(member(6), "v1:pulse:withdraw:1").await.starts_with("Your answer is withdrawn."));
    assert!(world.presses(member(6), "v1:pulse:withdraw:1").await.starts_with("You have no answer in this pulse."));

    // The second of closing: too late, though the job has not run yet.
    world.services.clock.advance(TimeDelta::days(5));
    assert!(world.answers(8, "0").await.contains("so this press changed nothing. Its result will be posted in"));
    assert!(world.presses(member(1), "v1:pulse:withdraw:1").await.contains("changed nothing"));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closed);
    assert!(world.answers(8, "0").await.contains("`/pulse results` shows what came out"));

    let result = world.left("pulse:1:result").await.unwrap();
    assert!(result.contains("**80** of 100, in words: easy.\n5 people answered."), "{result}");
    assert!(!result.contains("Very easy:"), "the spread is not shown below ten answers: {result}");
    assert_eq!(world.results("service-ease").await, result);
    let edited = world.left("pulse:1:open/edit").await.unwrap();
    assert!(edited.contains("Its result is posted in this channel") && edited.contains("[ Easy (off) ]"), "{edited}");

    let counts = world.counts().await;
    assert_eq!(counts.len(), 1);
    assert_eq!(
        (&*counts[0].question.key, &*counts[0].quarter.to_string(), &*counts[0].audience),
        ("ease", "FY2027Q1", "inside")
    );
    assert_eq!((counts[0].counts.options.as_slice(), counts[0].counts.does_not_apply), ([0, 0, 0, 4, 1].as_slice(), 1));
    assert_eq!((world.rows_of("sealed_ballots").await, world.keys()), (0, 0));

    // The retry that every closing leaves behind finds nothing to do.
    world.services.clock.advance(TimeDelta::hours(2));
    world.ticks().await;
    assert_eq!(world.left("pulse:1:result").await.unwrap(), result);
    assert!(world.opens("service-ease").await.contains("has no outcome yet"), "the loop is not closed");
    assert!(world.acts(1).await.contains("is on its way"));
    let soon = world.opens("service-ease").await;
    assert!(soon.contains("These people were asked only recently (“Service ease”)"), "{soon}");
    world.services.clock.advance(TimeDelta::days(9));
    assert!(world.opens("service-ease").await.contains("is on its way"), "the same pulse may run again");
    assert!(world.left("pulse:2:open").await.unwrap().contains("you said “Too slow.”"));
}

async fn fewer_than_five_answers_leave_nothing_behind(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    for number in 1..=4 {
        world.answers(number, "3").await;
    }
    for number in 5..=9 {
        world.answers(number, "na").await;
    }
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    assert!(result.contains("Fewer than 5 people answered, so nothing is shown and nothing was kept."), "{result}");
    assert_eq!((world.rows_of("survey_counts").await, world.rows_of("sealed_ballots").await, world.keys()), (0, 0, 0));
}

async fn a_restart_in_the_middle_changes_nothing_for_people(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    world.answers(1, "3").await;
    let world = world.restarted();
    assert!(world.answers(1, "2").await.contains("in place of your earlier one"), "still the same person");
    let world = world.restarted();
    world.starts().await;
    assert!(world.presses(member(1), "v1:pulse:withdraw:1").await.starts_with("Your answer is withdrawn."));
    assert_eq!(world.state().await, State::Open);
}

async fn a_lead_may_close_early(store: Store) {
    let world = World::new(store).await;
    world.opens("Service ease").await;
    for number in 1..=5 {
        world.answers(number, "4").await;
    }
    assert_eq!(world.suggestions("close", "serv").await, ["Service ease, opened 23 November 2026"]);
    assert!(world.suggestions("results", "").await.is_empty());
    assert!(world.results("service-ease").await.contains("is still open"));
    assert!(world.closes("1").await.contains("“Service ease” is closed."));
    assert!(world.left("pulse:1:result").await.unwrap().contains("**95 or higher** of 100, in words: very easy."));
    assert!(world.closes("service-ease").await.contains("Refused: “Service ease” is not open any more."));
    assert_eq!(world.suggestions("results", "ease").await, ["Service ease, opened 23 November 2026"]);
    assert!(world.suggestions("close", "").await.is_empty());
    // The closing time comes, and finds nothing to do.
    let result = world.left("pulse:1:result").await;
    world.services.clock.advance(TimeDelta::days(6));
    world.ticks().await;
    assert_eq!(world.left("pulse:1:result").await, result);
    assert!(world.runs(member(1), "list", json!([])).await.contains("- Service ease: closed on"));
}

async fn what_cannot_be_opened_is_declined_in_words(store: Store) {
    let world = World::new(store).await;
    assert!(world.opens("no-such").await.starts_with("Refused: There is no pulse called “no-such”."));
    let days =
        json!([{ "name": "pulse", "type": 3, "value": "service-ease" }, { "name": "days", "type": 4, "value": 31 }]);
    assert!(world.runs(LEAD, "open", days).await.contains("1 to 30 days"));
    assert_eq!(world.keys(), 0, "what is declined leaves no key behind");
    world.opens("service-ease").await;
    assert!(world.opens("service-ease").await.contains("“Service ease” is already open, until"));
    assert_eq!((world.keys(), world.rows_of("pulses").await, world.rows_of("sealed_boxes").await), (1, 1, 1));
    let offered = world.suggestions("open", "").await;
    assert!(
        offered.contains(&"Service ease".to_owned()) && offered.contains(&"Working-group health".to_owned()),
        "{offered:?}"
    );
    world
        .services
        .store
        .write(|tx| {
            Box::pin(async move {
                let sql = "update guilds set pulse_channel_id = null";
                Ok(on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected()))
            })
        })
        .await
        .unwrap();
    assert!(world.opens("time-well-spent").await.contains("I don't know where to post it."));
    world.services.clock.advance(TimeDelta::days(14));
    let elsewhere = json!([
        { "name": "pulse", "type": 3, "value": "time-well-spent" },
        { "name": "days", "type": 4, "value": 2 },
        { "name": "channel", "type": 7, "value": "77" }
    ]);
    assert!(world.runs(LEAD, "open", elsewhere).await.contains("is on its way to <#77>"));
}

async fn old_foreign_and_forged_presses_store_nothing(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    for id in [
        "v1:pulse:answer:1:5",
        "v1:pulse:answer:1:-1",
        "v1:pulse:answer:1:skip",
        "v1:pulse:vote:1",
        "v1:pulse:answer:x:1",
    ] {
        assert!(world.presses(member(1), id).await.contains("out of date and nothing was stored"), "{id}");
    }
    assert!(world.presses(member(1), "v1:pulse:answer:999:1").await.contains("a pulse that I no longer have"));
    let control = Control { id: "v1:pulse:answer:1:1".into(), ..Control::default() };
    let elsewhere = Incoming { guild: Some(GuildId(2)), ..World::incoming(member(1), Act::Control(control.clone())) };
    let told = world.says(world.pulses.on_control(&world.services, &elsewhere, &control).await).await;
    assert!(told.contains("a pulse that I no longer have"), "{told}");
    assert_eq!(world.rows_of("sealed_ballots").await, 0);
}

fn lose_keys(data: &Path) {
    std::fs::remove_dir_all(data.join("keys")).unwrap();
}

async fn a_lost_key_stops_the_pulse_at_the_next_start(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    world.answers(1, "3").await;
    lose_keys(world.data.path());
    let world = world.restarted();
    world.starts().await;
    world.starts().await;
    assert_eq!((world.state().await, world.rows_of("sealed_ballots").await), (State::Stopped, 0));
    assert!(world.left("pulse:1:open/edit").await.unwrap().contains("This pulse was stopped: the key"));
    assert!(world.left("pulse:1:stopped").await.unwrap().contains("A lead can open the pulse again."));
    assert!(world.answers(2, "3").await.contains("This pulse was stopped"));
    assert!(world.results("1").await.contains("This pulse was stopped"));
    assert!(world.opens("service-ease").await.contains("is on its way"));
    world.services.clock.advance(TimeDelta::days(6));
    world.ticks().await;
    assert!(world.left("pulse:1:result").await.is_none());
}

async fn a_lost_key_is_noticed_by_the_first_press(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    world.answers(1, "3").await;
    lose_keys(world.data.path());
    let world = world.restarted();
    assert!(world.answers(2, "3").await.starts_with("Refused: This pulse was stopped"));
    assert_eq!((world.state().await, world.rows_of("sealed_ballots").await), (State::Stopped, 0));
    assert!(world.left("pulse:1:stopped").await.is_some());
}

async fn a_closing_interrupted_after_any_step_posts_one_result(store: Store) {
    let world = World::new(store).await;
    let steps = [Step::Refuse, Step::Open, Step::Keep, Step::DestroyKey, Step::Scrub, Step::Seal];
    for (run, last) in (1_i64..).zip(steps) {
        world.opens("service-ease").await;
        for number in 1..=6 {
            world.presses(member(number), &format!("v1:pulse:answer:{run}:3")).await;
        }
        let interrupted = world.restarted();
        interrupted.pulses.finish_until(&world.services, PulseId(run), last).await.unwrap();
        let results = world.counts().await.len();
        assert_eq!(
            i64::try_from(results).unwrap(),
            if last == Step::Seal { run } else { run - 1 },
            "nothing is out before {last:?}"
        );
        let after = world.restarted();
        after.starts().await;
        after.starts().await;
        let counts = world.counts().await;
        let this = counts.iter().filter(|closed| closed.source.key == run.to_string()).collect::<Vec<_>>();
        assert_eq!(this.len(), 1, "{last:?}");
        assert_eq!(this[0].counts.options, [0, 0, 0, 6, 0], "{last:?}");
        assert_eq!((world.rows_of("sealed_ballots").await, world.keys()), (0, 0), "{last:?}");
        world.acts(run).await;
        world.services.clock.advance(TimeDelta::days(14));
    }
    let results: i64 = world
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                let sql = "select count(*) from outbox where key like 'pulse:%:result'";
                Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(results, 6);
}

async fn a_result_waits_until_the_key_is_destroyed(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    for number in 1..=6 {
        world.answers(number, "3").await;
    }
    let keys = world.data.path().join("keys");
    let key = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closing);
    assert!(world.left("pulse:1:result").await.is_none());
    assert!(world.counts().await.is_empty(), "counts are not handed out before the answers are destroyed");
    assert!(
        world
            .left("pulse:1:open/edit")
            .await
            .unwrap()
            .contains("Its result follows when every single answer has been destroyed.")
    );
    assert!(world.left("pulse:1:waits").await.unwrap().contains("its result has to wait"));
    assert!(world.results("1").await.contains("is not ready"));
    assert!(world.opens("service-ease").await.contains("is being counted"));

    // Tried again by itself, also after a restart; still in vain.
    let world = world.restarted();
    world.services.clock.advance(TimeDelta::minutes(1));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closing);
    std::fs::remove_dir(&key).unwrap();
    world.services.clock.advance(TimeDelta::minutes(2));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closed);
    assert!(world.left("pulse:1:result").await.unwrap().contains("6 people answered."));
}

async fn nobody_is_told_anything_while_a_pulse_is_open(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    let before = (
        world.left("pulse:1:open").await,
        world.runs(LEAD, "list", json!([])).await,
        world.results("1").await,
        world.suggestions("close", "").await,
        world.rows_of("outbox").await,
        world.rows_of("occurrences").await,
    );
    for number in 1..=30 {
        world.answers(number, "3").await;
    }
    let after = (
        world.left("pulse:1:open").await,
        world.runs(LEAD, "list", json!([])).await,
        world.results("1").await,
        world.suggestions("close", "").await,
        world.rows_of("outbox").await,
        world.rows_of("occurrences").await,
    );
    assert_eq!(before, after);
}

/// Job, key, payload, due.
type DueRow = (String, String, String, DateTime<Utc>);

/// How many of the needles stand somewhere in the files below a folder.
pub fn find_in_files(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let mut by_length: BTreeMap<usize, HashSet<&[u8]>> = BTreeMap::new();
    for needle in needles {
        by_length.entry(needle.len()).or_default().insert(needle);
    }
    let mut found: HashSet<Vec<u8>> = HashSet::new();
    for file in files_below(folder) {
        let bytes = std::fs::read(&file).unwrap();
        for (&length, wanted) in &by_length {
            found.extend(bytes.windows(length).filter(|window| wanted.contains(window)).map(<[u8]>::to_vec));
        }
    }
    found.len()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn after_the_close_no_file_holds_a_respondent_a_tag_or_a_sealed_answer() {
    let fixture = crate::support::sqlite().await;
    let world = World::new(fixture.store.clone()).await;
    let database = Path::new(fixture.url.strip_prefix("sqlite:").unwrap()).parent().unwrap().to_owned();
    world.opens("service-ease").await;
    for number in 1..=200 {
        world.answers(number, &(number % 5).to_string()).await;
    }
    for number in 1..=20 {
        world.answers(number, "2").await;
    }
    for number in 100..=110 {
        world.presses(member(number), "v1:pulse:withdraw:1").await;
    }
    let rows: Vec<(Vec<u8>, Vec<u8>)> = world
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query_as("select tag, payload from sealed_ballots").fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(rows.len(), 189);
    let sealed: Vec<Vec<u8>> = rows.into_iter().flat_map(|(tag, payload)| [tag, payload]).collect();
    let people: Vec<Vec<u8>> = (1..=200)
        .map(member)
        .flat_map(|user| {
            [user.0.to_string().into_bytes(), user.0.to_be_bytes().to_vec(), user.0.to_le_bytes().to_vec()]
        })
        .collect();
    let interactions: Vec<Vec<u8>> = (1..=200)
        .map(|number| World::incoming(member(number), Act::Control(Control::default())).id.0)
        .flat_map(|id| [id.to_string().into_bytes(), id.to_be_bytes().to_vec()])
        .collect();
    let key_file = std::fs::read_dir(world.data.path().join("keys")).unwrap().next().unwrap().unwrap().path();
    let key = vec![std::fs::read(key_file).unwrap()];
    // While it is open: the search does find what is there, and even now no person and no interaction is.
    assert_eq!(find_in_files(&database, &sealed), sealed.len());
    assert_eq!(find_in_files(world.data.path(), &key), 1);
    assert_eq!(find_in_files(&database, &key), 0, "the key is never in the database's files");
    for folder in [&*database, world.data.path()] {
        assert_eq!(find_in_files(folder, &people) + find_in_files(folder, &interactions), 0);
    }
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closed);
    // While the bot runs on, and after it has stopped.
    for _ in 0..2 {
        for folder in [&*database, world.data.path()] {
            for needles in [&sealed, &people, &interactions, &key] {
                assert_eq!(find_in_files(folder, needles), 0);
            }
        }
        world.services.store.close().await;
    }
}

#[derive(Clone)]
pub struct Lines(pub Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that this process logs, at the finest level.
pub fn log() -> &'static Lines {
    static LOG: OnceLock<Lines> = OnceLock::new();
    LOG.get_or_init(|| {
        let lines = Lines(Arc::default());
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other test of this process takes the log");
        lines
    })
}

#[tokio::test]
async fn the_log_of_a_whole_run_names_no_respondent_and_no_answer() {
    let log = log();
    let fixture = crate::support::sqlite().await;
    let world = World::new(fixture.store.clone()).await;
    world.opens("last-contact").await;
    let person = |number: u64| UserId(1_987_654_321_098_760_000 + number);
    for number in 1..=12 {
        world.presses(person(number), &format!("v1:pulse:answer:1:{}", number % 5)).await;
    }
    world.presses(person(1), "v1:pulse:withdraw:1").await;
    world.presses(person(1), "v1:pulse:answer:1:9").await;
    world.closes("last-contact").await;
    assert!(world.left("pulse:1:result").await.is_some());
    // And one with several questions and a comment.
    world.services.clock.advance(TimeDelta::days(14));
    world.opens("group-health").await;
    for number in 1..=12 {
        world.presses(person(number), "v1:pulse:show:2:0").await;
        world.presses(person(number), &format!("v1:pulse:give:2:0:{}", number % 5)).await;
        world.writes(person(number), "v1:pulse:wrote:2:6", "Quieter rooms, zanzibar").await;
        world.presses(person(number), "v1:pulse:send:2").await;
    }
    world.services.clock.advance(TimeDelta::days(3));
    world.ticks().await;
    world.closes("group-health").await;
    assert_eq!(world.rows_of("pulse_comments").await, 12);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("Pulse 1 opened") && text.contains("closed by a lead"), "the log is being listened to");
    for forbidden in ["19876543210987", "pulse:answer:1:", "pulse:give:2:", "Very poor", "Very good", "zanzibar"] {
        assert!(!text.contains(forbidden), "the log holds {forbidden:?}");
    }
}
