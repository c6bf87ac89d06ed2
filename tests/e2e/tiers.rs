//! Who may do what: every registered command and every kind of control, for an outsider, a member, a lead and an administrator.
//!
//! The list is made from the register itself, so a new command is covered the moment it exists, and one without a tier fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use async_trait::async_trait;
use cxbot::config::{Overrides, Settings};
use cxbot::discord::{Act, Call, Control, Dispatcher, Feature, Gate, Incoming, Person, Tier, Typed};
use cxbot::error::Result;
use cxbot::features::Features;
use cxbot::ids::{ChannelId, GuildId, InteractionId, UserId};
use cxbot::services::Services;
use serde_json::{Value, json};

use crate::harness::{Database, World};

crate::stories!(members_meet_a_sentence_at_every_lead_command, a_member_cannot_press_what_a_lead_sees);

const ONLY_LEADS: &str = "Only leads can do this.";
const ONLY_ADMINS: &str = "Only administrators of this server can do this.";
const NOT_HERE: &str = "This works only on your group's server, not in direct messages.";
const NO_SUCH: &str = "cxbot does not have this command any more.";

/// Every path of a command as Discord would send it (`pulse open`), with its type (1 slash, 2 on a person, 3 on a message).
fn paths(feature: &dyn Feature) -> Vec<(String, u64)> {
    fn below(before: &str, command: &Value, kind: u64, found: &mut Vec<(String, u64)>) {
        let name = command["name"].as_str().unwrap();
        let path = if before.is_empty() { name.to_owned() } else { format!("{before} {name}") };
        let parts: Vec<_> = command["options"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|option| matches!(option["type"].as_u64(), Some(1 | 2)))
            .collect();
        if parts.is_empty() || (!before.is_empty() && command["type"] == 1) {
            found.push((path, kind));
        } else {
            for part in parts {
                below(&path, part, kind, found);
            }
        }
    }
    let mut found = Vec::new();
    for command in feature.commands() {
        let command = serde_json::to_value(&command).unwrap();
        below("", &command, command["type"].as_u64().unwrap_or(1), &mut found);
    }
    found
}

fn features() -> Vec<std::sync::Arc<dyn Feature>> {
    Features::new(&Settings::load(&Overrides::default()).unwrap()).all()
}

/// Everybody in the world has this tier.
struct Fixed(Option<Tier>);

#[async_trait]
impl Gate for Fixed {
    async fn tier(&self, _: &Services, _: &Incoming) -> Result<Option<Tier>> {
        Ok(self.0)
    }
}

fn incoming(guild: Option<u64>, manages_server: bool, act: Act) -> Incoming {
    let person = Person { user: UserId(7), name: "Ana".into(), roles: Vec::new(), manages_server };
    let guild = guild.map(GuildId);
    Incoming { id: InteractionId(1), person, guild, channel: ChannelId(2), locale: "en-US".into(), act }
}

fn call(path: &str, kind: u64) -> Act {
    let root = if kind == 1 { path.split(' ').next().unwrap() } else { path };
    Act::Command(Call {
        path: path.into(),
        data: serde_json::from_value(json!({"id": "5", "name": root, "type": kind})).unwrap(),
    })
}

#[test]
fn no_command_and_no_option_is_without_its_tier() {
    let mut seen = BTreeMap::new();
    for feature in features() {
        for (path, _) in paths(feature.as_ref()) {
            let tier = feature.tier_for_command(&path).unwrap_or_else(|| panic!("/{path} has no tier"));
            assert_eq!(seen.insert(path.clone(), tier), None, "/{path} is registered twice");
            for foreign in [format!("{path} now"), path.to_uppercase(), format!("x{path}")] {
                assert_eq!(feature.tier_for_command(&foreign), None, "default deny: /{foreign}");
            }
        }
        for unknown in ["", "burn", "delete-everything"] {
            assert_eq!(feature.tier_for_action(unknown), None, "default deny: {} {unknown}", feature.name());
            assert_eq!(feature.tier_for_command(unknown), None, "default deny: {} {unknown}", feature.name());
        }
    }
    let table: Vec<_> = seen.iter().map(|(path, tier)| format!("{tier:?}: /{path}")).collect();
    insta::assert_snapshot!("tiers_of_commands", table.join("\n"));
}

/// Asks the dispatcher as every kind of person; only refusals before a handler are judged, since what a handler then makes of empty
/// options is its own affair.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_is_refused_to_everybody_below_its_tier() {
    let fixture = crate::harness::support::sqlite().await;
    let data = tempfile::tempdir().unwrap();
    let services = services(&fixture.url, data.path()).await;
    let mut refused = 0;
    for (who, tier) in [
        ("a member", Some(Tier::Member)),
        ("a lead", Some(Tier::Lead)),
        ("an administrator", Some(Tier::Admin)),
        ("an outsider", None),
    ] {
        let all = features();
        let dispatcher = Dispatcher::new(services.clone(), all.clone(), std::sync::Arc::new(Fixed(tier))).unwrap();
        for feature in &all {
            for (path, kind) in paths(feature.as_ref()) {
                let needed = feature.tier_for_command(&path).unwrap();
                let guild = tier.map(|_| 1);
                let told = said(&dispatcher, incoming(guild, tier == Some(Tier::Admin), call(&path, kind))).await;
                let expected = match (tier, needed) {
                    (None, _) => Some(NOT_HERE),
                    (Some(tier), Tier::Lead) if tier < needed => Some(ONLY_LEADS),
                    (Some(tier), Tier::Admin) if tier < needed => Some(ONLY_ADMINS),
                    _ => None,
                };
                match expected {
                    Some(sentence) => {
                        assert!(told.starts_with(sentence), "{who}, /{path}: {told}");
                        refused += 1;
                    }
                    None => {
                        for sentence in [ONLY_LEADS, ONLY_ADMINS, NOT_HERE, NO_SUCH] {
                            assert!(!told.starts_with(sentence), "{who} may run /{path}, and was told: {told}");
                        }
                    }
                }
                // What is suggested while typing is for the same people.
                let typed = Typed {
                    path: path.clone(),
                    option: "lesson".into(),
                    text: String::new(),
                    others: BTreeMap::default(),
                };
                let suggested = said(&dispatcher, incoming(guild, false, Act::Typing(typed))).await;
                if tier.is_none_or(|tier| tier < needed) && needed != Tier::Member {
                    assert_eq!(suggested, "0 suggestions", "{who}, typing /{path}");
                }
            }
        }
        let unknown = said(&dispatcher, incoming(Some(1), true, call("burn", 1))).await;
        assert!(unknown.starts_with(NO_SUCH), "{unknown}");
    }
    assert!(refused > 20, "the list of commands is made from the register: {refused}");
}

/// The words of controls are not listed by the trait, so every word in the sources that could be one is tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_for_leads_is_refused_to_members() {
    let fixture = crate::harness::support::sqlite().await;
    let data = tempfile::tempdir().unwrap();
    let services = services(&fixture.url, data.path()).await;
    let words = words_in_quotes(Path::new("src"));
    let all = features();
    let member = Dispatcher::new(services, all.clone(), std::sync::Arc::new(Fixed(Some(Tier::Member)))).unwrap();
    let mut table = Vec::new();
    for feature in &all {
        for word in &words {
            let Some(needed) = feature.tier_for_action(word) else { continue };
            table.push(format!("{needed:?}: {}:{word}", feature.name()));
            if needed == Tier::Member {
                continue;
            }
            let id = format!("v1:{}:{word}:1", feature.name());
            let control = || Act::Control(Control { id: id.clone(), ..Control::default() });
            let told = said(&member, incoming(Some(1), false, control())).await;
            let sentence = if needed == Tier::Admin { ONLY_ADMINS } else { ONLY_LEADS };
            assert!(told.starts_with(sentence), "a member pressed {id}: {told}");
            let told = said(&member, incoming(None, false, control())).await;
            assert!(told.starts_with(NOT_HERE), "somebody pressed {id} in a direct message: {told}");
        }
    }
    assert!(table.iter().any(|line| line.starts_with("Lead")) && table.iter().any(|line| line.starts_with("Admin")));
    insta::assert_snapshot!("tiers_of_controls", table.join("\n"));
}

fn words_in_quotes(folder: &Path) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            words.extend(words_in_quotes(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            words.extend(
                text.split('"')
                    .filter(|word| {
                        (1..=24).contains(&word.len())
                            && word.bytes().all(|letter| letter.is_ascii_lowercase() || b"-_".contains(&letter))
                    })
                    .map(str::to_owned),
            );
        }
    }
    words
}

async fn services(url: &str, data: &Path) -> Services {
    let overrides = Overrides { data_dir: Some(data.to_owned()), ..Overrides::default() };
    let mut settings = Settings::load(&overrides).unwrap();
    settings.use_database(url);
    cxbot::app::open(settings, cxbot::clock::Clock::manual("2026-11-23T14:00:00Z".parse().unwrap())).await.unwrap()
}

async fn said(dispatcher: &Dispatcher, incoming: Incoming) -> String {
    use cxbot::discord::Reply;
    match dispatcher.decide(&incoming).await {
        Ok(Reply::Say(post) | Reply::Show(post) | Reply::Update(post)) => post.text,
        Ok(Reply::Suggest(choices)) => format!("{} suggestions", choices.len()),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    }
}

/// The same over the wire, for the commands that need no options.
async fn members_meet_a_sentence_at_every_lead_command(on: Database) {
    let world = World::start(on).await;
    let (ana, lea, ada) = (world.member("Ana"), world.member("Lea"), world.member("Ada"));
    for command in ["/recognition queue", "/lesson list", "/roster size"] {
        ana.runs(command).await.is_private().says(ONLY_LEADS);
        for allowed in [&lea, &ada] {
            let told = allowed.runs(command).await;
            assert!(!told.text().contains(ONLY_LEADS), "{command}: {}", told.text());
        }
    }
    for person in [&ana, &lea] {
        let refused = person.person.run(person.channel, "setup", json!({}));
        assert!(refused.is_err(), "Discord itself shows /setup only to those who may manage the server");
    }
    ada.runs("/setup").await.is_private().says("Setting up cxbot");
    // Whoever loses the role loses what it allows, at once.
    world.emulator.change(|seed| seed.set_member_roles(world.guild, lea.id, &[]));
    lea.runs("/recognition queue").await.is_private().says(ONLY_LEADS);
    world.end().await;
}

/// A lead's screen is private, but a lead who becomes a member still has it before their eyes.
async fn a_member_cannot_press_what_a_lead_sees(on: Database) {
    let world = World::start(on).await;
    crate::jobs::nominate(&world, "On 3 November he rewrote the letter.").await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    world.emulator.change(|seed| seed.set_member_roles(world.guild, lea.id, &[]));
    lea.presses("Pass on as thanks").await.is_private().says(ONLY_LEADS);
    lea.presses("Decline with a reason").await.is_private().says(ONLY_LEADS);
    world.settle().await;
    assert_eq!(world.member("Ben").inbox(), "", "nothing was accepted");
    world.end().await;
}
