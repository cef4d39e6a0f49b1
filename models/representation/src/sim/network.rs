//! The network: search, attention, and a small perceptron on what was found.
//!
//! Invariants: training and scoring run through the same function; masked places have no weight.

use super::SimConfig;
use candle_core::{D, Device, Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear, ops};

/// Added to a logit to rule it out.
pub(super) const OUT: f32 = -1e9;

#[derive(Debug, Clone)]
pub(super) struct Network {
    items: usize,
    found: usize,
    /// Items, and in the last row the key that stands in every history.
    table: Tensor,
    bias: Tensor,
    hidden: Linear,
    last: Linear,
}

impl Network {
    pub(super) fn new(config: &SimConfig, items: usize, builder: &VarBuilder<'_>) -> Result<Self> {
        let init = Init::Randn { mean: 0.0, stdev: 0.1 };
        Ok(Self {
            items,
            found: config.found,
            table: builder.get_with_hints((items + 1, config.width), "table", init)?,
            bias: builder.get_with_hints((items, 1), "bias", Init::Const(0.0))?,
            hidden: linear(3 * config.width, config.hidden, builder.pp("hidden"))?,
            last: linear(config.hidden, 1, builder.pp("last"))?,
        })
    }

    pub(super) fn items(&self) -> usize {
        self.items
    }

    /// The id that fills histories up and stands at their end.
    pub(super) fn nobody(&self) -> u32 {
        self.items as u32
    }

    /// Logits `[batch, targets]`. `histories [batch, length]` end with the key of nobody's; `mask [batch,
    /// targets, length]` is [`OUT`] where a target must not look, else 0.
    pub(super) fn forward(&self, histories: &Tensor, targets: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, length) = histories.dims2()?;
        let count = targets.dim(1)?;
        let width = self.table.dim(1)?;
        let keys = self.table.index_select(&histories.flatten_all()?, 0)?.reshape((batch, length, width))?;
        let ids = targets.flatten_all()?;
        let query = self.table.index_select(&ids, 0)?.reshape((batch, count, width))?;
        let scale = 1.0 / (width as f64).sqrt();
        let logits = ((query.matmul(&keys.transpose(1, 2)?.contiguous()?)? * scale)? + mask)?;
        let logits = match self.search(&logits)? {
            Some(missed) => (logits + missed)?,
            None => logits,
        };
        let interest = ops::softmax_last_dim(&logits)?.matmul(&keys)?;
        let joined = Tensor::cat(&[&interest, &query, &(&interest * &query)?], D::Minus1)?;
        let score = self.last.forward(&self.hidden.forward(&joined)?.relu()?)?;
        let bias = self.bias.index_select(&ids, 0)?.reshape((batch, count))?;
        score.squeeze(2)? + bias
    }

    /// [`OUT`] at the places the general search leaves out: all but the `found` largest logits of each target.
    /// The last place always stays. `None` if nothing is left out.
    fn search(&self, logits: &Tensor) -> Result<Option<Tensor>> {
        let length = logits.dim(D::Minus1)?;
        if length <= self.found + 1 {
            return Ok(None);
        }
        let values: Vec<f32> = logits.detach().flatten_all()?.to_vec1()?;
        let mut missed = vec![0.0_f32; values.len()];
        let mut order: Vec<usize> = Vec::with_capacity(length);
        for (row, missed) in values.chunks(length).zip(missed.chunks_mut(length)) {
            order.clear();
            order.extend(0..length - 1);
            order.sort_unstable_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            order[self.found..].iter().for_each(|&at| missed[at] = OUT);
        }
        Ok(Some(Tensor::from_vec(missed, logits.shape(), &Device::Cpu)?))
    }

    /// Scores of all items for a history of known items.
    pub(super) fn score_all(&self, history: &[u32]) -> Result<Vec<f32>> {
        let mut ids = history.to_vec();
        ids.push(self.nobody());
        let length = ids.len();
        let histories = Tensor::from_vec(ids, (1, length), &Device::Cpu)?;
        let targets = Tensor::arange(0, self.items as u32, &Device::Cpu)?.reshape((1, self.items))?;
        // An item the user has is scored as if it came anew: by the others.
        let mut mask = vec![0.0_f32; self.items * length];
        for (place, &item) in history.iter().enumerate() {
            mask[item as usize * length + place] = OUT;
        }
        let mask = Tensor::from_vec(mask, (1, self.items, length), &Device::Cpu)?;
        self.forward(&histories, &targets, &mask)?.flatten_all()?.detach().to_vec1()
    }
}
