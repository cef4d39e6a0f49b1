//! `kairos train`.

mod gifting;
mod highlights;

use clap::Subcommand;

use super::UsageError;
use crate::config::Config;

/// Models.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train ContentCTR on recordings (with feedback, or simulated), labelled chats, KLive, KuaiLive-M3 or exported
    /// features. Architecture and optimisation are the [train] section of the configuration.
    Highlights(highlights::Args),
    /// Train who is likely to give what to whom, on train.tsv and companions or on a folder in KuaiLive's layout. Models
    /// and optimisation are the [gifting] section of the configuration.
    Gifting(gifting::Args),
}

impl Command {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        match self {
            Self::Highlights(args) => args.run(config),
            Self::Gifting(args) => args.run(&config),
        }
    }
}
