//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod migrations;
mod outbox;
mod people;
mod recognition;
mod stage;
mod support;
mod writes;
