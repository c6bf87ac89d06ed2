//! PostgreSQL: a pool; each write is its own transaction.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Transaction};

use super::{Connection, Topic, Tx};
use crate::error::{Error, Result};

const MOST_CONNECTIONS: u32 = 16;

#[derive(Clone, Debug)]
pub(super) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(super) async fn connect(url: &str) -> Result<Self> {
        // The parser's own message repeats the address, and with it the password.
        let options: PgConnectOptions = url.parse().map_err(|_| {
            Error::refused(
                "The PostgreSQL address is not understood. Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE \
                 (database.url, or CXBOT_DATABASE__URL).",
            )
        })?;
        let pool = PgPoolOptions::new()
            .max_connections(MOST_CONNECTIONS)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(|fault| {
                Error::refused(format!(
                    "PostgreSQL cannot be reached ({fault}). Check that it runs, that the address in database.url \
                     (CXBOT_DATABASE__URL) is right, and that it lets cxbot in."
                ))
            })?;
        Ok(Self { pool })
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<(T, Vec<Topic>)>
    where
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>>,
    {
        let (result, tx) = self.run(self.pool.begin().await?, work).await;
        let announced = tx.announced;
        let Connection::Postgres(transaction) = tx.connection else { unreachable!("built by run()") };
        match result {
            Ok(value) => {
                transaction.commit().await?;
                Ok((value, announced))
            }
            Err(error) => {
                // When the connection is lost the server rolls back by itself; what matters to the caller is the first error.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>>,
    {
        let transaction = self.pool.begin_with("begin isolation level repeatable read read only").await?;
        let (result, tx) = self.run(transaction, work).await;
        let Connection::Postgres(transaction) = tx.connection else { unreachable!("built by run()") };
        let _ = transaction.rollback().await;
        result
    }

    async fn run<T, F>(&self, transaction: Transaction<'static, sqlx::Postgres>, work: F) -> (Result<T>, Tx)
    where
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>>,
    {
        let mut tx = Tx { connection: Connection::Postgres(transaction), announced: Vec::new() };
        let result = work(&mut tx).await;
        (result, tx)
    }

    pub(super) async fn migrate(&self, migrator: &'static Migrator) -> Result<(), MigrateError> {
        // sqlx takes an advisory lock, so several processes may start at once.
        migrator.run(&self.pool).await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
