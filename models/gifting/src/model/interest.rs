//! Target attention over a list of nodes: the events of a history (SIM's "exact search unit") or the ends of a
//! metapath (MMBee's graph-guided interest expansion).
//!
//! ```text
//! k_i = W_k x_i + ln(1 + w_i) u_k + a_k[age_i]      v_i = W_v x_i + ln(1 + w_i) u_v + a_v[age_i]
//! h   = MHA( W_q x_target ; {k_0, k_1, ..}, {v_0, v_1, ..} )
//! ```
//!
//! The pair (k_0, v_0) is learned and belongs to no node: attention may rest there, and of an empty list it gives v_0.
//! Ages are in doubling buckets (SIM's time-gap features); metapath ends have none.
//!
//! Invariants: keys and values know nothing of who asks, and queries nothing of the list, so each is made once and
//! shared by all pairs.

use super::attention::attend;
use crate::batch::{AGES, Listed};
use candle_core::{Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear_no_bias};

#[derive(Debug, Clone)]
pub(crate) struct Interest {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    pub(crate) no_key: Tensor,
    pub(crate) no_value: Tensor,
    by_weight: [Tensor; 2],
    by_age: Option<[Tensor; 2]>,
}

/// Keys and values `[B, n, d]` with their mask `[B, n]`.
pub(crate) struct Entries {
    pub(crate) keys: Tensor,
    pub(crate) values: Tensor,
    pub(crate) mask: Tensor,
}

impl Interest {
    pub(crate) fn new(width: usize, heads: usize, aged: bool, vb: &VarBuilder<'_>) -> Result<Self> {
        let small = Init::Randn { mean: 0.0, stdev: 0.05 };
        let layer = |name: &str| linear_no_bias(width, width, vb.pp(name));
        let row = |name: &str| vb.get_with_hints(width, name, small);
        let table = |name: &str| vb.get_with_hints((AGES, width), name, small);
        Ok(Self {
            heads,
            query: layer("query")?,
            key: layer("key")?,
            value: layer("value")?,
            no_key: row("no_key")?,
            no_value: row("no_value")?,
            by_weight: [row("weight_key")?, row("weight_value")?],
            by_age: if aged { Some([table("age_key")?, table("age_value")?]) } else { None },
        })
    }

    /// Query `[B, d]` of the one who asks.
    pub(crate) fn query(&self, vectors: &Tensor) -> Result<Tensor> {
        self.query.forward(vectors)
    }

    /// Keys and values of lists of nodes with vectors `[U, d]`.
    pub(crate) fn entries(&self, vectors: &Tensor, listed: &Listed) -> Result<Entries> {
        // Nodes are projected once each, and then looked up.
        let made = |layer: &Linear, at: usize| {
            let ages = self.by_age.as_ref().map(|ages| &ages[at]);
            gathered(&layer.forward(vectors)?, listed, &self.by_weight[at], ages)
        };
        Ok(Entries { keys: made(&self.key, 0)?, values: made(&self.value, 1)?, mask: listed.mask.clone() })
    }

    /// Keys and values of rows `[B, n, d]` that are all there.
    pub(crate) fn entries_of_rows(&self, rows: &Tensor) -> Result<Entries> {
        let mask = rows.ones_like()?.narrow(2, 0, 1)?.squeeze(2)?.contiguous()?;
        Ok(Entries { keys: self.key.forward(rows)?, values: self.value.forward(rows)?, mask })
    }

    /// `h` `[B, d]`.
    pub(crate) fn attend(&self, query: &Tensor, entries: &Entries) -> Result<Tensor> {
        let (b, d) = query.dims2()?;
        let with = |none: &Tensor, rows: &Tensor| {
            Tensor::cat(&[&none.reshape((1, 1, d))?.broadcast_as((b, 1, d))?.contiguous()?, rows], 1)
        };
        let (keys, values) = (with(&self.no_key, &entries.keys)?, with(&self.no_value, &entries.values)?);
        let one = Tensor::ones((b, 1), entries.mask.dtype(), entries.mask.device())?;
        let mask = Tensor::cat(&[&one, &entries.mask], 1)?;
        attend(self.heads, &query.unsqueeze(1)?, &keys, &values, &mask)?.squeeze(1)
    }
}

/// Rows `[B, n, d]` of a list, with what weight and age add.
pub(super) fn gathered(
    vectors: &Tensor,
    listed: &Listed,
    by_weight: &Tensor,
    by_age: Option<&Tensor>,
) -> Result<Tensor> {
    let shape = (listed.rows, listed.places, ());
    let rows = vectors.index_select(&listed.nodes, 0)?.reshape(shape)?;
    let rows = (rows + listed.weights.broadcast_mul(by_weight)?)?;
    match (by_age, &listed.ages) {
        (Some(table), Some(ages)) => rows + table.index_select(ages, 0)?.reshape(shape)?,
        _ => Ok(rows),
    }
}
