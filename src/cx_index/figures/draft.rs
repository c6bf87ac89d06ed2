//! A figure as it was typed, before it is confirmed. It is checked by the very parser that reads files, so there is one set of rules.

use serde::{Deserialize, Serialize};

use super::super::tidy::COLUMNS;
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::programs::{Instrument, Measure, Program};

/// A typed figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) program: String,
    pub(super) measure: String,
    pub(super) quarter: Quarter,
    pub(super) figure: String,
    pub(super) channel: String,
    pub(super) population: Option<u64>,
    pub(super) note: String,
}

impl Draft {
    /// The draft as a file of one row.
    pub(super) fn as_file(&self, program: &Program, measure: &Measure) -> Result<String> {
        let mut cells: Vec<(&str, String)> = vec![
            ("program", program.key.clone()),
            ("audience", program.audience.key().into()),
            ("category", measure.category.key().into()),
            ("measure", measure.key.clone()),
            ("source_kind", measure.source_kind.key().into()),
            ("channel", self.channel.clone()),
            ("period", self.quarter.to_string()),
            ("note", self.note.clone()),
        ];
        if let Some(population) = self.population {
            cells.push(("population", population.to_string()));
        }
        match &measure.instrument {
            Instrument::Value { unit, .. } => {
                let figure = self.figure.trim();
                if figure.parse::<f64>().is_err() {
                    return Err(Error::refused(format!(
                        "{} is a figure in {unit}. Write one number with a decimal point, for example 18.5.",
                        measure.name
                    )));
                }
                cells.push(("kind", "value".into()));
                cells.push(("value", figure.to_owned()));
            }
            Instrument::Scale { options, .. } => {
                let counts: Vec<&str> = self.figure.split([',', ' ', ';']).filter(|part| !part.is_empty()).collect();
                if counts.len() != usize::from(*options) {
                    return Err(Error::refused(format!(
                        "{} is a question with {options} options. Write how often each was chosen, in the order of the question, \
                         with commas: for example {}.",
                        measure.name,
                        (1..=*options).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
                    )));
                }
                cells.push(("kind", "counts".into()));
                cells.push(("source_id", format!("{}-survey", program.key)));
                for (column, count) in COLUMNS[9..20].iter().zip(counts) {
                    cells.push((*column, count.to_owned()));
                }
            }
        }
        let row: Vec<String> = COLUMNS
            .iter()
            .map(|column| {
                cells.iter().find(|(name, _)| name == column).map_or_else(String::new, |(_, cell)| cell.clone())
            })
            .collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS).map_err(Error::internal)?;
        writer.write_record(&row).map_err(Error::internal)?;
        String::from_utf8(writer.into_inner().map_err(Error::internal)?).map_err(Error::internal)
    }
}
