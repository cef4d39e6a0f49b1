//! Neighbourhoods of given nodes, hop by hop (GraphSAGE, arXiv 1706.02216).
//!
//! Invariants: a node is expanded once, in the hop after it was first met; sources of a hop are neighbours of its targets;
//! the result depends on the seed alone.

use rayon::prelude::*;

use super::draw::{self, Weights};
use super::local::Local;
use super::{Side, stream};
use crate::{Graph, Node};

/// Nodes that one task expands.
const CHUNK: usize = 2048;

/// How to sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// Neighbours drawn per node, by hop. A node with fewer gives all it has.
    pub fan_outs: Vec<usize>,
    /// Whether likelier by w_UA; otherwise all neighbours are equally likely.
    pub weighted: bool,
    /// Whether a neighbour may be drawn twice. Only without `weighted`.
    pub replace: bool,
    /// The same seed gives the same sample.
    pub seed: u64,
}

/// Edges that one hop drew, by numbers inside the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The side of the targets; sources are on the other.
    pub side: Side,
    /// Nodes that were expanded.
    pub targets: Vec<u32>,
    /// Their neighbours, as many.
    pub sources: Vec<u32>,
}

/// A sampled neighbourhood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    /// Users in the order in which they were met, the given ones first; a user's number is its place here.
    pub users: Vec<u32>,
    /// Streamers, likewise.
    pub streamers: Vec<u32>,
    /// Edges by hop.
    pub hops: Vec<Hop>,
}

/// Draws neighbourhoods of a graph. Weighted ones need the largest weight of every row, 4 bytes a node.
#[derive(Debug)]
pub struct NeighbourSampler<'a> {
    graph: &'a Graph,
    /// Largest weight of every user's row, then of every streamer's.
    most: Option<[Vec<f32>; 2]>,
}

impl<'a> NeighbourSampler<'a> {
    /// For uniform samples; asked for weighted ones it draws uniformly too: see [`NeighbourSampler::weighted`].
    pub const fn uniform(graph: &'a Graph) -> Self {
        Self { graph, most: None }
    }

    /// For weighted and uniform samples: looks at every edge once.
    pub fn weighted(graph: &'a Graph) -> Self {
        let users = (0..graph.user_slots()).into_par_iter().map(|user| {
            let mut most = 0f32;
            graph.each_streamer(user, |_, edge| most = most.max(graph.weight(edge)));
            most
        });
        let streamers = (0..graph.streamer_slots()).into_par_iter().map(|streamer| {
            let mut most = 0f32;
            graph.each_user(streamer, |_, edge| most = most.max(graph.weight(edge)));
            most
        });
        Self { graph, most: Some([users.collect(), streamers.collect()]) }
    }

    /// The neighbourhood of nodes of one side. Nodes given twice count once; unknown ones stay alone.
    pub fn sample(&self, side: Side, nodes: &[u32], options: &SampleOptions) -> Sample {
        let mut local = [Local::default(), Local::default()];
        let of = |side: Side| usize::from(side == Side::Streamers);
        local[of(side)].reserve(nodes.len());
        nodes.iter().for_each(|&node| {
            local[of(side)].number(node);
        });
        let mut hops = Vec::with_capacity(options.fan_outs.len());
        let (mut side, mut expanded) = (side, [0, 0]);
        for (hop, &fan_out) in options.fan_outs.iter().enumerate() {
            let (first, all) = (expanded[of(side)], local[of(side)].nodes.len());
            let frontier = &local[of(side)].nodes[first..all];
            let drawn: Vec<(Vec<u32>, Vec<u32>)> = if frontier.len() <= CHUNK {
                vec![self.draw(side, frontier, 0, hop, fan_out, options)]
            } else {
                let chunks = frontier.par_chunks(CHUNK).enumerate();
                chunks.map(|(at, part)| self.draw(side, part, at * CHUNK, hop, fan_out, options)).collect()
            };
            let total = drawn.iter().map(|(_, sources)| sources.len()).sum();
            let (mut targets, mut sources) = (Vec::with_capacity(total), Vec::with_capacity(total));
            let others = &mut local[of(side.other())];
            others.reserve(total);
            let mut target = first as u32;
            for (counts, neighbours) in drawn {
                for count in counts {
                    targets.extend(std::iter::repeat_n(target, count as usize));
                    target += 1;
                }
                sources.extend(neighbours.into_iter().map(|neighbour| others.number(neighbour)));
            }
            expanded[of(side)] = all;
            hops.push(Hop { side, targets, sources });
            side = side.other();
        }
        let [users, streamers] = local.map(|local| local.nodes);
        Sample { users, streamers, hops }
    }

    /// Neighbours of some targets: how many of each, and all in order.
    fn draw(
        &self,
        side: Side,
        targets: &[u32],
        before: usize,
        hop: usize,
        fan_out: usize,
        options: &SampleOptions,
    ) -> (Vec<u32>, Vec<u32>) {
        let (mut counts, mut neighbours) =
            (Vec::with_capacity(targets.len()), Vec::with_capacity(targets.len() * fan_out.min(64)));
        let mut places = Vec::with_capacity(fan_out.min(1024));
        for (at, &target) in targets.iter().enumerate() {
            let row = match side {
                Side::Users => [self.graph.streamers_of(target), &[]],
                Side::Streamers => self.graph.users_of(target),
            };
            let length = row[0].len() + row[1].len();
            let mut random = stream(options.seed, hop as u64, (before + at) as u64);
            places.clear();
            match &self.most {
                Some(most) if options.weighted => {
                    let most = most[usize::from(side == Side::Streamers)].get(target as usize).copied();
                    let node = match side {
                        Side::Users => Node::User(target),
                        Side::Streamers => Node::Streamer(target),
                    };
                    let at = |place| self.graph.nth_weight(node, place);
                    Weights { length, most: most.unwrap_or_default(), at }.draw(
                        &mut random,
                        fan_out,
                        &mut places,
                    );
                }
                _ if options.replace => draw::with_replacement(&mut random, length, fan_out, &mut places),
                _ => draw::uniform(&mut random, length, fan_out, &mut places),
            }
            counts.push(places.len() as u32);
            let split = row[0].len();
            neighbours.extend(places.iter().map(|&place| match (place as usize).checked_sub(split) {
                None => row[0][place as usize],
                Some(later) => row[1][later],
            }));
        }
        (counts, neighbours)
    }
}
