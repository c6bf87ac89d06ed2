//! Features played by hand: people who run commands and press what they were shown, without Discord in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::discord::{Act, Call, Control, ControlId, Feature, Incoming, Person, Reply, Tier};
use cxbot::error::Error;
use cxbot::ids::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use cxbot::post::{Form, Post, Row, SelectKind};
use cxbot::services::Services;
use cxbot::store::Store;
use serde_json::{Value, json};

pub const GUILD: GuildId = GuildId(1);

pub fn noon() -> DateTime<Utc> {
    "2026-11-23T17:00:00Z".parse().unwrap()
}

pub fn services(store: Store) -> Services {
    Services {
        store,
        clock: Clock::manual(noon()),
        settings: Arc::new(Settings::load(&Overrides::default()).unwrap()),
        content: Content::built_in(),
    }
}

/// A person at their screen: what they were shown last, and how they go on from there.
pub struct Player<'a, F> {
    pub feature: &'a F,
    pub services: &'a Services,
    pub user: UserId,
    pub tier: Tier,
    /// Whether they are on the server or in a direct message.
    pub guild: Option<GuildId>,
    pub shown: Post,
    pub form: Option<Form>,
    /// How the last answer came: Say, Update, Ask.
    pub way: String,
}

static INTERACTIONS: AtomicU64 = AtomicU64::new(1000);

impl<'a, F: Feature> Player<'a, F> {
    pub fn new(feature: &'a F, services: &'a Services, user: u64, tier: Tier) -> Self {
        let user = UserId(user);
        Self {
            feature,
            services,
            user,
            tier,
            guild: Some(GUILD),
            shown: Post::default(),
            form: None,
            way: String::new(),
        }
    }

    pub fn in_direct_message(mut self) -> Self {
        self.guild = None;
        self
    }

    fn incoming(&self, act: Act) -> Incoming {
        Incoming {
            id: InteractionId(INTERACTIONS.fetch_add(1, Ordering::Relaxed)),
            person: Person {
                user: self.user,
                name: format!("Person {}", self.user),
                roles: if self.tier == Tier::Lead { vec![RoleId(9)] } else { vec![] },
                manages_server: self.tier == Tier::Admin,
            },
            guild: self.guild,
            channel: ChannelId(77),
            locale: "en-US".into(),
            act,
        }
    }

    fn take(&mut self, reply: Result<Reply, Error>) -> Result<(), String> {
        let reply = reply.map_err(|error| match error {
            Error::Refused(sentence) => sentence,
            Error::Internal(fault) => panic!("a fault: {fault:#}"),
        })?;
        self.way = format!("{reply:?}");
        match reply {
            Reply::Say(post) | Reply::Update(post) => self.shown = post,
            Reply::Ask(form) => self.form = Some(form),
            other => panic!("unexpected {other:?}"),
        }
        Ok(())
    }

    /// Runs a command; `person` is its user option.
    pub async fn runs(&mut self, path: &str, person: Option<(u64, bool)>) -> Result<(), String> {
        self.runs_with(path, person, &[]).await
    }

    /// Runs a command with further text options.
    pub async fn runs_with(
        &mut self,
        path: &str,
        person: Option<(u64, bool)>,
        texts: &[(&str, &str)],
    ) -> Result<(), String> {
        assert!(
            self.feature.tier_for_command(path).is_some_and(|tier| tier <= self.tier),
            "/{path} is not for {:?}",
            self.tier
        );
        let mut options = vec![];
        let mut resolved = json!({});
        if let Some((user, bot)) = person {
            let (user, name) = (user.to_string(), "person");
            options.push(json!({"type": 6, "name": name, "value": user}));
            resolved = json!({"users": {user.clone(): {"id": user, "username": "x", "discriminator": "0", "avatar": null, "bot": bot}}});
        }
        options.extend(texts.iter().map(|(name, value)| json!({"type": 3, "name": name, "value": value})));
        self.calls(path, options, resolved).await
    }

    /// Runs a command with one option that is true or false.
    pub async fn runs_flagged(&mut self, path: &str, (name, value): (&str, bool)) -> Result<(), String> {
        self.calls(path, vec![json!({"type": 5, "name": name, "value": value})], json!({})).await
    }

    async fn calls(&mut self, path: &str, mut options: Vec<Value>, resolved: Value) -> Result<(), String> {
        let (name, sub) = path.split_once(' ').map_or((path, None), |(name, sub)| (name, Some(sub)));
        if let Some(sub) = sub {
            options = vec![json!({"type": 1, "name": sub, "options": options})];
        }
        let data = json!({"id": "5", "name": name, "type": 1, "options": options, "resolved": resolved});
        let call = Call { path: path.into(), data: serde_json::from_value(data).unwrap() };
        let reply = self.feature.on_command(self.services, &self.incoming(Act::Command(call.clone())), &call).await;
        self.take(reply)
    }

    async fn uses(&mut self, control: Control) -> Result<(), String> {
        let action = ControlId::parse(&control.id).unwrap().action.to_owned();
        let tier = self.feature.tier_for_action(&action);
        assert!(tier.is_some_and(|tier| tier <= self.tier), "{action} is not for {:?}", self.tier);
        let reply =
            self.feature.on_control(self.services, &self.incoming(Act::Control(control.clone())), &control).await;
        self.take(reply)
    }

    /// The id of a button on the screen, which must be pressable.
    pub fn button(&self, label: &str) -> String {
        let buttons =
            self.shown.rows.iter().filter_map(|row| if let Row::Buttons(buttons) = row { Some(buttons) } else { None });
        let found = buttons.flatten().find(|button| button.label == label && button.enabled);
        found.unwrap_or_else(|| panic!("no button {label:?} in\n{}", self.shown.as_text())).id.clone()
    }

    pub async fn presses(&mut self, label: &str) -> Result<(), String> {
        let id = self.button(label);
        self.presses_id(&id).await
    }

    /// Presses a button of an older screen.
    pub async fn presses_id(&mut self, id: &str) -> Result<(), String> {
        self.uses(Control { id: id.into(), ..Control::default() }).await
    }

    /// Picks a value in the select whose placeholder starts with `menu`.
    pub async fn picks(&mut self, menu: &str, value: &str) -> Result<(), String> {
        let mut selects =
            self.shown.rows.iter().filter_map(|row| if let Row::Select(select) = row { Some(select) } else { None });
        let found = selects.find(|select| select.placeholder.starts_with(menu));
        let id = found.unwrap_or_else(|| panic!("no menu {menu:?} in\n{}", self.shown.as_text())).id.clone();
        self.uses(Control { id, picked: vec![value.into()], ..Control::default() }).await
    }

    /// The values offered in the select whose placeholder starts with `menu`, in their order.
    pub fn options(&self, menu: &str) -> Vec<String> {
        let mut selects =
            self.shown.rows.iter().filter_map(|row| if let Row::Select(select) = row { Some(select) } else { None });
        let found = selects.find(|select| select.placeholder.starts_with(menu));
        match &found.unwrap_or_else(|| panic!("no menu {menu:?} in\n{}", self.shown.as_text())).kind {
            SelectKind::Options(options) => options.iter().map(|option| option.value.clone()).collect(),
            other => panic!("no options in {other:?}"),
        }
    }

    /// Picks several values in a select that was shown earlier.
    pub async fn uses_picks(&mut self, id: &str, picked: Vec<String>) -> Result<(), String> {
        self.uses(Control { id: id.into(), picked, ..Control::default() }).await
    }

    /// Submits the open form.
    pub async fn submits(&mut self, answers: &[(&str, &str)]) -> Result<(), String> {
        let form = self.form.take().expect("an open form");
        let written: BTreeMap<_, _> =
            answers.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        for key in written.keys() {
            assert!(form.inputs.iter().any(|input| input.id == *key), "the form has no {key}");
        }
        self.uses(Control { id: form.id, written, ..Control::default() }).await
    }
}
