//! How a pulse opens: by a lead's command or by the calendar, always in one transaction with its post, its box and its closing time.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;

use super::budget::{self, Wait};
use super::builder;
use super::closing::{self, CLOSE_JOB};
use super::definition::Definition;
use super::message;
use super::model::{
    Asked, Counted, Pulse, PulseRefusal, State, closing_time, may_open, reminder_times, working_closing_time,
};
use super::store::{self, NewPulse};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::programs;
use crate::requests;
use crate::schedule;
use crate::sealed::{self, NewBox};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{Paper, Thresholds};

/// Reminds people of an open pulse.
pub(super) const REMIND_JOB: &str = "remind_pulse";
/// Room for the answer of a pulse that one press answers, and some to spare.
const ONE_PRESS_BYTES: usize = 32;
/// So many fit into the promise and into the result of a question.
const MOST_DIVISIONS: usize = 12;

/// What is to be opened.
pub(super) struct Wish {
    pub(super) guild: GuildId,
    pub(super) definition: Definition,
    /// How long; working days of the calendar when `None`.
    pub(super) days: Option<u32>,
    /// Where, if not in the pulse channel.
    pub(super) channel: Option<ChannelId>,
    pub(super) asked: Asked,
    /// How many people could answer, as the lead says.
    pub(super) people: Option<u32>,
    pub(super) named: bool,
    /// Whether the result tells the divisions of the roster apart.
    pub(super) by_division: bool,
    pub(super) opened_by: UserId,
    /// Why an administrator opens it though the outcome of the last run was not told.
    pub(super) without_outcome: Option<String>,
    /// Why an administrator opens it though people were asked only recently.
    pub(super) over_budget: Option<String>,
    /// Opened by the calendar: closes after so many working days.
    pub(super) by_calendar: bool,
}

impl Wish {
    /// Everybody is asked, in the pulse channel, for as long as the definition says.
    pub(super) fn new(guild: GuildId, definition: Definition, opened_by: UserId) -> Self {
        Self {
            guild,
            days: None,
            channel: None,
            asked: Asked::Everybody,
            people: None,
            named: false,
            by_division: definition.by_division,
            opened_by,
            without_outcome: None,
            over_budget: None,
            by_calendar: false,
            definition,
        }
    }

    /// How long a ballot of this pulse is. All of one pulse are equally long.
    pub(super) fn ballot_bytes(&self) -> usize {
        let bare = self.definition.one_press().is_some() && !self.named && !self.by_division;
        if bare { ONE_PRESS_BYTES } else { Paper::most_bytes(&self.definition.questions) }
    }
}

/// Opens it, in the caller's transaction, with a box that was prepared for it.
pub(super) async fn open_in(
    tx: &mut Tx,
    services: &Services,
    new_box: Arc<NewBox>,
    mut wish: Wish,
    now: DateTime<Utc>,
) -> Result<Pulse> {
    let (guild, thresholds) = (wish.guild, Thresholds::default());
    let settings = people::find_guild(tx, guild).await?;
    wish.definition = named(tx, wish.definition, settings.as_ref().map_or("", |settings| &settings.name)).await?;
    let definition = &wish.definition;
    let zone = settings.as_ref().map_or(services.settings.time.zone, |settings| settings.zone);
    let channel =
        wish.channel.or_else(|| settings.and_then(|settings| settings.pulse_channel)).ok_or(PulseRefusal::NoChannel)?;
    let (eligible, counted) = count_eligible(tx, &wish).await?;
    may_open(definition, eligible, wish.named, &thresholds)?;
    let running = store::list_unfinished(tx, guild).await?;
    if let Some(pulse) = running.into_iter().find(|pulse| pulse.definition.name == definition.name) {
        let title = definition.title.clone();
        return Err(match pulse.state {
            State::Open => PulseRefusal::AlreadyOpen { title, closes_at: pulse.closes_at },
            _ => PulseRefusal::StillCounting(title),
        }
        .into());
    }
    let last = store::find_last_closed(tx, guild, &definition.name, None).await?;
    let outcome = match &last {
        Some(last) => store::find_outcome(tx, last.id).await?,
        None => None,
    };
    // Nothing came out of a run that too few answered, so there is nothing to tell of it.
    let owed = last.as_ref().is_some_and(|last| last.answered.is_some()) && outcome.is_none();
    if owed && wish.without_outcome.is_none() {
        return Err(PulseRefusal::NoOutcome(definition.title.clone()).into());
    }
    let hurried = keep_budget(tx, &wish, zone, now).await?;
    let divisions = divisions_of(tx, &wish).await?;
    let calendar = schedule::work_calendar(&services.content)?;
    let days = wish.days.unwrap_or(definition.days);
    let closes_at =
        if wish.by_calendar { working_closing_time(now, days, zone, &calendar) } else { closing_time(now, days, zone) };
    let backup_policy = &services.settings.data.backup_policy;
    let promise = message::compile_promise(closes_at, &thresholds, backup_policy, wish.named, &divisions);
    let new = NewPulse {
        guild,
        definition,
        thresholds: &thresholds,
        promise: &promise,
        box_id: new_box.id(),
        channel,
        asked: &wish.asked,
        eligible,
        counted,
        named: wish.named,
        divisions: &divisions,
        override_reason: wish.without_outcome.as_deref().filter(|_| owed),
        budget_reason: wish.over_budget.as_deref().filter(|_| hurried),
        opened_by: wish.opened_by,
        opened_at: now,
        closes_at,
    };
    let Some(id) = store::add_pulse(tx, new).await? else {
        return Err(PulseRefusal::StillCounting(definition.title.clone()).into());
    };
    if let Asked::Division { name } = &wish.asked {
        store::ask_division(tx, id, guild, name).await?;
    }
    for (place, division) in divisions.iter().enumerate() {
        store::freeze_division(tx, id, guild, division, place).await?;
    }
    builder::mark_posted(tx, guild, definition, now).await?;
    sealed::open(tx, &new_box, guild, closes_at).await?;
    let pulse = store::find_pulse(tx, id).await?.ok_or_else(|| Error::internal("a new pulse is gone"))?;
    let (key, post) = (closing::post_key(id), message::opened(&pulse, outcome.as_ref()));
    outbox::queue(tx, Queue { guild, key: &key, to: To::Channel(channel), post: &post, due_at: now }).await?;
    let payload = serde_json::json!({ "pulse": id });
    schedule::once(tx, guild, CLOSE_JOB, &id.to_string(), closes_at, &payload).await?;
    for (number, at) in (1..).zip(reminder_times(now, closes_at, zone, &calendar)) {
        // A reminder that is late by hours helps nobody.
        let payload = serde_json::json!({ "pulse": id, "number": number, "catch_up_minutes": 60 });
        schedule::once(tx, guild, REMIND_JOB, &format!("{id}:{number}"), at, &payload).await?;
    }
    if owed {
        tracing::warn!(
            pulse.id = %id, guild.id = %guild,
            "Pulse {id} was opened by an administrator although the outcome of the last one was not told"
        );
    }
    if hurried {
        tracing::warn!(
            pulse.id = %id, guild.id = %guild,
            "Pulse {id} was opened by an administrator although the same people were asked only recently"
        );
    }
    tracing::info!(pulse.id = %id, guild.id = %guild, "Pulse {id} opened");
    Ok(pulse)
}

/// The definition with the names of its program and of the server in its questions.
async fn named(tx: &mut Tx, definition: Definition, agency: &str) -> Result<Definition> {
    let service = match &definition.program {
        Some(key) if definition.names_service() => {
            programs::list(tx).await?.into_iter().find(|program| program.key == *key).map(|program| program.name)
        }
        _ => None,
    };
    if definition.names_service() && service.is_none() {
        return Err(PulseRefusal::NoService(definition.title).into());
    }
    let agency = if agency.is_empty() { "our agency" } else { agency };
    Ok(definition.with_names(service.as_deref().unwrap_or_default(), agency))
}

/// Refuses when these people were asked too recently; `true` when an administrator's reason lets it through.
async fn keep_budget(tx: &mut Tx, wish: &Wish, zone: Tz, now: DateTime<Utc>) -> Result<bool> {
    let since = now - Days::new(budget::WINDOW_DAYS + 1);
    let earlier = store::list_opened_since(tx, wish.guild, since).await?;
    let questions = &wish.definition.questions;
    if let Some(pulse) = budget::asked_in_part(&earlier, &wish.asked, questions, wish.named) {
        return Err(PulseRefusal::PartOfGroup {
            asked: message::asked_in_words(&pulse.asked),
            at: pulse.opened_at,
            until: pulse.opened_at + Days::new(budget::WINDOW_DAYS),
        }
        .into());
    }
    if wish.definition.part_of_session {
        return Ok(false);
    }
    let others = requests::keep_since(tx, wish.guild, since).await?;
    match budget::wait(&earlier, &others, &wish.asked, now, zone) {
        Some(Wait { until, because }) if wish.over_budget.is_none() => {
            Err(PulseRefusal::AskedRecently { because, until }.into())
        }
        waiting => Ok(waiting.is_some()),
    }
}

/// The divisions that the result will tell apart; empty when it will not.
async fn divisions_of(tx: &mut Tx, wish: &Wish) -> Result<Vec<String>> {
    if !wish.by_division {
        return Ok(Vec::new());
    }
    if wish.named || matches!(wish.asked, Asked::Division { .. }) {
        return Err(PulseRefusal::NothingToTellApart.into());
    }
    let divisions = store::list_divisions(tx, wish.guild).await?;
    match divisions.len() {
        0 | 1 => Err(PulseRefusal::NoDivisions.into()),
        2..=MOST_DIVISIONS => Ok(divisions),
        _ => Err(PulseRefusal::TooManyDivisions { most: MOST_DIVISIONS }.into()),
    }
}

async fn count_eligible(tx: &mut Tx, wish: &Wish) -> Result<(Option<u32>, Option<Counted>)> {
    if let Asked::Division { name } = &wish.asked {
        let found = store::count_division(tx, wish.guild, name).await?;
        if found == 0 {
            return Err(PulseRefusal::EmptyDivision(name.clone()).into());
        }
        return Ok((Some(found), Some(Counted::ByRoster)));
    }
    if let Some(people) = wish.people {
        return Ok((Some(people), Some(Counted::ByLead)));
    }
    // How many have a role is told only with a privileged permission.
    if wish.asked.role().is_some() {
        return Ok((None, None));
    }
    let accounts = store::count_accounts(tx, wish.guild).await?;
    Ok((accounts, accounts.map(|_| Counted::ByDiscord)))
}

/// What a server's connection said about how many are on it, cxbot itself left out.
pub(super) async fn note_accounts(services: &Services, guild: GuildId, accounts: u64, today: NaiveDate) -> Result<()> {
    let Some(accounts) = u32::try_from(accounts).ok().and_then(|accounts| accounts.checked_sub(1)) else {
        return Ok(());
    };
    if accounts == 0 {
        return Ok(());
    }
    services
        .store
        .write(move |tx| Box::pin(async move { store::note_accounts(tx, guild, accounts, today).await }))
        .await
}
