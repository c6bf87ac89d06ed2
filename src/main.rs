//! The `cxbot` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cxbot::cli::main()
}
