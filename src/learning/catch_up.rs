//! Catching up: who joined late, or was away, gets the lessons that the group has had, one every few working days.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::day::Moment;
use super::library::{Library, Series, Shelf};
use super::message::{self, LearningRefusal};
use super::model::Lesson;
use super::store;
use crate::calendar::date_words;
use crate::discord::Reply;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::schedule::{self, Due, Job};
use crate::services::Services;
use crate::store::Tx;

/// The job's name in the tables.
const JOB: &str = "catch_up";

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    user: UserId,
    series: String,
    started_at: DateTime<Utc>,
}

/// What the group has had of a series and this member has not done.
async fn open<'library>(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    series: &'library Series,
) -> Result<Vec<&'library Lesson>> {
    let posted = store::list_posted(tx, guild).await?;
    let done = store::list_done(tx, guild, user).await?;
    Ok(series.lessons.iter().filter(|lesson| posted.contains(&lesson.id) && !done.contains(&lesson.id)).collect())
}

/// Begins, or begins again with another pace.
pub(super) async fn start(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    series: &str,
    every_days: i64,
) -> Result<Reply> {
    let series = library.find_series(series).ok_or_else(|| LearningRefusal::UnknownSeries(series.to_owned()))?.clone();
    if !(1..=10).contains(&every_days) {
        return Err(LearningRefusal::NoSuchPace.into());
    }
    let moment = Moment::of(services);
    let days_off = schedule::work_calendar(&services.content)?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let open = open(tx, guild, user, &series).await?.len();
                if open == 0 {
                    return Ok(Reply::Say(message::nothing_to_catch_up(&series)));
                }
                store::end_catch_up(tx, guild, user, &series.name).await?;
                store::start_catch_up(tx, guild, user, &series.name, every_days, moment.now).await?;
                let day = moment.on(tx, guild).await?;
                let (date, due_at) = day.morning_after(u32::try_from(every_days).unwrap_or(1), &days_off);
                plan(tx, guild, &Payload { user, series: series.name.clone(), started_at: moment.now }, 0, due_at)
                    .await?;
                Ok(Reply::Say(message::catching_up(&series, open, every_days, &date_words(date))))
            })
        })
        .await
}

/// Ends it.
pub(super) async fn stop(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    series: String,
) -> Result<Reply> {
    let title = library.find_series(&series).map_or_else(|| series.clone(), |series| series.title.clone());
    let ended = services
        .store
        .write(move |tx| Box::pin(async move { store::end_catch_up(tx, guild, user, &series).await }))
        .await?;
    if ended { Ok(Reply::Say(message::catch_up_stopped(&title))) } else { Err(LearningRefusal::NotCatchingUp.into()) }
}

async fn plan(tx: &mut Tx, guild: GuildId, payload: &Payload, step: i64, due_at: DateTime<Utc>) -> Result<()> {
    let key = format!("{}:{}:{}:{step}", payload.user, payload.series, payload.started_at.timestamp());
    let payload = serde_json::to_value(payload).map_err(Error::internal)?;
    schedule::once(tx, guild, JOB, &key, due_at, &payload).await?;
    Ok(())
}

/// Sends the next lesson of a catch-up, or says that it is over.
#[derive(Debug)]
pub(super) struct SendCatchUp(pub Arc<Shelf>);

impl SendCatchUp {
    async fn send(&self, services: &Services, tx: &mut Tx, due: &Due) -> Result<()> {
        let payload: Payload = serde_json::from_value(due.payload.clone()).map_err(Error::internal)?;
        let (guild, user, name) = (due.guild, payload.user, payload.series.as_str());
        // Stopped, or stopped and begun anew since.
        let Some(catch_up) = store::find_catch_up(tx, guild, user, name)
            .await?
            .filter(|catch_up| catch_up.started_at == payload.started_at)
        else {
            return Ok(());
        };
        let library = self.0.library(&services.content)?;
        let Some(series) = library.find_series(name) else {
            store::end_catch_up(tx, guild, user, name).await?;
            return Ok(());
        };
        let days_off = schedule::work_calendar(&services.content)?;
        let day = Moment::of(services).on(tx, guild).await?;
        let sent = store::list_caught_up(tx, guild, user, name).await?;
        let open = open(tx, guild, user, series).await?;
        let next = open.iter().find(|lesson| !sent.contains(&lesson.id));
        let started = payload.started_at.timestamp();
        let (key, post) = match next {
            Some(lesson) => (
                format!("catch-up:{guild}:{user}:{started}:{}", catch_up.step),
                message::catch_up_lesson(guild, lesson),
            ),
            None => (
                format!("caught-up:{guild}:{user}:{started}:{}", catch_up.step),
                message::caught_up(series, &day.group, open.len()),
            ),
        };
        store::set_home(tx, user, guild).await?;
        outbox::queue(tx, Queue { guild, key: &key, to: To::Person(user), post: &post, due_at: day.now }).await?;
        match next {
            Some(lesson) => {
                store::record_caught_up(tx, guild, user, name, &lesson.id).await?;
                store::step_catch_up(tx, guild, user, name).await?;
                let every = u32::try_from(catch_up.every_days).unwrap_or(1);
                plan(tx, guild, &payload, catch_up.step + 1, day.morning_after(every, &days_off).1).await
            }
            None => store::end_catch_up(tx, guild, user, name).await.map(|_| ()),
        }
    }
}

impl Job for SendCatchUp {
    fn name(&self) -> &'static str {
        JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(self.send(services, tx, due))
    }
}
