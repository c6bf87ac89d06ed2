//! Whole stories: the real bot through the real serenity client against the emulator, on both databases.

mod bad_days;
mod browser;
mod command_line;
mod cx_index;
mod harness;
mod jobs;
mod kill;
mod learning;
mod pulse;
mod pulse_build;
mod recognition;
mod replay;
mod setup;
mod tiers;
mod vote;
