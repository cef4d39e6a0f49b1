//! The `kairos` command.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    kairos::memory::share_arenas();
    kairos::cli::Cli::parse().run()
}
