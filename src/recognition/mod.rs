//! Recognition: thanks between two people, and stories of good customer experience that spread what worked.
//!
//! What this promises: a thank-you is private, never counted and never listed. A nomination names an act and its effect, is reviewed by
//! three leads in turn, none of them its author, its subject or of the same team, who do not see who wrote it, and nothing is published before the person it
//! is about has said yes, in a button press that is on record. Where a round ends with a vote, the group chooses among what they agreed to. They can change their mind at any time: then the story is taken down
//! and its words are erased. No points, no counts, no rankings.
//!
//! `model` is the whole rule book as one pure state machine; `effects` turns its effects into rows and messages, in one transaction.

mod action;
mod catalogue;
mod chat;
mod consent;
mod effects;
mod fairness;
mod job;
mod message;
mod model;
mod nominate;
mod nomination;
mod panel;
mod personal;
mod queue;
mod refusal;
mod review;
mod rounds;
mod screens;
mod store;
mod stories;
mod thanks;
mod vote;
mod weekly;

pub use catalogue::{Catalogue, Tag, TagKind, check};
pub use chat::Recognition;
pub use job::RecognitionJob;
pub use model::{Actor, Effect, Event};
pub use nomination::{
    CONSENT_DAYS, Consent, Honoree, KEPT_DAYS, MOST_PEOPLE, MOST_PER_ROUND, Nomination, NominationId, REVIEW_DAYS,
    Relation, Round, RoundId, State, Vote, Words,
};
pub use personal::RecognitionData;
pub use refusal::NominationRefusal;
pub use review::{Criterion, Reviewer, Seat, Ties, Verdict};
pub use store::{find, list_seats, save};
