//! Who answers an interaction, and whether this person may ask.
//!
//! Default deny: a command or control that no feature claims, or that its feature gives no tier, is refused to everybody.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

use super::seen::TakenUp;
use super::{Act, ControlId, Feature, Gate, Incoming, Joined, Registration, Reply, Tier};
use crate::error::{Error, Result};
use crate::services::Services;

/// Finds the feature that answers, checks the person's tier, and turns whatever happens into an answer.
pub struct Dispatcher {
    pub(super) services: Services,
    pub(super) taken_up: TakenUp,
    features: Vec<Arc<dyn Feature>>,
    by_command: HashMap<String, usize>,
    gate: Arc<dyn Gate>,
    registration: Arc<Registration>,
}

impl Dispatcher {
    /// Puts the features behind one door.
    ///
    /// # Errors
    /// When their commands break Discord's limits or two of them share a command or a name; lists every problem.
    pub fn new(services: Services, features: Vec<Arc<dyn Feature>>, gate: Arc<dyn Gate>) -> Result<Self> {
        let registration = Registration::collect(&features)?;
        let by_command = registration.owners().map(|(command, feature)| (command.to_owned(), feature)).collect();
        Ok(Self {
            services,
            taken_up: TakenUp::default(),
            features,
            by_command,
            gate,
            registration: Arc::new(registration),
        })
    }

    /// The commands to register with Discord.
    #[must_use]
    pub fn registration(&self) -> Arc<Registration> {
        self.registration.clone()
    }

    /// Decides the reply to an interaction. A panic in a feature becomes a fault.
    ///
    /// # Errors
    /// A sentence for the person, or a fault; both still have to be told.
    pub async fn decide(&self, incoming: &Incoming) -> Result<Reply> {
        AssertUnwindSafe(self.route(incoming)).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic)))
    }

    /// Tells every feature that cxbot is on this server. One that fails does not keep the others from hearing it.
    pub async fn joined(&self, joined: &Joined) {
        for feature in &self.features {
            let told = AssertUnwindSafe(feature.on_joined(&self.services, joined)).catch_unwind().await;
            if let Err(error) = told.unwrap_or_else(|panic| Err(panicked(&*panic))) {
                tracing::error!(feature = feature.name(), guild = joined.guild.0, error = %error, "Greeting a server failed");
            }
        }
    }

    async fn route(&self, incoming: &Incoming) -> Result<Reply> {
        match &incoming.act {
            Act::Command(call) => {
                let feature = self.feature_of(&call.data.name).ok_or_else(no_such_command)?;
                let needed = feature.tier_for_command(&call.path).ok_or_else(no_such_command)?;
                incoming.on_server()?;
                self.admit(incoming, needed).await?;
                // Nobody goes without an answer because this could not be noted.
                if let Err(error) = self.gate.used(&self.services, incoming).await {
                    tracing::error!(error = %error, "A person's use of cxbot could not be noted");
                }
                feature.on_command(&self.services, incoming, call).await
            }
            Act::Typing(typed) => {
                let root = typed.path.split(' ').next().unwrap_or_default();
                let Some(feature) = self.feature_of(root) else { return Ok(Reply::Suggest(Vec::new())) };
                let Some(needed) = feature.tier_for_command(&typed.path) else { return Ok(Reply::Suggest(Vec::new())) };
                // A list of suggestions can tell as much as a command, so it is kept to the same people.
                match self.admit(incoming, needed).await {
                    Ok(()) => feature.on_typing(&self.services, incoming, typed).await.map(Reply::Suggest),
                    Err(Error::Refused(_)) => Ok(Reply::Suggest(Vec::new())),
                    Err(fault) => Err(fault),
                }
            }
            Act::Control(control) => {
                let id = ControlId::parse(&control.id).ok_or_else(out_of_date)?;
                let feature =
                    self.features.iter().find(|feature| feature.name() == id.feature).ok_or_else(out_of_date)?;
                let needed = feature.tier_for_action(id.action).ok_or_else(out_of_date)?;
                self.admit(incoming, needed).await?;
                feature.on_control(&self.services, incoming, control).await
            }
        }
    }

    fn feature_of(&self, command: &str) -> Option<&Arc<dyn Feature>> {
        self.by_command.get(command).map(|&index| &self.features[index])
    }

    async fn admit(&self, incoming: &Incoming, needed: Tier) -> Result<()> {
        // Everybody who can reach a member's control may use it, also in a direct message; the gate, and with it the database, is
        // asked only when there is something to decide.
        if needed == Tier::Member {
            return Ok(());
        }
        incoming.on_server()?;
        match self.gate.tier(&self.services, incoming).await? {
            Some(tier) if tier >= needed => Ok(()),
            _ => Err(Error::refused(match needed {
                Tier::Admin => {
                    "Only administrators of this server can do this. Ask somebody who may manage the server, or the person who set \
                     cxbot up."
                }
                Tier::Lead | Tier::Member => {
                    "Only leads can do this. Ask a lead of your group to do it for you, or ask an administrator of this server for the \
                     lead role."
                }
            })),
        }
    }
}

/// What a panic said, as a fault.
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let said = panic
        .downcast_ref::<&str>()
        .map(|said| (*said).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Error::internal(format!("A handler panicked: {said}"))
}

fn no_such_command() -> Error {
    Error::refused("cxbot does not have this command any more. Type / to see what it offers now.")
}

fn out_of_date() -> Error {
    Error::refused(
        "This belongs to an earlier version of cxbot and does not work any more. Look for a newer message in this channel, or type \
         / to see what cxbot offers now.",
    )
}

#[cfg(test)]
pub(super) mod tests {
    use async_trait::async_trait;
    use serenity::builder::{CreateCommand, CreateCommandOption};
    use serenity::model::application::CommandOptionType;

    use super::*;
    use crate::clock::Clock;
    use crate::config::{Content, Overrides, Settings};
    use crate::discord::{Call, Control, Person, Typed};
    use crate::ids::{ChannelId, GuildId, InteractionId, UserId};

    /// A feature with one command and one control a tier.
    pub(in crate::discord) struct Fake;

    #[async_trait]
    impl Feature for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn commands(&self) -> Vec<CreateCommand> {
            let leaf = |name| CreateCommandOption::new(CommandOptionType::SubCommand, name, " Does it");
            vec![
                CreateCommand::new("fake")
                    .description(" Fakes something")
                    .add_option(leaf("member"))
                    .add_option(leaf("lead"))
                    .add_option(leaf("admin"))
                    .add_option(leaf("panic")),
                CreateCommand::new("manage").description("Manages"),
            ]
        }

        fn tier_for_command(&self, path: &str) -> Option<Tier> {
            match path {
                "fake member" | "fake panic" => Some(Tier::Member),
                "fake lead" => Some(Tier::Lead),
                "fake admin" | "manage" => Some(Tier::Admin),
                _ => None,
            }
        }

        fn tier_for_action(&self, action: &str) -> Option<Tier> {
            self.tier_for_command(&format!("fake {action}"))
        }

        async fn on_command(&self, _: &Services, _: &Incoming, call: &Call) -> Result<Reply> {
            assert!(call.path != "fake panic", "the floor gave way");
            Ok(Reply::say(format!("did {}", call.path)))
        }

        async fn on_control(&self, _: &Services, _: &Incoming, control: &Control) -> Result<Reply> {
            Ok(Reply::say(format!("did {}", control.id)))
        }

        async fn on_typing(&self, _: &Services, _: &Incoming, typed: &Typed) -> Result<Vec<crate::discord::Choice>> {
            Ok(vec![crate::discord::Choice::new(typed.text.clone(), "x")])
        }
    }

    struct FixedGate(Option<Tier>);

    #[async_trait]
    impl Gate for FixedGate {
        async fn tier(&self, _: &Services, _: &Incoming) -> Result<Option<Tier>> {
            Ok(self.0)
        }
    }

    pub(in crate::discord) async fn services(folder: &tempfile::TempDir) -> Services {
        let store =
            crate::store::Store::connect(&format!("sqlite:{}", folder.path().join("t.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let settings = Settings::load(&Overrides::default()).unwrap();
        Services {
            store,
            clock: Clock::manual("2026-11-23T12:00:00Z".parse().unwrap()),
            content: Content::built_in(),
            settings: Arc::new(settings),
        }
    }

    fn incoming(guild: Option<GuildId>, act: Act) -> Incoming {
        let person = Person { user: UserId(7), name: "Ana".into(), roles: Vec::new(), manages_server: false };
        Incoming { id: InteractionId(1), person, guild, channel: ChannelId(2), locale: "en-US".into(), act }
    }

    fn call(path: &str) -> Act {
        let root = path.split(' ').next().unwrap();
        let data = serde_json::json!({"id": "5", "name": root, "type": 1});
        Act::Command(Call { path: path.into(), data: serde_json::from_value(data).unwrap() })
    }

    fn press(id: &str) -> Act {
        Act::Control(Control { id: id.into(), ..Control::default() })
    }

    async fn told(dispatcher: &Dispatcher, incoming: &Incoming) -> String {
        match dispatcher.decide(incoming).await {
            Ok(Reply::Say(post)) => post.text,
            Ok(Reply::Suggest(choices)) => format!("{} suggestions", choices.len()),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn every_tier_may_do_what_it_may_and_nothing_above() {
        let folder = tempfile::tempdir().unwrap();
        let services = services(&folder).await;
        for tier in [Tier::Member, Tier::Lead, Tier::Admin] {
            let dispatcher =
                Dispatcher::new(services.clone(), vec![Arc::new(Fake)], Arc::new(FixedGate(Some(tier)))).unwrap();
            for (name, needed) in [("member", Tier::Member), ("lead", Tier::Lead), ("admin", Tier::Admin)] {
                let typed = Typed {
                    path: format!("fake {name}"),
                    option: "x".into(),
                    text: "y".into(),
                    others: std::collections::BTreeMap::default(),
                };
                let by_command = told(&dispatcher, &incoming(Some(GuildId(1)), call(&format!("fake {name}")))).await;
                let by_press =
                    told(&dispatcher, &incoming(Some(GuildId(1)), press(&format!("v1:fake:{name}:1")))).await;
                let by_typing = told(&dispatcher, &incoming(Some(GuildId(1)), Act::Typing(typed))).await;
                if tier >= needed {
                    assert_eq!(by_command, format!("did fake {name}"));
                    assert_eq!(by_press, format!("did v1:fake:{name}:1"));
                    assert_eq!(by_typing, "1 suggestions");
                } else {
                    let who = if needed == Tier::Admin { "Only administrators" } else { "Only leads" };
                    assert!(by_command.starts_with(who), "{tier:?} {name}: {by_command}");
                    assert!(by_press.starts_with(who), "{tier:?} {name}: {by_press}");
                    assert_eq!(by_typing, "0 suggestions");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_nobody_claims_is_refused_kindly() {
        let folder = tempfile::tempdir().unwrap();
        let gate = Arc::new(FixedGate(Some(Tier::Admin)));
        let dispatcher = Dispatcher::new(services(&folder).await, vec![Arc::new(Fake)], gate).unwrap();
        for act in [call("fake unknown"), call("gone")] {
            assert!(
                told(&dispatcher, &incoming(Some(GuildId(1)), act))
                    .await
                    .starts_with("cxbot does not have this command")
            );
        }
        for id in ["v0:fake:member", "vote_7", "v1:other:member", "v1:fake:unknown:7"] {
            let told = told(&dispatcher, &incoming(Some(GuildId(1)), press(id))).await;
            assert!(told.starts_with("This belongs to an earlier version"), "{id}: {told}");
        }
    }

    #[tokio::test]
    async fn in_a_direct_message_only_members_controls_work() {
        let folder = tempfile::tempdir().unwrap();
        let gate = Arc::new(FixedGate(Some(Tier::Admin)));
        let dispatcher = Dispatcher::new(services(&folder).await, vec![Arc::new(Fake)], gate).unwrap();
        assert_eq!(told(&dispatcher, &incoming(None, press("v1:fake:member:1"))).await, "did v1:fake:member:1");
        for act in [press("v1:fake:lead:1"), call("fake member")] {
            assert!(told(&dispatcher, &incoming(None, act)).await.contains("not in direct messages"));
        }
    }

    #[tokio::test]
    async fn a_panic_becomes_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let gate = Arc::new(FixedGate(None));
        let dispatcher = Dispatcher::new(services(&folder).await, vec![Arc::new(Fake)], gate).unwrap();
        let error = dispatcher.decide(&incoming(Some(GuildId(1)), call("fake panic"))).await.unwrap_err();
        assert!(matches!(&error, Error::Internal(_)), "{error}");
        assert!(error.to_string().contains("the floor gave way"), "{error}");
    }
}
