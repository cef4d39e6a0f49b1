//! The graph at one moment as flat arrays, in memory or mapped from a file.
//!
//! Layout: edges by user, then streamer (`edge-*`, where a user's begin: `user-start`); per streamer its users,
//! ascending, and where their edge lies (`in-user`, `in-edge`, `streamer-start`); ids and last activity per node. 28
//! bytes an edge in both directions together, 24 bytes and its id a node. Invariant: every index was checked when the
//! snapshot was opened.

mod assemble;
mod file;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use assemble::Assembler;

use crate::container::Column;
use crate::gift::Edge;
use crate::ids::IdTable;
use crate::{Basis, GraphConfig};

/// Five columns by user, two by streamer, of 4 bytes.
pub(crate) const BYTES_PER_EDGE: usize = 7 * 4;

/// What the file says of itself besides arrays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// As [`GraphConfig::basis`]: masses are sums of it.
    pub(crate) basis: Basis,
    /// As [`GraphConfig::half_life_hours`]: masses have decayed by it.
    pub(crate) half_life_hours: f64,
    /// Reference time of weights, microseconds.
    pub(crate) as_of_us: i64,
    /// Gifts that the edges are made of.
    pub(crate) gifts: u64,
    /// Users and streamers evicted so far.
    pub(crate) evicted: [u64; 2],
    /// Next offset by the caller's key of a partition.
    pub(crate) positions: BTreeMap<String, i64>,
}

impl Meta {
    pub(crate) fn new(config: &GraphConfig) -> Self {
        Self { basis: config.basis, half_life_hours: config.half_life_hours, ..Self::default() }
    }
}

/// One side's nodes.
#[derive(Default)]
pub(crate) struct Nodes {
    pub(crate) ids: IdTable,
    /// Second of the last gift, by index.
    pub(crate) last: Column<u32>,
    /// Where the edges begin, by index; one more than nodes.
    pub(crate) start: Column<u32>,
}

impl Nodes {
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Places of a node's edges; empty for a node that is not here.
    pub(crate) fn row(&self, index: u32) -> std::ops::Range<usize> {
        let start = &*self.start;
        match start.get(index as usize..).and_then(|rest| rest.get(..2)) {
            Some(&[from, to]) => from as usize..to as usize,
            _ => 0..0,
        }
    }
}

/// The graph at one moment.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub(crate) users: Nodes,
    pub(crate) streamers: Nodes,
    pub(crate) edge_streamer: Column<u32>,
    pub(crate) edge_last: Column<u32>,
    pub(crate) edge_count: Column<u32>,
    pub(crate) edge_value: Column<f32>,
    pub(crate) edge_mass: Column<f32>,
    pub(crate) in_user: Column<u32>,
    pub(crate) in_edge: Column<u32>,
    /// Bytes of the file; 0 in memory.
    pub(crate) file_bytes: u64,
    /// Of the file's header; zeros in memory.
    pub(crate) digest: [u8; 32],
}

impl Snapshot {
    pub(crate) fn edges(&self) -> usize {
        self.edge_streamer.len()
    }

    /// Place of the edge; rows are sorted.
    pub(crate) fn find(&self, user: u32, streamer: u32) -> Option<usize> {
        let row = self.users.row(user);
        let place = self.edge_streamer[row.clone()].binary_search(&streamer).ok()?;
        Some(row.start + place)
    }

    pub(crate) fn edge(&self, place: usize) -> Edge {
        Edge {
            last: self.edge_last[place],
            count: self.edge_count[place],
            value: f64::from(self.edge_value[place]),
            mass: f64::from(self.edge_mass[place]),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let nodes = [&self.users, &self.streamers]
            .map(|nodes| nodes.ids.heap_bytes() + nodes.last.heap_bytes() + nodes.start.heap_bytes());
        let words = [&self.edge_streamer, &self.edge_last, &self.edge_count, &self.in_user, &self.in_edge];
        let sums = [&self.edge_value, &self.edge_mass];
        nodes.iter().sum::<usize>()
            + words.map(Column::heap_bytes).iter().sum::<usize>()
            + sums.map(Column::heap_bytes).iter().sum::<usize>()
    }
}
