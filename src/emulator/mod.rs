//! Discord inside this process: REST v10 and Gateway v10 on a loopback port, with people in it.
//!
//! It knows Discord and nothing of the bot: any Discord library can log in to it. What it promises: the documented shapes,
//! limits, error codes and deadlines; what a person sees is what the bot's requests made of the world; faults come on
//! demand; and whatever it does not serve answers 501 and names itself.
//!
//! [`World`] is plain state (it can be built before, changed during and saved after a run); [`Emulator`] serves it;
//! [`Person`] acts in it.

mod buckets;
mod event;
mod faults;
mod gateway;
mod handle;
mod hub;
mod id;
mod journal;
mod options;
pub mod permissions;
mod person;
mod rest;
pub mod rules;
mod server;
mod sessions;
mod transcript;
mod view;
mod wire;
mod world;

pub use buckets::Limits;
pub use event::Event;
pub use faults::{Effect, Faults};
pub use handle::{Emulator, TimedOut};
pub use id::Id;
pub use journal::{Direction, Entry, FileInfo, Journal};
pub use person::{Person, Refused};
pub use view::{
    AuthorView, ButtonView, ChannelView, Choice, CommandView, FieldView, FileView, GuildView, MemberView, MessageView,
    ModalView, NamedView, Outcome, RoleView, SelectView, ThreadView, UsedView,
};
pub use world::{Channel, ChannelSeed, World};

#[cfg(test)]
mod tests;
