//! What a lead does with a result: says what comes of it, looks through comments, reads answers with names.

use super::super::message;
use super::super::model::PulseRefusal;
use super::super::outcomes;
use super::super::store;
use super::Pulses;
use super::pick::pick_closed;
use crate::discord::{Incoming, Reply};
use crate::error::Result;
use crate::services::Services;

impl Pulses {
    pub(super) async fn act(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        let id = pulse.id;
        let outcome = services.store.read(move |tx| Box::pin(async move { store::find_outcome(tx, id).await })).await?;
        Ok(Reply::Ask(message::act_form(&pulse, outcome.as_ref())))
    }

    pub(super) async fn comments(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        let comments = outcomes::list_comments(services, pulse.id).await?;
        if comments.iter().all(|comment| comment.agreed) {
            return Err(PulseRefusal::NoComments(pulse.definition.title).into());
        }
        Ok(Reply::Say(outcomes::next_comment(services, &pulse, incoming.person.user, None).await?))
    }

    pub(super) async fn answers(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        if !pulse.named {
            return Err(PulseRefusal::NotNamed(pulse.definition.title).into());
        }
        let id = pulse.id;
        let rows =
            services.store.read(move |tx| Box::pin(async move { store::list_named_answers(tx, id).await })).await?;
        let answers = rows
            .into_iter()
            .map(|(user, json)| Ok((user, serde_json::from_str(&json).map_err(anyhow::Error::from)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Reply::Say(message::named_answers(&pulse, &answers)))
    }
}
