//! cxbot: a Discord bot for a government agency's customer-experience working group.

pub mod clock;
pub mod config;
pub mod discord;
pub mod error;
pub mod ids;
pub mod outbox;
pub mod people;
pub mod post;
pub mod schedule;
pub mod services;
pub mod store;
pub mod emulator;
