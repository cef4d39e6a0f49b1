//! `kairos eval`.

mod gifting;
mod highlights;

use clap::Subcommand;

use super::UsageError;
use crate::config::Config;

/// Models.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Score every second of recordings and chats, and judge the scores where there are labels.
    Highlights(highlights::Args),
    /// Recommend items to every user, or predict gifts, and judge that where there is something to judge by.
    Gifting(gifting::Args),
}

impl Command {
    /// Runs it.
    pub fn run(self, config: Config) -> anyhow::Result<()> {
        match self {
            Self::Highlights(args) => args.run(&config),
            Self::Gifting(args) => args.run(&config),
        }
    }
}
