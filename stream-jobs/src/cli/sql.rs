//! `kairos sql`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use kairos_clickhouse::{Format, named_queries};

use super::UsageError;
use crate::config::Config;
use crate::storage;

/// Asks the tables that a replay or a job wrote.
#[derive(Debug, Parser)]
pub struct Args {
    /// The query, in ClickHouse's SQL.
    query: Option<String>,
    /// A query that ships with kairos; `--named list` shows them all.
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    named: Option<String>,
    /// The digest of all rows that jobs and replays made, or of the streams given: equal rows, equal digest.
    #[arg(long, value_name = "STREAM", num_args = 0.., conflicts_with_all = ["query", "named"])]
    digest: Option<Vec<String>>,
    /// A parameter of the named query, such as room=demo. May be repeated.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", requires = "named")]
    params: Vec<String>,
    /// Output folder of the replay, where the embedded engine keeps its tables. Not used with a configured server.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    format: Shape,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    /// A table for people.
    Table,
    /// One JSON object per line.
    Json,
    /// Tab separated with a line of names.
    Tsv,
}

impl From<Shape> for Format {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Table => Self::PrettyCompact,
            Shape::Json => Self::JsonEachRow,
            Shape::Tsv => Self::Tsv,
        }
    }
}

impl Args {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        if self.named.as_deref() == Some("list") {
            for query in named_queries() {
                println!("{:20} {}", query.name, query.description);
                for parameter in &query.parameters {
                    let default = parameter
                        .default
                        .map_or_else(|| "required".to_owned(), |value| format!("default {value:?}"));
                    println!("{:20}   -p {}=...  {} ({default})", "", parameter.name, parameter.description);
                }
            }
            return Ok(());
        }
        let params: Vec<(&str, &str)> = self
            .params
            .iter()
            .map(|param| {
                param
                    .split_once('=')
                    .ok_or_else(|| UsageError(format!("--param {param:?} is not NAME=VALUE")))
            })
            .collect::<Result<_, _>>()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            let store = storage::open_existing(config, &self.out).await?;
            if let Some(streams) = self.digest {
                let streams = match streams.is_empty() {
                    true => store.streams().await?,
                    false => streams,
                };
                let digest = store.digest(&streams).await?;
                store.close().await?;
                return anyhow::Ok(format!("{} streams\ndigest: {digest}\n", streams.len()));
            }
            let answer = match (&self.named, &self.query) {
                (Some(name), _) => store.named(name, &params, self.format.into()).await?,
                (None, Some(query)) => store.query(query, self.format.into()).await?,
                (None, None) => {
                    return Err(UsageError(
                        "give a query, --digest, or --named NAME (--named list shows them)".to_owned(),
                    )
                    .into());
                }
            };
            store.close().await?;
            anyhow::Ok(answer)
        })?;
        print!("{answer}");
        Ok(())
    }
}
