//! The reviewer's part: one nomination at a time, without its author.

use super::model::{Event, Nomination, NominationId, NominationRefusal, State};
use super::screens::{self, Place};
use super::{message, nominate, store};
use crate::discord::{Control, Incoming, Reply};
use crate::error::Result;
use crate::post::Post;
use crate::services::Services;

/// The queue at `wanted`, or at the one that took its place, or at its start.
pub(super) async fn show(
    services: &Services,
    incoming: &Incoming,
    wanted: Option<NominationId>,
    note: Option<&str>,
) -> Result<Post> {
    let (guild, reviewer) = (incoming.on_server()?, incoming.person.user);
    let found = services
        .store
        .read(|tx| {
            Box::pin(async move {
                let waiting = store::list_waiting(tx, guild, reviewer).await?;
                let at = wanted.map_or(0, |wanted| {
                    waiting.iter().position(|id| *id == wanted).unwrap_or_else(|| {
                        // It was decided meanwhile: the next younger one, or else the last.
                        waiting.iter().position(|id| *id > wanted).unwrap_or(waiting.len().saturating_sub(1))
                    })
                });
                let Some(id) = waiting.get(at) else { return Ok(None) };
                let place = Place {
                    at: at + 1,
                    of: waiting.len(),
                    previous: at.checked_sub(1).map(|before| waiting[before]),
                    next: waiting.get(at + 1).copied(),
                };
                Ok(store::find(tx, *id).await?.map(|nomination| (nomination, place)))
            })
        })
        .await?;
    Ok(match found {
        Some((nomination, place)) => screens::review(&nomination, place, note),
        None => screens::nothing_to_review(note),
    })
}

/// A decision; then the next one in the queue.
pub(super) async fn decide(services: &Services, incoming: &Incoming, id: NominationId, event: Event) -> Result<Reply> {
    let note = match &event {
        Event::Accept(_) => {
            "Accepted. The person is asked privately whether it may become a story; without a yes, nothing is published."
        }
        Event::Decline(..) => {
            "Declined. The author gets your reason, without your name; the person it is about is not told."
        }
        _ => "Passed on as thanks, without the author's name. The author is told.",
    };
    check_server(services, incoming, id).await?;
    nominate::change(services, incoming, id, event).await?;
    Ok(Reply::Update(show(services, incoming, Some(id), Some(note)).await?))
}

/// Opens the form for the reason, if there is still something to decide.
pub(super) async fn ask_reason(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    revision: i64,
) -> Result<Reply> {
    let nomination = check_server(services, incoming, id).await?;
    if nomination.recuses(incoming.person.user) {
        return Err(NominationRefusal::Recused.into());
    }
    if nomination.state != State::Waiting {
        return Err(NominationRefusal::NoLongerWaiting.into());
    }
    if nomination.revision != revision {
        return Err(NominationRefusal::JustChanged.into());
    }
    Ok(Reply::Ask(message::reason_form(&nomination)))
}

/// The submitted reason.
pub(super) fn reason(control: &Control) -> String {
    let written = control.written.get("reason").map_or("", String::as_str);
    crate::text::shorten(&crate::text::clean(written), 600)
}

/// A lead of one server has no say on another.
async fn check_server(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Nomination> {
    let guild = incoming.on_server()?;
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?;
    found.filter(|nomination| nomination.guild == guild).ok_or_else(|| NominationRefusal::NoLongerWaiting.into())
}
