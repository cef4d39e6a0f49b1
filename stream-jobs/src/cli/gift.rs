//! `kairos gift`.

use std::path::PathBuf;

use clap::Parser;

use super::live::LiveArgs;
use crate::config::Config;
use crate::gift::job::Job;
use crate::telemetry;

/// Keeps the gift graph and predicts who is likely to give, from the topics, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    #[command(flatten)]
    live: LiveArgs,
    /// Folder of the job's own state: graph, viewers, positions. Without it gift-state in the output folder.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Graph to begin with where there is no state (kairos graph build); the job reads on from its positions.
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        telemetry::start(&config.metrics, "gift")?;
        let setting = self.live.with(config);
        let state = self.state.unwrap_or_else(|| setting.out.join("gift-state"));
        let done = Job { setting, state, graph: self.graph }.run()?;
        println!("{} messages, {} predictions, {} dead letters", done.messages, done.rows, done.dead);
        println!("graph: {} edges of {} gifts", done.edges, done.gifts);
        if done.forced > 0 {
            println!("{} messages went on out of order: raise gift.job.merge_mib", done.forced);
        }
        Ok(())
    }
}
