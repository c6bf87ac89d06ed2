//! From an event to rows and messages: the one place where a nomination changes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::model::{Actor, CONSENT_DAYS, Effect, Event, Nomination, NominationId, NominationRefusal};
use super::{job, message, store};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people::{self, GuildSettings};
use crate::post::Post;
use crate::schedule;
use crate::store::Tx;

/// Applies `event` to a nomination, stores what it made of it, and leaves the messages that follow from it.
pub(super) async fn apply(
    tx: &mut Tx,
    id: NominationId,
    event: Event,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<Nomination> {
    let before = store::find(tx, id).await?.ok_or(NominationRefusal::Gone)?;
    let (after, effects) = before.apply(event, by, now)?;
    if !store::save(tx, &before, &after).await? {
        return Err(NominationRefusal::Collided.into());
    }
    if !effects.is_empty() {
        let settings = people::find_guild(tx, before.guild)
            .await?
            .ok_or_else(|| Error::internal(format!("nomination {id} belongs to a server that is not noted")))?;
        let carrier = Carrier { before: &before, after: &after, settings: &settings, now };
        for effect in effects {
            carrier.carry_out(tx, effect).await?;
        }
    }
    Ok(after)
}

struct Carrier<'a> {
    before: &'a Nomination,
    after: &'a Nomination,
    settings: &'a GuildSettings,
    now: DateTime<Utc>,
}

impl Carrier<'_> {
    async fn carry_out(&self, tx: &mut Tx, effect: Effect) -> Result<()> {
        let (before, after, guild) = (self.before, self.after, self.after.guild);
        match effect {
            Effect::AskConsent => {
                // Asking for consent to publish makes sense only where there is somewhere to publish.
                self.channel()?;
                let question = message::question(after, self.settings);
                self.leave(tx, &question_key(after), To::Person(after.nominee), &question).await?;
                let answer_by = self.now + TimeDelta::days(CONSENT_DAYS);
                schedule::once(tx, guild, job::CLOSE_CONSENT, &after.id.to_string(), answer_by, &Value::Null).await?;
            }
            Effect::RemoveQuestion => outbox::delete(tx, guild, &question_key(before), self.now).await?,
            Effect::Publish { named } => {
                let story = message::story(after, named);
                self.leave(tx, &story_key(after), To::Channel(self.channel()?), &story).await?;
            }
            Effect::EditStory { named } => {
                outbox::edit(tx, guild, &story_key(after), &message::story(after, named), self.now).await?;
            }
            Effect::RemoveStory => outbox::delete(tx, guild, &story_key(before), self.now).await?,
            Effect::TellDeclined => {
                let key = format!("recognition:{}:declined", after.id);
                self.tell(tx, &key, after.nominator, &message::declined(after)).await?;
            }
            Effect::PassOnThanks => {
                let thanks = message::passed_on_thanks(before, self.settings);
                self.tell(tx, &format!("recognition:{}:thanks", after.id), after.nominee, &thanks).await?;
                let told = message::told_passed_on(after);
                self.tell(tx, &format!("recognition:{}:passed-on", after.id), after.nominator, &told).await?;
            }
        }
        Ok(())
    }

    fn channel(&self) -> Result<ChannelId, NominationRefusal> {
        self.settings.recognition_channel.ok_or(NominationRefusal::NoChannel)
    }

    async fn tell(&self, tx: &mut Tx, key: &str, person: UserId, post: &Post) -> Result<()> {
        self.leave(tx, key, To::Person(person), post).await
    }

    async fn leave(&self, tx: &mut Tx, key: &str, to: To, post: &Post) -> Result<()> {
        outbox::queue(tx, Queue { guild: self.after.guild, key, to, post, due_at: self.now }).await?;
        Ok(())
    }
}

fn question_key(nomination: &Nomination) -> String {
    format!("recognition:{}:question", nomination.id)
}

/// A story that was taken down and is published again is a new message, so the key carries its number.
fn story_key(nomination: &Nomination) -> String {
    format!("recognition:{}:story:{}", nomination.id, nomination.stories)
}
