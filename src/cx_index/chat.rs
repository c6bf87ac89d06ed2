//! `/index`.
//!
//! One bare command, because that is what people ask: "what is the index?". Discord gives a command with subcommands no bare form, and
//! `/index now` would be one more word for the commonest question. So `/index` stays plain and what narrows it are options, all of
//! them optional: `quarter` and `share` today; later views (a program, a trend, an explanation) become options too, not subcommands.

use async_trait::async_trait;
use serenity::builder::{CreateCommand, CreateCommandOption};
use serenity::model::application::CommandDataOptionValue;
use serenity_commands::{BasicOption, Commands};

use super::{message, store};
use crate::calendar::Quarter;
use crate::discord::{Call, Choice, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::services::Services;

/// The most suggestions that Discord shows.
const MOST_SUGGESTIONS: i64 = 25;

/// The index on Discord.
#[derive(Clone, Copy, Debug, Default)]
pub struct CxIndex;

#[derive(Debug, Commands)]
enum IndexCommands {
    /// The two CX index scores, with their range and what stands behind them
    Index {
        /// A fiscal quarter such as FY2027Q1; this quarter when left out
        quarter: Option<QuarterText>,
        /// Show it to everybody in this channel, not only to you
        share: Option<bool>,
    },
}

/// A quarter as it was typed or picked; suggestions are made while typing.
#[derive(Debug)]
struct QuarterText(String);

impl BasicOption for QuarterText {
    type Partial = String;

    fn create_option(name: impl Into<String>, description: impl Into<String>) -> CreateCommandOption {
        String::create_option(name, description).set_autocomplete(true).max_length(20)
    }

    fn from_value(value: Option<&CommandDataOptionValue>) -> serenity_commands::Result<Self> {
        String::from_value(value).map(Self)
    }
}

#[async_trait]
impl Feature for CxIndex {
    fn name(&self) -> &'static str {
        "index"
    }

    fn commands(&self) -> Vec<CreateCommand> {
        IndexCommands::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        (path == "index").then_some(Tier::Member)
    }

    fn tier_for_action(&self, _action: &str) -> Option<Tier> {
        None
    }

    async fn on_command(&self, services: &Services, _incoming: &Incoming, call: &Call) -> Result<Reply> {
        let IndexCommands::Index { quarter, share } =
            IndexCommands::from_command_data(&call.data).map_err(Error::internal)?;
        let current = Quarter::at(services.clock.now(), services.settings.time.zone);
        let quarter = match quarter {
            Some(QuarterText(text)) => text.parse::<Quarter>()?,
            None => current,
        };
        let records = services.store.read(|tx| Box::pin(store::list_indexes(tx, quarter))).await?;
        if records.is_empty() {
            let newest = services.store.read(|tx| Box::pin(store::list_quarters_with_an_index(tx, 1))).await?;
            return Ok(Reply::Say(message::no_data(quarter, newest.first().copied())));
        }
        let post = message::both_indexes(quarter, current, &records);
        Ok(if share == Some(true) { Reply::Show(post) } else { Reply::Say(post) })
    }

    async fn on_typing(&self, services: &Services, _incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        if typed.option != "quarter" {
            return Ok(Vec::new());
        }
        let quarters =
            services.store.read(|tx| Box::pin(store::list_quarters_with_an_index(tx, MOST_SUGGESTIONS))).await?;
        let wanted = typed.text.trim().to_lowercase();
        Ok(quarters
            .into_iter()
            .map(|quarter| Choice::new(quarter.words(), quarter.to_string()))
            .filter(|choice| choice.label.to_lowercase().contains(&wanted))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_bare_with_optional_options() {
        let commands = serde_json::to_value(CxIndex.commands()).unwrap();
        assert_eq!(commands[0]["name"], "index");
        let options = commands[0]["options"].as_array().unwrap();
        let named: Vec<_> =
            options.iter().map(|option| (option["name"].as_str().unwrap(), option["required"].as_bool())).collect();
        assert_eq!(named, [("quarter", Some(false)), ("share", Some(false))]);
        assert_eq!(options[0]["autocomplete"], true);
        assert_eq!(CxIndex.tier_for_command("index"), Some(Tier::Member));
        assert_eq!(CxIndex.tier_for_command("index now"), None);
    }
}
