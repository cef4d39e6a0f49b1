//! The joint graph of users and items with the edges among items, and augmented views of it.
//!
//! Invariants: symmetric, users first; a view follows from seed and number alone; dropping keeps both directions of an
//! edge or neither.

use super::GraphClConfig;
use crate::item_graph::{content_neighbours, swing};
use crate::sparse::Csr;
use crate::{Dataset, Result, random};
use rand::Rng;

/// Users joined with items, items with items, users with users; weights not normalised.
pub(super) fn joint(data: &Dataset, config: &GraphClConfig) -> Result<Csr> {
    let rows = &data.interactions;
    let links = if config.amounts { rows.amounts() } else { rows.binary() };
    let items = rows.item_degrees();
    let mut among = Vec::new();
    if config.swing_weight > 0.0 {
        weigh(&mut among, &items, &swing(rows, &config.swing)?, config.swing_weight);
    }
    if config.content && config.content_weight > 0.0 {
        for content in &data.content {
            let weight = config.content_weight / data.content.len() as f32;
            weigh(&mut among, &items, &content_neighbours(content, &config.neighbours), weight);
        }
    }
    let among = Csr::from_triples(rows.items(), rows.items(), among);
    let mut friends = Vec::new();
    if let Some(social) = data.social.as_ref().filter(|_| config.social_weight > 0.0) {
        let users: Vec<u32> = (0..rows.users()).map(|user| rows.items_of(user as u32).len() as u32).collect();
        weigh(&mut friends, &users, social.graph(), config.social_weight);
    }
    let friends = Csr::from_triples(rows.users(), rows.users(), friends);
    Ok(links.bipartite(Some(&friends), Some(&among)))
}

/// Adds both directions of each edge. A node's edges among its kind weigh `weight` times as much as its edges to
/// the other kind together, so that a rare item leans on its neighbours no more and no less than a popular one.
fn weigh(edges: &mut Vec<(u32, u32, f32)>, degrees: &[u32], graph: &Csr, weight: f32) {
    let strength = |at: usize| (degrees.get(at).copied().unwrap_or(0).max(1) as f32).sqrt();
    let graph = graph.normalised(1.0, 0.0);
    for a in 0..graph.rows() {
        for (b, share) in graph.pairs(a) {
            let value = 0.5 * weight * share * strength(a) * strength(b);
            edges.extend([(a as u32, b as u32, value), (b as u32, a as u32, value)]);
        }
    }
}

/// `D^-½ A D^-½`.
pub(super) fn normalised(graph: &Csr) -> Csr {
    graph.normalised(0.5, 0.5)
}

/// A view without some edges and nodes, normalised anew.
pub(super) fn view(graph: &Csr, config: &GraphClConfig, number: u64) -> Csr {
    let mut random = random::stream(config.seed, "view", number);
    let dropped: Vec<bool> = (0..graph.rows()).map(|_| random.random_bool(config.node_drop)).collect();
    let seed = random.random::<u64>();
    let kept = graph
        .filtered(|a, b, _| !dropped[a] && !dropped[b] && unit(seed, a.min(b), a.max(b)) >= config.edge_drop);
    normalised(&kept)
}

/// A number in `0..1` that both directions of an edge share (the finaliser of splitmix64).
fn unit(seed: u64, a: usize, b: usize) -> f64 {
    let mut x = seed ^ ((a as u64) << 32 | b as u64 & 0xffff_ffff);
    for _ in 0..2 {
        x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
    }
    (x >> 11) as f64 / (1_u64 << 53) as f64
}

/// 0 for a share of the places, else 1, `[count, 1]`.
pub(super) fn mask(seed: u64, purpose: &str, number: u64, count: usize, share: f64) -> Vec<f32> {
    let mut random = random::stream(seed, purpose, number);
    (0..count).map(|_| if random.random_bool(share) { 0.0 } else { 1.0 }).collect()
}
