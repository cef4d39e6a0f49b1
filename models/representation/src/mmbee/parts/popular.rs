//! How many users chose an item, those with very many items left out: what is left to say of an item that nothing
//! else leads to.
//!
//! `f(a) = ln(1 + n_a)`. Invariants: the same for every user.

use super::largest_degree;
use crate::checkpoint::Tensors;
use crate::{Interactions, RepresentationError, Result};

/// One number per item.
pub(crate) struct Popular {
    scores: Vec<f32>,
}

impl Popular {
    pub(super) fn new(rows: &Interactions, cap: f64) -> Result<Self> {
        let most = largest_degree(rows, cap)?;
        let mut counts = vec![0.0_f32; rows.items()];
        for user in 0..rows.users() as u32 {
            let chosen = rows.items_of(user);
            if chosen.len() <= most {
                chosen.iter().for_each(|&item| counts[item as usize] += 1.0);
            }
        }
        Ok(Self { scores: counts.into_iter().map(f32::ln_1p).collect() })
    }

    pub(super) fn score(&self, out: &mut [f32]) {
        out.copy_from_slice(&self.scores);
    }

    pub(super) fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        tensors.vector("scores", &self.scores)?;
        Ok(tensors)
    }

    pub(super) fn restore(items: usize, tensors: &Tensors) -> Result<Self> {
        let scores = tensors.values("scores")?;
        RepresentationError::size("scores of popularity", items, scores.len())?;
        Ok(Self { scores })
    }
}
