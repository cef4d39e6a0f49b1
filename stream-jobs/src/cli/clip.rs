//! `kairos clip`.

use clap::Parser;

use super::live::LiveArgs;
use crate::config::Config;
use crate::{clip, telemetry};

/// Cuts a clip for every highlight of the topic, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    #[command(flatten)]
    live: LiveArgs,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        telemetry::start(&config.metrics, "clip")?;
        let done = clip::run(&self.live.with(config))?;
        println!(
            "{} highlights, {} clips, {} failed, {} dead letters",
            done.highlights, done.clips, done.failed, done.dead
        );
        Ok(())
    }
}
