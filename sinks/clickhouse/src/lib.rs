//! Rows of scores, highlights, events, accounts and evaluations in ClickHouse: schema, writer, digest, named queries.
//!
//! One code path for two engines: a ClickHouse server by URL, or ClickHouse loaded into the process
//! ([`Target::Embedded`]) behind a loopback HTTP front; and one schema for a single server and for a cluster of them
//! ([`Store::on_cluster`]). Invariants: every table is replaced by identity and
//! revision, and read through a view that shows the last revision only; a batch is sent again with the same bytes
//! and the same token until it is acknowledged, and its rows are never dropped on an error.

mod cluster;
mod dictionary;
mod digest;
mod embedded;
mod error;
mod graph;
mod migrate;
mod named;
mod patience;
mod retention;
mod rollup;
mod rows;
mod store;
mod writer;

pub use embedded::library_path;
pub use error::{BatchError, Error};
pub use graph::{GiftEdge, GiftRecord, GraphQuery, PathNeighbour, SwingEdge};
pub use named::{NamedQuery, Parameter, named_queries};
pub use patience::{ATTEMPTS, patiently};
pub use retention::Retention;
pub use rollup::Rolled;
pub use rows::{
    Checkpoint, ClipRow, CommentRow, Evaluation, EvaluationScore, FeedbackRow, FrameScore, GiftPrediction,
    GiftRow, Highlight, HighlightLabel, HighlightState, LedgerEntry, Outcome, Review, RoomState, SpokenWord,
    StreamRow, Table, UnitVector,
};
pub use store::{Format, Store, Target};
pub use writer::{Refused, Writer, WriterOptions};
