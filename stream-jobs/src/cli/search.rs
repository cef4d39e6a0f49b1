//! `kairos search`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Parser;
use kairos_clickhouse::Format;

use crate::config::Config;
use crate::pretrained::Pretrained;
use crate::search::{Moment, Wanted, search};
use crate::storage;

/// Finds moments by what was written and said aloud in them and, where `encoders.clip` or `encoders.text` is configured, by what is
/// seen in them and what was meant.
#[derive(Debug, Parser)]
pub struct Args {
    /// The words. Moments in whose ten seconds all of them were written or said are found without any network.
    #[arg(required = true)]
    words: Vec<String>,
    /// One room.
    #[arg(long, value_name = "ID", default_value = "")]
    room: String,
    /// How many moments.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// What is near to everything counts less (CAMoE's dual softmax). The smaller the temperature, a difference of cosines, the
    /// stricter.
    #[arg(long, value_name = "TEMPERATURE", num_args = 0..=1, require_equals = true, default_missing_value = "0.05")]
    dual_softmax: Option<f64>,
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
        if self.dual_softmax.is_some_and(|temperature| !(1e-3..=1e3).contains(&temperature)) {
            let message = "--dual-softmax takes a temperature from 0.001 to 1000".to_owned();
            return Err(super::UsageError(message).into());
        }
        let networks = Pretrained::for_words(config)?;
        let words = self.words.join(" ");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            let store = storage::open_existing(config, &self.out).await?;
            let answer = match networks.is_empty() {
                true => self.by_words(&store, &words).await?,
                false => {
                    let (room, limit, dual_softmax) = (self.room.as_str(), self.limit, self.dual_softmax);
                    let wanted = Wanted { words: &words, room, limit, dual_softmax };
                    self.show(&search(&store, &networks, &wanted).await?)?
                }
            };
            store.close().await?;
            anyhow::Ok(answer)
        })?;
        match answer.is_empty() {
            true if networks.is_empty() => println!("nothing was written or said with {words:?} in it"),
            true => println!("no moment is kept that {words:?} could be compared with"),
            false => print!("{answer}"),
        }
        Ok(())
    }

    async fn by_words(&self, store: &kairos_clickhouse::Store, words: &str) -> anyhow::Result<String> {
        let limit = self.limit.to_string();
        let params = [("words", words), ("room", self.room.as_str()), ("limit", limit.as_str())];
        let format = if self.json { Format::JsonEachRow } else { Format::PrettyCompact };
        Ok(store.named("search", &params, format).await?)
    }

    fn show(&self, moments: &[Moment]) -> anyhow::Result<String> {
        let mut answer = String::new();
        for moment in moments {
            if self.json {
                writeln!(answer, "{}", serde_json::to_string(moment)?)?;
                continue;
            }
            let (minutes, seconds) = (moment.second / 60, moment.second % 60);
            let ways = moment.by.iter().map(|(way, measure)| match *way {
                "words" => format!("{measure} times in words"),
                way => format!("{way} {measure:.2}"),
            });
            let ways = ways.collect::<Vec<_>>().join(", ");
            let texts: Vec<&str> = moment.texts.iter().take(3).map(String::as_str).collect();
            writeln!(
                answer,
                "{}  {}  {minutes}:{seconds:02}  {:.4}  {ways}  {}",
                moment.room,
                moment.stream,
                moment.score,
                texts.join(" | ")
            )?;
        }
        Ok(answer)
    }
}
