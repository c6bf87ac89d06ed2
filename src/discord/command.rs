//! The commands as Discord gets them: tidied, checked against Discord's limits, and sent only when they changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::rest::{Fault, Rest};
use super::{Feature, Tier};
use crate::error::{Error, Result};
use crate::services::Services;
use crate::store;

const SUBCOMMAND: u64 = 1;
const GROUP: u64 = 2;
const INTEGER: u64 = 4;
/// Manage Server, as Discord writes permissions.
const MANAGE_GUILD: &str = "32";
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Every command of every feature.
#[derive(Clone, Debug)]
pub struct Registration {
    commands: Vec<Value>,
    /// Command name and the index of its feature, in the order of `commands`.
    owners: Vec<(String, usize)>,
    hash: String,
}

impl Registration {
    /// Collects, tidies and checks.
    ///
    /// # Errors
    /// A list of every limit that is broken.
    pub fn collect(features: &[Arc<dyn Feature>]) -> Result<Self> {
        let mut entries = Vec::new();
        let mut problems = Vec::new();
        let mut names = BTreeSet::new();
        for (index, feature) in features.iter().enumerate() {
            if !names.insert(feature.name()) {
                problems.push(format!("two features are named {}", feature.name()));
            }
            for command in feature.commands() {
                let mut command = serde_json::to_value(command).map_err(anyhow::Error::from)?;
                finish(&mut command);
                restrict(&mut command, feature.as_ref(), &mut problems);
                check(&command, &mut problems);
                entries.push((name_of(&command).to_owned(), index, command));
            }
        }
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        for pair in entries.windows(2) {
            if pair[0].0 == pair[1].0 {
                problems.push(format!("two commands are named {}", pair[0].0));
            }
        }
        for (kind, most) in [(1, 100), (2, 15), (3, 15)] {
            if entries.iter().filter(|(_, _, command)| command["type"] == kind).count() > most {
                problems.push(format!("there are more than {most} commands of type {kind}"));
            }
        }
        if !problems.is_empty() {
            return Err(Error::internal(format!("Discord would not take these commands: {}", problems.join("; "))));
        }
        let (commands, owners): (Vec<_>, Vec<_>) =
            entries.into_iter().map(|(name, index, command)| (command, (name, index))).unzip();
        let hash = hash(&commands);
        Ok(Self { commands, owners, hash })
    }

    /// The commands in Discord's JSON.
    #[must_use]
    pub fn commands(&self) -> &[Value] {
        &self.commands
    }

    /// Command names, each with the index of the feature it belongs to.
    pub(super) fn owners(&self) -> impl Iterator<Item = (&str, usize)> {
        self.owners.iter().map(|(name, index)| (name.as_str(), *index))
    }
}

/// Sees to it that Discord has these commands, however long it takes. Never gives up, never silent; ends when `stop` says so.
pub(super) async fn keep_registered(
    services: Services,
    rest: Rest,
    application: u64,
    registration: Arc<Registration>,
    stop: CancellationToken,
) {
    let mut wait = FIRST_WAIT;
    loop {
        let trying = stop.run_until_cancelled(register(&services, &rest, application, &registration)).await;
        match trying {
            None | Some(Ok(())) => return,
            Some(Err(error)) => {
                tracing::error!(
                    %error,
                    seconds = wait.as_secs(),
                    "The commands could not be registered with Discord; people may not see them. Trying again after the wait"
                );
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn register(services: &Services, rest: &Rest, application: u64, registration: &Registration) -> Result<()> {
    let key = format!("commands:{application}");
    let asked = key.clone();
    let kept = services.store.read(|tx| Box::pin(async move { store::kept(tx, &asked).await })).await?;
    // Somebody may have taken the commands away behind our back; asking is cheap, and a wrong "unchanged" would last for ever.
    if kept.as_ref() == Some(&registration.hash)
        && registration.is_what(&rest.commands(application).await.map_err(fault)?)
    {
        return Ok(());
    }
    rest.put_commands(application, &registration.commands).await.map_err(fault)?;
    let hash = registration.hash.clone();
    services.store.write(move |tx| Box::pin(async move { store::keep(tx, &key, &hash).await })).await?;
    tracing::info!(count = registration.commands.len(), "Registered the commands with Discord");
    Ok(())
}

impl Registration {
    /// Whether Discord has commands of the same names and types.
    fn is_what(&self, registered: &[Value]) -> bool {
        let names = |commands: &[Value]| -> BTreeSet<(String, u64)> {
            commands.iter().map(|one| (name_of(one).to_owned(), one["type"].as_u64().unwrap_or(1))).collect()
        };
        names(&self.commands) == names(registered)
    }
}

fn fault(fault: Fault) -> Error {
    Error::internal(fault)
}

fn hash(commands: &[Value]) -> String {
    // serde_json keeps object keys sorted, so equal commands have equal text.
    let text = Value::from(commands.to_vec()).to_string();
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Adds what every command of ours has, and takes away what says nothing.
fn finish(command: &mut Value) {
    tidy(command);
    if let Some(command) = command.as_object_mut() {
        command.entry("type").or_insert(json!(1));
        command.insert("contexts".into(), json!([0]));
        command.insert("integration_types".into(), json!([0]));
        command.remove("dm_permission");
    }
}

/// Trims descriptions, drops nulls and empty lists, and writes whole numbers as such.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            if let Some(Value::String(description)) = fields.get_mut("description") {
                *description = description.trim().to_owned();
            }
            if fields.get("type").and_then(Value::as_u64) == Some(INTEGER) {
                for bound in ["min_value", "max_value"] {
                    if let Some(number) = fields.get_mut(bound)
                        && let Some(whole) = whole(number)
                    {
                        *number = json!(whole);
                    }
                }
            }
            fields.values_mut().for_each(tidy);
            fields.retain(|_, field| match field {
                Value::Null => false,
                Value::Array(items) => !items.is_empty(),
                Value::Object(fields) => !fields.is_empty(),
                _ => true,
            });
        }
        _ => {}
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Discord's whole numbers lie within ±2^53, where both types agree")]
fn whole(number: &Value) -> Option<i64> {
    number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).map(|n| n as i64)
}

/// Hides from members what only administrators may do anyway. Leads are a role of ours that Discord cannot express here.
fn restrict(command: &mut Value, feature: &dyn Feature, problems: &mut Vec<String>) {
    let mut tiers = Vec::new();
    for path in paths(command) {
        match feature.tier_for_command(&path) {
            Some(tier) => tiers.push(tier),
            None => problems.push(format!("{} says nobody may use /{path}", feature.name())),
        }
    }
    if tiers.iter().min() == Some(&Tier::Admin) {
        command["default_member_permissions"] = json!(MANAGE_GUILD);
    }
}

/// Every path that can be run: `pulse open`, or the command itself.
fn paths(command: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(command, name_of(command), &mut found);
    found
}

fn walk(command: &Value, path: &str, found: &mut Vec<String>) {
    let before = found.len();
    for option in options(command) {
        if matches!(option["type"].as_u64(), Some(SUBCOMMAND | GROUP)) {
            walk(option, &format!("{path} {}", name_of(option)), found);
        }
    }
    if found.len() == before {
        found.push(path.to_owned());
    }
}

fn options(command: &Value) -> impl Iterator<Item = &Value> {
    command["options"].as_array().into_iter().flatten()
}

fn name_of(command: &Value) -> &str {
    command["name"].as_str().unwrap_or_default()
}

fn check(command: &Value, problems: &mut Vec<String>) {
    let name = name_of(command);
    let mut say = |problem: String| problems.push(format!("/{name}: {problem}"));
    if command["type"] == 1 {
        check_described(command, name, 0, &mut say);
    } else if !(1..=32).contains(&name.chars().count()) {
        say("its name must have 1 to 32 characters".into());
    }
    if size(command) > 8000 {
        say("its names, descriptions and values together are longer than 8,000 characters".into());
    }
}

fn check_described(entry: &Value, path: &str, depth: u64, say: &mut impl FnMut(String)) {
    let name = name_of(entry);
    let letters = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '\''));
    if !(1..=32).contains(&name.chars().count()) || !letters || name.to_lowercase() != name {
        say(format!("the name of {path} must be 1 to 32 lower-case letters, digits, - or _"));
    }
    let description = entry["description"].as_str().unwrap_or_default().chars().count();
    if !(1..=100).contains(&description) {
        say(format!("the description of {path} has {description} characters instead of 1 to 100"));
    }
    if options(entry).count() > 25 {
        say(format!("{path} has more than 25 options"));
    }
    let mut names = BTreeSet::new();
    let mut optional_seen = false;
    let nested = options(entry).filter(|option| matches!(option["type"].as_u64(), Some(SUBCOMMAND | GROUP))).count();
    if nested > 0 && nested != options(entry).count() {
        say(format!("{path} mixes subcommands with options"));
    }
    for option in options(entry) {
        let inner = format!("{path} {}", name_of(option));
        if !names.insert(name_of(option)) {
            say(format!("{path} has two options named {}", name_of(option)));
        }
        match option["type"].as_u64() {
            Some(GROUP) if depth > 0 => say(format!("{inner} is a group inside a group")),
            Some(SUBCOMMAND) if depth > 1 => say(format!("{inner} is nested too deeply")),
            Some(SUBCOMMAND | GROUP) => {}
            _ => {
                let required = option["required"].as_bool().unwrap_or(false);
                if required && optional_seen {
                    say(format!("{inner} is required but stands after an optional one"));
                }
                optional_seen |= !required;
            }
        }
        let choices = option["choices"].as_array().map_or(0, Vec::len);
        if choices > 25 {
            say(format!("{inner} has more than 25 choices"));
        }
        if choices > 0 && option["autocomplete"] == true {
            say(format!("{inner} has both choices and suggestions"));
        }
        for choice in option["choices"].as_array().into_iter().flatten() {
            let long = |text: &Value| text.as_str().is_some_and(|text| text.is_empty() || text.chars().count() > 100);
            if long(&choice["name"]) || long(&choice["value"]) {
                say(format!("a choice of {inner} must have 1 to 100 characters"));
            }
        }
        check_described(option, &inner, depth + 1, say);
    }
}

fn size(entry: &Value) -> usize {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let choices: usize = entry["choices"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|choice| length(&choice["name"]) + length(&choice["value"]))
        .sum();
    length(&entry["name"]) + length(&entry["description"]) + choices + options(entry).map(size).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use serenity::builder::{CreateCommand, CreateCommandOption};
    use serenity::model::application::CommandOptionType;

    use super::*;
    use crate::discord::dispatch::tests::Fake;
    use crate::discord::{Call, Incoming, Reply};

    struct Offers(Vec<CreateCommand>);

    #[async_trait]
    impl Feature for Offers {
        fn name(&self) -> &'static str {
            "offers"
        }
        fn commands(&self) -> Vec<CreateCommand> {
            self.0.clone()
        }
        fn tier_for_command(&self, path: &str) -> Option<Tier> {
            (path != "secret").then_some(Tier::Member)
        }
        fn tier_for_action(&self, _: &str) -> Option<Tier> {
            None
        }
        async fn on_command(&self, _: &Services, _: &Incoming, _: &Call) -> Result<Reply> {
            Ok(Reply::Nothing)
        }
    }

    fn problems(commands: Vec<CreateCommand>) -> String {
        Registration::collect(&[Arc::new(Offers(commands))]).unwrap_err().to_string()
    }

    #[test]
    fn commands_are_tidied_restricted_and_sorted() {
        let registration = Registration::collect(&[Arc::new(Fake)]).unwrap();
        let [fake, manage] = registration.commands() else { panic!("two commands") };
        assert_eq!(fake["description"], "Fakes something");
        assert_eq!(fake["options"][0]["description"], "Does it");
        assert_eq!(fake["contexts"], json!([0]));
        assert_eq!(fake["type"], 1);
        assert_eq!(fake.get("default_member_permissions"), None, "members may use a part of it");
        assert_eq!(manage["default_member_permissions"], "32");
        assert!(fake["options"][0].get("choices").is_none() && fake.get("name_localizations").is_none());
    }

    #[test]
    fn whole_numbers_lose_their_point() {
        let days =
            CreateCommandOption::new(CommandOptionType::Integer, "days", "How long").min_int_value(1).max_int_value(30);
        let command = CreateCommand::new("open").description("Opens").add_option(days);
        let registration = Registration::collect(&[Arc::new(Offers(vec![command]))]).unwrap();
        assert_eq!(registration.commands()[0]["options"][0]["min_value"].to_string(), "1");
        assert_eq!(registration.commands()[0]["options"][0]["max_value"].to_string(), "30");
    }

    #[test]
    fn the_same_commands_have_the_same_hash_and_others_another() {
        let one = Registration::collect(&[Arc::new(Fake)]).unwrap();
        assert_eq!(one.hash, Registration::collect(&[Arc::new(Fake)]).unwrap().hash);
        let other = CreateCommand::new("open").description("Opens");
        assert_ne!(one.hash, Registration::collect(&[Arc::new(Offers(vec![other]))]).unwrap().hash);
        assert!(one.is_what(one.commands()));
        assert!(!one.is_what(&one.commands()[..1]));
    }

    #[test]
    fn broken_limits_are_listed() {
        let command = |name: &str| CreateCommand::new(name).description("x");
        let option = |name: &str| CreateCommandOption::new(CommandOptionType::String, name, "x");
        for (commands, expected) in [
            (vec![command("Open")], "lower-case"),
            (vec![CreateCommand::new("open").description("  ")], "0 characters instead of 1 to 100"),
            (vec![CreateCommand::new("open").description("x".repeat(101))], "101 characters"),
            (vec![command("open"), command("open")], "two commands are named open"),
            (vec![command("secret")], "nobody may use /secret"),
            (
                vec![command("open").add_option(option("a")).add_option(option("b").required(true))],
                "stands after an optional",
            ),
            (vec![command("open").add_option(option("a")).add_option(option("a"))], "two options named a"),
            (
                vec![command("open").add_option(option("a").add_string_choice("A", "a").set_autocomplete(true))],
                "both choices and suggestions",
            ),
            (
                vec![command("open").add_option(option("a").add_string_choice("A".repeat(101), "a"))],
                "1 to 100 characters",
            ),
        ] {
            let told = problems(commands);
            assert!(told.contains(expected), "{told} should say {expected}");
        }
    }
}
