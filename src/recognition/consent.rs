//! The nominee's part: yes, no, and a changed mind. Works in a direct message as well as on the server.

use super::model::{Consent, Event, NominationId, NominationRefusal, State};
use super::{message, nominate, screens, store};
use crate::discord::{Incoming, Reply};
use crate::error::{Error, Result};
use crate::people;
use crate::post::Post;
use crate::services::Services;

/// The nominee's answer.
pub(super) async fn answer(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    consent: Consent,
) -> Result<Reply> {
    let nomination = nominate::change(services, incoming, id, Event::Answer(consent)).await?;
    if !nomination.state.holds_words() {
        // The question itself is being deleted, so the answer stands in a message of its own.
        return Ok(Reply::say(screens::ERASED));
    }
    let guild = nomination.guild;
    let settings = services.store.read(|tx| Box::pin(people::find_guild(tx, guild))).await?;
    let settings = settings.ok_or_else(|| Error::internal(format!("guild {guild} is not noted")))?;
    Ok(Reply::Update(message::question(&nomination, &settings)))
}

/// Asks once more before withdrawing.
pub(super) async fn ask_sure(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?.ok_or(NominationRefusal::Gone)?;
    if found.nominee != incoming.person.user {
        return Err(NominationRefusal::NotYours.into());
    }
    match found.state {
        State::Asked | State::Published | State::Private => Ok(Reply::Say(screens::sure(&found))),
        _ => Err(NominationRefusal::Erased.into()),
    }
}

/// Withdraws: the story goes, and the words with it.
pub(super) async fn withdraw(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?.ok_or(NominationRefusal::Gone)?;
    // The author's way to take something back is another button, and closes with the reviewers' decision.
    if found.nominee != incoming.person.user {
        return Err(NominationRefusal::NotYours.into());
    }
    nominate::change(services, incoming, id, Event::Withdraw).await?;
    Ok(Reply::Update(Post::text(screens::ERASED)))
}
