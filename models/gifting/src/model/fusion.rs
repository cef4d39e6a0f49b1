//! MFQ: multi-modal fusion with learnable query (MMBee, Deng et al., KDD 2024, section on multi-modal fusion; restated
//! with X_m of `[L_m, d]`, modalities m in {picture, speech, comment}, all others o):
//!
//! ```text
//! C_{m,o} = softmax( (X_m W_q)(X_o W_k)^T / sqrt(d) )                 correlation, [L_m, L_o]
//! Y_m     = X_m + Σ_{o≠m} ( (1 - C_{m,o}) / (L_o - 1) ) X_o W_v       the irrelevant part of the others
//! H       = [Y_v ; Y_s ; Y_t]
//! Q_a     = learnable query of streamer a, [N_q, d]
//! Z_1     = Q_a + MHA(LN(Q_a), LN(H));  Z_2 = Z_1 + MHSA(LN(Z_1));  Z = Z_2 + FFN(LN(Z_2))
//! r_live  = mean of the rows of Z, or all of them
//! ```
//!
//! The paper names the irrelevance, one less the correlation; the normaliser `1 / (L_o - 1)`, by which its rows sum to
//! one, is this project's. A modality of a single row is all correlation, so nothing of it is left as irrelevant.
//! [`Complement::Orthogonal`] is the strict form on mean vectors, `x_o - (x_o · x_m / |x_m|²) x_m`. Missing modalities
//! have no rows; without any row attention adds nothing, and `r_live` says what the queries alone say.
//!
//! A streamer's queries are `Q_0` plus its own row; one without a row has queries made from its node vector, so from
//! its content and its neighbours.
//!
//! Invariants: a padded row has no part in anything.

use super::attention::{FeedForward, MultiHead, Norm, masked_softmax};
use crate::batch::SegmentBatch;
use crate::config::{Complement, Fusion, Pool};
use crate::{Config, Modality};
use candle_core::{Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear, linear_no_bias};

#[derive(Debug, Clone)]
pub(crate) struct MultiModalFusion {
    config: Fusion,
    inputs: [Option<Linear>; 3],
    query: Linear,
    key: Linear,
    value: Linear,
    /// Q_0, `[N_q · d]`.
    common: Tensor,
    /// What each row of the streamers' table adds, `[slots, N_q · d]`.
    own: Tensor,
    /// Queries of a streamer without a row.
    from_vector: Linear,
    rows_norm: Norm,
    cross_norm: Norm,
    cross: MultiHead,
    self_norm: Norm,
    attention: MultiHead,
    feed_norm: Norm,
    feed: FeedForward,
}

impl MultiModalFusion {
    pub(crate) fn new(config: &Config, vb: &VarBuilder<'_>) -> Result<Self> {
        let fusion = &config.fusion;
        let (d, queries) = (fusion.width, fusion.width * fusion.queries);
        let mut inputs = [None, None, None];
        for ((input, modality), width) in inputs.iter_mut().zip(Modality::ALL).zip(fusion.widths()) {
            if width > 0 {
                *input = Some(linear(width, d, vb.pp("inputs").pp(modality.name()))?);
            }
        }
        let spread = Init::Randn { mean: 0.0, stdev: 0.5 };
        let small = Init::Randn { mean: 0.0, stdev: 0.05 };
        Ok(Self {
            inputs,
            query: linear_no_bias(d, d, vb.pp("query"))?,
            key: linear_no_bias(d, d, vb.pp("key"))?,
            value: linear_no_bias(d, d, vb.pp("value"))?,
            common: vb.get_with_hints(queries, "queries.common", spread)?,
            own: vb.get_with_hints((config.streamer_slots, queries), "queries.own", small)?,
            from_vector: linear_no_bias(config.width, queries, vb.pp("queries.from_vector"))?,
            rows_norm: Norm::new(d, &vb.pp("rows_norm"))?,
            cross_norm: Norm::new(d, &vb.pp("cross_norm"))?,
            cross: MultiHead::new(d, fusion.heads, &vb.pp("cross"))?,
            self_norm: Norm::new(d, &vb.pp("self_norm"))?,
            attention: MultiHead::new(d, fusion.heads, &vb.pp("self"))?,
            feed_norm: Norm::new(d, &vb.pp("feed_norm"))?,
            feed: FeedForward::new(d, fusion.feed_forward, &vb.pp("feed"))?,
            config: fusion.clone(),
        })
    }

    /// Queries `[B, N_q · d]`, less Q_0, made for streamers with node vectors `[B, width]`.
    pub(crate) fn queries_of(&self, vectors: &Tensor) -> Result<Tensor> {
        self.from_vector.forward(vectors)
    }

    /// `r_live` `[B, output width]` of streamers with node vectors `[B, width]`, rows of the table `[B]` and 1 where
    /// the row is theirs `[B, 1]`.
    pub(crate) fn forward(
        &self,
        segment: &SegmentBatch,
        vectors: &Tensor,
        rows: &Tensor,
        known: &Tensor,
    ) -> Result<Tensor> {
        let (b, d) = (vectors.dim(0)?, self.config.width);
        let (h, mask) = self.complemented(segment)?;
        let h = self.rows_norm.forward(&h)?;
        let own = self.own.index_select(rows, 0)?.broadcast_mul(known)?;
        let made = self.queries_of(vectors)?.broadcast_mul(&(1.0 - known)?)?;
        let q = (own + made)?.broadcast_add(&self.common)?.reshape((b, self.config.queries, d))?;
        let z = (&q + self.cross.forward(&self.cross_norm.forward(&q)?, &h, &mask)?)?;
        let normal = self.self_norm.forward(&z)?;
        let all = normal.ones_like()?.narrow(2, 0, 1)?.squeeze(2)?;
        let z = (&z + self.attention.forward(&normal, &normal, &all)?)?;
        let z = (&z + self.feed.forward(&self.feed_norm.forward(&z)?)?)?;
        match self.config.pool {
            Pool::Mean => z.mean(1),
            Pool::Concat => z.reshape((b, self.config.queries * d)),
        }
    }

    /// `H` `[B, L, d]` and its mask `[B, L]`.
    fn complemented(&self, segment: &SegmentBatch) -> Result<(Tensor, Tensor)> {
        let mut parts = Vec::new();
        for (part, input) in segment.0.iter().zip(&self.inputs) {
            if let (Some((rows, mask)), Some(input)) = (part, input) {
                parts.push((input.forward(rows)?, mask));
            }
        }
        let mut complemented = Vec::with_capacity(parts.len());
        for (at, (x, _)) in parts.iter().enumerate() {
            let mut y = x.clone();
            for (other, (x_o, mask_o)) in parts.iter().enumerate() {
                if other != at {
                    let mask = parts[at].1;
                    let part = match self.config.complement {
                        Complement::Correlation => self.irrelevant(x, x_o, mask_o)?,
                        Complement::Orthogonal => self.value.forward(&orthogonal(x, mask, x_o, mask_o)?)?,
                    };
                    y = y.broadcast_add(&part)?;
                }
            }
            complemented.push(y);
        }
        let masks: Vec<&Tensor> = parts.iter().map(|(_, mask)| *mask).collect();
        Ok((Tensor::cat(&complemented, 1)?, Tensor::cat(&masks, 1)?))
    }

    /// `((1 - C) / (L_o - 1)) X_o W_v`, `[B, L_m, d]`.
    fn irrelevant(&self, x: &Tensor, x_o: &Tensor, mask_o: &Tensor) -> Result<Tensor> {
        let scale = 1.0 / (self.config.width as f64).sqrt();
        let keys = self.key.forward(x_o)?.transpose(1, 2)?.contiguous()?;
        let logits = (self.query.forward(x)?.matmul(&keys)? * scale)?;
        let mask = mask_o.unsqueeze(1)?;
        let correlation = masked_softmax(&logits, &mask)?;
        let count = (mask_o.sum_keepdim(1)? - 1.0)?.maximum(1.0)?.unsqueeze(2)?;
        let irrelevance = (1.0 - correlation)?.broadcast_mul(&mask)?.broadcast_div(&count)?;
        irrelevance.matmul(&self.value.forward(x_o)?)
    }
}

/// Mean of the rows of o less its projection on the mean of those of m, `[B, 1, d]`; all of it where m has no rows.
fn orthogonal(x: &Tensor, mask: &Tensor, x_o: &Tensor, mask_o: &Tensor) -> Result<Tensor> {
    let (m, o) = (mean(x, mask)?, mean(x_o, mask_o)?);
    // Where m is zero so is the product, and any divisor will do.
    let length = m.sqr()?.sum_keepdim(2)?.maximum(1e-12)?;
    let share = (&o * &m)?.sum_keepdim(2)?.div(&length)?;
    o - m.broadcast_mul(&share)?
}

/// Mean of the rows that are there, `[B, 1, d]`; zero of none.
pub(crate) fn mean(rows: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let sum = rows.broadcast_mul(&mask.unsqueeze(2)?)?.sum_keepdim(1)?;
    sum.broadcast_div(&mask.sum_keepdim(1)?.maximum(1.0)?.unsqueeze(2)?)
}
