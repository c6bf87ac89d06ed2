//! The tiers: who may do what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::store;
use crate::discord::{Gate, Incoming, Tier};
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::services::Services;

/// Decides tiers by what Discord says about the person and what `/setup` stored: who may manage the server is an admin, who has the
/// lead role is a lead, everybody else on the server is a member.
///
/// In a direct message nobody has a tier. What cxbot asks people there (a member's controls) needs none: the handlers check that the
/// person is the one they were sent to.
///
/// Whoever runs a command joins the roster. A press does not: the day of somebody's first press on a pulse would say that they answered.
#[derive(Clone, Debug, Default)]
pub struct PeopleGate {
    /// Who is known to be on the roster, and whether as a lead, so that a command of theirs costs no write.
    joined: Arc<Mutex<HashMap<(GuildId, UserId), bool>>>,
}

/// More than this is forgotten again, to keep memory small.
const MOST_REMEMBERED: usize = 50_000;

#[async_trait]
impl Gate for PeopleGate {
    async fn tier(&self, services: &Services, incoming: &Incoming) -> Result<Option<Tier>> {
        let Some(guild) = incoming.guild else { return Ok(None) };
        if incoming.person.manages_server {
            return Ok(Some(Tier::Admin));
        }
        // Without any role nobody is a lead: most presses need no look at the database.
        if incoming.person.roles.is_empty() {
            return Ok(Some(Tier::Member));
        }
        let is_lead = is_lead(services, incoming, guild).await?;
        Ok(Some(if is_lead { Tier::Lead } else { Tier::Member }))
    }

    async fn used(&self, services: &Services, incoming: &Incoming) -> Result<()> {
        let Some(guild) = incoming.guild else { return Ok(()) };
        let who = (guild, incoming.person.user);
        let is_lead = is_lead(services, incoming, guild).await?;
        if self.joined.lock().unwrap_or_else(PoisonError::into_inner).get(&who) == Some(&is_lead) {
            return Ok(());
        }
        let (now, zone) = (services.clock.now(), services.settings.time.zone);
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let zone = store::find_guild(tx, guild).await?.map_or(zone, |settings| settings.zone);
                    let today = now.with_timezone(&zone).date_naive();
                    store::join(tx, guild, who.1, today).await?;
                    store::see_as_lead(tx, guild, who.1, is_lead.then_some(today)).await
                })
            })
            .await?;
        let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        if joined.len() >= MOST_REMEMBERED {
            joined.clear();
        }
        joined.insert(who, is_lead);
        Ok(())
    }
}

/// Whether this person has the lead role of this server. Without any role nobody has: that costs no look at the database.
async fn is_lead(services: &Services, incoming: &Incoming, guild: GuildId) -> Result<bool> {
    if incoming.person.roles.is_empty() {
        return Ok(false);
    }
    let settings = services.store.read(|tx| Box::pin(store::find_guild(tx, guild))).await?;
    let lead_role = settings.and_then(|settings| settings.lead_role);
    Ok(lead_role.is_some_and(|role| incoming.person.roles.contains(&role)))
}
