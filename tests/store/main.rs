//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod adversary;
mod cx_bad_files;
mod cx_definitions;
mod cx_figures;
mod cx_index;
mod fake_discord;
mod kept;
mod learning;
mod migrations;
mod outbox;
mod people;
mod programs;
mod pulse;
mod pulse_asking;
mod pulse_days;
mod recognition;
mod schedule;
mod sealed;
mod stage;
mod statements;
mod support;

mod vote;
mod walls;
mod writes;
