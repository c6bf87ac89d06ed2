//! What the calendar does: it takes silence for "private", and forgets what was not recognised.

use futures_util::future::BoxFuture;

use super::effects;
use super::model::{Actor, Event, NominationId};
use crate::error::{Error, Result};
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;

pub(super) const CLOSE_CONSENT: &str = "recognition_close_consent";
pub(super) const FORGET: &str = "recognition_forget";

/// Seven days after the question: no answer means private.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloseConsent;

/// Ninety days after the round: what was not recognised loses its words.
#[derive(Clone, Copy, Debug, Default)]
pub struct ForgetNomination;

impl Job for CloseConsent {
    fn name(&self) -> &'static str {
        CLOSE_CONSENT
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(by_calendar(services, tx, due, Event::Silence))
    }

    /// Late is as good as in time here: nothing is posted.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        self.run(services, tx, due)
    }
}

impl Job for ForgetNomination {
    fn name(&self) -> &'static str {
        FORGET
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(by_calendar(services, tx, due, Event::Expire))
    }

    /// Late is as good as in time here: nothing is posted.
    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        self.run(services, tx, due)
    }
}

async fn by_calendar(services: &Services, tx: &mut Tx, due: &Due, event: Event) -> Result<()> {
    let id = due
        .key
        .parse()
        .map(NominationId)
        .map_err(|_| Error::internal(format!("{} has no nomination in its key", due.job)))?;
    match effects::apply(tx, id, event, Actor::Calendar, services.clock.now()).await {
        // Answered, decided, or discarded in time: there is nothing left to do.
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}
