//! `/program`, `/measure` and `/quarter`: for leads.

mod measure;
mod program;
mod quarter;

use async_trait::async_trait;
use serenity::builder::CreateCommand;
use serenity_commands::Commands;

use super::super::chat::{find_program, suggest_programs, suggest_quarters};
use super::super::definitions::Definitions;
use super::super::import::{ImportOptions, import_as};
use super::super::recompute::recompute;
use super::super::store;
use super::draft::Draft;
use super::file;
use super::message::{self, Action};
use crate::calendar::Quarter;
use crate::discord::{Call, Choice, Control, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::post::Post;
use crate::programs::{self, Measure, Program};
use crate::services::Services;
use crate::text::shorten;
use measure::{MeasureCommand, on_measure};
use program::{ProgramCommand, on_program};
use quarter::{QuarterCommand, on_quarter};

/// What leads do for the index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures;

#[derive(Debug, Commands)]
enum FigureCommands {
    /// The programs that the CX index is about
    Program(ProgramCommand),
    /// What is measured, and the figures
    Measure(MeasureCommand),
    /// A quarter's scores on their way out: review, publish, post
    Quarter(QuarterCommand),
}

const MOST_NAME_CHARS: usize = 80;

#[async_trait]
impl Feature for Figures {
    fn name(&self) -> &'static str {
        message::FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        FigureCommands::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "program list" | "measure list" | "measure gaps" | "quarter state" => Some(Tier::Member),
            "program add" | "program edit" | "measure add" | "measure edit" | "measure record" | "measure import"
            | "measure undo" | "quarter review" | "quarter publish" | "quarter post" | "quarter pack" => {
                Some(Tier::Lead)
            }
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        matches!(action, Action::SAVE | Action::IMPORT | Action::DROP).then_some(Tier::Lead)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        match FigureCommands::from_command_data(&call.data).map_err(Error::internal)? {
            FigureCommands::Program(command) => on_program(services, command).await,
            FigureCommands::Measure(command) => on_measure(services, incoming, call, command).await,
            FigureCommands::Quarter(command) => on_quarter(services, incoming, command).await,
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let gone = || {
            Error::refused(
                "Nothing waits here any more: it was saved or dropped already, or it is somebody else's to confirm.",
            )
        };
        let old = || Error::refused("This button is from an older version. Run /measure record again.");
        let person = incoming.person.user;
        let (draft, save) = match Action::parse(&control.id).ok_or_else(old)? {
            Action::Save(draft) => (draft, true),
            Action::Import(draft) => {
                return Ok(Reply::Update(file::take(services, person, draft).await?.ok_or_else(gone)?));
            }
            Action::Drop(draft) => (draft, false),
        };
        let taken =
            services.store.write(move |tx| Box::pin(async move { store::take_draft(tx, draft, person).await })).await?;
        let document = taken.ok_or_else(gone)?;
        if !save {
            return Ok(Reply::Update(Post::text("Nothing was saved.")));
        }
        let drafted: Draft = serde_json::from_str(&document).map_err(Error::internal)?;
        let (program, measure) = find_measure(services, &drafted.program, &drafted.measure).await?;
        let file = drafted.as_file(&program, &measure)?;
        let saved = import_as(
            services,
            std::io::Cursor::new(file),
            "typed on Discord",
            &format!("person {person}"),
            ImportOptions::default(),
        )
        .await;
        match saved {
            Ok(report) => Ok(Reply::Update(Post::text(shorten(&report.to_string(), 1_900)))),
            Err(error) => {
                // The draft can be confirmed again when whatever stood in the way is mended.
                let now = services.clock.now();
                services
                    .store
                    .write(move |tx| Box::pin(async move { store::add_draft(tx, person, &document, now).await }))
                    .await?;
                Err(error)
            }
        }
    }

    async fn on_typing(&self, services: &Services, _incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        match typed.option.as_str() {
            "program" => suggest_programs(services, &typed.text).await,
            "quarter" => suggest_quarters(services, &typed.text).await,
            "measure" => {
                let Some(named) = typed.others.get("program") else { return Ok(Vec::new()) };
                let Ok(program) = find_program(services, named).await else { return Ok(Vec::new()) };
                let wanted = typed.text.trim().to_lowercase();
                Ok(program
                    .measures
                    .into_iter()
                    .filter(|measure| measure.name.to_lowercase().contains(&wanted) || measure.key.contains(&wanted))
                    .map(|measure| Choice::new(measure.name, measure.key))
                    .take(25)
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Keeps a program as it is here, and computes the current quarter anew when it has figures.
async fn keep(services: &Services, program: Program) -> Result<()> {
    let definitions = Definitions::load(&services.content)?;
    let now = services.clock.now();
    let current = Quarter::at(now, services.settings.time.zone);
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::take_turn(tx, now).await?;
                programs::keep(tx, &program).await?;
                if !store::list_quarters_with_anything(tx, current, current).await?.is_empty() {
                    recompute(tx, &definitions, &[current].into(), now).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn find_measure(services: &Services, program: &str, text: &str) -> Result<(Program, Measure)> {
    let program = find_program(services, program).await?;
    let wanted = text.trim().to_lowercase();
    let found = program.measures.iter().find(|one| one.key == wanted || one.name.to_lowercase() == wanted).cloned();
    let measure = found.ok_or_else(|| {
        let shown: String = text.trim().chars().take(60).collect();
        Error::refused(format!(
            "{} has no measure \"{shown}\". Pick one of the suggestions, or look at `/measure list`.",
            program.name
        ))
    })?;
    Ok((program, measure))
}

/// A key from a name: `Benefits by phone` becomes `benefits-by-phone`.
fn key_of(name: &str) -> Result<String> {
    let mut key = String::new();
    for letter in name.trim().to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    let key: String = key.trim_end_matches('-').chars().take(40).collect();
    let key = key.trim_end_matches('-').to_owned();
    if key.is_empty() { Err(Error::refused("A name needs letters or digits.")) } else { Ok(key) }
}

fn within(text: &str, what: &str, most_chars: usize) -> Result<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.chars().count() > most_chars {
        return Err(Error::refused(format!("The {what} must have 1 to {most_chars} characters.")));
    }
    Ok(text)
}

fn within_or_empty(text: Option<&str>, what: &str, most_chars: usize) -> Result<String> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => within(text, what, most_chars),
        None => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_key_that_files_can_hold() {
        assert_eq!(key_of("  Benefits by phone (24/7) ").unwrap(), "benefits-by-phone-24-7");
        assert!(key_of("¡!").is_err());
    }

    #[test]
    fn every_command_has_a_tier() {
        let commands = serde_json::to_value(Figures.commands()).unwrap();
        for command in commands.as_array().unwrap() {
            for part in command["options"].as_array().unwrap() {
                let path = format!("{} {}", command["name"].as_str().unwrap(), part["name"].as_str().unwrap());
                assert!(Figures.tier_for_command(&path).is_some(), "{path}");
            }
        }
        assert_eq!(Figures.tier_for_command("measure explode"), None);
    }
}
