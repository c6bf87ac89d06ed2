//! The tiers: who may do what.

use async_trait::async_trait;

use super::store;
use crate::discord::{Gate, Incoming, Tier};
use crate::error::Result;
use crate::services::Services;

/// Decides tiers by what Discord says about the person and what `/setup` stored: who may manage the server is an admin, who has the
/// lead role is a lead, everybody else on the server is a member.
///
/// In a direct message nobody has a tier. What cxbot asks people there (a member's controls) needs none: the handlers check that the
/// person is the one they were sent to.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeopleGate;

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
        let settings = services.store.read(|tx| Box::pin(store::find_guild(tx, guild))).await?;
        let lead_role = settings.and_then(|settings| settings.lead_role);
        let is_lead = lead_role.is_some_and(|role| incoming.person.roles.contains(&role));
        Ok(Some(if is_lead { Tier::Lead } else { Tier::Member }))
    }
}
