//! `kairos recording inspect`.

use std::path::PathBuf;

use clap::Subcommand;

/// Recordings.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What was understood of a recording or chat: messages, paid items, span, skipped and why.
    Inspect {
        /// A chat file, a media file, or a folder with a recording.toml.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<()> {
        let Self::Inspect { file, json } = self;
        let inspection = kairos_recording::inspect(&file)?;
        if json {
            println!("{}", serde_json::to_string_pretty(&inspection)?);
        } else {
            println!("{inspection}");
        }
        Ok(())
    }
}
