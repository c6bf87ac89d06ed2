//! The outbox, and the sender against as much of Discord as it needs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::ids::{ChannelId, GuildId, UserId};
use cxbot::on_db;
use cxbot::outbox::{self, Counts, Queue, Sender, To, WaitingKind};
use cxbot::post::Post;
use cxbot::services::Services;
use cxbot::store::Store;
use serde_json::json;

use crate::fake_discord::{FakeDiscord, Misfortune};

crate::on_both!(
    the_same_key_is_queued_once,
    an_unsent_message_is_nowhere_on_discord,
    a_channel_gets_its_messages_in_order_and_the_row_keeps_the_ids_but_not_the_body,
    nothing_is_sent_before_it_is_due,
    what_waits_is_listed_without_what_is_said_in_private,
    an_edit_waits_for_its_message_and_the_last_one_wins,
    a_reply_goes_into_the_thread_once_that_is_open,
    where_no_thread_may_be_opened_the_reply_goes_to_the_channel,
    nothing_is_said_below_a_message_that_is_gone,
    a_message_is_deleted_or_never_sent,
    a_direct_message_opens_the_private_channel_once,
    somebody_who_takes_no_direct_messages_is_not_asked_again,
    a_missing_permission_is_told_in_words_and_can_be_tried_again,
    an_unclear_answer_is_asked_again_and_shows_once,
    after_a_crash_within_minutes_discord_recognises_the_mark,
    after_a_crash_long_ago_our_own_message_is_found,
    after_a_crash_before_sending_the_message_is_sent,
    a_token_that_is_refused_stops_the_sender_and_keeps_what_waits,
    a_wait_that_discord_asks_for_is_kept,
    two_senders_send_each_message_once_and_in_order,
    two_hundred_messages_to_forty_channels_meet_no_limit,
    a_running_sender_hears_of_new_messages_and_stops,
);

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

struct Bench {
    services: Services,
    discord: FakeDiscord,
    sender: Sender,
}

impl Bench {
    async fn new(store: Store) -> Self {
        let settings = Arc::new(Settings::load(&Overrides::default()).unwrap());
        let services = Services { store, clock: Clock::manual(noon()), settings, content: Content::built_in() };
        let discord = FakeDiscord::start().await;
        let sender = Sender::new(services.clone(), &discord.connection().await);
        Self { services, discord, sender }
    }

    /// Another process on the same database.
    async fn second_sender(&self) -> Sender {
        Sender::new(self.services.clone(), &self.discord.connection().await)
    }

    async fn leave(&self, key: &str, to: To, text: &str) {
        assert!(leave(&self.services.store, key, to, text, noon()).await);
    }

    async fn edit(&self, of_key: &'static str, text: &'static str) {
        let write = self.services.store.write(move |tx| {
            Box::pin(async move { outbox::edit(tx, GuildId(1), of_key, &Post::text(text), noon()).await })
        });
        write.await.unwrap();
    }

    async fn drain(&self) -> Counts {
        self.sender.drain().await.unwrap()
    }

    async fn waiting(&self) -> i64 {
        let now = self.services.clock.now();
        self.services.store.read(|tx| Box::pin(outbox::waiting(tx, now))).await.unwrap()
    }

    async fn failures(&self) -> Vec<(String, String)> {
        let failures = self.services.store.read(|tx| Box::pin(outbox::failures(tx, GuildId(1)))).await.unwrap();
        failures.into_iter().map(|failure| (failure.key, failure.why)).collect()
    }

    async fn execute(&self, sql: &'static str) {
        let done = self.services.store.write(move |tx| {
            Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected())) })
        });
        assert_eq!(done.await.unwrap(), 1, "{sql}");
    }
}

fn sent(sent: u64) -> Counts {
    Counts { sent, ..Counts::default() }
}

fn channel(id: u64) -> To {
    To::Channel(ChannelId(id))
}

async fn leave(store: &Store, key: &str, to: To, text: &str, due_at: DateTime<Utc>) -> bool {
    let (key, text) = (key.to_owned(), text.to_owned());
    store
        .write(move |tx| {
            Box::pin(async move {
                let post = Post::text(text);
                outbox::queue(tx, Queue { guild: GuildId(1), key: &key, to, post: &post, due_at }).await
            })
        })
        .await
        .unwrap()
}

async fn the_same_key_is_queued_once(store: Store) {
    assert!(leave(&store, "pulse:7:open", channel(5), "first", noon()).await);
    assert!(!leave(&store, "pulse:7:open", channel(5), "second", noon()).await);
}

async fn an_unsent_message_is_nowhere_on_discord(store: Store) {
    leave(&store, "pulse:7:open", channel(5), "first", noon()).await;
    let sent = store.read(|tx| Box::pin(outbox::find_sent(tx, "pulse:7:open"))).await.unwrap();
    assert_eq!(sent, None);
}

async fn a_channel_gets_its_messages_in_order_and_the_row_keeps_the_ids_but_not_the_body(store: Store) {
    let bench = Bench::new(store).await;
    for number in 1..=4 {
        bench.leave(&format!("m{number}"), channel(5), &format!("text {number}")).await;
    }
    assert_eq!(bench.drain().await, sent(4));
    assert_eq!(bench.discord.texts(5), ["text 1", "text 2", "text 3", "text 4"]);
    let found = bench.services.store.read(|tx| Box::pin(outbox::find_sent(tx, "m1"))).await.unwrap().unwrap();
    assert_eq!((found.channel.0, found.message.0), (5, 5001));
    let left: String = bench
        .services
        .store
        .read(|tx| Box::pin(async move {
            Ok(on_db!(tx, conn => sqlx::query_scalar("select body from outbox where key = 'm1'").fetch_one(conn).await?))
        }))
        .await
        .unwrap();
    assert_eq!(left, "");
    assert_eq!(bench.drain().await, sent(0), "and nothing twice");
}

async fn nothing_is_sent_before_it_is_due(store: Store) {
    let bench = Bench::new(store).await;
    leave(&bench.services.store, "later", channel(5), "later", noon() + TimeDelta::hours(1)).await;
    assert_eq!(bench.drain().await, sent(0));
    bench.services.clock.advance(TimeDelta::hours(1));
    assert_eq!(bench.drain().await, sent(1));
}

async fn what_waits_is_listed_without_what_is_said_in_private(store: Store) {
    let later = noon() + TimeDelta::hours(2);
    leave(&store, "private", To::Person(UserId(9)), "PRIVATEWORDS", later).await;
    leave(&store, "post", channel(5), "For everybody", noon()).await;
    leave(&store, "reply", To::ThreadOn("post".into()), "PRIVATEWORDS", noon()).await;
    let list = || store.read(|tx| Box::pin(outbox::list_waiting(tx, GuildId(1))));
    let waiting = list().await.unwrap();
    let kinds: Vec<_> = waiting.iter().map(|one| (&one.kind, one.due_at, one.tries, one.follows)).collect();
    assert_eq!(
        kinds,
        [
            (&WaitingKind::Post(ChannelId(5), Post::text("For everybody")), noon(), 0, false),
            (&WaitingKind::Reply, noon(), 0, true),
            (&WaitingKind::Direct(UserId(9)), later, 0, false),
        ]
    );
    assert!(!format!("{waiting:?}").contains("PRIVATEWORDS"));
    let other = store.read(|tx| Box::pin(outbox::list_waiting(tx, GuildId(2)))).await.unwrap();
    assert_eq!(other, [], "another server's messages are not listed");

    let bench = Bench::new(store.clone()).await;
    bench.discord.befall("channels/5/messages", Misfortune::Answer(500, json!({"code": 0, "message": "oops"})));
    bench.drain().await;
    let tried = list().await.unwrap().into_iter().find(|one| matches!(one.kind, WaitingKind::Post(..))).unwrap();
    assert_eq!(tried.tries, 1);
    bench.services.clock.advance(TimeDelta::hours(3));
    bench.drain().await;
    assert!(
        !list().await.unwrap().iter().any(|one| matches!(one.kind, WaitingKind::Post(..))),
        "what is sent waits no more"
    );
}

async fn an_edit_waits_for_its_message_and_the_last_one_wins(store: Store) {
    let bench = Bench::new(store).await;
    bench.edit("m1", "early edit").await;
    assert_eq!(bench.drain().await, Counts { failed: 1, ..Counts::default() }, "there is nothing to edit");
    bench.leave("m1", channel(5), "first").await;
    bench.edit("m1", "second").await;
    bench.edit("m1", "third").await;
    assert_eq!(bench.drain().await, sent(2));
    assert_eq!(bench.discord.texts(5), ["third"]);
    bench.edit("m1", "fourth").await;
    assert_eq!(bench.drain().await, sent(1));
    assert_eq!(bench.discord.texts(5), ["fourth"]);
}

async fn a_reply_goes_into_the_thread_once_that_is_open(store: Store) {
    let bench = Bench::new(store).await;
    bench.leave("m1", channel(5), "lesson").await;
    bench.leave("m1/r", To::ThreadOn("m1".into()), "in the thread").await;
    let opening = bench
        .services
        .store
        .write(|tx| Box::pin(async move { outbox::thread(tx, GuildId(1), "m1", "Talk about it", noon()).await }));
    opening.await.unwrap();
    assert_eq!(bench.drain().await, sent(3));
    assert_eq!(bench.discord.texts(5001), ["in the thread"]);
}

/// A message with a thread and a reply, where Discord answers the opening of the thread with this code.
async fn refuses_the_thread(store: Store, code: i64) -> Bench {
    let bench = Bench::new(store).await;
    bench.discord.befall("/threads", Misfortune::Answer(403, json!({"code": code, "message": "no"})));
    bench.leave("m1", channel(5), "lesson").await;
    let opening = bench
        .services
        .store
        .write(|tx| Box::pin(async move { outbox::thread(tx, GuildId(1), "m1", "Talk about it", noon()).await }));
    opening.await.unwrap();
    bench.leave("m1/r", To::ThreadOn("m1".into()), "let us talk").await;
    bench
}

async fn where_no_thread_may_be_opened_the_reply_goes_to_the_channel(store: Store) {
    let bench = refuses_the_thread(store, 50013).await;
    assert_eq!(bench.drain().await, Counts { sent: 2, failed: 1, put_back: 0 });
    assert_eq!(bench.discord.texts(5), ["lesson", "let us talk"]);
    let failures = bench.failures().await;
    assert_eq!((failures.len(), &*failures[0].0), (1, "m1/thread"), "leads are still told of the thread: {failures:?}");
    // Tried again once it is allowed: the thread opens, and nothing is said twice.
    let again = bench.services.store.write(|tx| Box::pin(async move { outbox::retry(tx, GuildId(1), noon()).await }));
    assert_eq!(again.await.unwrap(), 1);
    assert_eq!(bench.drain().await, sent(1));
    assert_eq!(bench.discord.texts(5), ["lesson", "let us talk"]);
}

async fn nothing_is_said_below_a_message_that_is_gone(store: Store) {
    let bench = refuses_the_thread(store, 10008).await;
    assert_eq!(bench.drain().await, Counts { sent: 1, failed: 2, put_back: 0 });
    assert_eq!(bench.discord.texts(5), ["lesson"]);
}

async fn a_message_is_deleted_or_never_sent(store: Store) {
    let bench = Bench::new(store).await;
    let delete = |key: &'static str| {
        let write = bench
            .services
            .store
            .write(move |tx| Box::pin(async move { outbox::delete(tx, GuildId(1), key, noon()).await }));
        async move { write.await.unwrap() }
    };
    bench.leave("m1", channel(5), "sent, then taken away").await;
    assert_eq!(bench.drain().await, sent(1));
    delete("m1").await;
    leave(&bench.services.store, "m2", channel(5), "never sent", noon() + TimeDelta::hours(1)).await;
    delete("m2").await;
    assert_eq!(bench.drain().await, sent(2));
    bench.services.clock.advance(TimeDelta::hours(2));
    assert_eq!(bench.drain().await, sent(0));
    assert!(bench.discord.texts(5).is_empty());
    assert_eq!(bench.failures().await, [], "a message withdrawn on purpose is no failure");
}

async fn a_direct_message_opens_the_private_channel_once(store: Store) {
    let bench = Bench::new(store).await;
    bench.leave("d1", To::Person(UserId(7)), "one").await;
    bench.leave("d2", To::Person(UserId(7)), "two").await;
    assert_eq!(bench.drain().await, sent(2));
    bench.leave("d3", To::Person(UserId(7)), "three").await;
    assert_eq!(bench.second_sender().await.drain().await.unwrap(), sent(1));
    assert_eq!(bench.discord.texts(1007), ["one", "two", "three"]);
    let opened = bench.discord.requests().iter().filter(|request| request.ends_with("users/@me/channels")).count();
    assert_eq!(opened, 1);
}

async fn somebody_who_takes_no_direct_messages_is_not_asked_again(store: Store) {
    let bench = Bench::new(store).await;
    let closed = json!({"code": 50007, "message": "Cannot send messages to this user"});
    bench.discord.befall("channels/1007/messages", Misfortune::Answer(403, closed));
    bench.leave("d1", To::Person(UserId(7)), "one").await;
    assert_eq!(bench.drain().await.failed, 1);
    let requests = bench.discord.requests().len();
    bench.leave("d2", To::Person(UserId(7)), "two").await;
    assert_eq!(bench.drain().await.failed, 1);
    assert_eq!(bench.discord.requests().len(), requests, "Discord was not asked again");
    let (why, kept) = bench
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                let sql = "select count(*) from outbox where body <> ''";
                let kept: i64 = on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?);
                Ok((outbox::find_failure(tx, "d1").await?, kept))
            })
        })
        .await
        .unwrap();
    assert!(why.unwrap().contains("does not accept direct messages"));
    assert_eq!(kept, 0, "what was for one person alone is not kept when it cannot reach them");
    bench.services.clock.advance(TimeDelta::days(8));
    bench.leave("d3", To::Person(UserId(7)), "three").await;
    assert_eq!(bench.drain().await, sent(1), "after a week they are asked again");
}

async fn a_missing_permission_is_told_in_words_and_can_be_tried_again(store: Store) {
    let bench = Bench::new(store).await;
    bench.discord.befall(
        "channels/5/messages",
        Misfortune::Answer(403, json!({"code": 50013, "message": "Missing Permissions"})),
    );
    bench.leave("m1", channel(5), "first").await;
    bench.leave("m2", channel(5), "second").await;
    assert_eq!(bench.drain().await, Counts { sent: 1, failed: 1, put_back: 0 });
    let failures = bench.failures().await;
    assert_eq!(failures.len(), 1);
    assert!(failures[0].1.contains("Send Messages"), "{failures:?}");
    let again = bench.services.store.write(|tx| Box::pin(async move { outbox::retry(tx, GuildId(1), noon()).await }));
    assert_eq!(again.await.unwrap(), 1);
    assert_eq!(bench.drain().await, sent(1));
    assert_eq!(bench.discord.texts(5), ["second", "first"]);
    assert_eq!(bench.failures().await, []);
}

async fn an_unclear_answer_is_asked_again_and_shows_once(store: Store) {
    let bench = Bench::new(store).await;
    bench.discord.befall("channels/5/messages", Misfortune::DoneThen(502));
    bench.leave("m1", channel(5), "first").await;
    bench.leave("m2", channel(5), "second").await;
    // The second stays behind the first: put back with it.
    assert_eq!(bench.drain().await, Counts { sent: 0, failed: 0, put_back: 2 });
    bench.services.clock.advance(TimeDelta::seconds(2));
    assert_eq!(bench.drain().await, sent(2));
    assert_eq!(bench.discord.texts(5), ["first", "second"]);
}

/// Leaves a row as a process leaves it that dies between sending and recording.
async fn crash_after_sending(bench: &Bench) {
    bench.leave("m1", channel(5), "first").await;
    assert_eq!(bench.drain().await, sent(1));
    bench
        .execute(
            "update outbox set sent_at = null, channel_id = null, message_id = null, attempts = 1, claimed_at = due_at,
                 body = '{\"text\":\"first\"}' where key = 'm1'",
        )
        .await;
}

async fn after_a_crash_within_minutes_discord_recognises_the_mark(store: Store) {
    let bench = Bench::new(store).await;
    crash_after_sending(&bench).await;
    assert_eq!(bench.drain().await, sent(0), "the claim still holds");
    bench.services.clock.advance(TimeDelta::seconds(70));
    assert_eq!(bench.drain().await, sent(1));
    assert_eq!(bench.discord.texts(5), ["first"]);
    assert!(!bench.discord.requests().iter().any(|request| request.starts_with("GET")), "no look was needed");
}

async fn after_a_crash_long_ago_our_own_message_is_found(store: Store) {
    let bench = Bench::new(store).await;
    crash_after_sending(&bench).await;
    bench.discord.world.lock().unwrap().forgets_nonces = true;
    bench.services.clock.advance(TimeDelta::hours(3));
    let second = bench.second_sender().await;
    assert_eq!(second.drain().await.unwrap(), sent(1));
    assert_eq!(bench.discord.texts(5), ["first"]);
    let found = bench.services.store.read(|tx| Box::pin(outbox::find_sent(tx, "m1"))).await.unwrap().unwrap();
    assert_eq!(found.message.0, 5001);
}

async fn after_a_crash_before_sending_the_message_is_sent(store: Store) {
    let bench = Bench::new(store).await;
    // The same words were posted before, by another row: they are not this one's.
    bench.leave("m0", channel(5), "first").await;
    assert_eq!(bench.drain().await, sent(1));
    bench.leave("m1", channel(5), "first").await;
    bench.execute("update outbox set attempts = 1, claimed_at = due_at where key = 'm1'").await;
    bench.services.clock.advance(TimeDelta::hours(3));
    assert_eq!(bench.drain().await, sent(1));
    assert_eq!(bench.discord.texts(5), ["first", "first"]);
}

async fn a_token_that_is_refused_stops_the_sender_and_keeps_what_waits(store: Store) {
    let bench = Bench::new(store).await;
    bench
        .discord
        .befall("channels/5/messages", Misfortune::Answer(401, json!({"code": 0, "message": "401: Unauthorized"})));
    bench.leave("m1", channel(5), "first").await;
    let refusal = bench.sender.drain().await.unwrap_err().to_string();
    assert!(refusal.contains("no longer accepts the token"), "{refusal}");
    assert_eq!(bench.waiting().await, 1);
    assert_eq!(bench.second_sender().await.drain().await.unwrap(), sent(1), "a new start sends it");
}

async fn a_wait_that_discord_asks_for_is_kept(store: Store) {
    let bench = Bench::new(store).await;
    let wait = json!({"retry_after": 0.5, "global": false, "message": "limited"});
    bench.discord.befall("channels/5/messages", Misfortune::Answer(429, wait));
    bench.leave("m1", channel(5), "first").await;
    let started = Instant::now();
    assert_eq!(bench.drain().await, sent(1));
    assert!(started.elapsed() >= Duration::from_millis(500));
}

async fn two_senders_send_each_message_once_and_in_order(store: Store) {
    let bench = Bench::new(store).await;
    let second = bench.second_sender().await;
    for number in 0..30 {
        bench.leave(&format!("m{number}"), channel(5 + number % 6), &format!("text {number:02}")).await;
    }
    let (first, other) = tokio::join!(bench.sender.drain(), second.drain());
    let left = bench.drain().await;
    assert_eq!(first.unwrap().sent + other.unwrap().sent + left.sent, 30);
    for number in 0..6 {
        let texts = bench.discord.texts(5 + number);
        assert_eq!(texts.len(), 5, "{texts:?}");
        assert!(texts.is_sorted(), "{texts:?}");
    }
}

async fn two_hundred_messages_to_forty_channels_meet_no_limit(store: Store) {
    let bench = Bench::new(store).await;
    for number in 0..200 {
        bench.leave(&format!("m{number}"), channel(100 + number % 40), &format!("text {number:03}")).await;
    }
    let started = Instant::now();
    assert_eq!(bench.drain().await, sent(200));
    let taken = started.elapsed();
    assert_eq!(bench.discord.world.lock().unwrap().limited, 0, "no 429");
    assert!(taken >= Duration::from_secs(3), "50 a second: {taken:?}");
    assert!(taken < Duration::from_secs(5), "{taken:?}");
    println!("200 messages to 40 channels: {taken:?}");
}

async fn a_running_sender_hears_of_new_messages_and_stops(store: Store) {
    let bench = Bench::new(store).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let sender = bench.sender.clone();
        async move { sender.run(async { drop(stopped.await) }).await }
    });
    bench.leave("m1", channel(5), "first").await;
    leave(&bench.services.store, "m2", channel(5), "second", noon() + TimeDelta::hours(1)).await;
    let sent_within = |count: u64| {
        let sender = bench.sender.clone();
        async move {
            let deadline = Instant::now() + Duration::from_mins(1);
            while sender.counts().sent < count {
                assert!(Instant::now() < deadline, "{count} messages should have been sent by now");
                tokio::task::yield_now().await;
            }
        }
    };
    sent_within(1).await;
    bench.services.clock.advance(TimeDelta::hours(1));
    sent_within(2).await;
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_mins(1), running).await.unwrap().unwrap().unwrap();
}
