//! `/setup`, the hello and `/roster`: load, decide, save, answer.

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity_commands::{Command, Commands};

use super::message::{self, ANOTHER_ZONE, Action, TestLine};
use super::model::{Step, parse_zone};
use super::{GuildSettings, store};
use crate::discord::{Call, Control, Feature, Incoming, Joined, Reply, Tier};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use crate::outbox::{self, Queue, To};
use crate::services::Services;
use crate::text::{clean, shorten};

/// The walk-through for whoever may manage the server, and the hello that invites them to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setup;

#[derive(Debug, Commands)]
enum Slash {
    /// Choose channels, the role of leads and the time zone; can be repeated at any time.
    Setup,
}

#[async_trait]
impl Feature for Setup {
    fn name(&self) -> &'static str {
        message::FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        Slash::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        (path == "setup").then_some(Tier::Admin)
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        match action {
            // Anybody can press the button under the hello; those who may not go on are told so in kind words.
            "begin" => Some(Tier::Member),
            "show" | "channel" | "role" | "zone" | "write-zone" | "try" | "tried" | "done" => Some(Tier::Admin),
            _ => None,
        }
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, _call: &Call) -> Result<Reply> {
        let settings = load(services, incoming.on_server()?).await?;
        Ok(Reply::Say(message::step(Step::Welcome, &settings, None)))
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let Some(action) = Action::parse(&control.id) else {
            return Err(Error::refused("This button is from an older cxbot. Please run `/setup` again."));
        };
        let picked = control.picked.first().map_or("", String::as_str);
        let shown = match action {
            Action::Begin if !incoming.person.manages_server => return Err(Error::refused(message::NOT_AN_ADMIN)),
            Action::Begin => return Ok(Reply::Say(message::step(Step::Welcome, &load(services, guild).await?, None))),
            Action::Show(step) => message::step(step, &load(services, guild).await?, None),
            Action::PickChannel(purpose) => {
                let channel: ChannelId = picked.parse().map_err(|_| nothing_picked())?;
                let settings =
                    change(services, guild, move |tx| Box::pin(store::choose_channel(tx, guild, purpose, channel)))
                        .await?;
                message::step(Step::Channels, &settings, None)
            }
            Action::PickRole => {
                let role: RoleId = picked.parse().map_err(|_| nothing_picked())?;
                // Discord's @everyone is a role with the server's own id.
                if role.0 == guild.0 {
                    let note = "That role is everybody on the server. Pick one that only leads have.";
                    message::step(Step::LeadRole, &load(services, guild).await?, Some(note))
                } else {
                    let settings =
                        change(services, guild, move |tx| Box::pin(store::choose_lead_role(tx, guild, role))).await?;
                    message::step(Step::LeadRole, &settings, None)
                }
            }
            Action::PickZone if picked == ANOTHER_ZONE => return Ok(Reply::Ask(message::zone_form())),
            Action::PickZone => self.zone(services, guild, picked).await?,
            Action::WriteZone => {
                let written = control.written.get("zone").map_or("", String::as_str);
                self.zone(services, guild, written).await?
            }
            Action::Try => {
                let settings = leave_test_lines(services, guild, incoming.id).await?;
                test_result(services, &settings, incoming.id).await?
            }
            Action::Tried(press) => test_result(services, &load(services, guild).await?, press).await?,
            Action::Done => {
                let now = services.clock.now();
                let settings = change(services, guild, move |tx| Box::pin(store::finish_setup(tx, guild, now))).await?;
                message::done(&settings)
            }
        };
        // The first press stands under the public hello; everything after it on the private walk-through.
        Ok(Reply::Update(shown))
    }

    async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        let (guild, name, channel) = (joined.guild, joined.name.clone(), joined.first_channel);
        let (zone, now) = (services.settings.time.zone, services.clock.now());
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    store::record_guild(tx, guild, &name, zone).await?;
                    let Some(channel) = channel else { return Ok(()) };
                    if store::greet_once(tx, guild, now).await? {
                        let (key, post) = (format!("hello:{guild}"), message::hello());
                        let to = To::Channel(channel);
                        outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at: now }).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

impl Setup {
    async fn zone(self, services: &Services, guild: GuildId, written: &str) -> Result<crate::post::Post> {
        match parse_zone(written) {
            Ok(zone) => {
                let settings = change(services, guild, move |tx| Box::pin(store::choose_zone(tx, guild, zone))).await?;
                Ok(message::step(Step::Zone, &settings, None))
            }
            Err(alike) => {
                let note = message::unknown_zone(written, &alike);
                Ok(message::step(Step::Zone, &load(services, guild).await?, Some(&note)))
            }
        }
    }
}

fn nothing_picked() -> Error {
    Error::refused("Nothing was picked. Please pick one entry from the list.")
}

/// The server's choices; a server that has not been noted yet is noted now, so that the first choice has a row to stand in.
async fn load(services: &Services, guild: GuildId) -> Result<GuildSettings> {
    if let Some(settings) = services.store.read(|tx| Box::pin(store::find_guild(tx, guild))).await? {
        return Ok(settings);
    }
    change(services, guild, |_| Box::pin(async { Ok(()) })).await
}

async fn change<F>(services: &Services, guild: GuildId, choice: F) -> Result<GuildSettings>
where
    F: for<'tx> FnOnce(&'tx mut crate::store::Tx) -> futures_util::future::BoxFuture<'tx, Result<()>> + Send + 'static,
{
    let zone = services.settings.time.zone;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::record_guild(tx, guild, "", zone).await?;
                choice(tx).await?;
                let settings = store::find_guild(tx, guild).await?;
                settings.ok_or_else(|| Error::internal(format!("guild {guild} was noted and is not there")))
            })
        })
        .await
}

async fn leave_test_lines(services: &Services, guild: GuildId, press: InteractionId) -> Result<GuildSettings> {
    let now = services.clock.now();
    change(services, guild, move |tx| {
        Box::pin(async move {
            let Some(settings) = store::find_guild(tx, guild).await? else { return Ok(()) };
            for (channel, purposes) in message::chosen_channels(&settings) {
                let (key, post) = (message::test_key(press, channel), message::test_line(&purposes));
                let to = To::Channel(channel);
                outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at: now }).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn test_result(services: &Services, settings: &GuildSettings, press: InteractionId) -> Result<crate::post::Post> {
    let channels: Vec<_> = message::chosen_channels(settings).into_iter().map(|(channel, _)| channel).collect();
    let lines = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let mut lines = Vec::new();
                for channel in channels {
                    let key = message::test_key(press, channel);
                    let line = if outbox::find_sent(tx, &key).await?.is_some() {
                        TestLine::Arrived
                    } else {
                        outbox::find_failure(tx, &key).await?.map_or(TestLine::OnItsWay, TestLine::Failed)
                    };
                    lines.push((channel, line));
                }
                Ok(lines)
            })
        })
        .await?;
    Ok(message::review(settings, Some((press, &lines)), None))
}

/// The roster, for leads: who is in which division, and how many take part.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roster;

#[derive(Debug, Commands)]
enum RosterSlash {
    /// Who takes part, for leads.
    Roster(RosterCommand),
}

#[derive(Debug, Command)]
enum RosterCommand {
    /// How many people take part, and what this counts.
    Size,

    /// Note the division that a person belongs to.
    Division {
        /// The person
        person: serenity::model::id::UserId,
        /// The division, at most 60 characters; leave it out to clear it
        name: Option<String>,
    },
}

#[async_trait]
impl Feature for Roster {
    fn name(&self) -> &'static str {
        "roster"
    }

    fn commands(&self) -> Vec<CreateCommand> {
        RosterSlash::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        matches!(path, "roster size" | "roster division").then_some(Tier::Lead)
    }

    fn tier_for_action(&self, _action: &str) -> Option<Tier> {
        None
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        let guild = incoming.on_server()?;
        let RosterSlash::Roster(command) = RosterSlash::from_command_data(&call.data)
            .map_err(|fault| Error::internal(format!("{}: {fault}", call.path)))?;
        match command {
            RosterCommand::Size => {
                let size = services.store.read(|tx| Box::pin(store::roster_size(tx, guild))).await?;
                Ok(Reply::say(message::roster_size(size)))
            }
            RosterCommand::Division { person, name } => {
                if call.data.resolved.users.get(&person).is_some_and(|user| user.bot) {
                    return Err(Error::refused("A bot belongs to no division. Pick a person."));
                }
                let (user, today) = (UserId(person.get()), load(services, guild).await?.date(services.clock.now()));
                let division = name.map(|name| shorten(&clean(&name), 60)).filter(|name| !name.is_empty());
                let said = message::division(user, division.as_deref());
                services
                    .store
                    .write(move |tx| {
                        Box::pin(async move { store::set_division(tx, guild, user, division.as_deref(), today).await })
                    })
                    .await?;
                Ok(Reply::say(said))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discord::ControlId;

    #[test]
    fn every_command_and_control_has_a_tier_and_nothing_else_has() {
        assert_eq!(Setup.tier_for_command("setup"), Some(Tier::Admin));
        assert_eq!(Setup.tier_for_command("setup now"), None);
        let controls = [
            (Action::Begin, Tier::Member),
            (Action::Show(Step::Zone), Tier::Admin),
            (Action::PickChannel(super::super::Purpose::Pulse), Tier::Admin),
            (Action::PickRole, Tier::Admin),
            (Action::PickZone, Tier::Admin),
            (Action::WriteZone, Tier::Admin),
            (Action::Try, Tier::Admin),
            (Action::Tried(InteractionId(1)), Tier::Admin),
            (Action::Done, Tier::Admin),
        ];
        for (action, tier) in controls {
            let id = action.to_id();
            let action = ControlId::parse(&id).unwrap().action;
            assert_eq!(Setup.tier_for_action(action), Some(tier), "{id}");
        }
        assert_eq!(Setup.tier_for_action("delete-everything"), None);
        for path in ["roster size", "roster division"] {
            assert_eq!(Roster.tier_for_command(path), Some(Tier::Lead));
        }
        assert_eq!(Roster.tier_for_command("roster"), None);
    }
}
