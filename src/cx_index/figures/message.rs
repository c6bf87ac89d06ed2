//! The words that leads read about programs, measures, figures and publication.

use super::super::publication::Stage;
use super::super::report::ImportReport;
use super::super::views::cut;
use crate::calendar::Quarter;
use crate::discord::ControlId;
use crate::post::{Button, Card, Post};
use crate::programs::{Category, Instrument, Measure, Program, SourceKind};
use crate::text::{plural, shorten};

/// The prefix of the feature's controls.
pub(super) const FEATURE: &str = "measure";

/// What a control means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Store the drafted figure.
    Save(i64),
    /// Take the file in.
    Import(i64),
    /// Forget it.
    Drop(i64),
}

impl Action {
    pub(super) const SAVE: &str = "save";
    pub(super) const IMPORT: &str = "import";
    pub(super) const DROP: &str = "drop";

    pub(super) fn to_id(self) -> String {
        let (action, draft) = match self {
            Self::Save(draft) => (Self::SAVE, draft),
            Self::Import(draft) => (Self::IMPORT, draft),
            Self::Drop(draft) => (Self::DROP, draft),
        };
        ControlId { feature: FEATURE, action, rest: &draft.to_string() }.to_string()
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let parsed = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        let draft = parsed.rest.parse().ok()?;
        match parsed.action {
            Self::SAVE => Some(Self::Save(draft)),
            Self::IMPORT => Some(Self::Import(draft)),
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

/// What taking a file in would do, to be looked at once more.
pub(super) fn confirm_file(would: &ImportReport, draft: i64) -> Post {
    report("Take this file in?", would).with_buttons([
        Button::success(Action::Import(draft).to_id(), "Take these figures in"),
        Button::secondary(Action::Drop(draft).to_id(), "Do not take in"),
    ])
}

/// A report on a card; one that a card cannot hold goes along whole as a file.
pub(super) fn report(title: &str, report: &ImportReport) -> Post {
    let text = report.to_string();
    let whole = format!("{report:#}");
    let post = Post::default().with_card(Card::new(title, cut(text.lines().map(str::to_owned).collect(), 3_900)));
    if whole == text && text.chars().count() <= 3_900 {
        return post;
    }
    post.with_file("report.txt", "The whole report as text", whole.into_bytes())
}

/// Why a file was not taken, every problem with row and column; a long list goes along as a file.
pub(super) fn refused_file(sentence: &str) -> Post {
    let text = shorten(sentence, 1_900);
    if text == sentence {
        return Post::text(text);
    }
    let lines: Vec<String> = sentence.lines().map(str::to_owned).collect();
    let rest = "The whole list is in problems.txt.";
    Post::text(format!("{}\n{rest}", cut(lines, 1_800))).with_file(
        "problems.txt",
        "Every problem of the file, with row and column",
        sentence.as_bytes().to_vec(),
    )
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
    let cadence = match measure.valid_quarters {
        1 => String::new(),
        quarters => format!("; holds for {quarters} quarters"),
    };
    let owner = if measure.owner.is_empty() { String::new() } else { format!("; {}", measure.owner) };
    format!(
        "• **{}** (`{}`), {}, {}, {how}{cadence}{owner}\n  {}",
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
            lines.push(format!(
                "• **{}**: nobody owns {}, and nobody owns the program",
                program.name,
                plural(unowned as u64, "measure", "measures")
            ));
        }
    }
    let mut by_name: std::collections::BTreeMap<&str, Vec<(&str, &Measure)>> = std::collections::BTreeMap::new();
    for program in all {
        for measure in &program.measures {
            by_name.entry(&measure.name).or_default().push((&program.name, measure));
        }
    }
    for (name, same) in by_name {
        // Programs that ask or count the very same thing stand together.
        let mut definitions: Vec<(&Measure, Vec<&str>)> = Vec::new();
        for (program, measure) in same {
            let alike = |one: &Measure| {
                super::super::pulses::same_words(&one.wording, &measure.wording) && one.instrument == measure.instrument
            };
            match definitions.iter_mut().find(|(one, _)| alike(one)) {
                Some((_, programs)) => programs.push(program),
                None => definitions.push((measure, vec![program])),
            }
        }
        if definitions.len() > 1 {
            let number = definitions.len();
            let groups: Vec<String> = definitions.into_iter().map(|(_, programs)| programs.join(", ")).collect();
            lines.push(format!(
                "• **{name}** has {number} definitions ({}): compare only within one of them",
                groups.join("; ")
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
            let alone = if edition.alone { " Reviewed and published by the same person, the only lead." } else { "" };
            let newer = if newer {
                " Figures have come in since; they are shown to nobody until a correction is published: `/quarter review`, then `/quarter publish` with a reason."
            } else {
                ""
            };
            format!(
                "{quarter} is published (edition {}, <t:{}:D>).{alone}{why}{newer}",
                edition.number,
                edition.at.timestamp()
            )
        }
        (None, Some((by, at, _))) => {
            format!(
                "{quarter} was reviewed by <@{by}> on <t:{}:D>. Next: another lead runs `/quarter publish`.",
                at.timestamp()
            )
        }
        (None, None) => format!("{quarter} is a draft. Look at it with `/index`, then `/quarter review`."),
    };
    Post::text(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Content;
    use crate::programs;

    #[test]
    fn every_action_is_read_back() {
        for action in [Action::Save(7), Action::Import(9), Action::Drop(8)] {
            assert_eq!(Action::parse(&action.to_id()), Some(action));
        }
        assert_eq!(Action::parse("v1:measure:other:7"), None);
    }

    #[test]
    fn gaps_are_named() {
        let mut all = programs::load(&Content::built_in()).unwrap();
        all[8].measures.remove(0);
        all[8].measures.remove(0);
        insta::assert_snapshot!("gaps", gaps(&all).as_text());
    }
}
