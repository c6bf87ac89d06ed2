//! The CX index: two scores, public-facing and agency-facing, that show their work.
//!
//! What it promises: each number comes with its range, its number of answers, what is missing, which programs count and which do not,
//! and the definition it was computed by. Nothing is published from too few answers or without the customers themselves. "No data"
//! is said, never zero. Old scores are never overwritten: newer data make a new revision.
//!
//! Figures come in as files ([`import()`]) and from closed pulses; scores are computed inside the same transaction ([`recompute()`]) and
//! stored, so that `/index` is one read whatever the number of answers. The arithmetic is in [`model`], pure, and held by the
//! vectors of its specification. Like the inventory of programs, the index belongs to the installation, not to one Discord server.

pub mod bridge;
mod brief;
mod chat;
mod definitions;
mod export;
mod figures;
mod import;
mod inputs;
mod intake;
mod job;
mod message;
pub mod model;
mod observation;
pub mod publication;
mod pulses;
mod recompute;
mod record;
mod report;
mod start;
pub mod store;
mod tidy;
mod trend;
mod views;

pub use brief::talking_points;
pub use chat::CxIndex;
pub use definitions::{Definitions, Ratified, check};
pub use export::{
    OutFile, SCORE_COLUMNS, Wanted, figures_csv, indexes_in_words, quarter_pack, scores, scores_csv, scores_json,
};
pub use figures::{Figures, PostIndex};
pub use import::{ImportOptions, import, import_as, undo};
pub use inputs::{Collected, assemble};
pub use intake::{About, Format, ImportRefusal, Inventory, LeftOut, Parsed, Progress, RowProblem, SurveyType};
pub use job::RecomputeIndex;
pub use observation::{Found, Observation};
pub use recompute::{Rescored, recompute};
pub use record::{
    AudienceDetail, Comparison, Detail, MeasureLine, ProgramDetail, ProgramLine, Record, Scope, StoredScore,
};
pub use report::ImportReport;
pub use start::start;
pub use tidy::{COLUMNS, escape_cell, parse_tidy};

use crate::people::Table;

/// What the index holds on a person, for `/me`. It is one index for the whole installation, so its rows know no server.
pub const PERSONAL: crate::people::Tables = crate::people::Tables {
    title: "CX index",
    remains: "The index holds figures of programs, never of persons. Who brought in, reviewed or published figures stays noted with them, as the \
              record of an official number.",
    tables: &[
        Table {
            words: "Figures that you typed in or attached and have not confirmed",
            person: "index_drafts.person",
            columns: &["drafted_at", "figure"],
            rows: "select '\u{1f}' || cast(drafted_at as text) || '\u{1f}' || document
                 from index_drafts where cast($1 as bigint) is not null and person = $2",
            erase: Some("delete from index_drafts where cast($1 as bigint) is not null and person = $2"),
        },
        Table {
            words: "Figures that you brought in",
            person: "index_imports.imported_by",
            columns: &["imported_at", "file", "sha256"],
            rows: "select '\u{1f}' || cast(imported_at as text) || '\u{1f}' || file_name || '\u{1f}' || sha256
                 from index_imports where cast($1 as bigint) is not null and imported_by = 'person ' || cast(cast($2 as bigint) as text)",
            erase: None,
        },
        Table {
            words: "Quarters that you reviewed",
            person: "index_quarters.reviewed_by",
            columns: &["quarter", "reviewed_at"],
            rows: "select '\u{1f}' || quarter || '\u{1f}' || cast(reviewed_at as text)
                 from index_quarters where cast($1 as bigint) is not null and reviewed_by = $2",
            erase: None,
        },
        Table {
            words: "Quarters that you published",
            person: "index_editions.published_by",
            columns: &["quarter", "published_at", "reason"],
            rows: "select '\u{1f}' || quarter || '\u{1f}' || cast(published_at as text) || '\u{1f}' || reason
                 from index_editions where cast($1 as bigint) is not null and published_by = $2",
            erase: None,
        },
    ],
};
