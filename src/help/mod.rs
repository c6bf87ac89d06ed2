//! `/help`: what the person who asks can do here, grouped by job, in plain words, and the next sensible step.
//!
//! The lines are made from the very commands that are registered and the tiers that guard them, so help can neither promise what a
//! person may not do nor forget what they may. Leads also read what did not happen (a message that Discord declined, a lesson that was
//! due while cxbot was off) and why, with a way to try again: the one place for it, so that nothing fails in silence.

mod chat;
mod message;
mod notice;

pub use chat::Help;
pub use message::Group;
