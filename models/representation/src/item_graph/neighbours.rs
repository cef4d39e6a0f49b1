//! Items that look or sound alike: the nearest by cosine of their content.
//!
//! Invariants: exact up to the configured number of items; above it, nearest among the items of the closest
//! clusters, which is the only approximation and depends on nothing but content and seed.

use super::strongest;
use crate::sparse::Csr;
use crate::{Content, random};
use rand::seq::index;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is done to the columns of content before rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Nothing.
    Raw,
    /// The mean over items is taken away, so that no direction that all items share drowns the rest.
    Centred,
    /// Centred, and every column brought to standard deviation 1.
    Standardised,
}

/// Settings of [`content_neighbours`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourConfig {
    /// Neighbours kept per item.
    pub top: usize,
    /// What is done to the columns first.
    pub scaling: Scaling,
    /// Items up to which every pair is compared.
    pub exact_up_to: usize,
    /// Clusters that are searched above it.
    pub probes: usize,
    /// Seed of the clusters' first centres.
    pub seed: u64,
}

impl Default for NeighbourConfig {
    fn default() -> Self {
        Self { top: 10, scaling: Scaling::Standardised, exact_up_to: 30_000, probes: 8, seed: 0 }
    }
}

/// Rounds of moving the clusters' centres.
const ROUNDS: usize = 4;

/// Cosines of each item with its nearest; items without content have no neighbours.
#[must_use]
pub fn content_neighbours(content: &Content, config: &NeighbourConfig) -> Csr {
    let width = content.width();
    let mut unit = match config.scaling {
        Scaling::Raw => content.values().to_vec(),
        Scaling::Centred => content.centred(),
        Scaling::Standardised => content.standardised(),
    };
    for (row, raw) in unit.chunks_mut(width).zip(content.values().chunks(width)) {
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        // A row of zeros is no content, wherever the mean lies.
        let scale = if norm > 0.0 && raw.iter().any(|&x| x != 0.0) { 1.0 / norm } else { 0.0 };
        row.iter_mut().for_each(|x| *x *= scale);
    }
    let items = content.rows();
    let clusters = (items > config.exact_up_to).then(|| Clusters::new(&unit, width, config));
    let nearest = |item: usize| {
        let own = &unit[item * width..(item + 1) * width];
        let compare = |other: u32| (other, dot(own, &unit[other as usize * width..][..width]));
        let found = match &clusters {
            None => (0..items as u32).map(compare).collect(),
            Some(clusters) => clusters.near(own, config.probes).flatten().copied().map(compare).collect(),
        };
        strongest(found, item, config.top)
    };
    Csr::from_rows(items, (0..items).into_par_iter().map(nearest).collect())
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Spherical k-means with as many clusters as the root of the number of items.
struct Clusters {
    width: usize,
    centres: Vec<f32>,
    members: Vec<Vec<u32>>,
}

impl Clusters {
    fn new(unit: &[f32], width: usize, config: &NeighbourConfig) -> Self {
        let items = unit.len() / width;
        let count = ((items as f64).sqrt().ceil() as usize).clamp(1, items.max(1));
        let mut first =
            index::sample(&mut random::stream(config.seed, "clusters", 0), items, count).into_vec();
        first.sort_unstable();
        let centres = first.iter().flat_map(|&at| unit[at * width..(at + 1) * width].to_vec()).collect();
        let mut made = Self { width, centres, members: vec![Vec::new(); count] };
        for round in 0..=ROUNDS {
            let nearest: Vec<usize> = unit.par_chunks(width).map(|row| made.ranked(row)[0]).collect();
            made.members.iter_mut().for_each(Vec::clear);
            for (item, cluster) in nearest.into_iter().enumerate() {
                made.members[cluster].push(item as u32);
            }
            if round < ROUNDS {
                made.move_centres(unit);
            }
        }
        made
    }

    fn move_centres(&mut self, unit: &[f32]) {
        let width = self.width;
        for (centre, members) in self.centres.chunks_mut(width).zip(&self.members) {
            if members.is_empty() {
                continue;
            }
            centre.fill(0.0);
            for &item in members {
                let row = &unit[item as usize * width..][..width];
                centre.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            let norm = dot(centre, centre).sqrt().max(f32::MIN_POSITIVE);
            centre.iter_mut().for_each(|x| *x /= norm);
        }
    }

    /// Clusters, the nearest first; never empty.
    fn ranked(&self, row: &[f32]) -> Vec<usize> {
        let cosines: Vec<f32> = self.centres.chunks(self.width).map(|centre| dot(centre, row)).collect();
        let mut order: Vec<usize> = (0..cosines.len()).collect();
        order.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]).then(a.cmp(&b)));
        order
    }

    fn near(&self, row: &[f32], probes: usize) -> impl Iterator<Item = &Vec<u32>> {
        self.ranked(row).into_iter().take(probes.max(1)).map(|cluster| &self.members[cluster])
    }
}
