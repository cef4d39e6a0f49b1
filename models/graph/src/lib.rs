//! Gift graph: snapshot on disk, live changes, Swing, metapaths, sampling.
//!
//! Users, streamers and their gifts, with weights that fade. A [`Graph`] is a snapshot (flat arrays, mapped from a
//! checksummed file) and the gifts since, read in one way; [`Builder`] makes one from a stream of gifts,
//! [`Graph::compact`] a new snapshot. Source: MMBee (arXiv 2407.00056), graph-guided interest expansion. Invariants: no
//! clock, no table, no topic; time comes in as numbers; the same gifts give the same graph, whatever the threads.

mod build;
mod config;
mod container;
mod error;
mod gift;
mod graph;
mod ids;
mod neighbours;
mod sample;
mod snapshot;
mod stats;

pub use build::Builder;
pub use config::{Basis, GraphConfig, MetapathConfig, SwingConfig};
pub use error::Error;
pub use gift::{Edge, Gift};
pub use graph::{Applied, Changes, Compaction, Graph, Node};
pub use neighbours::{Metapath, Neighbour, NeighbourTables, Refreshed, StreamerNeighbours, UserNeighbours};
pub use sample::{
    Hop, Negatives, NeighbourSampler, Popularity, Sample, SampleOptions, Side, Step, Walks, walks,
};
pub use stats::{Degrees, Stats, TableStats, TopStreamer};
