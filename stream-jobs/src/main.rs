//! The `kairos` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kairos::cli::Cli::parse().run()
}
