//! What every live job is told on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::config::Config;
use crate::live::Setting;

/// Where a job writes and when it stops.
#[derive(Debug, Args)]
pub struct LiveArgs {
    /// Output folder: files of the job, and rows of the embedded engine where no server is configured.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Stop when everything that the topics hold now is done. Streams that are open stay open for the next run.
    #[arg(long)]
    until_end: bool,
}

impl LiveArgs {
    /// With a configuration.
    pub fn with(self, config: Config) -> Setting {
        Setting { config, out: self.out, until_end: self.until_end }
    }
}
