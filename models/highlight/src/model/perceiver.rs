//! The perceiver: the streamer's embedding asks what the units so far mean (KuaiHL, perceiver block x L).
//!
//! Invariants: query i sees units up to i, and of the previous layer's rows those up to i; with pre-norm one
//! normalisation serves queries, keys and values, and the residual adds the normalised query, as released.

use super::attention::{Attention, FeedForward, Sight};
use super::{Pass, layer_norm};
use crate::{Config, HighlightError, Normalisation};
use candle_core::{Result, Tensor};
use candle_nn::{LayerNorm, VarBuilder};

#[derive(Debug, Clone)]
pub(crate) struct Perceiver {
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

impl Perceiver {
    pub(crate) fn new(
        config: &Config,
        builder: &VarBuilder<'_>,
    ) -> std::result::Result<Self, HighlightError> {
        // Shared layers all start from the same query, keys and values: computing one is computing all.
        let layers = if config.share_perceiver { 1 } else { config.perceiver_layers };
        let layers = (0..layers)
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

    /// Units and query of `[b, n, d]` to `[b, n, d]`.
    pub(crate) fn forward(&self, units: &Tensor, query: &Tensor, pass: &Pass) -> Result<Tensor> {
        let n = units.dim(1)?;
        let mut rows = query.clone();
        for (at, layer) in self.layers.iter().enumerate() {
            // The streamer's embedding is one row to each query; later rows are a sequence of their own.
            let sight = if at == 0 { Sight::Own } else { Sight::UpToOwn };
            let mask = layer.attention.mask(n, &[Sight::UpToOwn, sight], false, units.device())?;
            rows = layer.forward(units, &rows, &mask, pass)?;
        }
        match &self.last {
            Some(last) => pass.normalised(last, &rows),
            None => Ok(rows),
        }
    }
}

impl Layer {
    fn forward(&self, units: &Tensor, query: &Tensor, mask: &Tensor, pass: &Pass) -> Result<Tensor> {
        let kv = Tensor::cat(&[units, query], 1)?;
        match self.normalisation {
            Normalisation::Pre => {
                let kv = pass.normalised(&self.first, &kv)?;
                let query = pass.normalised(&self.first, query)?;
                let attended = pass.dropped(self.attention.forward(&query, &kv, mask, pass)?)?;
                let rows = (query + attended)?;
                let fed = self.feed_forward.forward(&pass.normalised(&self.second, &rows)?)?;
                rows + pass.dropped(fed)?
            }
            Normalisation::Post => {
                let attended = pass.dropped(self.attention.forward(query, &kv, mask, pass)?)?;
                let rows = pass.normalised(&self.first, &(query + attended)?)?;
                let fed = pass.dropped(self.feed_forward.forward(&rows)?)?;
                pass.normalised(&self.second, &(rows + fed)?)
            }
        }
    }
}
