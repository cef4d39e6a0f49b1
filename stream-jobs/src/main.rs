//! The `kairos` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kairos::memory::keep_small();
    kairos::cli::Cli::parse().run()
}
