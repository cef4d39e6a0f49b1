//! Linear dispatcher attention (ELASTIC, Deng et al. 2024): a history of any length as a fixed number of interests.
//!
//! ```text
//! Z  = softmax( E_1 (X W_k)^T / sqrt(d) ) X W_v          compress, [k, d]
//! X' = LN( X + softmax( X W_q' (Z W_k')^T / sqrt(d) ) Z W_v' )    dispatch back
//! Z' = softmax( E_2 (X' W_k'')^T / sqrt(d) ) X' W_v''    compress again
//! ```
//!
//! The experts `E` are trained as the product `E W_q` of the paper's. Every step costs O(n · k · d), where
//! self-attention costs O(n² · d). The memory bank of the paper is not part of it.
//!
//! Invariants: padded events have no part in any interest; of an empty history all interests are zero.

use super::attention::{Norm, masked_softmax};
use super::interest::gathered;
use crate::batch::{AGES, Listed};
use candle_core::{Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear_no_bias};

#[derive(Debug, Clone)]
pub(crate) struct Dispatcher {
    by_weight: Tensor,
    by_age: Tensor,
    first: Compress,
    query: Linear,
    key: Linear,
    value: Linear,
    norm: Norm,
    second: Compress,
}

#[derive(Debug, Clone)]
struct Compress {
    experts: Tensor,
    key: Linear,
    value: Linear,
}

impl Compress {
    fn new(width: usize, experts: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let spread = Init::Randn { mean: 0.0, stdev: 0.5 };
        Ok(Self {
            experts: vb.get_with_hints((experts, width), "experts", spread)?,
            key: linear_no_bias(width, width, vb.pp("key"))?,
            value: linear_no_bias(width, width, vb.pp("value"))?,
        })
    }

    /// `[B, n, d]` to `[B, k, d]`.
    fn forward(&self, x: &Tensor, mask: &Tensor) -> Result<Tensor> {
        // The transpose of E K^T is K E^T, which is one product for the whole batch.
        let logits = Linear::new(self.experts.clone(), None).forward(&self.key.forward(x)?)?;
        let logits = scaled(&logits.transpose(1, 2)?.contiguous()?, x)?;
        masked_softmax(&logits, &mask.unsqueeze(1)?)?.matmul(&self.value.forward(x)?)
    }
}

impl Dispatcher {
    pub(crate) fn new(width: usize, experts: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let small = Init::Randn { mean: 0.0, stdev: 0.05 };
        let layer = |name: &str| linear_no_bias(width, width, vb.pp(name));
        Ok(Self {
            by_weight: vb.get_with_hints(width, "weight", small)?,
            by_age: vb.get_with_hints((AGES, width), "age", small)?,
            first: Compress::new(width, experts, &vb.pp("first"))?,
            query: layer("query")?,
            key: layer("key")?,
            value: layer("value")?,
            norm: Norm::new(width, &vb.pp("norm"))?,
            second: Compress::new(width, experts, &vb.pp("second"))?,
        })
    }

    /// Interests `[B, k, d]` of histories over nodes with vectors `[U, d]`.
    pub(crate) fn forward(&self, vectors: &Tensor, listed: &Listed) -> Result<Tensor> {
        let x = gathered(vectors, listed, &self.by_weight, Some(&self.by_age))?;
        let z = self.first.forward(&x, &listed.mask)?;
        let keys = self.key.forward(&z)?.transpose(1, 2)?.contiguous()?;
        let logits = scaled(&self.query.forward(&x)?.matmul(&keys)?, &x)?;
        let everybody = Tensor::ones((1, 1, z.dim(1)?), x.dtype(), x.device())?;
        let back = masked_softmax(&logits, &everybody)?.matmul(&self.value.forward(&z)?)?;
        let x = self.norm.forward(&(x + back)?)?;
        self.second.forward(&x, &listed.mask)
    }
}

fn scaled(logits: &Tensor, x: &Tensor) -> Result<Tensor> {
    logits * (1.0 / (x.dim(2)? as f64).sqrt())
}
