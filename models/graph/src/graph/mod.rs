//! The gift graph: a snapshot and the live changes on top, behind one way to read.
//!
//! Invariants: users and streamers are numbered apart, from 0; an index stays with its id until the node is evicted or
//! the graph is compacted with evictions; nothing read depends on hash-map order, threads or a clock.

mod apply;
mod changes;
mod compact;
mod evict;
mod live;
mod read;

use std::collections::BTreeMap;
use std::path::Path;

pub use apply::Applied;
pub use changes::Changes;
use changes::Touched;
pub use compact::Compaction;

use crate::gift::{Decay, Edge, seconds};
use crate::ids::IdTable;
use crate::snapshot::{Assembler, Meta, Snapshot};
use crate::{Error, GraphConfig};
use live::Live;

/// A node of either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A user, by index.
    User(u32),
    /// A streamer, by index.
    Streamer(u32),
}

/// Users, streamers and the gifts between them.
pub struct Graph {
    config: GraphConfig,
    decay: Decay,
    snapshot: Snapshot,
    live: Live,
    meta: Meta,
    as_of: u32,
    changes: Touched,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (users, streamers) = (self.users(), self.streamers());
        f.debug_struct("Graph").field("users", &users).field("streamers", &streamers).finish_non_exhaustive()
    }
}

impl Graph {
    /// A graph without nodes.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is out of range.
    pub fn empty(config: GraphConfig) -> Result<Self, Error> {
        let none = Assembler::new(0, 0, 0)?.finish(IdTable::default(), IdTable::default());
        let meta = Meta::new(&config);
        Self::new(config, none, meta)
    }

    /// Maps a snapshot file after reading it once to compare its checksums.
    ///
    /// # Errors
    /// [`Error::Damaged`] names the section that is not as it was written, [`Error::Settings`] the setting by which
    /// its sums were made otherwise, [`Error::Io`] the file that can't be read.
    pub fn open(path: &Path, config: GraphConfig) -> Result<Self, Error> {
        config.check()?;
        let (snapshot, meta) = Snapshot::open(path, &config)?;
        Self::new(config, snapshot, meta)
    }

    pub(crate) fn new(config: GraphConfig, snapshot: Snapshot, meta: Meta) -> Result<Self, Error> {
        config.check()?;
        let as_of = seconds_of(meta.as_of_us)?;
        let decay = Decay::new(&config);
        Ok(Self { decay, config, snapshot, live: Live::default(), meta, as_of, changes: Touched::default() })
    }

    /// The settings.
    pub const fn config(&self) -> &GraphConfig {
        &self.config
    }

    /// The moment that all weights are as of, microseconds. Gifts after it weigh more than one at it, so that the order
    /// of weights does not depend on when one asks.
    pub const fn as_of_us(&self) -> i64 {
        self.meta.as_of_us
    }

    /// Moves the moment that weights are as of. Whatever was computed from weights is to be computed anew.
    ///
    /// # Errors
    /// [`Error::Config`] if the time does not fit.
    pub fn set_as_of_us(&mut self, as_of_us: i64) -> Result<(), Error> {
        self.as_of = seconds_of(as_of_us)?;
        if as_of_us != self.meta.as_of_us {
            self.meta.as_of_us = as_of_us;
            self.changes.all = true;
        }
        Ok(())
    }

    /// Where to go on reading after a restart from the last snapshot: the next offset by the caller's key, such as
    /// `topic/partition`. Written with [`Graph::compact`].
    pub const fn positions(&self) -> &BTreeMap<String, i64> {
        &self.meta.positions
    }

    /// Sets the next offset of a partition.
    pub fn set_position(&mut self, key: &str, next: i64) {
        self.meta.positions.insert(key.to_owned(), next);
    }

    /// Gifts that the edges are made of.
    pub const fn gifts(&self) -> u64 {
        self.meta.gifts
    }

    /// What changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        self.changes.take()
    }

    /// Tells this snapshot from any other; zeros before the first [`Graph::compact`].
    pub const fn digest(&self) -> &[u8; 32] {
        &self.snapshot.digest
    }

    /// w_UA = ln(1 + decayed value or count) of an edge, as of [`Graph::as_of_us`].
    pub fn weight(&self, edge: &Edge) -> f32 {
        self.decay.weight(edge.last, edge.mass, self.as_of)
    }

    /// w_UA at another moment, microseconds. Gifts after it are in the sum: apply only what was known then.
    ///
    /// # Errors
    /// [`Error::Config`] if the time does not fit.
    pub fn weight_at(&self, edge: &Edge, at_us: i64) -> Result<f32, Error> {
        Ok(self.decay.weight(edge.last, edge.mass, seconds_of(at_us)?))
    }
}

fn seconds_of(as_of_us: i64) -> Result<u32, Error> {
    let problem = || format!("is {as_of_us}, must be 0 to the year 2106 in microseconds");
    seconds(as_of_us).ok_or_else(|| Error::Config { field: "as_of_us", problem: problem() })
}
