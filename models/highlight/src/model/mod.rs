//! The ContentCTR forward pass: projections, perceiver over the streamer's embedding, causal decoder, scores.
//!
//! Invariants: position i of every output depends on positions up to i alone; a row's result doesn't
//! depend on the other rows of its batch.

mod attention;
mod decoder;
mod inputs;
mod pass;
mod perceiver;
mod positions;
mod streamer;

pub(crate) use inputs::Projections;
pub(crate) use pass::Pass;
pub use streamer::streamer_fingerprint;

use crate::{Config, Head, HighlightError, UnitFeatures};
use candle_core::{DType, Device, Tensor};
use candle_nn::{LayerNorm, Linear, Module};
use decoder::Decoder;
use kairos_training::Parameters;
use perceiver::Perceiver;
use positions::PositionTable;
use streamer::Streamers;

/// Calibrated scores of one unit, in the order of [`Config::outputs`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scores(pub Vec<(Head, f64)>);

impl Scores {
    /// The score of one head.
    #[must_use]
    pub fn get(&self, head: Head) -> Option<f64> {
        self.0.iter().find(|(name, _)| *name == head).map(|(_, score)| *score)
    }

    /// Differences per head to scores of the same model.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(&(head, a), (_, b))| (head, a - b)).collect())
    }
}

/// A ContentCTR model (Deng et al. 2023), causal throughout as in KuaiHL (Deng et al. 2024).
#[derive(Debug, Clone)]
pub struct ContentCtr {
    config: Config,
    parameters: Parameters,
    device: Device,
    projections: Projections,
    streamers: Streamers,
    positions: PositionTable,
    perceiver: Perceiver,
    decoder: Decoder,
    output: Linear,
}

impl ContentCtr {
    /// A model with first values drawn from `seed`.
    ///
    /// # Errors
    /// When the configuration can't be used.
    pub fn new(config: Config, seed: u64, device: &Device) -> Result<Self, HighlightError> {
        config.validate()?;
        let parameters = Parameters::new(seed, device.clone());
        let builder = parameters.builder(DType::F32);
        let projections = Projections::new(&config, &builder.pp("inputs"))?;
        let streamers = Streamers::new(&config, &builder.pp("streamer"))?;
        let positions = PositionTable::new(&config, &builder.pp("positions"))?;
        let perceiver = Perceiver::new(&config, &builder.pp("perceiver"))?;
        let decoder = Decoder::new(&config, &builder.pp("decoder"))?;
        let output = candle_nn::linear(config.width, config.outputs.len(), builder.pp("output"))?;
        let device = device.clone();
        Ok(Self { config, parameters, device, projections, streamers, positions, perceiver, decoder, output })
    }

    /// Architecture, label and calibration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) const fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    pub(crate) const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) const fn projections(&self) -> &Projections {
        &self.projections
    }

    /// Row of a streamer's own embedding; `None` starts from content.
    pub(crate) fn streamer_row(&self, streamer: &str) -> Option<usize> {
        self.config.streamers.binary_search(&streamer_fingerprint(streamer)).ok()
    }

    /// Logits `[batch, n, outputs]` from aligned units `e` of `[batch, n, width]`, one streamer per row.
    pub(crate) fn logits(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
        pass: &Pass,
    ) -> Result<Tensor, HighlightError> {
        let hidden = self.perceive(units, streamers, pass)?;
        let hidden = self.decoder.forward(&hidden, false, pass)?;
        Ok(self.output.forward(&hidden)?)
    }

    /// Logits `[batch, outputs]` of the last position alone, which saves the decoder's last layer most of
    /// its work.
    pub(crate) fn last_logits(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
    ) -> Result<Tensor, HighlightError> {
        let pass = Pass::scoring();
        let hidden = self.perceive(units, streamers, &pass)?;
        let hidden = self.decoder.forward(&hidden, true, &pass)?;
        Ok(self.output.forward(&hidden)?.squeeze(1)?)
    }

    /// Scores of every unit of one window at once, as the decoder gives them: unit i sees units up to i.
    ///
    /// # Errors
    /// When the window is empty or longer than the look-back, or features don't fit.
    pub fn score_window(
        &self,
        streamer: &str,
        units: &[UnitFeatures],
    ) -> Result<Vec<Scores>, HighlightError> {
        if units.is_empty() || units.len() > self.config.look_back {
            let reason = format!("{} units, must be 1 to {}", units.len(), self.config.look_back);
            return Err(HighlightError::Shape { what: "window", reason });
        }
        let units: Vec<&UnitFeatures> = units.iter().collect();
        for unit in &units {
            self.projections.check(unit)?;
        }
        let aligned = self.projections.aligned(&units, &self.device)?.units.unsqueeze(0)?;
        let logits = self.logits(&aligned, &[self.streamer_row(streamer)], &Pass::scoring())?;
        let logits: Vec<Vec<f32>> = logits.squeeze(0)?.to_vec2()?;
        Ok(logits.iter().map(|row| self.scores(row)).collect())
    }

    /// Calibrated scores of one row of logits.
    pub(crate) fn scores(&self, logits: &[f32]) -> Scores {
        let calibrated = self.config.outputs.iter().zip(logits).map(|(&head, &logit)| {
            let calibration = self.config.calibration.get(&head).copied().unwrap_or_default();
            (head, calibration.probability(f64::from(logit)))
        });
        Scores(calibrated.collect())
    }

    fn perceive(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
        pass: &Pass,
    ) -> Result<Tensor, HighlightError> {
        let n = units.dim(1)?;
        let positions = self.positions.first(n)?;
        let query = self.streamers.forward(units, streamers)?;
        let (units, query) = if self.config.perceiver_positions {
            (units.broadcast_add(&positions)?, query.broadcast_add(&positions)?)
        } else {
            (units.clone(), query)
        };
        let hidden = self.perceiver.forward(&units, &query, pass)?;
        Ok(hidden.broadcast_add(&positions)?)
    }
}

fn layer_norm(width: usize, builder: candle_nn::VarBuilder<'_>) -> candle_core::Result<LayerNorm> {
    candle_nn::layer_norm(width, 1e-5, builder)
}
