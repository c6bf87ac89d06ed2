//! Questions, answers, and what may be shown of them. Knows neither pulses nor how answers are kept.
//!
//! A [`Question`] offers options in words, from worst to best; an [`Answer`] is one of them, "does not apply", or skipped, and these
//! three are never mixed. Closed surveys leave [`Counts`] and nothing else; [`Findings`] says what of them may be shown: nothing from
//! fewer than five answers, the spread only from ten.

mod answer;
mod findings;
mod lint;
mod question;
mod store;

pub use answer::{Answer, Counts, MOST_QUESTIONS, decode, encode, tally};
pub use findings::{Findings, Score, Spread, Thresholds};
pub use lint::{lint_label, lint_question};
pub use question::{Category, Kind, OnlyAfter, Question};
pub use store::{COUNTS_JOB, ClosedCounts, Source, add_counts, list_about_programs, list_closed, publish_counts};
