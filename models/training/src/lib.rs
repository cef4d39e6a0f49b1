//! What training any of the models needs: seeded parameters, optimisers, schedules, checkpoints, metrics
//! and pictures of them.
//!
//! Invariants: the same seed and data give the same bytes; nothing reads a clock or the order of a hash map;
//! a checkpoint that loads is complete.

mod checkpoint;
mod gradients;
pub mod metrics;
mod optimiser;
mod parameters;
pub mod plot;
mod schedule;

pub use checkpoint::{
    CONFIG_FILE, Checkpoint, CheckpointError, FORMAT, METRICS_FILE, TENSORS_FILE, TensorSpec,
};
pub use gradients::{clip_by_global_norm, global_norm};
pub use optimiser::{AdamW, AdamWSettings, Sam};
pub use parameters::Parameters;
pub use schedule::WarmupCosine;
