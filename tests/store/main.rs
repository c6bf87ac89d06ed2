//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod fake_discord;
mod kept;
mod migrations;
mod outbox;
mod support;
mod writes;
