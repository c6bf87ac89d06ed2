//! Pulses by the calendar: a day of the month or of the week, left out on holidays, open for working days.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::budget::DAYS_BETWEEN;
use super::catalogue;
use super::chat::Pulses;
use super::definition::Definition;
use super::model::PulseRefusal;
use super::opening::Wish;
use crate::discord::Reply;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::post::Post;
use crate::schedule::{self, Cron, Due, Job, NewSchedule, Schedule};
use crate::services::Services;
use crate::store::Tx;

/// Opens a pulse at its time.
pub(super) const OPEN_JOB: &str = "open_pulse";
const LOOK_AHEAD: usize = 10;

/// What a schedule hands to the job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    channel: Option<ChannelId>,
    set_by: UserId,
}

/// What a lead asks of a schedule that exists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Preview,
    Pause,
    Resume,
    Skip,
}

/// Gives a pulse its day and hour; the same pulse again gets the new ones.
pub(super) async fn set(
    services: &Services,
    guild: GuildId,
    definition: Definition,
    cron: Cron,
    channel: Option<ChannelId>,
    set_by: UserId,
) -> Result<Reply> {
    let calendar = schedule::work_calendar(&services.content)?;
    let (now, default_zone) = (services.clock.now(), services.settings.time.zone);
    let catch_up_minutes = services.settings.time.catch_up_minutes;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let settings = people::find_guild(tx, guild).await?;
                let zone = settings.as_ref().map_or(default_zone, |settings| settings.zone);
                if channel.is_none() && settings.and_then(|settings| settings.pulse_channel).is_none() {
                    return Err(PulseRefusal::NoChannel.into());
                }
                let payload = serde_json::to_value(Payload { channel, set_by }).map_err(Error::internal)?;
                let new = NewSchedule {
                    guild,
                    job: OPEN_JOB,
                    key: &definition.name,
                    cron: cron.text(),
                    zone,
                    skip_holidays: true,
                    catch_up_minutes,
                    payload,
                };
                let set = schedule::set(tx, &new, &calendar, now).await?;
                let upcoming = schedule::preview(tx, &set, LOOK_AHEAD, &calendar, now).await?;
                // Told now rather than on the day: people are not asked so often.
                let soon = TimeDelta::days(i64::try_from(DAYS_BETWEEN).unwrap_or(0));
                let too_often = !definition.part_of_session
                    && upcoming.windows(2).any(|two| two[1].slot.local - two[0].slot.local < soon);
                let rest = if too_often {
                    format!(
                        "\nNobody gets more than one pulse in {DAYS_BETWEEN} days, so dates that come sooner are not opened, and you are told each \
                         time. `/pulse schedule monthly` leaves them their rest."
                    )
                } else {
                    String::new()
                };
                let lines: Vec<String> = upcoming.iter().map(|upcoming| format!("- {}", upcoming.words())).collect();
                Ok(Reply::say(format!(
                    "“{}” is on the calendar. {}. It stays open for {} working days and closes by itself.\n{}\n`/pulse schedule skip` leaves the \
                     next date out, `/pulse schedule pause` all of them.{rest}",
                    definition.title,
                    set.words(),
                    definition.days,
                    lines.join("\n")
                )))
            })
        })
        .await
}

/// Does what a lead asks of a schedule.
pub(super) async fn change(
    services: &Services,
    guild: GuildId,
    definition: Definition,
    wanted: Wanted,
) -> Result<Reply> {
    let calendar = schedule::work_calendar(&services.content)?;
    let now = services.clock.now();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (key, title) = (&definition.name, &definition.title);
                let found = schedule::find(tx, guild, OPEN_JOB, key).await?;
                let found: Schedule = found.ok_or_else(|| PulseRefusal::NotScheduled(title.clone()))?;
                Ok(Reply::say(match wanted {
                    Wanted::Preview => {
                        let mut text = format!("**{title}**\n{}.", found.words());
                        if found.paused_at.is_some() {
                            text.push_str(" Paused: `/pulse schedule resume` lets it go on.");
                        }
                        for upcoming in schedule::preview(tx, &found, LOOK_AHEAD, &calendar, now).await? {
                            let _ = write!(text, "\n- {}", upcoming.words());
                        }
                        text
                    }
                    Wanted::Pause => {
                        schedule::pause(tx, guild, OPEN_JOB, key, now).await?;
                        format!("“{title}” is paused. `/pulse schedule resume` lets it go on.")
                    }
                    Wanted::Resume => {
                        schedule::resume(tx, guild, OPEN_JOB, key, &calendar, now).await?;
                        format!("“{title}” goes on with its next date; nothing is caught up.")
                    }
                    Wanted::Skip => {
                        let slot = schedule::skip_next(tx, guild, OPEN_JOB, key, &calendar, now).await?;
                        let slot = slot.ok_or_else(|| PulseRefusal::NotScheduled(title.clone()))?;
                        format!("“{title}” is left out on {}.", slot.words())
                    }
                }))
            })
        })
        .await
}

/// Every pulse on the calendar.
pub(super) async fn list(services: &Services, guild: GuildId) -> Result<Reply> {
    let calendar = schedule::work_calendar(&services.content)?;
    let (content, now) = (services.content.clone(), services.clock.now());
    let lines = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let definitions = catalogue::list(tx, &content, guild).await?;
                let mut lines = Vec::new();
                for schedule in schedule::list(tx, guild, OPEN_JOB).await? {
                    let next = schedule::preview(tx, &schedule, 1, &calendar, now).await?;
                    let next = next.first().map_or(String::new(), |next| format!(". Next: {}", next.words()));
                    let paused = if schedule.paused_at.is_some() { " (paused)" } else { "" };
                    // What is no longer in the catalogue has no title; the day it comes due a lead is told.
                    let definition = definitions.iter().find(|definition| definition.name == schedule.key);
                    let title = definition.map_or(&schedule.key, |definition| &definition.title);
                    lines.push(format!("- **{title}**{paused}: {}{next}", schedule.words()));
                }
                Ok(lines)
            })
        })
        .await?;
    Ok(Reply::say(if lines.is_empty() {
        "No pulse is on the calendar. `/pulse schedule monthly` or `/pulse schedule weekly` puts one there.".to_owned()
    } else {
        lines.join("\n")
    }))
}

/// Opens a pulse when the calendar says so.
pub(super) struct OpenPulse(pub(super) Pulses);

impl OpenPulse {
    async fn open(&self, services: &Services, tx: &mut Tx, due: &Due) -> Result<()> {
        let payload: Payload = serde_json::from_value(due.payload.clone())
            .map_err(|_| Error::internal(format!("the schedule of {} holds no payload", due.key)))?;
        let definition = catalogue::find(tx, &services.content, due.guild, &due.key).await?;
        let Some(definition) = definition else {
            let why = format!("There is no pulse called “{}” any more.", due.key);
            return tell(tx, due, payload.set_by, &why, services.clock.now()).await;
        };
        let wish =
            Wish { channel: payload.channel, by_calendar: true, ..Wish::new(due.guild, definition, payload.set_by) };
        match self.0.open_in_job(services, tx, wish).await {
            Ok(()) => Ok(()),
            // A refusal changes nothing that anybody sees before it is made, so the rest of this transaction may stand.
            Err(Error::Refused(why)) => tell(tx, due, payload.set_by, &why, services.clock.now()).await,
            Err(fault) => Err(fault),
        }
    }
}

impl Job for OpenPulse {
    fn name(&self) -> &'static str {
        OPEN_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(self.open(services, tx, due))
    }

    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let Ok(payload) = serde_json::from_value::<Payload>(due.payload.clone()) else { return Ok(()) };
            let why = "I was not running at its time, or could not open it.";
            tell(tx, due, payload.set_by, why, services.clock.now()).await
        })
    }
}

/// Tells the lead who put it on the calendar why it was not opened.
async fn tell(tx: &mut Tx, due: &Due, lead: UserId, why: &str, now: DateTime<Utc>) -> Result<()> {
    let key = format!("pulse:not-opened:{}:{}", due.key, due.slot);
    let post = Post::text(format!(
        "The pulse “{}” was due <t:{}:f> and was not opened. {why} `/pulse schedule post-now` opens it when you are ready.",
        due.key,
        due.due_at.timestamp()
    ));
    outbox::queue(tx, Queue { guild: due.guild, key: &key, to: To::Person(lead), post: &post, due_at: now }).await?;
    Ok(())
}
