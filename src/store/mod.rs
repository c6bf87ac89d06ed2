//! One store, two databases: SQLite inside the process, PostgreSQL beside it.
//!
//! Every query is one SQL text that both databases run (`$1` binds, `on conflict`, `returning`, casts on aggregates). A function in
//! a feature's `store.rs` takes a [`Tx`] and runs its text with [`on_db!`](crate::on_db); a test prepares every statement on both.
//!
//! **The only door for writes is [`Store::write`]**: a closure that gets a [`Tx`] and returns its result. On SQLite one writer takes
//! whatever is waiting, runs each closure under a savepoint inside one transaction, commits once and only then answers each, so that
//! all writes share one disk sync and a failing one takes back only itself. On PostgreSQL each closure is its own transaction. When
//! [`Store::write`] returns `Ok`, the change is on disk.

mod kept;
mod postgres;
mod sqlite;

pub use kept::{forget, keep, keep_first, kept};

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use tokio::sync::Notify;

use crate::error::{Error, Result};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A handle on the database; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
    announcements: Arc<Announcements>,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite(Box<sqlite::Sqlite>),
    Postgres(postgres::Postgres),
}

/// Work in progress on the database. Store functions take `&mut Tx`.
#[derive(Debug)]
pub struct Tx {
    connection: Connection,
    announced: Vec<Topic>,
}

#[derive(Debug)]
enum Connection {
    /// The writer's own connection; its transaction is opened and committed by the writer.
    SqliteWriter(Box<SqliteConnection>),
    SqliteReader(PoolConnection<Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// The live connection inside a [`Tx`], for [`on_db!`](crate::on_db).
#[derive(Debug)]
pub enum Conn<'tx> {
    /// SQLite.
    Sqlite(&'tx mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'tx mut PgConnection),
}

/// Something that others wait for, told to them once the change is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A message is waiting to be sent.
    Outbox,
    /// Something new is due at some time.
    Schedule,
}

#[derive(Debug, Default)]
struct Announcements {
    outbox: Notify,
    schedule: Notify,
}

/// Runs the same body on whichever database a [`Tx`] holds.
///
/// ```ignore
/// let row = on_db!(tx, conn => sqlx::query_as::<_, Row>(SQL).bind(id).fetch_optional(conn).await?);
/// ```
#[macro_export]
macro_rules! on_db {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx.conn() {
            $crate::store::Conn::Sqlite($conn) => $body,
            $crate::store::Conn::Postgres($conn) => $body,
        }
    };
}

impl Tx {
    /// The live connection. Use it through [`on_db!`](crate::on_db).
    pub fn conn(&mut self) -> Conn<'_> {
        match &mut self.connection {
            Connection::SqliteWriter(connection) => Conn::Sqlite(connection),
            Connection::SqliteReader(connection) => Conn::Sqlite(connection),
            Connection::Postgres(transaction) => Conn::Postgres(transaction),
        }
    }

    /// Tells whoever waits for `topic`, once this change is on disk; nothing is told if it is taken back.
    pub fn announce(&mut self, topic: Topic) {
        if !self.announced.contains(&topic) {
            self.announced.push(topic);
        }
    }
}

impl Store {
    /// Connects to `url`: `sqlite:PATH` (created if missing) or `postgres://…`. Does not migrate.
    ///
    /// # Errors
    /// When the address is not understood or the database cannot be reached; the message says what to check.
    pub async fn connect(url: &str) -> Result<Self> {
        let backend = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.trim_start_matches("//");
            Backend::Sqlite(Box::new(sqlite::Sqlite::open(Path::new(path)).await?))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres(postgres::Postgres::connect(url).await?)
        } else {
            return Err(Error::refused(
                "The database address must start with `sqlite:` or `postgres://`. Check database.url (CXBOT_DATABASE__URL).",
            ));
        };
        Ok(Self { backend, announcements: Arc::default() })
    }

    /// Brings the schema up to date. Safe to interrupt: each migration is one transaction.
    ///
    /// # Errors
    /// When the database was made by a newer cxbot, or a migration fails; nothing is half done.
    pub async fn migrate(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.migrate(&SQLITE_MIGRATIONS).await,
            Backend::Postgres(postgres) => postgres.migrate(&POSTGRES_MIGRATIONS).await,
        }
        .map_err(migration_error)
    }

    /// Runs `work` and makes its changes durable before returning its result. If `work` fails, its changes are taken back.
    ///
    /// Keep Discord calls out of `work`: on SQLite every other write waits for it.
    ///
    /// # Errors
    /// What `work` returned, or the database's own fault (disk full, connection lost).
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>> + Send + 'static,
    {
        let (result, announced) = match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.write(work).await?,
            Backend::Postgres(postgres) => postgres.write(work).await?,
        };
        for topic in announced {
            self.notify(topic).notify_one();
        }
        Ok(result)
    }

    /// Runs `work` on a steady view of the data. Several reads run at once. Changes made in it are refused or dropped.
    ///
    /// # Errors
    /// What `work` returned, or the database's own fault.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'tx> FnOnce(&'tx mut Tx) -> BoxFuture<'tx, Result<T>>,
    {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(work).await,
            Backend::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Waits until a change about `topic` has been committed through this handle since the last call.
    pub async fn announced(&self, topic: Topic) {
        self.notify(topic).notified().await;
    }

    /// Finishes what is queued and closes the connections.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Scrubs deleted content from the database's own files as far as the database can promise it: on SQLite the write-ahead log is
    /// truncated and the file vacuumed; PostgreSQL makes no such promise (README says so) and this does nothing there.
    ///
    /// # Errors
    /// When SQLite could not finish, for example because a long read holds the log; call again later.
    pub async fn scrub(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.scrub().await,
            Backend::Postgres(_) => Ok(()),
        }
    }

    fn notify(&self, topic: Topic) -> &Notify {
        match topic {
            Topic::Outbox => &self.announcements.outbox,
            Topic::Schedule => &self.announcements.schedule,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(fault: sqlx::Error) -> Self {
        Self::Internal(anyhow::Error::new(fault))
    }
}

fn migration_error(fault: MigrateError) -> Error {
    match fault {
        MigrateError::VersionMissing(version) => Error::refused(format!(
            "This database was made by a newer cxbot (it holds migration {version}, which this one does not know). \
             Install that version or a later one; nothing was changed."
        )),
        MigrateError::VersionMismatch(version) => Error::refused(format!(
            "Migration {version} in this database differs from the one in this cxbot, so they do not belong together. \
             Restore the right backup or the right version; nothing was changed."
        )),
        other => Error::Internal(anyhow::Error::new(other).context("Migrating the database")),
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Outbox => "outbox",
            Self::Schedule => "schedule",
        })
    }
}
