//! The rows of rounds and nominations.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::model::{Consent, Nomination, NominationId, Relation, Round, RoundId, State, Words};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::store::Tx;

#[derive(FromRow)]
struct RoundRow {
    id: i64,
    closed_at: Option<DateTime<Utc>>,
}

/// The round of a fiscal quarter, opened now if it does not exist yet.
pub async fn current_round(tx: &mut Tx, guild: GuildId, quarter: Quarter, now: DateTime<Utc>) -> Result<Round> {
    const OPEN: &str = "insert into recognition_rounds (guild_id, quarter, opened_at) values ($1, $2, $3)
         on conflict (guild_id, quarter) do nothing";
    const FIND: &str = "select id, closed_at from recognition_rounds where guild_id = $1 and quarter = $2";
    let name = quarter.to_string();
    on_db!(tx, conn => sqlx::query(OPEN).bind(guild.db()).bind(&name).bind(now).execute(conn).await?.rows_affected());
    let row: RoundRow = on_db!(tx, conn => sqlx::query_as(FIND).bind(guild.db()).bind(&name).fetch_one(conn).await?);
    Ok(Round { id: RoundId(row.id), quarter, closed_at: row.closed_at })
}

/// Opens or closes a round; whether this call did it.
pub async fn set_round_open(tx: &mut Tx, round: RoundId, open: bool, now: DateTime<Utc>) -> Result<bool> {
    const OPEN: &str = "update recognition_rounds set closed_at = null where id = $1 and closed_at is not null";
    const CLOSE: &str = "update recognition_rounds set closed_at = $2 where id = $1 and closed_at is null";
    let changed = if open {
        on_db!(tx, conn => sqlx::query(OPEN).bind(round.0).execute(conn).await?.rows_affected())
    } else {
        on_db!(tx, conn => sqlx::query(CLOSE).bind(round.0).bind(now).execute(conn).await?.rows_affected())
    };
    Ok(changed == 1)
}

/// How many nominations a person has sent in a round, without those they took back.
///
/// Holds the round's row until the end of the transaction, so that two sends at the same instant are counted one after the other.
pub async fn count_sent(tx: &mut Tx, round: RoundId, nominator: UserId) -> Result<u64> {
    const HOLD: &str = "update recognition_rounds set quarter = quarter where id = $1";
    const COUNT: &str = "select count(*) from nominations where round_id = $1 and nominator_id = $2
         and (state <> 'withdrawn' or decided_at is not null)";
    on_db!(tx, conn => sqlx::query(HOLD).bind(round.0).execute(conn).await?.rows_affected());
    let count: i64 =
        on_db!(tx, conn => sqlx::query_scalar(COUNT).bind(round.0).bind(nominator.db()).fetch_one(conn).await?);
    Ok(count.unsigned_abs())
}

#[derive(FromRow)]
struct NominationRow {
    id: i64,
    guild_id: i64,
    round_id: Option<i64>,
    nominator_id: i64,
    nominee_id: i64,
    state: String,
    consent: Option<String>,
    tag: Option<String>,
    tag_name: Option<String>,
    relation: Option<String>,
    happened: String,
    customer: String,
    changed: String,
    evidence: String,
    reason: Option<String>,
    revision: i64,
    stories: i64,
    drafted_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<i64>,
    answered_at: Option<DateTime<Utc>>,
}

impl NominationRow {
    fn into_nomination(self) -> Result<Nomination> {
        let unknown = |what: &str| Error::internal(format!("nomination {} holds an unknown {what}", self.id));
        Ok(Nomination {
            id: NominationId(self.id),
            guild: GuildId::from_db(self.guild_id),
            round: self.round_id.map(RoundId),
            nominator: UserId::from_db(self.nominator_id),
            nominee: UserId::from_db(self.nominee_id),
            state: State::parse(&self.state).ok_or_else(|| unknown("state"))?,
            consent: self.consent.map(|word| Consent::parse(&word).ok_or_else(|| unknown("consent"))).transpose()?,
            tag: self.tag,
            tag_title: self.tag_name,
            relation: self
                .relation
                .map(|word| Relation::parse(&word).ok_or_else(|| unknown("relation")))
                .transpose()?,
            words: Words {
                happened: self.happened,
                customer: self.customer,
                changed: self.changed,
                evidence: self.evidence,
            },
            reason: self.reason,
            revision: self.revision,
            stories: self.stories,
            drafted_at: self.drafted_at,
            sent_at: self.sent_at,
            decided_at: self.decided_at,
            decided_by: self.decided_by.map(UserId::from_db),
            answered_at: self.answered_at,
        })
    }
}

/// Starts an empty draft.
pub async fn add_draft(
    tx: &mut Tx,
    guild: GuildId,
    nominator: UserId,
    nominee: UserId,
    now: DateTime<Utc>,
) -> Result<NominationId> {
    const SQL: &str =
        "insert into nominations (guild_id, nominator_id, nominee_id, state, happened, customer, changed, evidence, revision, stories, drafted_at)
         values ($1, $2, $3, 'draft', '', '', '', '', 1, 0, $4) returning id";
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(nominator.db())
        .bind(nominee.db())
        .bind(now)
        .fetch_one(conn)
        .await?);
    Ok(NominationId(id))
}

/// Removes a draft altogether; whether it was there.
pub async fn remove_draft(tx: &mut Tx, id: NominationId) -> Result<bool> {
    const SQL: &str = "delete from nominations where id = $1 and state = 'draft'";
    let removed = on_db!(tx, conn => sqlx::query(SQL).bind(id.0).execute(conn).await?.rows_affected());
    Ok(removed == 1)
}

/// One nomination.
pub async fn find(tx: &mut Tx, id: NominationId) -> Result<Option<Nomination>> {
    const SQL: &str = "select * from nominations where id = $1";
    let row: Option<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn).await?);
    row.map(NominationRow::into_nomination).transpose()
}

/// What a person is writing, or has waiting, about another.
pub async fn find_live(tx: &mut Tx, guild: GuildId, nominator: UserId, nominee: UserId) -> Result<Option<Nomination>> {
    const SQL: &str = "select * from nominations where guild_id = $1 and nominator_id = $2 and nominee_id = $3
         and state in ('draft', 'waiting') order by id desc limit 1";
    let row: Option<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(nominator.db())
        .bind(nominee.db())
        .fetch_optional(conn)
        .await?);
    row.map(NominationRow::into_nomination).transpose()
}

/// Stores what an event made of a nomination. `false` when somebody else changed it since `before` was read; nothing is stored then.
pub async fn save(tx: &mut Tx, before: &Nomination, after: &Nomination) -> Result<bool> {
    const SQL: &str =
        "update nominations set round_id = $4, state = $5, consent = $6, tag = $7, tag_name = $8, relation = $9,
             happened = $10, customer = $11, changed = $12, evidence = $13, reason = $14, revision = $15, stories = $16,
             sent_at = $17, decided_at = $18, decided_by = $19, answered_at = $20
         where id = $1 and state = $2 and revision = $3";
    let changed = on_db!(tx, conn => sqlx::query(SQL)
        .bind(before.id.0)
        .bind(before.state.word())
        .bind(before.revision)
        .bind(after.round.map(|round| round.0))
        .bind(after.state.word())
        .bind(after.consent.map(Consent::word))
        .bind(after.tag.as_deref())
        .bind(after.tag_title.as_deref())
        .bind(after.relation.map(Relation::word))
        .bind(&after.words.happened)
        .bind(&after.words.customer)
        .bind(&after.words.changed)
        .bind(&after.words.evidence)
        .bind(after.reason.as_deref())
        .bind(after.revision)
        .bind(after.stories)
        .bind(after.sent_at)
        .bind(after.decided_at)
        .bind(after.decided_by.map(UserId::db))
        .bind(after.answered_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(changed == 1)
}

/// What waits for this reviewer, oldest first. What they wrote or are the subject of is not among it.
pub async fn list_waiting(tx: &mut Tx, guild: GuildId, reviewer: UserId) -> Result<Vec<NominationId>> {
    const SQL: &str = "select id from nominations where guild_id = $1 and state = 'waiting'
         and nominator_id <> $2 and nominee_id <> $2 order by sent_at, id";
    let ids: Vec<i64> =
        on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(reviewer.db()).fetch_all(conn).await?);
    Ok(ids.into_iter().map(NominationId).collect())
}

/// What a person wrote and has not taken back, and what has been accepted about them and not refused; newest first, at most 25.
pub async fn list_mine(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select * from nominations where guild_id = $1
         and ((nominator_id = $2 and (state not in ('withdrawn', 'expired') or decided_at is not null))
              or (nominee_id = $2 and state in ('asked', 'published', 'private')))
         order by id desc limit 25";
    let rows: Vec<NominationRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    rows.into_iter().map(NominationRow::into_nomination).collect()
}
