//! The rules of a pulse. No I/O; `now` is an argument.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::calendar::{WorkCalendar, instant};
use crate::error::Refusal;
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::row_id;
use crate::sealed::{BoxId, MOST_BALLOT_BYTES};
use crate::survey::{Paper, Thresholds};

row_id! {
    /// One run of a pulse.
    PulseId,
}

/// One run of a pulse, as it was frozen when it opened.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// Its id.
    pub id: PulseId,
    /// The server it runs on.
    pub guild: GuildId,
    /// What was asked, word for word.
    pub definition: Definition,
    /// From how many answers on something is shown.
    pub thresholds: Thresholds,
    /// The promise that people read, word for word.
    pub promise: String,
    /// Where the answers are sealed.
    pub box_id: BoxId,
    /// Where it was posted.
    pub channel: ChannelId,
    /// Who is asked.
    pub asked: Asked,
    /// How many people could answer; `None` when unknown. Fixed when it opened.
    pub eligible: Option<u32>,
    /// How `eligible` was counted.
    pub counted: Option<Counted>,
    /// The divisions that the result tells apart, named before it opened; empty when it does not.
    pub divisions: Vec<String>,
    /// Whether it is not anonymous: leads see who answered what, and people are told so first.
    pub named: bool,
    /// How many people sent answers; `None` until it is closed, and when they were too few to tell.
    pub answered: Option<u32>,
    /// The lead who opened it.
    pub opened_by: UserId,
    /// When it opened.
    pub opened_at: DateTime<Utc>,
    /// When it closes by itself.
    pub closes_at: DateTime<Utc>,
    /// How far it has come.
    pub state: State,
    /// When answers were first refused.
    pub closed_at: Option<DateTime<Utc>>,
}

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Asked {
    /// Everybody on the server.
    #[default]
    Everybody,
    /// Whoever has this role when they answer.
    Role {
        /// The role.
        role: RoleId,
    },
    /// The people of one division, as the roster had them when the pulse opened.
    Division {
        /// The division, as leads wrote it.
        name: String,
    },
    /// The customers of a program (partner-agency staff): whoever has their role when they answer.
    Customers {
        /// What the program is called.
        program: String,
        /// The role its customers have on this server.
        role: RoleId,
    },
}

impl Asked {
    /// The role that people need to answer.
    pub fn role(&self) -> Option<RoleId> {
        match self {
            Self::Role { role } | Self::Customers { role, .. } => Some(*role),
            Self::Everybody | Self::Division { .. } => None,
        }
    }
}

/// How the number of people who could answer was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Discord's count of the server's accounts, other bots included.
    ByDiscord,
    /// The roster's list of people.
    ByRoster,
    /// The lead who opened it said so.
    ByLead,
}

impl Counted {
    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByDiscord => "discord",
            Self::ByRoster => "roster",
            Self::ByLead => "lead",
        }
    }

    /// Reads [`name`](Self::name) back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::ByDiscord, Self::ByRoster, Self::ByLead].into_iter().find(|counted| counted.name() == text)
    }
}

/// What leads told after a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What they heard.
    pub you_said: String,
    /// What will be done.
    pub we_will: String,
    /// By whom.
    pub owner: String,
    /// By when.
    pub due_on: NaiveDate,
    /// What will not be done, and why; empty when nothing was left out.
    pub we_will_not: String,
    /// The lead who told it.
    pub told_by: UserId,
}

/// A comment on its way through two leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Random; says nothing about order.
    pub id: String,
    /// The run.
    pub pulse: PulseId,
    /// Key of the question.
    pub measure: String,
    /// As it was written, masked.
    pub words: String,
    /// What the first lead would publish (empty: nothing), and who that was.
    pub proposal: Option<(String, UserId)>,
    /// Whether a second lead agreed.
    pub agreed: bool,
}

/// How far a pulse has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Takes answers, until its closing time.
    Open,
    /// Takes no more; the result waits until the single answers are destroyed.
    Closing,
    /// The result is out.
    Closed,
    /// The key was lost; nothing was counted.
    Stopped,
}

/// Why a pulse is not opened, or not found.
#[derive(Debug, thiserror::Error)]
pub enum PulseRefusal {
    #[error("There is no pulse called “{0}”. Type `/pulse open` and pick one from the list.")]
    Unknown(String),
    #[error("“{0}” has more comment boxes than a sealed ballot can hold. Take some out of its file.")]
    TooLong(String),
    #[error(
        "An anonymous pulse needs at least {needed} people who can answer, so that nobody can be guessed; here {found} can. Ask more \
         people, or open it with `named:True`: then leads see who answered what, and everybody is told so before they answer."
    )]
    TooFewPeople { needed: u32, found: u32 },
    #[error("Nobody on the roster is in the division “{0}”. `/roster division` notes who belongs to one.")]
    EmptyDivision(String),
    #[error("Choose a role or a division, not both.")]
    RoleAndDivision,
    #[error("This pulse asks {0}, and you are not among them. Nothing was stored.")]
    NotAsked(String),
    #[error(
        "The last result of “{0}” has no outcome yet. People answer again when they hear what came of it: tell it with `/pulse act`. An \
         administrator can open the pulse all the same with `without-outcome:` and a reason."
    )]
    NoOutcome(String),
    #[error(
        "Only somebody who may manage this server can open a pulse without an outcome of the last one. `/pulse act` tells it."
    )]
    OnlyAdmins,
    #[error(
        "Only somebody who may manage this server can open a pulse before people had a rest, with `over-budget:` and a reason."
    )]
    OnlyAdminsHurry,
    #[error(
        "These people were asked only recently ({because}). So that pulses stay welcome, none opens within 14 days of the last one, nor \
         while four things were asked in 28 days: pulses, nominations and votes together. It is possible again from <t:{}:D>. \
         An administrator can open it all the same with `over-budget:` and a reason.",
        until.timestamp()
    )]
    AskedRecently { because: String, until: DateTime<Utc> },
    #[error(
        "The same question was put to {asked} on <t:{}:D>. A group and a part of it are not asked the same within 28 days: the two results \
         together would tell of the few people in between. It is possible again from <t:{}:D>.",
        at.timestamp(), until.timestamp()
    )]
    PartOfGroup { asked: String, at: DateTime<Utc>, until: DateTime<Utc> },
    #[error(
        "Results by division need at least two divisions on the roster, and there are fewer. `/roster division` notes who belongs to one."
    )]
    NoDivisions,
    #[error(
        "Results by division can tell {most} divisions apart, and the roster has more. Ask one division at a time with `division:`."
    )]
    TooManyDivisions { most: usize },
    #[error(
        "With `by-division:True`, ask everybody or a role: one division alone cannot be told apart, and a pulse with names tells it anyway."
    )]
    NothingToTellApart,
    #[error("“{0}” is not in the inventory of programs. `/program list` shows what is.")]
    NoProgram(String),
    #[error(
        "Name the role that the customers of “{0}” have on this server with `role:`. Without it, people would answer for customers who are none."
    )]
    NoCustomers(String),
    #[error(
        "“{0}” asks about a service and has to know which. Say whose customers you ask with `customers-of:`, or name a `program` in its file."
    )]
    NoService(String),
    #[error(
        "You are still building “{0}”. Open it with `/pulse new`, then save it or throw it away before you begin another."
    )]
    AnotherDraft(String),
    #[error(
        "“{0}” was not built here. Pulses that come with cxbot are files, changed by the people who run it; `/pulse new` builds your own."
    )]
    NotBuiltHere(String),
    #[error(
        "This draft was saved or thrown away, so nothing was changed. `/pulse new` opens the one you have now, or begins one."
    )]
    NoDraft,
    #[error("There is nothing to send yet. Answer at least one question, or close this message.")]
    NothingToSend,
    #[error("“{0}” was not named, so there is no list of answers. `/pulse results` shows the totals.")]
    NotNamed(String),
    #[error("There are no comments to look through for “{0}”: none were written, too few to keep, or all are done.")]
    NoComments(String),
    #[error("“{0}” is not on the calendar. `/pulse schedule monthly` or `/pulse schedule weekly` puts it there.")]
    NotScheduled(String),
    #[error("You suggested this text yourself. Another lead has to agree before it is published.")]
    NeedsAnotherLead,
    #[error("“{title}” is already open, until <t:{}:f>. Close it first with `/pulse close`.", closes_at.timestamp())]
    AlreadyOpen { title: String, closes_at: DateTime<Utc> },
    #[error("“{0}” is being counted. Open it again when its result is posted.")]
    StillCounting(String),
    #[error(
        "I don't know where to post it. Add `channel:` here, or ask an admin to choose a pulse channel with `/setup`."
    )]
    NoChannel,
    #[error("A pulse is open for 1 to 30 days. Try `days:5`.")]
    Days,
    #[error("There is no such pulse on this server. Pick one from the list that appears as you type.")]
    NotHere,
    #[error("“{0}” is not open any more. `/pulse results` shows what came out.")]
    NotOpen(String),
    #[error("This button belongs to a pulse that I no longer have. `/pulse list` shows the current ones.")]
    Gone,
    #[error(
        "This button is out of date and nothing was stored. Please use the buttons on the newest post of this pulse."
    )]
    OldButton,
    #[error("“{title}” is still open, until <t:{}:f>. Its result is posted after it closes; nothing is shown before.", closes_at.timestamp())]
    StillOpen { title: String, closes_at: DateTime<Utc> },
    #[error(
        "The result of “{0}” is not ready: it is shown when every single answer has been destroyed. I keep trying."
    )]
    ResultWaits(String),
    #[error("{}", super::message::STOPPED)]
    Stopped,
}
impl Refusal for PulseRefusal {}

impl PulseRefusal {
    /// Why a run that is not closed has no result to show.
    pub fn no_result(pulse: &Pulse) -> Option<Self> {
        let title = pulse.definition.title.clone();
        match pulse.state {
            State::Open => Some(Self::StillOpen { title, closes_at: pulse.closes_at }),
            State::Closing => Some(Self::ResultWaits(title)),
            State::Stopped => Some(Self::Stopped),
            State::Closed => None,
        }
    }
}

/// Whether this pulse may be opened for so many people.
pub fn may_open(
    definition: &Definition,
    eligible: Option<u32>,
    named: bool,
    thresholds: &Thresholds,
) -> Result<(), PulseRefusal> {
    if Paper::most_bytes(&definition.questions) > MOST_BALLOT_BYTES {
        return Err(PulseRefusal::TooLong(definition.title.clone()));
    }
    match eligible {
        Some(found) if found < thresholds.eligible && !named => {
            Err(PulseRefusal::TooFewPeople { needed: thresholds.eligible, found })
        }
        _ => Ok(()),
    }
}

/// The same time of day, so many days on, in the group's time zone.
pub fn closing_time(now: DateTime<Utc>, days: u32, zone: Tz) -> DateTime<Utc> {
    instant(now.with_timezone(&zone).naive_local() + Days::new(u64::from(days)), zone)
}

/// At 17:00 in the group's time zone, so many working days on.
pub fn working_closing_time(now: DateTime<Utc>, days: u32, zone: Tz, calendar: &WorkCalendar) -> DateTime<Utc> {
    let day = calendar.add_working_days(now.with_timezone(&zone).date_naive(), days);
    instant(day.and_hms_opt(17, 0, 0).expect("17:00 is a time"), zone)
}

/// When people are reminded, at most twice: at 10:00 on working days about half way and near the end, never in the last two hours, and
/// not on the day of opening.
pub fn reminder_times(
    opened_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    zone: Tz,
    calendar: &WorkCalendar,
) -> Vec<DateTime<Utc>> {
    let first_day = opened_at.with_timezone(&zone).date_naive();
    let mornings: Vec<_> = (1..=31)
        .map(|step| first_day + Days::new(step))
        .filter(|day| calendar.is_working_day(*day))
        .map(|day| instant(day.and_hms_opt(10, 0, 0).expect("10:00 is a time"), zone))
        .take_while(|at| *at + TimeDelta::hours(2) <= closes_at)
        .collect();
    match mornings.as_slice() {
        [] => Vec::new(),
        [only] => vec![*only],
        [.., last] => vec![mornings[(mornings.len() - 1) / 2], *last],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_closes_at_the_same_time_of_day_across_a_clock_change() {
        let closing = |now: &str, days| {
            let zone = chrono_tz::America::New_York;
            closing_time(now.parse().unwrap(), days, zone).with_timezone(&zone).naive_local().to_string()
        };
        assert_eq!(closing("2026-10-30T13:00:00Z", 5), "2026-11-04 09:00:00");
        assert_eq!(closing("2027-03-12T14:00:00Z", 5), "2027-03-17 09:00:00");
        // 02:30 on 14 March 2027 does not exist in New York.
        assert_eq!(closing("2027-03-13T07:30:00Z", 1), "2027-03-14 03:00:00");
    }

    #[test]
    fn people_are_reminded_twice_at_most_in_working_hours_and_never_on_days_off() {
        let zone = chrono_tz::America::New_York;
        let calendar = WorkCalendar::federal();
        let times = |opened: &str, closes: &str| -> Vec<String> {
            reminder_times(opened.parse().unwrap(), closes.parse().unwrap(), zone, &calendar)
                .into_iter()
                .map(|at| at.with_timezone(&zone).naive_local().to_string())
                .collect()
        };
        // Thanksgiving is on Thursday 26 November 2026.
        assert_eq!(
            times("2026-11-24T17:00:00Z", "2026-12-01T22:00:00Z"),
            ["2026-11-27 10:00:00", "2026-12-01 10:00:00"]
        );
        assert_eq!(
            times("2026-11-23T14:00:00Z", "2026-11-24T16:00:00Z"),
            Vec::<String>::new(),
            "in the last two hours"
        );
        assert_eq!(times("2026-11-23T14:00:00Z", "2026-11-24T22:00:00Z"), ["2026-11-24 10:00:00"]);
        let closes = working_closing_time("2026-11-24T17:00:00Z".parse().unwrap(), 5, zone, &calendar);
        assert_eq!(closes.with_timezone(&zone).naive_local().to_string(), "2026-12-02 17:00:00");
    }
}
