//! `/help`: what the person who asks can do here, grouped by job, in plain words, and the next sensible step.
//!
//! The lines are made from the very commands that are registered and the tiers that guard them, so help can neither promise what a
//! person may not do nor forget what they may.

mod chat;
mod message;

pub use chat::Help;
pub use message::Group;
