//! Swing: two items are alike when pairs of users who share little else share them (Yang et al., "Large Scale
//! Product Graph Construction for Recommendation in E-commerce", 2020, equation 1; MMBee's A2A graph).
//!
//! `s(a, b) = Σ_{u ≠ v ∈ U_a ∩ U_b} 1 / (α + |A_u ∩ A_v|)`. Invariants: symmetric before the cut to the strongest.

use super::strongest;
use crate::sparse::Csr;
use crate::{Interactions, RepresentationError, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`swing`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SwingConfig {
    /// Added to the number of shared items, positive: the smaller, the more a pair with few of them counts.
    pub alpha: f32,
    /// Neighbours kept per item.
    pub top: usize,
    /// Users of an item who are looked at, evenly spread over their ids: work grows with its square.
    pub max_users: usize,
}

impl Default for SwingConfig {
    fn default() -> Self {
        Self { alpha: 1.0, top: 50, max_users: 1000 }
    }
}

/// The graph of items, rows not normalised.
///
/// # Errors
/// When `alpha` is not positive.
pub fn swing(rows: &Interactions, config: &SwingConfig) -> Result<Csr> {
    if !(config.alpha > 0.0 && config.alpha.is_finite()) {
        return Err(RepresentationError::config("alpha", "must be positive"));
    }
    let by_item = rows.binary().transposed();
    let items = rows.items();
    let neighbours = |(sums, shared): &mut (Vec<f32>, Vec<u32>), item: usize| {
        let mut touched = Vec::new();
        let users = by_item.row(item).0;
        let step = users.len().div_ceil(config.max_users.max(1)).max(1);
        let users: Vec<u32> = users.iter().copied().step_by(step).collect();
        for (at, &u) in users.iter().enumerate() {
            for &v in &users[..at] {
                intersect(rows.items_of(u), rows.items_of(v), shared);
                // Each unordered pair stands for two ordered ones.
                let weight = 2.0 / (config.alpha + shared.len() as f32);
                for &other in shared.iter() {
                    if sums[other as usize] == 0.0 {
                        touched.push(other);
                    }
                    sums[other as usize] += weight;
                }
            }
        }
        // Zeros are put back place by place: a row of all items is too long to clear for each of them.
        let found = touched.into_iter().map(|at| (at, std::mem::take(&mut sums[at as usize])));
        strongest(found.collect(), item, config.top)
    };
    let rows: Vec<Vec<(u32, f32)>> =
        (0..items).into_par_iter().map_init(|| (vec![0.0; items], Vec::new()), neighbours).collect();
    Ok(Csr::from_rows(items, rows))
}

fn intersect(a: &[u32], b: &[u32], shared: &mut Vec<u32>) {
    shared.clear();
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared.push(a[i]);
                i += 1;
                j += 1;
            }
        }
    }
}
