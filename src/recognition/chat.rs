//! The commands of recognition, and who answers which control.

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity::model::application::{CommandData, CommandType};
use serenity_commands::{Command, Commands};

use super::action::{self, Action};
use super::model::{Event, NominationId};
use super::nominate::{self, Nominee};
use super::{consent, queue, thanks};
use crate::discord::{Call, Control, Feature, Incoming, Reply, Tier};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::services::Services;

/// Recognition, as the dispatcher sees it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recognition;

/// The context menu on a person.
const NOMINATE_MENU: &str = "Nominate for good CX";

#[derive(Debug, Commands)]
enum Slash {
    /// Tell how somebody's work helped a customer; a lead reviews it.
    Nominate {
        /// The person who did it
        person: serenity::model::id::UserId,
    },

    /// Thank somebody privately; counted nowhere.
    Thanks {
        /// The person you want to thank
        person: serenity::model::id::UserId,
    },

    /// Nominations: yours, and for leads the review.
    Recognition(RecognitionCommand),
}

#[derive(Debug, Command)]
enum RecognitionCommand {
    /// What you nominated, and what waits for your answer.
    Mine,

    /// Review the nominations that wait.
    Queue,

    /// Let people nominate in this fiscal quarter's round again.
    Open,

    /// End this fiscal quarter's round early.
    Close,
}

#[async_trait]
impl Feature for Recognition {
    fn name(&self) -> &'static str {
        action::FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        let mut commands = Slash::create_commands();
        commands.push(CreateCommand::new(NOMINATE_MENU).kind(CommandType::User));
        commands
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "nominate" | "thanks" | "recognition mine" | NOMINATE_MENU => Some(Tier::Member),
            "recognition queue" | "recognition open" | "recognition close" => Some(Tier::Lead),
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        action::tier(action)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        if call.path == NOMINATE_MENU {
            let target = call.data.target_id.ok_or_else(|| Error::internal("a context menu without its target"))?;
            return nominate::start(services, incoming, person(&call.data, target.to_user_id())).await;
        }
        let slash =
            Slash::from_command_data(&call.data).map_err(|fault| Error::internal(format!("{}: {fault}", call.path)))?;
        match slash {
            Slash::Nominate { person: user } => nominate::start(services, incoming, person(&call.data, user)).await,
            Slash::Thanks { person: user } => thanks::start(incoming, person(&call.data, user)),
            Slash::Recognition(RecognitionCommand::Mine) => Ok(Reply::Say(nominate::mine(services, incoming).await?)),
            Slash::Recognition(RecognitionCommand::Queue) => {
                Ok(Reply::Say(queue::show(services, incoming, None, None).await?))
            }
            Slash::Recognition(RecognitionCommand::Open) => nominate::set_round(services, incoming, true).await,
            Slash::Recognition(RecognitionCommand::Close) => nominate::set_round(services, incoming, false).await,
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let Some(action) = Action::parse(&control.id) else {
            return Err(Error::refused(
                "This button is from an older cxbot. `/recognition mine` shows what is there now.",
            ));
        };
        match action {
            Action::Tag(id) | Action::Relation(id) => {
                let event = nominate::picked(services, action, control)?;
                nominate::pick(services, incoming, id, event).await
            }
            Action::Write(id) => nominate::ask(services, incoming, id).await,
            Action::Written(id) => nominate::write(services, incoming, id, control).await,
            Action::Send(id) => nominate::send(services, incoming, id).await,
            Action::Discard(id) => nominate::discard(services, incoming, id).await,
            Action::TakeBack(id) => nominate::take_back(services, incoming, id).await,
            Action::Mine => Ok(Reply::Update(nominate::mine(services, incoming).await?)),
            Action::Open => {
                let picked = control.picked.first().and_then(|value| value.parse().ok()).map(NominationId);
                let id =
                    picked.ok_or_else(|| Error::refused("Nothing was picked. Please pick one entry from the list."))?;
                nominate::see(services, incoming, id).await
            }
            Action::See(id) => nominate::see(services, incoming, id).await,
            Action::Look(id) => Ok(Reply::Update(queue::show(services, incoming, Some(id), None).await?)),
            Action::Accept(id, revision) => queue::decide(services, incoming, id, Event::Accept(revision)).await,
            Action::Decline(id, revision) => queue::ask_reason(services, incoming, id, revision).await,
            Action::Declined(id, revision) => {
                queue::decide(services, incoming, id, Event::Decline(revision, queue::reason(control))).await
            }
            Action::Thank(id, revision) => queue::decide(services, incoming, id, Event::Thank(revision)).await,
            Action::Answer(id, answer) => consent::answer(services, incoming, id, answer).await,
            Action::Retract(id) => consent::ask_sure(services, incoming, id).await,
            Action::Retracted(id) => consent::withdraw(services, incoming, id).await,
            Action::Thanks(user) => thanks::send(services, incoming, user, control).await,
        }
    }
}

fn person(data: &CommandData, user: serenity::model::id::UserId) -> Nominee {
    let is_bot = data.resolved.users.get(&user).is_some_and(|user| user.bot);
    Nominee { user: UserId(user.get()), is_bot }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registered_path_has_its_tier() {
        for (path, tier) in [
            ("nominate", Some(Tier::Member)),
            ("thanks", Some(Tier::Member)),
            ("recognition mine", Some(Tier::Member)),
            (NOMINATE_MENU, Some(Tier::Member)),
            ("recognition queue", Some(Tier::Lead)),
            ("recognition open", Some(Tier::Lead)),
            ("recognition close", Some(Tier::Lead)),
            ("recognition", None),
            ("recognition erase", None),
        ] {
            assert_eq!(Recognition.tier_for_command(path), tier, "{path}");
        }
        let registered = serde_json::to_value(Recognition.commands()).unwrap();
        assert_eq!(registered.as_array().unwrap().len(), 4);
        assert_eq!(registered[3]["type"], 2);
    }
}
