//! Nodes of the other side that a node has no edge to.
//!
//! Invariant: never a known edge; popular nodes as often as was asked for.

use rand::Rng;
use rayon::prelude::*;

use super::{Side, stream};
use crate::Graph;

/// How likely a node is as a negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Popularity {
    /// All alike.
    #[default]
    Uniform,
    /// By degree^0.75 (word2vec, arXiv 1310.4546).
    Degree,
}

/// Draws negatives of one side. 8 bytes a node.
#[derive(Debug)]
pub struct Negatives<'a> {
    graph: &'a Graph,
    side: Side,
    /// Sums of what is likely up to and with a node.
    cumulative: Vec<f64>,
}

impl<'a> Negatives<'a> {
    /// Negatives that are on `side`: of the graph as it is now.
    pub fn new(graph: &'a Graph, side: Side, popularity: Popularity) -> Self {
        let (slots, degree): (u32, &dyn Fn(u32) -> usize) = match side {
            Side::Users => (graph.user_slots(), &|index| graph.user_degree(index)),
            Side::Streamers => (graph.streamer_slots(), &|index| graph.streamer_degree(index)),
        };
        let known = |index| match side {
            Side::Users => graph.user_id(index).is_some(),
            Side::Streamers => graph.streamer_id(index).is_some(),
        };
        let mut sum = 0.0;
        let cumulative = (0..slots).map(|index| {
            sum += match popularity {
                Popularity::Uniform => f64::from(u8::from(known(index))),
                Popularity::Degree => (degree(index) as f64).powf(0.75),
            };
            sum
        });
        Self { graph, side, cumulative: cumulative.collect() }
    }

    /// For every node of the other side, `each` negatives with repetition; fewer only when the node has edges to nearly
    /// all. One row per node.
    pub fn sample(&self, nodes: &[u32], each: usize, seed: u64) -> Vec<Vec<u32>> {
        let rows = nodes.par_iter().enumerate().with_min_len(256);
        rows.map(|(place, &node)| self.row(node, each, seed, place as u64)).collect()
    }

    fn row(&self, node: u32, each: usize, seed: u64, place: u64) -> Vec<u32> {
        let mut random = stream(seed, 1, place);
        let total = self.cumulative.last().copied().unwrap_or_default();
        let mut row = Vec::with_capacity(each);
        // A node with edges to nearly all would search for long.
        let mut tries = 32 * each + 64;
        while row.len() < each && tries > 0 && total > 0.0 {
            tries -= 1;
            let wanted = random.random::<f64>() * total;
            let other = self.cumulative.partition_point(|&sum| sum <= wanted) as u32;
            if !self.is_edge(node, other) {
                row.push(other);
            }
        }
        row
    }

    fn is_edge(&self, node: u32, other: u32) -> bool {
        let (user, streamer) = match self.side {
            Side::Streamers => (node, other),
            Side::Users => (other, node),
        };
        self.graph.streamers_of(user).binary_search(&streamer).is_ok()
    }
}
