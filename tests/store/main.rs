//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod learning;
mod migrations;
mod outbox;
mod schedule;
mod support;
mod writes;
