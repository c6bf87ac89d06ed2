//! `/index`.
//!
//! One bare command, because that is what people ask: "what is the index?". Discord gives a command with subcommands no bare form, and
//! `/index now` would be one more word for the commonest question. So `/index` stays plain, and the closer looks are an option of it,
//! `view`, not subcommands: whoever has the answer in front of them presses arrow-up and adds one word.

use async_trait::async_trait;
use serenity::builder::{CreateCommand, CreateCommandOption};
use serenity::model::application::CommandDataOptionValue;
use serenity_commands::{BasicOption, Commands};

use super::bridge;
use super::definitions::Definitions;
use super::inputs::{assemble, collect, reach};
use super::model::program::ProgramInput;
use super::record::{Detail, Record, Scope};
use super::{message, store, trend, views};
use crate::calendar::Quarter;
use crate::chart;
use crate::discord::{Call, Choice, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::post::{Card, Post};
use crate::programs::{self, Audience};
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
        /// A closer look: how it changed, how it came about, what moved it, what is missing
        view: Option<View>,
        /// One program instead of both indexes
        program: Option<ProgramText>,
        /// The earlier quarter to compare with; the one before when left out
        against: Option<QuarterText>,
        /// Show it to everybody in this channel, not only to you
        share: Option<bool>,
    },
}

/// A closer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BasicOption)]
#[option(option_type = "string")]
enum View {
    /// From quarter to quarter.
    #[option(name = "Trend: the last eight quarters", value = "trend")]
    Trend,
    /// From counts to score.
    #[option(name = "Explain: every step from answers to score", value = "explain")]
    Explain,
    /// What moved it.
    #[option(name = "Compare: what moved it since another quarter", value = "compare")]
    Compare,
    /// What to collect.
    #[option(name = "Missing: what to collect next", value = "missing")]
    Missing,
}

/// A quarter as it was typed or picked; suggestions are made while typing.
#[derive(Debug)]
pub(super) struct QuarterText(pub(super) String);

/// A program as it was typed or picked.
#[derive(Debug)]
pub(super) struct ProgramText(pub(super) String);

macro_rules! suggested_text {
    ($($name:ident: $most:literal),+) => {$(
        impl BasicOption for $name {
            type Partial = String;

            fn create_option(name: impl Into<String>, description: impl Into<String>) -> CreateCommandOption {
                String::create_option(name, description).set_autocomplete(true).max_length($most)
            }

            fn from_value(value: Option<&CommandDataOptionValue>) -> serenity_commands::Result<Self> {
                String::from_value(value).map(Self)
            }
        }
    )+};
}
suggested_text!(QuarterText: 20, ProgramText: 100);

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
        let IndexCommands::Index { quarter, view, program, against, share } =
            IndexCommands::from_command_data(&call.data).map_err(Error::internal)?;
        let current = Quarter::at(services.clock.now(), services.settings.time.zone);
        let read = |text: Option<QuarterText>| text.map(|QuarterText(text)| text.parse::<Quarter>()).transpose();
        let (quarter, against) = (read(quarter)?.unwrap_or(current), read(against)?);
        let program = match program {
            Some(ProgramText(text)) => Some(find_program(services, &text).await?),
            None => None,
        };
        let visible = share == Some(true);
        if let Some(View::Trend) = view {
            // Drawing takes tens of milliseconds.
            let services = services.clone();
            return Ok(Reply::Later {
                visible,
                work: Box::pin(async move { show_trend(&services, quarter, program).await }),
            });
        }
        let records = match &program {
            None => services.store.read(|tx| Box::pin(store::list_indexes(tx, quarter))).await?,
            Some(program) => {
                let scope = Scope::Program(program.key.clone());
                services
                    .store
                    .read(|tx| Box::pin(async move { store::list_course(tx, &scope, quarter, quarter).await }))
                    .await?
            }
        };
        if records.is_empty() {
            let newest = services.store.read(|tx| Box::pin(store::list_quarters_with_an_index(tx, 1))).await?;
            return Ok(Reply::Say(message::no_data(quarter, newest.first().copied())));
        }
        let post = match (view, &records[0].detail) {
            (Some(View::Explain), _) => explain(services, &records).await?,
            (Some(View::Compare), _) => compare(services, &records, against.unwrap_or(quarter.previous())).await?,
            (Some(View::Missing), _) => missing(services, quarter, program.as_ref()).await?,
            (None | Some(View::Trend), detail) => {
                let asked = records.clone();
                let breaks =
                    services.store.read(|tx| Box::pin(async move { bridge::breaks(tx, &asked).await })).await?;
                match detail {
                    Detail::Program(detail) => views::program(&records[0], detail, &breaks),
                    Detail::Audience(_) => message::both_indexes(quarter, current, &records, &breaks),
                }
            }
        };
        Ok(if visible { Reply::Show(post) } else { Reply::Say(post) })
    }

    async fn on_typing(&self, services: &Services, _incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        match typed.option.as_str() {
            "quarter" | "against" => suggest_quarters(services, &typed.text).await,
            "program" => suggest_programs(services, &typed.text).await,
            _ => Ok(Vec::new()),
        }
    }
}

/// Quarters that have an index, those that fit what was typed.
pub(super) async fn suggest_quarters(services: &Services, text: &str) -> Result<Vec<Choice>> {
    let quarters = services.store.read(|tx| Box::pin(store::list_quarters_with_an_index(tx, MOST_SUGGESTIONS))).await?;
    let wanted = text.trim().to_lowercase();
    Ok(quarters
        .into_iter()
        .map(|quarter| Choice::new(quarter.words(), quarter.to_string()))
        .filter(|choice| choice.label.to_lowercase().contains(&wanted))
        .collect())
}

/// Programs in the inventory, those that fit what was typed.
pub(super) async fn suggest_programs(services: &Services, text: &str) -> Result<Vec<Choice>> {
    let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
    let wanted = text.trim().to_lowercase();
    Ok(all
        .into_iter()
        .filter(|program| program.name.to_lowercase().contains(&wanted) || program.key.contains(&wanted))
        .map(|program| Choice::new(program.name, program.key))
        .take(25)
        .collect())
}

/// The program that a person means, by its key or its name.
pub(super) async fn find_program(services: &Services, text: &str) -> Result<programs::Program> {
    let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
    let wanted = text.trim().to_lowercase();
    let found = all.iter().find(|program| program.key == wanted || program.name.to_lowercase() == wanted);
    found.cloned().ok_or_else(|| {
        let shown: String = text.trim().chars().take(60).collect();
        Error::refused(format!(
            "No program is called \"{shown}\". Pick one of the suggestions, or look at `/program list`."
        ))
    })
}

async fn show_trend(services: &Services, last: Quarter, program: Option<programs::Program>) -> Result<Post> {
    let quarters = trend::quarters(last);
    let first = quarters[0];
    let scopes: Vec<(String, Scope)> = match &program {
        Some(program) => vec![(program.name.clone(), Scope::Program(program.key.clone()))],
        None => Audience::ALL.into_iter().map(|one| (one.to_string(), Scope::Audience(one))).collect(),
    };
    let bridges = services.store.read(|tx| Box::pin(bridge::store::list(tx, first, last))).await?;
    let mut all = Vec::new();
    for (name, scope) in scopes {
        let asked = scope.clone();
        let records = services
            .store
            .read(|tx| Box::pin(async move { store::list_course(tx, &asked, first, last).await }))
            .await?;
        all.push(trend::series(&name, &scope, &quarters, &records, &bridges));
    }
    if all.iter().all(|series| series.points.iter().all(|point| point.score.is_none())) {
        return Ok(Post::text(format!("There is no score from {first} to {last} yet, so there is no trend.")));
    }
    trend::leave_out_empty_beginning(&mut all);
    let first = all[0].points[0].quarter;
    let title = match &program {
        Some(program) => format!("{}, {first} to {last}", program.name),
        None => format!("CX index, {first} to {last}"),
    };
    let picture = chart::draw(trend::svg(&title, &all)).await?;
    let tables: Vec<String> =
        all.iter().map(|series| format!("**{}**\n```\n{}```", series.name, trend::table(series))).collect();
    Ok(Post::default()
        .with_card(Card::new(title, tables.join("\n")).with_footer("0 to 100 points · range: 95 %"))
        .with_file("trend.png", trend::alt(&all), picture))
}

async fn explain(services: &Services, records: &[Record]) -> Result<Post> {
    let record = &records[0];
    let Detail::Program(detail) = &record.detail else {
        // Both indexes are the mean of their programs; one message holds both.
        let mut posts = records.iter().filter_map(|record| match &record.detail {
            Detail::Audience(detail) => Some(views::explain_audience(record, detail)),
            Detail::Program(_) => None,
        });
        let mut whole = posts.next().ok_or_else(|| Error::internal("an index without a detail"))?;
        for post in posts {
            if let (Some(card), Some(further)) = (&mut whole.card, post.card) {
                card.text = views::cut(
                    card.text
                        .lines()
                        .chain(["", further.title.as_str()])
                        .chain(further.text.lines())
                        .map(str::to_owned)
                        .collect(),
                    4_000,
                );
            }
        }
        return Ok(whole);
    };
    let (quarter, key) = (record.quarter, detail.line.key.clone());
    let definitions = Definitions::load(&services.content)?;
    let definition = definitions.iter().find(|ratified| ratified.hash == record.definition_hash).ok_or_else(|| {
        Error::refused(format!(
            "The definition {} is not among config/index any more. Put it back to see how this score came about.",
            record.definition_id
        ))
    })?;
    let input = services
        .store
        .read(|tx| {
            Box::pin(async move {
                let programs = programs::list(tx).await?;
                let collected = collect(tx, &programs, reach(quarter), quarter).await?;
                Ok(assemble(&programs, &collected, quarter).into_iter().find(|input| input.key == key))
            })
        })
        .await?;
    let input = input.unwrap_or_else(|| ProgramInput {
        key: detail.line.key.clone(),
        name: detail.line.name.clone(),
        audience: Audience::Public,
        measures: Vec::new(),
    });
    Ok(views::explain_program(record, detail, &input, &definition.definition))
}

async fn compare(services: &Services, records: &[Record], against: Quarter) -> Result<Post> {
    let quarter = records[0].quarter;
    if against >= quarter {
        return Err(Error::refused(format!("Compare {quarter} with an earlier quarter; {against} is not.")));
    }
    let bridges = services.store.read(|tx| Box::pin(bridge::store::list(tx, against, against))).await?;
    let mut card = Card::new(format!("{against} and {quarter}"), String::new());
    for later in records {
        let scope = later.scope.clone();
        let earlier = services
            .store
            .read(|tx| Box::pin(async move { store::list_course(tx, &scope, against, against).await }))
            .await?;
        let compared = earlier.first().and_then(|earlier| views::compare(earlier, later, &bridges));
        card = match compared {
            Some((title, text)) => card.with_field(title, text),
            None => card.with_field(views::name_of(later), "Cannot be compared: one of the two quarters has no score."),
        };
    }
    card.text = "Effects add up to the difference. Whether a change is beyond chance, `/index` says.".into();
    Ok(Post::default().with_card(card))
}

async fn missing(services: &Services, quarter: Quarter, program: Option<&programs::Program>) -> Result<Post> {
    let definitions = Definitions::load(&services.content)?;
    let Some(ratified) = definitions.for_quarter(quarter) else {
        return Err(Error::refused(format!(
            "{quarter} lies before {}, the first quarter that the index is defined for.",
            definitions.earliest()
        )));
    };
    let (records, registered) = services
        .store
        .read(|tx| {
            Box::pin(async move { Ok((store::list_scores(tx, quarter, false).await?, programs::list(tx).await?)) })
        })
        .await?;
    let lines = records
        .iter()
        .filter_map(|record| match &record.detail {
            Detail::Program(detail) if program.is_none_or(|wanted| wanted.key == detail.line.key) => {
                let known = registered.iter().find(|one| one.key == detail.line.key);
                let missing = views::missing(detail, known, &ratified.definition);
                Some((detail.line.name.clone(), record.score.is_some(), missing))
            }
            _ => None,
        })
        .collect();
    Ok(views::missing_post(quarter, lines))
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
        assert_eq!(
            named,
            [
                ("quarter", Some(false)),
                ("view", Some(false)),
                ("program", Some(false)),
                ("against", Some(false)),
                ("share", Some(false))
            ]
        );
        assert_eq!(options[0]["autocomplete"], true);
        assert_eq!(options[1]["choices"].as_array().unwrap().len(), 4);
        assert_eq!(CxIndex.tier_for_command("index"), Some(Tier::Member));
        assert_eq!(CxIndex.tier_for_command("index now"), None);
    }
}
