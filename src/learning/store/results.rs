//! Counts about lessons for leads; no statement here returns a person.

use sqlx::FromRow;

use crate::error::Result;
use crate::ids::GuildId;
use crate::learning::model::Lesson;
use crate::learning::results::{Figures, Tally};
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct TallyRow {
    question: i64,
    people: i64,
    right_first: i64,
}

/// The counts of this version of a lesson as they are now. Only [`Figures::moved_on`] may show them to anybody.
pub async fn count(tx: &mut Tx, guild: GuildId, lesson: &Lesson) -> Result<Figures> {
    const REACHED: &str = "select count(distinct user_id) from lesson_answers
         where guild_id = $1 and lesson_id = $2 and version = $3";
    const DONE: &str =
        "select count(*) from lesson_completions where guild_id = $1 and lesson_id = $2 and version = $3";
    const QUESTIONS: &str = "select question, count(*) as people,
             cast(sum(case when first_right then 1 else 0 end) as bigint) as right_first
         from lesson_answers where guild_id = $1 and lesson_id = $2 and version = $3 group by question";
    let count = |value: i64| value.unsigned_abs();
    let reached: i64 = on_db!(tx, conn => sqlx::query_scalar(REACHED)
        .bind(guild.db()).bind(&lesson.id).bind(&lesson.version).fetch_one(conn).await?);
    let done: i64 = on_db!(tx, conn => sqlx::query_scalar(DONE)
        .bind(guild.db()).bind(&lesson.id).bind(&lesson.version).fetch_one(conn).await?);
    let rows: Vec<TallyRow> = on_db!(tx, conn => sqlx::query_as(QUESTIONS)
        .bind(guild.db()).bind(&lesson.id).bind(&lesson.version).fetch_all(conn).await?);
    let mut questions = vec![Tally::default(); lesson.questions.len()];
    for row in rows {
        if let Some(tally) = usize::try_from(row.question).ok().and_then(|place| questions.get_mut(place)) {
            *tally = Tally { people: count(row.people), right: count(row.right_first) };
        }
    }
    Ok(Figures { reached: count(reached), done: count(done), questions })
}

/// What leads were last shown.
pub async fn find_shown(tx: &mut Tx, guild: GuildId, lesson: &Lesson) -> Result<Figures> {
    const SQL: &str = "select figures from lesson_results where guild_id = $1 and lesson_id = $2 and version = $3";
    let text: Option<String> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db()).bind(&lesson.id).bind(&lesson.version).fetch_optional(conn).await?);
    Ok(match text {
        Some(text) => serde_json::from_str(&text).map_err(anyhow::Error::from)?,
        None => Figures::default(),
    })
}

/// Keeps what leads are shown.
pub async fn save_shown(tx: &mut Tx, guild: GuildId, lesson: &Lesson, figures: &Figures) -> Result<()> {
    const SQL: &str = "insert into lesson_results (guild_id, lesson_id, version, figures) values ($1, $2, $3, $4)
         on conflict (guild_id, lesson_id, version) do update set figures = excluded.figures";
    let text = serde_json::to_string(figures).map_err(anyhow::Error::from)?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db()).bind(&lesson.id).bind(&lesson.version).bind(&text).execute(conn).await?.rows_affected());
    Ok(())
}
