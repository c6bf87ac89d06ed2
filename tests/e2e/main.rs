//! Whole stories: the real bot through the real serenity client against the emulator, on both databases.

mod cx_index;
mod browser;
mod bad_days;
mod command_line;
mod harness;
mod jobs;
mod kill;
mod recognition;
mod pulse;
mod setup;
mod tiers;
mod learning;
