//! Posting a lesson: the same for a lead and for the calendar.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::day::Moment;
use super::message;
use super::model::Lesson;
use super::store::{self, NewLessonPost};
use crate::calendar::WorkCalendar;
use crate::error::Result;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::store::Tx;
use crate::survey::{Session, ask_about_session};

/// People are to be asked how a lesson was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feedback {
    /// The lead who wants to know.
    pub by: UserId,
    /// The day on which people are asked.
    pub on: NaiveDate,
    at: DateTime<Utc>,
}

impl Feedback {
    /// On the morning of the next working day: late enough to have read the lesson, soon enough to remember it.
    pub async fn next_morning(
        tx: &mut Tx,
        moment: Moment,
        guild: GuildId,
        by: UserId,
        days_off: &WorkCalendar,
    ) -> Result<Self> {
        let (on, at) = moment.on(tx, guild).await?.morning_after(1, days_off);
        Ok(Self { by, on, at })
    }
}

/// Leaves a lesson for its channel, with a thread that opens the discussion. `false`, and nothing is left, when the same lesson went to the
/// same channel within the last minute: two leads, or a lead and the calendar, who mean the same post. Repeating it later is fine.
pub(super) async fn post(
    tx: &mut Tx,
    lesson: &Lesson,
    guild: GuildId,
    channel: ChannelId,
    posted_by: Option<UserId>,
    feedback: Option<Feedback>,
    now: DateTime<Utc>,
) -> Result<bool> {
    if store::has_posted_since(tx, guild, channel, &lesson.id, now - TimeDelta::minutes(1)).await? {
        return Ok(false);
    }
    // The look above does not see a post that another process is about to commit; the minute in the key does.
    let key = format!("lesson:{channel}:{}:{}", lesson.id, now.timestamp().div_euclid(60));
    if !store::record_post(tx, NewLessonPost { key: &key, guild, channel, lesson, posted_by, posted_at: now }).await? {
        return Ok(false);
    }
    let post = message::lesson_post(lesson);
    outbox::queue(tx, Queue { guild, key: &key, to: To::Channel(channel), post: &post, due_at: now }).await?;
    outbox::thread(tx, guild, &key, &lesson.title, now).await?;
    let opening = Queue {
        guild,
        key: &format!("{key}/prompt"),
        to: To::ThreadOn(key.clone()),
        post: &message::thread_text(lesson),
        due_at: now,
    };
    outbox::queue(tx, opening).await?;
    if let Some(feedback) = feedback {
        let session = Session { title: lesson.title.clone(), channel, asked_by: feedback.by };
        ask_about_session(tx, guild, &key, &session, feedback.at).await?;
    }
    Ok(true)
}
