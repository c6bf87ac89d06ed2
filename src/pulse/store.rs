//! The rows of `pulses`. How anonymity is kept here: a run knows its questions, its box and its closing time; nothing in it, and no
//! column of any table, names somebody who answered.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::definition::Definition;
use super::model::{Pulse, PulseId, State};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::on_db;
use crate::sealed::BoxId;
use crate::store::Tx;
use crate::survey::Thresholds;

/// A run to open.
pub(super) struct NewPulse<'a> {
    pub(super) guild: GuildId,
    pub(super) definition: &'a Definition,
    pub(super) thresholds: &'a Thresholds,
    pub(super) promise: &'a str,
    pub(super) box_id: &'a BoxId,
    pub(super) channel: ChannelId,
    pub(super) eligible: Option<u32>,
    pub(super) opened_by: UserId,
    pub(super) opened_at: DateTime<Utc>,
    pub(super) closes_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct PulseRow {
    pulse_id: i64,
    guild_id: i64,
    definition: String,
    thresholds: String,
    promise: String,
    box_id: String,
    channel_id: i64,
    eligible: Option<i64>,
    opened_by: i64,
    opened_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    state: String,
    closed_at: Option<DateTime<Utc>>,
}

/// How many people on this server could answer; `None` when unknown. Discord tells nobody without a privileged permission, and the
/// roster of people/ holds only those who have used cxbot, so it would make the group look smaller than it is.
pub(super) async fn count_eligible(_tx: &mut Tx, _guild: GuildId) -> Result<Option<u32>> {
    Ok(None)
}

/// Adds a run. `None` when one of the same name is open or closing on this server.
pub(super) async fn add_pulse(tx: &mut Tx, new: NewPulse<'_>) -> Result<Option<PulseId>> {
    const SQL: &str = "insert into pulses (guild_id, name, definition, fingerprint, thresholds, promise, box_id, channel_id, eligible,
             opened_by, opened_at, closes_at, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open') on conflict do nothing returning pulse_id";
    let definition = new.definition.to_json()?;
    let fingerprint = new.definition.fingerprint()?;
    let thresholds = serde_json::to_string(new.thresholds).map_err(anyhow::Error::from)?;
    let id: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(new.guild.db())
        .bind(&new.definition.name)
        .bind(&definition)
        .bind(&fingerprint)
        .bind(&thresholds)
        .bind(new.promise)
        .bind(new.box_id.as_str())
        .bind(new.channel.db())
        .bind(new.eligible.map(i64::from))
        .bind(new.opened_by.db())
        .bind(new.opened_at)
        .bind(new.closes_at)
        .fetch_optional(conn)
        .await?);
    Ok(id.map(PulseId))
}

/// One run.
pub async fn find_pulse(tx: &mut Tx, id: PulseId) -> Result<Option<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at from pulses where pulse_id = $1";
    let row: Option<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn).await?);
    row.map(PulseRow::into_pulse).transpose()
}

/// The last hundred runs of a server, newest first.
pub(super) async fn list_pulses(tx: &mut Tx, guild: GuildId) -> Result<Vec<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at from pulses where guild_id = $1 order by pulse_id desc limit 100";
    let rows: Vec<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(PulseRow::into_pulse).collect()
}

/// Runs of a server that are open or closing.
pub(super) async fn list_unfinished(tx: &mut Tx, guild: GuildId) -> Result<Vec<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at from pulses where guild_id = $1 and state in ('open', 'closing') order by pulse_id";
    let rows: Vec<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(PulseRow::into_pulse).collect()
}

/// Open → closing. `true` when this call did it.
pub(super) async fn begin_closing(tx: &mut Tx, id: PulseId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'closing', closed_at = $2 where pulse_id = $1 and state = 'open'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(now).execute(conn).await?.rows_affected()) == 1)
}

/// Closing → closed. `true` when this call did it.
pub(super) async fn finish_closing(tx: &mut Tx, id: PulseId) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'closed' where pulse_id = $1 and state = 'closing'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).execute(conn).await?.rows_affected()) == 1)
}

/// Open or closing → stopped. `true` when this call did it.
pub(super) async fn stop(tx: &mut Tx, id: PulseId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'stopped', closed_at = coalesce(closed_at, $2)
         where pulse_id = $1 and state in ('open', 'closing')";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(now).execute(conn).await?.rows_affected()) == 1)
}

impl PulseRow {
    fn into_pulse(self) -> Result<Pulse> {
        let id = PulseId(self.pulse_id);
        let broken = |what: &str| Error::internal(format!("pulse {id} holds {what}"));
        Ok(Pulse {
            id,
            guild: GuildId::from_db(self.guild_id),
            definition: serde_json::from_str(&self.definition)
                .map_err(|_| broken("a definition that cannot be read"))?,
            thresholds: serde_json::from_str(&self.thresholds).map_err(|_| broken("thresholds that cannot be read"))?,
            promise: self.promise,
            box_id: BoxId::parse(&self.box_id).ok_or_else(|| broken("a box id that cannot be one"))?,
            channel: ChannelId::from_db(self.channel_id),
            eligible: self.eligible.and_then(|count| u32::try_from(count).ok()),
            opened_by: UserId::from_db(self.opened_by),
            opened_at: self.opened_at,
            closes_at: self.closes_at,
            state: match self.state.as_str() {
                "open" => State::Open,
                "closing" => State::Closing,
                "closed" => State::Closed,
                "stopped" => State::Stopped,
                other => return Err(broken(other)),
            },
            closed_at: self.closed_at,
        })
    }
}
