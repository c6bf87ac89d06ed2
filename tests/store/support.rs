//! A fresh, migrated database of either kind for each test.

use cxbot::store::Store;
use sqlx::{Connection, PgConnection};

/// A database of its own; dropped with the fixture.
pub struct Fixture {
    pub store: Store,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
    drop_on: Option<(String, String)>,
}

pub async fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let store = Store::connect(&url).await.expect("a SQLite file");
    store.migrate().await.expect("migrations");
    Fixture { store, url, _folder: Some(folder), drop_on: None }
}

#[expect(clippy::disallowed_methods, reason = "a test asks its surroundings for a server")]
pub async fn postgres() -> Fixture {
    let server = std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL must name a PostgreSQL server for throwaway databases");
    let name = format!("cxbot_test_{:016x}", u64::from_be_bytes(random()));
    let mut admin = PgConnection::connect(&server).await.expect("the PostgreSQL server");
    sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}")))
        .execute(&mut admin)
        .await
        .expect("a fresh database");
    let (base, _) = server.rsplit_once('/').expect("TEST_POSTGRES_URL ends with /DATABASE");
    let url = format!("{base}/{name}");
    let store = Store::connect(&url).await.expect("the fresh database");
    store.migrate().await.expect("migrations");
    Fixture { store, url, _folder: None, drop_on: Some((server, name)) }
}

fn random() -> [u8; 8] {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system's random numbers");
    bytes
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let Some((server, name)) = self.drop_on.take() else { return };
        // Dropping cannot wait, so the database is dropped from a thread with a small runtime of its own.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                if let Ok(mut admin) = PgConnection::connect(&server).await {
                    let _ = sqlx::query(sqlx::AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                        .execute(&mut admin)
                        .await;
                }
            });
        });
        let _ = dropping.join();
    }
}

/// Makes two tests of one story: `on_both!(story_a, story_b)` inside a module; each story is `async fn(Store)`.
#[macro_export]
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $story() {
                let fixture = $crate::support::sqlite().await;
                super::$story(fixture.store.clone()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            #[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
            async fn $story() {
                let fixture = $crate::support::postgres().await;
                super::$story(fixture.store.clone()).await;
            })+
        }
    };
}
