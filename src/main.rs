//! The `cxbot` command.

fn main() {}
