//! The map: which survey of somebody else's file is which program, channel and measure of ours.
//!
//! A TOML file. Nothing is guessed: a survey that no entry names, and a question that is neither registered word for word nor named
//! here, is left out and said.
//!
//! ```toml
//! [[survey]]
//! program = "va-outpatient"                        # our key
//! provider = "Veterans Health Administration"      # as the file writes it
//! service = "Outpatient Services"
//! file_channel = "email"                           # optional: only rows of this channel
//! channel = "email"                                # optional: what we call it
//! source = "va-outpatient-survey"                  # optional
//! [survey.questions]                               # optional: the text in the file = our measure
//! "I trust VA to fulfill our promise" = "trust"
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::pulses::{plain_words, same_words};
use crate::error::{Error, Result};
use crate::programs::{Measure, Program};

/// A map as read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// Surveys of a published file.
    #[serde(default)]
    pub(super) survey: Vec<Survey>,
    /// For files of one survey: the text, the identifier or the column in the file = our measure.
    #[serde(default)]
    pub(super) questions: BTreeMap<String, String>,
}

/// One survey of a published file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survey {
    pub(super) program: String,
    pub(super) provider: String,
    pub(super) service: String,
    pub(super) file_channel: Option<String>,
    pub(super) channel: Option<String>,
    pub(super) source: Option<String>,
    #[serde(default)]
    pub(super) questions: BTreeMap<String, String>,
}

impl Map {
    /// Reads a map; every program and measure in it must be registered.
    ///
    /// # Errors
    /// A sentence that names file, line or entry.
    pub fn parse(file: &str, text: &str, programs: &[Program]) -> Result<Self> {
        let map: Self = toml::from_str(text).map_err(|fault| {
            let line = fault.span().map_or(1, |span| text.get(..span.start).unwrap_or(text).matches('\n').count() + 1);
            Error::refused(format!(
                "{file}:{line}: {}. The map was not used; nothing was changed.",
                fault.message().trim()
            ))
        })?;
        for survey in &map.survey {
            let program = programs.iter().find(|program| program.key == survey.program).ok_or_else(|| {
                Error::refused(format!(
                    "{file}: the map names the program \"{}\", which is not registered. Nothing was changed.",
                    survey.program
                ))
            })?;
            if let Some(unknown) = survey.questions.values().find(|key| program.measure(key).is_none()) {
                return Err(Error::refused(format!(
                    "{file}: the map names the measure \"{unknown}\", which {} does not have. Nothing was changed.",
                    program.key
                )));
            }
        }
        Ok(map)
    }

    /// The survey that a published row belongs to.
    pub(super) fn survey(&self, provider: &str, service: &str, channel: &str) -> Option<&Survey> {
        self.survey.iter().find(|one| {
            same_words(&one.provider, provider)
                && same_words(&one.service, service)
                && one.file_channel.as_deref().is_none_or(|wanted| same_words(wanted, channel))
        })
    }
}

/// The measure that asks this: named in the map, or registered word for word.
pub(super) fn measure_for<'a>(
    program: &'a Program,
    questions: &BTreeMap<String, String>,
    text: &str,
) -> Option<&'a Measure> {
    let wanted = plain_words(text);
    questions
        .iter()
        .find(|(mapped, _)| plain_words(mapped) == wanted)
        .and_then(|(_, key)| program.measure(key))
        .or_else(|| program.measures.iter().find(|measure| plain_words(&measure.wording) == wanted))
}
