//! Closings, each in a task of its own.

use std::sync::PoisonError;

use super::super::closing;
use super::super::model::{Pulse, PulseId, State};
use super::super::opening::note_accounts;
use super::super::store;
use super::Pulses;
use crate::discord::Joined;
use crate::error::Result;
use crate::sealed::{Key, Step};
use crate::services::Services;

impl Pulses {
    /// Closes a pulse, or takes up its closing, up to the step `last`; returns it as it then stands. Ordinary closings go to the end;
    /// tests of interrupted ones stop before.
    pub async fn finish_until(&self, services: &Services, id: PulseId, last: Step) -> Result<Pulse> {
        let _one_at_a_time = self.inner.finishing.lock().await;
        // The job that asked for this may not have committed its own first step yet.
        let now = services.clock.now();
        services.store.write(move |tx| Box::pin(async move { closing::begin(tx, id, now).await })).await?;
        let pulse = closing::finish_until(&self.inner.sealed, services, id, last).await?;
        if matches!(pulse.state, State::Closed | State::Stopped) {
            self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
        Ok(pulse)
    }

    /// Does the remaining steps of a closing in a task of its own.
    pub(in crate::pulse) fn finish_in_background(&self, services: &Services, id: PulseId) {
        let (this, services) = (self.clone(), services.clone());
        self.inner.closings.spawn(async move {
            if let Err(error) = this.finish(&services, id).await {
                tracing::error!(pulse.id = %id, error = %error, "Pulse {id} could not be closed yet; it will be tried again");
            }
        });
    }

    /// Does the remaining steps of a closing. When they fail, the lead who opened the pulse is told that the result waits.
    pub(super) async fn finish(&self, services: &Services, id: PulseId) -> Result<Pulse> {
        let finished = self.finish_until(services, id, Step::Seal).await;
        if finished.is_err()
            && let Err(error) = closing::say_that_it_waits(services, id).await
        {
            tracing::warn!(pulse.id = %id, error = %error, "Could not leave word that the result of pulse {id} waits");
        }
        finished
    }

    /// Looks after runs that a stop or a crash interrupted, and notices lost keys before anybody presses.
    pub(super) async fn take_up(&self, services: &Services, joined: &Joined) -> Result<()> {
        let guild = joined.guild;
        let today = services.clock.now().date_naive();
        note_accounts(services, guild, joined.accounts, today).await?;
        let unfinished =
            services.store.read(move |tx| Box::pin(async move { store::list_unfinished(tx, guild).await })).await?;
        for pulse in unfinished {
            if pulse.state == State::Closing {
                self.finish_in_background(services, pulse.id);
            } else if self.inner.sealed.unlock(&services.store, &pulse.box_id).await? == Key::Lost {
                closing::stop(&self.inner.sealed, services, &pulse).await?;
            }
        }
        Ok(())
    }
}
