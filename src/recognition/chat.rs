//! The commands of recognition, and who answers which control.

use std::sync::Arc;

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity::model::application::{CommandData, CommandType};
use serenity_commands::{Command, Commands};

use super::action::{self, Action};
use super::job::RecognitionJob;
use super::nominate::{self, Nominee};
use super::nomination::NominationId;
use super::review::Verdict;
use super::stories::{self, Filters};
use super::vote::{self, Votes};
use super::{consent, queue, rounds, thanks, weekly};
use crate::discord::{Call, Control, Feature, Incoming, Joined, Reply, Tier};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::schedule::Job;
use crate::sealed::Sealed;
use crate::services::Services;

/// Recognition, as the dispatcher sees it. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Recognition {
    votes: Votes,
}

impl Recognition {
    /// The feature, with the ballots of its votes sealed by `sealed`.
    #[must_use]
    pub fn new(sealed: Sealed) -> Self {
        Self { votes: Votes::new(sealed) }
    }

    /// What the schedule runs for it.
    #[must_use]
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        let others = RecognitionJob::ALL.into_iter().map(|job| Arc::new(job) as Arc<dyn Job>);
        others.chain(vote::jobs(&self.votes)).collect()
    }

    /// Waits until no closing of a vote is under way in this process. For an orderly stop, and for tests.
    pub async fn settle(&self) {
        self.votes.settle().await;
    }
}

/// The context menu on a person.
const NOMINATE_MENU: &str = "Nominate for good CX";
/// The context menu on a message; its author did well.
const MESSAGE_MENU: &str = "Nominate its author";

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

    /// Stories of good customer experience, by principle, program and quarter.
    Stories,
}

#[derive(Debug, Command)]
enum RecognitionCommand {
    /// What you nominated, and what waits for your answer.
    Mine,

    /// Review the nominations that wait.
    Queue,

    /// Let people nominate in this fiscal quarter's round.
    Open {
        /// The last day, as 2026-12-11; without it, the last day of the quarter
        closes: Option<String>,
        /// Whether the group votes on which of the accepted stories are told
        vote: Option<bool>,
    },

    /// End this fiscal quarter's round early.
    Close,

    /// Open the vote of a round that is over.
    Vote {
        /// How many days it lasts; 7 if you do not say
        #[command(builder(min_int_value(2), max_int_value(14)))]
        days: Option<i64>,
    },

    /// Who reviews; take somebody off.
    Reviewers,

    /// Whether a round is fair: shares, first-time nominees, pairs. From five nominees on.
    Fairness,

    /// What reviewers and leads decided, newest first.
    Audit,

    /// Tell a published story again once a week.
    Weekly,
}

#[async_trait]
impl Feature for Recognition {
    fn name(&self) -> &'static str {
        action::FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        let mut commands = Slash::create_commands();
        commands.push(CreateCommand::new(NOMINATE_MENU).kind(CommandType::User));
        commands.push(CreateCommand::new(MESSAGE_MENU).kind(CommandType::Message));
        commands
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "nominate" | "thanks" | "stories" | "recognition mine" | NOMINATE_MENU | MESSAGE_MENU => Some(Tier::Member),
            "recognition queue"
            | "recognition open"
            | "recognition close"
            | "recognition vote"
            | "recognition reviewers"
            | "recognition fairness"
            | "recognition audit"
            | "recognition weekly" => Some(Tier::Lead),
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
        if call.path == MESSAGE_MENU {
            return nominate::start(services, incoming, author_of(incoming, &call.data)?).await;
        }
        let slash =
            Slash::from_command_data(&call.data).map_err(|fault| Error::internal(format!("{}: {fault}", call.path)))?;
        match slash {
            Slash::Nominate { person: user } => nominate::start(services, incoming, person(&call.data, user)).await,
            Slash::Thanks { person: user } => thanks::start(incoming, &person(&call.data, user)),
            Slash::Recognition(RecognitionCommand::Mine) => Ok(Reply::Say(nominate::mine(services, incoming).await?)),
            Slash::Recognition(RecognitionCommand::Queue) => {
                Ok(Reply::Say(queue::show(services, incoming, None, None).await?))
            }
            Slash::Recognition(RecognitionCommand::Open { closes, vote }) => {
                rounds::set(services, incoming, true, (closes.as_deref(), vote)).await
            }
            Slash::Recognition(RecognitionCommand::Close) => rounds::set(services, incoming, false, (None, None)).await,
            Slash::Recognition(RecognitionCommand::Vote { days }) => self.votes.open(services, incoming, days).await,
            Slash::Recognition(RecognitionCommand::Reviewers) => {
                queue::reviewers(services, incoming).await.map(Reply::Say)
            }
            Slash::Recognition(RecognitionCommand::Fairness) => {
                queue::fairness(services, incoming).await.map(Reply::Say)
            }
            Slash::Recognition(RecognitionCommand::Audit) => queue::audit(services, incoming).await.map(Reply::Say),
            Slash::Recognition(RecognitionCommand::Weekly) => weekly::show(services, incoming).await.map(Reply::Say),
            Slash::Stories => stories::list(services, incoming, Filters::default()).await.map(Reply::Say),
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let Some(action) = Action::parse(&control.id) else {
            return Err(Error::refused(
                "This button is from an older cxbot. `/recognition mine` shows what is there now.",
            ));
        };
        match action {
            Action::Tag(id) | Action::Relation(id) | Action::Team(id) | Action::Program(id) => {
                let event = nominate::picked(services, action, control)?;
                nominate::pick(services, incoming, id, event).await
            }
            Action::Write(id) => nominate::ask(services, incoming, id).await,
            Action::Written(id) => nominate::write(services, incoming, id, control).await,
            Action::Send(id) => nominate::send(services, incoming, id).await,
            Action::Discard(id) => nominate::discard(services, incoming, id).await,
            Action::TakeBack(id) => nominate::take_back(services, incoming, id).await,
            Action::AnswerReviewer(id) => queue::ask_answer(services, incoming, id).await,
            Action::AnsweredReviewer(id) => queue::answered(services, incoming, id, control).await,
            Action::Fresh(user) => {
                let nominee = Nominee { user, is_bot: false, link: None, anew: true };
                nominate::start(services, incoming, nominee).await.map(in_place)
            }
            Action::Second => nominate::ask_second(services, incoming, control).await,
            Action::Seconded(id) => nominate::second(services, incoming, id, control).await,
            Action::Mine => Ok(Reply::Update(nominate::mine(services, incoming).await?)),
            Action::Waiting => Ok(Reply::Say(nominate::mine(services, incoming).await?)),
            Action::Open => {
                let picked = control.picked.first().and_then(|value| value.parse().ok()).map(NominationId);
                let id =
                    picked.ok_or_else(|| Error::refused("Nothing was picked. Please pick one entry from the list."))?;
                nominate::see(services, incoming, id).await
            }
            Action::See(id) => nominate::see(services, incoming, id).await,
            Action::Look(id) => Ok(Reply::Update(queue::show(services, incoming, Some(id), None).await?)),
            Action::Score(id, criterion, revision) => {
                queue::score(services, incoming, (id, criterion, revision), control).await
            }
            Action::Accept(id, revision) => {
                queue::judge(services, incoming, (id, revision), Verdict::Accept, None).await
            }
            Action::Decline(id, revision) => queue::ask_reason(services, incoming, id, revision).await,
            Action::Declined(id, revision) => {
                let reason = Some(queue::reason(control));
                queue::judge(services, incoming, (id, revision), Verdict::Decline, reason).await
            }
            Action::Thank(id, revision) => {
                queue::judge(services, incoming, (id, revision), Verdict::Thanks, None).await
            }
            Action::AskAuthor(id) => queue::ask_question(services, incoming, id).await,
            Action::AskedAuthor(id) => queue::asked(services, incoming, id, control).await,
            Action::Dismiss => queue::dismiss(services, incoming, control).await,
            Action::Weekly => weekly::set(services, incoming, control).await,
            Action::Answer(id, answer, revision) => consent::answer(services, incoming, (id, revision), answer).await,
            Action::Correct(id, revision) => consent::ask_correction(services, incoming, id, revision).await,
            Action::Corrected(id, revision) => consent::correct(services, incoming, (id, revision), control).await,
            Action::Stories(filter, filters) => stories::narrow(services, incoming, (filter, filters), control).await,
            Action::Read(_) => stories::read(services, incoming, control).await,
            Action::Retract(id) => consent::ask_sure(services, incoming, id).await,
            Action::Retracted(id) => consent::withdraw(services, incoming, id).await,
            Action::Ballot(id, step) => self.votes.step(services, incoming, control, (id, step)).await,
            Action::Thanks(user) => thanks::send(services, incoming, user, control).await,
        }
    }

    async fn on_joined(&self, services: &Services, joined: &Joined) -> Result<()> {
        self.votes.on_joined(services, joined).await
    }
}

fn person(data: &CommandData, user: serenity::model::id::UserId) -> Nominee {
    let is_bot = data.resolved.users.get(&user).is_some_and(|user| user.bot);
    Nominee { user: UserId(user.get()), is_bot, link: None, anew: false }
}

/// The author of the message that a context menu was opened on. What the message says is not read, only where it stands.
fn author_of(incoming: &Incoming, data: &CommandData) -> Result<Nominee> {
    let target = data.target_id.ok_or_else(|| Error::internal("a context menu without its target"))?.to_message_id();
    let message = data.resolved.messages.get(&target);
    let message = message.ok_or_else(|| Error::internal("a context menu without its message"))?;
    let is_bot = message.author.bot || message.webhook_id.is_some();
    let link = format!("https://discord.com/channels/{}/{}/{target}", incoming.on_server()?, incoming.channel);
    Ok(Nominee { user: UserId(message.author.id.get()), is_bot, link: Some(link), anew: false })
}

/// The same answer in place of the message that was pressed.
fn in_place(reply: Reply) -> Reply {
    match reply {
        Reply::Say(post) => Reply::Update(post),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_registered_path_has_its_tier() {
        let recognition = Recognition::new(Sealed::in_data_folder(std::path::Path::new("nowhere")));
        for (path, tier) in [
            ("nominate", Some(Tier::Member)),
            ("thanks", Some(Tier::Member)),
            ("recognition mine", Some(Tier::Member)),
            (NOMINATE_MENU, Some(Tier::Member)),
            ("recognition queue", Some(Tier::Lead)),
            ("recognition open", Some(Tier::Lead)),
            ("recognition close", Some(Tier::Lead)),
            ("recognition vote", Some(Tier::Lead)),
            ("recognition reviewers", Some(Tier::Lead)),
            ("recognition fairness", Some(Tier::Lead)),
            ("recognition audit", Some(Tier::Lead)),
            ("recognition weekly", Some(Tier::Lead)),
            ("stories", Some(Tier::Member)),
            (MESSAGE_MENU, Some(Tier::Member)),
            ("recognition", None),
            ("recognition erase", None),
        ] {
            assert_eq!(recognition.tier_for_command(path), tier, "{path}");
        }
        let registered = serde_json::to_value(recognition.commands()).unwrap();
        let menus = registered
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|command| command["type"].as_u64())
            .filter(|kind| *kind > 1);
        assert_eq!(menus.collect::<Vec<_>>(), [2, 3]);
    }
}
