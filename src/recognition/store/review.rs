//! The rows of reviewers, their seats, what seconders and questions add, where words were posted, and the audit.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::recognition::nomination::{NominationId, RoundId};
use crate::recognition::review::{Criterion, Reviewer, Seat, Ties, Verdict};
use crate::store::Tx;

/// Puts a lead among the reviewers; whether they were new.
pub async fn join_reviewers(tx: &mut Tx, guild: GuildId, user: UserId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "insert into recognition_reviewers (guild_id, user_id, joined_at) values ($1, $2, $3)
         on conflict (guild_id, user_id) do nothing";
    Ok(
        on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(user.db()).bind(now).execute(conn).await?.rows_affected())
            == 1,
    )
}

/// Takes somebody off the reviewers, and frees the seats that they have not judged from.
pub async fn leave_reviewers(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<()> {
    const LEAVE: &str = "delete from recognition_reviewers where guild_id = $1 and user_id = $2";
    const FREE: &str = "delete from nomination_reviews where reviewer_id = $2 and verdict is null
         and nomination_id in (select id from nominations where guild_id = $1)";
    for sql in [LEAVE, FREE] {
        on_db!(tx, conn => sqlx::query(sql).bind(guild.db()).bind(user.db()).execute(conn).await?.rows_affected());
    }
    Ok(())
}

#[derive(FromRow)]
struct ReviewerRow {
    user_id: i64,
    division: Option<String>,
    seats: i64,
}

/// The reviewers of a server, with how many seats each has had.
pub async fn list_reviewers(tx: &mut Tx, guild: GuildId) -> Result<Vec<(Reviewer, u64)>> {
    const SQL: &str = "select r.user_id, p.division,
             (select count(*) from nomination_reviews s join nominations n on n.id = s.nomination_id
              where s.reviewer_id = r.user_id and n.guild_id = r.guild_id) as seats
         from recognition_reviewers r left join people p on p.guild_id = r.guild_id and p.user_id = r.user_id
         where r.guild_id = $1 order by r.user_id";
    let rows: Vec<ReviewerRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    Ok(rows
        .into_iter()
        .map(|row| {
            let reviewer = Reviewer { user: UserId::from_db(row.user_id), division: row.division };
            (reviewer, row.seats.unsigned_abs())
        })
        .collect())
}

#[derive(FromRow)]
struct SeatRow {
    reviewer_id: i64,
    effect: Option<i64>,
    evidence: Option<i64>,
    principle: Option<i64>,
    copyable: Option<i64>,
    verdict: Option<String>,
    reason: Option<String>,
    revision: Option<i64>,
}

/// The seats of a nomination.
pub async fn list_seats(tx: &mut Tx, id: NominationId) -> Result<Vec<Seat>> {
    const SQL: &str = "select reviewer_id, effect, evidence, principle, copyable, verdict, reason, revision
         from nomination_reviews where nomination_id = $1 order by seated_at, reviewer_id";
    let rows: Vec<SeatRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    let seat = |row: SeatRow| {
        let unknown = || Error::internal(format!("nomination {id} holds an unknown verdict"));
        Ok(Seat {
            reviewer: UserId::from_db(row.reviewer_id),
            scores: [row.effect, row.evidence, row.principle, row.copyable]
                .map(|score| score.and_then(|score| u8::try_from(score).ok())),
            verdict: row.verdict.map(|word| Verdict::parse(&word).ok_or_else(unknown)).transpose()?,
            reason: row.reason,
            revision: row.revision,
        })
    };
    rows.into_iter().map(seat).collect()
}

/// Gives somebody a seat, unless they have one.
pub async fn take_seat(tx: &mut Tx, id: NominationId, reviewer: UserId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "insert into nomination_reviews (nomination_id, reviewer_id, seated_at) values ($1, $2, $3)
         on conflict (nomination_id, reviewer_id) do nothing";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(reviewer.db()).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores one score, 0 to 2.
pub async fn save_score(
    tx: &mut Tx,
    id: NominationId,
    reviewer: UserId,
    criterion: Criterion,
    score: u8,
) -> Result<()> {
    const EFFECT: &str = "update nomination_reviews set effect = $3 where nomination_id = $1 and reviewer_id = $2";
    const EVIDENCE: &str = "update nomination_reviews set evidence = $3 where nomination_id = $1 and reviewer_id = $2";
    const PRINCIPLE: &str =
        "update nomination_reviews set principle = $3 where nomination_id = $1 and reviewer_id = $2";
    const COPYABLE: &str = "update nomination_reviews set copyable = $3 where nomination_id = $1 and reviewer_id = $2";
    let sql = match criterion {
        Criterion::Effect => EFFECT,
        Criterion::Evidence => EVIDENCE,
        Criterion::Principle => PRINCIPLE,
        Criterion::Copyable => COPYABLE,
    };
    on_db!(tx, conn => sqlx::query(sql).bind(id.0).bind(reviewer.db()).bind(i64::from(score)).execute(conn).await?.rows_affected());
    Ok(())
}

/// Stores a verdict on a revision, with the reason of a decline.
pub async fn save_verdict(
    tx: &mut Tx,
    id: NominationId,
    reviewer: UserId,
    (verdict, reason): (Verdict, Option<&str>),
    revision: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "update nomination_reviews set verdict = $3, reason = $4, revision = $5, judged_at = $6
         where nomination_id = $1 and reviewer_id = $2";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(id.0)
        .bind(reviewer.db())
        .bind(verdict.word())
        .bind(reason)
        .bind(revision)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// What decides who stands aside from a nomination.
pub async fn find_ties(tx: &mut Tx, guild: GuildId, id: NominationId) -> Result<Ties> {
    const DIVISIONS: &str = "select distinct p.division from people p join nomination_people n on n.user_id = p.user_id
         where p.guild_id = $1 and n.nomination_id = $2 and p.division is not null";
    let divisions: Vec<String> =
        on_db!(tx, conn => sqlx::query_scalar(DIVISIONS).bind(guild.db()).bind(id.0).fetch_all(conn).await?);
    let seconders = list_seconds(tx, id).await?.into_iter().map(|(user, _)| user).collect();
    Ok(Ties { divisions, seconders })
}

/// Stores why somebody seconds a nomination; a second time replaces the reason.
pub async fn save_second(tx: &mut Tx, id: NominationId, user: UserId, reason: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str =
        "insert into nomination_seconds (nomination_id, user_id, reason, seconded_at) values ($1, $2, $3, $4)
         on conflict (nomination_id, user_id) do update set reason = excluded.reason";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(user.db()).bind(reason).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

/// Who seconded a nomination, and why.
pub async fn list_seconds(tx: &mut Tx, id: NominationId) -> Result<Vec<(UserId, String)>> {
    const SQL: &str =
        "select user_id, reason from nomination_seconds where nomination_id = $1 order by seconded_at, user_id";
    let rows: Vec<(i64, String)> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    Ok(rows.into_iter().map(|(user, reason)| (UserId::from_db(user), reason)).collect())
}

/// What reviewers asked the author of a nomination.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
#[expect(clippy::struct_field_names, reason = "the column holds the words of the question")]
pub struct Question {
    /// Its row.
    pub id: i64,
    /// What was asked.
    pub question: String,
    /// What the author answered; `None` until then.
    pub answer: Option<String>,
}

/// Stores a question; its row.
pub async fn add_question(
    tx: &mut Tx,
    id: NominationId,
    by: UserId,
    question: &str,
    now: DateTime<Utc>,
) -> Result<i64> {
    const SQL: &str =
        "insert into nomination_questions (nomination_id, asked_by, question, asked_at) values ($1, $2, $3, $4)
         returning id";
    Ok(
        on_db!(tx, conn => sqlx::query_scalar(SQL).bind(id.0).bind(by.db()).bind(question).bind(now).fetch_one(conn).await?),
    )
}

/// The questions about a nomination, oldest first.
pub async fn list_questions(tx: &mut Tx, id: NominationId) -> Result<Vec<Question>> {
    const SQL: &str = "select id, question, answer from nomination_questions where nomination_id = $1 order by id";
    Ok(on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?))
}

/// Stores the author's answer to whatever is open; whether something was.
pub async fn answer_question(tx: &mut Tx, id: NominationId, answer: &str, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update nomination_questions set answer = $2, answered_at = $3
         where nomination_id = $1 and answer is null";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(answer).bind(now).execute(conn).await?.rows_affected()) > 0)
}

/// Notes that a message shows a nomination's words, or points to them.
pub async fn note_post(tx: &mut Tx, id: NominationId, key: &str, what: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "insert into nomination_posts (key, nomination_id, what, posted_at) values ($1, $2, $3, $4)
         on conflict (key) do nothing";
    on_db!(tx, conn => sqlx::query(SQL).bind(key).bind(id.0).bind(what).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

/// The messages of one kind (`question`, `story`, `notice`), oldest first.
pub async fn list_posts(tx: &mut Tx, id: NominationId, what: &str) -> Result<Vec<String>> {
    const SQL: &str = "select key from nomination_posts where nomination_id = $1 and what = $2 order by posted_at, key";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(id.0).bind(what).fetch_all(conn).await?))
}

/// The published story of a server that was told longest ago.
pub async fn find_told_longest_ago(tx: &mut Tx, guild: GuildId) -> Result<Option<NominationId>> {
    const SQL: &str =
        "select n.id from nominations n join nomination_posts p on p.nomination_id = n.id and p.what = 'story'
         where n.guild_id = $1 and n.state = 'published' group by n.id order by max(p.posted_at), n.id limit 1";
    let id: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_optional(conn).await?);
    Ok(id.map(NominationId))
}

/// Forgets the messages of one kind, once they are being taken down.
pub async fn forget_posts(tx: &mut Tx, id: NominationId, what: &str) -> Result<()> {
    const SQL: &str = "delete from nomination_posts where nomination_id = $1 and what = $2";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(what).execute(conn).await?.rows_affected());
    Ok(())
}

/// Erases everything that was written around a nomination whose own words are gone.
pub async fn erase_around(tx: &mut Tx, id: NominationId) -> Result<()> {
    const SECONDS: &str = "delete from nomination_seconds where nomination_id = $1";
    const QUESTIONS: &str = "delete from nomination_questions where nomination_id = $1";
    const REASONS: &str = "update nomination_reviews set reason = null where nomination_id = $1";
    for sql in [SECONDS, QUESTIONS, REASONS] {
        on_db!(tx, conn => sqlx::query(sql).bind(id.0).execute(conn).await?.rows_affected());
    }
    Ok(())
}

/// Whether a person was nominated in an earlier round than this one.
pub async fn was_nominated_before(tx: &mut Tx, guild: GuildId, user: UserId, round: RoundId) -> Result<bool> {
    const SQL: &str = "select count(*) from nominations n join nomination_people p on p.nomination_id = n.id
         where n.guild_id = $1 and p.user_id = $2 and n.round_id < $3";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(guild.db())
        .bind(user.db())
        .bind(round.0)
        .fetch_one(conn)
        .await?);
    Ok(count > 0)
}

/// The most nominations that one person has sent.
pub async fn most_by_one(tx: &mut Tx, guild: GuildId) -> Result<u64> {
    const SQL: &str = "select count(*) as sent from nominations where guild_id = $1 and round_id is not null
         group by nominator_id order by sent desc limit 1";
    let most: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_optional(conn).await?);
    Ok(most.unwrap_or(0).unsigned_abs())
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The nomination; `None` for a round or a vote.
    pub nomination: Option<NominationId>,
    /// Who; `None` for the calendar.
    pub actor: Option<UserId>,
    /// What was decided, in words, without anybody's text.
    pub what: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(FromRow)]
struct EntryRow {
    nomination_id: Option<i64>,
    actor_id: Option<i64>,
    what: String,
    at: DateTime<Utc>,
}

/// Adds a line to the audit.
pub async fn audit(tx: &mut Tx, guild: GuildId, entry: &Entry) -> Result<()> {
    const SQL: &str =
        "insert into recognition_audit (guild_id, nomination_id, actor_id, what, at) values ($1, $2, $3, $4, $5)";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(guild.db())
        .bind(entry.nomination.map(|id| id.0))
        .bind(entry.actor.map(UserId::db))
        .bind(&entry.what)
        .bind(entry.at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// The newest lines of the audit, at most 20, without those about nominations that `viewer` wrote or is the subject of.
pub async fn list_audit(tx: &mut Tx, guild: GuildId, viewer: UserId) -> Result<Vec<Entry>> {
    const SQL: &str = "select a.nomination_id, a.actor_id, a.what, a.at from recognition_audit a
         where a.guild_id = $1
           and not exists (select 1 from nominations n where n.id = a.nomination_id and n.nominator_id = $2)
           and not exists (select 1 from nomination_people p where p.nomination_id = a.nomination_id and p.user_id = $2)
         order by a.id desc limit 20";
    let rows: Vec<EntryRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(viewer.db()).fetch_all(conn).await?);
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            nomination: row.nomination_id.map(NominationId),
            actor: row.actor_id.map(UserId::from_db),
            what: row.what,
            at: row.at,
        })
        .collect())
}
