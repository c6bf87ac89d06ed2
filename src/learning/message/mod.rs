//! Every word that learning says, and what its controls mean.

mod action;
mod lead;
mod learner;
mod refusal;

pub use action::{Action, NAME, Place};
pub(super) use lead::{
    SeriesListing, lesson_choice, listed, paused, posted, preview, resumed, scheduled, series_choice, skipped,
};
pub(super) use learner::{
    SeriesProgress, all_done, feedback, finished, private_lesson, progress, question, rewritten, series_over,
};
pub use learner::{lesson_post, thread_text};
pub(super) use refusal::LearningRefusal;
