//! What the job remembers across its death: graph, people, waiting acts, and up to where it has read.
//!
//! A folder per generation (`graph`, `people.json`) and a file `current` that names the last whole one. Invariants: a
//! generation is named only when all of it is on disk; rows that rest on it were acknowledged before; the positions are
//! those in the graph's own file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::gift::audience::{Audience, People};
use crate::gift::desk::Desk;
use crate::graph::{self, LiveGraph};
use crate::live::{Begin, Positions};

const CURRENT: &str = "current";
const GRAPH: &str = "graph";
const PEOPLE: &str = "people.json";

/// A room whose stream is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRoom {
    /// Number of its partitions.
    pub partition: i32,
    /// Where its messages begin: from here its content is built again.
    pub begins: Begin,
    /// Acts that wait.
    pub desk: Desk,
}

/// All but the graph.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Viewers and users.
    pub people: People,
    /// Rooms by id.
    pub rooms: BTreeMap<String, OpenRoom>,
    /// The same as in the graph.
    pub positions: Positions,
    /// The newest time of a room's message by number of the partition, Unix microseconds.
    pub newest: BTreeMap<i32, i64>,
}

/// The folder.
#[derive(Debug)]
pub struct StateFolder {
    folder: PathBuf,
    generation: u64,
}

impl StateFolder {
    /// Opens the folder; makes it when it is not there.
    ///
    /// # Errors
    /// If it can't be made, or `current` names no generation.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("state folder {}", folder.display()))?;
        let file = folder.join(CURRENT);
        let generation = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().with_context(|| format!("{}: {text:?}", file.display()))?,
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => 0,
            Err(problem) => return Err(problem).with_context(|| format!("{}", file.display())),
        };
        Ok(Self { folder: folder.to_owned(), generation })
    }

    fn place(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("{generation:08}"))
    }

    /// The last generation; `None` where nothing was kept yet.
    ///
    /// # Errors
    /// If a file is missing or damaged, or the two don't belong together.
    pub fn load(&self, config: &Config) -> anyhow::Result<Option<(LiveGraph, Kept)>> {
        if self.generation == 0 {
            return Ok(None);
        }
        let place = self.place(self.generation);
        let (graph, tables) = graph::open(config, &place.join(GRAPH))?;
        let file = place.join(PEOPLE);
        let text = std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
        let kept: Kept = serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
        if kept.positions != *graph.positions() {
            bail!("{}: its positions are not those of the graph beside it", file.display());
        }
        Ok(Some((LiveGraph::new(graph, tables, &config.gift), kept)))
    }

    /// Writes a new generation and names it. People are lent to it and given back.
    ///
    /// # Errors
    /// If a file can't be written; the last generation then stays.
    pub fn save(
        &mut self,
        audience: &mut Audience,
        rooms: BTreeMap<String, OpenRoom>,
        positions: Positions,
        newest: BTreeMap<i32, i64>,
    ) -> anyhow::Result<()> {
        let next = self.generation + 1;
        let place = self.place(next);
        let failed = || format!("state in {}", place.display());
        // What a crash left behind.
        if place.is_dir() {
            std::fs::remove_dir_all(&place).with_context(failed)?;
        }
        std::fs::create_dir(&place).with_context(failed)?;
        for (key, offset) in &positions {
            audience.graph.graph_mut().set_position(key, *offset);
        }
        audience.graph.graph_mut().compact(&place.join(GRAPH))?;
        let kept = Kept { people: std::mem::take(&mut audience.people), rooms, positions, newest };
        let written = write_json(&place.join(PEOPLE), &kept);
        audience.people = kept.people;
        written.with_context(failed)?;
        let (new, current) = (self.folder.join("current.new"), self.folder.join(CURRENT));
        write(&new, next.to_string().as_bytes()).with_context(failed)?;
        std::fs::rename(&new, &current).with_context(failed)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).with_context(failed)?;
        let before = std::mem::replace(&mut self.generation, next);
        if before > 0 {
            // Left over at worst.
            std::fs::remove_dir_all(self.place(before)).ok();
        }
        Ok(())
    }
}

/// Piece by piece: a text of all people would be larger than they are.
fn write_json(path: &Path, kept: &Kept) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, kept)?;
    Ok(file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
