//! `kairos clip`.

use std::path::PathBuf;

use clap::Parser;

use crate::clip::Job;
use crate::config::Config;

/// Cuts a clip for every highlight of the topic, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    /// Output folder: clips/, and rows of the embedded engine where no server is configured.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Stop when everything that the topic holds now is done.
    #[arg(long)]
    until_end: bool,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        let done = Job { config, out: self.out, until_end: self.until_end }.run()?;
        println!(
            "{} highlights, {} clips, {} failed, {} dead letters",
            done.highlights, done.clips, done.failed, done.dead
        );
        Ok(())
    }
}
