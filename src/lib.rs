//! cxbot: a Discord bot for a government agency's customer-experience working group.

pub mod app;
pub mod calendar;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod discord;
pub mod emulator;
pub mod error;
pub mod features;
pub mod help;
pub mod ids;
pub mod learning;
pub mod outbox;
pub mod people;
pub mod playground;
pub mod post;
pub mod pulse;
pub mod recognition;
pub mod schedule;
pub mod sealed;
pub mod services;
pub mod store;
pub mod survey;
pub mod text;
