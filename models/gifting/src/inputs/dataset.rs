//! Examples in memory, by columns: what users and streamers share is kept once, a million examples are a million short
//! rows.
//!
//! Invariants: an example's history ends before its moment, and its neighbours come from a snapshot of the graph that
//! was taken at or before it, so nothing that happens later changes it.

use super::{
    Event, Example, Examples, Lists, Neighbour, NodeTable, Nodes, Outcome, Segment, Vectors, history_before,
};
use crate::GiftingError;
use std::sync::Arc;

/// One example's own numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Who met whom, when, and what came of it.
    pub outcome: Outcome,
    /// Category of the room.
    pub category: u32,
    /// Place of the running segment in [`Dataset::segments`].
    pub segment: Option<u32>,
}

/// Ends of metapaths as they were known at a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// When, in Unix seconds: all edges are older.
    pub time_s: i64,
    /// Ends by user, in the order of [`Path::USER_SIDE`](crate::Path::USER_SIDE).
    pub users: [Lists<Neighbour>; 3],
    /// Ends by streamer, in the order of [`Path::STREAMER_SIDE`](crate::Path::STREAMER_SIDE).
    pub streamers: [Lists<Neighbour>; 3],
}

/// Examples and all they refer to. Parts that are shared by several data sets are cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    /// The examples, in any order.
    pub rows: Vec<Row>,
    /// Acts by user, oldest first, those after an example's moment too.
    pub histories: Arc<Lists<Event>>,
    /// Snapshots of the graph, oldest first. Examples before the first one have no neighbours.
    pub snapshots: Arc<Vec<Snapshot>>,
    /// Content of segments.
    pub segments: Arc<Vec<Arc<Segment>>>,
    /// Side features by user.
    pub user_side: Arc<Vectors>,
    /// Side features by streamer.
    pub room_side: Arc<Vectors>,
    /// Side features by example, row after row.
    pub pair_side: Vec<f32>,
    /// Node vectors.
    pub nodes: Arc<NodeTable>,
    /// Newest events of a history that are handed out.
    pub longest_history: usize,
}

impl Dataset {
    /// The snapshot that may be known at a moment.
    #[must_use]
    pub fn snapshot(&self, time_s: i64) -> Option<&Snapshot> {
        let after = self.snapshots.partition_point(|snapshot| snapshot.time_s <= time_s);
        self.snapshots[..after].last()
    }
}

impl Examples for Dataset {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn outcome(&self, index: usize) -> Outcome {
        self.rows[index].outcome
    }

    fn load(&self, index: usize) -> Result<Example, GiftingError> {
        let refuse = |reason: &str| GiftingError::Example { index, reason: reason.to_owned() };
        let row = self.rows.get(index).ok_or_else(|| refuse("there is no such example"))?;
        let Outcome { user, streamer, time_s, gift, value } = row.outcome;
        let history = history_before(self.histories.get(user), time_s);
        let history = history[history.len().saturating_sub(self.longest_history)..].to_vec();
        let of = |lists: Option<&[Lists<Neighbour>; 3]>, id: u64| {
            lists.map_or_else(Default::default, |lists| lists.each_ref().map(|list| list.get(id).to_vec()))
        };
        let snapshot = self.snapshot(time_s);
        let segment = row.segment.map(|at| {
            self.segments.get(at as usize).cloned().ok_or_else(|| refuse("its segment is not in the table"))
        });
        let side = self.pair_side.len() / self.rows.len().max(1);
        Ok(Example {
            user,
            streamer,
            time_s,
            category: row.category,
            history,
            user_paths: of(snapshot.map(|snapshot| &snapshot.users), user),
            streamer_paths: of(snapshot.map(|snapshot| &snapshot.streamers), streamer),
            segment: segment.transpose()?,
            user_side: self.user_side.get(user).unwrap_or_default().to_vec(),
            room_side: self.room_side.get(streamer).unwrap_or_default().to_vec(),
            pair_side: self.pair_side[index * side..(index + 1) * side].to_vec(),
            gift,
            value,
        })
    }

    fn nodes(&self) -> &dyn Nodes {
        &*self.nodes
    }
}
