//! What happens when cxbot starts.

use std::collections::BTreeSet;

use super::definitions::Definitions;
use super::recompute::recompute;
use super::store;
use crate::calendar::Quarter;
use crate::error::Result;
use crate::programs;
use crate::services::Services;

/// Brings the inventory up to date with `programs.toml` and makes sure that no definition in use was edited. When the inventory has
/// changed, the current quarter is computed anew; earlier quarters keep what they were computed with until new figures come in.
///
/// # Errors
/// A sentence that names the file and what to do.
pub async fn start(services: &Services) -> Result<()> {
    let definitions = Definitions::load(&services.content)?;
    let wanted = programs::load(&services.content)?;
    let now = services.clock.now();
    let current = Quarter::at(now, services.settings.time.zone);
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::take_turn(tx, now).await?;
                let synced = programs::sync(tx, &wanted).await?;
                let first = definitions.earliest();
                for ratified in definitions.iter() {
                    store::check_definition(tx, ratified).await?;
                }
                let any = store::list_quarters_with_anything(tx, first.max(current), current).await?;
                if synced.changed && !any.is_empty() {
                    recompute(tx, &definitions, &BTreeSet::from([current]), now).await?;
                }
                Ok(())
            })
        })
        .await
}
