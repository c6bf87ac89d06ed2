//! Questions, answers, and what may be shown of them. Knows neither pulses nor how answers are kept.
//!
//! A [`Question`] offers options in words, from worst to best; an [`Answer`] is one of them, "does not apply", or skipped, and these
//! three are never mixed. Closed surveys leave [`Counts`] and nothing else; [`Findings`] says what of them may be shown: nothing from
//! fewer than five answers, the spread only from ten.

mod answer;
mod findings;
mod lint;
mod mask;
mod question;
mod response;
mod session;
mod store;

pub use answer::{Answer, Counts, MOST_QUESTIONS, encode};
pub use findings::{
    Findings, GroupScore, Score, Spread, Thresholds, WholeRange, estimate, is_same_question, shown_groups,
};
pub use lint::{lint_label, lint_question};
pub use mask::mask;
pub use question::{Category, Kind, OnlyAfter, Question};
pub use response::{Given, MOST_COMMENT_CHARS, Paper, Responses, Totals, total, total_by_group};
pub use session::{SESSION_JOB, Session, ask_about_session};
pub use store::{COUNTS_JOB, ClosedCounts, Source, add_counts, list_about_programs, list_closed, publish_counts};
