//! cxbot: a Discord bot for a government agency's customer-experience working group.

pub mod calendar;
pub mod clock;
pub mod config;
pub mod cx_index;
pub mod discord;
pub mod error;
pub mod help;
pub mod ids;
pub mod learning;
pub mod outbox;
pub mod people;
pub mod post;
pub mod pulse;
pub mod recognition;
pub mod programs;
pub mod schedule;
pub mod sealed;
pub mod services;
pub mod store;
pub mod emulator;
pub mod survey;
pub mod text;
