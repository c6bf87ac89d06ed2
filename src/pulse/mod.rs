//! Pulses: short questions to the group, answered in seconds, a result that everybody sees, and what came of it.
//!
//! **Promise.** A lead opens a pulse, or the calendar does. One question stands on the post itself and one press answers it; several
//! are asked one at a time in a private message. Until the close answers can be looked at, changed and withdrawn. Meanwhile nobody sees anything: no tally, not even how many answered. At the close, by
//! itself or by a lead, the answers are counted, then destroyed together with the key that sealed them ([`sealed`](crate::sealed)),
//! and only then the result is posted: nothing from fewer than five answers. What people read before they answer is frozen with the
//! pulse: its questions, the thresholds, the promise.
//!
//! If the key is lost while a pulse is open, the pulse is stopped and says so. If destroying the answers fails, the result waits.

mod answering;
mod budget;
mod builder;
mod calendar;
mod catalogue;
mod chat;
mod closing;
mod definition;
mod job;
mod message;
mod model;
mod opening;
mod outcomes;
mod store;

pub use chat::Pulses;
pub use closing::PulseClosing;
pub use definition::{Audience, Definition, check, list_definitions, parse};
pub use model::{Asked, Counted, Pulse, PulseId, State};
pub use store::find_pulse;

/// What pulses hold on a person, for `/me`: nothing that could be found.
pub const PERSONAL: crate::people::Tables = crate::people::Tables {
    title: "Pulses",
    remains: "Answers to anonymous pulses cannot be found, on purpose: no row says whose it is. While a pulse is open you can change or take \
              back your answer with the buttons under it; after it has closed only counts and loose comments are left, and they stay. Answers \
              to pulses with names stay with your name, the list of who is asked stays until its pulse closes, and what you opened, wrote or \
              published as a lead stays noted with its pulse: none of these is shown or erased here yet.",
    tables: &[],
};
