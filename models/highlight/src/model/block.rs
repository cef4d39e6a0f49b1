//! What perceiver and decoder layers are made of, and the normalisation between them.
//!
//! Invariants: a row's normalisation reads that row alone.

use super::attention::{Attention, FeedForward};
use crate::{Config, Norm, Normalisation};
use candle_core::{Result, Tensor};
use candle_nn::{Init, VarBuilder};

/// Keeps the deviation of a constant row away from zero.
pub(crate) const EPSILON: f32 = 1e-5;

/// Scale, and for layer normalisation the offset.
#[derive(Debug, Clone)]
pub(crate) struct RowNorm {
    pub(crate) weight: Tensor,
    /// `None` normalises by the root mean square alone.
    pub(crate) bias: Option<Tensor>,
}

impl RowNorm {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self> {
        let weight = builder.get_with_hints(config.width, "weight", Init::Const(1.0))?;
        let bias = match config.norm {
            Norm::Layer => Some(builder.get_with_hints(config.width, "bias", Init::Const(0.0))?),
            Norm::Rms => None,
        };
        Ok(Self { weight, bias })
    }

    /// The normalisation at the end of a stack, which only pre-norm has.
    pub(crate) fn last(config: &Config, builder: &VarBuilder<'_>) -> Result<Option<Self>> {
        match config.normalisation {
            Normalisation::Pre => Self::new(config, &builder.pp("last")).map(Some),
            Normalisation::Post => Ok(None),
        }
    }
}

/// One layer's weights.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) attention: Attention,
    pub(crate) feed_forward: FeedForward,
    pub(crate) first: RowNorm,
    pub(crate) second: RowNorm,
}

impl Block {
    pub(crate) fn stack(config: &Config, layers: usize, builder: &VarBuilder<'_>) -> Result<Vec<Self>> {
        let layer = |at: usize| {
            let builder = builder.pp(at);
            Ok(Self {
                attention: Attention::new(config, &builder.pp("attention"))?,
                feed_forward: FeedForward::new(config, &builder.pp("feed_forward"))?,
                first: RowNorm::new(config, &builder.pp("first"))?,
                second: RowNorm::new(config, &builder.pp("second"))?,
            })
        };
        (0..layers).map(layer).collect()
    }
}
