//! The strongest edges of a node: U->A and A->U, and what every hop of a longer path follows.
//!
//! Invariant: a row holds the best of the node's edges, as many as are kept or followed, whichever is more.

use super::Neighbour;
use super::rank::{Ends, keep_best};
use crate::Graph;

fn most(graph: &Graph) -> usize {
    graph.config().metapaths.top_k.max(graph.config().metapaths.fan_out)
}

/// Streamers of a user.
pub(super) fn streamers(graph: &Graph, user: u32, row: &mut Vec<Neighbour>) {
    graph.each_streamer(user, |streamer, edge| {
        row.push(Neighbour::near(streamer, graph.weight(edge), edge.last));
    });
    keep_best(graph, Ends::Streamers, most(graph), row);
}

/// Users of a streamer.
pub(super) fn users(graph: &Graph, streamer: u32, row: &mut Vec<Neighbour>) {
    graph.each_user(streamer, |user, edge| {
        row.push(Neighbour::near(user, graph.weight(edge), edge.last));
    });
    keep_best(graph, Ends::Users, most(graph), row);
}
