//! The transformer decoder with a causal mask over the perceiver's rows.
//!
//! Invariants: position i sees positions up to i.

use super::attention::{Attention, FeedForward, Sight};
use super::{Pass, layer_norm};
use crate::{Config, HighlightError, Normalisation};
use candle_core::{Result, Tensor};
use candle_nn::{LayerNorm, VarBuilder};

#[derive(Debug, Clone)]
pub(crate) struct Decoder {
    layers: Vec<Layer>,
    last: Option<LayerNorm>,
}

#[derive(Debug, Clone)]
struct Layer {
    attention: Attention,
    feed_forward: FeedForward,
    first: LayerNorm,
    second: LayerNorm,
    normalisation: Normalisation,
}

impl Decoder {
    pub(crate) fn new(
        config: &Config,
        builder: &VarBuilder<'_>,
    ) -> std::result::Result<Self, HighlightError> {
        let layers = (0..config.decoder_layers)
            .map(|at| {
                let builder = builder.pp(at);
                Ok(Layer {
                    attention: Attention::new(config, &builder.pp("attention"))?,
                    feed_forward: FeedForward::new(config, &builder.pp("feed_forward"))?,
                    first: layer_norm(config.width, builder.pp("first"))?,
                    second: layer_norm(config.width, builder.pp("second"))?,
                    normalisation: config.normalisation,
                })
            })
            .collect::<Result<_>>()?;
        let last = match config.normalisation {
            Normalisation::Pre => Some(layer_norm(config.width, builder.pp("last"))?),
            Normalisation::Post => None,
        };
        Ok(Self { layers, last })
    }

    /// Rows of `[b, n, d]` to `[b, n, d]`, or to `[b, 1, d]` of the last position with `last_only`.
    pub(crate) fn forward(&self, rows: &Tensor, last_only: bool, pass: &Pass) -> Result<Tensor> {
        let n = rows.dim(1)?;
        let mut rows = rows.clone();
        for (at, layer) in self.layers.iter().enumerate() {
            let shorten = last_only && at + 1 == self.layers.len();
            let mask = layer.attention.mask(n, &[Sight::UpToOwn], shorten, rows.device())?;
            rows = layer.forward(&rows, shorten, &mask, pass)?;
        }
        match &self.last {
            Some(last) => pass.normalised(last, &rows),
            None => Ok(rows),
        }
    }
}

impl Layer {
    fn forward(&self, rows: &Tensor, last_only: bool, mask: &Tensor, pass: &Pass) -> Result<Tensor> {
        let ends = |x: &Tensor| -> Result<Tensor> {
            if last_only { x.narrow(1, x.dim(1)? - 1, 1)?.contiguous() } else { Ok(x.clone()) }
        };
        match self.normalisation {
            Normalisation::Pre => {
                let kv = pass.normalised(&self.first, rows)?;
                let attended = self.attention.forward(&ends(&kv)?, &kv, mask, pass)?;
                let rows = (ends(rows)? + pass.dropped(attended)?)?;
                let fed = self.feed_forward.forward(&pass.normalised(&self.second, &rows)?)?;
                rows + pass.dropped(fed)?
            }
            Normalisation::Post => {
                let attended = self.attention.forward(&ends(rows)?, rows, mask, pass)?;
                let rows = pass.normalised(&self.first, &(ends(rows)? + pass.dropped(attended)?)?)?;
                let fed = pass.dropped(self.feed_forward.forward(&rows)?)?;
                pass.normalised(&self.second, &(rows + fed)?)
            }
        }
    }
}
