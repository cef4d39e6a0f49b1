//! `kairos score`.

use clap::Parser;

use super::live::LiveArgs;
use crate::config::Config;
use crate::{score, telemetry};

/// Scores every room of the topics, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    #[command(flatten)]
    live: LiveArgs,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        telemetry::start(&config.metrics, "score")?;
        let done = score::run(&self.live.with(config))?;
        println!("{} messages, {} rows, {} dead letters", done.messages, done.rows, done.dead);
        if done.forced > 0 {
            println!("{} messages went on out of order: see score.hold_ms and score.merge_mib", done.forced);
        }
        Ok(())
    }
}
