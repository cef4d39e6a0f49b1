//! Numbers of nodes inside a sample.
//!
//! Invariant: a node gets the next number when it is first met and keeps it.

use hashbrown::HashTable;

use super::scatter;

/// Distinct nodes in the order in which they were met.
#[derive(Default)]
pub(super) struct Local {
    pub(super) nodes: Vec<u32>,
    // (node, number): the node beside its number spares a look at `nodes`.
    places: HashTable<(u32, u32)>,
}

impl Local {
    pub(super) fn reserve(&mut self, more: usize) {
        self.nodes.reserve(more);
        self.places.reserve(more, |&(node, _)| scatter(u64::from(node)));
    }

    pub(super) fn number(&mut self, node: u32) -> u32 {
        let next = self.nodes.len() as u32;
        let hash = |node: u32| scatter(u64::from(node));
        let entry = self.places.entry(hash(node), |&(other, _)| other == node, |&(other, _)| hash(other));
        let number = entry.or_insert((node, next)).get().1;
        if number == next {
            self.nodes.push(node);
        }
        number
    }
}
