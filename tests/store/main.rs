//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod migrations;
mod outbox;
mod pulse;
mod sealed;
mod support;
mod writes;
