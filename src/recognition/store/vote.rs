//! The rows of votes. What is on a ballot is nowhere here: it lies sealed, and is gone once counted.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::recognition::nomination::{Nomination, NominationId, Round, RoundId};
use crate::recognition::vote::{Decided, Stage, Vote, VoteId};
use crate::sealed::BoxId;
use crate::store::Tx;

#[derive(FromRow)]
struct Row {
    id: i64,
    guild_id: i64,
    round_id: i64,
    quarter: String,
    box_id: String,
    state: String,
    closes_at: DateTime<Utc>,
    decider: Option<String>,
}

impl Row {
    fn into_vote(self) -> Result<Vote> {
        let unknown = |what: &str| Error::internal(format!("vote {} holds an unknown {what}", self.id));
        Ok(Vote {
            id: VoteId(self.id),
            guild: GuildId::from_db(self.guild_id),
            round: RoundId(self.round_id),
            quarter: self.quarter.parse().map_err(|_| unknown("quarter"))?,
            ballots: BoxId::parse(&self.box_id).ok_or_else(|| unknown("box"))?,
            stage: Stage::parse(&self.state).ok_or_else(|| unknown("state"))?,
            closes_at: self.closes_at,
            decided: self
                .decider
                .map(|word| Decided::parse(&word).ok_or_else(|| unknown("way to decide")))
                .transpose()?,
        })
    }
}

/// Says whether a round ends with a vote.
pub async fn set_round_by_vote(tx: &mut Tx, round: RoundId, by_vote: bool) -> Result<()> {
    const SQL: &str = "update recognition_rounds set by_vote = $2 where id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(round.0).bind(by_vote).execute(conn).await?.rows_affected());
    Ok(())
}

/// Whether anything that was sent in a round has been accepted, whatever became of it.
pub async fn has_accepted(tx: &mut Tx, round: RoundId) -> Result<bool> {
    const SQL: &str = "select count(*) from nominations
         where round_id = $1 and decided_at is not null and state not in ('declined', 'thanked', 'expired')";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(round.0).fetch_one(conn).await?);
    Ok(count > 0)
}

/// The oldest round of a server that ends with a vote which has not been opened.
pub async fn find_round_to_vote(tx: &mut Tx, guild: GuildId) -> Result<Option<Round>> {
    const SQL: &str = "select id from recognition_rounds r where guild_id = $1 and by_vote
         and not exists (select 1 from recognition_votes v where v.round_id = r.id) order by quarter limit 1";
    let id: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_optional(conn).await?);
    match id {
        Some(id) => super::find_round(tx, RoundId(id)).await,
        None => Ok(None),
    }
}

/// Notes a vote with its candidates, in their places.
pub async fn add_vote(
    tx: &mut Tx,
    (guild, round): (GuildId, RoundId),
    ballots: &BoxId,
    candidates: &[Nomination],
    (now, closes_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<VoteId> {
    const VOTE: &str = "insert into recognition_votes (guild_id, round_id, box_id, state, opened_at, closes_at)
         values ($1, $2, $3, 'open', $4, $5) returning id";
    const CANDIDATE: &str = "insert into recognition_candidates (vote_id, place, nomination_id) values ($1, $2, $3)";
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(VOTE)
        .bind(guild.db())
        .bind(round.0)
        .bind(ballots.as_str())
        .bind(now)
        .bind(closes_at)
        .fetch_one(conn)
        .await?);
    for (place, nomination) in (0_i64..).zip(candidates) {
        on_db!(tx, conn => sqlx::query(CANDIDATE)
            .bind(id)
            .bind(place)
            .bind(nomination.id.0)
            .execute(conn)
            .await?
            .rows_affected());
    }
    Ok(VoteId(id))
}

/// One vote.
pub async fn find_vote(tx: &mut Tx, id: VoteId) -> Result<Option<Vote>> {
    const SQL: &str = "select v.id, v.guild_id, v.round_id, r.quarter, v.box_id, v.state, v.closes_at, v.decider
         from recognition_votes v join recognition_rounds r on r.id = v.round_id where v.id = $1";
    let row: Option<Row> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn).await?);
    row.map(Row::into_vote).transpose()
}

/// The votes of a server that are open or being counted.
pub async fn list_unfinished_votes(tx: &mut Tx, guild: GuildId) -> Result<Vec<Vote>> {
    const SQL: &str = "select v.id, v.guild_id, v.round_id, r.quarter, v.box_id, v.state, v.closes_at, v.decider
         from recognition_votes v join recognition_rounds r on r.id = v.round_id
         where v.guild_id = $1 and v.state <> 'closed' order by v.id";
    let rows: Vec<Row> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(Row::into_vote).collect()
}

/// Whether the vote of a round has been opened.
pub async fn has_vote(tx: &mut Tx, round: RoundId) -> Result<bool> {
    const SQL: &str = "select count(*) from recognition_votes where round_id = $1";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(round.0).fetch_one(conn).await?);
    Ok(count > 0)
}

/// What is on the ballot, place by place, whatever became of it since.
pub async fn list_candidates(tx: &mut Tx, vote: VoteId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select nomination_id from recognition_candidates where vote_id = $1 order by place";
    let ids: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(vote.0).fetch_all(conn).await?);
    let mut candidates = Vec::with_capacity(ids.len());
    for id in ids {
        let found = super::find(tx, NominationId(id)).await?;
        candidates.push(found.ok_or_else(|| Error::internal(format!("candidate {id} is not there")))?);
    }
    Ok(candidates)
}

/// Which of them were chosen.
pub async fn list_chosen(tx: &mut Tx, vote: VoteId) -> Result<Vec<NominationId>> {
    const SQL: &str = "select nomination_id from recognition_candidates where vote_id = $1 and chosen order by place";
    let ids: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(vote.0).fetch_all(conn).await?);
    Ok(ids.into_iter().map(NominationId).collect())
}

/// The first step of closing a vote; whether this call did it.
pub async fn begin_closing_vote(tx: &mut Tx, vote: VoteId) -> Result<bool> {
    const SQL: &str = "update recognition_votes set state = 'closing' where id = $1 and state = 'open'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(vote.0).execute(conn).await?.rows_affected()) == 1)
}

/// Keeps what the ballots decided: who was chosen, by what, and the inputs of a lot. No tally.
pub async fn keep_choice(
    tx: &mut Tx,
    vote: VoteId,
    chosen: &[NominationId],
    decided: Decided,
    lots: Option<&str>,
) -> Result<()> {
    const CHOSEN: &str = "update recognition_candidates set chosen = true where vote_id = $1 and nomination_id = $2";
    const DECIDED: &str = "update recognition_votes set decider = $2, lots = $3 where id = $1";
    for id in chosen {
        on_db!(tx, conn => sqlx::query(CHOSEN).bind(vote.0).bind(id.0).execute(conn).await?.rows_affected());
    }
    on_db!(tx, conn => sqlx::query(DECIDED).bind(vote.0).bind(decided.word()).bind(lots).execute(conn).await?.rows_affected());
    Ok(())
}

/// The last step; whether this call did it.
pub async fn finish_vote(tx: &mut Tx, vote: VoteId) -> Result<bool> {
    const SQL: &str = "update recognition_votes set state = 'closed' where id = $1 and state = 'closing'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(vote.0).execute(conn).await?.rows_affected()) == 1)
}

/// Whom the group chose in the last two rounds before this quarter's: they rest.
pub async fn list_resting(tx: &mut Tx, guild: GuildId, quarter: Quarter) -> Result<Vec<UserId>> {
    const SQL: &str = "select distinct p.user_id from nominations n join nomination_people p on p.nomination_id = n.id
         where n.vote = 'chosen' and n.round_id in (
             select id from recognition_rounds where guild_id = $1 and quarter < $2 order by quarter desc limit 2)";
    let ids: Vec<i64> =
        on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(quarter.to_string()).fetch_all(conn).await?);
    Ok(ids.into_iter().map(UserId::from_db).collect())
}
