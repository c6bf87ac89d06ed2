//! What follows a result: what came of it, comments on their way through two leads, reminders.

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::budget::MOST_MESSAGES_A_WEEK;
use super::closing::{self, post_key};
use super::message;
use super::model::{Comment, Outcome, Pulse, PulseId, PulseRefusal};
use super::store;
use crate::calendar::instant;
use crate::discord::{Control, Incoming, Reply};
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::schedule;
use crate::services::Services;
use crate::store::Tx;
use crate::survey::mask;
use crate::text::{clean, shorten};

/// Reminds the lead who told an outcome.
pub(super) const OUTCOME_JOB: &str = "pulse_outcome_due";
const MORNING: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).expect("09:00 is a time");

/// Keeps and posts what leads wrote about an outcome.
pub(super) async fn act(services: &Services, incoming: &Incoming, control: &Control, id: PulseId) -> Result<Reply> {
    let pulse = on_this_server(services, incoming, id).await?;
    let text = |name: &str, most: usize| shorten(&clean(control.written.get(name).map_or("", String::as_str)), most);
    let written_day = text("due", 20);
    let outcome = |due_on| Outcome {
        you_said: text("said", 600),
        we_will: text("will", 600),
        owner: text("owner", 80),
        due_on,
        we_will_not: text("wont", 400),
        told_by: incoming.person.user,
    };
    let without_day = || Ok(Reply::Say(message::outcome_without_day(&outcome(NaiveDate::default()), &written_day)));
    let Some(due_on) = message::parse_day(&written_day) else { return without_day() };
    let telling = outcome(due_on);
    let (now, default_zone) = (services.clock.now(), services.settings.time.zone);
    let channel = pulse.channel;
    let told = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let zone = people::find_guild(tx, pulse.guild).await?.map_or(default_zone, |guild| guild.zone);
                if due_on < now.with_timezone(&zone).date_naive() {
                    return Ok(false);
                }
                let first = store::tell_outcome(tx, pulse.id, &telling, now).await?;
                let (key, post) = (format!("pulse:{}:outcome", pulse.id), message::outcome(&pulse, &telling));
                if first {
                    let to = To::Channel(pulse.channel);
                    outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
                } else {
                    outbox::edit(tx, pulse.guild, &key, &post, now).await?;
                }
                let due_key = format!("{}:{due_on}", pulse.id);
                let payload = serde_json::json!({ "pulse": pulse.id });
                schedule::once(
                    tx,
                    pulse.guild,
                    OUTCOME_JOB,
                    &due_key,
                    instant(due_on.and_time(MORNING), zone),
                    &payload,
                )
                .await?;
                Ok(true)
            })
        })
        .await?;
    if !told {
        return without_day();
    }
    Ok(Reply::say(format!(
        "It is on its way to {}. I remind you on the day you named, and the next run of this pulse quotes it.",
        channel.mention()
    )))
}

/// Reminds the lead, unless another day was named since.
pub(super) async fn say_due(tx: &mut Tx, id: PulseId, due_key: &str, now: DateTime<Utc>) -> Result<()> {
    let Some(pulse) = store::find_pulse(tx, id).await? else { return Ok(()) };
    let Some(outcome) = store::find_outcome(tx, id).await? else { return Ok(()) };
    if due_key != format!("{id}:{}", outcome.due_on) {
        return Ok(());
    }
    let (key, post) = (format!("pulse:{due_key}:due"), message::outcome_due(&pulse, &outcome));
    let to = To::Person(outcome.told_by);
    outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
    Ok(())
}

/// Leaves one neutral reminder in the channel, and the same for everybody who asked for direct messages.
pub(super) async fn remind(tx: &mut Tx, pulse: &Pulse, number: u64, now: DateTime<Utc>) -> Result<()> {
    let jump = match outbox::find_sent(tx, &post_key(pulse.id)).await? {
        Some(sent) => format!(" https://discord.com/channels/{}/{}/{}", pulse.guild, sent.channel, sent.message),
        None => String::new(),
    };
    let (key, post) = (format!("pulse:{}:remind:{number}", pulse.id), message::reminder(pulse, &jump));
    let to = To::Channel(pulse.channel);
    outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
    let post = message::private_reminder(pulse, &jump);
    // Whatever they were about: a person who had their messages this week is left alone, whether they have answered or not.
    let week = now - Days::new(7);
    let enough: HashSet<UserId> =
        outbox::list_often_messaged(tx, pulse.guild, week, MOST_MESSAGES_A_WEEK).await?.into_iter().collect();
    for user in store::list_to_remind(tx, pulse).await? {
        if enough.contains(&user) {
            continue;
        }
        let key = format!("pulse:{}:remind:{number}:{user}", pulse.id);
        let to = To::Person(user);
        outbox::queue(tx, Queue { guild: pulse.guild, key: &key, to, post: &post, due_at: now }).await?;
    }
    Ok(())
}

/// The next comment that this lead can judge.
pub(super) async fn next_comment(
    services: &Services,
    pulse: &Pulse,
    lead: UserId,
    done: Option<&str>,
) -> Result<crate::post::Post> {
    let comments = list_comments(services, pulse.id).await?;
    let waiting: Vec<&Comment> = comments.iter().filter(|comment| !comment.agreed).collect();
    let mine = |comment: &&&Comment| comment.proposal.as_ref().is_none_or(|(_, by)| *by != lead);
    let left = waiting.iter().filter(mine).count();
    // Another lead's suggestions first: they are one press from done.
    let mut open: Vec<&&Comment> = waiting.iter().filter(mine).collect();
    open.sort_by_key(|comment| comment.proposal.is_none());
    Ok(match open.first() {
        Some(comment) => message::comment_to_judge(pulse, comment, left, done),
        None => message::comments_done(pulse, waiting.len()),
    })
}

pub(super) async fn list_comments(services: &Services, id: PulseId) -> Result<Vec<Comment>> {
    services.store.read(move |tx| Box::pin(async move { store::list_comments(tx, id).await })).await
}

/// What a lead decides about a comment.
pub(super) enum Judgement<'a> {
    Publish,
    Words(&'a str),
    LeaveOut,
    Agree,
}

/// Notes a lead's judgement; when two agree on the last one, what may be published is.
pub(super) async fn judge(
    services: &Services,
    incoming: &Incoming,
    comment: &str,
    judgement: Judgement<'_>,
) -> Result<Reply> {
    let (pulse, comment) = find_comment(services, incoming, comment).await?;
    let (by, now) = (incoming.person.user, services.clock.now());
    let (agrees, proposal) = match judgement {
        Judgement::Agree => (true, String::new()),
        Judgement::Publish => (false, comment.words.clone()),
        Judgement::LeaveOut => (false, String::new()),
        Judgement::Words(words) => (false, shorten(&mask(words), 300)),
    };
    if agrees && comment.proposal.as_ref().is_some_and(|(_, proposed_by)| *proposed_by == by) {
        return Err(PulseRefusal::NeedsAnotherLead.into());
    }
    let (judged, id) = (pulse.clone(), comment.id.clone());
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                if agrees {
                    store::agree(tx, &id, by).await?;
                } else {
                    store::propose(tx, &id, &proposal, by).await?;
                }
                let all = store::list_comments(tx, judged.id).await?;
                if all.iter().all(|comment| comment.agreed)
                    && let Some(post) = message::published_comments(&judged, &all)
                {
                    let (key, to) = (format!("pulse:{}:comments", judged.id), To::Channel(judged.channel));
                    outbox::queue(tx, Queue { guild: judged.guild, key: &key, to, post: &post, due_at: now }).await?;
                }
                Ok(())
            })
        })
        .await?;
    let done = if agrees { "Agreed." } else { "Noted. Another lead has to agree." };
    Ok(Reply::Update(next_comment(services, &pulse, by, Some(done)).await?))
}

/// The comment on this server with this id, and its run.
pub(super) async fn find_comment(services: &Services, incoming: &Incoming, id: &str) -> Result<(Pulse, Comment)> {
    let wanted = id.to_owned();
    let comment =
        services.store.read(move |tx| Box::pin(async move { store::find_comment(tx, &wanted).await })).await?;
    let comment = comment.ok_or(PulseRefusal::Gone)?;
    let pulse = on_this_server(services, incoming, comment.pulse).await?;
    Ok((pulse, comment))
}

async fn on_this_server(services: &Services, incoming: &Incoming, id: PulseId) -> Result<Pulse> {
    let guild: GuildId = incoming.on_server()?;
    let pulse = closing::find(services, id).await?;
    if pulse.guild == guild { Ok(pulse) } else { Err(PulseRefusal::Gone.into()) }
}
