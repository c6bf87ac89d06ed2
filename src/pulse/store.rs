//! The rows of `pulses`. How anonymity is kept here: a run knows its questions, its box and its closing time; nothing in it, and no
//! column of any table, names somebody who answered.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;

use super::definition::Definition;
use super::model::{Asked, Comment, Counted, Outcome, Pulse, PulseId, State};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::on_db;
use crate::sealed::BoxId;
use crate::store::Tx;
use crate::survey::{GroupScore, Thresholds};

/// A run to open.
pub(super) struct NewPulse<'a> {
    pub(super) guild: GuildId,
    pub(super) definition: &'a Definition,
    pub(super) thresholds: &'a Thresholds,
    pub(super) promise: &'a str,
    pub(super) box_id: &'a BoxId,
    pub(super) channel: ChannelId,
    pub(super) asked: &'a Asked,
    pub(super) eligible: Option<u32>,
    pub(super) counted: Option<Counted>,
    pub(super) named: bool,
    pub(super) divisions: &'a [String],
    pub(super) override_reason: Option<&'a str>,
    pub(super) budget_reason: Option<&'a str>,
    pub(super) opened_by: UserId,
    pub(super) opened_at: DateTime<Utc>,
    pub(super) closes_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct PulseRow {
    pulse_id: i64,
    guild_id: i64,
    definition: String,
    thresholds: String,
    promise: String,
    box_id: String,
    channel_id: i64,
    eligible: Option<i64>,
    opened_by: i64,
    opened_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    state: String,
    closed_at: Option<DateTime<Utc>>,
    asked: Option<String>,
    counted: Option<String>,
    named: Option<bool>,
    answered: Option<i64>,
    divisions: Option<String>,
}

/// Notes how many accounts Discord counts on a server, cxbot's own left out. Discord hands out no list of people without a privileged
/// permission, but this number comes with every connection.
pub(super) async fn note_accounts(tx: &mut Tx, guild: GuildId, accounts: u32, today: NaiveDate) -> Result<()> {
    const SQL: &str = "insert into pulse_servers (guild_id, accounts, counted_on) values ($1, $2, $3)
         on conflict (guild_id) do update set accounts = excluded.accounts, counted_on = excluded.counted_on";
    on_db!(tx, conn => sqlx::query(SQL).bind(guild.db()).bind(i64::from(accounts)).bind(today).execute(conn).await?.rows_affected());
    Ok(())
}

/// How many accounts Discord counted; `None` when not known.
pub(super) async fn count_accounts(tx: &mut Tx, guild: GuildId) -> Result<Option<u32>> {
    const SQL: &str = "select accounts from pulse_servers where guild_id = $1";
    let count: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_optional(conn).await?);
    Ok(count.and_then(|count| u32::try_from(count).ok()))
}

/// Freezes the list of people of a division as those who are asked; how many.
pub(super) async fn ask_division(tx: &mut Tx, id: PulseId, guild: GuildId, division: &str) -> Result<u32> {
    const SQL: &str = "insert into pulse_asked (pulse_id, user_id)
         select $1, user_id from people where guild_id = $2 and lower(division) = lower($3)";
    let added = on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(guild.db()).bind(division).execute(conn).await?.rows_affected());
    u32::try_from(added).map_err(|fault| Error::Internal(fault.into()))
}

/// How many people of the roster are in a division.
pub(super) async fn count_division(tx: &mut Tx, guild: GuildId, division: &str) -> Result<u32> {
    const SQL: &str = "select count(*) from people where guild_id = $1 and lower(division) = lower($2)";
    let count: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).bind(division).fetch_one(conn).await?);
    u32::try_from(count).map_err(|fault| Error::Internal(fault.into()))
}

/// The people who were asked, when a list was frozen.
pub(super) async fn list_asked(tx: &mut Tx, id: PulseId) -> Result<Vec<UserId>> {
    const SQL: &str = "select user_id from pulse_asked where pulse_id = $1";
    let rows: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(id.0).fetch_all(conn).await?);
    Ok(rows.into_iter().map(UserId::from_db).collect())
}

/// Forgets who was asked, and who was in which division.
pub(super) async fn forget_asked(tx: &mut Tx, id: PulseId) -> Result<()> {
    const SQL: &str = "delete from pulse_asked where pulse_id = $1";
    const DIVISIONS: &str = "delete from pulse_division_of where pulse_id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).execute(conn).await?.rows_affected());
    on_db!(tx, conn => sqlx::query(DIVISIONS).bind(id.0).execute(conn).await?.rows_affected());
    Ok(())
}

/// Adds a run. `None` when one of the same name is open or closing on this server.
pub(super) async fn add_pulse(tx: &mut Tx, new: NewPulse<'_>) -> Result<Option<PulseId>> {
    const SQL: &str = "insert into pulses (guild_id, name, definition, fingerprint, thresholds, promise, box_id, channel_id, eligible,
             opened_by, opened_at, closes_at, state, asked, counted, named, override_reason, divisions, budget_reason)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13, $14, $15, $16, $17, $18) on conflict do nothing returning pulse_id";
    let definition = new.definition.to_json()?;
    let fingerprint = new.definition.fingerprint()?;
    let thresholds = serde_json::to_string(new.thresholds).map_err(anyhow::Error::from)?;
    let asked = serde_json::to_string(new.asked).map_err(anyhow::Error::from)?;
    let divisions = serde_json::to_string(new.divisions).map_err(anyhow::Error::from)?;
    let id: Option<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(new.guild.db())
        .bind(&new.definition.name)
        .bind(&definition)
        .bind(&fingerprint)
        .bind(&thresholds)
        .bind(new.promise)
        .bind(new.box_id.as_str())
        .bind(new.channel.db())
        .bind(new.eligible.map(i64::from))
        .bind(new.opened_by.db())
        .bind(new.opened_at)
        .bind(new.closes_at)
        .bind(&asked)
        .bind(new.counted.map(Counted::name))
        .bind(new.named)
        .bind(new.override_reason)
        .bind(Some(divisions).filter(|_| !new.divisions.is_empty()))
        .bind(new.budget_reason)
        .fetch_optional(conn)
        .await?);
    Ok(id.map(PulseId))
}

/// One run.
pub async fn find_pulse(tx: &mut Tx, id: PulseId) -> Result<Option<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at, asked, counted, named, answered, divisions from pulses where pulse_id = $1";
    let row: Option<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn).await?);
    row.map(PulseRow::into_pulse).transpose()
}

/// The last hundred runs of a server, newest first.
pub(super) async fn list_pulses(tx: &mut Tx, guild: GuildId) -> Result<Vec<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at, asked, counted, named, answered, divisions from pulses where guild_id = $1 order by pulse_id desc limit 100";
    let rows: Vec<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(PulseRow::into_pulse).collect()
}

/// Runs of a server that were opened since then, those left out that were stopped.
pub(super) async fn list_opened_since(tx: &mut Tx, guild: GuildId, since: DateTime<Utc>) -> Result<Vec<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at, asked, counted, named, answered, divisions from pulses
         where guild_id = $1 and opened_at >= $2 and state <> 'stopped' order by pulse_id";
    let rows: Vec<PulseRow> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).bind(since).fetch_all(conn).await?);
    rows.into_iter().map(PulseRow::into_pulse).collect()
}

/// The divisions of the roster, each once however its letters are written, in order of name.
pub(super) async fn list_divisions(tx: &mut Tx, guild: GuildId) -> Result<Vec<String>> {
    const SQL: &str = "select min(division) from people where guild_id = $1 and division is not null
         group by lower(division) order by lower(division)";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(guild.db()).fetch_all(conn).await?))
}

/// Freezes who is in a division that is told apart, for everybody of the roster.
pub(super) async fn freeze_division(
    tx: &mut Tx,
    id: PulseId,
    guild: GuildId,
    division: &str,
    place: usize,
) -> Result<()> {
    const SQL: &str = "insert into pulse_division_of (pulse_id, user_id, place)
         select $1, user_id, $4 from people where guild_id = $2 and lower(division) = lower($3)";
    let place = i64::try_from(place).map_err(|fault| Error::Internal(fault.into()))?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(id.0)
        .bind(guild.db())
        .bind(division)
        .bind(place)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Who is in which of the divisions that are told apart.
pub(super) async fn list_division_of(tx: &mut Tx, id: PulseId) -> Result<Vec<(UserId, u8)>> {
    const SQL: &str = "select user_id, place from pulse_division_of where pulse_id = $1";
    let rows: Vec<(i64, i64)> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    Ok(rows.into_iter().filter_map(|(user, place)| Some((UserId::from_db(user), u8::try_from(place).ok()?))).collect())
}

/// Keeps what may be shown of a question by division.
pub(super) async fn add_division_score(tx: &mut Tx, id: PulseId, measure: &str, score: &GroupScore) -> Result<()> {
    const SQL: &str = "insert into pulse_division_scores (pulse_id, measure, place, answered, points)
         values ($1, $2, $3, $4, $5) on conflict do nothing";
    let place = i64::try_from(score.place).map_err(|fault| Error::Internal(fault.into()))?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(id.0)
        .bind(measure)
        .bind(place)
        .bind(i64::from(score.answered))
        .bind(i64::from(score.points))
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// What may be shown by division, each with the key of its question.
pub(super) async fn list_division_scores(tx: &mut Tx, id: PulseId) -> Result<Vec<(String, GroupScore)>> {
    const SQL: &str = "select measure, place, answered, points from pulse_division_scores where pulse_id = $1
         order by measure, place";
    let rows: Vec<(String, i64, i64, i64)> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    rows.into_iter()
        .map(|(measure, place, answered, points)| {
            let score = GroupScore {
                place: usize::try_from(place).map_err(|fault| Error::Internal(fault.into()))?,
                answered: u32::try_from(answered).map_err(|fault| Error::Internal(fault.into()))?,
                points: u8::try_from(points).map_err(|fault| Error::Internal(fault.into()))?,
            };
            Ok((measure, score))
        })
        .collect()
}

/// Runs of a server that are open or closing.
pub(super) async fn list_unfinished(tx: &mut Tx, guild: GuildId) -> Result<Vec<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at, asked, counted, named, answered, divisions from pulses where guild_id = $1 and state in ('open', 'closing') order by pulse_id";
    let rows: Vec<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(guild.db()).fetch_all(conn).await?);
    rows.into_iter().map(PulseRow::into_pulse).collect()
}

/// Open → closing. `true` when this call did it.
pub(super) async fn begin_closing(tx: &mut Tx, id: PulseId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'closing', closed_at = $2 where pulse_id = $1 and state = 'open'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(now).execute(conn).await?.rows_affected()) == 1)
}

/// Keeps how many sent answers.
pub(super) async fn keep_answered(tx: &mut Tx, id: PulseId, answered: u32) -> Result<()> {
    const SQL: &str = "update pulses set answered = $2 where pulse_id = $1";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(i64::from(answered)).execute(conn).await?.rows_affected());
    Ok(())
}

/// The last closed run of the same pulse before this one.
pub(super) async fn find_last_closed(
    tx: &mut Tx,
    guild: GuildId,
    name: &str,
    before: Option<PulseId>,
) -> Result<Option<Pulse>> {
    const SQL: &str = "select pulse_id, guild_id, definition, thresholds, promise, box_id, channel_id, eligible, opened_by, opened_at,
             closes_at, state, closed_at, asked, counted, named, answered, divisions from pulses
         where guild_id = $1 and name = $2 and state = 'closed' and ($4 or pulse_id < $3) order by pulse_id desc limit 1";
    let row: Option<PulseRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(guild.db())
        .bind(name)
        .bind(before.map_or(0, |id| id.0))
        .bind(before.is_none())
        .fetch_optional(conn)
        .await?);
    row.map(PulseRow::into_pulse).transpose()
}

#[derive(FromRow)]
struct OutcomeRow {
    you_said: String,
    we_will: String,
    owner: String,
    due_on: NaiveDate,
    we_will_not: String,
    told_by: i64,
}

/// What was told after a result.
pub(super) async fn find_outcome(tx: &mut Tx, id: PulseId) -> Result<Option<Outcome>> {
    const SQL: &str =
        "select you_said, we_will, owner, due_on, we_will_not, told_by from pulse_outcomes where pulse_id = $1";
    let row: Option<OutcomeRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn).await?);
    Ok(row.map(|row| Outcome {
        you_said: row.you_said,
        we_will: row.we_will,
        owner: row.owner,
        due_on: row.due_on,
        we_will_not: row.we_will_not,
        told_by: UserId::from_db(row.told_by),
    }))
}

/// Keeps what was told after a result, in place of what was told before; `true` the first time.
pub(super) async fn tell_outcome(tx: &mut Tx, id: PulseId, outcome: &Outcome, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "insert into pulse_outcomes (pulse_id, you_said, we_will, owner, due_on, we_will_not, told_by, told_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (pulse_id) do update set you_said = excluded.you_said, we_will = excluded.we_will, owner = excluded.owner,
             due_on = excluded.due_on, we_will_not = excluded.we_will_not, told_by = excluded.told_by";
    let first = find_outcome(tx, id).await?.is_none();
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(id.0)
        .bind(&outcome.you_said)
        .bind(&outcome.we_will)
        .bind(&outcome.owner)
        .bind(outcome.due_on)
        .bind(&outcome.we_will_not)
        .bind(outcome.told_by.db())
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(first)
}

#[derive(FromRow)]
struct CommentRow {
    comment_id: String,
    pulse_id: i64,
    measure: String,
    words: String,
    proposal: Option<String>,
    proposed_by: Option<i64>,
    agreed: bool,
}

impl CommentRow {
    fn into_comment(self) -> Comment {
        Comment {
            id: self.comment_id,
            pulse: PulseId(self.pulse_id),
            measure: self.measure,
            words: self.words,
            proposal: self.proposal.zip(self.proposed_by.map(UserId::from_db)),
            agreed: self.agreed,
        }
    }
}

/// Keeps a comment, cut loose from its answers.
pub(super) async fn add_comment(tx: &mut Tx, comment: &Comment) -> Result<()> {
    const SQL: &str =
        "insert into pulse_comments (comment_id, pulse_id, measure, words, agreed) values ($1, $2, $3, $4, $5)";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(&comment.id)
        .bind(comment.pulse.0)
        .bind(&comment.measure)
        .bind(&comment.words)
        .bind(false)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// The comments of a run, in an order that says nothing.
pub(super) async fn list_comments(tx: &mut Tx, id: PulseId) -> Result<Vec<Comment>> {
    const SQL: &str = "select comment_id, pulse_id, measure, words, proposal, proposed_by, agreed from pulse_comments
         where pulse_id = $1 order by comment_id";
    let rows: Vec<CommentRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    Ok(rows.into_iter().map(CommentRow::into_comment).collect())
}

/// One comment.
pub(super) async fn find_comment(tx: &mut Tx, id: &str) -> Result<Option<Comment>> {
    const SQL: &str = "select comment_id, pulse_id, measure, words, proposal, proposed_by, agreed from pulse_comments
         where comment_id = $1";
    let row: Option<CommentRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id).fetch_optional(conn).await?);
    Ok(row.map(CommentRow::into_comment))
}

/// Who asked for direct messages and not against reminders, of those a pulse asks. Does not look at who has answered.
pub(super) async fn list_to_remind(tx: &mut Tx, pulse: &Pulse) -> Result<Vec<UserId>> {
    const EVERYBODY: &str =
        "select user_id from people where guild_id = $1 and direct_messages and not no_reminders order by user_id";
    const LISTED: &str = "select p.user_id from people p join pulse_asked a on a.user_id = p.user_id
         where p.guild_id = $1 and a.pulse_id = $2 and p.direct_messages and not p.no_reminders order by p.user_id";
    let rows: Vec<i64> = match pulse.asked {
        Asked::Everybody => {
            on_db!(tx, conn => sqlx::query_scalar(EVERYBODY).bind(pulse.guild.db()).fetch_all(conn).await?)
        }
        Asked::Division { .. } => {
            on_db!(tx, conn => sqlx::query_scalar(LISTED).bind(pulse.guild.db()).bind(pulse.id.0).fetch_all(conn).await?)
        }
        // Who has a role is known only when they press something.
        Asked::Role { .. } | Asked::Customers { .. } => Vec::new(),
    };
    Ok(rows.into_iter().map(UserId::from_db).collect())
}

/// The servers on whose roster a person is.
pub(super) async fn list_guilds_of(tx: &mut Tx, user: UserId) -> Result<Vec<GuildId>> {
    const SQL: &str = "select guild_id from people where user_id = $1";
    let rows: Vec<i64> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(user.db()).fetch_all(conn).await?);
    Ok(rows.into_iter().map(GuildId::from_db).collect())
}

/// Notes what a lead would publish. `false` when two leads have agreed already.
pub(super) async fn propose(tx: &mut Tx, comment: &str, proposal: &str, by: UserId) -> Result<bool> {
    const SQL: &str = "update pulse_comments set proposal = $2, proposed_by = $3 where comment_id = $1 and not agreed";
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(comment).bind(proposal).bind(by.db()).execute(conn).await?.rows_affected());
    Ok(changed == 1)
}

/// Notes that another lead agrees. `false` when there is nothing to agree to, or the same lead suggested it.
pub(super) async fn agree(tx: &mut Tx, comment: &str, by: UserId) -> Result<bool> {
    const SQL: &str = "update pulse_comments set agreed = true
         where comment_id = $1 and not agreed and proposal is not null and proposed_by <> $2";
    let changed = on_db!(tx, conn => sqlx::query(SQL).bind(comment).bind(by.db()).execute(conn).await?.rows_affected());
    Ok(changed == 1)
}

/// Keeps one person's answers of a pulse that said it is not anonymous.
pub(super) async fn add_named_answers(tx: &mut Tx, id: PulseId, user: UserId, answers: &str) -> Result<()> {
    const SQL: &str =
        "insert into pulse_named_answers (pulse_id, user_id, answers) values ($1, $2, $3) on conflict do nothing";
    on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(user.db()).bind(answers).execute(conn).await?.rows_affected());
    Ok(())
}

/// The answers of a pulse that said it is not anonymous.
pub(super) async fn list_named_answers(tx: &mut Tx, id: PulseId) -> Result<Vec<(UserId, String)>> {
    const SQL: &str = "select user_id, answers from pulse_named_answers where pulse_id = $1 order by user_id";
    let rows: Vec<(i64, String)> = on_db!(tx, conn => sqlx::query_as(SQL).bind(id.0).fetch_all(conn).await?);
    Ok(rows.into_iter().map(|(user, answers)| (UserId::from_db(user), answers)).collect())
}

/// Closing → closed. `true` when this call did it.
pub(super) async fn finish_closing(tx: &mut Tx, id: PulseId) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'closed' where pulse_id = $1 and state = 'closing'";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).execute(conn).await?.rows_affected()) == 1)
}

/// Open or closing → stopped. `true` when this call did it.
pub(super) async fn stop(tx: &mut Tx, id: PulseId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "update pulses set state = 'stopped', closed_at = coalesce(closed_at, $2)
         where pulse_id = $1 and state in ('open', 'closing')";
    Ok(on_db!(tx, conn => sqlx::query(SQL).bind(id.0).bind(now).execute(conn).await?.rows_affected()) == 1)
}

impl PulseRow {
    fn into_pulse(self) -> Result<Pulse> {
        let id = PulseId(self.pulse_id);
        let broken = |what: &str| Error::internal(format!("pulse {id} holds {what}"));
        Ok(Pulse {
            id,
            guild: GuildId::from_db(self.guild_id),
            definition: serde_json::from_str(&self.definition)
                .map_err(|_| broken("a definition that cannot be read"))?,
            thresholds: serde_json::from_str(&self.thresholds).map_err(|_| broken("thresholds that cannot be read"))?,
            promise: self.promise,
            box_id: BoxId::parse(&self.box_id).ok_or_else(|| broken("a box id that cannot be one"))?,
            channel: ChannelId::from_db(self.channel_id),
            asked: match &self.asked {
                Some(asked) => serde_json::from_str(asked).map_err(|_| broken("an audience that cannot be read"))?,
                None => Asked::Everybody,
            },
            eligible: self.eligible.and_then(|count| u32::try_from(count).ok()),
            counted: self.counted.as_deref().and_then(Counted::parse),
            divisions: match &self.divisions {
                Some(divisions) => {
                    serde_json::from_str(divisions).map_err(|_| broken("divisions that cannot be read"))?
                }
                None => Vec::new(),
            },
            named: self.named.unwrap_or(false),
            answered: self.answered.and_then(|count| u32::try_from(count).ok()),
            opened_by: UserId::from_db(self.opened_by),
            opened_at: self.opened_at,
            closes_at: self.closes_at,
            state: match self.state.as_str() {
                "open" => State::Open,
                "closing" => State::Closing,
                "closed" => State::Closed,
                "stopped" => State::Stopped,
                other => return Err(broken(other)),
            },
            closed_at: self.closed_at,
        })
    }
}
