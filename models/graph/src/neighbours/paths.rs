//! Longer metapaths from the strongest edges of every hop.
//!
//! Invariants: from a node at most `fan_out` edges are followed, the strongest; of paths to the same node the best in
//! the order of [`super::rank`] is kept; a path returns to no node of its own kind that it started at or, on the user's
//! side with `only_new`, to a streamer that the user has given to.

use rustc_hash::FxHashMap;

use super::rank::{Ends, keep_best, order};
use super::table::Table;
use super::{NONE, Neighbour};
use crate::Graph;

/// Rows that paths are put together from.
pub(super) struct Hops<'a> {
    pub(super) graph: &'a Graph,
    /// U->A.
    pub(super) ua: &'a Table,
    /// A->U.
    pub(super) au: &'a Table,
    /// A->A.
    pub(super) aa: &'a Table,
}

/// The best path to every node so far.
#[derive(Default)]
pub(super) struct Best {
    found: FxHashMap<u32, u32>,
    paths: Vec<Neighbour>,
}

impl Best {
    fn offer(&mut self, graph: &Graph, path: Neighbour) {
        let next = self.paths.len() as u32;
        let place = *self.found.entry(path.node).or_insert(next);
        match self.paths.get_mut(place as usize) {
            None => self.paths.push(path),
            Some(kept) if order(graph, Ends::Streamers, &path, kept).is_lt() => *kept = path,
            Some(_) => {}
        }
    }

    fn take(&mut self, graph: &Graph, row: &mut Vec<Neighbour>) {
        self.found.clear();
        row.append(&mut self.paths);
        keep_best(graph, Ends::Streamers, graph.config().metapaths.top_k, row);
    }
}

impl<'a> Hops<'a> {
    fn followed(&self, table: &'a Table, index: u32) -> &'a [Neighbour] {
        let row = table.row(index);
        &row[..row.len().min(self.graph.config().metapaths.fan_out)]
    }

    fn leaves_out(&self, user: u32, streamer: u32) -> bool {
        self.graph.config().metapaths.only_new
            && self.graph.streamers_of(user).binary_search(&streamer).is_ok()
    }

    /// U->A->A.
    pub(super) fn user_similar(&self, user: u32, best: &mut Best, row: &mut Vec<Neighbour>) {
        for first in self.followed(self.ua, user) {
            for second in self.followed(self.aa, first.node) {
                if !self.leaves_out(user, second.node) {
                    best.offer(
                        self.graph,
                        Neighbour {
                            node: second.node,
                            weight: first.weight * second.weight,
                            last: first.last,
                            via_streamer: first.node,
                            via_user: NONE,
                        },
                    );
                }
            }
        }
        best.take(self.graph, row);
    }

    /// U->A->U->A.
    pub(super) fn user_shared(&self, user: u32, best: &mut Best, row: &mut Vec<Neighbour>) {
        for first in self.followed(self.ua, user) {
            for second in self.followed(self.au, first.node).iter().filter(|second| second.node != user) {
                for third in
                    self.followed(self.ua, second.node).iter().filter(|third| third.node != first.node)
                {
                    if !self.leaves_out(user, third.node) {
                        best.offer(
                            self.graph,
                            Neighbour {
                                node: third.node,
                                weight: first.weight * second.weight * third.weight,
                                last: first.last.max(second.last).max(third.last),
                                via_streamer: first.node,
                                via_user: second.node,
                            },
                        );
                    }
                }
            }
        }
        best.take(self.graph, row);
    }

    /// A->U->A.
    pub(super) fn streamer_shared(&self, streamer: u32, best: &mut Best, row: &mut Vec<Neighbour>) {
        for first in self.followed(self.au, streamer) {
            for second in self.followed(self.ua, first.node).iter().filter(|second| second.node != streamer) {
                best.offer(
                    self.graph,
                    Neighbour {
                        node: second.node,
                        weight: first.weight * second.weight,
                        last: first.last.max(second.last),
                        via_streamer: NONE,
                        via_user: first.node,
                    },
                );
            }
        }
        best.take(self.graph, row);
    }
}
