//! Pulses on Discord: load, decide, save, answer.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serenity::builder::CreateCommand;
use serenity_commands::{Command, Commands};
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use super::closing::{self, CLOSE_JOB};
use super::definition::{Definition, list_definitions};
use super::job::{ClosePulse, FinishPulse};
use super::message::{self, Action, FEATURE};
use super::model::{Pulse, PulseId, PulseRefusal, State, closing_time, may_open};
use super::store::{self, NewPulse};
use crate::discord::{Call, Choice, Control, Feature, Incoming, Joined, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::schedule::{self, Job};
use crate::sealed::{self, BoxId, Cast, Key, Sealed, Seat, Step, Withdrawal};
use crate::services::Services;
use crate::survey::{Answer, Question, Thresholds, encode, list_closed};

/// Room for the answers of any pulse that one press answers, and some to spare: every answer takes the same.
const BALLOT_BYTES: usize = 32;
const MOST_SUGGESTIONS: usize = 25;
const MOST_LABEL_CHARS: usize = 100;

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
}

struct Posted {
    guild: GuildId,
    box_id: BoxId,
    question: Question,
    closes_at: DateTime<Utc>,
}

#[derive(Debug, Commands)]
enum PulseCommands {
    /// Short questions to the group: open, close, results
    Pulse(PulseCommand),
}

#[derive(Debug, Command)]
enum PulseCommand {
    /// Post a pulse that everybody answers with one press
    Open {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
        /// How many days it is open (1 to 30)
        #[command(builder(min_int_value(1), max_int_value(30)))]
        days: Option<i64>,
        /// Where to post it, if not in the pulse channel
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: Option<serenity::model::id::ChannelId>,
    },
    /// Close a pulse now and post its result
    Close {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Show what came out of a pulse
    Results {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Show what is open and what was
    List,
}

impl Pulses {
    /// The feature, with its answers sealed by `sealed`.
    pub fn new(sealed: Sealed) -> Self {
        Self {
            inner: Arc::new(Inner { sealed, posted: RwLock::default(), closings: TaskTracker::new() }),
        }
    }

    /// The jobs that the schedule runs for pulses.
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        vec![Arc::new(ClosePulse(self.clone())), Arc::new(FinishPulse(self.clone()))]
    }

    /// Waits until no closing is under way in this process. For an orderly stop, and for tests.
    pub async fn settle(&self) {
        self.inner.closings.close();
        self.inner.closings.wait().await;
        self.inner.closings.reopen();
    }

    /// Closes a pulse, or takes up its closing, up to the step `last`; returns it as it then stands. Ordinary closings go to the end;
    /// tests of interrupted ones stop before.
    pub async fn finish_until(&self, services: &Services, id: PulseId, last: Step) -> Result<Pulse> {
        // The job that asked for this may not have committed its own first step yet.
        let now = services.clock.now();
        services.store.write(move |tx| Box::pin(async move { closing::begin(tx, id, now).await })).await?;
        let pulse = closing::finish_until(&self.inner.sealed, services, id, last).await?;
        if matches!(pulse.state, State::Closed | State::Stopped) {
            self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
        Ok(pulse)
    }

    /// Does the remaining steps of a closing in a task of its own.
    pub(super) fn finish_in_background(&self, services: &Services, id: PulseId) {
        let (this, services) = (self.clone(), services.clone());
        self.inner.closings.spawn(async move {
            if let Err(error) = this.finish(&services, id).await {
                tracing::error!(pulse.id = %id, error = %error, "Pulse {id} could not be closed yet; it will be tried again");
            }
        });
    }

    /// Does the remaining steps of a closing. When they fail, the lead who opened the pulse is told that the result waits.
    async fn finish(&self, services: &Services, id: PulseId) -> Result<Pulse> {
        let finished = self.finish_until(services, id, Step::Seal).await;
        if finished.is_err()
            && let Err(error) = closing::say_that_it_waits(services, id).await
        {
            tracing::warn!(pulse.id = %id, error = %error, "Could not leave word that the result of pulse {id} waits");
        }
        finished
    }

    async fn open(
        &self,
        services: &Services,
        incoming: &Incoming,
        name: &str,
        days: Option<i64>,
        channel: Option<ChannelId>,
    ) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let now = services.clock.now();
        let definition = find_definition(services, name)?;
        let days = match days {
            None => definition.days,
            Some(days) => u32::try_from(days).ok().filter(|days| (1..=30).contains(days)).ok_or(PulseRefusal::Days)?,
        };
        let thresholds = Thresholds::default();
        // Refuse what can be refused before a key is drawn.
        may_open(&definition, None, &thresholds)?;
        let new_box = self.inner.sealed.prepare(BALLOT_BYTES).await?;
        let opened_by = incoming.person.user;
        let default_zone = services.settings.time.zone;
        let backup_policy = services.settings.data.backup_policy.clone();
        let new_box = Arc::new(new_box);
        let opening = new_box.clone();
        let opened: Result<Pulse> = services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let settings = people::find_guild(tx, guild).await?;
                    let zone = settings.as_ref().map_or(default_zone, |settings| settings.zone);
                    let channel = channel
                        .or_else(|| settings.and_then(|settings| settings.pulse_channel))
                        .ok_or(PulseRefusal::NoChannel)?;
                    let eligible = store::count_eligible(tx, guild).await?;
                    may_open(&definition, eligible, &thresholds)?;
                    let closes_at = closing_time(now, days, zone);
                    let promise = message::compile_promise(closes_at, &thresholds, &backup_policy);
                    let new = NewPulse {
                        guild,
                        definition: &definition,
                        thresholds: &thresholds,
                        promise: &promise,
                        box_id: opening.id(),
                        channel,
                        eligible,
                        opened_by,
                        opened_at: now,
                        closes_at,
                    };
                    let Some(id) = store::add_pulse(tx, new).await? else {
                        let unfinished = store::list_unfinished(tx, guild).await?;
                        let same = unfinished.into_iter().find(|pulse| pulse.definition.name == definition.name);
                        return Err(match same {
                            Some(pulse) if pulse.state == State::Open => {
                                PulseRefusal::AlreadyOpen { title: definition.title, closes_at: pulse.closes_at }
                            }
                            _ => PulseRefusal::StillCounting(definition.title),
                        }
                        .into());
                    };
                    sealed::open(tx, &opening, guild, closes_at).await?;
                    let pulse = store::find_pulse(tx, id).await?.ok_or_else(|| Error::internal("a new pulse is gone"))?;
                    let question = pulse.definition.one_press().ok_or_else(|| Error::internal("may_open() has checked"))?;
                    let (key, post) = (closing::post_key(id), message::opened(&pulse, question));
                    let to = To::Channel(channel);
                    outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at: now }).await?;
                    let payload = serde_json::json!({ "pulse": id });
                    schedule::once(tx, guild, CLOSE_JOB, &id.to_string(), closes_at, &payload).await?;
                    Ok(pulse)
                })
            })
            .await;
        match opened {
            Ok(pulse) => {
                tracing::info!(pulse.id = %pulse.id, guild.id = %guild, "Pulse {} opened", pulse.id);
                Ok(Reply::Say(message::opened_for_lead(&pulse)))
            }
            Err(error) => {
                // The key of a box that was never opened protects nothing; a leftover is harmless, so the first error counts.
                if let Some(unused) = Arc::into_inner(new_box)
                    && let Err(leftover) = self.inner.sealed.discard(unused).await
                {
                    tracing::warn!(error = %leftover, "Could not remove the key of a pulse that was not opened");
                }
                Err(error)
            }
        }
    }

    async fn close(&self, services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = pick(services, guild, name, |pulse| matches!(pulse.state, State::Open | State::Closing)).await?;
        if matches!(pulse.state, State::Closed | State::Stopped) {
            return Err(PulseRefusal::NotOpen(pulse.definition.title).into());
        }
        let (id, now) = (pulse.id, services.clock.now());
        // Before "thinking …" is shown, so that no answer is taken after it.
        services.store.write(move |tx| Box::pin(async move { closing::begin(tx, id, now).await })).await?;
        tracing::info!(pulse.id = %id, guild.id = %guild, "Pulse {id} closed by a lead");
        let (this, services) = (self.clone(), services.clone());
        // Tracked, so that an orderly stop waits for it; the reply only listens.
        let finishing = self.inner.closings.spawn(async move { this.finish(&services, id).await });
        let work = async move {
            let pulse = finishing.await.map_err(|fault| Error::Internal(anyhow::Error::new(fault)))??;
            match pulse.state {
                State::Stopped => Err(PulseRefusal::Stopped.into()),
                _ => Ok(message::closed_for_lead(&pulse)),
            }
        };
        Ok(Reply::Later { visible: false, work: Box::pin(work) })
    }

    async fn results(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = pick(services, guild, name, |pulse| pulse.state == State::Closed).await?;
        if let Some(refusal) = PulseRefusal::no_result(&pulse) {
            return Err(refusal.into());
        }
        let key = pulse.id.to_string();
        let counts = services
            .store
            .read(move |tx| Box::pin(async move { list_closed(tx, guild, closing::SOURCE, Some(&key)).await }))
            .await?;
        Ok(Reply::Say(message::result(&pulse, &counts)))
    }

    async fn answer(&self, services: &Services, incoming: &Incoming, id: PulseId, token: &str) -> Result<Reply> {
        let posted = self.posted(services, incoming, id).await?;
        let answer = Answer::parse(token, &posted.question).ok_or(PulseRefusal::OldButton)?;
        let Some(seat) = self.seat(services, incoming, id, &posted).await? else {
            return Ok(Reply::Say(message::too_late(&closing::find(services, id).await?)));
        };
        let (ballot, now) = (Zeroizing::new(encode(&[answer])), services.clock.now());
        let cast = services.store.write(move |tx| Box::pin(async move { seat.cast(tx, &ballot, now).await })).await?;
        Ok(Reply::Say(match cast {
            Cast::Recorded => message::sealed(id, posted.closes_at, false),
            Cast::Changed => message::sealed(id, posted.closes_at, true),
            Cast::Closed => message::too_late(&closing::find(services, id).await?),
        }))
    }

    async fn withdraw(&self, services: &Services, incoming: &Incoming, id: PulseId) -> Result<Reply> {
        let posted = self.posted(services, incoming, id).await?;
        let Some(seat) = self.seat(services, incoming, id, &posted).await? else {
            return Ok(Reply::Update(message::too_late(&closing::find(services, id).await?)));
        };
        let now = services.clock.now();
        let withdrawal = services.store.write(move |tx| Box::pin(async move { seat.withdraw(tx, now).await })).await?;
        Ok(Reply::Update(match withdrawal {
            Withdrawal::Withdrawn => message::withdrawn(posted.closes_at),
            Withdrawal::Nothing => message::nothing_to_withdraw(posted.closes_at),
            Withdrawal::Closed => message::too_late(&closing::find(services, id).await?),
        }))
    }

    async fn promise(services: &Services, incoming: &Incoming, id: PulseId) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = services.store.read(move |tx| Box::pin(async move { store::find_pulse(tx, id).await })).await?;
        let pulse = pulse.filter(|pulse| pulse.guild == guild).ok_or(PulseRefusal::Gone)?;
        Ok(Reply::Say(message::promise(&pulse)))
    }

    /// What never changes of a run, read once.
    async fn posted(&self, services: &Services, incoming: &Incoming, id: PulseId) -> Result<Arc<Posted>> {
        let guild = incoming.on_server()?;
        let known = self.inner.posted.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let posted = if let Some(posted) = known {
            posted
        } else {
            let pulse = services.store.read(move |tx| Box::pin(async move { store::find_pulse(tx, id).await })).await?;
            let pulse = pulse.ok_or(PulseRefusal::Gone)?;
            let question = pulse.definition.one_press().cloned().ok_or(PulseRefusal::OldButton)?;
            let (box_id, closes_at) = (pulse.box_id, pulse.closes_at);
            let posted = Arc::new(Posted { guild: pulse.guild, box_id, question, closes_at });
            // Runs that are over are pressed rarely, and would be remembered for ever.
            if pulse.state == State::Open {
                self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).insert(id, posted.clone());
            }
            posted
        };
        if posted.guild != guild {
            return Err(PulseRefusal::Gone.into());
        }
        Ok(posted)
    }

    /// The person's place in the box; `None` when the box is no longer in use. A lost key stops the pulse here and now.
    async fn seat(&self, services: &Services, incoming: &Incoming, id: PulseId, posted: &Posted) -> Result<Option<Seat>> {
        let seat = || self.inner.sealed.seat(&posted.box_id, posted.guild, incoming.person.user);
        if let Some(seat) = seat() {
            return Ok(Some(seat));
        }
        match self.inner.sealed.unlock(&services.store, &posted.box_id).await? {
            Key::Held => Ok(seat()),
            Key::NotNeeded => Ok(None),
            Key::Lost => {
                let pulse = closing::find(services, id).await?;
                closing::stop(&self.inner.sealed, services, &pulse).await?;
                self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
                Err(PulseRefusal::Stopped.into())
            }
        }
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
            "pulse open" | "pulse close" => Some(Tier::Lead),
            "pulse results" | "pulse list" => Some(Tier::Member),
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        match action {
            Action::ANSWER | Action::WITHDRAW | Action::PROMISE => Some(Tier::Member),
            _ => None,
        }
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        let PulseCommands::Pulse(command) = PulseCommands::from_command_data(&call.data)
            .map_err(|fault| Error::internal(format!("`/{}` came with options that do not parse: {fault}", call.path)))?;
        match command {
            PulseCommand::Open { pulse, days, channel } => {
                self.open(services, incoming, &pulse, days, channel.map(|channel| ChannelId(channel.get()))).await
            }
            PulseCommand::Close { pulse } => self.close(services, incoming, &pulse).await,
            PulseCommand::Results { pulse } => Self::results(services, incoming, &pulse).await,
            PulseCommand::List => {
                let guild = incoming.on_server()?;
                let pulses = services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
                Ok(Reply::Say(message::list(&pulses)))
            }
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        match Action::parse(&control.id) {
            Some(Action::Answer { pulse, token }) => self.answer(services, incoming, pulse, token).await,
            Some(Action::Withdraw { pulse }) => self.withdraw(services, incoming, pulse).await,
            Some(Action::Promise { pulse }) => Self::promise(services, incoming, pulse).await,
            None => Err(PulseRefusal::OldButton.into()),
        }
    }

    async fn on_typing(&self, services: &Services, incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        let guild = incoming.on_server()?;
        let wanted = |title: &str| title.to_lowercase().contains(&typed.text.trim().to_lowercase());
        if typed.path == "pulse open" {
            let definitions = list_definitions(&services.content)?;
            let offered = definitions.into_iter().filter(|definition| definition.one_press().is_some() && wanted(&definition.title));
            return Ok(offered.map(|definition| choice(&definition.title, &definition.name)).take(MOST_SUGGESTIONS).collect());
        }
        let closing = typed.path == "pulse close";
        let pulses = services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
        let offered = pulses.into_iter().filter(|pulse| {
            let fits = if closing { matches!(pulse.state, State::Open | State::Closing) } else { pulse.state == State::Closed };
            fits && wanted(&pulse.definition.title)
        });
        let label = |pulse: Pulse| {
            let day = pulse.opened_at.with_timezone(&services.settings.time.zone).format("%-d %B %Y");
            choice(&format!("{}, opened {day}", pulse.definition.title), &pulse.id.to_string())
        };
        Ok(offered.map(label).take(MOST_SUGGESTIONS).collect())
    }

    /// Looks after runs that a stop or a crash interrupted, and notices lost keys before anybody presses.
    async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        let guild = joined.guild;
        let unfinished = services.store.read(move |tx| Box::pin(async move { store::list_unfinished(tx, guild).await })).await?;
        for pulse in unfinished {
            if pulse.state == State::Closing {
                self.finish_in_background(services, pulse.id);
            } else if self.inner.sealed.unlock(&services.store, &pulse.box_id).await? == Key::Lost {
                closing::stop(&self.inner.sealed, services, &pulse).await?;
            }
        }
        Ok(())
    }
}

fn choice(label: &str, value: &str) -> Choice {
    Choice::new(label.chars().take(MOST_LABEL_CHARS).collect::<String>(), value)
}

fn find_definition(services: &Services, name: &str) -> Result<Definition> {
    let wanted = name.trim().to_lowercase();
    list_definitions(&services.content)?
        .into_iter()
        .find(|definition| definition.name == wanted || definition.title.to_lowercase() == wanted)
        .ok_or_else(|| PulseRefusal::Unknown(name.trim().chars().take(60).collect()).into())
}

/// The run that a person means: by the id that the suggestions fill in, or by its title or name, the newest that fits best.
async fn pick(services: &Services, guild: GuildId, name: &str, fits: impl Fn(&Pulse) -> bool) -> Result<Pulse> {
    let pulses = services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
    let wanted = name.trim().to_lowercase();
    let named = |pulse: &&Pulse| {
        pulse.id.to_string() == wanted || pulse.definition.name == wanted || pulse.definition.title.to_lowercase() == wanted
    };
    let mut named: Vec<&Pulse> = pulses.iter().filter(named).collect();
    named.sort_by_key(|pulse| !fits(pulse));
    named.first().copied().cloned().ok_or_else(|| PulseRefusal::NotHere.into())
}
