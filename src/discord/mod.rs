//! Everything that touches Discord, and nothing that knows a feature.
//!
//! What a person does arrives as an [`Incoming`], whichever way it came; what we answer leaves as a [`Reply`] over
//! [`Post`](crate::post::Post). A [`Feature`] turns one into the other. The dispatcher finds the feature by the command's name or by
//! the first word of the control's id, checks the person's [`Tier`], and answers within Discord's three seconds, whatever happens.

mod control_id;
mod feature;
mod incoming;
mod reply;

pub use control_id::ControlId;
pub use feature::{Feature, Gate, Joined, Tier};
pub use incoming::{Act, Call, Control, Incoming, Person, Typed};
pub use reply::{Choice, Reply};
