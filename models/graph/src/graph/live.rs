//! What changed since the snapshot.
//!
//! Invariants: a user with a live gift has its whole row here, so that a row is read in one place; of a streamer only
//! the users that are new are here, until an eviction makes its row whole. Rows hold no evicted node.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::gift::Edge;
use crate::ids::LiveIds;

/// All edges of a user, by streamer.
#[derive(Default)]
pub(super) struct Row {
    pub(super) streamers: Vec<u32>,
    pub(super) edges: Vec<Edge>,
}

/// Users of a streamer.
pub(super) struct Column {
    /// Whether the snapshot's users come first.
    pub(super) with_base: bool,
    pub(super) users: Vec<u32>,
}

impl Default for Column {
    fn default() -> Self {
        Self { with_base: true, users: Vec::new() }
    }
}

/// One side's nodes.
#[derive(Default)]
pub(super) struct LiveNodes {
    /// Ids that are not in the snapshot.
    pub(super) ids: LiveIds,
    /// Second of the last gift where it differs from the snapshot's.
    pub(super) last: FxHashMap<u32, u32>,
    /// Nodes of the snapshot that were evicted.
    pub(super) dead: FxHashSet<u32>,
}

/// The overlay.
#[derive(Default)]
pub(super) struct Live {
    pub(super) users: LiveNodes,
    pub(super) streamers: LiveNodes,
    pub(super) rows: FxHashMap<u32, Row>,
    pub(super) columns: FxHashMap<u32, Column>,
    /// Edges that the snapshot does not have.
    pub(super) new_edges: usize,
    /// Edges that eviction took.
    pub(super) lost_edges: usize,
}

impl Live {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.columns.is_empty()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let rows: usize = self.rows.values().map(|row| 64 + row.streamers.capacity() * 28).sum();
        let columns: usize = self.columns.values().map(|column| 40 + column.users.capacity() * 4).sum();
        let nodes = [&self.users, &self.streamers]
            .map(|nodes| nodes.ids.heap_bytes() + nodes.last.capacity() * 9 + nodes.dead.capacity() * 5);
        rows + columns + nodes.iter().sum::<usize>()
    }
}
