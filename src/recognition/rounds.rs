//! Rounds: one at a time, a fiscal quarter each, opened by the first nomination or by a lead, closed by a lead or by the calendar.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::json;

use super::nomination::{Round, RoundId};
use super::store::Entry;
use super::vote::VoteRefusal;
use super::{job, nominate, screens, store, vote};
use crate::calendar::{self, Quarter};
use crate::discord::{Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::outbox::{self, Queue, To};
use crate::people::{self, GuildSettings};
use crate::post::Post;
use crate::requests::{self, Kind, Request};
use crate::schedule::{self, Due};
use crate::services::Services;
use crate::store::Tx;

/// People are reminded this long before a round closes.
const REMIND_BEFORE: TimeDelta = TimeDelta::days(7);

/// The round of the present quarter, and whether it was opened just now because there was none; every earlier one is closed then.
pub(super) async fn current(tx: &mut Tx, settings: &GuildSettings, now: DateTime<Utc>) -> Result<(Round, bool)> {
    let quarter = Quarter::at(now, settings.zone);
    let ends_at = midnight_after(quarter.last_day(), settings);
    let (round, is_new) = store::current_round(tx, settings.guild, quarter, ends_at, now).await?;
    if is_new {
        store::close_other_rounds(tx, settings.guild, round.id, now).await?;
        plan(tx, settings.guild, &round, now).await?;
    }
    Ok((round, is_new))
}

/// Notes that everybody is asked to nominate, or reminded of it.
async fn note_request(tx: &mut Tx, guild: GuildId, kind: Kind, round: &Round, now: DateTime<Utc>) -> Result<()> {
    let request = Request { kind, title: round.quarter.to_string(), asked_at: now };
    requests::note(tx, guild, &request).await
}

fn midnight_after(day: NaiveDate, settings: &GuildSettings) -> DateTime<Utc> {
    calendar::instant((day + TimeDelta::days(1)).and_time(NaiveTime::MIN), settings.zone)
}

/// Plans the reminder and the end of a round. Each names the end that it was planned for: one that was moved meanwhile does nothing.
async fn plan(tx: &mut Tx, guild: GuildId, round: &Round, now: DateTime<Utc>) -> Result<()> {
    let Some(closes_at) = round.closes_at else { return Ok(()) };
    let payload = json!({ "closes_at": closes_at });
    let key = format!("{}:{}", round.id, closes_at.timestamp());
    schedule::once(tx, guild, job::CLOSE_ROUND, &key, closes_at, &payload).await?;
    let remind_at = closes_at - REMIND_BEFORE;
    if remind_at > now {
        schedule::once(tx, guild, job::REMIND_ROUND, &key, remind_at, &payload).await?;
    }
    vote::plan(tx, guild, round.id, closes_at).await
}

/// `/recognition open` and `/recognition close`. `closes` is a day as people write it in files, 2026-12-11; `by_vote` how the round ends.
pub(super) async fn set(
    services: &Services,
    incoming: &Incoming,
    open: bool,
    (closes, by_vote): (Option<&str>, Option<bool>),
) -> Result<Reply> {
    let (guild, now, zone) = (incoming.on_server()?, services.clock.now(), services.settings.time.zone);
    let by = incoming.person.user;
    let unread = || Error::refused("I read the day as year-month-day, for example `2026-12-11`. Please try again.");
    let last_day = closes.map(|day| day.trim().parse::<NaiveDate>().map_err(|_| unread())).transpose()?;
    let (round, zone, changed) = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let settings = nominate::noted(tx, guild, zone).await?;
                let (mut round, is_new) = current(tx, &settings, now).await?;
                // A round that is closed and opened again asks nothing new.
                if open && is_new {
                    note_request(tx, guild, Kind::Nominations, &round, now).await?;
                }
                if let Some(day) = last_day {
                    let closes_at = midnight_after(day, &settings);
                    if closes_at <= now || day > round.quarter.last_day() {
                        return Err(Error::refused(format!(
                            "A round closes within its quarter and not in the past: choose a day up to {}.",
                            round.quarter.last_day()
                        )));
                    }
                    store::set_round_end(tx, round.id, closes_at).await?;
                    round.closes_at = Some(closes_at);
                    plan(tx, guild, &round, now).await?;
                }
                if let Some(by_vote) = by_vote.filter(|by_vote| *by_vote != round.by_vote) {
                    if store::has_accepted(tx, round.id).await? || store::has_vote(tx, round.id).await? {
                        return Err(VoteRefusal::Settled.into());
                    }
                    store::set_round_by_vote(tx, round.id, by_vote).await?;
                    round.by_vote = by_vote;
                    // A round from before votes were known has no day planned for one.
                    if let Some(closes_at) = round.closes_at.filter(|_| by_vote) {
                        vote::plan(tx, guild, round.id, closes_at).await?;
                    }
                    let what = format!(
                        "let the round {} end {} a vote",
                        round.quarter,
                        if by_vote { "with" } else { "without" }
                    );
                    store::audit(tx, guild, &Entry { nomination: None, actor: Some(by), what, at: now }).await?;
                }
                // People nominate towards a vote, not past it.
                if open && store::has_vote(tx, round.id).await? {
                    return Err(VoteRefusal::Begun(round.quarter.words()).into());
                }
                let changed = store::set_round_open(tx, round.id, open, now).await?;
                if changed && !open {
                    vote::plan(tx, guild, round.id, now).await?;
                }
                if changed {
                    let what = format!("{} the round {}", if open { "opened" } else { "closed" }, round.quarter);
                    store::audit(tx, guild, &Entry { nomination: None, actor: Some(by), what, at: now }).await?;
                }
                Ok((round, settings.zone, changed))
            })
        })
        .await?;
    Ok(Reply::say(screens::round_set(&round, zone, open, changed)))
}

/// The round that an occasion is about, if its end is still the one it was planned for and it is open.
async fn of(tx: &mut Tx, due: &Due) -> Result<Option<Round>> {
    let id = due.key.split(':').next().and_then(|id| id.parse().ok()).map(RoundId);
    let id = id.ok_or_else(|| Error::internal(format!("{} has no round in its key", due.job)))?;
    let planned_for: Option<DateTime<Utc>> = serde_json::from_value(due.payload["closes_at"].clone()).ok();
    let round = store::find_round(tx, id).await?;
    Ok(round.filter(|round| round.closed_at.is_none() && round.closes_at == planned_for))
}

/// The calendar closes a round.
pub(super) async fn close(tx: &mut Tx, due: &Due, now: DateTime<Utc>) -> Result<()> {
    let Some(round) = of(tx, due).await? else { return Ok(()) };
    store::set_round_open(tx, round.id, false, now).await?;
    let what = format!("closed the round {}", round.quarter);
    store::audit(tx, due.guild, &Entry { nomination: None, actor: None, what, at: now }).await
}

/// A week before the end: a word in the channel. Nobody is named, and nothing is counted.
pub(super) async fn remind(tx: &mut Tx, due: &Due, now: DateTime<Utc>) -> Result<()> {
    let Some(round) = of(tx, due).await? else { return Ok(()) };
    let settings = people::find_guild(tx, due.guild).await?;
    let Some((settings, channel)) = settings.and_then(|it| it.recognition_channel.map(|channel| (it, channel))) else {
        return Ok(());
    };
    let post = reminder(&round, settings.zone);
    let key = format!("recognition:round:{}", due.key);
    outbox::queue(tx, Queue { guild: due.guild, key: &key, to: To::Channel(channel), post: &post, due_at: now })
        .await?;
    note_request(tx, due.guild, Kind::Reminder, &round, now).await
}

pub(super) fn reminder(round: &Round, zone: chrono_tz::Tz) -> Post {
    let last = round.closes_at.map(|at| (at - TimeDelta::seconds(1)).with_timezone(&zone));
    let until = last.map_or_else(|| "soon".to_owned(), |at| format!("at the end of {}", at.format("%A, %-d %B")));
    Post::text(format!(
        "Nominations for {} close {until}. Whose work made something better for a customer? `/nominate` a person or a team; also those \
         whose work is seldom seen: back office, night shift, small teams.",
        round.quarter.words()
    ))
}
