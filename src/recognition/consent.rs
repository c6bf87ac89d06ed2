//! The nominee's part: yes, no, and a changed mind. Works in a direct message as well as on the server.

use super::model::{Actor, Event};
use super::nomination::{Consent, Nomination, NominationId, Words};
use super::refusal::NominationRefusal;
use super::{message, nominate, screens, store};
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::people;
use crate::post::Post;
use crate::services::Services;

/// An answer of one of the people it is about, to the text as they saw it.
pub(super) async fn answer(
    services: &Services,
    incoming: &Incoming,
    (id, revision): (NominationId, i64),
    consent: Consent,
) -> Result<Reply> {
    let nomination = nominate::change(services, incoming, id, Event::Answer(revision, consent)).await?;
    if !nomination.state.holds_words() {
        // The question itself is being deleted, so the answer stands in a message of its own.
        return Ok(Reply::say(screens::ERASED));
    }
    screen(services, incoming, &nomination).await
}

async fn screen(services: &Services, incoming: &Incoming, nomination: &Nomination) -> Result<Reply> {
    let guild = nomination.guild;
    let settings = services.store.read(|tx| Box::pin(people::find_guild(tx, guild))).await?;
    let settings = settings.ok_or_else(|| Error::internal(format!("guild {guild} is not noted")))?;
    Ok(Reply::Update(message::question(nomination, incoming.person.user, &settings)))
}

/// Opens the form with the text, for one of the people it is about.
pub(super) async fn ask_correction(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    revision: i64,
) -> Result<Reply> {
    let nomination = nominate::find(services, id).await?;
    // Tried with the words as they are: the rules say no before any work is done.
    let tried = Event::Correct(revision, nomination.words.clone());
    nomination.apply(tried, Actor::Person(incoming.person.user), services.clock.now())?;
    Ok(Reply::Ask(message::correction_form(&nomination)))
}

/// The corrected text. The story that stands, if one does, is corrected too.
pub(super) async fn correct(
    services: &Services,
    incoming: &Incoming,
    (id, revision): (NominationId, i64),
    control: &Control,
) -> Result<Reply> {
    let text = |input: &str| control.written.get(input).map_or("", String::as_str);
    let words = Words::new(text("happened"), text("customer"), text("changed"), text("evidence"));
    let nomination = nominate::change(services, incoming, id, Event::Correct(revision, words)).await?;
    screen(services, incoming, &nomination).await
}

/// Asks once more before withdrawing.
pub(super) async fn ask_sure(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?.ok_or(NominationRefusal::Gone)?;
    if found.honoree(incoming.person.user).is_none() {
        return Err(NominationRefusal::NotYours.into());
    }
    if found.state.is_theirs() { Ok(Reply::Say(screens::sure(&found))) } else { Err(NominationRefusal::Erased.into()) }
}

/// Withdraws: the story goes, and the words with it.
pub(super) async fn withdraw(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?.ok_or(NominationRefusal::Gone)?;
    // The author's way to take something back is another button, and closes with the reviewers' decision.
    if found.honoree(incoming.person.user).is_none() {
        return Err(NominationRefusal::NotYours.into());
    }
    nominate::change(services, incoming, id, Event::Withdraw).await?;
    Ok(Reply::Update(Post::text(screens::ERASED)))
}
