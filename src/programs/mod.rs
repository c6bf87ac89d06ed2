//! Programs: what the index is about.
//!
//! A program is something the agency runs for somebody: public-facing or agency-facing. Each has measures, and each measure says
//! exactly what is asked or counted, in which category, whose voice it is and how a figure becomes points. The starting set is
//! `config/programs.toml`. The inventory belongs to the installation, not to one Discord server: one agency, one inventory.
//!
//! Once a measure has figures, its question, scale and source are fixed: a changed question is a new measure with a new key, because
//! answers to different questions are not one series.

mod export;
mod file;
mod model;
mod store;

pub use export::as_toml;
pub use file::{check, load, parse};
pub use model::{Audience, Category, Instrument, Measure, Program, SourceKind};
pub use store::{Synced, keep, list, mark_in_use, planned, sync};
