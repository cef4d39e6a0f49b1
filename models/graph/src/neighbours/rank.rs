//! The order of neighbours.
//!
//! Invariant: total: weight, then recency, then platform id of the node and of those in between; two entries are only
//! equal when they are the same path.

use std::cmp::Ordering;

use super::Neighbour;
use crate::Graph;

/// Which side a table's nodes are on.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    Users,
    Streamers,
}

/// Best first. Ids are only read on a tie.
pub(super) fn order(graph: &Graph, ends: Ends, a: &Neighbour, b: &Neighbour) -> Ordering {
    let id = |index| match ends {
        Ends::Users => graph.user_id(index),
        Ends::Streamers => graph.streamer_id(index),
    };
    (b.weight.total_cmp(&a.weight))
        .then_with(|| b.last.cmp(&a.last))
        .then_with(|| id(a.node).cmp(&id(b.node)))
        .then_with(|| between(graph, a, b))
}

fn between(graph: &Graph, a: &Neighbour, b: &Neighbour) -> Ordering {
    (graph.streamer_id(a.via_streamer).cmp(&graph.streamer_id(b.via_streamer)))
        .then_with(|| graph.user_id(a.via_user).cmp(&graph.user_id(b.via_user)))
}

/// Keeps the best `most`, in order.
pub(super) fn keep_best(graph: &Graph, ends: Ends, most: usize, row: &mut Vec<Neighbour>) {
    if row.len() > most {
        row.select_nth_unstable_by(most, |a, b| order(graph, ends, a, b));
        row.truncate(most);
    }
    row.sort_unstable_by(|a, b| order(graph, ends, a, b));
}
