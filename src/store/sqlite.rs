//! SQLite: one writer task with its own connection, several read-only connections.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Connection, Topic, Tx};
use crate::error::{Error, Result};

/// The most writes that share one commit. Beyond this the wait for the last one grows and nothing is gained.
const MOST_WRITES_PER_COMMIT: usize = 256;
const READERS: u32 = 4;

#[derive(Clone, Debug)]
pub(super) struct Sqlite {
    writer: mpsc::Sender<Request>,
    readers: SqlitePool,
    options: SqliteConnectOptions,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

enum Request {
    Write(Box<dyn Write>),
    Scrub(oneshot::Sender<Result<()>>),
    Close,
}

/// One queued write: runs its closure now, answers its caller after the commit.
trait Write: Send {
    /// Runs the closure; `false` when its changes must be taken back.
    fn run<'run>(&'run mut self, tx: &'run mut Tx) -> BoxFuture<'run, bool>;
    /// Tells the caller, now that the commit has succeeded or failed.
    fn answer(self: Box<Self>, commit: std::result::Result<(), &str>);
}

struct Work<T, F> {
    closure: Option<F>,
    result: Option<Result<(T, Vec<Topic>)>>,
    reply: oneshot::Sender<Result<(T, Vec<Topic>)>>,
}

impl<T, F> Write for Work<T, F>
where
    T: Send + 'static,
    F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>> + Send + 'static,
{
    fn run<'run>(&'run mut self, tx: &'run mut Tx) -> BoxFuture<'run, bool> {
        let work = self.closure.take().expect("a queued write runs once");
        Box::pin(async move {
            tx.announced.clear();
            // A panic in one write must not take down the writer that every other write depends on.
            let result = AssertUnwindSafe(async { work(tx).await }).catch_unwind().await;
            let result = result.unwrap_or_else(|_| Err(Error::internal("A write to the database panicked")));
            let announced = std::mem::take(&mut tx.announced);
            let keep = result.is_ok();
            self.result = Some(result.map(|value| (value, announced)));
            keep
        })
    }

    fn answer(self: Box<Self>, commit: std::result::Result<(), &str>) {
        let result = match (self.result, commit) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (_, Err(why)) => Err(Error::internal(format!("SQLite could not store the change: {why}"))),
            (None, Ok(())) => Err(Error::internal("A write to the database was not run")),
        };
        // A caller that has gone away needs no answer.
        let _ = self.reply.send(result);
    }
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self> {
        let options = options(path)?;
        let connection = options.connect().await.map_err(|fault| cannot_open(path, &fault))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(0)
            .idle_timeout(Duration::from_mins(1))
            .connect_lazy_with(options.clone().pragma("query_only", "on"));
        let (writer, requests) = mpsc::channel(4096);
        let task = tokio::spawn(write_loop(connection, requests, path.to_owned()));
        Ok(Self { writer, readers, options, task: Arc::new(Mutex::new(Some(task))) })
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<(T, Vec<Topic>)>
    where
        T: Send + 'static,
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let request = Request::Write(Box::new(Work { closure: Some(work), result: None, reply }));
        self.writer.send(request).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>>,
    {
        let mut connection = self.readers.acquire().await?;
        sqlx::query("begin").execute(&mut *connection).await?;
        let mut tx = Tx { connection: Connection::SqliteReader(connection), announced: Vec::new() };
        let result = work(&mut tx).await;
        let Connection::SqliteReader(mut connection) = tx.connection else { unreachable!("built as a reader above") };
        if let Err(fault) = sqlx::query("rollback").execute(&mut *connection).await {
            // A connection that cannot end its transaction must not go back to the pool.
            drop(connection.detach());
            return Err(fault.into());
        }
        result
    }

    pub(super) async fn migrate(&self, migrator: &'static Migrator) -> Result<(), MigrateError> {
        // A connection of its own: the writer waits on its lock like any other, and each migration is one transaction.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(self.options.clone()).await?;
        let outcome = migrator.run(&pool).await;
        pool.close().await;
        outcome
    }

    pub(super) async fn scrub(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Request::Scrub(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn close(&self) {
        // The loop answers everything queued before this, then ends.
        let _ = self.writer.send(Request::Close).await;
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
        self.readers.close().await;
    }
}

fn options(path: &Path) -> Result<SqliteConnectOptions> {
    let options = if path == Path::new(":memory:") {
        return Err(Error::refused(
            "cxbot needs a database file: give database.url a path, for example sqlite:data/cxbot.db.",
        ));
    } else {
        SqliteConnectOptions::from_str("sqlite:")?.filename(path)
    };
    Ok(options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // An answer is on disk before it is acknowledged.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // Deleted answers are overwritten, not merely unlinked. Must be on before the first row is written.
        .pragma("secure_delete", "on")
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

async fn write_loop(connection: SqliteConnection, mut requests: mpsc::Receiver<Request>, path: PathBuf) {
    let mut tx = Tx { connection: Connection::SqliteWriter(Box::new(connection)), announced: Vec::new() };
    let mut waiting: Vec<Request> = Vec::with_capacity(MOST_WRITES_PER_COMMIT);
    'serving: while requests.recv_many(&mut waiting, MOST_WRITES_PER_COMMIT).await > 0 {
        let mut writes: Vec<Box<dyn Write>> = Vec::with_capacity(waiting.len());
        for request in waiting.drain(..) {
            match request {
                Request::Write(write) => writes.push(write),
                other => {
                    commit_together(&mut tx, std::mem::take(&mut writes)).await;
                    match other {
                        Request::Scrub(reply) => {
                            let _ = reply.send(scrub(&mut tx).await);
                        }
                        Request::Close => break 'serving,
                        Request::Write(_) => unreachable!("handled above"),
                    }
                }
            }
        }
        commit_together(&mut tx, writes).await;
    }
    if let Connection::SqliteWriter(connection) = tx.connection
        && let Err(fault) = connection.close().await
    {
        tracing::warn!(error = %fault, path = %path.display(), "Could not close the SQLite file cleanly; it will recover when opened");
    }
}

/// Runs `writes` in one transaction, each under its own savepoint, commits once, then answers each.
async fn commit_together(tx: &mut Tx, mut writes: Vec<Box<dyn Write>>) {
    if writes.is_empty() {
        return;
    }
    let committed = run_all(tx, &mut writes).await;
    if committed.is_err() {
        // SQLite may have rolled back by itself (disk full); then this reports "no transaction", which is what we want.
        let _ = execute(tx, "rollback").await;
    }
    let outcome = committed.map_err(|fault| fault.to_string());
    for write in writes {
        write.answer(outcome.as_ref().copied().map_err(String::as_str));
    }
}

async fn run_all(tx: &mut Tx, writes: &mut [Box<dyn Write>]) -> Result<(), sqlx::Error> {
    if execute(tx, "begin immediate").await.is_err() {
        // After a full disk even a rollback can fail and leave the old transaction open: end it first, then try once more.
        let _ = execute(tx, "rollback").await;
        execute(tx, "begin immediate").await?;
    }
    if let [only] = writes {
        // Alone, the transaction itself is the savepoint.
        let keep = only.run(tx).await;
        return execute(tx, if keep { "commit" } else { "rollback" }).await;
    }
    // Every statement is a trip to SQLite's own thread and back, so what can go along goes along.
    execute(tx, "savepoint one").await?;
    let last = writes.len() - 1;
    for (number, write) in writes.iter_mut().enumerate() {
        let next = match (write.run(tx).await, number == last) {
            (true, false) => "release one; savepoint one",
            // What it did is undone, and the savepoint stands for the next one.
            (false, false) => "rollback to one",
            (true, true) => "release one; commit",
            (false, true) => "rollback to one; release one; commit",
        };
        execute(tx, next).await?;
    }
    Ok(())
}

async fn scrub(tx: &mut Tx) -> Result<()> {
    execute(tx, "vacuum").await?;
    let Connection::SqliteWriter(connection) = &mut tx.connection else { return Ok(()) };
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(&mut **connection).await?;
    if busy != 0 {
        return Err(Error::internal("SQLite's write-ahead log is still being read and could not be truncated"));
    }
    Ok(())
}

async fn execute(tx: &mut Tx, sql: &'static str) -> Result<(), sqlx::Error> {
    let Connection::SqliteWriter(connection) = &mut tx.connection else {
        return Err(sqlx::Error::Protocol("the SQLite writer lost its connection".into()));
    };
    sqlx::query(sql).execute(&mut **connection).await.map(|_| ())
}

fn cannot_open(path: &Path, fault: &sqlx::Error) -> Error {
    Error::refused(format!(
        "The SQLite file {} cannot be opened ({fault}). Check that its folder exists, that cxbot may write there, and that the disk \
         is not full.",
        path.display()
    ))
}

fn closed() -> Error {
    Error::internal("The database is closed because cxbot is stopping")
}
