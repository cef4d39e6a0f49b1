//! EASE: every item predicted from all others by one ridge regression (Steck, "Embarrassingly Shallow
//! Autoencoders for Sparse Data", WWW 2019, algorithm 1).
//!
//! `G = XᵀX + λI`, `P = G⁻¹`, `B_ij = -P_ij / P_jj`, `B_jj = 0`; scores of a user are the sum of the rows `B_i` of
//! the user's items. Invariants: an item never predicts itself; the matrix is dense, so its size is limited.

use crate::checkpoint::{self, Persist, Tensors, csr_into};
use crate::data::amount_of;
use crate::linear::inverse_of_positive;
use crate::sparse::Csr;
use crate::{DataDigests, Dataset, Kind, Reached, Recommender, RepresentationError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Item-to-item weights in closed form.
#[derive(Debug, Clone, PartialEq)]
pub struct Ease {
    config: EaseConfig,
    items: usize,
    /// `X` where amounts count, else nothing.
    amounts: Option<Csr>,
    weights: Vec<f32>,
}

/// Settings of [`Ease`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EaseConfig {
    /// Ridge penalty, positive. The sparser the data, the smaller.
    pub lambda: f32,
    /// Whether `X` holds `ln(1 + amount)` over its mean instead of ones.
    pub amounts: bool,
    /// Items above which training is refused: 20,000 take 1.6 GB for each of three matrices, and time grows
    /// with the third power.
    pub max_items: usize,
}

impl Default for EaseConfig {
    fn default() -> Self {
        Self { lambda: 20.0, amounts: false, max_items: 20_000 }
    }
}

impl Ease {
    /// Solves for all items at once.
    ///
    /// # Errors
    /// [`RepresentationError::TooManyItems`] above the configured limit; when the data set doesn't hold
    /// together or `lambda` is not positive.
    pub fn train(data: &Dataset, config: &EaseConfig) -> Result<Self> {
        data.check()?;
        let items = data.interactions.items();
        if items > config.max_items {
            return Err(RepresentationError::TooManyItems { method: "EASE", items, limit: config.max_items });
        }
        if !(config.lambda > 0.0 && config.lambda.is_finite()) {
            return Err(RepresentationError::config("lambda", "must be positive"));
        }
        let x = if config.amounts { data.interactions.amounts() } else { data.interactions.binary() };
        let mut gram = vec![0.0_f32; items * items];
        for user in 0..x.rows() {
            let (chosen, weights) = x.row(user);
            for (at, &i) in chosen.iter().enumerate() {
                for (&j, weight) in chosen[..=at].iter().zip(weights) {
                    gram[i as usize * items + j as usize] += weights[at] * weight;
                }
            }
        }
        for item in 0..items {
            gram[item * items + item] += config.lambda;
        }
        let mut weights = inverse_of_positive("EASE", &gram, items)?;
        drop(gram);
        let diagonal: Vec<f32> = (0..items).map(|item| weights[item * items + item]).collect();
        for (i, row) in weights.chunks_mut(items).enumerate() {
            for (weight, diagonal) in row.iter_mut().zip(&diagonal) {
                *weight /= -diagonal;
            }
            row[i] = 0.0;
        }
        Ok(Self { config: config.clone(), items, amounts: config.amounts.then_some(x), weights })
    }

    /// `B`, items x items, row-major: row i is what having chosen i says about every item.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }
}

impl Recommender for Ease {
    fn kind(&self) -> Kind {
        Kind::Ease
    }

    fn items(&self) -> usize {
        self.items
    }

    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.items, out.len())?;
        out.fill(0.0);
        for &item in history.iter().filter(|&&item| (item as usize) < self.items) {
            let amount = amount_of(self.amounts.as_ref(), user, item);
            let start = item as usize * self.items;
            for (sum, weight) in out.iter_mut().zip(&self.weights[start..start + self.items]) {
                *sum += amount * weight;
            }
        }
        Ok(())
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for Ease {
    const KIND: Kind = Kind::Ease;
    type Settings = EaseConfig;

    fn settings(&self) -> EaseConfig {
        self.config.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        tensors.matrix("weights", &self.weights, self.items)?;
        if let Some(amounts) = &self.amounts {
            csr_into(&mut tensors, "amounts", amounts)?;
        }
        Ok(tensors)
    }

    fn restore(config: EaseConfig, _data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let (weights, items) = tensors.columns("weights")?;
        RepresentationError::size("EASE weights", items * items, weights.len())?;
        let amounts = config.amounts.then(|| tensors.csr("amounts", items)).transpose()?;
        Ok(Self { config, items, amounts, weights })
    }
}
