//! `/program`: the programs that the index is about.

use serenity_commands::{BasicOption, Command};

use super::super::super::chat::{ProgramText, find_program};
use super::super::message;
use super::{MOST_NAME_CHARS, keep, key_of, within, within_or_empty};
use crate::calendar::Quarter;
use crate::discord::Reply;
use crate::error::{Error, Result};
use crate::programs::{self, Audience, Program};
use crate::services::Services;

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum AudienceChoice {
    #[option(name = "Public-facing", value = "public")]
    Public,
    #[option(name = "Agency-facing", value = "agency")]
    Agency,
}

#[derive(Debug, Command)]
pub(super) enum ProgramCommand {
    /// Register a program
    Add {
        /// The name people know
        name: String,
        /// Whose experience it is
        audience: AudienceChoice,
        /// Who answers for it
        owner: Option<String>,
        /// The first quarter it counts in, such as FY2027Q1
        from: Option<String>,
    },
    /// Change a program
    Edit {
        /// Which program
        program: ProgramText,
        /// Its new name
        name: Option<String>,
        /// Who answers for it now
        owner: Option<String>,
        /// The last quarter it counts in, such as FY2027Q1
        until: Option<String>,
    },
    /// Every program; the whole inventory as a file
    List {
        /// Attach programs.toml
        file: Option<bool>,
    },
}

pub(super) async fn on_program(services: &Services, command: ProgramCommand) -> Result<Reply> {
    match command {
        ProgramCommand::Add { name, audience, owner, from } => {
            let program = Program {
                key: key_of(&name)?,
                name: within(&name, "name", MOST_NAME_CHARS)?,
                audience: match audience {
                    AudienceChoice::Public => Audience::Public,
                    AudienceChoice::Agency => Audience::Agency,
                },
                owner: within_or_empty(owner.as_deref(), "owner", MOST_NAME_CHARS)?,
                from: from.map(|text| text.parse::<Quarter>()).transpose()?,
                until: None,
                measures: Vec::new(),
            };
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            if all.iter().any(|one| one.key == program.key || one.name.to_lowercase() == program.name.to_lowercase()) {
                return Err(Error::refused(format!(
                    "There is a program \"{}\" already. Change it with /program edit.",
                    program.name
                )));
            }
            let said = format!(
                "**{}** (`{}`) is registered. Next: `/measure add`, beginning with a question to its customers about quality.",
                program.name, program.key
            );
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        ProgramCommand::Edit { program, name, owner, until } => {
            let mut program = find_program(services, &program.0).await?;
            if let Some(name) = name {
                program.name = within(&name, "name", MOST_NAME_CHARS)?;
            }
            if owner.is_some() {
                program.owner = within_or_empty(owner.as_deref(), "owner", MOST_NAME_CHARS)?;
            }
            if let Some(until) = until {
                let until: Quarter = until.parse()?;
                if program.from.is_some_and(|from| until < from) {
                    return Err(Error::refused("The last quarter must not lie before the first."));
                }
                program.until = Some(until);
            }
            let said = format!(
                "**{}** is changed. From now on it is kept here, and programs.toml does not overwrite it.",
                program.name
            );
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        ProgramCommand::List { file } => {
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            let mut post = message::programs(&all);
            if file == Some(true) {
                post = post.with_file(
                    "programs.toml",
                    "The inventory of programs and measures",
                    programs::as_toml(&all).into_bytes(),
                );
            }
            Ok(Reply::Say(post))
        }
    }
}
