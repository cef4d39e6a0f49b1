//! Vectors of users and streamers, and full ranking over them.
//!
//! Invariants: plain numbers in and out, no file but checkpoints, no clock; nothing is learnt from any row but
//! the training's; the same data, settings and seed give the same bytes, whatever the number of threads.

mod checkpoint;
mod comparison;
mod data;
mod ease;
mod error;
mod graph_filter;
mod graphcl;
mod item_graph;
mod kind;
mod learning;
mod lightgcn;
mod linear;
mod mmbee;
mod popularity;
mod random;
mod ranking;
#[cfg(test)]
mod reference;
mod settings;
mod sim;
pub mod sparse;
mod vectors;

pub use checkpoint::{Loaded, Reached, kind_of, load};
pub use comparison::{Row, ablations, compare};
pub use data::{Content, DataDigests, Dataset, Interaction, Interactions, Social};
pub use ease::{Ease, EaseConfig};
pub use error::{RepresentationError, Result};
pub use graph_filter::{GraphFilter, GraphFilterConfig};
pub use graphcl::{GraphCl, GraphClConfig, Link};
pub use item_graph::{NeighbourConfig, Scaling, SwingConfig, content_neighbours, swing};
pub use kind::Kind;
pub use learning::{Epoch, Progress};
pub use lightgcn::{LightGcn, LightGcnConfig};
pub use mmbee::{Chosen, Evidence, Mmbee, MmbeeConfig, SelectionConfig, WalkConfig, Without};
pub use popularity::{Popularity, PopularityConfig};
pub use ranking::{AtK, Evaluation, Query, Recommender, UNKNOWN_USER, UserMetrics, evaluate, recommend, top};
pub use settings::{Settings, train};
pub use sim::{Sim, SimConfig};
pub use vectors::Vectors;
