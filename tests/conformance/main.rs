//! What the emulator takes and says, held against Discord's own description and against independent clients.

mod answers;
mod clients;
mod clients_kinds;
mod coverage;
mod document;
mod emulator_routes;
mod emulator_serenity;
mod fuzz;
mod openapi;
mod town;
