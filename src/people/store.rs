//! The rows of `guilds` and `people`.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use sqlx::FromRow;

use super::model::Purpose;
use super::{GuildSettings, Member};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct GuildRow {
    guild_id: i64,
    name: String,
    zone: String,
    lead_role_id: Option<i64>,
    learning_channel_id: Option<i64>,
    pulse_channel_id: Option<i64>,
    recognition_channel_id: Option<i64>,
    set_up_at: Option<DateTime<Utc>>,
}

/// What was chosen for a server; `None` before cxbot first saw it.
pub async fn find_guild(tx: &mut Tx, guild: GuildId) -> Result<Option<GuildSettings>> {
    const SQL: &str = "select guild_id, name, zone, lead_role_id, learning_channel_id, pulse_channel_id, recognition_channel_id, set_up_at
         from guilds where guild_id = $1";
    let row: Option<GuildRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_optional(conn).await?);
    row.map(GuildRow::into_settings).transpose()
}

impl GuildRow {
    fn into_settings(self) -> Result<GuildSettings> {
        Ok(GuildSettings {
            guild: GuildId::from_db(self.guild_id),
            name: self.name,
            zone: self
                .zone
                .parse()
                .map_err(|_| Error::internal(format!("guild {} holds an unknown time zone", self.guild_id)))?,
            lead_role: self.lead_role_id.map(RoleId::from_db),
            learning_channel: self.learning_channel_id.map(ChannelId::from_db),
            pulse_channel: self.pulse_channel_id.map(ChannelId::from_db),
            recognition_channel: self.recognition_channel_id.map(ChannelId::from_db),
            set_up_at: self.set_up_at,
        })
    }
}

/// Notes a server that cxbot is on, with the zone it has until an admin chooses one. Known already: only its name is brought up to
/// date, and an empty `name` (not known here) leaves even that.
pub async fn record_guild(tx: &mut Tx, guild: GuildId, name: &str, zone: Tz) -> Result<()> {
    const SQL: &str = "insert into guilds (guild_id, name, zone) values ($1, $2, $3)
         on conflict (guild_id) do update set name = excluded.name where excluded.name <> ''";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(name).bind(zone.name()).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores everything that `/setup` chooses, at once.
pub async fn save_guild(tx: &mut Tx, settings: &GuildSettings) -> Result<()> {
    const SQL: &str = "insert into guilds (guild_id, name, zone, lead_role_id, learning_channel_id, pulse_channel_id, recognition_channel_id, set_up_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (guild_id) do update set name = excluded.name, zone = excluded.zone, lead_role_id = excluded.lead_role_id,
             learning_channel_id = excluded.learning_channel_id, pulse_channel_id = excluded.pulse_channel_id,
             recognition_channel_id = excluded.recognition_channel_id, set_up_at = excluded.set_up_at";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(settings.guild.db())
        .bind(&settings.name)
        .bind(settings.zone.name())
        .bind(settings.lead_role.map(RoleId::db))
        .bind(settings.learning_channel.map(ChannelId::db))
        .bind(settings.pulse_channel.map(ChannelId::db))
        .bind(settings.recognition_channel.map(ChannelId::db))
        .bind(settings.set_up_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Marks the server as greeted; whether this call did it.
pub async fn greet_once(tx: &mut Tx, guild: GuildId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update guilds set greeted_at = $2 where guild_id = $1 and greeted_at is null";
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(now).execute(conn).await?.rows_affected());
    Ok(changed == 1)
}

/// Stores where one kind of post goes.
pub async fn choose_channel(tx: &mut Tx, guild: GuildId, purpose: Purpose, channel: ChannelId) -> Result<()> {
    const LEARNING: &str = "update guilds set learning_channel_id = $2 where guild_id = $1";
    const PULSE: &str = "update guilds set pulse_channel_id = $2 where guild_id = $1";
    const RECOGNITION: &str = "update guilds set recognition_channel_id = $2 where guild_id = $1";
    let sql = match purpose {
        Purpose::Learning => LEARNING,
        Purpose::Pulse => PULSE,
        Purpose::Recognition => RECOGNITION,
    };
    on_db!(tx, conn => sqlx::query(sql).bind(guild.db()).bind(channel.db()).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores whose members are leads.
pub async fn choose_lead_role(tx: &mut Tx, guild: GuildId, role: RoleId) -> Result<()> {
    const SQL: &str = "update guilds set lead_role_id = $2 where guild_id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(role.db()).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores the group's time zone.
pub async fn choose_zone(tx: &mut Tx, guild: GuildId, zone: Tz) -> Result<()> {
    const SQL: &str = "update guilds set zone = $2 where guild_id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(zone.name()).execute(conn).await?.rows_affected());
    Ok(())
}

/// Notes that `/setup` was completed, the first time.
pub async fn finish_setup(tx: &mut Tx, guild: GuildId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "update guilds set set_up_at = $2 where guild_id = $1 and set_up_at is null";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

#[derive(FromRow)]
struct MemberRow {
    guild_id: i64,
    user_id: i64,
    division: Option<String>,
    joined_on: NaiveDate,
    direct_messages: bool,
    no_reminders: bool,
}

/// Puts a person on the roster, unless they are on it; whether they were new. Call it when somebody uses cxbot.
pub async fn join(tx: &mut Tx, guild: GuildId, user: UserId, today: NaiveDate) -> Result<bool> {
    const SQL: &str = "insert into people (guild_id, user_id, joined_on, direct_messages, no_reminders)
         values ($1, $2, $3, $4, $5) on conflict (guild_id, user_id) do nothing";
    let added = on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(today)
        .bind(false)
        .bind(false)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(added == 1)
}

/// Notes that a person of the roster used cxbot as a lead on this day, or with `None` that they are no lead (any more).
pub async fn see_as_lead(tx: &mut Tx, guild: GuildId, user: UserId, on: Option<NaiveDate>) -> Result<()> {
    const SQL: &str = "update people set seen_as_lead_on = $3 where guild_id = $1 and user_id = $2";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(on).execute(conn).await?.rows_affected());
    Ok(())
}

/// Everybody who used cxbot as a lead on any server since this day.
pub async fn list_leads(tx: &mut Tx, since: NaiveDate) -> Result<Vec<UserId>> {
    const SQL: &str = "select distinct user_id from people where seen_as_lead_on >= $1 order by user_id";
    let ids: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(since).fetch_all(conn).await?);
    Ok(ids.into_iter().map(UserId::from_db).collect())
}

/// One person of the roster.
pub async fn find_member(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Option<Member>> {
    const SQL: &str = "select guild_id, user_id, division, joined_on, direct_messages, no_reminders
         from people where guild_id = $1 and user_id = $2";
    let row: Option<MemberRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_optional(conn).await?);
    Ok(row.map(|row| Member {
        guild: GuildId::from_db(row.guild_id),
        user: UserId::from_db(row.user_id),
        division: row.division,
        joined_on: row.joined_on,
        direct_messages: row.direct_messages,
        no_reminders: row.no_reminders,
    }))
}

/// How many people are on the roster.
pub async fn roster_size(tx: &mut Tx, guild: GuildId) -> Result<u64> {
    const SQL: &str = "select count(*) from people where guild_id = $1";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_one(conn).await?);
    Ok(count.unsigned_abs())
}

/// Sets or clears a person's division; they join the roster by it.
pub async fn set_division(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    division: Option<&str>,
    today: NaiveDate,
) -> Result<()> {
    const SQL: &str = "update people set division = $3 where guild_id = $1 and user_id = $2";
    join(tx, guild, user, today).await?;
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(division).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores whether a person of the roster wants direct messages; `false` when they are not on it.
pub async fn set_direct_messages(tx: &mut Tx, guild: GuildId, user: UserId, wanted: bool) -> Result<bool> {
    const SQL: &str = "update people set direct_messages = $3 where guild_id = $1 and user_id = $2";
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(wanted).execute(conn).await?.rows_affected());
    Ok(changed == 1)
}

/// Stores whether a person of the roster wants no reminders; `false` when they are not on it.
pub async fn set_no_reminders(tx: &mut Tx, guild: GuildId, user: UserId, none: bool) -> Result<bool> {
    const SQL: &str = "update people set no_reminders = $3 where guild_id = $1 and user_id = $2";
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(none).execute(conn).await?.rows_affected());
    Ok(changed == 1)
}
