//! The author's part: from the first pick to sending, changing and taking back.

use super::action::Action;
use super::catalogue::Catalogue;
use super::model::{Actor, Event};
use super::nomination::{MOST_PER_ROUND, Nomination, NominationId, Relation, Round, State, Words};
use super::refusal::NominationRefusal;
use super::{effects, job, message, queue, rounds, screens, store};
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::people::{self, GuildSettings};
use crate::schedule;
use crate::services::Services;
use crate::store::Tx;

/// Whom a nomination is to be about.
#[derive(Clone, Debug)]
pub(super) struct Nominee {
    pub user: UserId,
    pub is_bot: bool,
    /// The message that shows what they did, if it began from one.
    pub link: Option<String>,
    /// Whether the author has been offered to second what others wrote, and wants to write their own.
    pub anew: bool,
}

/// What a wish to nominate leads to.
enum Start {
    Goes(Box<Nomination>, bool),
    Offer(Vec<Nomination>),
}

/// `/nominate` and its context menu: goes on with what was begun, or starts a draft.
pub(super) async fn start(services: &Services, incoming: &Incoming, nominee: Nominee) -> Result<Reply> {
    let (guild, author, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    if nominee.user == author {
        return Err(NominationRefusal::Yourself.into());
    }
    if nominee.is_bot {
        return Err(NominationRefusal::Bot.into());
    }
    let catalogue = Catalogue::load(&services.content)?;
    let zone = services.settings.time.zone;
    let user = nominee.user;
    let start = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let settings = noted(tx, guild, zone).await?;
                people::join(tx, guild, author, settings.date(now)).await?;
                if let Some(live) = store::find_live(tx, guild, author, user).await? {
                    return Ok(Start::Goes(Box::new(live), true));
                }
                let others = store::list_by_others(tx, guild, author, user).await?;
                // Whom it is about never learns of it here.
                let others: Vec<_> = others.into_iter().filter(|other| other.honoree(author).is_none()).collect();
                if !others.is_empty() && !nominee.anew {
                    return Ok(Start::Offer(others));
                }
                // Told now rather than after the work of writing; checked again when it is sent.
                open_round(tx, &settings, author, now).await?;
                let id = store::add_draft(tx, guild, author, user, nominee.link.as_deref(), now).await?;
                let nomination = store::find(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                let forget_at = nomination.forget_at(settings.zone);
                schedule::once(tx, guild, job::FORGET, &id.to_string(), forget_at, &serde_json::Value::Null).await?;
                Ok(Start::Goes(Box::new(nomination), false))
            })
        })
        .await?;
    Ok(Reply::Say(match start {
        Start::Offer(others) => screens::offer_second(user, &others, None),
        Start::Goes(nomination, resumed) => {
            let note =
                (resumed && nomination.state == State::Draft).then_some("You began this earlier; here it is again.");
            screens::author(&nomination, &catalogue, note)
        }
    }))
}

/// Opens the form to second a nomination.
pub(super) async fn ask_second(services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
    let picked = control.picked.first().and_then(|value| value.parse().ok()).map(NominationId);
    let nomination = find(services, picked.ok_or(NominationRefusal::Gone)?).await?;
    may_second(incoming, &nomination)?;
    Ok(Reply::Ask(message::second_form(&nomination)))
}

/// Stores the reason of somebody who saw the same deed.
pub(super) async fn second(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    control: &Control,
) -> Result<Reply> {
    let (incoming, now) = (incoming.clone(), services.clock.now());
    let reason = queue::written(control, "reason", 400);
    if reason.is_empty() {
        return Err(Error::refused("Please say what you saw of it yourself; that is what helps the reviewers."));
    }
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let nomination = store::hold(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                may_second(&incoming, &nomination)?;
                store::save_second(tx, id, incoming.person.user, &reason, now).await
            })
        })
        .await?;
    Ok(Reply::say(
        "Thank you. The reviewers read your reason with the nomination, without your name. Nobody else sees it.",
    ))
}

fn may_second(incoming: &Incoming, nomination: &Nomination) -> Result<(), NominationRefusal> {
    if nomination.recuses(incoming.person.user) {
        return Err(NominationRefusal::OwnSecond);
    }
    if nomination.state != State::Waiting || incoming.guild.is_some_and(|guild| guild != nomination.guild) {
        return Err(NominationRefusal::NoLongerWaiting);
    }
    Ok(())
}

/// The server's choices; a server that nobody has noted yet is noted now.
pub(super) async fn noted(tx: &mut Tx, guild: GuildId, zone: chrono_tz::Tz) -> Result<GuildSettings> {
    if let Some(settings) = people::find_guild(tx, guild).await? {
        return Ok(settings);
    }
    people::record_guild(tx, guild, "", zone).await?;
    let settings = people::find_guild(tx, guild).await?;
    settings.ok_or_else(|| Error::internal(format!("guild {guild} was noted and is not there")))
}

/// The round of today, if this person may send one more in it.
async fn open_round(
    tx: &mut Tx,
    settings: &GuildSettings,
    author: UserId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Round> {
    let (round, _) = rounds::current(tx, settings, now).await?;
    if round.closed_at.is_some() {
        return Err(NominationRefusal::RoundClosed(round.quarter.words()).into());
    }
    if store::count_sent(tx, round.id, author).await? >= MOST_PER_ROUND {
        return Err(NominationRefusal::TwoAlready(round.quarter.words()).into());
    }
    Ok(round)
}

/// A pick in one of the two menus. When both are picked and nothing is written yet, the form opens by itself.
pub(super) async fn pick(services: &Services, incoming: &Incoming, id: NominationId, event: Event) -> Result<Reply> {
    let nomination = change(services, incoming, id, event).await?;
    let nothing_written = nomination.words.is_empty();
    if nothing_written && nomination.tag.is_some() && nomination.relation.is_some() {
        return Ok(Reply::Ask(message::words_form(&nomination)));
    }
    Ok(Reply::Update(screens::author(&nomination, &Catalogue::load(&services.content)?, saved(&nomination))))
}

fn saved(nomination: &Nomination) -> Option<&'static str> {
    (nomination.state == State::Waiting).then_some("Saved. The reviewers see the new version.")
}

/// The event behind a picked option.
pub(super) fn picked(services: &Services, action: Action, control: &Control) -> Result<Event> {
    let value = control.picked.first().map_or("", String::as_str);
    if let Action::Team(_) = action {
        return Ok(Event::Team(control.picked.iter().filter_map(|id| id.parse().ok()).map(UserId).collect()));
    }
    let unknown =
        || Error::refused("That entry is no longer in the list. Run `/nominate` again to see the present one.");
    if let Action::Relation(_) = action {
        return Relation::parse(value).map(Event::Relate).ok_or_else(unknown);
    }
    let catalogue = Catalogue::load(&services.content)?;
    if let Action::Program(_) = action {
        let known = value.is_empty() || catalogue.program(value).is_some();
        let program = (!value.is_empty()).then(|| value.to_owned());
        return known.then_some(Event::About(program)).ok_or_else(unknown);
    }
    let tag = catalogue.find(value).ok_or_else(unknown)?;
    Ok(Event::Choose(tag.id.clone(), tag.title()))
}

/// Opens the form with what is there.
pub(super) async fn ask(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let nomination = find(services, id).await?;
    if nomination.nominator != incoming.person.user {
        return Err(NominationRefusal::NotYours.into());
    }
    match nomination.state {
        State::Draft | State::Waiting => Ok(Reply::Ask(message::words_form(&nomination))),
        _ => Err(NominationRefusal::AlreadyDecided.into()),
    }
}

/// The submitted form. It is kept at once, complete or not.
pub(super) async fn write(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    control: &Control,
) -> Result<Reply> {
    let text = |input: &str| control.written.get(input).map_or("", String::as_str);
    let words = Words::new(text("happened"), text("customer"), text("changed"), text("evidence"));
    let nomination = change(services, incoming, id, Event::Write(words)).await?;
    Ok(Reply::Update(screens::author(&nomination, &Catalogue::load(&services.content)?, saved(&nomination))))
}

/// Sends a draft to the reviewers.
pub(super) async fn send(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let (author, now) = (incoming.person.user, services.clock.now());
    let zone = services.settings.time.zone;
    let (nomination, round) = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let draft = store::find(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                let settings = noted(tx, draft.guild, zone).await?;
                // Checked first: for a second press "already sent" is the true answer, whatever the round says.
                if draft.nominator == author && draft.state == State::Waiting {
                    return Err(NominationRefusal::AlreadySent.into());
                }
                let round = open_round(tx, &settings, author, now).await?;
                let sent = effects::apply(tx, id, Event::Send(round.id), Actor::Person(author), now).await?;
                queue::fill_seats(tx, &sent, now).await?;
                job::plan_review(tx, &sent, now).await?;
                Ok((sent, round))
            })
        })
        .await?;
    Ok(Reply::Update(screens::sent(&nomination, &round)))
}

/// Drops a draft: the row goes.
pub(super) async fn discard(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let (author, now) = (incoming.person.user, services.clock.now());
    let draft = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let draft = store::find(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                if draft.state == State::Waiting && draft.nominator == author {
                    return Err(NominationRefusal::AlreadySent.into());
                }
                draft.apply(Event::Withdraw, Actor::Person(author), now)?;
                store::remove_draft(tx, id).await?;
                Ok(draft)
            })
        })
        .await?;
    Ok(Reply::Update(screens::taken_back(&draft)))
}

/// Takes back what waits for the reviewers.
pub(super) async fn take_back(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let author = incoming.person.user;
    let found = find(services, id).await?;
    // The nominee's way to withdraw is another button, with another question.
    if found.nominator != author {
        return Err(NominationRefusal::NotYours.into());
    }
    let nomination = change(services, incoming, id, Event::Withdraw).await?;
    Ok(Reply::Update(screens::taken_back(&nomination)))
}

/// `/recognition mine`.
pub(super) async fn mine(services: &Services, incoming: &Incoming) -> Result<crate::post::Post> {
    let (guild, user) = (incoming.on_server()?, incoming.person.user);
    let nominations = services.store.read(|tx| Box::pin(store::list_mine(tx, guild, user))).await?;
    Ok(screens::mine(&nominations, user))
}

/// One of one's own, as one may see it.
pub(super) async fn see(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let user = incoming.person.user;
    let (nomination, settings) = services
        .store
        .read(|tx| {
            Box::pin(async move {
                let nomination = store::find(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                let settings = people::find_guild(tx, nomination.guild).await?;
                Ok((nomination, settings.ok_or(NominationRefusal::Gone)?))
            })
        })
        .await?;
    let catalogue = Catalogue::load(&services.content)?;
    Ok(Reply::Update(screens::seen_by(user, &nomination, &catalogue, &settings)?))
}

/// One nomination.
pub(super) async fn find(services: &Services, id: NominationId) -> Result<Nomination> {
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?;
    found.ok_or_else(|| NominationRefusal::Gone.into())
}

/// One event by the person who pressed.
pub(super) async fn change(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    event: Event,
) -> Result<Nomination> {
    let (by, now) = (Actor::Person(incoming.person.user), services.clock.now());
    services.store.write(move |tx| Box::pin(effects::apply(tx, id, event, by, now))).await
}
