//! Word from whoever held a session (a lesson) to whoever asks people how it was. Neither needs to know the other.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::schedule;
use crate::store::Tx;

/// The job that asks about a session. Its payload is a [`Session`].
pub const SESSION_JOB: &str = "ask-about-session";

/// Later than this, people no longer remember the session well enough to be asked.
const CATCH_UP_MINUTES: u32 = 24 * 60;

/// A session that people are to be asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What it was called; shown to those who are asked.
    pub title: String,
    /// Where it was held, and where people are asked.
    pub channel: ChannelId,
    /// The lead who wants to know, and who is told when people cannot be asked.
    pub asked_by: UserId,
}

/// Leaves word that people are to be asked about a session at `at`. `key` names the session for ever; the same again changes nothing.
pub async fn ask_about_session(
    tx: &mut Tx,
    guild: GuildId,
    key: &str,
    session: &Session,
    at: DateTime<Utc>,
) -> Result<()> {
    let mut payload = serde_json::to_value(session).map_err(Error::internal)?;
    payload["catch_up_minutes"] = CATCH_UP_MINUTES.into();
    schedule::once(tx, guild, SESSION_JOB, key, at, &payload).await?;
    Ok(())
}
