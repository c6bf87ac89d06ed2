//! The store's own promises.

use chrono::{DateTime, Utc};
use cxbot::error::{Error, Result};
use cxbot::ids::GuildId;
use cxbot::on_db;
use cxbot::schedule;
use cxbot::store::{Store, Topic, Tx};

crate::on_both!(
    a_failing_write_takes_back_only_itself,
    a_panicking_write_fails_alone_and_the_store_lives_on,
    many_writers_at_once_all_succeed,
    an_announcement_follows_the_commit,
    a_read_sees_no_later_write,
);

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

async fn add(tx: &mut Tx, key: &str) -> Result<bool> {
    schedule::once(tx, GuildId(1), "job", key, noon(), &serde_json::Value::Null).await
}

async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on_db!(tx, conn => sqlx::query_scalar("select count(*) from occurrences").fetch_one(conn).await?))
}

async fn counted(store: &Store) -> i64 {
    store.read(|tx| Box::pin(count(tx))).await.unwrap()
}

async fn a_failing_write_takes_back_only_itself(store: Store) {
    let writes = (0..20).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        add(tx, &format!("thing {number}")).await?;
                        if number % 2 == 0 { Ok(()) } else { Err(Error::refused("odd ones are declined")) }
                    })
                })
                .await
        })
    });
    let outcomes = futures_util::future::join_all(writes).await;
    let kept = outcomes.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_ok()).count();
    assert_eq!(kept, 10);
    assert_eq!(counted(&store).await, 10);
}

async fn a_panicking_write_fails_alone_and_the_store_lives_on(store: Store) {
    let panicking = store.clone();
    let outcome = tokio::spawn(async move {
        panicking
            .write(|tx| {
                Box::pin(async move {
                    add(tx, "lost").await?;
                    panic!("a fault in a feature");
                    #[expect(unreachable_code, reason = "gives the closure its type")]
                    Ok(())
                })
            })
            .await
    })
    .await;
    assert!(!matches!(outcome, Ok(Ok(()))), "a panicking write must not succeed");
    store.write(|tx| Box::pin(async move { add(tx, "kept").await })).await.unwrap();
    assert_eq!(counted(&store).await, 1);
}

async fn many_writers_at_once_all_succeed(store: Store) {
    let writes = (0..300).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            store.write(move |tx| Box::pin(async move { add(tx, &format!("thing {number}")).await })).await
        })
    });
    for outcome in futures_util::future::join_all(writes).await {
        assert!(outcome.unwrap().unwrap());
    }
    assert_eq!(counted(&store).await, 300);
}

async fn an_announcement_follows_the_commit(store: Store) {
    store.write(|tx| Box::pin(async move { add(tx, "thing").await })).await.unwrap();
    let told = tokio::time::timeout(std::time::Duration::from_mins(1), store.announced(Topic::Schedule)).await;
    assert!(told.is_ok(), "whoever waits for the schedule must be told");
}

async fn a_read_sees_no_later_write(store: Store) {
    let writer = store.clone();
    let counts = store
        .read(|tx| {
            Box::pin(async move {
                let before = count(tx).await?;
                writer.write(|tx| Box::pin(async move { add(tx, "thing").await })).await?;
                Ok((before, count(tx).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(counts, (0, 0));
    assert_eq!(counted(&store).await, 1);
}
