//! What every press on a pulse needs: the run, whether this person is asked, and their place in the box.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use super::super::closing;
use super::super::message;
use super::super::model::{Asked, Pulse, PulseId, PulseRefusal, State};
use super::super::store;
use super::Pulses;
use crate::discord::{Incoming, Reply};
use crate::error::Result;
use crate::ids::UserId;
use crate::people;
use crate::sealed::{Cast, Key, Seat, Withdrawal};
use crate::services::Services;
use crate::survey::Question;

/// A run that people press on.
pub(in crate::pulse) struct Posted {
    pub(in crate::pulse) pulse: Pulse,
    /// The only question, when one press answers the whole pulse.
    pub(in crate::pulse) one_press: Option<Question>,
    /// Who is asked, when that is a list of people.
    asked: Option<HashSet<UserId>>,
    /// Who is in which of the divisions that the result tells apart.
    division_of: HashMap<UserId, u8>,
}

impl Posted {
    /// The group that a person's ballot carries, where the result tells divisions apart.
    pub(in crate::pulse) fn group_of(&self, user: UserId) -> Option<u8> {
        self.division_of.get(&user).copied()
    }

    /// Whether this person is among those who are asked.
    pub(in crate::pulse) fn may_answer(&self, incoming: &Incoming) -> Result<()> {
        let is_asked = match (&self.pulse.asked, &self.asked) {
            (Asked::Role { role } | Asked::Customers { role, .. }, _) => incoming.person.roles.contains(role),
            (_, Some(asked)) => asked.contains(&incoming.person.user),
            (_, None) => true,
        };
        if is_asked { Ok(()) } else { Err(PulseRefusal::NotAsked(message::asked_in_words(&self.pulse.asked)).into()) }
    }
}

impl Pulses {
    pub(super) async fn no_reminders(services: &Services, incoming: &Incoming) -> Result<Reply> {
        let (user, today) = (incoming.person.user, services.clock.now().date_naive());
        let on = incoming.guild;
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Pressed in a direct message, where no server is named: it counts on every one.
                    for guild in store::list_guilds_of(tx, user).await? {
                        people::set_no_reminders(tx, guild, user, true).await?;
                    }
                    if let Some(guild) = on {
                        people::join(tx, guild, user, today).await?;
                        people::set_no_reminders(tx, guild, user, true).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Reply::Update(message::no_more_reminders()))
    }

    pub(super) async fn promise(services: &Services, incoming: &Incoming, id: PulseId) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = services.store.read(move |tx| Box::pin(async move { store::find_pulse(tx, id).await })).await?;
        let pulse = pulse.filter(|pulse| pulse.guild == guild).ok_or(PulseRefusal::Gone)?;
        Ok(Reply::Say(message::promise(&pulse)))
    }

    /// What never changes of a run, read once.
    pub(in crate::pulse) async fn posted(
        &self,
        services: &Services,
        incoming: &Incoming,
        id: PulseId,
    ) -> Result<Arc<Posted>> {
        let guild = incoming.on_server()?;
        let known = self.inner.posted.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let posted = if let Some(posted) = known {
            posted
        } else {
            let found = services
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        let Some(pulse) = store::find_pulse(tx, id).await? else { return Ok(None) };
                        let asked = match pulse.asked {
                            Asked::Division { .. } => Some(store::list_asked(tx, id).await?.into_iter().collect()),
                            Asked::Everybody | Asked::Role { .. } | Asked::Customers { .. } => None,
                        };
                        let divisions = store::list_division_of(tx, id).await?;
                        Ok(Some((pulse, asked, divisions)))
                    })
                })
                .await?;
            let (pulse, asked, divisions) = found.ok_or(PulseRefusal::Gone)?;
            let is_open = pulse.state == State::Open;
            let posted = Arc::new(Posted {
                one_press: pulse.definition.one_press().cloned(),
                // The list is gone with the close, and then nobody is turned away: they are told that it is over.
                asked: asked.filter(|_| is_open),
                division_of: divisions.into_iter().collect(),
                pulse,
            });
            // Runs that are over are pressed rarely, and would be remembered for ever.
            if is_open {
                self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).insert(id, posted.clone());
            }
            posted
        };
        if posted.pulse.guild != guild {
            return Err(PulseRefusal::Gone.into());
        }
        Ok(posted)
    }

    pub(in crate::pulse) async fn too_late(&self, services: &Services, id: PulseId) -> Result<crate::post::Post> {
        Ok(message::too_late(&closing::find(services, id).await?))
    }

    /// Puts one press into the box, in place of an earlier one.
    pub(in crate::pulse) async fn cast(&self, services: &Services, seat: &Seat, ballot: &[u8]) -> Result<Cast> {
        self.inner.sealed.cast(&services.store, seat, ballot, services.clock.now()).await
    }

    /// Takes what a person has answered out of the box: on the way by which it came, so that of two presses the later one counts.
    pub(in crate::pulse) async fn take_out(
        &self,
        services: &Services,
        seat: Seat,
        posted: &Posted,
    ) -> Result<Withdrawal> {
        let now = services.clock.now();
        if posted.one_press.is_some() {
            return self.inner.sealed.withdraw(&services.store, &seat, now).await;
        }
        services.store.write(move |tx| Box::pin(async move { seat.withdraw(tx, now).await })).await
    }

    /// The person's place in the box; `None` when the box is no longer in use. A lost key stops the pulse here and now.
    pub(in crate::pulse) async fn seat(
        &self,
        services: &Services,
        incoming: &Incoming,
        id: PulseId,
        posted: &Posted,
    ) -> Result<Option<Seat>> {
        let seat = || self.inner.sealed.seat(&posted.pulse.box_id, posted.pulse.guild, incoming.person.user);
        if let Some(seat) = seat() {
            return Ok(Some(seat));
        }
        match self.inner.sealed.unlock(&services.store, &posted.pulse.box_id).await? {
            Key::Held => Ok(seat()),
            Key::NotNeeded => Ok(None),
            Key::Lost => {
                let pulse = closing::find(services, id).await?;
                closing::stop(&self.inner.sealed, services, &pulse).await?;
                self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
                Err(PulseRefusal::Stopped.into())
            }
        }
    }
}
