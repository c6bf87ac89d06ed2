//! The rows of one person, for `/me`.

use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::on_db;
use crate::recognition::nomination::{Nomination, NominationId};
use crate::store::Tx;

/// Every nomination that a person wrote or is the subject of.
pub async fn list_touching(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<Nomination>> {
    const SQL: &str = "select id from nominations where guild_id = $1
         and (nominator_id = $2 or id in (select nomination_id from nomination_people where user_id = $2)) order by id";
    let ids: Vec<i64> =
        on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?);
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(super::find(tx, NominationId(id)).await?);
    }
    Ok(found)
}

/// The reasons that a person gave to second nominations.
pub async fn list_seconded_by(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<Vec<String>> {
    const SQL: &str = "select s.reason from nomination_seconds s join nominations n on n.id = s.nomination_id
         where n.guild_id = $1 and s.user_id = $2 order by s.seconded_at";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_all(conn).await?))
}

/// How many seats and recorded decisions name a person as a reviewer.
pub async fn count_judged_by(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<i64> {
    const SQL: &str = "select (select count(*) from nomination_reviews r join nominations n on n.id = r.nomination_id
                  where n.guild_id = $1 and r.reviewer_id = $2)
             + (select count(*) from recognition_reviewers where guild_id = $1 and user_id = $2)
             + (select count(*) from recognition_audit where guild_id = $1 and actor_id = $2)";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(user.db()).fetch_one(conn).await?))
}

/// Takes a person's id off a nomination, as its author and as one it is about. Nobody has the id 0.
pub async fn forget_person(tx: &mut Tx, id: NominationId, user: UserId) -> Result<()> {
    const AUTHOR: &str = "update nominations set nominator_id = 0 where id = $1 and nominator_id = $2";
    const PERSON: &str = "delete from nomination_people where nomination_id = $1 and user_id = $2";
    for sql in [AUTHOR, PERSON] {
        on_db!(tx, conn => sqlx::query(sql).bind(id.0).bind(user.db()).execute(conn).await?.rows_affected());
    }
    Ok(())
}

/// Takes a person off everything that they did as a reviewer or seconder.
pub async fn forget_reviewer(tx: &mut Tx, guild: GuildId, user: UserId) -> Result<()> {
    const SEATS: &str = "delete from nomination_reviews where reviewer_id = $2
         and nomination_id in (select id from nominations where guild_id = $1)";
    const SECONDS: &str = "delete from nomination_seconds where user_id = $2
         and nomination_id in (select id from nominations where guild_id = $1)";
    const QUESTIONS: &str = "update nomination_questions set asked_by = null where asked_by = $2
         and nomination_id in (select id from nominations where guild_id = $1)";
    const DECIDED: &str = "update nominations set decided_by = null where guild_id = $1 and decided_by = $2";
    const AUDIT: &str = "update recognition_audit set actor_id = null where guild_id = $1 and actor_id = $2";
    const REVIEWERS: &str = "delete from recognition_reviewers where guild_id = $1 and user_id = $2";
    for sql in [SEATS, SECONDS, QUESTIONS, DECIDED, AUDIT, REVIEWERS] {
        on_db!(tx, conn => sqlx::query(sql).bind(guild.db()).bind(user.db()).execute(conn).await?.rows_affected());
    }
    Ok(())
}
