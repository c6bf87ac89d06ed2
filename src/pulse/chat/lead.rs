//! A run from its opening to its result, as leads ask for it.

use std::sync::Arc;

use super::super::closing;
use super::super::definition::Definition;
use super::super::message;
use super::super::model::{Asked, Pulse, PulseRefusal, State, may_open};
use super::super::opening::{Wish, open_in};
use super::super::store;
use super::Pulses;
use super::command::OpenCommand;
use super::pick::{find_definition, pick};
use crate::chart;
use crate::discord::{Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, RoleId};
use crate::programs;
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{Thresholds, list_closed};
use crate::text::{clean, shorten};

impl Pulses {
    pub(super) async fn open_as(&self, services: &Services, incoming: &Incoming, wanted: OpenCommand) -> Result<Reply> {
        let OpenCommand {
            pulse,
            days,
            channel,
            role,
            division,
            people,
            named,
            by_division,
            customers_of,
            without_outcome,
            over_budget,
        } = wanted;
        let guild = incoming.on_server()?;
        if without_outcome.is_some() && !incoming.person.manages_server {
            return Err(PulseRefusal::OnlyAdmins.into());
        }
        if over_budget.is_some() && !incoming.person.manages_server {
            return Err(PulseRefusal::OnlyAdminsHurry.into());
        }
        let definition = find_definition(services, guild, &pulse).await?;
        let (definition, asked) = match (role, division, customers_of) {
            (Some(_), Some(_), _) | (_, Some(_), Some(_)) => return Err(PulseRefusal::RoleAndDivision.into()),
            (role, None, Some(program)) => for_customers(services, &definition, &program, role).await?,
            // Discord's @everyone is a role with the server's own id.
            (Some(role), None, None) if role.get() != guild.0 => (definition, Asked::Role { role: RoleId(role.get()) }),
            (None, Some(name), None) => (definition, Asked::Division { name: name.trim().chars().take(60).collect() }),
            _ => (definition, Asked::Everybody),
        };
        let whole = |number: i64| u32::try_from(number).unwrap_or(0);
        let reason = |reason: Option<String>| reason.map(|reason| shorten(&clean(&reason), 300));
        let by_division = by_division.unwrap_or(definition.by_division);
        let wish = Wish {
            days: days.map(whole),
            channel: channel.map(|channel| ChannelId(channel.get())),
            asked,
            people: people.map(whole),
            named: named.unwrap_or(false),
            by_division,
            without_outcome: reason(without_outcome),
            over_budget: reason(over_budget),
            ..Wish::new(guild, definition, incoming.person.user)
        };
        self.open(services, wish).await
    }

    pub(super) async fn open(&self, services: &Services, wish: Wish) -> Result<Reply> {
        // Refuse what can be refused before a key is drawn.
        may_open(&wish.definition, None, wish.named, &Thresholds::default())?;
        if wish.days.is_some_and(|days| !(1..=30).contains(&days)) {
            return Err(PulseRefusal::Days.into());
        }
        let new_box = Arc::new(self.inner.sealed.prepare(wish.ballot_bytes()).await?);
        let (opening, inside, now) = (new_box.clone(), services.clone(), services.clock.now());
        let opened: Result<Pulse> = services
            .store
            .write(move |tx| Box::pin(async move { open_in(tx, &inside, opening, wish, now).await }))
            .await;
        match opened {
            Ok(pulse) => Ok(Reply::Say(message::opened_for_lead(&pulse))),
            Err(error) => {
                // The key of a box that was never opened protects nothing; a leftover is harmless, so the first error counts.
                if let Some(unused) = Arc::into_inner(new_box)
                    && let Err(leftover) = self.inner.sealed.discard(unused).await
                {
                    tracing::warn!(error = %leftover, "Could not remove the key of a pulse that was not opened");
                }
                Err(error)
            }
        }
    }

    /// Opens a pulse inside the transaction of a job.
    pub(in crate::pulse) async fn open_in_job(&self, services: &Services, tx: &mut Tx, wish: Wish) -> Result<()> {
        let new_box = Arc::new(self.inner.sealed.prepare(wish.ballot_bytes()).await?);
        let opened = open_in(tx, services, new_box.clone(), wish, services.clock.now()).await;
        if opened.is_err()
            && let Some(unused) = Arc::into_inner(new_box)
            && let Err(leftover) = self.inner.sealed.discard(unused).await
        {
            tracing::warn!(error = %leftover, "Could not remove the key of a pulse that was not opened");
        }
        opened.map(|_| ())
    }

    pub(super) async fn close(&self, services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = pick(services, guild, name, |pulse| matches!(pulse.state, State::Open | State::Closing)).await?;
        if matches!(pulse.state, State::Closed | State::Stopped) {
            return Err(PulseRefusal::NotOpen(pulse.definition.title).into());
        }
        let (id, now) = (pulse.id, services.clock.now());
        // Before "thinking …" is shown, so that no answer is taken after it.
        services.store.write(move |tx| Box::pin(async move { closing::begin(tx, id, now).await })).await?;
        tracing::info!(pulse.id = %id, guild.id = %guild, "Pulse {id} closed by a lead");
        let (this, services) = (self.clone(), services.clone());
        // Tracked, so that an orderly stop waits for it; the reply only listens.
        let finishing = self.inner.closings.spawn(async move { this.finish(&services, id).await });
        let work = async move {
            let pulse = finishing.await.map_err(|fault| Error::Internal(anyhow::Error::new(fault)))??;
            match pulse.state {
                State::Stopped => Err(PulseRefusal::Stopped.into()),
                _ => Ok(message::closed_for_lead(&pulse)),
            }
        };
        Ok(Reply::Later { visible: false, work: Box::pin(work) })
    }

    pub(super) async fn results(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = pick(services, guild, name, |pulse| pulse.state == State::Closed).await?;
        if let Some(refusal) = PulseRefusal::no_result(&pulse) {
            return Err(refusal.into());
        }
        let key = pulse.id.to_string();
        let (pulse, counts, before, by_division) = services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let counts = list_closed(tx, guild, closing::SOURCE, Some(&key)).await?;
                    let before = closing::find_before(tx, &pulse).await?;
                    let by_division = store::list_division_scores(tx, pulse.id).await?;
                    Ok((pulse, counts, before, by_division))
                })
            })
            .await?;
        let work = async move {
            let post = message::result(&pulse, &counts, before.as_ref(), &by_division);
            let Some(svg) = message::chart_svg(&pulse, &counts) else { return Ok(post) };
            Ok(message::with_chart(post, &pulse, &counts, chart::draw(svg).await?))
        };
        Ok(Reply::Later { visible: false, work: Box::pin(work) })
    }
}

/// A pulse as it is put to the customers of a program, and who they are on this server.
async fn for_customers(
    services: &Services,
    definition: &Definition,
    program: &str,
    role: Option<serenity::model::id::RoleId>,
) -> Result<(Definition, Asked)> {
    let wanted = program.trim().to_lowercase();
    let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
    let program = all
        .into_iter()
        .find(|known| known.key == wanted || known.name.to_lowercase() == wanted)
        .ok_or_else(|| PulseRefusal::NoProgram(program.trim().chars().take(60).collect()))?;
    let role = role.ok_or_else(|| PulseRefusal::NoCustomers(program.name.clone()))?;
    let asked = Asked::Customers { program: program.name.clone(), role: RoleId(role.get()) };
    Ok((definition.for_customers_of(&program.key, &program.name), asked))
}
