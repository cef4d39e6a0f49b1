//! Predictions of gifts in live rooms, trained on KuaiLive's layout.
//!
//! Time is parted in four: clicks and gifts that only node vectors learn from, visits that the ranker learns from, visits
//! that choose epochs and calibrate, and visits that judge. Invariants: neighbours of a visit are those of a snapshot of
//! the graph before it, its history lies before it, what was on the screen was over by then; nothing after the visits that
//! choose enters a checkpoint.

mod baselines;
mod checkpoint;
mod data;
mod judge;
mod nodes;
mod oracle;
mod predict;
mod snapshots;
mod table;
mod train;
mod variants;

pub use checkpoint::{GRAPH_FILE, LiveReached, NODES_FOLDER, read_nodes};
pub use data::{Parts, Source, id_of};
pub use judge::Scores;
pub use predict::{Predictions, predict};
pub use table::Entry;
pub use train::{Outcome, Plan};
pub use variants::Whole;
