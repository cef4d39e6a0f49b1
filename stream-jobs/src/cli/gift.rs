//! `kairos gift`.

use std::path::PathBuf;

use clap::Parser;

use crate::config::Config;
use crate::gift::job::Job;

/// Keeps the gift graph and predicts who is likely to give, from the topics, until it is stopped.
#[derive(Debug, Parser)]
pub struct Args {
    /// Output folder: rows of the embedded engine. Not used with a configured server, but for the state.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// Folder of the job's own state: graph, viewers, positions. Without it gift-state in the output folder.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Graph to begin with where there is no state (kairos graph build); the job reads on from its positions.
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// Stop when everything that the topics hold now is done.
    #[arg(long)]
    until_end: bool,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        let state = self.state.unwrap_or_else(|| self.out.join("gift-state"));
        let job = Job { config, out: self.out, state, graph: self.graph, until_end: self.until_end };
        let done = job.run()?;
        println!("{} messages, {} predictions, {} dead letters", done.messages, done.rows, done.dead);
        println!("graph: {} edges of {} gifts", done.edges, done.gifts);
        if done.forced > 0 {
            println!("{} messages went on out of order: raise gift.job.merge_mib", done.forced);
        }
        Ok(())
    }
}
