//! Everything that touches Discord, and nothing that knows a feature.
//!
//! What a person does arrives as an [`Incoming`], whichever way it came; what we answer leaves as a [`Reply`] over
//! [`Post`](crate::post::Post). A [`Feature`] turns one into the other. The [`Dispatcher`] finds the feature by the command's name or
//! by the first word of the control's id, checks the person's [`Tier`], and answers within Discord's three seconds, whatever happens.
//!
//! One press, followed through the files: `client` hears it on the gateway, `convert` turns it into an `Incoming`, `dispatch` finds
//! who answers, `answer` sends the reply through `rest` in the words of `body`; `report` has the words for when it goes wrong.

mod answer;
mod attached;
mod body;
mod client;
mod command;
mod control_id;
mod convert;
mod dispatch;
mod feature;
mod http;
mod incoming;
mod limits;
mod reply;
mod report;
mod rest;
mod seen;

pub use attached::{Attached, Download};
pub use body::message as message_body;
pub use client::{Bot, invite_link};
pub use command::Registration;
pub use control_id::ControlId;
pub use dispatch::Dispatcher;
pub use feature::{Feature, Gate, Joined, Tier};
pub use http::Connection;
pub use incoming::{Act, Call, Control, Incoming, Person, Typed};
pub use reply::{Choice, Reply};
pub use report::describe;
pub use rest::{Fault, Posted, Rest};
