//! Reading at one's own pace: the next lesson, any lesson again, and how far one is.

use std::collections::HashSet;

use super::library::Library;
use super::message::{self, LearningRefusal, SeriesProgress};
use super::model::{Next, next_lesson};
use super::store;
use crate::discord::Reply;
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::services::Services;

/// What the server has had, and what the member has done and begun.
struct History {
    posted: HashSet<String>,
    done: HashSet<String>,
    begun: Vec<String>,
}

async fn history(services: &Services, guild: GuildId, user: UserId) -> Result<History> {
    services
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok(History {
                    posted: store::list_posted(tx, guild).await?,
                    done: store::list_done(tx, guild, user).await?,
                    begun: store::list_begun(tx, guild, user).await?,
                })
            })
        })
        .await
}

/// The next lesson, of the series that is asked for while it has one.
pub(super) async fn next(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    series: Option<&str>,
) -> Result<Reply> {
    let History { posted, done, begun } = history(services, guild, user).await?;
    let of_series = library.lessons().filter(|lesson| series.is_some_and(|name| lesson.series == name));
    let next = next_lesson(of_series, &posted, &done, &begun)
        .or_else(|| next_lesson(library.lessons(), &posted, &done, &begun));
    Ok(Reply::Say(match next {
        Some(next) => message::private_lesson(&next),
        None => message::all_done(library.lessons().count()),
    }))
}

/// Any lesson, done or not.
pub(super) async fn read(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    id: &str,
) -> Result<Reply> {
    let lesson = library.find(id).ok_or_else(|| LearningRefusal::UnknownLesson(id.to_owned()))?;
    let History { posted, done, begun } = history(services, guild, user).await?;
    let begun = begun.contains(&lesson.id) && !done.contains(&lesson.id);
    let posted = posted.contains(&lesson.id);
    Ok(Reply::Say(message::private_lesson(&Next { lesson, posted, begun })))
}

/// How far the member is in every series.
pub(super) async fn progress(services: &Services, library: &Library, guild: GuildId, user: UserId) -> Result<Reply> {
    let History { posted, done, begun } = history(services, guild, user).await?;
    if library.series.is_empty() {
        return Ok(Reply::Say(message::all_done(0)));
    }
    let lines: Vec<_> = library
        .series
        .iter()
        .map(|series| SeriesProgress {
            series,
            done: series
                .lessons
                .iter()
                .filter(|lesson| done.contains(&lesson.id))
                .map(|lesson| lesson.number)
                .collect(),
            next: next_lesson(series.lessons.iter(), &posted, &done, &begun).map(|next| next.lesson),
        })
        .collect();
    Ok(Reply::Say(message::progress(&lines)))
}
