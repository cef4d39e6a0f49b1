//! The transformer decoder with a causal mask over the perceiver's rows.
//!
//! Invariants: position i sees positions up to i.

use super::Pass;
use super::attention::Sight;
use super::block::{Block, RowNorm};
use crate::{Config, Normalisation};
use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

#[derive(Debug, Clone)]
pub(crate) struct Decoder {
    pub(crate) layers: Vec<Block>,
    pub(crate) last: Option<RowNorm>,
    normalisation: Normalisation,
}

impl Decoder {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            layers: Block::stack(config, config.decoder_layers, builder)?,
            last: RowNorm::last(config, builder)?,
            normalisation: config.normalisation,
        })
    }

    /// Rows of `[b, n, d]` to `[b, n, d]`.
    pub(crate) fn forward(&self, rows: &Tensor, pass: &Pass) -> Result<Tensor> {
        let mut rows = rows.clone();
        for layer in &self.layers {
            rows = self.layer(layer, &rows, pass)?;
        }
        match &self.last {
            Some(last) => pass.normalised(last, &rows),
            None => Ok(rows),
        }
    }
}

impl Decoder {
    fn layer(&self, layer: &Block, rows: &Tensor, pass: &Pass) -> Result<Tensor> {
        let sight = [Sight::UpToOwn];
        match self.normalisation {
            Normalisation::Pre => {
                let kv = pass.normalised(&layer.first, rows)?;
                let attended = layer.attention.forward(&kv, &kv, &sight, pass)?;
                let rows = (rows + pass.dropped(attended)?)?;
                let fed = layer.feed_forward.forward(&pass.normalised(&layer.second, &rows)?, pass)?;
                rows + pass.dropped(fed)?
            }
            Normalisation::Post => {
                let attended = layer.attention.forward(rows, rows, &sight, pass)?;
                let rows = pass.normalised(&layer.first, &(rows + pass.dropped(attended)?)?)?;
                let fed = pass.dropped(layer.feed_forward.forward(&rows, pass)?)?;
                pass.normalised(&layer.second, &(rows + fed)?)
            }
        }
    }
}
