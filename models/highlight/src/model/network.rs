//! One network: projections, perceiver over the streamer's embedding, causal decoder, logits.
//!
//! Invariants: position i of every output depends on positions up to i alone; a row's result doesn't
//! depend on the other rows of its batch.

use super::Pass;
use super::decoder::Decoder;
use super::inputs::Projections;
use super::perceiver::Perceiver;
use super::positions::PositionTable;
use super::streamer::Streamers;
use crate::{Config, HighlightError};
use candle_core::{DType, Device, Tensor};
use candle_nn::Linear;
use kairos_training::Parameters;

/// A network of an ensemble, with parameters of its own.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) parameters: Parameters,
    pub(crate) projections: Projections,
    pub(crate) streamers: Streamers,
    pub(crate) positions: PositionTable,
    pub(crate) perceiver: Perceiver,
    pub(crate) decoder: Decoder,
    pub(crate) output: Linear,
    perceiver_positions: bool,
}

impl Network {
    pub(crate) fn new(config: &Config, seed: u64, device: &Device) -> Result<Self, HighlightError> {
        let parameters = Parameters::new(seed, device.clone());
        let builder = parameters.builder(DType::F32);
        Ok(Self {
            projections: Projections::new(config, &builder.pp("inputs"))?,
            streamers: Streamers::new(config, &builder.pp("streamer"))?,
            positions: PositionTable::new(config, &builder.pp("positions"))?,
            perceiver: Perceiver::new(config, &builder.pp("perceiver"))?,
            decoder: Decoder::new(config, &builder.pp("decoder"))?,
            output: candle_nn::linear(config.width, config.logits(), builder.pp("output"))?,
            perceiver_positions: config.perceiver_positions,
            parameters,
        })
    }

    /// Logits `[batch, n, heads · delays]` from aligned units `e` of `[batch, n, width]`, one streamer per row.
    pub(crate) fn logits(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
        pass: &Pass,
    ) -> Result<Tensor, HighlightError> {
        let hidden = self.perceive(units, streamers, pass)?;
        let hidden = self.decoder.forward(&hidden, pass)?;
        Ok(pass.dense(&self.output, &hidden)?)
    }

    fn perceive(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
        pass: &Pass,
    ) -> Result<Tensor, HighlightError> {
        let positions = self.positions.first(units.dim(1)?)?;
        let query = self.streamers.forward(units, streamers, pass)?;
        let (units, query) = if self.perceiver_positions {
            (units.broadcast_add(&positions)?, query.broadcast_add(&positions)?)
        } else {
            (units.clone(), query)
        };
        let hidden = self.perceiver.forward(&units, &query, pass)?;
        Ok(hidden.broadcast_add(&positions)?)
    }
}
