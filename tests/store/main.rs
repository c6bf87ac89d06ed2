//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod learning;
mod fake_discord;
mod migrations;
mod outbox;
mod people;
mod recognition;
mod stage;
mod schedule;
mod pulse;
mod sealed;
mod support;
mod walls;
mod writes;
