//! Attention over lists with holes, and normalisation, in operations that have gradients.
//!
//! Invariants: a masked place has no part in anything; a list without any place gives zeros, never NaN.

use candle_core::{D, Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear, linear_no_bias};

/// Added to the variance.
const EPSILON: f64 = 1e-5;

/// Softmax over the last dimension, masked by 1 and 0 in a shape that broadcasts to the logits'.
pub(crate) fn masked_softmax(logits: &Tensor, mask: &Tensor) -> Result<Tensor> {
    // Far enough below anything for the largest not to be found there, near enough not to overflow.
    let hidden = ((mask - 1.0)? * 1e9)?;
    let logits = logits.broadcast_add(&hidden)?;
    let most = logits.detach().max_keepdim(D::Minus1)?;
    let powers = logits.broadcast_sub(&most)?.exp()?.broadcast_mul(mask)?;
    let empty = (1.0 - mask.max_keepdim(D::Minus1)?)?;
    let sums = powers.sum_keepdim(D::Minus1)?.broadcast_add(&empty)?;
    powers.broadcast_div(&sums)
}

/// Scaled dot-product attention of heads side by side: queries `[B, m, d]`, keys and values `[B, n, d]`, mask `[B, n]`;
/// gives `[B, m, d]`.
pub(crate) fn attend(
    heads: usize,
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: &Tensor,
) -> Result<Tensor> {
    let (b, m, d) = queries.dims3()?;
    let n = keys.dim(1)?;
    let split = |x: &Tensor, n: usize| x.reshape((b, n, heads, d / heads))?.transpose(1, 2)?.contiguous();
    let (queries, keys, values) = (split(queries, m)?, split(keys, n)?, split(values, n)?);
    let scale = 1.0 / ((d / heads) as f64).sqrt();
    let logits = (queries.matmul(&keys.transpose(2, 3)?.contiguous()?)? * scale)?;
    let weights = masked_softmax(&logits, &mask.reshape((b, 1, 1, n))?)?;
    weights.matmul(&values)?.transpose(1, 2)?.reshape((b, m, d))
}

/// Multi-head attention with projections.
#[derive(Debug, Clone)]
pub(crate) struct MultiHead {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
}

impl MultiHead {
    pub(crate) fn new(width: usize, heads: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let layer = |name: &str| linear_no_bias(width, width, vb.pp(name));
        Ok(Self {
            heads,
            query: layer("query")?,
            key: layer("key")?,
            value: layer("value")?,
            output: layer("output")?,
        })
    }

    /// Queries `[B, m, d]` over rows `[B, n, d]` with mask `[B, n]`.
    pub(crate) fn forward(&self, queries: &Tensor, rows: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (q, k, v) = (self.query.forward(queries)?, self.key.forward(rows)?, self.value.forward(rows)?);
        self.output.forward(&attend(self.heads, &q, &k, &v, mask)?)
    }
}

/// Layer normalisation of the last dimension.
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Norm {
    pub(crate) fn new(width: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            weight: vb.get_with_hints(width, "weight", Init::Const(1.0))?,
            bias: vb.get_with_hints(width, "bias", Init::Const(0.0))?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + EPSILON)?.sqrt()?;
        centred.broadcast_div(&deviation)?.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
    }
}

/// Two layers with rectified units between.
#[derive(Debug, Clone)]
pub(crate) struct FeedForward {
    up: Linear,
    down: Linear,
}

impl FeedForward {
    pub(crate) fn new(width: usize, inner: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self { up: linear(width, inner, vb.pp("up"))?, down: linear(inner, width, vb.pp("down"))? })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.down.forward(&self.up.forward(x)?.relu()?)
    }
}
