//! `kairos config check|show|schema`.

use clap::Subcommand;

use crate::config::Config;

/// The configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the file and the environment; exit code 2 and the field's name if something is wrong.
    Check,
    /// Print the configuration in force, defaults and overrides included, as TOML.
    Show,
    /// Print a JSON Schema of the configuration file, for editors that complete and check TOML by one.
    Schema,
}

impl Command {
    /// Runs it. The configuration was checked when it was loaded.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Check => println!("the configuration is valid"),
            Self::Schema => println!("{}", serde_json::to_string_pretty(&schemars::schema_for!(Config))?),
            Self::Show => print!("{}", toml::to_string_pretty(config)?),
        }
        Ok(())
    }
}
