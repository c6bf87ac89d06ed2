//! The rows of the outbox: what features leave, and what they look up. The sender's own statements stand in `sender/store.rs`.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::To;
use crate::error::Result;
use crate::ids::{ChannelId, GuildId, MessageId, UserId};
use crate::on_db;
use crate::post::Post;
use crate::store::{Topic, Tx};

/// A message to leave in the outbox.
#[derive(Clone, Debug)]
pub struct Queue<'a> {
    /// The server it belongs to.
    pub guild: GuildId,
    /// Names this message for ever; at most 100 characters. The same key again changes nothing.
    pub key: &'a str,
    /// Where it goes.
    pub to: To,
    /// What it says.
    pub post: &'a Post,
    /// Not before this instant.
    pub due_at: DateTime<Utc>,
}

/// A message that Discord has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The channel it stands in.
    pub channel: ChannelId,
    /// The message.
    pub message: MessageId,
}

/// A message that could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The key it was left with.
    pub key: String,
    /// The channel it was for; `None` for a direct message, a reply or a change to another message.
    pub channel: Option<ChannelId>,
    /// Why, in words for a lead.
    pub why: String,
    /// When it was given up.
    pub failed_at: DateTime<Utc>,
    /// It only belongs to another message (its thread, a change to it) and failed with that one.
    pub follows: bool,
}

/// A message that is on its way, or put off until later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What is to be done.
    pub kind: WaitingKind,
    /// When it may go at the earliest.
    pub due_at: DateTime<Utc>,
    /// How often it has been tried.
    pub tries: i64,
    /// Whether it goes only after another message that still waits.
    pub follows: bool,
}

/// What a waiting message is. What a person is told privately is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingKind {
    /// A post to a channel, with what it says.
    Post(ChannelId, Post),
    /// A private message.
    Direct(UserId),
    /// A reply into a thread.
    Reply,
    /// A change to a message that stands.
    Edit,
    /// A message to take away.
    Delete,
    /// A thread to open.
    Thread,
}

/// Why a row failed that belongs to a message that failed.
pub(super) const ORIGIN_FAILED: &str = "The message that this belongs to could not be sent.";

/// Leaves a message. `false` when one with this key was left before; that one stands.
pub async fn queue(tx: &mut Tx, message: Queue<'_>) -> Result<bool> {
    let (kind, target, of_key) = match &message.to {
        To::Channel(channel) => ("post", Some(channel.db()), None),
        To::Person(user) => ("direct", Some(user.db()), None),
        To::ThreadOn(key) => ("reply", None, Some(key.as_str())),
    };
    let body = serde_json::to_string(message.post).map_err(anyhow::Error::from)?;
    add(tx, Row { guild: message.guild, key: message.key, kind, target, of_key, body: &body, due_at: message.due_at })
        .await
}

/// Replaces what the message with key `of_key` says, once it has been sent. Several edits left in a row become the last one.
pub async fn edit(tx: &mut Tx, guild: GuildId, of_key: &str, post: &Post, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "insert into outbox (guild_id, key, kind, of_key, body, due_at, version, attempts)
         values ($1, $2, 'edit', $3, $4, $5, 1, 0)
         on conflict (key) do update set body = excluded.body, due_at = excluded.due_at, version = outbox.version + 1,
             attempts = 0, claimed_at = null, sent_at = null, failed_at = null, failure = null";
    let body = serde_json::to_string(post).map_err(anyhow::Error::from)?;
    let key = format!("{of_key}/edit");
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(&key).bind(of_key).bind(&body).bind(now).execute(conn).await?.rows_affected());
    tx.announce(Topic::Outbox);
    Ok(())
}

/// Takes the message with key `of_key` away from Discord, or keeps it from being sent. What it would have said, if it is still
/// waiting, is gone from the outbox at once.
pub async fn delete(tx: &mut Tx, guild: GuildId, of_key: &str, now: DateTime<Utc>) -> Result<()> {
    // A message that was given up keeps its words for another try; taken back, it keeps them no longer.
    const FORGET: &str = "update outbox set body = '', failed_at = coalesce(failed_at, $3),
             failure = coalesce(failure, 'taken back before it was sent')
         where key in ($1, $2) and claimed_at is null and sent_at is null";
    let edits = format!("{of_key}/edit");
    on_db!(tx, conn => sqlx::query(FORGET).bind(of_key).bind(&edits).bind(now).execute(conn).await?.rows_affected());
    let key = format!("{of_key}/delete");
    add(tx, Row { guild, key: &key, kind: "delete", target: None, of_key: Some(of_key), body: "", due_at: now })
        .await?;
    Ok(())
}

/// Opens a thread named `name` on the message with key `of_key`, once it has been sent.
pub async fn thread(tx: &mut Tx, guild: GuildId, of_key: &str, name: &str, now: DateTime<Utc>) -> Result<()> {
    let key = format!("{of_key}/thread");
    add(tx, Row { guild, key: &key, kind: "thread", target: None, of_key: Some(of_key), body: name, due_at: now })
        .await?;
    Ok(())
}

/// Where the message with this key stands on Discord; `None` while it is on its way, or if it could not be sent.
pub async fn find_sent(tx: &mut Tx, key: &str) -> Result<Option<Sent>> {
    const SQL: &str =
        "select channel_id, message_id from outbox where key = $1 and sent_at is not null and message_id is not null";
    let row: Option<(i64, i64)> = on_db!(tx, conn => sqlx::query_as(SQL).bind(key).fetch_optional(conn).await?);
    Ok(row
        .map(|(channel, message)| Sent { channel: ChannelId::from_db(channel), message: MessageId::from_db(message) }))
}

/// The people of a server to whom at least `least` direct messages went, or are on their way, since `since`.
pub async fn list_often_messaged(tx: &mut Tx, guild: GuildId, since: DateTime<Utc>, least: u32) -> Result<Vec<UserId>> {
    const SQL: &str =
        "select target_id from outbox where guild_id = $1 and kind = 'direct' and failed_at is null and due_at > $2
         group by target_id having count(*) >= $3";
    let rows: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(since)
        .bind(i64::from(least))
        .fetch_all(conn)
        .await?);
    Ok(rows.into_iter().map(UserId::from_db).collect())
}

/// How many messages should have gone out by `now` and have not: neither sent nor given up. One that belongs to a message which is put
/// off until later waits with it and does not count.
pub async fn waiting(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64> {
    const SQL: &str = "select count(*) from outbox where sent_at is null and failed_at is null and due_at <= $1
         and not exists (select 1 from outbox origin where origin.key in (outbox.of_key, outbox.of_key || '/thread')
             and origin.sent_at is null and origin.failed_at is null and origin.due_at > $1)";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(now).fetch_one(conn).await?))
}

/// The server's messages that are neither sent nor given up, soonest first, at most 50.
pub async fn list_waiting(tx: &mut Tx, guild: GuildId) -> Result<Vec<Waiting>> {
    // What is said in private stays in the database.
    const SQL: &str = "select kind, target_id, case when kind = 'post' then body else '' end as body, due_at, attempts,
             (select count(*) from outbox origin where origin.key in (outbox.of_key, outbox.of_key || '/thread')
                 and origin.key <> outbox.key and origin.sent_at is null and origin.failed_at is null) as origins
         from outbox where guild_id = $1 and sent_at is null and failed_at is null order by due_at, id limit 50";
    let rows: Vec<WaitingRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter()
        .map(|row| {
            let kind = match (row.kind.as_str(), row.target_id) {
                ("post", Some(channel)) => WaitingKind::Post(
                    ChannelId::from_db(channel),
                    serde_json::from_str(&row.body).map_err(anyhow::Error::from)?,
                ),
                ("direct", Some(user)) => WaitingKind::Direct(UserId::from_db(user)),
                ("edit", _) => WaitingKind::Edit,
                ("delete", _) => WaitingKind::Delete,
                ("thread", _) => WaitingKind::Thread,
                _ => WaitingKind::Reply,
            };
            Ok(Waiting { kind, due_at: row.due_at, tries: row.attempts, follows: row.origins > 0 })
        })
        .collect()
}

/// The server's messages that could not be sent, newest first, at most 50. A message withdrawn on purpose is none of them.
pub async fn failures(tx: &mut Tx, guild: GuildId) -> Result<Vec<Failure>> {
    const SQL: &str = "select key, kind, target_id, failure, failed_at from outbox
         where guild_id = $1 and failed_at is not null and body <> '' order by failed_at desc, id desc limit 50";
    let rows: Vec<FailedRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    Ok(rows
        .into_iter()
        .map(|row| Failure {
            channel: row.target_id.filter(|_| row.kind == "post").map(ChannelId::from_db),
            key: row.key,
            follows: row.failure == ORIGIN_FAILED,
            why: row.failure,
            failed_at: row.failed_at,
        })
        .collect())
}

/// Tries the server's failed messages again, once the cause has been mended; returns how many. People who accepted no direct messages
/// are asked anew.
pub async fn retry(tx: &mut Tx, guild: GuildId, now: DateTime<Utc>) -> Result<u64> {
    const FORGET: &str = "delete from kept where value like 'closed %' and key in
         (select 'direct:' || cast(target_id as text) from outbox where guild_id = $1 and failed_at is not null and kind = 'direct')";
    const SQL: &str = "update outbox set failed_at = null, failure = null, attempts = 0, due_at = $2
         where guild_id = $1 and failed_at is not null and body <> ''";
    on_db!(tx, conn => sqlx::query(FORGET).bind(guild.db()).execute(conn).await?.rows_affected());
    let again = on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(now).execute(conn).await?.rows_affected());
    if again > 0 {
        tx.announce(Topic::Outbox);
    }
    Ok(again)
}

/// Gives the server's failed messages up for good: what they would have said is erased. Returns how many.
pub async fn let_go(tx: &mut Tx, guild: GuildId) -> Result<u64> {
    const SQL: &str = "update outbox set body = '' where guild_id = $1 and failed_at is not null and body <> ''";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).execute(conn).await?.rows_affected()))
}

#[derive(FromRow)]
struct FailedRow {
    key: String,
    kind: String,
    target_id: Option<i64>,
    failure: String,
    failed_at: DateTime<Utc>,
}

/// Why the message with this key was given up, in words for a lead; `None` while it is on its way, and when it arrived.
pub async fn find_failure(tx: &mut Tx, key: &str) -> Result<Option<String>> {
    const SQL: &str = "select failure from outbox where key = $1 and failed_at is not null and failure is not null";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(key).fetch_optional(conn).await?))
}

#[derive(FromRow)]
struct WaitingRow {
    kind: String,
    target_id: Option<i64>,
    body: String,
    due_at: DateTime<Utc>,
    attempts: i64,
    origins: i64,
}

struct Row<'a> {
    guild: GuildId,
    key: &'a str,
    kind: &'a str,
    target: Option<i64>,
    of_key: Option<&'a str>,
    body: &'a str,
    due_at: DateTime<Utc>,
}

async fn add(tx: &mut Tx, row: Row<'_>) -> Result<bool> {
    const SQL: &str = "insert into outbox (guild_id, key, kind, target_id, of_key, body, due_at, version, attempts)
         values ($1, $2, $3, $4, $5, $6, $7, 1, 0) on conflict (key) do nothing";
    let added = on_db!(tx, conn => sqlx::query(SQL)
        .bind(row.guild.db())
        .bind(row.key)
        .bind(row.kind)
        .bind(row.target)
        .bind(row.of_key)
        .bind(row.body)
        .bind(row.due_at)
        .execute(conn)
        .await?
        .rows_affected());
    if added == 1 {
        tx.announce(Topic::Outbox);
    }
    Ok(added == 1)
}
