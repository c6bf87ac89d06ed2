//! Whole stories: the real bot through the real serenity client against the emulator, on both databases.

mod cx_index;
mod harness;
mod jobs;
mod kill;
