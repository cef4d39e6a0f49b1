//! `kairos graph`: the gift graph from files, from the tables, or from the topic of gifts.
//!
//! Invariants: a source's gifts are all taken or the one at fault is named; the same gifts give the same file; where
//! no streamer is known the room stands for it, here and in the live job alike.

mod files;
mod live;
mod table;
mod topic;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kairos_graph::{Builder, Gift, Graph, NeighbourTables, Stats};

use crate::config::Config;

pub use live::{LiveGraph, Named, id_of};
pub use topic::position_key;

/// Where gifts are read from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder: `train.tsv`, KuaiLive's layout, a recording, or recordings.
    Files(PathBuf),
    /// The `gifts` view of the configured ClickHouse, or of the embedded one under an output folder.
    Tables(PathBuf),
    /// The topic of gifts, from its first message to the last one there is when reading begins.
    Topic,
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The graph in numbers.
    pub stats: Stats,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Gifts on their way into a graph.
struct Intake {
    builder: Builder,
    newest_us: i64,
    positions: BTreeMap<String, i64>,
    left_out: Vec<String>,
}

impl Intake {
    fn push(&mut self, gift: &Gift<'_>) -> Result<(), kairos_graph::Error> {
        self.builder.push(gift)?;
        self.newest_us = self.newest_us.max(gift.at_us);
        Ok(())
    }
}

/// Builds a graph and its neighbours and writes both: `out`, and beside it the file of [`tables_file`].
///
/// # Errors
/// If a source can't be read, a gift can't be an edge (the message names file or position, and field), or the file
/// can't be written.
pub fn build(config: &Config, source: &Source, out: &Path) -> anyhow::Result<Built> {
    let mut intake = Intake {
        builder: Builder::new(config.graph.clone())?,
        newest_us: 0,
        positions: BTreeMap::new(),
        left_out: Vec::new(),
    };
    match source {
        Source::Files(folder) => files::read(config, folder, &mut intake)?,
        Source::Tables(folder) => table::read(config, folder, &mut intake)?,
        Source::Topic => topic::read(config, &mut intake)?,
    }
    let Intake { builder, newest_us, positions, left_out } = intake;
    let mut graph = builder.finish(config.gift.as_of_us(newest_us), positions)?;
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    }
    graph.compact(out)?;
    let mut tables = NeighbourTables::build(&graph)?;
    tables.save(&graph, &tables_file(out))?;
    Ok(Built { stats: Stats::of(&graph, Some(&tables), TOP), left_out })
}

/// Streamers shown by `kairos graph stats`.
const TOP: usize = 10;

/// The file of a graph's neighbours.
pub fn tables_file(graph: &Path) -> PathBuf {
    let mut name = graph.as_os_str().to_owned();
    name.push(".neighbours");
    PathBuf::from(name)
}

/// Opens a graph and its neighbours, which are computed anew where their file is missing or of another graph.
///
/// # Errors
/// If the graph's file is missing, damaged, or was made with other settings.
pub fn open(config: &Config, file: &Path) -> anyhow::Result<(Graph, NeighbourTables)> {
    let graph = Graph::open(file, config.graph.clone())?;
    let tables = match NeighbourTables::open(&tables_file(file), &graph) {
        Ok(tables) => tables,
        Err(problem) => {
            tracing::info!(graph = %file.display(), %problem, "neighbours are computed anew");
            NeighbourTables::build(&graph)?
        }
    };
    Ok((graph, tables))
}

/// What a graph's file holds.
///
/// # Errors
/// As [`open`].
pub fn stats(config: &Config, file: &Path) -> anyhow::Result<Stats> {
    let (graph, tables) = open(config, file)?;
    Ok(Stats::of(&graph, Some(&tables), TOP))
}

/// The streamer of a gift: what its source says in the field `streamer`, else the room.
pub fn streamer_of(gift: &kairos_timeline::Gift) -> &str {
    let told = gift.other.get("streamer").and_then(serde_json::Value::as_str);
    told.filter(|told| !told.is_empty()).unwrap_or(gift.room.as_str())
}
