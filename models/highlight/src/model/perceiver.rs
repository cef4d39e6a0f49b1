//! The perceiver: the streamer's embedding asks what the units so far mean (KuaiHL, perceiver block x L).
//!
//! Invariants: query i sees units up to i, and of the previous layer's rows those up to i; with pre-norm one
//! normalisation serves queries, keys and values, and the residual adds the normalised query, as released.

use super::Pass;
use super::attention::Sight;
use super::block::{Block, RowNorm};
use crate::{Config, Normalisation};
use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

#[derive(Debug, Clone)]
pub(crate) struct Perceiver {
    pub(crate) layers: Vec<Block>,
    pub(crate) last: Option<RowNorm>,
    normalisation: Normalisation,
}

impl Perceiver {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self> {
        // Shared layers all start from the same query, keys and values: computing one is computing all.
        let layers = if config.share_perceiver { 1 } else { config.perceiver_layers };
        Ok(Self {
            layers: Block::stack(config, layers, builder)?,
            last: RowNorm::last(config, builder)?,
            normalisation: config.normalisation,
        })
    }

    /// Units and query of `[b, n, d]` to `[b, n, d]`.
    pub(crate) fn forward(&self, units: &Tensor, query: &Tensor, pass: &Pass) -> Result<Tensor> {
        let mut rows = query.clone();
        for (at, layer) in self.layers.iter().enumerate() {
            // The streamer's embedding is one row to each query; later rows are a sequence of their own.
            let sight = if at == 0 { Sight::Own } else { Sight::UpToOwn };
            rows = self.layer(layer, units, &rows, &[Sight::UpToOwn, sight], pass)?;
        }
        match &self.last {
            Some(last) => pass.normalised(last, &rows),
            None => Ok(rows),
        }
    }
}

impl Perceiver {
    fn layer(
        &self,
        layer: &Block,
        units: &Tensor,
        query: &Tensor,
        sight: &[Sight],
        pass: &Pass,
    ) -> Result<Tensor> {
        let kv = Tensor::cat(&[units, query], 1)?;
        match self.normalisation {
            Normalisation::Pre => {
                let kv = pass.normalised(&layer.first, &kv)?;
                let query = pass.normalised(&layer.first, query)?;
                let attended = pass.dropped(layer.attention.forward(&query, &kv, sight, pass)?)?;
                let rows = (query + attended)?;
                let fed = layer.feed_forward.forward(&pass.normalised(&layer.second, &rows)?, pass)?;
                rows + pass.dropped(fed)?
            }
            Normalisation::Post => {
                let attended = pass.dropped(layer.attention.forward(query, &kv, sight, pass)?)?;
                let rows = pass.normalised(&layer.first, &(query + attended)?)?;
                let fed = pass.dropped(layer.feed_forward.forward(&rows, pass)?)?;
                pass.normalised(&layer.second, &(rows + fed)?)
            }
        }
    }
}
