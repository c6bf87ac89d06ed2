//! Every store function, on both databases. The PostgreSQL half needs a server named by TEST_POSTGRES_URL.

mod cx_index;
mod migrations;
mod outbox;
mod programs;
mod support;
mod writes;
