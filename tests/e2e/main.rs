//! Whole stories: the real bot through the real serenity client against the emulator, on both databases.

mod harness;
mod jobs;
mod kill;
mod pulse;
