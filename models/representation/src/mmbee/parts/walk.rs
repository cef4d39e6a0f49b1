//! A walk over items chosen together, from the user's own items: metapaths U->A->U->A and longer, all intermediate
//! users and items summed, and items alike in content among the steps.
//!
//! `G = XᵀX + β M` with `XᵀX` over users with few items, zero diagonal, and `M` the cosines of each item with its
//! nearest by content; `K_ij = G_ij / (Σ_j G_ij + s)`; scores are `x_u (K + K² + ... + K^h)`. Users with very many items say little about which items go together, and in skewed
//! logs most rows are theirs: they are left out of `G`. The shrinkage `s` keeps items with few users from speaking
//! loudly. Invariants: the diagonal is empty; a user is known by items alone.

use super::largest_degree;
use crate::checkpoint::{Tensors, csr_into};
use crate::item_graph::{NeighbourConfig, Scaling, content_neighbours};
use crate::sparse::Csr;
use crate::{Content, Dataset, RepresentationError, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of a walk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WalkConfig {
    /// Steps `h` from item to item.
    pub hops: usize,
    /// Largest number of items of a user who counts, in medians over users; 0 lets all count.
    pub cap: f64,
    /// Shrinkage `s`.
    pub shrink: f32,
    /// Neighbours kept per item, the strongest.
    pub top: usize,
    /// Weight `β` of the nearest by content; 0 walks on interactions alone.
    pub content: f32,
    /// Which content: the name of a modality; none stands for one walk for each there is.
    pub modality: Option<String>,
    /// How the nearest by content are found.
    pub neighbours: NeighbourConfig,
}

impl Default for WalkConfig {
    fn default() -> Self {
        Self {
            hops: 5,
            cap: 10.0,
            shrink: 1.0,
            top: 500,
            content: 0.0,
            modality: None,
            neighbours: NeighbourConfig { top: 5, scaling: Scaling::Centred, ..NeighbourConfig::default() },
        }
    }
}

impl WalkConfig {
    fn alike(&self, data: &Dataset) -> Option<Csr> {
        let named = |content: &&Content| self.modality.as_deref().is_none_or(|name| name == content.name());
        let content = data.content.iter().filter(|_| self.content > 0.0).find(named)?;
        Some(content_neighbours(content, &self.neighbours))
    }
}

/// The walk's matrix.
pub(crate) struct Walk {
    hops: usize,
    steps: Csr,
}

impl Walk {
    pub(super) fn new(data: &Dataset, config: &WalkConfig) -> Result<Self> {
        let rows = &data.interactions;
        if config.hops == 0 {
            return Err(RepresentationError::config("hops", "must be at least 1"));
        }
        if !(config.shrink >= 0.0 && config.shrink.is_finite()) {
            return Err(RepresentationError::config("shrink", "must be 0 or more"));
        }
        if !(config.content >= 0.0 && config.content.is_finite()) {
            return Err(RepresentationError::config("content", "must be 0 or more"));
        }
        let alike = config.alike(data);
        let most = largest_degree(rows, config.cap)?;
        let by_item = rows.binary().transposed();
        let items = rows.items();
        let step = |(sums, touched): &mut (Vec<f32>, Vec<u32>), item: usize| {
            for &user in by_item.row(item).0 {
                let chosen = rows.items_of(user);
                if chosen.len() > most {
                    continue;
                }
                for &other in chosen.iter().filter(|&&other| other as usize != item) {
                    if sums[other as usize] == 0.0 {
                        touched.push(other);
                    }
                    sums[other as usize] += 1.0;
                }
            }
            for (other, cosine) in alike.iter().flat_map(|graph| graph.pairs(item)) {
                if sums[other] == 0.0 {
                    touched.push(other as u32);
                }
                sums[other] += config.content * cosine;
            }
            let found = touched.drain(..).map(|at| (at, std::mem::take(&mut sums[at as usize])));
            let mut found: Vec<(u32, f32)> = found.collect();
            let scale = 1.0 / (found.iter().map(|pair| pair.1).sum::<f32>() + config.shrink);
            found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            found.truncate(config.top);
            found.iter_mut().for_each(|pair| pair.1 *= scale);
            found
        };
        let steps: Vec<Vec<(u32, f32)>> =
            (0..items).into_par_iter().map_init(|| (vec![0.0; items], Vec::new()), step).collect();
        Ok(Self { hops: config.hops, steps: Csr::from_rows(items, steps) })
    }

    pub(super) fn score(&self, history: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        let mut here = vec![0.0_f32; out.len()];
        for &item in history {
            if let Some(here) = here.get_mut(item as usize) {
                *here = 1.0;
            }
        }
        for _ in 0..self.hops {
            let mut next = vec![0.0_f32; out.len()];
            for (item, &weight) in here.iter().enumerate().filter(|&(_, &weight)| weight != 0.0) {
                for (other, step) in self.steps.pairs(item) {
                    next[other] += weight * step;
                }
            }
            out.iter_mut().zip(&next).for_each(|(sum, x)| *sum += x);
            here = next;
        }
    }

    pub(super) fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        csr_into(&mut tensors, "steps", &self.steps)?;
        Ok(tensors)
    }

    pub(super) fn restore(config: &WalkConfig, items: usize, tensors: &Tensors) -> Result<Self> {
        let steps = tensors.csr("steps", items)?;
        RepresentationError::size("items of a walk", items, steps.rows())?;
        Ok(Self { hops: config.hops, steps })
    }
}
