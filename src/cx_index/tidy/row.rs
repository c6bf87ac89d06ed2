//! One row of the tidy format.

use super::super::intake::{Inventory, Reported};
use super::super::observation::{Found, Observation};
use super::{COLUMNS, Parser, looks_like_formula};
use crate::calendar::Quarter;
use crate::programs::{Instrument, Measure, Program, SourceKind};

const OPTION_COLUMNS: [&str; 11] = ["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11"];
const MOST_TEXT_CHARS: usize = 300;
const LARGEST_COUNT: u64 = 1_000_000_000_000;

/// One row with its place, so that cells can be asked for by name.
pub(super) struct Cells<'row> {
    pub(super) line: u64,
    pub(super) record: &'row csv::StringRecord,
}

impl<'a> Parser<'a> {
    pub(super) fn row(&mut self, cells: &Cells<'_>) -> Result<Observation, Reported> {
        for column in ["source_id", "channel", "note"] {
            let text = cells.get(column);
            if looks_like_formula(text) {
                return Err(self.report(
                    cells.line,
                    column,
                    "starts like a spreadsheet formula (= + - @). Put an apostrophe before it",
                ));
            }
            if text.chars().count() > MOST_TEXT_CHARS || text.contains(['\n', '\r']) {
                return Err(self.report(
                    cells.line,
                    column,
                    format!("must be one line of at most {MOST_TEXT_CHARS} characters"),
                ));
            }
        }
        let (program, measure) = self.measure(cells)?;
        let quarter = self.quarter(cells)?;
        if !program.is_registered_in(quarter) {
            return Err(self.report(cells.line, "period", format!("{} is not registered in {quarter}", program.key)));
        }
        let source_id = cells.text("source_id");
        if source_id.is_empty() && measure.source_kind != SourceKind::Operational {
            return Err(self.report(
                cells.line,
                "source_id",
                "is empty. Name the survey: answers of one survey come from the same people",
            ));
        }
        let channel = match cells.text("channel").to_lowercase() {
            empty if empty.is_empty() => "all".to_owned(),
            channel => channel,
        };
        let found = self.found(cells, measure)?;
        let population = self.count(cells, "population")?;
        if let (Some(population), Some(n)) = (population, found.n())
            && population < n
        {
            return Err(self.report(
                cells.line,
                "population",
                format!("is {population}, fewer than the {n} people who answered"),
            ));
        }
        if matches!(found, Found::Value { .. }) && channel != "all" {
            return Err(self.report(cells.line, "channel", "must be \"all\" for an operational figure"));
        }
        let key = (program.key.clone(), measure.key.clone(), channel.clone(), quarter);
        if let Some(first) = self.seen.insert(key, cells.line) {
            return Err(self.report(cells.line, "", format!("is the same measure, channel and period as row {first}")));
        }
        let source = self
            .sources
            .entry((program.key.clone(), measure.key.clone(), quarter))
            .or_insert_with(|| source_id.clone());
        if *source != source_id {
            let expected = format!("must be \"{source}\" as in this measure's other channels: one measure, one survey");
            return Err(self.report(cells.line, "source_id", expected));
        }
        let note = cells.text("note");
        Ok(Observation {
            program: program.key.clone(),
            measure: measure.key.clone(),
            channel,
            quarter,
            source_id,
            found,
            population,
            demonstration: note.to_lowercase().starts_with("demonstration figure"),
            note,
        })
    }

    fn measure(&mut self, cells: &Cells<'_>) -> Result<(&'a Program, &'a Measure), Reported> {
        let programs: &'a [Program] = self.inventory.programs;
        let key = cells.text("program");
        let Some(program) = programs.iter().find(|program| program.key == key) else {
            let known = programs.iter().map(|program| program.key.as_str()).collect::<Vec<_>>().join(", ");
            return Err(self.report(
                cells.line,
                "program",
                format!("\"{}\" is not a registered program. Registered: {known}", short(&key)),
            ));
        };
        let key = cells.text("measure");
        let Some(measure) = program.measure(&key) else {
            let known = program.measures.iter().map(|measure| measure.key.as_str()).collect::<Vec<_>>().join(", ");
            let expected = format!("\"{}\" is not a measure of {}. It has: {known}", short(&key), program.key);
            return Err(self.report(cells.line, "measure", expected));
        };
        for (column, registered) in [
            ("audience", program.audience.key()),
            ("category", measure.category.key()),
            ("source_kind", measure.source_kind.key()),
        ] {
            if cells.text(column).to_lowercase() != registered {
                let expected = format!("must be \"{registered}\", as {}/{} is registered", program.key, measure.key);
                return Err(self.report(cells.line, column, expected));
            }
        }
        Ok((program, measure))
    }

    fn quarter(&mut self, cells: &Cells<'_>) -> Result<Quarter, Reported> {
        let text = cells.text("period");
        // The file format has one way to write a quarter; what people type elsewhere is forgiven more.
        let quarter = text.parse::<Quarter>().ok().filter(|quarter| quarter.to_string() == text);
        let Some(quarter) = quarter else {
            let expected = format!("\"{}\" is not a federal fiscal quarter. Write it like FY2026Q1", short(&text));
            return Err(self.report(cells.line, "period", expected));
        };
        let Inventory { earliest, latest, .. } = self.inventory;
        if quarter > latest {
            return Err(self.report(
                cells.line,
                "period",
                format!("{quarter} lies ahead; the current quarter is {latest}"),
            ));
        }
        if quarter < earliest {
            let expected = format!("{quarter} lies before {earliest}, the first quarter that the index is defined for");
            return Err(self.report(cells.line, "period", expected));
        }
        Ok(quarter)
    }

    fn found(&mut self, cells: &Cells<'_>, measure: &Measure) -> Result<Found, Reported> {
        let kind = cells.text("kind").to_lowercase();
        let found = match (kind.as_str(), &measure.instrument) {
            ("value", Instrument::Value { worst, target, best, .. }) => self.value(cells, *worst, *target, *best)?,
            ("counts", Instrument::Scale { options, reversed }) => {
                self.counts(cells, usize::from(*options), *reversed)?
            }
            ("share", Instrument::Scale { options: 2, .. }) => self.share(cells)?,
            ("share", Instrument::Scale { options, .. }) => {
                let expected = format!(
                    "a share fits yes/no measures only and {} has {options} options. Register a yes/no measure for the published share",
                    measure.key
                );
                return Err(self.report(cells.line, "kind", expected));
            }
            ("mean", Instrument::Scale { options, reversed }) => self.mean(cells, *options, *reversed)?,
            ("counts" | "mean", Instrument::Value { .. }) | ("share", Instrument::Value { .. }) => {
                return Err(self.report(
                    cells.line,
                    "kind",
                    format!("must be \"value\": {} is operational", measure.key),
                ));
            }
            ("value", Instrument::Scale { .. }) => {
                return Err(self.report(
                    cells.line,
                    "kind",
                    format!("must be counts, share or mean: {} is a question", measure.key),
                ));
            }
            _ => return Err(self.report(cells.line, "kind", "must be counts, share, mean or value")),
        };
        self.nothing_else(cells, kind.as_str())?;
        Ok(found)
    }

    fn counts(&mut self, cells: &Cells<'_>, options: usize, reversed: bool) -> Result<Found, Reported> {
        let mut counts = Vec::with_capacity(options);
        for (index, column) in OPTION_COLUMNS.iter().enumerate() {
            let count = self.count(cells, column)?;
            match count {
                Some(count) if index < options => counts.push(count),
                None if index < options => {
                    let expected =
                        format!("is empty; this measure has {options} options. Write 0 for one that nobody chose");
                    return Err(self.report(cells.line, column, expected));
                }
                Some(_) => {
                    let expected =
                        format!("must be empty: this measure has {options} options. Was another scale used?");
                    return Err(self.report(cells.line, column, expected));
                }
                None => {}
            }
        }
        let sum: u64 = counts.iter().sum();
        if let Some(n) = self.count(cells, "n")?
            && n != sum
        {
            return Err(self.report(cells.line, "n", format!("is {n}, but the options add up to {sum}")));
        }
        if reversed {
            counts.reverse();
        }
        Ok(Found::Counts(counts))
    }

    fn share(&mut self, cells: &Cells<'_>) -> Result<Found, Reported> {
        let percent = self.number(cells, "value")?;
        if !(0.0..=100.0).contains(&percent) {
            return Err(self.report(cells.line, "value", "must be a percentage from 0 to 100"));
        }
        Ok(Found::Share { percent, n: self.answers(cells)? })
    }

    fn mean(&mut self, cells: &Cells<'_>, options: u8, reversed: bool) -> Result<Found, Reported> {
        let (low, high) = self.scale_in_note(cells, options)?;
        let (mean, deviation) = (self.number(cells, "value")?, self.number(cells, "sd")?);
        if !(low..=high).contains(&mean) {
            return Err(self.report(cells.line, "value", format!("must lie on the scale from {low} to {high}")));
        }
        if !(0.0..=(high - low)).contains(&deviation) {
            return Err(self.report(cells.line, "sd", format!("must be from 0 to {}", high - low)));
        }
        let points = 100.0 * (mean - low) / (high - low);
        let points = if reversed { 100.0 - points } else { points };
        Ok(Found::Mean { points, deviation: 100.0 * deviation / (high - low), n: self.answers(cells)? })
    }

    /// A mean says nothing without its scale, which stands at the start of the note: "scale 1-5".
    fn scale_in_note(&mut self, cells: &Cells<'_>, options: u8) -> Result<(f64, f64), Reported> {
        let note = cells.text("note").to_lowercase();
        let scale = note.split_once("scale ").and_then(|(_, rest)| {
            let (low, high) = rest.split([' ', ';', ',', '.']).next()?.split_once('-')?;
            Some((low.parse::<u8>().ok()?, high.parse::<u8>().ok()?))
        });
        match scale {
            Some((low, high)) if high > low && high - low + 1 == options => Ok((f64::from(low), f64::from(high))),
            _ => {
                let expected = format!(
                    "must name the scale of the mean with {options} options, for example \"scale 1-{options}\""
                );
                Err(self.report(cells.line, "note", expected))
            }
        }
    }

    fn value(&mut self, cells: &Cells<'_>, worst: f64, target: f64, best: Option<f64>) -> Result<Found, Reported> {
        let value = self.number(cells, "value")?;
        for (column, registered) in [("worst", Some(worst)), ("target", Some(target)), ("best", best)] {
            // An anchor may be left out; written, it must be the registered one. The parsed texts are compared, not a computation.
            if !cells.get(column).is_empty() && Some(self.number(cells, column)?) != registered {
                let registered = registered.map_or_else(|| "empty".to_owned(), |anchor| anchor.to_string());
                return Err(self.report(
                    cells.line,
                    column,
                    format!("differs from the registered anchor, {registered}"),
                ));
            }
        }
        Ok(Found::Value { value, worst, target, best })
    }

    /// Cells that do not belong to this kind of figure must be empty: a figure in the wrong column is a slip, not a comment.
    fn nothing_else(&mut self, cells: &Cells<'_>, kind: &str) -> Result<(), Reported> {
        let foreign: &[&str] = match kind {
            "counts" => &["value", "sd", "worst", "target", "best"],
            "share" => &["sd", "worst", "target", "best"],
            "mean" => &["worst", "target", "best"],
            _ => &["sd", "n"],
        };
        let options: &[&str] = if kind == "counts" { &[] } else { &OPTION_COLUMNS };
        match foreign.iter().chain(options).find(|column| !cells.get(column).is_empty()) {
            Some(column) => Err(self.report(cells.line, column, format!("must be empty for a figure of kind {kind}"))),
            None => Ok(()),
        }
    }

    fn answers(&mut self, cells: &Cells<'_>) -> Result<u64, Reported> {
        match self.count(cells, "n")? {
            Some(n) => Ok(n),
            None => Err(self.report(cells.line, "n", "is empty: how many people answered?")),
        }
    }

    fn count(&mut self, cells: &Cells<'_>, column: &str) -> Result<Option<u64>, Reported> {
        let text = cells.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(count) if plain && count <= LARGEST_COUNT => Ok(Some(count)),
            _ => {
                let expected = format!("\"{}\" is not a count. Write digits only, without separators", short(text));
                Err(self.report(cells.line, column, expected))
            }
        }
    }

    fn number(&mut self, cells: &Cells<'_>, column: &str) -> Result<f64, Reported> {
        let text = cells.get(column);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.len() <= 20;
        match text.parse::<f64>() {
            Ok(number) if plain => Ok(number),
            _ if text.is_empty() => Err(self.report(cells.line, column, "is empty; this kind of figure needs it")),
            _ => {
                let expected = format!(
                    "\"{}\" is not a number. Write it with a decimal point and nothing else: 1234.5",
                    short(text)
                );
                Err(self.report(cells.line, column, expected))
            }
        }
    }
}

impl Cells<'_> {
    /// A cell as it stands, without white space around it.
    fn get(&self, column: &str) -> &str {
        COLUMNS
            .iter()
            .position(|name| *name == column)
            .and_then(|index| self.record.get(index))
            .unwrap_or_default()
            .trim()
    }

    /// A text cell, without the apostrophe that an export put before a formula.
    fn text(&self, column: &str) -> String {
        let cell = self.get(column);
        cell.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(cell).to_owned()
    }
}

/// A cell quoted in a message, cut to a readable length.
fn short(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}
