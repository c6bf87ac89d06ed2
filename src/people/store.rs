//! The rows of `guilds`.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::GuildSettings;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, RoleId};
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
