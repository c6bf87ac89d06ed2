//! Interactions in flight: their deadline, token, and what the bot answered.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Draft, Patch, Reference, Upload, World, flag, random_text};
use crate::emulator::event::Event;
use crate::emulator::id::Id;
use crate::emulator::rules::InteractionKind;

/// How long the bot has for its first answer. Real time: people wait in it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(3);
/// How long a token is good for follow-ups. World time, so that a moved clock expires it.
const TOKEN_LIFE: TimeDelta = TimeDelta::minutes(15);
/// How many interactions are remembered, even while their tokens are good.
const KEPT: usize = 5_000;
/// How many open forms are remembered.
const KEPT_FORMS: usize = 500;

/// Discord's interaction types.
pub(crate) mod interaction_kind {
    pub const COMMAND: u8 = 2;
    pub const COMPONENT: u8 = 3;
    pub const AUTOCOMPLETE: u8 = 4;
    pub const MODAL: u8 = 5;
}

/// Which interaction made a message, as its metadata tell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Used {
    pub interaction_id: Id,
    pub kind: u8,
    pub user_id: Id,
    pub guild_id: Option<Id>,
    /// The full name of the command.
    pub command: Option<String>,
    pub command_kind: u8,
    pub target_user_id: Option<Id>,
    pub target_message_id: Option<Id>,
    /// The message whose control was used.
    pub interacted_message_id: Option<Id>,
    /// What opened the form.
    pub opened_by: Option<Box<Used>>,
    /// Set on follow-ups.
    pub original_message_id: Option<Id>,
}

/// A form that the bot showed to a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Form {
    pub interaction_id: Id,
    pub user_id: Id,
    pub channel_id: Id,
    pub source_message_id: Option<Id>,
    pub opened_by: Used,
    /// `custom_id`, `title`, `components` in Discord's shape.
    pub data: Value,
}

/// One use of a command, control or form.
#[derive(Debug)]
pub(crate) struct Interaction {
    pub id: Id,
    pub token: String,
    pub kind: u8,
    pub user_id: Id,
    pub guild_id: Option<Id>,
    pub channel_id: Id,
    pub data: Value,
    pub source_message_id: Option<Id>,
    pub used: Used,
    pub state: InteractionState,
    /// The message that `@original` means.
    pub original_message_id: Option<Id>,
    /// The message that the bot last added or changed after its first answer.
    pub latest_follow_up: Option<Id>,
    /// The next follow-up fills the "thinking" message instead of adding one.
    followup_fills_original: bool,
    sent: Instant,
    created_at: DateTime<Utc>,
}

/// How far an interaction has come.
#[derive(Clone, Debug)]
pub(crate) enum InteractionState {
    Waiting,
    Answered(Answer),
    /// Nobody answered in time.
    Failed,
}

/// The bot's first answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Message(Id),
    Updated(Id),
    DeferredUpdate,
    Form,
    Choices(Vec<Value>),
}

/// An interaction still to be sent.
#[derive(Debug)]
pub(crate) struct NewInteraction {
    pub kind: u8,
    pub user_id: Id,
    pub channel_id: Id,
    pub data: Value,
    pub source_message_id: Option<Id>,
    pub command: Option<String>,
    pub command_kind: u8,
    pub target_user_id: Option<Id>,
    pub target_message_id: Option<Id>,
    pub opened_by: Option<Used>,
}

/// Every interaction that is still remembered.
#[derive(Debug, Default)]
pub(crate) struct Interactions {
    by_id: HashMap<Id, Interaction>,
    order: VecDeque<Id>,
    /// Those whose three seconds run, oldest first.
    deadlines: VecDeque<(Instant, Id)>,
    waiting: usize,
}

/// Why a callback or follow-up finds no interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Unknown,
    AlreadyAnswered,
    Expired,
    UnknownMessage,
}

impl Interactions {
    pub(crate) fn get(&self, id: Id) -> Option<&Interaction> {
        self.by_id.get(&id)
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// When the oldest unanswered deadline passes.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }
}

impl Interaction {
    /// What the rules need to know about it.
    pub(crate) fn rules_kind(&self) -> InteractionKind {
        match self.kind {
            interaction_kind::COMPONENT => InteractionKind::Component,
            interaction_kind::AUTOCOMPLETE => InteractionKind::Autocomplete,
            interaction_kind::MODAL => InteractionKind::Modal { from_component: self.source_message_id.is_some() },
            _ => InteractionKind::Command,
        }
    }

    /// Whether the original message still says "thinking".
    fn response_kind(&self) -> u8 {
        match self.kind {
            interaction_kind::COMMAND if self.used.command_kind == 1 => 20,
            interaction_kind::COMMAND => 23,
            _ if self.source_message_id.is_some() => 19,
            _ => 0,
        }
    }

    /// A new message that answers this interaction.
    fn draft(&self, body: &Value, uploads: Vec<Upload>) -> Draft {
        let mut draft = Draft::read(body, uploads);
        draft.nonce = None;
        draft.used = Some(self.used.clone());
        draft.only_for = (draft.flags & flag::EPHEMERAL != 0).then_some(self.user_id);
        draft
    }
}

impl World {
    /// Sends an interaction on its way to the bot.
    pub(crate) fn open_interaction(&mut self, new: NewInteraction, sent: Instant) -> Id {
        self.forget_old_interactions();
        let id = self.take_id();
        let guild_id = self.channels.get(&new.channel_id).and_then(|channel| channel.guild_id);
        let used = Used {
            interaction_id: id,
            kind: new.kind,
            user_id: new.user_id,
            guild_id,
            command: new.command,
            command_kind: new.command_kind,
            target_user_id: new.target_user_id,
            target_message_id: new.target_message_id,
            interacted_message_id: new.source_message_id,
            opened_by: new.opened_by.map(Box::new),
            original_message_id: None,
        };
        let interaction = Interaction {
            id,
            token: token_of(id),
            kind: new.kind,
            user_id: new.user_id,
            guild_id,
            channel_id: new.channel_id,
            data: new.data,
            source_message_id: new.source_message_id,
            used,
            state: InteractionState::Waiting,
            original_message_id: None,
            latest_follow_up: None,
            followup_fills_original: false,
            sent,
            created_at: self.now,
        };
        let (user_id, channel_id) = (interaction.user_id, interaction.channel_id);
        self.interactions.by_id.insert(id, interaction);
        self.interactions.order.push_back(id);
        self.interactions.deadlines.push_back((sent + DEADLINE, id));
        self.interactions.waiting += 1;
        self.note(Event::InteractionSent { interaction_id: id, user_id, channel_id });
        id
    }

    fn forget_old_interactions(&mut self) {
        let now = self.now;
        let interactions = &mut self.interactions;
        while let Some(oldest) = interactions.order.front() {
            let gone = interactions.by_id.get(oldest).is_none_or(|interaction| {
                let done = !matches!(interaction.state, InteractionState::Waiting);
                done && (interactions.order.len() > KEPT || now - interaction.created_at >= TOKEN_LIFE)
            });
            if !gone {
                return;
            }
            interactions.by_id.remove(oldest);
            interactions.order.pop_front();
        }
    }

    /// Fails every interaction whose three seconds are over.
    pub(crate) fn fail_overdue(&mut self, at: Instant) {
        while let Some((deadline, id)) = self.interactions.deadlines.front().copied() {
            if deadline > at {
                return;
            }
            self.interactions.deadlines.pop_front();
            self.fail(id);
        }
    }

    fn fail(&mut self, id: Id) {
        let Some(interaction) = self.interactions.by_id.get_mut(&id) else { return };
        if matches!(interaction.state, InteractionState::Waiting) {
            interaction.state = InteractionState::Failed;
            let user_id = interaction.user_id;
            self.interactions.waiting -= 1;
            self.note(Event::InteractionFailed { interaction_id: id, user_id });
        }
    }

    /// The interaction that a callback may still answer.
    pub(crate) fn answerable(&mut self, id: Id, token: &str, at: Instant) -> Result<&Interaction, Lookup> {
        let interaction = self.interactions.by_id.get(&id).filter(|each| each.token == token).ok_or(Lookup::Unknown)?;
        match interaction.state {
            InteractionState::Answered(_) => return Err(Lookup::AlreadyAnswered),
            InteractionState::Failed => return Err(Lookup::Unknown),
            InteractionState::Waiting if at.duration_since(interaction.sent) > DEADLINE => {
                self.fail(id);
                return Err(Lookup::Unknown);
            }
            InteractionState::Waiting => {}
        }
        Ok(&self.interactions.by_id[&id])
    }

    fn answered(&mut self, id: Id, answer: Answer, original: Option<Id>, fills: bool) {
        let interaction = self.interactions.by_id.get_mut(&id).expect("the caller holds the interaction");
        interaction.state = InteractionState::Answered(answer);
        interaction.original_message_id = original;
        interaction.followup_fills_original = fills;
        // The bot has read it; only the token and the answer matter from here on.
        interaction.data = Value::Null;
        let user_id = interaction.user_id;
        self.interactions.waiting -= 1;
        self.note(Event::InteractionAnswered { interaction_id: id, user_id });
    }

    /// Answers with a message (callback type 4), or with "thinking" when `deferred` (5).
    pub(crate) fn answer_with_message(&mut self, id: Id, body: &Value, uploads: Vec<Upload>, deferred: bool) -> Id {
        let interaction = &self.interactions.by_id[&id];
        let mut draft = interaction.draft(body, uploads);
        draft.kind = interaction.response_kind();
        draft.reference = interaction
            .source_message_id
            .map(|message_id| Reference { channel_id: interaction.channel_id, message_id: Some(message_id) });
        if deferred {
            draft.flags |= flag::LOADING;
        }
        let (channel_id, bot) = (interaction.channel_id, self.bot_user_id());
        let message_id = self.post(channel_id, bot, draft);
        self.answered(id, Answer::Message(message_id), Some(message_id), deferred);
        message_id
    }

    /// Answers by changing the message whose control was used (7), or by promising to (6, without a patch).
    pub(crate) fn answer_with_update(&mut self, id: Id, patch: Option<Patch>) -> Option<Id> {
        let source = self.interactions.by_id[&id].source_message_id;
        match (patch, source) {
            (Some(patch), Some(message_id)) => {
                self.revise(message_id, patch);
                self.answered(id, Answer::Updated(message_id), source, false);
            }
            _ => self.answered(id, Answer::DeferredUpdate, source, false),
        }
        source
    }

    /// Answers with suggestions (8).
    pub(crate) fn answer_with_choices(&mut self, id: Id, choices: Vec<Value>) {
        self.answered(id, Answer::Choices(choices), None, false);
    }

    /// Answers with a form (9).
    pub(crate) fn answer_with_form(&mut self, id: Id, data: Value) {
        let interaction = &self.interactions.by_id[&id];
        let form = Form {
            interaction_id: id,
            user_id: interaction.user_id,
            channel_id: interaction.channel_id,
            source_message_id: interaction.source_message_id,
            opened_by: interaction.used.clone(),
            data,
        };
        self.forms.insert(id, form);
        if self.forms.len() > KEPT_FORMS {
            self.forms.pop_first();
        }
        self.answered(id, Answer::Form, None, false);
    }

    /// The interaction that a token belongs to, as the webhook routes ask for it.
    pub(crate) fn by_token(&self, token: &str) -> Result<&Interaction, Lookup> {
        let id = id_of(token).ok_or(Lookup::Unknown)?;
        let Some(interaction) = self.interactions.by_id.get(&id) else {
            // It was one of ours once: forgotten because its time is over.
            return Err(if self.knows_id(id) { Lookup::Expired } else { Lookup::Unknown });
        };
        if interaction.token != token {
            return Err(Lookup::Unknown);
        }
        if self.now - interaction.created_at >= TOKEN_LIFE {
            return Err(Lookup::Expired);
        }
        match interaction.state {
            InteractionState::Answered(_) => Ok(interaction),
            InteractionState::Waiting | InteractionState::Failed => Err(Lookup::Unknown),
        }
    }

    /// A message of this interaction: `None` means `@original`.
    pub(crate) fn message_of_token(&self, token: &str, message_id: Option<Id>) -> Result<(Id, Id), Lookup> {
        let interaction = self.by_token(token)?;
        let wanted = message_id.or(interaction.original_message_id).ok_or(Lookup::UnknownMessage)?;
        let message = self.messages.get(&wanted).ok_or(Lookup::UnknownMessage)?;
        let made_here = message.used.as_ref().is_some_and(|used| used.interaction_id == interaction.id);
        let ours = made_here || interaction.original_message_id == Some(wanted);
        if ours { Ok((interaction.id, wanted)) } else { Err(Lookup::UnknownMessage) }
    }

    /// Adds a message after the first answer; right after "thinking" it fills that message instead, as Discord still does.
    pub(crate) fn follow_up(&mut self, token: &str, body: &Value, uploads: Vec<Upload>) -> Result<Id, Lookup> {
        let interaction = self.by_token(token)?;
        let (id, channel_id) = (interaction.id, interaction.channel_id);
        if interaction.followup_fills_original
            && let Some(original) = interaction.original_message_id
            && self.messages.get(&original).is_some_and(|message| message.flags & flag::LOADING != 0)
        {
            self.revise(original, Patch::read(body, uploads));
            self.followed_up(id, original);
            return Ok(original);
        }
        let mut draft = interaction.draft(body, uploads);
        let original = interaction.original_message_id;
        draft.kind = if original.is_some() { 19 } else { 0 };
        draft.reference = original.map(|message_id| Reference { channel_id, message_id: Some(message_id) });
        if let Some(used) = draft.used.as_mut() {
            used.original_message_id = original;
        }
        let bot = self.bot_user_id();
        let message_id = self.post(channel_id, bot, draft);
        self.followed_up(id, message_id);
        Ok(message_id)
    }

    /// Notes that the bot came back to an interaction after its first answer.
    pub(crate) fn followed_up(&mut self, id: Id, message_id: Id) {
        if let Some(interaction) = self.interactions.by_id.get_mut(&id) {
            interaction.followup_fills_original = false;
            interaction.latest_follow_up = Some(message_id);
            let user_id = interaction.user_id;
            self.note(Event::InteractionFollowedUp { interaction_id: id, user_id });
        }
    }
}

/// Discord's tokens name their interaction in the clear too; that spares a second index.
fn token_of(id: Id) -> String {
    use base64::Engine as _;
    let clear = format!("interaction:{id}:{}", random_text());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(clear)
}

fn id_of(token: &str) -> Option<Id> {
    use base64::Engine as _;
    let clear = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).ok()?;
    let clear = std::str::from_utf8(&clear).ok()?;
    clear.strip_prefix("interaction:")?.split(':').next()?.parse().ok()
}
