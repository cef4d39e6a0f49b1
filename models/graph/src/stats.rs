//! What a graph holds, in numbers.
//!
//! Invariant: computed from the graph alone, equal for equal graphs apart from the bytes in memory.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::neighbours::{Metapath, NeighbourTables};
use crate::{Graph, Node};

/// Degrees of one side.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Degrees {
    /// Edges per node.
    pub mean: f64,
    /// Half of the nodes have at most so many.
    pub p50: usize,
    /// Nine in ten have at most so many.
    pub p90: usize,
    /// Ninety-nine in a hundred have at most so many.
    pub p99: usize,
    /// The most.
    pub max: usize,
    /// Nodes by degree: 0, 1, 2-3, 4-7, ... doubling.
    pub doubling: Vec<usize>,
}

/// A streamer among those who got most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopStreamer {
    /// Platform id.
    pub streamer: String,
    /// Users who gave.
    pub users: usize,
    /// Items got, all time.
    pub count: u64,
    /// Value got, all time.
    pub value: f64,
}

/// Neighbour tables in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableStats {
    /// Neighbours by metapath (`ua`, `uaa`, ...). Those of first hops count what longer paths follow.
    pub neighbours: BTreeMap<&'static str, usize>,
    /// Edges between streamers by Swing.
    pub swing_edges: usize,
    /// Users whose rows are computed on reading.
    pub stale_users: usize,
    /// Bytes in memory.
    pub heap_bytes: usize,
}

/// A graph in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Users known now.
    pub users: usize,
    /// Streamers known now.
    pub streamers: usize,
    /// Pairs of a user and a streamer with gifts.
    pub edges: usize,
    /// Gifts taken in, all time.
    pub gifts: u64,
    /// Items given, of the edges there are.
    pub count: u64,
    /// Value given, of the edges there are, in the caller's currency.
    pub value: f64,
    /// Seconds of the first and last of the edges' last gifts; none without edges.
    pub last_gifts: Option<[u32; 2]>,
    /// Degrees of users.
    pub user_degrees: Degrees,
    /// Degrees of streamers.
    pub streamer_degrees: Degrees,
    /// Streamers by value got, most first (ties: by id).
    pub top_streamers: Vec<TopStreamer>,
    /// Users and streamers evicted, all time.
    pub evicted: [u64; 2],
    /// Reference time of weights, microseconds.
    pub as_of_us: i64,
    /// Bytes of the snapshot file; 0 in memory.
    pub file_bytes: u64,
    /// Bytes in memory: live changes, and the snapshot where it is not mapped.
    pub heap_bytes: usize,
    /// Bytes of the arrays that grow with edges, per edge of the snapshot.
    pub bytes_per_edge: f64,
    /// Edges and nodes that the snapshot does not have.
    pub live_edges: usize,
    /// Next offsets of the snapshot or as set since.
    pub positions: BTreeMap<String, i64>,
    /// Neighbour tables; none when there are none.
    pub tables: Option<TableStats>,
}

impl Stats {
    /// Looks at every edge once.
    pub fn of(graph: &Graph, tables: Option<&NeighbourTables>, top: usize) -> Self {
        let mut stats = Self {
            users: graph.users(),
            streamers: graph.streamers(),
            edges: graph.edges(),
            gifts: graph.gifts(),
            evicted: graph.evicted(),
            as_of_us: graph.as_of_us(),
            file_bytes: graph.file_bytes(),
            heap_bytes: graph.heap_bytes(),
            bytes_per_edge: graph.bytes_per_edge(),
            live_edges: graph.live_edges(),
            positions: graph.positions().clone(),
            ..Self::default()
        };
        let mut span: Option<[u32; 2]> = None;
        let (mut user_degrees, mut streamer_degrees) = (Vec::new(), Vec::new());
        for user in (0..graph.user_slots()).filter(|&user| graph.last_active(Node::User(user)).is_some()) {
            user_degrees.push(graph.user_degree(user));
        }
        let mut received = Vec::new();
        for streamer in 0..graph.streamer_slots() {
            let Some(id) = graph.streamer_id(streamer) else { continue };
            let (mut count, mut value) = (0, 0.0);
            graph.each_user(streamer, |_, edge| {
                count += u64::from(edge.count);
                value += edge.value;
                let [first, last] = span.unwrap_or([edge.last; 2]);
                span = Some([first.min(edge.last), last.max(edge.last)]);
            });
            let users = graph.streamer_degree(streamer);
            streamer_degrees.push(users);
            stats.count += count;
            stats.value += value;
            received.push((value, id, users, count));
        }
        received.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        stats.top_streamers = (received.into_iter().take(top))
            .map(|(value, id, users, count)| TopStreamer { streamer: id.to_owned(), users, count, value })
            .collect();
        stats.last_gifts = span;
        stats.user_degrees = Degrees::of(user_degrees);
        stats.streamer_degrees = Degrees::of(streamer_degrees);
        stats.tables = tables.map(|tables| {
            let counts = tables.counts(graph);
            let neighbours = Metapath::ALL.iter().map(|path| path.as_str()).zip(counts).collect();
            TableStats {
                neighbours,
                swing_edges: counts[3],
                stale_users: tables.stale_users(),
                heap_bytes: tables.heap_bytes(),
            }
        });
        stats
    }
}

impl Degrees {
    fn of(mut degrees: Vec<usize>) -> Self {
        degrees.sort_unstable();
        let Some(&max) = degrees.last() else { return Self::default() };
        let at = |share: f64| degrees[((degrees.len() - 1) as f64 * share) as usize];
        let mut doubling = Vec::new();
        for &degree in &degrees {
            let place = (usize::BITS - degree.leading_zeros()) as usize;
            doubling.resize(doubling.len().max(place + 1), 0);
            doubling[place] += 1;
        }
        let mean = degrees.iter().sum::<usize>() as f64 / degrees.len() as f64;
        Self { mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), max, doubling }
    }
}
