//! cxbot: a Discord bot for a government agency's customer-experience working group.

pub mod clock;
pub mod emulator;
