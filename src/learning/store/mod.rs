//! The rows of learning. A member's answers are read for that member alone.

mod again;
mod catch_up;
mod certificates;
mod results;

pub use again::{
    find_reminders, list_begun, list_cards, list_looks, make_cards, record_look, save_card, set_reminders,
};
pub use catch_up::{
    end_catch_up, find_catch_up, find_home, list_caught_up, record_caught_up, set_home, start_catch_up, step_catch_up,
};
pub use certificates::{find_by_code, find_certificate, finished_at, issue};
pub use results::{count, find_shown, save_shown};

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::model::{Answered, Lesson};
use crate::error::Result;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::on_db;
use crate::store::Tx;

/// A lesson that goes to a channel.
#[derive(Clone, Copy, Debug)]
pub struct NewLessonPost<'a> {
    /// The outbox key of the post.
    pub key: &'a str,
    /// The server.
    pub guild: GuildId,
    /// The channel.
    pub channel: ChannelId,
    /// The lesson.
    pub lesson: &'a Lesson,
    /// The lead; `None` when the calendar posts.
    pub posted_by: Option<UserId>,
    /// When.
    pub posted_at: DateTime<Utc>,
}

/// Notes that a lesson goes to a channel. `false` when that was noted under this key before.
pub async fn record_post(tx: &mut Tx, post: NewLessonPost<'_>) -> Result<bool> {
    const SQL: &str =
        "insert into lesson_posts (key, guild_id, channel_id, series, lesson_id, version, posted_by, posted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (key) do nothing";
    let added = on_db!(tx, conn => sqlx::query(SQL)
        .bind(post.key)
        .bind(post.guild.db())
        .bind(post.channel.db())
        .bind(&post.lesson.series)
        .bind(&post.lesson.id)
        .bind(&post.lesson.version)
        .bind(post.posted_by.map(UserId::db))
        .bind(post.posted_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(added == 1)
}

/// Whether this lesson went to this channel after `since`.
pub async fn has_posted_since(
    tx: &mut Tx,
    guild: GuildId,
    channel: ChannelId,
    lesson: &str,
    since: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "select count(*) from lesson_posts
         where guild_id = $1 and lesson_id = $2 and posted_at > $3 and channel_id = $4";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(lesson)
        .bind(since)
        .bind(channel.db())
        .fetch_one(conn)
        .await?);
    Ok(count > 0)
}

/// Where the lessons of a server went lately, newest first: key of the post and lesson.
pub async fn list_lately(tx: &mut Tx, guild: GuildId, since: DateTime<Utc>) -> Result<Vec<(String, String)>> {
    const SQL: &str = "select key, lesson_id from lesson_posts where guild_id = $1 and posted_at > $2
         order by posted_at desc, key limit 50";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(since).fetch_all(conn).await?))
}

/// The ids of the lessons that a server has had.
pub async fn list_posted(tx: &mut Tx, guild: GuildId) -> Result<HashSet<String>> {
    const SQL: &str = "select distinct lesson_id from lesson_posts where guild_id = $1";
    let ids: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_all(conn).await?);
    Ok(ids.into_iter().collect())
}

/// The ids of the lessons that a member has done, in whatever version.
pub async fn list_done(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<HashSet<String>> {
    const SQL: &str = "select distinct lesson_id from lesson_completions where guild_id = $1 and user_id = $2";
    let ids: Vec<String> =
        on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    Ok(ids.into_iter().collect())
}

/// A member's answers in the quiz of this version of a lesson, in order of question.
pub async fn list_answers(tx: &mut Tx, guild: GuildId, user: UserId, lesson: &Lesson) -> Result<Vec<Answered>> {
    const SQL: &str = "select question, latest_right from lesson_answers
         where guild_id = $1 and user_id = $2 and lesson_id = $3 and version = $4 order by question";
    let rows: Vec<(i64, Option<bool>)> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .fetch_all(conn)
        .await?);
    Ok(rows
        .into_iter()
        .filter_map(|(question, latest_right)| {
            Some(Answered { question: usize::try_from(question).ok()?, latest_right })
        })
        .collect())
}

/// Keeps an answer: the first try for good, the latest until the next.
pub async fn record_answer(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    lesson: &Lesson,
    question: usize,
    right: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str =
        "insert into lesson_answers (guild_id, user_id, lesson_id, version, question, first_right, latest_right, answered_at)
         values ($1, $2, $3, $4, $5, $6, $6, $7)
         on conflict (guild_id, user_id, lesson_id, version, question)
             do update set latest_right = excluded.latest_right, answered_at = excluded.answered_at";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .bind(i64::try_from(question).unwrap_or(i64::MAX))
        .bind(right)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Begins a new round: no question counts as answered, first tries stay.
pub async fn restart_quiz(tx: &mut Tx, guild: GuildId, user: UserId, lesson: &Lesson) -> Result<()> {
    const SQL: &str = "update lesson_answers set latest_right = null
         where guild_id = $1 and user_id = $2 and lesson_id = $3 and version = $4";
    const LOOKS: &str =
        "delete from lesson_looks where guild_id = $1 and user_id = $2 and lesson_id = $3 and version = $4";
    on_db!(tx, conn => sqlx::query(LOOKS)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .execute(conn)
        .await?
        .rows_affected());
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Notes that a member has done this version of a lesson. `false` when that was noted before; the first time stands.
pub async fn record_done(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    lesson: &Lesson,
    now: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "insert into lesson_completions (guild_id, user_id, lesson_id, version, done_at)
         values ($1, $2, $3, $4, $5) on conflict (guild_id, user_id, lesson_id, version) do nothing";
    let added = on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(added == 1)
}
