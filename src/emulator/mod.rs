//! A Discord server inside the process.

pub mod rules;
