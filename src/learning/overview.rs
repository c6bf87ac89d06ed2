//! What leads look at: results, and what went wrong lately.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::job::JOB;
use super::library::Library;
use super::message::{self, LearningRefusal, Missed};
use super::store;
use crate::calendar::date_words;
use crate::discord::Reply;
use crate::error::Result;
use crate::ids::GuildId;
use crate::outbox;
use crate::schedule;
use crate::services::Services;
use crate::store::Tx;

/// How far back "lately" goes.
const LATELY: TimeDelta = TimeDelta::days(14);

/// How a series goes: what has been posted or begun, lesson by lesson.
pub(super) async fn results(services: &Services, library: &Library, guild: GuildId, series: &str) -> Result<Reply> {
    let series = library.find_series(series).ok_or_else(|| LearningRefusal::UnknownSeries(series.to_owned()))?.clone();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let posted = store::list_posted(tx, guild).await?;
                let mut figures = Vec::new();
                for lesson in &series.lessons {
                    let now = store::count(tx, guild, lesson).await?;
                    let shown = store::find_shown(tx, guild, lesson).await?;
                    let next = shown.moved_on(&now);
                    if next != shown {
                        store::save_shown(tx, guild, lesson, &next).await?;
                    }
                    if posted.contains(&lesson.id) || next.reached > 0 {
                        figures.push((lesson, next));
                    }
                }
                Ok(Reply::Say(message::results(&series, &figures)))
            })
        })
        .await
}

/// Dates that passed without a lesson, and lessons or threads that could not be sent.
pub(super) async fn missed(tx: &mut Tx, library: &Library, guild: GuildId, now: DateTime<Utc>) -> Result<Vec<Missed>> {
    let mut missed = Vec::new();
    for (key, lesson) in store::list_lately(tx, guild, now - LATELY).await? {
        let title = library.find(&lesson).map_or(lesson.as_str(), |lesson| &lesson.title);
        for part in [key.clone(), format!("{key}/thread"), format!("{key}/prompt")] {
            if let Some(why) = outbox::find_failure(tx, &part).await? {
                missed.push(Missed::Unsent(title.to_owned(), why));
                break;
            }
        }
    }
    for occurrence in schedule::lately(tx, guild, JOB, now - LATELY).await? {
        let title = library.find_series(&occurrence.key).map_or(occurrence.key.clone(), |series| series.title.clone());
        let local = NaiveDateTime::parse_from_str(&occurrence.slot, "%Y-%m-%dT%H:%M").ok();
        let date =
            local.map_or(occurrence.slot, |local| format!("{} at {}", date_words(local.date()), local.format("%H:%M")));
        missed.push(Missed::Date(title, date));
    }
    Ok(missed)
}

/// Tries once more what could not be sent on this server.
pub(super) async fn retry(services: &Services, guild: GuildId) -> Result<Reply> {
    let now = services.clock.now();
    let count = services.store.write(move |tx| Box::pin(async move { outbox::retry(tx, guild, now).await })).await?;
    Ok(Reply::Say(message::tried_again(count)))
}
