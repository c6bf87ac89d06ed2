//! The rows of rounds and nominations. What reviewers leave stands in `review`.

mod personal;
mod review;
mod vote;

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::recognition::nomination::{
    Consent, Honoree, Nomination, NominationId, Relation, Round, RoundId, State, Vote, Words,
};
use crate::store::Tx;

pub use personal::*;
pub use review::*;
pub use vote::*;

#[derive(FromRow)]
struct RoundRow {
    id: i64,
    quarter: String,
    closes_at: Option<DateTime<Utc>>,
    closed_at: Option<DateTime<Utc>>,
    by_vote: bool,
}

impl RoundRow {
    fn into_round(self) -> Result<Round> {
        let quarter = self.quarter.parse().map_err(|_| Error::internal(format!("round {} has no quarter", self.id)))?;
        Ok(Round {
            id: RoundId(self.id),
            quarter,
            closes_at: self.closes_at,
            closed_at: self.closed_at,
            by_vote: self.by_vote,
        })
    }
}

/// The round of a fiscal quarter, opened now if it does not exist yet, to be closed at `closes_at`; and whether this call opened it.
pub async fn current_round(
    tx: &mut Tx,
    guild: GuildId,
    quarter: Quarter,
    closes_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(Round, bool)> {
    const OPEN: &str =
        "insert into recognition_rounds (guild_id, quarter, opened_at, closes_at) values ($1, $2, $3, $4)
         on conflict (guild_id, quarter) do nothing";
    const FIND: &str = "select id, quarter, closes_at, closed_at, by_vote from recognition_rounds where guild_id = $1 and quarter = $2";
    let name = quarter.to_string();
    let added = on_db!(tx, conn => sqlx::query(OPEN)
        .bind(guild.db())
        .bind(&name)
        .bind(now)
        .bind(closes_at)
        .execute(conn)
        .await?
        .rows_affected());
    let row: RoundRow = on_db!(tx, conn => sqlx::query_as(FIND).bind(guild.db()).bind(&name).fetch_one(conn).await?);
    Ok((row.into_round()?, added == 1))
}

/// One round.
pub async fn find_round(tx: &mut Tx, round: RoundId) -> Result<Option<Round>> {
    const SQL: &str = "select id, quarter, closes_at, closed_at, by_vote from recognition_rounds where id = $1";
    let row: Option<RoundRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(round.0).fetch_optional(conn).await?);
    row.map(RoundRow::into_round).transpose()
}

/// A server's rounds, newest first, at most 12.
pub async fn list_rounds(tx: &mut Tx, guild: GuildId) -> Result<Vec<Round>> {
    const SQL: &str = "select id, quarter, closes_at, closed_at, by_vote from recognition_rounds where guild_id = $1
         order by quarter desc limit 12";
    let rows: Vec<RoundRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(RoundRow::into_round).collect()
}

/// Changes when the calendar closes a round.
pub async fn set_round_end(tx: &mut Tx, round: RoundId, closes_at: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "update recognition_rounds set closes_at = $2 where id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(round.0).bind(closes_at).execute(conn).await?.rows_affected());
    Ok(())
}

/// Closes every other round of the server that is still open: one at a time.
pub async fn close_other_rounds(tx: &mut Tx, guild: GuildId, round: RoundId, now: DateTime<Utc>) -> Result<u64> {
    const SQL: &str =
        "update recognition_rounds set closed_at = $3 where guild_id = $1 and id <> $2 and closed_at is null";
    Ok(
        on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(round.0).bind(now).execute(conn).await?.rows_affected()),
    )
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
    state: String,
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
    program: Option<String>,
    link: Option<String>,
    vote: String,
}

impl NominationRow {
    fn into_nomination(self, people: Vec<Honoree>) -> Result<Nomination> {
        let unknown = |what: &str| Error::internal(format!("nomination {} holds an unknown {what}", self.id));
        Ok(Nomination {
            id: NominationId(self.id),
            guild: GuildId::from_db(self.guild_id),
            round: self.round_id.map(RoundId),
            nominator: UserId::from_db(self.nominator_id),
            people,
            state: State::parse(&self.state).ok_or_else(|| unknown("state"))?,
            vote: Vote::parse(&self.vote).ok_or_else(|| unknown("vote"))?,
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
            program: self.program,
            link: self.link,
        })
    }
}

#[derive(FromRow)]
struct PersonRow {
    user_id: i64,
    consent: Option<String>,
    answered_at: Option<DateTime<Utc>>,
}

async fn people_of(tx: &mut Tx, id: i64) -> Result<Vec<Honoree>> {
    const SQL: &str =
        "select user_id, consent, answered_at from nomination_people where nomination_id = $1 order by place";
    let rows: Vec<PersonRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id).fetch_all(conn).await?);
    let person = |row: PersonRow| {
        let unknown = || Error::internal(format!("nomination {id} holds an unknown consent"));
        let consent = row.consent.map(|word| Consent::parse(&word).ok_or_else(unknown)).transpose()?;
        Ok(Honoree { user: UserId::from_db(row.user_id), consent, answered_at: row.answered_at })
    };
    rows.into_iter().map(person).collect()
}

async fn whole(tx: &mut Tx, row: NominationRow) -> Result<Nomination> {
    let people = people_of(tx, row.id).await?;
    row.into_nomination(people)
}

async fn all_whole(tx: &mut Tx, rows: Vec<NominationRow>) -> Result<Vec<Nomination>> {
    let mut nominations = Vec::with_capacity(rows.len());
    for row in rows {
        nominations.push(whole(tx, row).await?);
    }
    Ok(nominations)
}

/// Starts an empty draft, with the message that it began from.
pub async fn add_draft(
    tx: &mut Tx,
    guild: GuildId,
    nominator: UserId,
    nominee: UserId,
    link: Option<&str>,
    now: DateTime<Utc>,
) -> Result<NominationId> {
    const SQL: &str =
        "insert into nominations (guild_id, nominator_id, state, happened, customer, changed, evidence, revision, stories, drafted_at, link)
         values ($1, $2, 'draft', '', '', '', '', 1, 0, $3, $4) returning id";
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(nominator.db())
        .bind(now)
        .bind(link)
        .fetch_one(conn)
        .await?);
    save_people(tx, id, &[Honoree::new(nominee)]).await?;
    Ok(NominationId(id))
}

async fn save_people(tx: &mut Tx, id: i64, people: &[Honoree]) -> Result<()> {
    const CLEAR: &str = "delete from nomination_people where nomination_id = $1";
    const ADD: &str = "insert into nomination_people (nomination_id, user_id, place, consent, answered_at)
         values ($1, $2, $3, $4, $5)";
    on_db!(tx, conn => sqlx::query(CLEAR).bind(id).execute(conn).await?.rows_affected());
    for (place, person) in (0_i64..).zip(people) {
        on_db!(tx, conn => sqlx::query(ADD)
            .bind(id)
            .bind(person.user.db())
            .bind(place)
            .bind(person.consent.map(Consent::word))
            .bind(person.answered_at)
            .execute(conn)
            .await?
            .rows_affected());
    }
    Ok(())
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
    match row {
        Some(row) => whole(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// One nomination, its row held until the end of the transaction, so that two reviewers at the same instant count one after the other.
pub async fn hold(tx: &mut Tx, id: NominationId) -> Result<Option<Nomination>> {
    const SQL: &str = "update nominations set revision = revision where id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).execute(conn).await?.rows_affected());
    find(tx, id).await
}

/// What a person is writing, or has waiting, about another.
pub async fn find_live(tx: &mut Tx, guild: GuildId, nominator: UserId, nominee: UserId) -> Result<Option<Nomination>> {
    const SQL: &str = "select n.* from nominations n join nomination_people p on p.nomination_id = n.id
         where n.guild_id = $1 and n.nominator_id = $2 and p.user_id = $3
         and n.state in ('draft', 'waiting') order by n.id desc limit 1";
    let row: Option<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(nominator.db())
        .bind(nominee.db())
        .fetch_optional(conn)
        .await?);
    match row {
        Some(row) => whole(tx, row).await.map(Some),
        None => Ok(None),
    }
}

/// What others have waiting about a person, newest first, at most 10.
pub async fn list_by_others(tx: &mut Tx, guild: GuildId, author: UserId, nominee: UserId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select n.* from nominations n join nomination_people p on p.nomination_id = n.id
         where n.guild_id = $1 and n.nominator_id <> $2 and p.user_id = $3 and n.state = 'waiting'
         order by n.id desc limit 10";
    let rows: Vec<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(author.db())
        .bind(nominee.db())
        .fetch_all(conn)
        .await?);
    all_whole(tx, rows).await
}

/// Stores what an event made of a nomination. `false` when somebody else changed it since `before` was read; nothing is stored then.
pub async fn save(tx: &mut Tx, before: &Nomination, after: &Nomination) -> Result<bool> {
    const SQL: &str =
        "update nominations set round_id = $4, state = $5, program = $6, tag = $7, tag_name = $8, relation = $9,
             happened = $10, customer = $11, changed = $12, evidence = $13, reason = $14, revision = $15, stories = $16,
             sent_at = $17, decided_at = $18, decided_by = $19, link = $20, vote = $21
         where id = $1 and state = $2 and revision = $3";
    let changed = on_db!(tx, conn => sqlx::query(SQL)
        .bind(before.id.0)
        .bind(before.state.word())
        .bind(before.revision)
        .bind(after.round.map(|round| round.0))
        .bind(after.state.word())
        .bind(after.program.as_deref())
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
        .bind(after.link.as_deref())
        .bind(after.vote.word())
        .execute(conn)
        .await?
        .rows_affected());
    if changed == 1 && before.people != after.people {
        save_people(tx, before.id.0, &after.people).await?;
    }
    Ok(changed == 1)
}

/// What waits for reviewers on a server, oldest first.
pub async fn list_waiting(tx: &mut Tx, guild: GuildId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select * from nominations where guild_id = $1 and state = 'waiting' order by sent_at, id";
    let rows: Vec<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    all_whole(tx, rows).await
}

/// What has been published and stands, newest first.
pub async fn list_published(tx: &mut Tx, guild: GuildId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select * from nominations where guild_id = $1 and state = 'published' order by id desc";
    let rows: Vec<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    all_whole(tx, rows).await
}

/// Everything that was sent in a round, whatever became of it.
pub async fn list_of_round(tx: &mut Tx, round: RoundId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select * from nominations where round_id = $1 order by id";
    let rows: Vec<NominationRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(round.0).fetch_all(conn).await?);
    all_whole(tx, rows).await
}

/// What a person wrote and has not taken back, and what has been accepted about them and not refused; newest first, at most 25.
pub async fn list_mine(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select * from nominations where guild_id = $1
         and ((nominator_id = $2 and (state not in ('withdrawn', 'expired') or decided_at is not null))
              or (state in ('asked', 'standing', 'published', 'private')
                  and id in (select nomination_id from nomination_people where user_id = $2)))
         order by id desc limit 25";
    let rows: Vec<NominationRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    all_whole(tx, rows).await
}
