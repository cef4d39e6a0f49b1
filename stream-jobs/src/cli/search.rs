//! `kairos search`.

use std::path::PathBuf;

use clap::Parser;
use kairos_clickhouse::Format;

use crate::config::Config;
use crate::storage;

/// Finds moments by what was written and said aloud in them.
#[derive(Debug, Parser)]
pub struct Args {
    /// The words; all of them within ten seconds.
    #[arg(required = true)]
    words: Vec<String>,
    /// One room.
    #[arg(long, value_name = "ID", default_value = "")]
    room: String,
    /// How many moments.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Output folder, where the embedded engine keeps its tables. Not used with a configured server.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// As JSON, one object per line.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        let (words, limit) = (self.words.join(" "), self.limit.to_string());
        let params = [("words", words.as_str()), ("room", self.room.as_str()), ("limit", limit.as_str())];
        let format = if self.json { Format::JsonEachRow } else { Format::PrettyCompact };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            let store = storage::open_existing(config, &self.out).await?;
            let answer = store.named("search", &params, format).await?;
            store.close().await?;
            anyhow::Ok(answer)
        })?;
        match answer.is_empty() {
            true => println!("nothing was written or said with {words:?} in it"),
            false => print!("{answer}"),
        }
        Ok(())
    }
}
