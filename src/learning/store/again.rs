//! Looking back, review cards, and where a member left off. Everything here is read for that member alone.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::learning::model::Lesson;
use crate::learning::review::Card;
use crate::on_db;
use crate::store::Tx;

/// Which look-back questions of this version's quiz a member has answered in this round.
pub async fn list_looks(tx: &mut Tx, guild: GuildId, user: UserId, lesson: &Lesson) -> Result<HashSet<usize>> {
    const SQL: &str = "select look from lesson_looks
         where guild_id = $1 and user_id = $2 and lesson_id = $3 and version = $4";
    let rows: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .fetch_all(conn)
        .await?);
    Ok(rows.into_iter().filter_map(|look| usize::try_from(look).ok()).collect())
}

/// Notes that a look-back question was answered.
pub async fn record_look(tx: &mut Tx, guild: GuildId, user: UserId, lesson: &Lesson, look: usize) -> Result<()> {
    const SQL: &str = "insert into lesson_looks (guild_id, user_id, lesson_id, version, look)
         values ($1, $2, $3, $4, $5) on conflict (guild_id, user_id, lesson_id, version, look) do nothing";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .bind(i64::try_from(look).unwrap_or(i64::MAX))
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// The lessons whose quiz a member has begun, the latest first.
pub async fn list_begun(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<String>> {
    const SQL: &str = "select lesson_id from lesson_answers
         where guild_id = $1 and user_id = $2 and latest_right is not null
         group by lesson_id order by max(answered_at) desc, lesson_id";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?))
}

#[derive(FromRow)]
struct CardRow {
    lesson_id: String,
    question: i64,
    version: String,
    #[sqlx(rename = "box")]
    place: i64,
    due_on: NaiveDate,
    asked_on: Option<NaiveDate>,
}

/// A member's review cards.
pub async fn list_cards(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<Card>> {
    const SQL: &str = "select lesson_id, question, version, box, due_on, asked_on from review_cards
         where guild_id = $1 and user_id = $2 order by due_on, lesson_id, question";
    let rows: Vec<CardRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    Ok(rows
        .into_iter()
        .map(|row| Card {
            lesson: row.lesson_id,
            version: row.version,
            question: usize::try_from(row.question).unwrap_or_default(),
            place: usize::try_from(row.place).unwrap_or_default(),
            due_on: row.due_on,
            asked_on: row.asked_on,
        })
        .collect())
}

/// Makes a card for each question of a lesson that a member has done. A card of this version stays as it is; one of an earlier version
/// begins anew, and those of questions that are gone are taken out.
pub async fn make_cards(tx: &mut Tx, guild: GuildId, user: UserId, lesson: &Lesson, today: NaiveDate) -> Result<()> {
    const TAKE_OUT: &str =
        "delete from review_cards where guild_id = $1 and user_id = $2 and lesson_id = $3 and version <> $4";
    const ADD: &str = "insert into review_cards (guild_id, user_id, lesson_id, question, version, box, due_on)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (guild_id, user_id, lesson_id, question) do nothing";
    on_db!(tx, conn => sqlx::query(TAKE_OUT)
        .bind(guild.db())
        .bind(user.db())
        .bind(&lesson.id)
        .bind(&lesson.version)
        .execute(conn)
        .await?
        .rows_affected());
    for question in 0..lesson.questions.len() {
        let card = Card::new(lesson, question, today);
        on_db!(tx, conn => sqlx::query(ADD)
            .bind(guild.db())
            .bind(user.db())
            .bind(&card.lesson)
            .bind(number(question))
            .bind(&card.version)
            .bind(number(card.place))
            .bind(card.due_on)
            .execute(conn)
            .await?
            .rows_affected());
    }
    Ok(())
}

/// Keeps a card as it is after an answer.
pub async fn save_card(tx: &mut Tx, guild: GuildId, user: UserId, card: &Card) -> Result<()> {
    const SQL: &str = "update review_cards set box = $5, due_on = $6, asked_on = $7
         where guild_id = $1 and user_id = $2 and lesson_id = $3 and question = $4";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(&card.lesson)
        .bind(number(card.question))
        .bind(number(card.place))
        .bind(card.due_on)
        .bind(card.asked_on)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Notes that a member wants a private message when cards are due, or no longer. `false` when that was so already.
pub async fn set_reminders(
    tx: &mut Tx,
    guild: GuildId,
    user: UserId,
    wanted: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    const ON: &str = "insert into review_reminders (guild_id, user_id, started_at) values ($1, $2, $3)
         on conflict (guild_id, user_id) do nothing";
    const OFF: &str = "delete from review_reminders where guild_id = $1 and user_id = $2";
    let changed = if wanted {
        on_db!(tx, conn => sqlx::query(ON).bind(guild.db()).bind(user.db()).bind(now).execute(conn).await?.rows_affected())
    } else {
        on_db!(tx, conn => sqlx::query(OFF).bind(guild.db()).bind(user.db()).execute(conn).await?.rows_affected())
    };
    Ok(changed > 0)
}

/// Since when a member wants a private message when cards are due; `None` when they do not.
pub async fn find_reminders(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Option<DateTime<Utc>>> {
    const SQL: &str = "select started_at from review_reminders where guild_id = $1 and user_id = $2";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_optional(conn).await?))
}

pub(super) fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
