//! The reviewer's part: one nomination at a time, without its author; scores, a verdict, a question.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::model::{Actor, Event};
use super::nomination::{Nomination, NominationId, Vote};
use super::panel::{self, Case, Place};
use super::refusal::NominationRefusal;
use super::review::{self, Criterion, Reviewer, Seat, Verdict};
use super::store::Entry;
use super::{effects, fairness, message, nominate, store};
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::post::Post;
use crate::services::Services;
use crate::store::Tx;

/// The queue at `wanted`, or at the one that took its place, or at its start. Whoever opens it joins the reviewers and takes the free
/// seat of what they are shown.
pub(super) async fn show(
    services: &Services,
    incoming: &Incoming,
    wanted: Option<NominationId>,
    note: Option<&str>,
) -> Result<Post> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let found = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::join_reviewers(tx, guild, user, now).await?;
                let reviewer = reviewer(tx, guild, user).await?;
                let waiting = waiting_for(tx, guild, &reviewer, now).await?;
                let at = wanted.map_or(0, |wanted| {
                    waiting.iter().position(|one| one.id == wanted).unwrap_or_else(|| {
                        // It was judged meanwhile: the next younger one, or else the first.
                        waiting.iter().position(|one| one.id > wanted).unwrap_or(0)
                    })
                });
                let Some(nomination) = waiting.get(at).cloned() else { return Ok(None) };
                store::take_seat(tx, nomination.id, user, now).await?;
                let next = waiting.get((at + 1) % waiting.len()).map(|next| next.id).filter(|id| *id != nomination.id);
                let place = Place { at: at + 1, of: waiting.len(), next };
                Ok(Some((case(tx, nomination, user).await?, place)))
            })
        })
        .await?;
    let Some((mut case, place)) = found else { return Ok(panel::nothing_to_review(note)) };
    let catalogue = Catalogue::load(&services.content)?;
    case.program = case.nomination.program.as_ref().and_then(|key| catalogue.program(key)).map(str::to_owned);
    Ok(panel::review(&case, place, note))
}

async fn reviewer(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Reviewer> {
    let division = people::find_member(tx, guild, user).await?.and_then(|member| member.division);
    Ok(Reviewer { user, division })
}

/// What this reviewer may judge and has not judged yet, oldest first.
async fn waiting_for(
    tx: &mut Tx,
    guild: GuildId,
    reviewer: &Reviewer,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Nomination>> {
    let mut mine = Vec::new();
    for nomination in store::list_waiting(tx, guild).await? {
        let ties = store::find_ties(tx, guild, nomination.id).await?;
        if review::may_review(&nomination, reviewer, &ties).is_err() {
            continue;
        }
        let seats = store::list_seats(tx, nomination.id).await?;
        let own = seats.iter().find(|seat| seat.reviewer == reviewer.user);
        let fits = match own {
            Some(seat) => seat.verdict_on(nomination.revision).is_none(),
            None => review::has_room(&nomination, &seats, now),
        };
        if fits {
            mine.push(nomination);
        }
    }
    Ok(mine)
}

async fn case(tx: &mut Tx, nomination: Nomination, user: UserId) -> Result<Case> {
    let seats = store::list_seats(tx, nomination.id).await?;
    let seat = seats.into_iter().find(|seat| seat.reviewer == user);
    let round = match nomination.round {
        Some(round) => store::list_of_round(tx, round).await?,
        None => Vec::new(),
    };
    Ok(Case {
        rests: vote_of(tx, &nomination).await? == Vote::Rests,
        seat: seat.ok_or_else(|| Error::internal("a reviewer sits nowhere"))?,
        seconds: store::list_seconds(tx, nomination.id).await?.into_iter().map(|(_, reason)| reason).collect(),
        questions: store::list_questions(tx, nomination.id).await?,
        is_mutual: fairness::is_mutual(&nomination, &round),
        program: None,
        nomination,
    })
}

/// The nomination, held, if this person may judge this revision of it; with its seats, one of which is theirs.
async fn admit(
    tx: &mut Tx,
    guild: GuildId,
    id: NominationId,
    user: UserId,
    revision: Option<i64>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(Nomination, Vec<Seat>)> {
    // A lead of one server has no say on another.
    let found = store::hold(tx, id).await?.filter(|nomination| nomination.guild == guild);
    let nomination = found.ok_or(NominationRefusal::NoLongerWaiting)?;
    nomination.may_be_judged(user, revision.unwrap_or(nomination.revision))?;
    let reviewer = reviewer(tx, guild, user).await?;
    review::may_review(&nomination, &reviewer, &store::find_ties(tx, guild, id).await?)?;
    let mut seats = store::list_seats(tx, id).await?;
    if !seats.iter().any(|seat| seat.reviewer == user) {
        if !review::has_room(&nomination, &seats, now) {
            return Err(NominationRefusal::NoLongerWaiting.into());
        }
        store::take_seat(tx, id, user, now).await?;
        seats = store::list_seats(tx, id).await?;
    }
    Ok((nomination, seats))
}

/// A score was picked.
pub(super) async fn score(
    services: &Services,
    incoming: &Incoming,
    (id, criterion, revision): (NominationId, Criterion, i64),
    control: &Control,
) -> Result<Reply> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let picked = control.picked.first().and_then(|value| value.parse().ok()).filter(|score| *score <= 2_u8);
    let score = picked.ok_or_else(|| Error::refused("A score is 0, 1 or 2. Please pick again."))?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                admit(tx, guild, id, user, Some(revision), now).await?;
                store::save_score(tx, id, user, criterion, score).await
            })
        })
        .await?;
    Ok(Reply::Update(show(services, incoming, Some(id), None).await?))
}

/// A verdict; then the next one in the queue.
pub(super) async fn judge(
    services: &Services,
    incoming: &Incoming,
    (id, revision): (NominationId, i64),
    verdict: Verdict,
    reason: Option<String>,
) -> Result<Reply> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    if verdict == Verdict::Decline && reason.as_deref().is_none_or(str::is_empty) {
        return Err(NominationRefusal::NoReason.into());
    }
    let decided = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (_, seats) = admit(tx, guild, id, user, Some(revision), now).await?;
                let own = seats.iter().find(|seat| seat.reviewer == user);
                if verdict == Verdict::Accept && own.is_none_or(|seat| seat.total().is_none()) {
                    return Err(NominationRefusal::NoScores.into());
                }
                store::save_verdict(tx, id, user, (verdict, reason.as_deref()), revision, now).await?;
                let what = format!("verdict {}", verdict.word());
                store::audit(tx, guild, &Entry { nomination: Some(id), actor: Some(user), what, at: now }).await?;
                decide(tx, guild, id, Actor::Person(user), false, now).await
            })
        })
        .await?;
    let note = match decided {
        None => "Your verdict is recorded. The decision follows when the other reviewers have judged it too.",
        Some(Verdict::Accept) => {
            "Accepted. The people it is about are asked privately whether it may become a story; without a yes, nothing is published."
        }
        Some(Verdict::Decline) => {
            "Declined. The author gets the reason, without the reviewers' names; the person it is about is not told."
        }
        Some(Verdict::Thanks) => "Passed on as thanks, without the author's name. The author is told.",
    };
    Ok(Reply::Update(show(services, incoming, Some(id), Some(note)).await?))
}

/// Carries out what the seats have decided, if they have; used after each verdict, and by the calendar when the time is over.
pub(super) async fn decide(
    tx: &mut Tx,
    guild: GuildId,
    id: NominationId,
    by: Actor,
    time_is_over: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Option<Verdict>> {
    let nomination = store::hold(tx, id).await?.ok_or(NominationRefusal::Gone)?;
    let (seats, revision) = (store::list_seats(tx, id).await?, nomination.revision);
    let Some(verdict) = review::decide(&seats, revision, time_is_over) else { return Ok(None) };
    let (event, word) = match verdict {
        Verdict::Accept => (Event::Accept { revision, vote: vote_of(tx, &nomination).await? }, "accepted"),
        Verdict::Decline => (Event::Decline(revision, review::reasons(&seats, revision)), "declined"),
        Verdict::Thanks => (Event::Thank(revision), "passed on as thanks"),
    };
    effects::apply(tx, id, event, by, now).await?;
    let given = seats.iter().filter(|seat| seat.verdict_on(revision).is_some()).count();
    let what = format!("{word}, by {given} of {} reviewers", seats.len());
    let actor = match by {
        Actor::Person(user) => Some(user),
        Actor::Calendar => None,
    };
    store::audit(tx, guild, &Entry { nomination: Some(id), actor, what, at: now }).await?;
    Ok(Some(verdict))
}

/// Where an accepted nomination stands towards the vote of its round.
async fn vote_of(tx: &mut Tx, nomination: &Nomination) -> Result<Vote> {
    let Some(round) = nomination.round else { return Ok(Vote::Without) };
    let Some(round) = store::find_round(tx, round).await?.filter(|round| round.by_vote) else {
        return Ok(Vote::Without);
    };
    let resting = store::list_resting(tx, nomination.guild, round.quarter).await?;
    let rests = nomination.people.iter().any(|person| resting.contains(&person.user));
    Ok(if rests { Vote::Rests } else { Vote::Ahead })
}

/// Opens the form for the reason, if there is still something to decide.
pub(super) async fn ask_reason(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    revision: i64,
) -> Result<Reply> {
    let nomination = admitted(services, incoming, id, Some(revision)).await?;
    Ok(Reply::Ask(message::reason_form(&nomination)))
}

/// Opens the form for a question to the author.
pub(super) async fn ask_question(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let nomination = admitted(services, incoming, id, None).await?;
    Ok(Reply::Ask(message::question_form(&nomination)))
}

async fn admitted(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    revision: Option<i64>,
) -> Result<Nomination> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let admitted = services.store.write(move |tx| Box::pin(admit(tx, guild, id, user, revision, now))).await?;
    Ok(admitted.0)
}

/// Sends the question to the author, who does not learn who asks.
pub(super) async fn asked(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    control: &Control,
) -> Result<Reply> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let question = written(control, "question", 300);
    if question.is_empty() {
        return Err(Error::refused("Please write a question. Press Ask the author again."));
    }
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (nomination, _) = admit(tx, guild, id, user, None, now).await?;
                if store::list_questions(tx, id).await?.iter().any(|asked| asked.answer.is_none()) {
                    return Err(NominationRefusal::AlreadyAsked.into());
                }
                let row = store::add_question(tx, id, user, &question, now).await?;
                let (key, post) =
                    (format!("recognition:{id}:asked:{row}"), message::asked_author(&nomination, &question));
                store::note_post(tx, id, &key, effects::QUESTION, now).await?;
                let to = To::Person(nomination.nominator);
                outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at: now }).await?;
                let what = "asked its author a question".to_owned();
                store::audit(tx, guild, &Entry { nomination: Some(id), actor: Some(user), what, at: now }).await
            })
        })
        .await?;
    let note = "Sent to the author, without your name. The answer appears here; you can judge before it comes.";
    Ok(Reply::Update(show(services, incoming, Some(id), Some(note)).await?))
}

/// The submitted reason.
pub(super) fn reason(control: &Control) -> String {
    written(control, "reason", 600)
}

/// What was written into one input of a form.
pub(super) fn written(control: &Control, input: &str, most: usize) -> String {
    let written = control.written.get(input).map_or("", String::as_str);
    crate::text::shorten(&crate::text::clean(written), most)
}

/// `/recognition reviewers`.
pub(super) async fn reviewers(services: &Services, incoming: &Incoming) -> Result<Post> {
    let guild = incoming.on_server()?;
    let listed = services.store.read(|tx| Box::pin(store::list_reviewers(tx, guild))).await?;
    Ok(panel::reviewers(&listed.into_iter().map(|(reviewer, _)| reviewer.user).collect::<Vec<_>>()))
}

/// Takes people off the reviewers; their open seats are free again, and judged without them if that is all that was missing.
pub(super) async fn dismiss(services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
    let (guild, by, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let users: Vec<UserId> = control.picked.iter().filter_map(|id| id.parse().ok()).map(UserId).collect();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                for user in users {
                    store::leave_reviewers(tx, guild, user).await?;
                    let what = "took somebody off the reviewers".to_owned();
                    store::audit(tx, guild, &Entry { nomination: None, actor: Some(by), what, at: now }).await?;
                }
                for nomination in store::list_waiting(tx, guild).await? {
                    fill_seats(tx, &nomination, now).await?;
                    decide(tx, guild, nomination.id, Actor::Calendar, false, now).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(Reply::Update(reviewers(services, incoming).await?))
}

/// Gives the free seats of a nomination to the reviewers whose turn it is.
pub(super) async fn fill_seats(tx: &mut Tx, nomination: &Nomination, now: chrono::DateTime<chrono::Utc>) -> Result<()> {
    let ties = store::find_ties(tx, nomination.guild, nomination.id).await?;
    let seats = store::list_seats(tx, nomination.id).await?;
    let mut able = store::list_reviewers(tx, nomination.guild).await?;
    able.retain(|(reviewer, _)| {
        review::may_review(nomination, reviewer, &ties).is_ok()
            && !seats.iter().any(|seat| seat.reviewer == reviewer.user)
    });
    let free = review::SEATS.saturating_sub(seats.len());
    for user in review::seat(able).into_iter().take(free) {
        store::take_seat(tx, nomination.id, user, now).await?;
    }
    Ok(())
}

/// `/recognition audit`.
pub(super) async fn audit(services: &Services, incoming: &Incoming) -> Result<Post> {
    let (guild, user) = (incoming.on_server()?, incoming.person.user);
    let zone = services.settings.time.zone;
    let (entries, zone) = services
        .store
        .read(|tx| {
            Box::pin(async move {
                let zone = people::find_guild(tx, guild).await?.map_or(zone, |settings| settings.zone);
                Ok((store::list_audit(tx, guild, user).await?, zone))
            })
        })
        .await?;
    Ok(panel::audit(&entries, zone))
}

/// `/recognition fairness`: of the newest round.
pub(super) async fn fairness(services: &Services, incoming: &Incoming) -> Result<Post> {
    let guild = incoming.on_server()?;
    services
        .store
        .read(|tx| {
            Box::pin(async move {
                let rounds = store::list_rounds(tx, guild).await?;
                let Some(round) = rounds.first() else { return Ok(panel::fairness("this quarter", None)) };
                let sent = store::list_of_round(tx, round.id).await?;
                let mut division = BTreeMap::new();
                let mut before = BTreeSet::new();
                let users: Vec<UserId> =
                    sent.iter().flat_map(|one| one.people.iter().map(|person| person.user)).collect();
                for user in users {
                    if let Some(name) = people::find_member(tx, guild, user).await?.and_then(|member| member.division) {
                        division.insert(user, name);
                    }
                    if store::was_nominated_before(tx, guild, user, round.id).await? {
                        before.insert(user);
                    }
                }
                let most = store::most_by_one(tx, guild).await?;
                let fair = fairness::of(&sent, &division, &before, most);
                Ok(panel::fairness(&round.quarter.words(), fair.as_ref()))
            })
        })
        .await
}

/// The author's answer to a question.
pub(super) async fn answered(
    services: &Services,
    incoming: &Incoming,
    id: NominationId,
    control: &Control,
) -> Result<Reply> {
    let (user, now) = (incoming.person.user, services.clock.now());
    let answer = written(control, "answer", 600);
    if answer.is_empty() {
        return Err(Error::refused("Please write an answer, or leave the question open: that is fine too."));
    }
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let nomination = store::hold(tx, id).await?.ok_or(NominationRefusal::Gone)?;
                nomination.author_may_answer(user)?;
                if store::answer_question(tx, id, &answer, now).await? {
                    return Ok(());
                }
                Err(Error::refused("There is no open question any more: it was answered already. Thank you."))
            })
        })
        .await?;
    Ok(Reply::say("Thank you. The reviewers see your answer with the nomination, without your name."))
}

/// Opens the form for the author's answer.
pub(super) async fn ask_answer(services: &Services, incoming: &Incoming, id: NominationId) -> Result<Reply> {
    let nomination = nominate::find(services, id).await?;
    nomination.author_may_answer(incoming.person.user)?;
    Ok(Reply::Ask(message::answer_form(&nomination)))
}
