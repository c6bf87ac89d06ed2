//! The rows of `survey_counts`. How anonymity is kept here: only counts of questions with enough answers ever arrive, and none is
//! handed out before it is published, which happens when every single answer and the key of its box have been destroyed.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::{Counts, Question};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::GuildId;
use crate::on_db;
use crate::schedule;
use crate::store::Tx;

/// The job left due when counts may be read: computes the quarter of `{"quarter": "FY2027Q1"}` anew.
pub const COUNTS_JOB: &str = "recompute-index";

/// Which survey the counts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The server.
    pub guild: GuildId,
    /// Who counted: `pulse`.
    pub name: String,
    /// Which of theirs.
    pub key: String,
}

/// The counts of one question of a closed survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedCounts {
    /// The survey.
    pub source: Source,
    /// The program it was about, by its short name; `None` when not about one.
    pub program: Option<String>,
    /// Who was asked: `customers` or `inside`.
    pub audience: String,
    /// The federal fiscal quarter of closing.
    pub quarter: Quarter,
    /// The day of closing in the group's time zone.
    pub closed_on: NaiveDate,
    /// The question as it was asked; its key is the measure.
    pub question: Question,
    /// How often each answer was given.
    pub counts: Counts,
    /// How many people could answer; `None` when unknown.
    pub eligible: Option<u32>,
}

#[derive(FromRow)]
struct CountsRow {
    guild_id: i64,
    source: String,
    source_key: String,
    program: Option<String>,
    audience: String,
    quarter: String,
    closed_on: NaiveDate,
    question: String,
    counts: String,
    does_not_apply: i64,
    skipped: i64,
    eligible: Option<i64>,
    ticked_by: Option<i64>,
}

/// Keeps the counts of one question, unpublished. The same question of the same survey again changes nothing.
pub async fn add_counts(tx: &mut Tx, closed: &ClosedCounts) -> Result<()> {
    const SQL: &str = "insert into survey_counts (guild_id, source, source_key, measure, program, audience, category, quarter, closed_on,
             question, counts, does_not_apply, skipped, eligible, published, ticked_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, false, $15) on conflict do nothing";
    let question = serde_json::to_string(&closed.question).map_err(anyhow::Error::from)?;
    let counts = serde_json::to_string(&closed.counts.options).map_err(anyhow::Error::from)?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(closed.source.guild.db())
        .bind(&closed.source.name)
        .bind(&closed.source.key)
        .bind(&closed.question.key)
        .bind(&closed.program)
        .bind(&closed.audience)
        .bind(closed.question.category.map(super::Category::name))
        .bind(closed.quarter.to_string())
        .bind(closed.closed_on)
        .bind(&question)
        .bind(&counts)
        .bind(i64::from(closed.counts.does_not_apply))
        .bind(i64::from(closed.counts.skipped))
        .bind(closed.eligible.map(i64::from))
        .bind(closed.counts.ticked_by.map(i64::from))
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Lets the counts of a survey be read from now on, and leaves word for whoever computes with them ([`COUNTS_JOB`]).
pub async fn publish_counts(tx: &mut Tx, source: &Source, now: DateTime<Utc>) -> Result<()> {
    const QUARTERS: &str = "select distinct quarter from survey_counts
         where guild_id = $1 and source = $2 and source_key = $3 and program is not null order by quarter";
    const SQL: &str =
        "update survey_counts set published = true where guild_id = $1 and source = $2 and source_key = $3";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(source.guild.db())
        .bind(&source.name)
        .bind(&source.key)
        .execute(conn)
        .await?
        .rows_affected());
    let quarters: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(QUARTERS)
        .bind(source.guild.db())
        .bind(&source.name)
        .bind(&source.key)
        .fetch_all(conn)
        .await?);
    for quarter in quarters {
        let key = format!("{}:{}:{quarter}", source.name, source.key);
        let payload = serde_json::json!({ "quarter": quarter });
        schedule::once(tx, source.guild, COUNTS_JOB, &key, now, &payload).await?;
    }
    Ok(())
}

/// The published counts about programs, of every server, closed in the quarters from `first` to `last`, in order of closing.
pub async fn list_about_programs(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<ClosedCounts>> {
    const SQL: &str = "select guild_id, source, source_key, program, audience, quarter, closed_on, question, counts, does_not_apply, skipped, eligible, ticked_by
         from survey_counts where published and program is not null and quarter >= $1 and quarter <= $2
         order by closed_on, guild_id, source, source_key, measure";
    let rows: Vec<CountsRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(first).bind(last).fetch_all(conn).await?);
    rows.into_iter().map(CountsRow::into_counts).collect()
}

/// The published counts of a server's closed surveys, in order of closing; of one source only, when `key` is given.
pub async fn list_closed(tx: &mut Tx, guild: GuildId, source: &str, key: Option<&str>) -> Result<Vec<ClosedCounts>> {
    const SQL: &str = "select guild_id, source, source_key, program, audience, quarter, closed_on, question, counts, does_not_apply, skipped, eligible, ticked_by
         from survey_counts where guild_id = $1 and source = $2 and published and (source_key = $3 or $4)
         order by closed_on, source_key, measure";
    let rows: Vec<CountsRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(source)
        .bind(key.unwrap_or_default())
        .bind(key.is_none())
        .fetch_all(conn)
        .await?);
    rows.into_iter().map(CountsRow::into_counts).collect()
}

impl CountsRow {
    fn into_counts(self) -> Result<ClosedCounts> {
        let guild = GuildId::from_db(self.guild_id);
        let broken =
            |what: &str| Error::internal(format!("the counts of {} {} hold {what}", self.source, self.source_key));
        let number = |value: i64| u32::try_from(value).map_err(|_| broken("a number out of range"));
        Ok(ClosedCounts {
            question: serde_json::from_str(&self.question).map_err(|_| broken("a question that cannot be read"))?,
            counts: Counts {
                options: serde_json::from_str(&self.counts).map_err(|_| broken("numbers that cannot be read"))?,
                does_not_apply: number(self.does_not_apply)?,
                skipped: number(self.skipped)?,
                ticked_by: self.ticked_by.map(number).transpose()?,
            },
            eligible: self.eligible.map(number).transpose()?,
            program: self.program.clone(),
            audience: self.audience.clone(),
            quarter: self.quarter.parse().map_err(|_| broken("a quarter that cannot be read"))?,
            closed_on: self.closed_on,
            source: Source { guild, name: self.source.clone(), key: self.source_key.clone() },
        })
    }
}
