//! What the schedule runs: computing a quarter anew after a pulse has closed.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::definitions::Definitions;
use super::recompute::recompute;
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::COUNTS_JOB;

/// Computes a quarter anew.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecomputeIndex;

#[derive(Deserialize)]
struct Payload {
    quarter: Quarter,
}

impl Job for RecomputeIndex {
    fn name(&self) -> &'static str {
        COUNTS_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let Payload { quarter } = serde_json::from_value(due.payload.clone())
                .map_err(|fault| Error::internal(format!("{COUNTS_JOB} was left a payload it cannot read: {fault}")))?;
            let definitions = Definitions::load(&services.content)?;
            recompute(tx, &definitions, &BTreeSet::from([quarter]), services.clock.now()).await?;
            Ok(())
        })
    }
}
