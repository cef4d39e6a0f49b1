//! Longer metapaths from the strongest edges of every hop.
//!
//! Invariants: from a node at most `fan_out` edges are followed, the strongest; of paths to the same node the best in
//! the order of [`super::rank`] is kept; a path returns to no node of its own kind that it started at or, on the user's
//! side with `only_new`, to a streamer that the user has given to.

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

/// The best paths so far, one per node, as many as are kept.
#[derive(Default)]
pub(super) struct Best {
    paths: Vec<Neighbour>,
    /// Place of the last one in order; only meaningful when as many are there as are kept.
    last: usize,
}

impl Best {
    /// Whether a path of this weight can be among the best. Rows descend by weight and products of weights are monotone,
    /// so what follows in a row can't when this one can't.
    fn admits(&self, graph: &Graph, weight: f32) -> bool {
        self.paths.len() < graph.config().metapaths.top_k || weight >= self.paths[self.last].weight
    }

    fn offer(&mut self, graph: &Graph, path: Neighbour) {
        let better = |a: &Neighbour, b: &Neighbour| order(graph, Ends::Streamers, a, b).is_lt();
        let full = self.paths.len() == graph.config().metapaths.top_k;
        match self.paths.iter().position(|kept| kept.node == path.node) {
            Some(place) if better(&path, &self.paths[place]) => self.paths[place] = path,
            Some(_) => return,
            None if !full => self.paths.push(path),
            None if better(&path, &self.paths[self.last]) => self.paths[self.last] = path,
            None => return,
        }
        let worst = (1..self.paths.len()).fold(0, |worst, place| {
            if better(&self.paths[worst], &self.paths[place]) { place } else { worst }
        });
        self.last = worst;
    }

    fn take(&mut self, graph: &Graph, row: &mut Vec<Neighbour>) {
        row.append(&mut self.paths);
        self.last = 0;
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
                let path = Neighbour {
                    node: second.node,
                    weight: first.weight * second.weight,
                    last: first.last,
                    via_streamer: first.node,
                    via_user: NONE,
                };
                if !best.admits(self.graph, path.weight) {
                    break;
                }
                if !self.leaves_out(user, path.node) {
                    best.offer(self.graph, path);
                }
            }
        }
        best.take(self.graph, row);
    }

    /// U->A->U->A.
    pub(super) fn user_shared(&self, user: u32, best: &mut Best, row: &mut Vec<Neighbour>) {
        for first in self.followed(self.ua, user) {
            for second in self.followed(self.au, first.node).iter().filter(|second| second.node != user) {
                for third in self.followed(self.ua, second.node) {
                    let path = Neighbour {
                        node: third.node,
                        weight: first.weight * second.weight * third.weight,
                        last: first.last.max(second.last).max(third.last),
                        via_streamer: first.node,
                        via_user: second.node,
                    };
                    if !best.admits(self.graph, path.weight) {
                        break;
                    }
                    if path.node != first.node && !self.leaves_out(user, path.node) {
                        best.offer(self.graph, path);
                    }
                }
            }
        }
        best.take(self.graph, row);
    }

    /// A->U->A.
    pub(super) fn streamer_shared(&self, streamer: u32, best: &mut Best, row: &mut Vec<Neighbour>) {
        for first in self.followed(self.au, streamer) {
            for second in self.followed(self.ua, first.node) {
                let path = Neighbour {
                    node: second.node,
                    weight: first.weight * second.weight,
                    last: first.last.max(second.last),
                    via_streamer: NONE,
                    via_user: first.node,
                };
                if !best.admits(self.graph, path.weight) {
                    break;
                }
                if path.node != streamer {
                    best.offer(self.graph, path);
                }
            }
        }
        best.take(self.graph, row);
    }
}
