//! `kairos score`.

use std::path::PathBuf;

use clap::Parser;

use crate::config::Config;
use crate::score::Job;

/// Scores every room of the topics, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    /// Output folder of the embedded engine. Not used with a configured server.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Stop when everything that the topics hold now is done. Streams that are open stay open for the next run.
    #[arg(long)]
    until_end: bool,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        let done = Job { config, out: self.out, until_end: self.until_end }.run()?;
        println!("{} messages, {} rows, {} dead letters", done.messages, done.rows, done.dead);
        if done.forced > 0 {
            println!("{} messages went on out of order: see score.hold_ms and score.merge_mib", done.forced);
        }
        Ok(())
    }
}
