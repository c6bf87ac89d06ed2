//! What happens when cxbot starts.

use std::collections::BTreeSet;

use super::bridge;
use super::definitions::Definitions;
use super::recompute::recompute;
use super::store;
use crate::calendar::Quarter;
use crate::error::Result;
use crate::programs;
use crate::services::Services;

/// Brings the inventory up to date with `programs.toml` and makes sure that no definition in use was edited. When the inventory has
/// changed, the current quarter is computed anew; earlier quarters keep what they were computed with until new figures come in. When a new
/// definition has begun, the quarters from its first on are computed by it, and the four before are bridged.
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
                bridge::check(tx, &definitions).await?;
                let mut anew = BTreeSet::new();
                // A definition that has just begun applies from its first quarter on.
                let first = definitions.iter().last().map_or(current, |newest| newest.from).min(current);
                for quarter in store::list_quarters_with_anything(tx, first, current).await? {
                    let by = definitions.for_quarter(quarter).map(|ratified| ratified.hash.as_str());
                    let scores = store::list_scores(tx, quarter, true).await?;
                    let another = scores.iter().any(|record| Some(record.definition_hash.as_str()) != by);
                    if another || (synced.changed && quarter == current) {
                        anew.insert(quarter);
                    }
                }
                if !anew.is_empty() {
                    recompute(tx, &definitions, &anew, now).await?;
                }
                Ok(())
            })
        })
        .await
}
