//! The words of help.

use crate::discord::{Feature, Tier};
use crate::people::{GuildSettings, Missing};
use crate::post::{Card, Post};

/// The commands of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    title: String,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    tier: Tier,
    /// `/pulse open`, or how to reach a context menu.
    way: String,
    what: String,
}

/// Discord's limit for the text of a field.
const MOST_FIELD_CHARS: usize = 1_024;

const SUBCOMMAND: u64 = 1;
const SUBCOMMAND_GROUP: u64 = 2;
const ON_A_PERSON: u64 = 2;
const ON_A_MESSAGE: u64 = 3;

impl Group {
    /// The commands of `feature` under `title` ("Lessons"). A command without a tier is nobody's and is left out.
    pub fn of(title: &str, feature: &dyn Feature) -> Self {
        let mut lines = Vec::new();
        for command in feature.commands() {
            // The builder only serialises, so what will be registered is read from the very JSON that will be sent.
            let command = serde_json::to_value(&command).unwrap_or_default();
            collect(feature, "", &command, &mut lines);
        }
        Self { title: title.to_owned(), lines }
    }

    /// What this tier can do, in parts that each fit into a field.
    fn shown_to(&self, tier: Tier) -> Vec<(String, String)> {
        let mut parts: Vec<(String, String)> = Vec::new();
        for line in self.lines.iter().filter(|line| line.tier <= tier) {
            let line = if line.what.is_empty() { line.way.clone() } else { format!("{}: {}", line.way, line.what) };
            match parts.last_mut() {
                Some((_, text)) if text.chars().count() + line.chars().count() < MOST_FIELD_CHARS => {
                    text.push('\n');
                    text.push_str(&line);
                }
                Some(_) => parts.push((format!("{} (more)", self.title), line)),
                None => parts.push((self.title.clone(), line)),
            }
        }
        parts
    }
}

fn collect(feature: &dyn Feature, before: &str, command: &serde_json::Value, lines: &mut Vec<Line>) {
    let name = command["name"].as_str().unwrap_or_default();
    let path = if before.is_empty() { name.to_owned() } else { format!("{before} {name}") };
    let parts: Vec<_> = command["options"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|option| matches!(option["type"].as_u64(), Some(SUBCOMMAND | SUBCOMMAND_GROUP)))
        .collect();
    // A subcommand's own options are never commands; only a command or a group holds further paths.
    let is_subcommand = !before.is_empty() && command["type"].as_u64() == Some(SUBCOMMAND);
    if !parts.is_empty() && !is_subcommand {
        for part in parts {
            collect(feature, &path, part, lines);
        }
        return;
    }
    let Some(tier) = feature.tier_for_command(&path) else { return };
    let menu = if before.is_empty() { command["type"].as_u64() } else { None };
    let way = match menu {
        Some(ON_A_PERSON) => format!("Right-click a person, Apps, **{path}**"),
        Some(ON_A_MESSAGE) => format!("Right-click a message, Apps, **{path}**"),
        _ => format!("`/{path}`"),
    };
    let what = if matches!(menu, Some(ON_A_PERSON | ON_A_MESSAGE)) {
        ""
    } else {
        command["description"].as_str().unwrap_or("")
    };
    lines.push(Line { tier, way, what: what.trim().to_owned() });
}

/// Help for somebody of this tier.
pub(super) fn help(groups: &[Group], tier: Tier, settings: Option<&GuildSettings>) -> Post {
    let you = match tier {
        Tier::Member => "What you can do here",
        Tier::Lead => "What you can do here, as a lead",
        Tier::Admin => "What you can do here, as somebody who may manage the server",
    };
    let card = groups
        .iter()
        .flat_map(|group| group.shown_to(tier))
        .fold(Card::new(you, ""), |card, (title, lines)| card.with_field(title, lines))
        .with_footer("Answers to commands are seen only by you, unless they say otherwise.");
    Post::text(format!("**Next:** {}", next_step(tier, settings))).with_card(card)
}

fn next_step(tier: Tier, settings: Option<&GuildSettings>) -> String {
    let missing = settings.map(GuildSettings::missing);
    match (tier, missing.as_deref()) {
        (Tier::Admin, None) => "run `/setup`. It takes about two minutes.".into(),
        (Tier::Admin, Some([])) => {
            "everything is set up. Post a first lesson or open a pulse, or leave that to your leads.".into()
        }
        (Tier::Admin, Some(missing)) => format!("run `/setup`. Still missing: {}.", words(missing)),
        (_, None) => "cxbot is not set up here yet. Ask somebody who may manage the server to run `/setup`.".into(),
        (Tier::Lead, Some([])) => "look whether a nomination waits for you: `/recognition queue`.".into(),
        (Tier::Lead, Some(missing)) => {
            format!("ask somebody who may manage the server to run `/setup`. Still missing: {}.", words(missing))
        }
        (Tier::Member, Some(_)) => {
            "think of one colleague who made something easier for a customer lately, and run `/nominate`.".into()
        }
    }
}

fn words(missing: &[Missing]) -> String {
    missing.iter().map(Missing::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Help;
    use crate::people::Setup;
    use crate::recognition::Recognition;

    fn recognition() -> Recognition {
        Recognition::new(crate::sealed::Sealed::in_data_folder(std::path::Path::new("nowhere")))
    }

    #[test]
    fn each_tier_sees_its_own_commands_and_a_next_step() {
        let groups = [
            Group::of("Recognition", &recognition()),
            Group::of("This server", &Setup),
            Group::of("Help", &Help::default()),
        ];
        let fresh = crate::people::GuildSettings {
            guild: crate::ids::GuildId(1),
            name: String::new(),
            zone: chrono_tz::America::New_York,
            lead_role: None,
            learning_channel: None,
            pulse_channel: Some(crate::ids::ChannelId(1)),
            recognition_channel: Some(crate::ids::ChannelId(1)),
            set_up_at: None,
        };
        let mut complete = fresh.clone();
        complete.lead_role = Some(crate::ids::RoleId(1));
        complete.learning_channel = Some(crate::ids::ChannelId(1));
        let mut screens = Vec::new();
        for (tier, settings) in [
            (Tier::Member, Some(&complete)),
            (Tier::Lead, Some(&complete)),
            (Tier::Admin, Some(&complete)),
            (Tier::Admin, Some(&fresh)),
        ] {
            screens.push(format!("── {tier:?}\n{}", help(&groups, tier, settings).as_text()));
        }
        for (tier, settings) in [(Tier::Member, None), (Tier::Lead, Some(&fresh)), (Tier::Admin, None)] {
            screens.push(format!("── {tier:?}, next\n{}", next_step(tier, settings)));
        }
        insta::assert_snapshot!(screens.join("\n\n"));
    }

    #[test]
    fn a_member_is_never_shown_what_leads_do() {
        let groups = [Group::of("Recognition", &recognition()), Group::of("This server", &Setup)];
        let shown = help(&groups, Tier::Member, None).as_text();
        assert!(
            shown.contains("/nominate") && !shown.contains("queue") && !shown.contains("Choose channels"),
            "{shown}"
        );
    }
}
