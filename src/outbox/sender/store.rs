//! The sender's own statements on the outbox.
//!
//! Rows of one channel form a lane. A lane is busy while any process has one of its rows in hand, or while one of them waits for
//! another try; so what is left for a channel arrives in order, whoever sends it.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;

use crate::error::Result;
use crate::on_db;
use crate::store::Tx;

/// A claim older than this is void: whoever made it is gone.
pub(super) const CLAIM: TimeDelta = TimeDelta::seconds(25);
/// How many rows of a lane are taken at once. Few enough to be sent well within a claim at five in five seconds.
pub(super) const LANE: i64 = 5;

/// A row that may be sent now.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Candidate {
    pub(super) id: i64,
    pub(super) lane: i64,
    pub(super) version: i64,
}

/// A row in hand.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Claimed {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) target_id: Option<i64>,
    pub(super) of_key: Option<String>,
    pub(super) body: String,
    pub(super) version: i64,
    /// How often it may have reached Discord before this claim.
    pub(super) attempts: i64,
    pub(super) due_at: DateTime<Utc>,
    /// The claim that this one replaces, made by a process that is gone.
    #[sqlx(rename = "claimed_at")]
    pub(super) last_claim_at: Option<DateTime<Utc>>,
}

/// The message that another row is about.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Origin {
    pub(super) sent_at: Option<DateTime<Utc>>,
    pub(super) failed_at: Option<DateTime<Utc>>,
    pub(super) channel_id: Option<i64>,
    pub(super) message_id: Option<i64>,
    pub(super) failure: Option<String>,
}

/// What can be sent now, lane by lane in order.
pub(super) async fn candidates(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Candidate>> {
    // An edit, a thread and a reply wait until what they are about has been sent or given up. A row without a lane of its own (what
    // it is about was never sent) gets one by its negated id, which is no Discord id.
    const SQL: &str = "with unsent as (
             select r.id, r.version, r.attempts, r.due_at, r.claimed_at,
                    case when r.due_at <= $1 then 1 else 0 end as due,
                    coalesce(case when r.kind = 'reply' then o.message_id when r.of_key is not null then coalesce(o.channel_id, o.target_id)
                             else r.target_id end, -r.id) as lane
             from outbox r left join outbox o on o.key = case when r.kind = 'reply' then r.of_key || '/thread' else r.of_key end
             where r.sent_at is null and r.failed_at is null
               and (r.of_key is null or r.kind = 'delete' or o.id is null or o.sent_at is not null or o.failed_at is not null)
         ), placed as (
             select id, lane, version, due, due_at, claimed_at,
                    row_number() over (partition by lane, due order by id) as place,
                    max(case when claimed_at >= $2 or (attempts between 1 and 8 and due = 0) then 1 else 0 end)
                        over (partition by lane) as busy
             from unsent
         )
         select id, lane, version from placed where due = 1 and busy = 0 and place <= $3 order by due_at, id limit 320";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).bind(now).bind(now - CLAIM).bind(LANE).fetch_all(conn).await?))
}

/// Takes a row in hand; `None` when another process was quicker or a newer version came.
pub(super) async fn claim(tx: &mut Tx, candidate: &Candidate, now: DateTime<Utc>) -> Result<Option<Claimed>> {
    const FIND: &str =
        "select id, kind, target_id, of_key, body, version, attempts, due_at, claimed_at from outbox where id = $1";
    const CLAIM_IT: &str = "update outbox set claimed_at = $2, attempts = attempts + 1
         where id = $1 and version = $4 and sent_at is null and failed_at is null and (claimed_at is null or claimed_at < $3)";
    let id = candidate.id;
    let found: Option<Claimed> = on_db!(tx, conn => sqlx::query_as(FIND).bind(id).fetch_optional(conn).await?);
    let claimed = on_db!(tx, conn => sqlx::query(CLAIM_IT)
        .bind(id)
        .bind(now)
        .bind(now - CLAIM)
        .bind(candidate.version)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(found.filter(|_| claimed == 1))
}

/// When the next row that waits for its time is due.
pub(super) async fn next_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    const SQL: &str = "select min(due_at) from outbox where sent_at is null and failed_at is null and due_at > $1";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(now).fetch_one(conn).await?))
}

/// Records that Discord has it and empties the body. `false` when a newer version came meanwhile and waits.
pub(super) async fn record_sent(
    tx: &mut Tx,
    row: &Claimed,
    (channel, message): (i64, i64),
    now: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "update outbox set sent_at = $3, channel_id = $4, message_id = $5, body = '', claimed_at = null
         where id = $1 and version = $2";
    Ok(on_db!(tx, conn => sqlx::query(SQL)
        .bind(row.id)
        .bind(row.version)
        .bind(now)
        .bind(channel)
        .bind(message)
        .execute(conn)
        .await?
        .rows_affected())
        == 1)
}

/// Gives a row up, with words for a lead. The body of a channel's message stays, so that it can be tried again once the cause is mended;
/// what was for one person alone is not kept.
pub(super) async fn record_failed(tx: &mut Tx, row: &Claimed, failure: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str =
        "update outbox set failed_at = $3, failure = $4, claimed_at = null,
             body = case when kind = 'direct' or exists (select 1 from outbox o where o.key = outbox.of_key and o.kind = 'direct')
                    then '' else body end
         where id = $1 and version = $2";
    on_db!(tx, conn => sqlx::query(SQL).bind(row.id).bind(row.version).bind(now).bind(failure).execute(conn).await?.rows_affected());
    Ok(())
}

/// Puts a row back, due at `due_at`. With `untouched`, it did not reach Discord and this try does not count.
pub(super) async fn put_back(tx: &mut Tx, row: &Claimed, due_at: DateTime<Utc>, untouched: bool) -> Result<()> {
    const SQL: &str = "update outbox set claimed_at = $5, due_at = $3, attempts = $4 where id = $1 and version = $2";
    let attempts = if untouched { row.attempts } else { row.attempts + 1 };
    // An untouched row keeps the trace of an earlier process that may have sent it.
    let claimed_at = if untouched { row.last_claim_at } else { None };
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(row.id)
        .bind(row.version)
        .bind(due_at)
        .bind(attempts)
        .bind(claimed_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// The message with this key, in whatever state.
pub(super) async fn origin(tx: &mut Tx, key: &str) -> Result<Option<Origin>> {
    const SQL: &str = "select sent_at, failed_at, channel_id, message_id, failure from outbox where key = $1";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).bind(key).fetch_optional(conn).await?))
}

/// Keeps a message from being sent that no one has begun to send. `false` when it is too late for that.
pub(super) async fn withdraw(tx: &mut Tx, key: &str, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update outbox set failed_at = $2, failure = 'Withdrawn before it was sent.', body = ''
         where key = $1 and sent_at is null and failed_at is null and claimed_at is null and attempts = 0";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(key).bind(now).execute(conn).await?.rows_affected()) == 1)
}

/// Whether a message on Discord is recorded as one of ours.
pub(super) async fn is_recorded(tx: &mut Tx, message: i64) -> Result<bool> {
    const SQL: &str = "select count(*) from outbox where message_id = $1 and kind in ('post', 'direct', 'reply')";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(message).fetch_one(conn).await?);
    Ok(count > 0)
}
