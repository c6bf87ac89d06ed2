//! What cxbot holds on one person: shown to them, handed to them as a file, erased at their wish.
//!
//! Every part of cxbot that keeps anything about a person gives a [`PersonalData`]; `features.rs` lists them. Most of them are a list of
//! [`Table`]s whose rows carry the person's id. What cannot be found, because no row says whose it is, and what remains, because it is a
//! count without names, is said plainly: that is part of the interface.

mod chat;
mod message;
mod store;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

pub use chat::Me;

use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::store::Tx;

/// What one part of cxbot holds on a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// One line each, for the person to read.
    pub lines: Vec<String>,
    /// The same in full, for the file.
    pub data: Value,
}

/// A part of cxbot that keeps something about people.
pub trait PersonalData: Send + Sync + 'static {
    /// What the part is called: `Lessons`.
    fn title(&self) -> &'static str;

    /// What it cannot find or does not erase, and why, in plain words; empty when there is nothing of the kind.
    fn remains(&self) -> &'static str {
        ""
    }

    /// Every column in which this part keeps somebody's id, as `table.column`. A test holds them against the schema, so that no table
    /// is forgotten here.
    fn columns(&self) -> Vec<&'static str>;

    /// What is held on this person now.
    fn held<'run>(&'run self, tx: &'run mut Tx, guild: GuildId, user: UserId) -> BoxFuture<'run, Result<Held>>;

    /// Erases it, in the caller's transaction.
    fn erase<'run>(
        &'run self,
        tx: &'run mut Tx,
        guild: GuildId,
        user: UserId,
        now: DateTime<Utc>,
    ) -> BoxFuture<'run, Result<()>>;
}

/// A table whose rows belong to one person on one server. Make it with [`personal_table!`](crate::personal_table) where its columns are
/// `guild_id` and the person's.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// What its rows are: `Answers in quizzes`.
    pub words: &'static str,
    /// The column that holds the person: `lesson_answers.user_id`.
    pub person: &'static str,
    /// The columns that the file shows.
    pub columns: &'static [&'static str],
    /// Reads them, each after the character U+001F. `$1` is the server, `$2` the person.
    pub rows: &'static str,
    /// Erases them; `None` for what stays, and then the part's `remains` says why.
    pub erase: Option<&'static str>,
}

/// A [`Table`]: its words, its name, the column of the person, and the columns to hand out.
#[macro_export]
macro_rules! personal_table {
    ($words:literal, $table:literal, $person:literal, [$($column:literal),+ $(,)?]) => {
        $crate::people::Table {
            words: $words,
            person: concat!($table, ".", $person),
            columns: &[$($column),+],
            rows: concat!(
                "select ''", $(" || '\u{1f}' || coalesce(cast(", $column, " as text), '')",)+
                " from ", $table, " where guild_id = $1 and ", $person, " = $2"
            ),
            erase: Some(concat!("delete from ", $table, " where guild_id = $1 and ", $person, " = $2")),
        }
    };
}

/// A part whose data is a list of tables.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// As [`PersonalData::title`].
    pub title: &'static str,
    /// As [`PersonalData::remains`].
    pub remains: &'static str,
    /// The tables.
    pub tables: &'static [Table],
}

impl PersonalData for Tables {
    fn title(&self) -> &'static str {
        self.title
    }

    fn remains(&self) -> &'static str {
        self.remains
    }

    fn columns(&self) -> Vec<&'static str> {
        self.tables.iter().map(|table| table.person).collect()
    }

    fn held<'run>(&'run self, tx: &'run mut Tx, guild: GuildId, user: UserId) -> BoxFuture<'run, Result<Held>> {
        Box::pin(async move {
            let mut held = Held { lines: Vec::new(), data: json!({}) };
            for table in self.tables {
                let rows = store::rows(tx, table, guild, user).await?;
                if !rows.is_empty() {
                    held.lines.push(format!("{}: {}", table.words, rows.len()));
                    held.data[table.words] = Value::Array(rows);
                }
            }
            Ok(held)
        })
    }

    fn erase<'run>(
        &'run self,
        tx: &'run mut Tx,
        guild: GuildId,
        user: UserId,
        _now: DateTime<Utc>,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            for table in self.tables {
                store::erase(tx, table, guild, user).await?;
            }
            Ok(())
        })
    }
}

/// The roster's own data.
pub const ROSTER: Tables = Tables {
    title: "The group",
    remains: "",
    tables: &[personal_table!(
        "Your entry on the roster",
        "people",
        "user_id",
        ["division", "joined_on", "direct_messages", "no_reminders", "seen_as_lead_on"]
    )],
};

/// Private messages on their way to a person, and where the sent ones stand.
pub const DELIVERIES: Tables = Tables {
    title: "Private messages",
    remains: "Where a private message to you stands on Discord stays noted, as numbers without words, so that it can still be taken down.",
    tables: &[Table {
        words: "Private messages to you",
        person: "outbox.target_id",
        columns: &["due_at", "sent_at", "waiting_text"],
        rows: "select '\u{1f}' || coalesce(cast(due_at as text), '') || '\u{1f}' || coalesce(cast(sent_at as text), '') || '\u{1f}' || body
             from outbox where guild_id = $1 and target_id = $2 and kind = 'direct'",
        erase: Some("update outbox set body = '', failed_at = coalesce(failed_at, due_at), failure = coalesce(failure, 'taken back before it was sent')
             where guild_id = $1 and target_id = $2 and kind = 'direct' and sent_at is null and claimed_at is null"),
    }],
};
