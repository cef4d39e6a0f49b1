//! Multi-head attention with an additive mask, and the feed-forward block that follows it.
//!
//! Invariants: what a mask forbids gets a weight of exactly zero in `f32`, because e^-10000 underflows.

use super::Pass;
use super::mixing::Mixing;
use crate::Config;
use candle_core::{Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{Linear, Module, VarBuilder, linear};

/// Added to the logits of what must not be seen (released code).
const HIDDEN: f32 = -10_000.0;

/// Which rows of a block a query may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Rows up to the query's own.
    UpToOwn,
    /// The query's own row.
    Own,
}

#[derive(Debug, Clone)]
pub(crate) struct Attention {
    pub(crate) query: Linear,
    pub(crate) key: Linear,
    pub(crate) value: Linear,
    pub(crate) output: Linear,
    heads: usize,
    recency: bool,
}

impl Attention {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self> {
        let width = config.width;
        Ok(Self {
            query: linear(width, width, builder.pp("query"))?,
            key: linear(width, width, builder.pp("key"))?,
            value: linear(width, width, builder.pp("value"))?,
            output: linear(width, width, builder.pp("output"))?,
            heads: config.heads,
            recency: config.recency_bias,
        })
    }

    /// Queries `[b, q, d]` against keys and values `[b, k, d]` that consist of blocks of rows, one for each of
    /// `sight`. Fewer queries than rows in a block are the last of them.
    pub(crate) fn forward(
        &self,
        query: &Tensor,
        kv: &Tensor,
        sight: &[Sight],
        pass: &Pass,
    ) -> Result<Tensor> {
        let (batch, rows, width) = query.dims3()?;
        if pass.is_training() {
            let q = pass.dense(&self.query, query)?;
            let (k, v) = (pass.dense(&self.key, kv)?, pass.dense(&self.value, kv)?);
            let mixing = Mixing { heads: self.heads, recency: self.recency, blocks: sight.to_vec() };
            return pass.dense(&self.output, &q.apply_op3(&k, &v, mixing)?);
        }
        let n = kv.dim(1)? / sight.len().max(1);
        let mask = self.mask(n, sight, rows, kv.device())?;
        let split = |x: Tensor| -> Result<Tensor> {
            let rows = x.dim(1)?;
            x.reshape((batch, rows, self.heads, width / self.heads))?.transpose(1, 2)?.contiguous()
        };
        let scale = 1.0 / ((width / self.heads) as f64).sqrt();
        let q = split((self.query.forward(query)? * scale)?)?;
        let k = split(self.key.forward(kv)?)?;
        let v = split(self.value.forward(kv)?)?;
        let logits = q.matmul(&k.t()?)?.broadcast_add(&mask)?;
        let weights = softmax_last_dim(&logits)?;
        let mixed = weights.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((batch, rows, width))?;
        self.output.forward(&mixed)
    }

    /// Mask of `[heads, n, blocks · n]` for keys that consist of blocks of `n` rows, of the last `rows`
    /// queries.
    fn mask(&self, n: usize, blocks: &[Sight], rows: usize, device: &Device) -> Result<Tensor> {
        let first = n.saturating_sub(rows);
        let mut mask = Vec::with_capacity(self.heads * (n - first) * n * blocks.len());
        for head in 0..self.heads {
            let slope = if self.recency { slope(head, self.heads) } else { 0.0 };
            for query in first..n {
                for sight in blocks {
                    mask.extend((0..n).map(|key| match sight {
                        Sight::UpToOwn if key <= query => -slope * (query - key) as f32,
                        Sight::Own if key == query => 0.0,
                        _ => HIDDEN,
                    }));
                }
            }
        }
        Tensor::from_vec(mask, (self.heads, n - first, n * blocks.len()), device)
    }
}

/// Slopes fall geometrically from 4, where a head sees little but its own unit, to 1/16.
pub(crate) fn slope(head: usize, heads: usize) -> f32 {
    let place = head as f32 / (heads.max(2) - 1) as f32;
    4.0 * 64.0_f32.powf(-place)
}

#[derive(Debug, Clone)]
pub(crate) struct FeedForward {
    pub(crate) up: Linear,
    pub(crate) gate: Option<Linear>,
    pub(crate) down: Linear,
}

impl FeedForward {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self> {
        let up = |name: &str| linear(config.width, config.feed_forward, builder.pp(name));
        Ok(Self {
            up: up("up")?,
            gate: if config.gated { Some(up("gate")?) } else { None },
            down: linear(config.feed_forward, config.width, builder.pp("down"))?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor, pass: &Pass) -> Result<Tensor> {
        let up = pass.dense(&self.up, x)?;
        let inner = match &self.gate {
            Some(gate) => (pass.dense(gate, x)?.gelu()? * up)?,
            None => up.relu()?,
        };
        pass.dense(&self.down, &inner)
    }
}
