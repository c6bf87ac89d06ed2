//! Recognition: thanks between two people, and stories of good customer experience that spread what worked.
//!
//! What this promises: a thank-you is private, never counted and never listed. A nomination names an act and its effect, is reviewed by
//! a lead who is neither its author nor its subject and who does not see who wrote it, and nothing is published before the person it
//! is about has said yes, in a button press that is on record. They can change their mind at any time: then the story is taken down
//! and its words are erased. No points, no counts, no rankings.
//!
//! `model` is the whole rule book as one pure state machine; `effects` turns its effects into rows and messages, in one transaction.

mod action;
mod catalogue;
mod chat;
mod consent;
mod effects;
mod job;
mod message;
mod model;
mod nominate;
mod queue;
mod screens;
mod store;
mod thanks;

pub use catalogue::{Catalogue, Tag, TagKind, check};
pub use chat::Recognition;
pub use job::{CloseConsent, ForgetNomination};
pub use model::{
    Actor, CONSENT_DAYS, Consent, Effect, Event, KEPT_DAYS, MOST_PER_ROUND, Nomination, NominationId,
    NominationRefusal, Relation, Round, RoundId, State, Words,
};
pub use store::{add_draft, count_sent, current_round, find, find_live, list_mine, list_waiting, save, set_round_open};

/// What the schedule runs for this feature.
#[must_use]
pub fn jobs() -> Vec<std::sync::Arc<dyn crate::schedule::Job>> {
    vec![std::sync::Arc::new(CloseConsent), std::sync::Arc::new(ForgetNomination)]
}
