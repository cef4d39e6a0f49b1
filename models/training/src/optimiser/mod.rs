//! Rules that turn gradients into better weights.
//!
//! Invariants: weights change in the order of their names; the same gradients give the same bits whatever the
//! number of threads; what an optimiser remembers can be taken out and put back without losing a bit.

mod adamw;
mod elementwise;
mod moments;
mod sam;

pub use adamw::{AdamW, AdamWSettings};
pub use sam::Sam;
