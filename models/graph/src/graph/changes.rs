//! What live gifts touched, for whoever keeps numbers that were computed from the graph.
//!
//! Invariant: a list that is not named here is the same as before.

use std::collections::BTreeSet;

/// Touched nodes since the last [`crate::Graph::take_changes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Everything: indices or the reference time are others.
    pub all: bool,
    /// Users whose edges or weights changed.
    pub users: BTreeSet<u32>,
    /// Streamers whose edges or weights changed.
    pub streamers: BTreeSet<u32>,
    /// Streamers whose Swing list may have changed.
    pub swing: BTreeSet<u32>,
    /// Users that were evicted; the index may have a new owner.
    pub evicted_users: BTreeSet<u32>,
    /// Streamers that were evicted; the index may have a new owner.
    pub evicted_streamers: BTreeSet<u32>,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
