//! Review cards when they are asked for, and one private message a day for those who want it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::day::{Day, Moment};
use super::library::{Library, Shelf};
use super::message::{self, LearningRefusal, Place};
use super::quiz::{Still, still};
use super::review::{Card, today};
use super::store;
use crate::discord::Reply;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::schedule::{self, Due, Job};
use crate::services::Services;
use crate::store::Tx;

/// The job's name in the tables.
const JOB: &str = "review_reminder";

async fn cards(services: &Services, guild: GuildId, user: UserId) -> Result<(Vec<Card>, Day)> {
    let moment = Moment::of(services);
    services
        .store
        .read(move |tx| {
            Box::pin(async move { Ok((store::list_cards(tx, guild, user).await?, moment.on(tx, guild).await?)) })
        })
        .await
}

/// The next card, or why there is none.
pub(super) async fn show(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
) -> Result<crate::post::Post> {
    let (cards, day) = cards(services, guild, user).await?;
    let today = today(&cards, library, day.today);
    Ok(match today.due.first() {
        Some((lesson, question)) => message::review_card(lesson, *question, &today),
        None => message::nothing_to_review(&today),
    })
}

/// Takes the answer on a card and explains it. A second answer on the same day explains and changes nothing.
pub(super) async fn answer(
    services: &Services,
    library: &Library,
    place: &Place,
    option: usize,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let lesson = match still(library, &place.lesson, &place.version)? {
        Still::Same(lesson) => lesson,
        Still::Rewritten(lesson) => return Ok(Reply::Update(message::rewritten(lesson))),
    };
    let question = lesson.questions.get(place.question).ok_or(LearningRefusal::OldControl)?;
    let right = question.options.get(option).ok_or(LearningRefusal::OldControl)?.correct;
    let (id, number, moment) = (lesson.id.clone(), place.question, Moment::of(services));
    let (cards, day) = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let day = moment.on(tx, guild).await?;
                let mut cards = store::list_cards(tx, guild, user).await?;
                if let Some(card) = cards.iter_mut().find(|card| card.lesson == id && card.question == number) {
                    *card = card.answered(right, day.today);
                    store::save_card(tx, guild, user, card).await?;
                }
                Ok((cards, day))
            })
        })
        .await?;
    let back_on =
        cards.iter().find(|card| card.lesson == lesson.id && card.question == place.question).map(|card| card.due_on);
    let left = today(&cards, library, day.today);
    Ok(Reply::Update(message::reviewed(lesson, place.question, option, &left, back_on)))
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    user: UserId,
    started_at: DateTime<Utc>,
}

/// Switches the private messages on or off.
pub(super) async fn set_reminders(services: &Services, guild: GuildId, user: UserId, wanted: bool) -> Result<Reply> {
    let moment = Moment::of(services);
    let days_off = schedule::work_calendar(&services.content)?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let changed = store::set_reminders(tx, guild, user, wanted, moment.now).await?;
                if wanted && changed {
                    let day = moment.on(tx, guild).await?;
                    plan(tx, guild, user, moment.now, day.morning_after(1, &days_off).1).await?;
                }
                Ok(Reply::Say(if wanted { message::reminders_on() } else { message::reminders_off() }))
            })
        })
        .await
}

/// The button in the private message.
pub(super) async fn forget(services: &Services, guild: GuildId, user: UserId) -> Result<Reply> {
    let now = services.clock.now();
    let stopped = services
        .store
        .write(move |tx| Box::pin(async move { store::set_reminders(tx, guild, user, false, now).await }))
        .await?;
    if stopped { Ok(Reply::Say(message::reminders_off())) } else { Err(LearningRefusal::NotReminded.into()) }
}

async fn plan(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    started_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<()> {
    let key = format!("{user}:{}:{}", started_at.timestamp(), due_at.timestamp());
    let payload = serde_json::to_value(Payload { user, started_at }).map_err(Error::internal)?;
    schedule::once(tx, guild, JOB, &key, due_at, &payload).await?;
    Ok(())
}

/// Tells a member who asked for it that cards are due, then waits for the next day with cards.
#[derive(Debug)]
pub(super) struct RemindOfReview(pub Arc<Shelf>);

impl RemindOfReview {
    async fn remind(&self, services: &Services, tx: &mut Tx, due: &Due) -> Result<()> {
        let Payload { user, started_at } = serde_json::from_value(due.payload.clone()).map_err(Error::internal)?;
        let guild = due.guild;
        // Stopped, or stopped and begun anew since.
        if store::find_reminders(tx, guild, user).await? != Some(started_at) {
            return Ok(());
        }
        let library = self.0.library(&services.content)?;
        let days_off = schedule::work_calendar(&services.content)?;
        let day = Moment::of(services).on(tx, guild).await?;
        let cards = store::list_cards(tx, guild, user).await?;
        let ready = today(&cards, &library, day.today);
        if !ready.due.is_empty() {
            let key = format!("review:{guild}:{user}:{}", day.today);
            let post = message::review_reminder(guild, &day.group, ready.due.len());
            store::set_home(tx, user, guild).await?;
            outbox::queue(tx, Queue { guild, key: &key, to: To::Person(user), post: &post, due_at: day.now }).await?;
        }
        let next_on = ready.next_on.unwrap_or(day.today);
        plan(tx, guild, user, started_at, day.morning_from(next_on, &days_off)).await
    }
}

impl Job for RemindOfReview {
    fn name(&self) -> &'static str {
        JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(self.remind(services, tx, due))
    }
}
