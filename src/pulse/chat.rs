//! Pulses on Discord: load, decide, save, answer.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use chrono::Weekday;
use serenity::builder::CreateCommand;
use serenity_commands::{Command, Commands, SubCommandGroup};
use tokio_util::task::TaskTracker;

use super::answering;
use super::builder;
use super::calendar::{self, OpenPulse, Wanted};
use super::catalogue;
use super::closing;
use super::definition::Definition;
use super::job::{ClosePulse, FinishPulse, OutcomeDue, RemindOfPulse};
use super::message::{self, Action, FEATURE};
use super::model::{Asked, Pulse, PulseId, PulseRefusal, State, may_open};
use super::opening::{Wish, note_accounts, open_in};
use super::outcomes::{self, Judgement};
use super::session::AskAboutSession;
use super::store;
use crate::chart;
use crate::discord::{Call, Choice, Control, Feature, Incoming, Joined, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::people;
use crate::programs;
use crate::schedule::{Cron, Job};
use crate::sealed::{Key, Sealed, Seat, Step};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{Question, Thresholds, list_closed};
use crate::text::{clean, shorten};

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
    /// One closing at a time: a retry that comes due meanwhile would publish without the picture that the first is drawing.
    finishing: tokio::sync::Mutex<()>,
}

/// A run that people press on.
pub(super) struct Posted {
    pub(super) pulse: Pulse,
    /// The only question, when one press answers the whole pulse.
    pub(super) one_press: Option<Question>,
    /// Who is asked, when that is a list of people.
    asked: Option<HashSet<UserId>>,
    /// Who is in which of the divisions that the result tells apart.
    division_of: HashMap<UserId, u8>,
}

impl Posted {
    /// The group that a person's ballot carries, where the result tells divisions apart.
    pub(super) fn group_of(&self, user: UserId) -> Option<u8> {
        self.division_of.get(&user).copied()
    }

    /// Whether this person is among those who are asked.
    pub(super) fn may_answer(&self, incoming: &Incoming) -> Result<()> {
        let is_asked = match (&self.pulse.asked, &self.asked) {
            (Asked::Role { role } | Asked::Customers { role, .. }, _) => incoming.person.roles.contains(role),
            (_, Some(asked)) => asked.contains(&incoming.person.user),
            (_, None) => true,
        };
        if is_asked { Ok(()) } else { Err(PulseRefusal::NotAsked(message::asked_in_words(&self.pulse.asked)).into()) }
    }
}

#[derive(Debug, Commands)]
enum PulseCommands {
    /// Short questions to the group: open, close, results
    Pulse(PulseCommand),
}

#[derive(Debug, Command)]
enum PulseCommand {
    /// Post a pulse: one press answers one question, several are asked one by one in private
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
        /// Ask only people with this role
        role: Option<serenity::model::id::RoleId>,
        /// Ask only people of this division, as the roster knows them
        division: Option<String>,
        /// How many people can answer, if you know it better than Discord's count
        #[command(builder(min_int_value(1), max_int_value(1_000_000)))]
        people: Option<i64>,
        /// Not anonymous: leads see who answered what, and everybody is told so first
        named: Option<bool>,
        /// Also show a score for each division, where enough of it answered; everybody is told so first
        by_division: Option<bool>,
        /// Ask the customers of this program: whoever has the role that you name with it
        #[command(builder(set_autocomplete(true)))]
        customers_of: Option<String>,
        /// For administrators: why it opens although the last outcome was not told
        without_outcome: Option<String>,
        /// For administrators: why it opens although the same people were asked only recently
        over_budget: Option<String>,
    },
    /// Build a short pulse of your own here: questions, a look at it, save
    New {
        /// One that was built here before, to make its next version
        #[command(builder(set_autocomplete(true)))]
        pulse: Option<String>,
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
    /// Say what comes of a result: you said, we will, we won't
    Act {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Look through comments before any is published; two leads decide
    Comments {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// See who answered what, in a pulse that was not anonymous
    Answers {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Show what is open and what was
    List,
    /// Pulses by the calendar
    Schedule(ScheduleCommand),
}

#[derive(Debug, SubCommandGroup)]
enum ScheduleCommand {
    /// Open a pulse every month
    Monthly {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
        /// On which day of the month, 1 to 28
        #[command(builder(min_int_value(1), max_int_value(28)))]
        day: i64,
        /// At which hour, 0 to 23, in your group's time zone
        #[command(builder(min_int_value(0), max_int_value(23)))]
        hour: i64,
        /// Where; the pulse channel unless you choose another
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: Option<serenity::model::id::ChannelId>,
    },
    /// Open a pulse every week
    Weekly {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
        /// On which day, 1 for Monday to 5 for Friday
        #[command(builder(min_int_value(1), max_int_value(5)))]
        day: i64,
        /// At which hour, 0 to 23, in your group's time zone
        #[command(builder(min_int_value(0), max_int_value(23)))]
        hour: i64,
        /// Where; the pulse channel unless you choose another
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: Option<serenity::model::id::ChannelId>,
    },
    /// Show every pulse on the calendar
    List,
    /// Show the next ten dates of a pulse
    Preview {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Stop a pulse on the calendar for a while
    Pause {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Let a paused pulse go on
    Resume {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Leave out the next date of a pulse
    Skip {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Open a pulse now, as the calendar would
    PostNow {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
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

    /// Closes a pulse, or takes up its closing, up to the step `last`; returns it as it then stands. Ordinary closings go to the end;
    /// tests of interrupted ones stop before.
    pub async fn finish_until(&self, services: &Services, id: PulseId, last: Step) -> Result<Pulse> {
        let _one_at_a_time = self.inner.finishing.lock().await;
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

    async fn open(&self, services: &Services, wish: Wish) -> Result<Reply> {
        // Refuse what can be refused before a key is drawn.
        may_open(&wish.definition, None, wish.named, &Thresholds::default())?;
        if wish.days.is_some_and(|days| !(1..=30).contains(&days)) {
            return Err(PulseRefusal::Days.into());
        }
        let new_box = Arc::new(self.inner.sealed.prepare(wish.ballot_bytes()).await?);
        let (opening, inside, now) = (new_box.clone(), services.clone(), services.clock.now());
        let opened: Result<Pulse> = services
            .store
            .write(move |tx| Box::pin(async move { open_in(tx, &inside, opening, wish, now).await }))
            .await;
        match opened {
            Ok(pulse) => Ok(Reply::Say(message::opened_for_lead(&pulse))),
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

    /// Opens a pulse inside the transaction of a job.
    pub(super) async fn open_in_job(&self, services: &Services, tx: &mut Tx, wish: Wish) -> Result<()> {
        let new_box = Arc::new(self.inner.sealed.prepare(wish.ballot_bytes()).await?);
        let opened = open_in(tx, services, new_box.clone(), wish, services.clock.now()).await;
        if opened.is_err()
            && let Some(unused) = Arc::into_inner(new_box)
            && let Err(leftover) = self.inner.sealed.discard(unused).await
        {
            tracing::warn!(error = %leftover, "Could not remove the key of a pulse that was not opened");
        }
        opened.map(|_| ())
    }

    async fn schedule(&self, services: &Services, incoming: &Incoming, command: ScheduleCommand) -> Result<Reply> {
        let (guild, user) = (incoming.on_server()?, incoming.person.user);
        let whole = |number: i64| u32::try_from(number).unwrap_or(0);
        let ours = |channel: Option<serenity::model::id::ChannelId>| channel.map(|channel| ChannelId(channel.get()));
        let (name, wanted) = match command {
            ScheduleCommand::Monthly { pulse, day, hour, channel } => {
                let cron = Cron::monthly(whole(day), whole(hour), 0)?;
                let definition = find_definition(services, guild, &pulse).await?;
                return calendar::set(services, guild, definition, cron, ours(channel), user).await;
            }
            ScheduleCommand::Weekly { pulse, day, hour, channel } => {
                let day = Weekday::try_from(u8::try_from(day - 1).unwrap_or(0)).unwrap_or(Weekday::Mon);
                let cron = Cron::weekly(day, whole(hour), 0)?;
                let definition = find_definition(services, guild, &pulse).await?;
                return calendar::set(services, guild, definition, cron, ours(channel), user).await;
            }
            ScheduleCommand::List => return calendar::list(services, guild).await,
            ScheduleCommand::PostNow { pulse } => {
                let definition = find_definition(services, guild, &pulse).await?;
                let wish = Wish { by_calendar: true, ..Wish::new(guild, definition, user) };
                return self.open(services, wish).await;
            }
            ScheduleCommand::Preview { pulse } => (pulse, Wanted::Preview),
            ScheduleCommand::Pause { pulse } => (pulse, Wanted::Pause),
            ScheduleCommand::Resume { pulse } => (pulse, Wanted::Resume),
            ScheduleCommand::Skip { pulse } => (pulse, Wanted::Skip),
        };
        calendar::change(services, guild, find_definition(services, guild, &name).await?, wanted).await
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
        let (pulse, counts, before, by_division) = services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let counts = list_closed(tx, guild, closing::SOURCE, Some(&key)).await?;
                    let before = closing::find_before(tx, &pulse).await?;
                    let by_division = store::list_division_scores(tx, pulse.id).await?;
                    Ok((pulse, counts, before, by_division))
                })
            })
            .await?;
        let work = async move {
            let post = message::result(&pulse, &counts, before.as_ref(), &by_division);
            let Some(svg) = message::chart_svg(&pulse, &counts) else { return Ok(post) };
            Ok(message::with_chart(post, &pulse, &counts, chart::draw(svg).await?))
        };
        Ok(Reply::Later { visible: false, work: Box::pin(work) })
    }

    async fn act(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        let id = pulse.id;
        let outcome = services.store.read(move |tx| Box::pin(async move { store::find_outcome(tx, id).await })).await?;
        Ok(Reply::Ask(message::act_form(&pulse, outcome.as_ref())))
    }

    async fn comments(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        let comments = outcomes::list_comments(services, pulse.id).await?;
        if comments.iter().all(|comment| comment.agreed) {
            return Err(PulseRefusal::NoComments(pulse.definition.title).into());
        }
        Ok(Reply::Say(outcomes::next_comment(services, &pulse, incoming.person.user, None).await?))
    }

    async fn answers(services: &Services, incoming: &Incoming, name: &str) -> Result<Reply> {
        let pulse = pick_closed(services, incoming, name).await?;
        if !pulse.named {
            return Err(PulseRefusal::NotNamed(pulse.definition.title).into());
        }
        let id = pulse.id;
        let rows =
            services.store.read(move |tx| Box::pin(async move { store::list_named_answers(tx, id).await })).await?;
        let answers = rows
            .into_iter()
            .map(|(user, json)| Ok((user, serde_json::from_str(&json).map_err(anyhow::Error::from)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(Reply::Say(message::named_answers(&pulse, &answers)))
    }

    async fn no_reminders(services: &Services, incoming: &Incoming) -> Result<Reply> {
        let (user, today) = (incoming.person.user, services.clock.now().date_naive());
        let on = incoming.guild;
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Pressed in a direct message, where no server is named: it counts on every one.
                    for guild in store::list_guilds_of(tx, user).await? {
                        people::set_no_reminders(tx, guild, user, true).await?;
                    }
                    if let Some(guild) = on {
                        people::join(tx, guild, user, today).await?;
                        people::set_no_reminders(tx, guild, user, true).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Reply::Update(message::no_more_reminders()))
    }

    async fn promise(services: &Services, incoming: &Incoming, id: PulseId) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let pulse = services.store.read(move |tx| Box::pin(async move { store::find_pulse(tx, id).await })).await?;
        let pulse = pulse.filter(|pulse| pulse.guild == guild).ok_or(PulseRefusal::Gone)?;
        Ok(Reply::Say(message::promise(&pulse)))
    }

    /// What never changes of a run, read once.
    pub(super) async fn posted(&self, services: &Services, incoming: &Incoming, id: PulseId) -> Result<Arc<Posted>> {
        let guild = incoming.on_server()?;
        let known = self.inner.posted.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let posted = if let Some(posted) = known {
            posted
        } else {
            let found = services
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        let Some(pulse) = store::find_pulse(tx, id).await? else { return Ok(None) };
                        let asked = match pulse.asked {
                            Asked::Division { .. } => Some(store::list_asked(tx, id).await?.into_iter().collect()),
                            Asked::Everybody | Asked::Role { .. } | Asked::Customers { .. } => None,
                        };
                        let divisions = store::list_division_of(tx, id).await?;
                        Ok(Some((pulse, asked, divisions)))
                    })
                })
                .await?;
            let (pulse, asked, divisions) = found.ok_or(PulseRefusal::Gone)?;
            let is_open = pulse.state == State::Open;
            let posted = Arc::new(Posted {
                one_press: pulse.definition.one_press().cloned(),
                // The list is gone with the close, and then nobody is turned away: they are told that it is over.
                asked: asked.filter(|_| is_open),
                division_of: divisions.into_iter().collect(),
                pulse,
            });
            // Runs that are over are pressed rarely, and would be remembered for ever.
            if is_open {
                self.inner.posted.write().unwrap_or_else(PoisonError::into_inner).insert(id, posted.clone());
            }
            posted
        };
        if posted.pulse.guild != guild {
            return Err(PulseRefusal::Gone.into());
        }
        Ok(posted)
    }

    pub(super) async fn too_late(&self, services: &Services, id: PulseId) -> Result<crate::post::Post> {
        Ok(message::too_late(&closing::find(services, id).await?))
    }

    /// The person's place in the box; `None` when the box is no longer in use. A lost key stops the pulse here and now.
    pub(super) async fn seat(
        &self,
        services: &Services,
        incoming: &Incoming,
        id: PulseId,
        posted: &Posted,
    ) -> Result<Option<Seat>> {
        let seat = || self.inner.sealed.seat(&posted.pulse.box_id, posted.pulse.guild, incoming.person.user);
        if let Some(seat) = seat() {
            return Ok(Some(seat));
        }
        match self.inner.sealed.unlock(&services.store, &posted.pulse.box_id).await? {
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
            PulseCommand::Open {
                pulse,
                days,
                channel,
                role,
                division,
                people,
                named,
                by_division,
                customers_of,
                without_outcome,
                over_budget,
            } => {
                let guild = incoming.on_server()?;
                if without_outcome.is_some() && !incoming.person.manages_server {
                    return Err(PulseRefusal::OnlyAdmins.into());
                }
                if over_budget.is_some() && !incoming.person.manages_server {
                    return Err(PulseRefusal::OnlyAdminsHurry.into());
                }
                let definition = find_definition(services, guild, &pulse).await?;
                let (definition, asked) = match (role, division, customers_of) {
                    (Some(_), Some(_), _) | (_, Some(_), Some(_)) => return Err(PulseRefusal::RoleAndDivision.into()),
                    (role, None, Some(program)) => for_customers(services, &definition, &program, role).await?,
                    // Discord's @everyone is a role with the server's own id.
                    (Some(role), None, None) if role.get() != guild.0 => {
                        (definition, Asked::Role { role: RoleId(role.get()) })
                    }
                    (None, Some(name), None) => {
                        (definition, Asked::Division { name: name.trim().chars().take(60).collect() })
                    }
                    _ => (definition, Asked::Everybody),
                };
                let whole = |number: i64| u32::try_from(number).unwrap_or(0);
                let reason = |reason: Option<String>| reason.map(|reason| shorten(&clean(&reason), 300));
                let by_division = by_division.unwrap_or(definition.by_division);
                let wish = Wish {
                    days: days.map(whole),
                    channel: channel.map(|channel| ChannelId(channel.get())),
                    asked,
                    people: people.map(whole),
                    named: named.unwrap_or(false),
                    by_division,
                    without_outcome: reason(without_outcome),
                    over_budget: reason(over_budget),
                    ..Wish::new(guild, definition, incoming.person.user)
                };
                self.open(services, wish).await
            }
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
            Action::Start { pulse } => step(pulse, answering::Step::Start).await,
            Action::Show { pulse, index } => step(pulse, answering::Step::Show(index)).await,
            Action::Give { pulse, index, token } => step(pulse, answering::Step::Give(index, token)).await,
            Action::Pick { pulse, index } => step(pulse, answering::Step::Pick(index)).await,
            Action::Write { pulse, index } => step(pulse, answering::Step::Write(index)).await,
            Action::Wrote { pulse, index } => step(pulse, answering::Step::Wrote(index)).await,
            Action::Change { pulse } => step(pulse, answering::Step::Change).await,
            Action::Review { pulse } => step(pulse, answering::Step::Review).await,
            Action::Send { pulse } => step(pulse, answering::Step::Send).await,
            Action::Discard { pulse } => step(pulse, answering::Step::Discard).await,
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
        let guild = incoming.on_server()?;
        let wanted = |title: &str| title.to_lowercase().contains(&typed.text.trim().to_lowercase());
        if typed.option == "customers-of" {
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            let offered = all.into_iter().filter(|program| wanted(&program.name) || wanted(&program.key));
            return Ok(offered.map(|program| choice(&program.name, &program.key)).take(MOST_SUGGESTIONS).collect());
        }
        let only_built = typed.path == "pulse new";
        if only_built || typed.path == "pulse open" || typed.path.starts_with("pulse schedule") {
            let content = services.content.clone();
            let definitions = services
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        if only_built {
                            return builder::list_saved(tx, guild).await;
                        }
                        catalogue::list(tx, &content, guild).await
                    })
                })
                .await?;
            let offered = definitions.into_iter().filter(|definition| wanted(&definition.title));
            return Ok(offered
                .map(|definition| choice(&definition.title, &definition.name))
                .take(MOST_SUGGESTIONS)
                .collect());
        }
        let closing = typed.path == "pulse close";
        let pulses =
            services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
        let offered = pulses.into_iter().filter(|pulse| {
            let fits = if closing {
                matches!(pulse.state, State::Open | State::Closing)
            } else {
                pulse.state == State::Closed
            };
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
        let today = services.clock.now().date_naive();
        note_accounts(services, guild, joined.accounts, today).await?;
        let unfinished =
            services.store.read(move |tx| Box::pin(async move { store::list_unfinished(tx, guild).await })).await?;
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

async fn find_definition(services: &Services, guild: GuildId, name: &str) -> Result<Definition> {
    let (content, wanted) = (services.content.clone(), name.to_owned());
    let found = services
        .store
        .read(move |tx| Box::pin(async move { catalogue::find(tx, &content, guild, &wanted).await }))
        .await?;
    found.ok_or_else(|| PulseRefusal::Unknown(name.trim().chars().take(60).collect()).into())
}

/// A pulse as it is put to the customers of a program, and who they are on this server.
async fn for_customers(
    services: &Services,
    definition: &Definition,
    program: &str,
    role: Option<serenity::model::id::RoleId>,
) -> Result<(Definition, Asked)> {
    let wanted = program.trim().to_lowercase();
    let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
    let program = all
        .into_iter()
        .find(|known| known.key == wanted || known.name.to_lowercase() == wanted)
        .ok_or_else(|| PulseRefusal::NoProgram(program.trim().chars().take(60).collect()))?;
    let role = role.ok_or_else(|| PulseRefusal::NoCustomers(program.name.clone()))?;
    let asked = Asked::Customers { program: program.name.clone(), role: RoleId(role.get()) };
    Ok((definition.for_customers_of(&program.key, &program.name), asked))
}

/// The closed run that a lead means.
async fn pick_closed(services: &Services, incoming: &Incoming, name: &str) -> Result<Pulse> {
    let pulse = pick(services, incoming.on_server()?, name, |pulse| pulse.state == State::Closed).await?;
    match PulseRefusal::no_result(&pulse) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(pulse),
    }
}

/// The run that a person means: by the id that the suggestions fill in, or by its title or name, the newest that fits best.
async fn pick(services: &Services, guild: GuildId, name: &str, fits: impl Fn(&Pulse) -> bool) -> Result<Pulse> {
    let pulses = services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
    let wanted = name.trim().to_lowercase();
    let named = |pulse: &&Pulse| {
        pulse.id.to_string() == wanted
            || pulse.definition.name == wanted
            || pulse.definition.title.to_lowercase() == wanted
    };
    let mut named: Vec<&Pulse> = pulses.iter().filter(named).collect();
    named.sort_by_key(|pulse| !fits(pulse));
    named.first().copied().cloned().ok_or_else(|| PulseRefusal::NotHere.into())
}
