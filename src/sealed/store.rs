//! The rows of boxes and ballots. How anonymity is kept here: a ballot's row holds the box, a keyed tag and an encrypted, padded
//! payload; no time, no row number, no id of a person, message or interaction. It is clustered on the tag, so on SQLite its place in
//! the file tells nothing either.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use sqlx::types::Json;

use super::{BoxId, Tag};
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::on_db;
use crate::store::{Conn, Tx};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoxState {
    Open,
    /// Step 1 done: refuses ballots.
    Closing,
    /// Step 3 done: no ballot is left.
    Counted,
    /// Step 6 done.
    Sealed,
    /// The key was lost; no ballot is left.
    Abandoned,
}

pub(super) struct BoxFacts {
    pub(super) key_id: Vec<u8>,
    pub(super) ballot_bytes: usize,
    pub(super) state: BoxState,
}

#[derive(FromRow)]
struct BoxRow {
    key_id: Vec<u8>,
    ballot_bytes: i64,
    state: String,
}

#[derive(FromRow)]
pub(super) struct BallotRow {
    pub(super) tag: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

pub(super) async fn add_box(
    tx: &mut Tx,
    id: &BoxId,
    guild: GuildId,
    key_id: &[u8; 8],
    ballot_bytes: usize,
    closes_at: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "insert into sealed_boxes (box_id, guild_id, key_id, ballot_bytes, closes_at, state)
         values ($1, $2, $3, $4, $5, 'open')";
    let ballot_bytes = i64::try_from(ballot_bytes).expect("prepare() holds ballots far below this");
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(id.as_str())
        .bind(guild.db())
        .bind(key_id.to_vec())
        .bind(ballot_bytes)
        .bind(closes_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

pub(super) async fn find_box(tx: &mut Tx, id: &BoxId) -> Result<Option<BoxFacts>> {
    const SQL: &str = "select key_id, ballot_bytes, state from sealed_boxes where box_id = $1";
    let row: Option<BoxRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(conn).await?);
    let Some(row) = row else { return Ok(None) };
    let state = match row.state.as_str() {
        "open" => BoxState::Open,
        "closing" => BoxState::Closing,
        "counted" => BoxState::Counted,
        "sealed" => BoxState::Sealed,
        "abandoned" => BoxState::Abandoned,
        other => return Err(Error::internal(format!("ballot box {id} is in an unknown state, {other}"))),
    };
    let ballot_bytes = usize::try_from(row.ballot_bytes)
        .map_err(|_| Error::internal(format!("ballot box {id} holds a negative ballot length")))?;
    Ok(Some(BoxFacts { key_id: row.key_id, ballot_bytes, state }))
}

/// Puts ballots into a box, each in place of an earlier one of its tag, if the box is open at `now`: one statement, however many they
/// are. Says of each tag whether it replaced one; says nothing at all when the box takes no more.
///
/// On PostgreSQL it holds a share lock on the box, so that closing ([`wait_for_casts`]) waits for ballots in flight and each of them is
/// either counted or told "closed"; and it goes through the tags in order, so that two of these never wait for each other. SQLite has
/// one writer and needs neither.
pub(super) async fn upsert_ballots(
    tx: &mut Tx,
    id: &BoxId,
    ballots: &BTreeMap<Tag, Vec<u8>>,
    now: DateTime<Utc>,
) -> Result<HashMap<Tag, bool>> {
    const SQLITE: &str = "insert into sealed_ballots (box_id, tag, payload, changed)
         select box_id, unhex(ballot.key), unhex(ballot.value), false
         from sealed_boxes cross join json_each($2) as ballot
         where box_id = $1 and state = 'open' and closes_at > $3
         on conflict (box_id, tag) do update set payload = excluded.payload, changed = true returning tag, changed";
    const POSTGRES: &str = "insert into sealed_ballots (box_id, tag, payload, changed)
         select box_id, ballot.tag, ballot.payload, false
         from sealed_boxes cross join unnest($2::bytea[], $3::bytea[]) as ballot (tag, payload)
         where box_id = $1 and state = 'open' and closes_at > $4
         order by ballot.tag for share of sealed_boxes
         on conflict (box_id, tag) do update set payload = excluded.payload, changed = true returning tag, changed";
    let put: Vec<(Vec<u8>, bool)> = match tx.conn() {
        Conn::Sqlite(conn) => {
            let hex: BTreeMap<_, _> =
                ballots.iter().map(|(tag, payload)| (hex::encode(tag), hex::encode(payload))).collect();
            sqlx::query_as(SQLITE).bind(id.as_str()).bind(Json(hex)).bind(now).fetch_all(conn).await?
        }
        Conn::Postgres(conn) => {
            let tags: Vec<&[u8]> = ballots.keys().map(|tag| &tag[..]).collect();
            let payloads: Vec<&[u8]> = ballots.values().map(Vec::as_slice).collect();
            sqlx::query_as(POSTGRES).bind(id.as_str()).bind(tags).bind(payloads).bind(now).fetch_all(conn).await?
        }
    };
    put.into_iter()
        .map(|(tag, changed)| match Tag::try_from(tag) {
            Ok(tag) => Ok((tag, changed)),
            Err(_) => Err(Error::internal(format!("ballot box {id} holds a tag of another length"))),
        })
        .collect()
}

/// Takes a ballot out of a box that is open at `now`, and says whether there was one; `None` when the box is closed.
pub(super) async fn take_out(tx: &mut Tx, id: &BoxId, tag: &Tag, now: DateTime<Utc>) -> Result<Option<bool>> {
    if !hold_open(tx, id, now).await? {
        return Ok(None);
    }
    delete_ballot(tx, id, tag).await.map(Some)
}

/// Whether the box takes ballots at `now`; it cannot be closed before this transaction ends.
async fn hold_open(tx: &mut Tx, id: &BoxId, now: DateTime<Utc>) -> Result<bool> {
    const SQLITE: &str = "select 1 from sealed_boxes where box_id = $1 and state = 'open' and closes_at > $2";
    const POSTGRES: &str =
        "select 1 from sealed_boxes where box_id = $1 and state = 'open' and closes_at > $2 for share";
    Ok(match tx.conn() {
        Conn::Sqlite(conn) => sqlx::query(SQLITE).bind(id.as_str()).bind(now).fetch_optional(conn).await?.is_some(),
        Conn::Postgres(conn) => sqlx::query(POSTGRES).bind(id.as_str()).bind(now).fetch_optional(conn).await?.is_some(),
    })
}

async fn delete_ballot(tx: &mut Tx, id: &BoxId, tag: &Tag) -> Result<bool> {
    const SQL: &str = "delete from sealed_ballots where box_id = $1 and tag = $2";
    let gone =
        on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(&tag[..]).execute(conn).await?.rows_affected());
    Ok(gone == 1)
}

pub(super) async fn ballot_exists(tx: &mut Tx, id: &BoxId, tag: &[u8; 32]) -> Result<bool> {
    const SQL: &str = "select 1 from sealed_ballots where box_id = $1 and tag = $2";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(&tag[..]).fetch_optional(conn).await?.is_some()))
}

pub(super) async fn find_payload(tx: &mut Tx, id: &BoxId, tag: &[u8; 32]) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "select payload from sealed_ballots where box_id = $1 and tag = $2";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(id.as_str()).bind(&tag[..]).fetch_optional(conn).await?))
}

/// Until this transaction ends, another change by the same person waits, also when there is no ballot yet whose row could be locked.
/// SQLite has one writer and needs nothing. The box is locked first, as everywhere: two orders could wait for each other for ever.
pub(super) async fn hold_place(tx: &mut Tx, id: &BoxId, tag: &[u8; 32]) -> Result<()> {
    const POSTGRES_BOX: &str = "select 1 from sealed_boxes where box_id = $1 for share";
    const POSTGRES_PLACE: &str = "select 1 from (select pg_advisory_xact_lock($1)) as held";
    if let Conn::Postgres(conn) = tx.conn() {
        let place = i64::from_be_bytes(tag[..8].try_into().expect("a tag has 32 bytes"));
        sqlx::query(POSTGRES_BOX).bind(id.as_str()).fetch_optional(&mut *conn).await?;
        sqlx::query(POSTGRES_PLACE).bind(place).fetch_one(conn).await?;
    }
    Ok(())
}

pub(super) async fn list_ballots(tx: &mut Tx, id: &BoxId) -> Result<Vec<BallotRow>> {
    const SQL: &str = "select tag, payload from sealed_ballots where box_id = $1";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_all(conn).await?))
}

pub(super) async fn delete_ballots(tx: &mut Tx, id: &BoxId) -> Result<u64> {
    const SQL: &str = "delete from sealed_ballots where box_id = $1";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).execute(conn).await?.rows_affected()))
}

/// Waits for ballots in flight; later ones wait until this transaction ends. Locking the table rather than the row queues fairly: share
/// locks on one row, taken without a pause by busy people, would keep an update of it waiting for as long as they go on.
async fn wait_for_casts(tx: &mut Tx) -> Result<()> {
    if let Conn::Postgres(conn) = tx.conn() {
        sqlx::query("lock table sealed_boxes in exclusive mode").execute(conn).await?;
    }
    Ok(())
}

/// Step 1. `true` when this call did it.
pub(super) async fn mark_closing(tx: &mut Tx, id: &BoxId) -> Result<bool> {
    const SQL: &str = "update sealed_boxes set state = 'closing' where box_id = $1 and state = 'open'";
    wait_for_casts(tx).await?;
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).execute(conn).await?.rows_affected()) == 1)
}

/// Step 3. `true` when this call did it.
pub(super) async fn mark_counted(tx: &mut Tx, id: &BoxId) -> Result<bool> {
    const SQL: &str = "update sealed_boxes set state = 'counted' where box_id = $1 and state = 'closing'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).execute(conn).await?.rows_affected()) == 1)
}

/// Step 6. `true` when this call did it.
pub(super) async fn mark_sealed(tx: &mut Tx, id: &BoxId, on: NaiveDate) -> Result<bool> {
    const SQL: &str =
        "update sealed_boxes set state = 'sealed', sealed_on = $2 where box_id = $1 and state = 'counted'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(on).execute(conn).await?.rows_affected()) == 1)
}

/// `true` when this call did it.
pub(super) async fn mark_abandoned(tx: &mut Tx, id: &BoxId) -> Result<bool> {
    const SQL: &str = "update sealed_boxes set state = 'abandoned' where box_id = $1 and state in ('open', 'closing')";
    wait_for_casts(tx).await?;
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.as_str()).execute(conn).await?.rows_affected()) == 1)
}
