//! The weekly rhythm of a series, as leads set it.

use std::sync::Arc;

use chrono::{DateTime, Utc, Weekday};

use super::job::{JOB, Payload};
use super::library::{Library, Series};
use super::message::{self, LearningRefusal, SeriesListing};
use super::model::next_to_post;
use super::{overview, store};
use crate::calendar::WorkCalendar;
use crate::discord::Reply;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::people;
use crate::schedule::{self, Cron, NewSchedule, Schedule};
use crate::services::Services;
use crate::store::Tx;

/// How many dates ahead are looked at for one that is not skipped.
const LOOK_AHEAD: usize = 6;

/// When and where a series is posted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    pub day: Weekday,
    /// 0 to 23.
    pub hour: u32,
    /// `None`: the learning channel of the day.
    pub channel: Option<ChannelId>,
    /// The lead who wants people asked after each lesson how it was.
    pub feedback: Option<UserId>,
}

/// Gives a series its day and hour. The same series again gets the new ones.
pub(super) async fn set(
    services: &Services,
    library: &Library,
    guild: GuildId,
    name: &str,
    rhythm: Rhythm,
) -> Result<Reply> {
    let series = find(library, name)?.clone();
    let days_off = schedule::work_calendar(&services.content)?;
    let (now, fallback_zone, catch_up_minutes) =
        (services.clock.now(), services.settings.time.zone, services.settings.time.catch_up_minutes);
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let settings = people::find_guild(tx, guild).await?;
                let zone = settings.as_ref().map_or(fallback_zone, |settings| settings.zone);
                let chosen = settings.and_then(|settings| settings.learning_channel);
                let channel = rhythm.channel.or(chosen).ok_or(LearningRefusal::NoChannel)?;
                let posted = store::list_posted(tx, guild).await?;
                let Some(next) = next_to_post(&series.lessons, &posted) else {
                    return Err(LearningRefusal::SeriesPosted(series.title).into());
                };
                let cron = Cron::weekly(rhythm.day, rhythm.hour, 0)?;
                let payload = serde_json::to_value(Payload { channel: rhythm.channel, feedback: rhythm.feedback })
                    .map_err(Error::internal)?;
                let new = NewSchedule {
                    guild,
                    job: JOB,
                    key: &series.name,
                    cron: cron.text(),
                    zone,
                    skip_holidays: true,
                    catch_up_minutes,
                    payload,
                };
                let set = schedule::set(tx, &new, &days_off, now).await?;
                let first = next_date(tx, &set, &days_off, now).await?.unwrap_or_default();
                Ok(Reply::Say(message::scheduled(
                    &series,
                    &set.words(),
                    channel,
                    &first,
                    next,
                    rhythm.feedback.is_some(),
                )))
            })
        })
        .await
}

/// Stops a series for a while.
pub(super) async fn pause(services: &Services, library: &Library, guild: GuildId, name: &str) -> Result<Reply> {
    let (series, now) = (find(library, name)?.clone(), services.clock.now());
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                existing(tx, guild, &series).await?;
                if schedule::pause(tx, guild, JOB, &series.name, now).await? {
                    Ok(Reply::Say(message::paused(&series)))
                } else {
                    Err(LearningRefusal::PausedAlready(series.title).into())
                }
            })
        })
        .await
}

/// Lets a paused series go on.
pub(super) async fn resume(services: &Services, library: &Library, guild: GuildId, name: &str) -> Result<Reply> {
    let (series, now) = (find(library, name)?.clone(), services.clock.now());
    let days_off = schedule::work_calendar(&services.content)?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                existing(tx, guild, &series).await?;
                if !schedule::resume(tx, guild, JOB, &series.name, &days_off, now).await? {
                    return Err(LearningRefusal::NotPaused(series.title).into());
                }
                let resumed = existing(tx, guild, &series).await?;
                let next = next_date(tx, &resumed, &days_off, now).await?;
                Ok(Reply::Say(message::resumed(&series, next.as_deref())))
            })
        })
        .await
}

/// Leaves out the next date.
pub(super) async fn skip(services: &Services, library: &Library, guild: GuildId, name: &str) -> Result<Reply> {
    let (series, now) = (find(library, name)?.clone(), services.clock.now());
    let days_off = schedule::work_calendar(&services.content)?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                if existing(tx, guild, &series).await?.paused_at.is_some() {
                    return Err(LearningRefusal::NothingToSkip(series.title).into());
                }
                let slot = schedule::skip_next(tx, guild, JOB, &series.name, &days_off, now)
                    .await?
                    .ok_or_else(|| LearningRefusal::NothingToSkip(series.title.clone()))?;
                Ok(Reply::Say(message::skipped(&series, &slot.words())))
            })
        })
        .await
}

/// Every series: where it stands and when it goes on.
pub(super) async fn list(services: &Services, library: &Arc<Library>, guild: GuildId) -> Result<Reply> {
    let now = services.clock.now();
    let days_off = schedule::work_calendar(&services.content)?;
    let shelved = Arc::clone(library);
    let (posted, schedules, missed) = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut schedules = Vec::new();
                for schedule in schedule::list(tx, guild, JOB).await? {
                    let next = next_date(tx, &schedule, &days_off, now).await?;
                    let asks = serde_json::from_value(schedule.payload.clone())
                        .is_ok_and(|payload: Payload| payload.feedback.is_some());
                    let asks = if asks { " People are asked how each lesson was." } else { "" };
                    let words = match (schedule.paused_at, next) {
                        (Some(_), _) => format!("{}: /lesson resume lets it go on.{asks}", schedule.words()),
                        (None, Some(next)) => format!("{}. Next date: {next}.{asks}", schedule.words()),
                        (None, None) => format!("{}.{asks}", schedule.words()),
                    };
                    schedules.push((schedule.key, words));
                }
                let missed = overview::missed(tx, &shelved, guild, now).await?;
                Ok((store::list_posted(tx, guild).await?, schedules, missed))
            })
        })
        .await?;
    let listings: Vec<_> = library
        .series
        .iter()
        .map(|series| SeriesListing {
            series,
            posted: series.lessons.iter().filter(|lesson| posted.contains(&lesson.id)).count(),
            next: next_to_post(&series.lessons, &posted),
            schedule: schedules.iter().find(|(key, _)| *key == series.name).map(|(_, words)| words.clone()),
        })
        .collect();
    Ok(Reply::Say(message::listed(&listings, library.problems.len(), &missed)))
}

fn find<'library>(library: &'library Library, name: &str) -> Result<&'library Series> {
    library.find_series(name).ok_or_else(|| LearningRefusal::UnknownSeries(name.to_owned()).into())
}

async fn existing(tx: &mut Tx, guild: GuildId, series: &Series) -> Result<Schedule> {
    let found = schedule::find(tx, guild, JOB, &series.name).await?;
    found.ok_or_else(|| LearningRefusal::NotScheduled(series.title.clone()).into())
}

/// The next date on which something is posted, in words.
async fn next_date(
    tx: &mut Tx,
    schedule: &Schedule,
    days_off: &WorkCalendar,
    now: DateTime<Utc>,
) -> Result<Option<String>> {
    let upcoming = schedule::preview(tx, schedule, LOOK_AHEAD, days_off, now).await?;
    Ok(upcoming.iter().find_map(schedule::Upcoming::runs).map(|slot| slot.words()))
}
