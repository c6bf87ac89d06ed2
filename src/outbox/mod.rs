//! Messages on their way to Discord.
//!
//! A feature never posts by itself: in the same transaction that changes its state it leaves a row here, and the sender carries it to
//! Discord under Discord's limits, again and again until it is done, once. A crash at any point loses nothing and repeats nothing.
//!
//! Every message has a `key` chosen by the feature, for example `pulse:7:open`. Leaving the same key twice leaves one message, and
//! the key is how a message is found again to be edited, deleted or given a thread.

mod sender;
mod store;

pub use sender::{Counts, Sender};
pub use store::{
    Failure, Queue, Sent, Waiting, WaitingKind, delete, edit, failures, find_failure, find_sent, let_go,
    list_often_messaged, list_waiting, queue, retry, thread, waiting,
};

use crate::ids::{ChannelId, UserId};

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// A channel.
    Channel(ChannelId),
    /// A person, privately. Only for people who asked for it or whose own action it answers.
    Person(UserId),
    /// The thread opened by [`thread`] on the message with this key; waits until that thread exists. If it may not be opened, the
    /// channel of that message.
    ThreadOn(String),
}
