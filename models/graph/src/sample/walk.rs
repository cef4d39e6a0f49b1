//! Random walks along a metapath (metapath2vec, KDD 2017).
//!
//! Invariant: every step is an edge of the kind that the metapath says; a walk without a next edge ends there.

use rayon::prelude::*;

use super::draw::Weights;
use super::{Side, stream};
use crate::neighbours::NeighbourTables;
use crate::{Graph, Node};

/// One step of a metapath.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Along a gift, to the other side.
    Gift,
    /// From a streamer to one of its Swing list.
    Swing,
}

/// Walks, one per start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walks {
    /// The side of every place of a walk; `None` where the steps lead nowhere (Swing from a user).
    pub sides: Vec<Option<Side>>,
    /// All walks, each as long as `sides`; `None` after an end.
    pub nodes: Vec<Option<u32>>,
}

impl Walks {
    /// The walks, one slice each.
    pub fn iter(&self) -> impl Iterator<Item = &[Option<u32>]> {
        self.nodes.chunks(self.sides.len().max(1))
    }
}

/// Walks from every start along the steps. `weighted`: gifts by w_UA, Swing by its score; otherwise all edges of a node
/// are equally likely.
pub fn walks(
    graph: &Graph,
    tables: &NeighbourTables,
    side: Side,
    starts: &[u32],
    steps: &[Step],
    weighted: bool,
    seed: u64,
) -> Walks {
    let mut sides = vec![Some(side)];
    for step in steps {
        let next = match (sides.last().copied().flatten(), step) {
            (Some(from), Step::Gift) => Some(from.other()),
            (Some(Side::Streamers), Step::Swing) => Some(Side::Streamers),
            _ => None,
        };
        sides.push(next);
    }
    let walk = |(place, &start): (usize, &u32)| {
        let mut random = stream(seed, 0, place as u64);
        let mut at = Some(start);
        let mut nodes = vec![at];
        for (&from, &step) in sides.iter().zip(steps) {
            at = from.zip(at).and_then(|(from, node)| match step {
                Step::Swing if from == Side::Users => None,
                Step::Swing => {
                    let row = tables.swing(node);
                    let most = if weighted { row.first()?.weight } else { 1.0 };
                    let at = |place: usize| if weighted { row[place].weight } else { 1.0 };
                    let place = Weights { length: row.len(), most, at }.one(&mut random)?;
                    Some(row[place as usize].node)
                }
                Step::Gift => {
                    let row = match from {
                        Side::Users => [graph.streamers_of(node), &[]],
                        Side::Streamers => graph.users_of(node),
                    };
                    let here = match from {
                        Side::Users => Node::User(node),
                        Side::Streamers => Node::Streamer(node),
                    };
                    let at = |place| if weighted { graph.nth_weight(here, place) } else { 1.0 };
                    let length = row[0].len() + row[1].len();
                    let most = if weighted { (0..length).map(at).fold(0.0, f32::max) } else { 1.0 };
                    let place = Weights { length, most, at }.one(&mut random)? as usize;
                    Some(place.checked_sub(row[0].len()).map_or_else(|| row[0][place], |later| row[1][later]))
                }
            });
            nodes.push(at);
        }
        nodes
    };
    let nodes = starts.par_iter().enumerate().with_min_len(256).flat_map_iter(walk).collect();
    Walks { sides, nodes }
}
