//! Every word that learning says, and what its controls mean.

mod action;
mod again;
mod certified;
mod lead;
mod learner;
mod refusal;

pub use action::{Action, NAME, Place};
pub(super) use again::{
    catch_up_lesson, catch_up_stopped, catching_up, caught_up, look, looked, nothing_to_catch_up, nothing_to_review,
    reminders_off, reminders_on, review_card, review_reminder, reviewed,
};
pub(super) use certified::{certificate, name_form, verified};
pub(super) use lead::{
    Missed, SeriesListing, lesson_choice, listed, paused, posted, preview, results, resumed, scheduled, series_choice,
    skipped, tried_again,
};
pub(super) use learner::{
    SeriesProgress, all_done, feedback, finished, private_lesson, progress, question, rewritten, series_over,
};
pub use learner::{lesson_post, thread_text};
pub(super) use refusal::LearningRefusal;
