//! From an event to rows and messages: the one place where a nomination changes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::model::{Actor, Effect, Event};
use super::nomination::{CONSENT_DAYS, Nomination, NominationId, State, forget_after};
use super::refusal::NominationRefusal;
use super::{job, message, store};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people::{self, GuildSettings};
use crate::post::Post;
use crate::schedule;
use crate::store::Tx;

/// Messages that ask somebody for consent, and show the words.
pub(super) const QUESTION: &str = "question";
/// Messages that tell the story.
pub(super) const STORY: &str = "story";
/// Neutral messages for those whom no direct message reaches.
pub(super) const NOTICE: &str = "notice";

/// Long enough for the sender to have tried.
const REACH_AFTER: TimeDelta = TimeDelta::minutes(10);

/// Applies `event` to a nomination, stores what it made of it, and leaves the messages that follow from it.
pub(super) async fn apply(
    tx: &mut Tx,
    id: NominationId,
    event: Event,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<Nomination> {
    let before = store::hold(tx, id).await?.ok_or(NominationRefusal::Gone)?;
    let (after, effects) = before.apply(event, by, now)?;
    let settings = if effects.is_empty() {
        None
    } else {
        let found = people::find_guild(tx, before.guild).await?;
        Some(found.ok_or_else(|| Error::internal(format!("nomination {id} belongs to a server that is not noted")))?)
    };
    // Refused before anything is written: the calendar goes on after a refusal, and would keep half of it.
    let needs_channel = effects.iter().any(|effect| matches!(effect, Effect::AskConsent | Effect::Publish));
    if needs_channel && settings.as_ref().is_some_and(|settings| settings.recognition_channel.is_none()) {
        return Err(NominationRefusal::NoChannel.into());
    }
    if !store::save(tx, &before, &after).await? {
        return Err(NominationRefusal::Collided.into());
    }
    if let Some(settings) = settings {
        let carrier = Carrier { before: &before, after: &after, settings: &settings, by, now };
        for effect in effects {
            carrier.carry_out(tx, effect).await?;
        }
    }
    if !before.vote.is_past() && after.vote.is_past() && after.state.holds_words() {
        plan_forgetting(tx, &after, now).await?;
    }
    if before.state == State::Asked && after.state != State::Asked {
        remove(tx, &after, NOTICE, now).await?;
    }
    if before.state.holds_words() && !after.state.holds_words() {
        // Whatever led here: no message and no row may hold the words any longer.
        for what in [QUESTION, STORY, NOTICE] {
            remove(tx, &after, what, now).await?;
        }
        store::erase_around(tx, id).await?;
    }
    Ok(after)
}

/// What a vote did not choose is kept [`KEPT_DAYS`] after its round, and a week at least, so that the people it is about read what became
/// of it.
async fn plan_forgetting(tx: &mut Tx, nomination: &Nomination, now: DateTime<Utc>) -> Result<()> {
    let Some(round) = nomination.round else { return Ok(()) };
    let round = store::find_round(tx, round).await?;
    let zone = people::find_guild(tx, nomination.guild).await?.map_or(chrono_tz::UTC, |settings| settings.zone);
    let after_round = round.map_or(now, |round| forget_after(round.quarter, zone));
    let at = after_round.max(now + TimeDelta::days(CONSENT_DAYS));
    schedule::once(tx, nomination.guild, job::FORGET, &format!("{}:vote", nomination.id), at, &Value::Null).await?;
    Ok(())
}

/// Takes every message of one kind down, and what waits of it out of the outbox.
async fn remove(tx: &mut Tx, nomination: &Nomination, what: &str, now: DateTime<Utc>) -> Result<()> {
    for key in store::list_posts(tx, nomination.id, what).await? {
        outbox::delete(tx, nomination.guild, &key, now).await?;
    }
    store::forget_posts(tx, nomination.id, what).await
}

struct Carrier<'a> {
    before: &'a Nomination,
    after: &'a Nomination,
    settings: &'a GuildSettings,
    by: Actor,
    now: DateTime<Utc>,
}

impl Carrier<'_> {
    async fn carry_out(&self, tx: &mut Tx, effect: Effect) -> Result<()> {
        let (before, after, now) = (self.before, self.after, self.now);
        match effect {
            Effect::AskConsent => {
                // Asking for consent to publish makes sense only where there is somewhere to publish.
                self.channel()?;
                for person in &after.people {
                    let question = message::question(after, person.user, self.settings);
                    self.show(tx, &question_key(after, person.user), QUESTION, To::Person(person.user), &question)
                        .await?;
                }
                self.plan(tx, &after.id.to_string()).await?;
            }
            Effect::RenewQuestion => {
                for person in after.people.iter().filter(|person| self.by != Actor::Person(person.user)) {
                    let key = question_key(after, person.user);
                    let question = message::question(after, person.user, self.settings);
                    outbox::edit(tx, after.guild, &key, &question, now).await?;
                }
                if after.state == State::Asked {
                    self.plan(tx, &format!("{}:{}", after.id, after.revision)).await?;
                }
            }
            Effect::RemoveQuestion => remove(tx, before, QUESTION, now).await?,
            Effect::Publish => {
                let story = message::story(after);
                self.show(tx, &story_key(after), STORY, To::Channel(self.channel()?), &story).await?;
            }
            Effect::EditStory => {
                for key in store::list_posts(tx, after.id, STORY).await? {
                    outbox::edit(tx, after.guild, &key, &message::story(after), now).await?;
                }
            }
            Effect::RemoveStory => remove(tx, before, STORY, now).await?,
            Effect::TellDeclined => {
                let key = format!("recognition:{}:declined", after.id);
                self.leave(tx, &key, To::Person(after.nominator), &message::declined(after)).await?;
            }
            Effect::PassOnThanks => {
                let thanks = message::passed_on_thanks(before, self.settings);
                for person in &after.people {
                    let key = format!("recognition:{}:thanks:{}", after.id, person.user);
                    self.leave(tx, &key, To::Person(person.user), &thanks).await?;
                }
                let (key, told) = (format!("recognition:{}:passed-on", after.id), message::told_passed_on(after));
                self.leave(tx, &key, To::Person(after.nominator), &told).await?;
            }
        }
        Ok(())
    }

    /// Plans the end of waiting for answers, and a look whether the question arrived.
    async fn plan(&self, tx: &mut Tx, key: &str) -> Result<()> {
        let (guild, null) = (self.after.guild, &Value::Null);
        schedule::once(tx, guild, job::CLOSE_CONSENT, key, self.now + TimeDelta::days(CONSENT_DAYS), null).await?;
        schedule::once(tx, guild, job::REACH, key, self.now + REACH_AFTER, null).await?;
        Ok(())
    }

    fn channel(&self) -> Result<ChannelId, NominationRefusal> {
        self.settings.recognition_channel.ok_or(NominationRefusal::NoChannel)
    }

    /// Leaves a message that shows the nomination's words, and notes where, so that it can be taken down.
    async fn show(&self, tx: &mut Tx, key: &str, what: &str, to: To, post: &Post) -> Result<()> {
        store::note_post(tx, self.after.id, key, what, self.now).await?;
        self.leave(tx, key, to, post).await
    }

    async fn leave(&self, tx: &mut Tx, key: &str, to: To, post: &Post) -> Result<()> {
        outbox::queue(tx, Queue { guild: self.after.guild, key, to, post, due_at: self.now }).await?;
        Ok(())
    }
}

/// If a question did not reach one of the people, a neutral post lets them find it; it names nobody and nothing.
pub(super) async fn reach(tx: &mut Tx, id: NominationId, now: DateTime<Utc>) -> Result<()> {
    let Some(nomination) = store::find(tx, id).await?.filter(|nomination| nomination.state == State::Asked) else {
        return Ok(());
    };
    let mut unreached = false;
    for person in nomination.people.iter().filter(|person| person.consent.is_none()) {
        unreached |= outbox::find_failure(tx, &question_key(&nomination, person.user)).await?.is_some();
    }
    let settings = people::find_guild(tx, nomination.guild).await?;
    let Some(channel) = settings.and_then(|settings| settings.recognition_channel).filter(|_| unreached) else {
        return Ok(());
    };
    let key = format!("recognition:{id}:notice");
    store::note_post(tx, id, &key, NOTICE, now).await?;
    let (post, to) = (message::notice(), To::Channel(channel));
    outbox::queue(tx, Queue { guild: nomination.guild, key: &key, to, post: &post, due_at: now }).await?;
    Ok(())
}

/// Tells a published story once more, if it still stands; whether it did.
pub(super) async fn tell_again(tx: &mut Tx, nomination: &Nomination, slot: &str, now: DateTime<Utc>) -> Result<bool> {
    let settings = people::find_guild(tx, nomination.guild).await?;
    let Some(channel) = settings.and_then(|settings| settings.recognition_channel) else { return Ok(false) };
    if nomination.state != State::Published {
        return Ok(false);
    }
    let key = format!("recognition:{}:again:{slot}", nomination.id);
    store::note_post(tx, nomination.id, &key, STORY, now).await?;
    let (post, to) = (message::story_again(nomination), To::Channel(channel));
    outbox::queue(tx, Queue { guild: nomination.guild, key: &key, to, post: &post, due_at: now }).await
}

fn question_key(nomination: &Nomination, user: UserId) -> String {
    format!("recognition:{}:question:{user}", nomination.id)
}

/// A story that was taken down and is published again is a new message, so the key carries its number.
fn story_key(nomination: &Nomination) -> String {
    format!("recognition:{}:story:{}", nomination.id, nomination.stories)
}
