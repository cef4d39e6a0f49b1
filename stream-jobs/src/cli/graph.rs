//! `kairos graph`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use kairos_graph::{Degrees, Stats};

use super::UsageError;
use crate::config::Config;
use crate::graph::{self, Source};

/// The gift graph.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build a graph and its neighbours from files, the tables, or the topic of gifts.
    Build(Build),
    /// What a graph's file holds: nodes, edges, degrees, streamers, Swing, metapaths, positions.
    Stats {
        /// The graph's file.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What to build from.
#[derive(Debug, Parser)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["data", "clickhouse", "topic"]))]
pub struct Build {
    /// File to write; the neighbours go beside it, FILE.neighbours.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder: train.tsv, KuaiLive's layout, a recording, or recordings.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The gifts of the configured ClickHouse; without one, those that a replay wrote to this folder.
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "out")]
    clickhouse: Option<PathBuf>,
    /// The topic of gifts, from its start to its end.
    #[arg(long)]
    topic: bool,
    /// What was built, as JSON.
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Runs it.
    pub fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Build(args) => args.run(config),
            Self::Stats { file, json } => show(&graph::stats(config, &file)?, json),
        }
    }
}

impl Build {
    fn run(self, config: &Config) -> anyhow::Result<()> {
        let source = match (self.data, self.clickhouse) {
            (Some(folder), _) => Source::Files(folder),
            (None, Some(out)) => Source::Tables(out),
            (None, None) => Source::Topic,
        };
        if self.out.is_dir() {
            let what = format!("--out {} is a folder, a file is written", self.out.display());
            return Err(UsageError(what).into());
        }
        let built = graph::build(config, &source, &self.out)?;
        for what in &built.left_out {
            eprintln!("left out: {what}");
        }
        show(&built.stats, self.json)?;
        if !self.json {
            println!("graph: {}", self.out.display());
        }
        Ok(())
    }
}

fn show(stats: &Stats, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(stats)?);
        return Ok(());
    }
    println!(
        "{} users, {} streamers, {} edges of {} gifts",
        stats.users, stats.streamers, stats.edges, stats.gifts
    );
    println!("items {}, value {:.2}", stats.count, stats.value);
    println!("file {} bytes, {:.1} bytes per edge", stats.file_bytes, stats.bytes_per_edge);
    degrees("streamers per user", &stats.user_degrees);
    degrees("users per streamer", &stats.streamer_degrees);
    if stats.evicted != [0, 0] {
        println!("evicted {} users, {} streamers", stats.evicted[0], stats.evicted[1]);
    }
    for top in &stats.top_streamers {
        println!("  {:24} {:8} users {:10} items {:14.2}", top.streamer, top.users, top.count, top.value);
    }
    if let Some(tables) = &stats.tables {
        println!("Swing edges {}", tables.swing_edges);
        for (path, count) in &tables.neighbours {
            println!("  metapath {path:5} {count:10} neighbours");
        }
    }
    for (key, next) in &stats.positions {
        println!("  position {key} next {next}");
    }
    Ok(())
}

fn degrees(what: &str, degrees: &Degrees) {
    println!(
        "{what}: mean {:.2}, p50 {}, p90 {}, p99 {}, max {}",
        degrees.mean, degrees.p50, degrees.p90, degrees.p99, degrees.max
    );
}
