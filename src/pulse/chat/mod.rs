//! Pulses on Discord: load, decide, save, answer.

mod answering;
mod calendar;
mod command;
mod finishing;
mod lead;
mod outcome;
mod pick;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity_commands::Commands;
use tokio_util::task::TaskTracker;

pub(super) use self::answering::Posted;
use self::command::{PulseCommand, PulseCommands};
use super::answering::Step as Answering;
use super::builder;
use super::calendar::OpenPulse;
use super::job::{ClosePulse, FinishPulse, OutcomeDue, RemindOfPulse};
use super::message::{self, Action, FEATURE};
use super::model::{PulseId, PulseRefusal};
use super::outcomes::{self, Judgement};
use super::session::AskAboutSession;
use super::store;
use crate::discord::{Call, Choice, Control, Feature, Incoming, Joined, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::schedule::Job;
use crate::sealed::Sealed;
use crate::services::Services;

/// The feature. Cloning it is cheap; clones share what they remember.
#[derive(Clone)]
pub struct Pulses {
    inner: Arc<Inner>,
}

struct Inner {
    sealed: Sealed,
    /// What never changes of the runs that people press on, so that a press costs one statement.
    posted: RwLock<HashMap<PulseId, Arc<Posted>>>,
    closings: TaskTracker,
    /// One closing at a time: a retry that comes due meanwhile would publish without the picture that the first is drawing.
    finishing: tokio::sync::Mutex<()>,
}

impl Pulses {
    /// The feature, with its answers sealed by `sealed`.
    pub fn new(sealed: Sealed) -> Self {
        Self {
            inner: Arc::new(Inner {
                sealed,
                posted: RwLock::default(),
                closings: TaskTracker::new(),
                finishing: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// The jobs that the schedule runs for pulses.
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        vec![
            Arc::new(ClosePulse(self.clone())),
            Arc::new(FinishPulse(self.clone())),
            Arc::new(OpenPulse(self.clone())),
            Arc::new(AskAboutSession(self.clone())),
            Arc::new(RemindOfPulse),
            Arc::new(OutcomeDue),
        ]
    }

    /// Waits until no closing is under way in this process. For an orderly stop, and for tests.
    pub async fn settle(&self) {
        self.inner.closings.close();
        self.inner.closings.wait().await;
        self.inner.closings.reopen();
    }
}

impl fmt::Debug for Pulses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pulses")
    }
}

#[async_trait]
impl Feature for Pulses {
    fn name(&self) -> &'static str {
        FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        PulseCommands::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "pulse open"
            | "pulse new"
            | "pulse close"
            | "pulse act"
            | "pulse comments"
            | "pulse answers"
            | "pulse schedule monthly"
            | "pulse schedule weekly"
            | "pulse schedule list"
            | "pulse schedule preview"
            | "pulse schedule pause"
            | "pulse schedule resume"
            | "pulse schedule skip"
            | "pulse schedule post-now" => Some(Tier::Lead),
            "pulse results" | "pulse list" => Some(Tier::Member),
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        if Action::OF_MEMBERS.contains(&action) {
            Some(Tier::Member)
        } else {
            Action::OF_LEADS.contains(&action).then_some(Tier::Lead)
        }
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        let PulseCommands::Pulse(command) = PulseCommands::from_command_data(&call.data).map_err(|fault| {
            Error::internal(format!("`/{}` came with options that do not parse: {fault}", call.path))
        })?;
        match command {
            PulseCommand::Open(wanted) => self.open_as(services, incoming, wanted).await,
            PulseCommand::New { pulse } => builder::start(services, incoming, pulse.as_deref()).await,
            PulseCommand::Schedule(command) => self.schedule(services, incoming, command).await,
            PulseCommand::Act { pulse } => Self::act(services, incoming, &pulse).await,
            PulseCommand::Comments { pulse } => Self::comments(services, incoming, &pulse).await,
            PulseCommand::Answers { pulse } => Self::answers(services, incoming, &pulse).await,
            PulseCommand::Close { pulse } => self.close(services, incoming, &pulse).await,
            PulseCommand::Results { pulse } => Self::results(services, incoming, &pulse).await,
            PulseCommand::List => {
                let guild = incoming.on_server()?;
                let pulses =
                    services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
                Ok(Reply::Say(message::list(&pulses)))
            }
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let step = |pulse, step| self.step(services, incoming, control, pulse, step);
        match Action::parse(&control.id).ok_or(PulseRefusal::OldButton)? {
            Action::Answer { pulse, token } => self.answer(services, incoming, pulse, token).await,
            Action::Withdraw { pulse } => self.withdraw(services, incoming, pulse).await,
            Action::Promise { pulse } => Self::promise(services, incoming, pulse).await,
            Action::Start { pulse } => step(pulse, Answering::Start).await,
            Action::Show { pulse, index } => step(pulse, Answering::Show(index)).await,
            Action::Give { pulse, index, token } => step(pulse, Answering::Give(index, token)).await,
            Action::Pick { pulse, index } => step(pulse, Answering::Pick(index)).await,
            Action::Write { pulse, index } => step(pulse, Answering::Write(index)).await,
            Action::Wrote { pulse, index } => step(pulse, Answering::Wrote(index)).await,
            Action::Change { pulse } => step(pulse, Answering::Change).await,
            Action::Review { pulse } => step(pulse, Answering::Review).await,
            Action::Send { pulse } => step(pulse, Answering::Send).await,
            Action::Discard { pulse } => step(pulse, Answering::Discard).await,
            Action::Acted { pulse } => outcomes::act(services, incoming, control, pulse).await,
            Action::NoReminders => Self::no_reminders(services, incoming).await,
            Action::Publish { comment } => outcomes::judge(services, incoming, comment, Judgement::Publish).await,
            Action::LeaveOut { comment } => outcomes::judge(services, incoming, comment, Judgement::LeaveOut).await,
            Action::Build { step } => builder::step(services, incoming, control, step).await,
            Action::Agree { comment } => outcomes::judge(services, incoming, comment, Judgement::Agree).await,
            Action::Shorten { comment } => {
                let (_, comment) = outcomes::find_comment(services, incoming, comment).await?;
                Ok(Reply::Ask(message::shorten_form(&comment)))
            }
            Action::Shortened { comment } => {
                let words = control.written.get("words").map_or("", String::as_str);
                outcomes::judge(services, incoming, comment, Judgement::Words(words)).await
            }
        }
    }

    async fn on_typing(&self, services: &Services, incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        Self::suggest(services, incoming, typed).await
    }

    async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        self.take_up(services, joined).await
    }
}
