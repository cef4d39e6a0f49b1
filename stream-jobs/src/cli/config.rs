//! `kairos config check|show`.

use clap::Subcommand;

use crate::config::Config;

/// The configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the file and the environment; exit code 2 and the field's name if something is wrong.
    Check,
    /// Print the configuration in force, defaults and overrides included, as TOML.
    Show,
}

impl Command {
    /// Runs it. The configuration was checked when it was loaded.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Check => println!("the configuration is valid"),
            Self::Show => print!("{}", toml::to_string_pretty(config)?),
        }
        Ok(())
    }
}
