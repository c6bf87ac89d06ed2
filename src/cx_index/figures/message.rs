//! The words that leads read about programs, measures, figures and publication.

use std::fmt::Write;

use super::super::publication::Stage;
use super::super::views::cut;
use crate::calendar::Quarter;
use crate::discord::ControlId;
use crate::post::{Button, Card, Post};
use crate::programs::{Category, Instrument, Measure, Program, SourceKind};

/// The prefix of the feature's controls.
pub(super) const FEATURE: &str = "measure";

/// What a control means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Store the drafted figure.
    Save(i64),
    /// Forget it.
    Drop(i64),
}

impl Action {
    pub(super) const SAVE: &str = "save";
    pub(super) const DROP: &str = "drop";

    pub(super) fn to_id(self) -> String {
        let (action, draft) = match self {
            Self::Save(draft) => (Self::SAVE, draft),
            Self::Drop(draft) => (Self::DROP, draft),
        };
        ControlId { feature: FEATURE, action, rest: &draft.to_string() }.to_string()
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let parsed = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        let draft = parsed.rest.parse().ok()?;
        match parsed.action {
            Self::SAVE => Some(Self::Save(draft)),
            Self::DROP => Some(Self::Drop(draft)),
            _ => None,
        }
    }
}

/// A figure to be looked at once more.
pub(super) fn confirm(program: &Program, measure: &Measure, quarter: Quarter, would: &str, draft: i64) -> Post {
    let asks = format!("**{}**, {}, {quarter}\n{}", program.name, measure.name, measure.wording);
    Post::default().with_card(Card::new("Is this right?", format!("{asks}\n\n{would}"))).with_buttons([
        Button::success(Action::Save(draft).to_id(), "Save this figure"),
        Button::secondary(Action::Drop(draft).to_id(), "Do not save"),
    ])
}

pub(super) fn programs(all: &[Program]) -> Post {
    if all.is_empty() {
        return Post::text("No program is registered yet. `/program add` registers one.");
    }
    let lines = all
        .iter()
        .map(|program| {
            let owner = if program.owner.is_empty() { "nobody owns it yet".to_owned() } else { program.owner.clone() };
            let span = match (program.from, program.until) {
                (None, None) => String::new(),
                (from, until) => format!(
                    "; {} to {}",
                    from.map_or_else(|| "the beginning".to_owned(), |quarter| quarter.to_string()),
                    until.map_or_else(|| "today".to_owned(), |quarter| quarter.to_string())
                ),
            };
            format!(
                "• **{}** (`{}`), {}, {} measures, {owner}{span}",
                program.name,
                program.key,
                program.audience.key(),
                program.measures.len()
            )
        })
        .collect();
    Post::default().with_card(Card::new("Programs", cut(lines, 4_000)))
}

pub(super) fn measures(program: &Program) -> Post {
    if program.measures.is_empty() {
        return Post::text(format!("{} has no measures yet. `/measure add` registers one.", program.name));
    }
    let lines = program.measures.iter().map(measure).collect();
    Post::default().with_card(Card::new(format!("Measures of {}", program.name), cut(lines, 4_000)))
}

fn measure(measure: &Measure) -> String {
    let how = match &measure.instrument {
        Instrument::Scale { options, reversed } => {
            format!("{options} options{}", if *reversed { ", first is best" } else { "" })
        }
        Instrument::Value { unit, worst, target, best } => {
            let best = best.map_or_else(String::new, |best| format!(", best {best}"));
            format!("{unit}: worst {worst}, target {target}{best}")
        }
    };
    let owner = if measure.owner.is_empty() { String::new() } else { format!("; {}", measure.owner) };
    format!(
        "• **{}** (`{}`), {}, {}, {how}{owner}\n  {}",
        measure.name,
        measure.key,
        measure.category,
        measure.source_kind.key(),
        measure.wording
    )
}

/// Empty categories, measures that nobody owns, the same name with different definitions.
pub(super) fn gaps(all: &[Program]) -> Post {
    let mut lines = Vec::new();
    for program in all {
        let empty: Vec<&str> = Category::ALL
            .into_iter()
            .filter(|category| *category != Category::Quantity)
            .filter(|category| {
                !program.measures.iter().any(|measure| {
                    measure.category == *category && measure.source_kind != SourceKind::Inside && measure.weight > 0.0
                })
            })
            .map(Category::key)
            .collect();
        if !empty.is_empty() {
            lines.push(format!("• **{}** measures nothing about {}", program.name, empty.join(", ")));
        }
        let customers = program.measures.iter().any(|measure| {
            measure.category == Category::Quality && measure.source_kind == SourceKind::Customer && measure.weight > 0.0
        });
        if !customers {
            lines.push(format!(
                "• **{}** does not ask its customers about quality, so it can have no score",
                program.name
            ));
        }
        let unowned = program.measures.iter().filter(|measure| measure.owner.is_empty()).count();
        if unowned > 0 && program.owner.is_empty() {
            lines.push(format!("• **{}**: {unowned} measures that nobody owns", program.name));
        }
    }
    let mut by_name: std::collections::BTreeMap<&str, Vec<(&str, &Measure)>> = std::collections::BTreeMap::new();
    for program in all {
        for measure in &program.measures {
            by_name.entry(&measure.name).or_default().push((&program.name, measure));
        }
    }
    for (name, same) in by_name {
        let different = same.iter().filter(|(_, measure)| {
            let first = same[0].1;
            !super::super::pulses::same_words(&measure.wording, &first.wording)
                || measure.instrument != first.instrument
        });
        let different = different.count();
        if different > 0 {
            lines.push(format!(
                "• **{name}** is defined in more than one way across {} programs: do not compare them with each other",
                same.len()
            ));
        }
    }
    if lines.is_empty() {
        lines.push("Every program measures every category, somebody owns each, and no name has two meanings.".into());
    }
    Post::default().with_card(Card::new("Gaps in the inventory", cut(lines, 4_000)))
}

/// How far a quarter is.
pub(super) fn stage(quarter: Quarter, stage: &Stage, newer: bool) -> Post {
    let said = match (&stage.edition, &stage.reviewed) {
        (Some(edition), _) => {
            let why =
                if edition.reason.is_empty() { String::new() } else { format!(" Correction: {}.", edition.reason) };
            let newer = if newer {
                " Figures have come in since; they are shown to nobody until a correction is published: `/quarter review`, then `/quarter publish` with a reason."
            } else {
                ""
            };
            format!(
                "{quarter} is published (edition {}, <t:{}:D>).{why}{newer}",
                edition.number,
                edition.at.timestamp()
            )
        }
        (None, Some((by, at, _))) => {
            format!("{quarter} was reviewed by <@{by}> on <t:{}:D>. Next: `/quarter publish`.", at.timestamp())
        }
        (None, None) => format!("{quarter} is a draft. Look at it with `/index`, then `/quarter review`."),
    };
    Post::text(said)
}

/// The inventory as `programs.toml` writes it.
pub(super) fn as_toml(all: &[Program]) -> String {
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let mut out = String::from("# Exported by cxbot. Put it into your content folder as programs.toml.\n");
    for program in all {
        let _ = writeln!(
            out,
            "\n[[program]]\nkey = {}\nname = {}\naudience = {}",
            text(&program.key),
            text(&program.name),
            text(program.audience.key())
        );
        if !program.owner.is_empty() {
            let _ = writeln!(out, "owner = {}", text(&program.owner));
        }
        for (key, quarter) in [("from", program.from), ("until", program.until)] {
            if let Some(quarter) = quarter {
                let _ = writeln!(out, "{key} = \"{quarter}\"");
            }
        }
        for measure in &program.measures {
            let _ = writeln!(
                out,
                "\n[[program.measure]]\nkey = {}\nname = {}\ncategory = {}\nsource = {}\nwording = {}",
                text(&measure.key),
                text(&measure.name),
                text(measure.category.key()),
                text(measure.source_kind.key()),
                text(&measure.wording)
            );
            if !measure.owner.is_empty() {
                let _ = writeln!(out, "owner = {}", text(&measure.owner));
            }
            match &measure.instrument {
                Instrument::Scale { options, reversed } => {
                    let _ = writeln!(out, "options = {options}");
                    if *reversed {
                        out.push_str("reversed = true\n");
                    }
                }
                Instrument::Value { unit, worst, target, best } => {
                    let direction = if worst < target { "higher" } else { "lower" };
                    let _ = writeln!(
                        out,
                        "unit = {}\ndirection = \"{direction}\"\nworst = {worst:?}\ntarget = {target:?}",
                        text(unit)
                    );
                    if let Some(best) = best {
                        let _ = writeln!(out, "best = {best:?}");
                    }
                }
            }
            if (measure.weight - 1.0).abs() > f64::EPSILON {
                let _ = writeln!(out, "weight = {:?}", measure.weight);
            }
            if measure.valid_quarters != 1 {
                let _ = writeln!(out, "valid_quarters = {}", measure.valid_quarters);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Content, ContentFile};
    use crate::programs;

    #[test]
    fn every_action_is_read_back() {
        for action in [Action::Save(7), Action::Drop(8)] {
            assert_eq!(Action::parse(&action.to_id()), Some(action));
        }
        assert_eq!(Action::parse("v1:measure:other:7"), None);
    }

    #[test]
    fn the_exported_inventory_is_the_inventory() {
        let all = programs::load(&Content::built_in()).unwrap();
        let back = programs::parse(&ContentFile { path: "programs.toml".into(), text: as_toml(&all) }).unwrap();
        assert_eq!(back, all);
    }

    #[test]
    fn gaps_are_named() {
        let mut all = programs::load(&Content::built_in()).unwrap();
        all[8].measures.remove(0);
        all[8].measures.remove(0);
        insta::assert_snapshot!("gaps", gaps(&all).as_text());
    }
}
