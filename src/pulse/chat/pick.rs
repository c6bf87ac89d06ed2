//! Which pulse a person means by what they typed, and what is suggested while they type.

use super::super::builder;
use super::super::catalogue;
use super::super::definition::Definition;
use super::super::model::{Pulse, PulseRefusal, State};
use super::super::store;
use super::Pulses;
use crate::discord::{Choice, Incoming, Typed};
use crate::error::Result;
use crate::ids::GuildId;
use crate::programs;
use crate::services::Services;

const MOST_SUGGESTIONS: usize = 25;
const MOST_LABEL_CHARS: usize = 100;

impl Pulses {
    /// At most as many choices as Discord shows.
    pub(super) async fn suggest(services: &Services, incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        let guild = incoming.on_server()?;
        let wanted = |title: &str| title.to_lowercase().contains(&typed.text.trim().to_lowercase());
        if typed.option == "customers-of" {
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            let offered = all.into_iter().filter(|program| wanted(&program.name) || wanted(&program.key));
            return Ok(offered.map(|program| choice(&program.name, &program.key)).take(MOST_SUGGESTIONS).collect());
        }
        let only_built = typed.path == "pulse new";
        if only_built || typed.path == "pulse open" || typed.path.starts_with("pulse schedule") {
            let content = services.content.clone();
            let definitions = services
                .store
                .read(move |tx| {
                    Box::pin(async move {
                        if only_built {
                            return builder::list_saved(tx, guild).await;
                        }
                        catalogue::list(tx, &content, guild).await
                    })
                })
                .await?;
            let offered = definitions.into_iter().filter(|definition| wanted(&definition.title));
            return Ok(offered
                .map(|definition| choice(&definition.title, &definition.name))
                .take(MOST_SUGGESTIONS)
                .collect());
        }
        let closing = typed.path == "pulse close";
        let pulses =
            services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
        let offered = pulses.into_iter().filter(|pulse| {
            let fits = if closing {
                matches!(pulse.state, State::Open | State::Closing)
            } else {
                pulse.state == State::Closed
            };
            fits && wanted(&pulse.definition.title)
        });
        let label = |pulse: Pulse| {
            let day = pulse.opened_at.with_timezone(&services.settings.time.zone).format("%-d %B %Y");
            choice(&format!("{}, opened {day}", pulse.definition.title), &pulse.id.to_string())
        };
        Ok(offered.map(label).take(MOST_SUGGESTIONS).collect())
    }
}

fn choice(label: &str, value: &str) -> Choice {
    Choice::new(label.chars().take(MOST_LABEL_CHARS).collect::<String>(), value)
}

pub(super) async fn find_definition(services: &Services, guild: GuildId, name: &str) -> Result<Definition> {
    let (content, wanted) = (services.content.clone(), name.to_owned());
    let found = services
        .store
        .read(move |tx| Box::pin(async move { catalogue::find(tx, &content, guild, &wanted).await }))
        .await?;
    found.ok_or_else(|| PulseRefusal::Unknown(name.trim().chars().take(60).collect()).into())
}

/// The closed run that a lead means.
pub(super) async fn pick_closed(services: &Services, incoming: &Incoming, name: &str) -> Result<Pulse> {
    let pulse = pick(services, incoming.on_server()?, name, |pulse| pulse.state == State::Closed).await?;
    match PulseRefusal::no_result(&pulse) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(pulse),
    }
}

/// The run that a person means: by the id that the suggestions fill in, or by its title or name, the newest that fits best.
pub(super) async fn pick(
    services: &Services,
    guild: GuildId,
    name: &str,
    fits: impl Fn(&Pulse) -> bool,
) -> Result<Pulse> {
    let pulses = services.store.read(move |tx| Box::pin(async move { store::list_pulses(tx, guild).await })).await?;
    let wanted = name.trim().to_lowercase();
    let named = |pulse: &&Pulse| {
        pulse.id.to_string() == wanted
            || pulse.definition.name == wanted
            || pulse.definition.title.to_lowercase() == wanted
    };
    let mut named: Vec<&Pulse> = pulses.iter().filter(named).collect();
    named.sort_by_key(|pulse| !fits(pulse));
    named.first().copied().cloned().ok_or_else(|| PulseRefusal::NotHere.into())
}
