//! What live gifts touched, for whoever keeps numbers that were computed from the graph.
//!
//! Invariant: a list that is not named here is the same as before.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

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

/// As [`Changes`], while gifts come in.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) all: bool,
    pub(super) users: FxHashSet<u32>,
    pub(super) streamers: FxHashSet<u32>,
    pub(super) swing: FxHashSet<u32>,
    pub(super) evicted_users: FxHashSet<u32>,
    pub(super) evicted_streamers: FxHashSet<u32>,
}

impl Touched {
    pub(super) fn take(&mut self) -> Changes {
        let touched = std::mem::take(self);
        let sorted = |nodes: FxHashSet<u32>| nodes.into_iter().collect();
        Changes {
            all: touched.all,
            users: sorted(touched.users),
            streamers: sorted(touched.streamers),
            swing: sorted(touched.swing),
            evicted_users: sorted(touched.evicted_users),
            evicted_streamers: sorted(touched.evicted_streamers),
        }
    }
}
