//! The `teranga` binary.
use std::process::ExitCode;

fn main() -> ExitCode {
    teranga_server::cli::main()
}
