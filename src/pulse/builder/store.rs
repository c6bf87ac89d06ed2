//! The rows of `pulse_drafts` and `pulse_definitions`.

use chrono::{DateTime, Utc};

use super::{Draft, Kept};
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::pulse::definition::Definition;
use crate::store::Tx;

/// What this lead is building on this server.
pub(super) async fn find_draft(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Option<Kept>> {
    const SQL: &str = "select draft_id, draft from pulse_drafts where guild_id = $1 and user_id = $2";
    let row: Option<(i64, String)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_optional(conn).await?);
    row.map(|(id, draft)| {
        let draft =
            serde_json::from_str(&draft).map_err(|_| Error::internal(format!("pulse draft {id} cannot be read")))?;
        Ok(Kept { id, draft })
    })
    .transpose()
}

/// Keeps what this lead is building, in place of what was kept before.
pub(super) async fn keep_draft(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<Kept> {
    const SQL: &str = "insert into pulse_drafts (guild_id, user_id, draft, changed_at) values ($1, $2, $3, $4)
         on conflict (guild_id, user_id) do update set draft = excluded.draft, changed_at = excluded.changed_at returning draft_id";
    let text = serde_json::to_string(draft).map_err(anyhow::Error::from)?;
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&text)
        .bind(now)
        .fetch_one(conn)
        .await?);
    Ok(Kept { id, draft: draft.clone() })
}

/// Forgets a draft.
pub(super) async fn delete_draft(tx: &mut Tx, guild: GuildId, user: UserId, id: i64) -> Result<()> {
    const SQL: &str = "delete from pulse_drafts where guild_id = $1 and user_id = $2 and draft_id = $3";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(id).execute(conn).await?.rows_affected());
    Ok(())
}

/// The pulses that were built on this server, the newest version of each, in order of name.
pub(in crate::pulse) async fn list_saved(tx: &mut Tx, guild: GuildId) -> Result<Vec<Definition>> {
    const SQL: &str = "select name, version, definition from pulse_definitions d where guild_id = $1
         and version = (select max(version) from pulse_definitions o where o.guild_id = d.guild_id and o.name = d.name) order by name";
    let rows: Vec<(String, i64, String)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter()
        .map(|(name, version, definition)| {
            let broken = || Error::internal(format!("version {version} of the pulse {name} cannot be read"));
            let definition: Definition = serde_json::from_str(&definition).map_err(|_| broken())?;
            Ok(Definition { version: u32::try_from(version).map_err(|_| broken())?, ..definition })
        })
        .collect()
}

/// Saves a pulse; which version it is. The newest version is replaced while it was never posted.
pub(super) async fn save(
    tx: &mut Tx,
    guild: GuildId,
    definition: Definition,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<u32> {
    const NEWEST: &str = "select version, posted_at from pulse_definitions where guild_id = $1 and name = $2
         order by version desc limit 1";
    const SQL: &str = "insert into pulse_definitions (guild_id, name, version, definition, made_by, made_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (guild_id, name, version) do update set definition = excluded.definition, made_by = excluded.made_by,
             made_at = excluded.made_at where pulse_definitions.posted_at is null";
    let newest: Option<(i64, Option<DateTime<Utc>>)> = on_db!(tx, conn => sqlx::query_as(NEWEST)
        .bind(guild.db())
        .bind(&definition.name)
        .fetch_optional(conn)
        .await?);
    let version = match newest {
        None => 1,
        Some((version, None)) => version,
        Some((version, Some(_))) => version + 1,
    };
    let number = u32::try_from(version).map_err(|fault| Error::Internal(fault.into()))?;
    let text = Definition { version: number, ..definition.clone() }.to_json()?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(&definition.name)
        .bind(version)
        .bind(&text)
        .bind(by.db())
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(number)
}

/// Freezes the version that is being opened. Nothing happens for a pulse of a file.
pub(in crate::pulse) async fn mark_posted(
    tx: &mut Tx,
    guild: GuildId,
    definition: &Definition,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "update pulse_definitions set posted_at = $4
         where guild_id = $1 and name = $2 and version = $3 and posted_at is null";
    // The same pulse put to the customers of a program carries the program behind its name.
    let name = definition.name.split('@').next().unwrap_or_default();
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(name)
        .bind(i64::from(definition.version))
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}
