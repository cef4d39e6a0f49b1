//! `kairos sql`.

use std::io::{BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use kairos_clickhouse::{Format, Store, named_queries};

use super::UsageError;
use crate::config::Config;
use crate::storage;

/// Asks the tables that a replay or a job wrote.
#[derive(Debug, Parser)]
pub struct Args {
    /// The query, in ClickHouse's SQL.
    #[arg(group = "question")]
    query: Option<String>,
    /// A file with the query.
    #[arg(long, value_name = "FILE", group = "question")]
    file: Option<PathBuf>,
    /// A query that ships with kairos; `--named list` shows them all.
    #[arg(long, value_name = "NAME", group = "question")]
    named: Option<String>,
    /// The digest of all rows that jobs and replays made, or of the streams given: equal rows, equal digest.
    #[arg(long, value_name = "STREAM", num_args = 0.., group = "question")]
    digest: Option<Vec<String>>,
    /// What every table and column is, in which unit, and for how long rows are kept, as Markdown.
    #[arg(long, group = "question", conflicts_with_all = ["format", "params"])]
    dictionary: bool,
    /// Brings the rollups by hour up to date (score_hours, room_hours): every hour that is over and was written to since.
    /// To be run every hour or day where trends are looked at, and before rows are dropped.
    #[arg(long, group = "question", conflicts_with_all = ["format", "params", "to"])]
    rollup: bool,
    /// A parameter of the query, such as room=demo for {room:String}. May be repeated.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", conflicts_with = "digest")]
    params: Vec<String>,
    /// Output folder of the replay, where the embedded engine keeps its tables. Not used with a configured server.
    #[arg(long, default_value = "out", value_name = "DIR")]
    out: PathBuf,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t = Shape::Table)]
    format: Shape,
    /// A file for the answer, which is there when it is whole; without it the answer is printed.
    #[arg(long, value_name = "FILE", conflicts_with = "digest")]
    to: Option<PathBuf>,
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
    /// Comma separated with a line of names.
    Csv,
    /// Apache Parquet, for data frames and warehouses.
    Parquet,
}

impl From<Shape> for Format {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Table => Self::PrettyCompact,
            Shape::Json => Self::JsonEachRow,
            Shape::Tsv => Self::Tsv,
            Shape::Csv => Self::Csv,
            Shape::Parquet => Self::Parquet,
        }
    }
}

impl Args {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        if self.named.as_deref() == Some("list") {
            list();
            return Ok(());
        }
        let is_printed = self.to.is_none();
        if is_printed && matches!(self.format, Shape::Parquet) && std::io::stdout().is_terminal() {
            return Err(UsageError("Parquet is nothing for a terminal: give --to FILE".to_owned()).into());
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
        runtime.block_on(async {
            let store = storage::open_existing(config, &self.out).await?;
            match &self.to {
                Some(file) => {
                    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                    let mut new = tempfile::Builder::new()
                        .permissions(std::fs::Permissions::from_mode(0o666))
                        .tempfile_in(folder.unwrap_or_else(|| Path::new(".")))
                        .with_context(|| format!("making {}", file.display()))?;
                    self.answer(&store, &params, &mut BufWriter::new(&mut new))
                        .await
                        .with_context(|| file.display().to_string())?;
                    new.persist(file).with_context(|| format!("naming {}", file.display()))?;
                }
                None => self.answer(&store, &params, &mut std::io::stdout()).await?,
            }
            anyhow::Ok(store.close().await?)
        })
    }

    async fn answer(
        &self,
        store: &Store,
        params: &[(&str, &str)],
        out: &mut (dyn Write + Send),
    ) -> anyhow::Result<()> {
        let format = self.format.into();
        if self.dictionary {
            write!(out, "{}", store.dictionary().await?)?;
            return Ok(());
        }
        if self.rollup {
            for rolled in store.rollup().await? {
                writeln!(out, "{:14} {} hours of rooms made anew", rolled.view, rolled.hours)?;
            }
            return Ok(());
        }
        if let Some(file) = &self.file {
            let query = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            return Ok(store.query_into(&query, params, format, out).await?);
        }
        match (&self.digest, &self.named, &self.query) {
            (Some(streams), ..) => {
                let streams = match streams.is_empty() {
                    true => store.streams().await?,
                    false => streams.clone(),
                };
                let digest = store.digest(&streams).await?;
                writeln!(out, "{} streams\ndigest: {digest}", streams.len())?;
            }
            (None, Some(name), _) => store.named_into(name, params, format, out).await?,
            (None, None, Some(query)) => {
                store.query_into(query, params, format, out).await?;
            }
            (None, None, None) => {
                let usage = "give a query, --file FILE, --named NAME (--named list shows them), --digest, --rollup or --dictionary";
                return Err(UsageError(usage.to_owned()).into());
            }
        }
        Ok(())
    }
}

/// Prints the queries that ship with kairos.
fn list() {
    for query in named_queries() {
        println!("{:20} {}", query.name, query.description);
        for parameter in &query.parameters {
            let default =
                parameter.default.map_or_else(|| "required".to_owned(), |value| format!("default {value:?}"));
            println!("{:20}   -p {}=...  {} ({default})", "", parameter.name, parameter.description);
        }
    }
}
