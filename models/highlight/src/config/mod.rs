//! Architecture of a ContentCTR model: everything that has to be known to rebuild it.
//!
//! Invariants: unknown fields are refused; what [`Config::validate`] accepts can be built. Where the paper's
//! value isn't published, the default is this project's choice.

mod check;
mod inputs;

pub use inputs::{Input, Inputs};

use crate::Calibration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// The continuous label: the rate at which viewers click or stay.
    Ctr,
    /// The chance that the label reaches [`Config::positive_from`].
    Highlight,
}

impl Head {
    /// Lower-case name, as in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ctr => "ctr",
            Self::Highlight => "highlight",
        }
    }
}

/// Where normalisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Before attention and feed-forward. As released, the perceiver's residual then adds the normalised query.
    Pre,
    /// After each residual.
    Post,
}

/// What normalises a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// Layer normalisation: mean taken away, divided by the deviation, scaled and moved.
    Layer,
    /// Root mean square alone, scaled but not moved (T5).
    Rms,
}

/// Absolute positions over the look-back window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// One trained vector per slot.
    Learned,
    /// Sines and cosines.
    Sinusoidal,
}

/// Architecture, inputs, label and calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Encoders and widths by modality.
    pub inputs: Inputs,
    /// Length of a unit in seconds.
    pub unit_seconds: f64,
    /// Decision delays in seconds, ascending from 0: each head scores a unit once for each of them, with all that
    /// is known that many seconds after the unit's end. In units, [`Config::delay_units`].
    pub delays: Vec<f64>,
    /// Networks whose logits are averaged (a deep ensemble), each with first values of its own.
    pub members: usize,
    /// Units a row of scores can see, its own included.
    pub look_back: usize,
    /// Model width d; `v` and `z` take one half each.
    pub width: usize,
    /// Attention heads; divides `width`.
    pub heads: usize,
    /// Perceiver layers.
    pub perceiver_layers: usize,
    /// One set of perceiver weights for all layers. As released, each layer then starts over from the
    /// streamer's embedding, so any number of layers equals one.
    pub share_perceiver: bool,
    /// Layers of the causal decoder.
    pub decoder_layers: usize,
    /// Width inside feed-forward blocks.
    pub feed_forward: usize,
    /// Feed-forward blocks are gated: `down(gelu(gate(x)) · up(x))` (T5 version 1.1) instead of `down(relu(up(x)))`.
    pub gated: bool,
    /// Chance that a hidden value is dropped while training.
    pub dropout: f64,
    /// Where normalisation stands.
    pub normalisation: Normalisation,
    /// What normalises.
    pub norm: Norm,
    /// Kind of absolute positions.
    pub positions: Positions,
    /// Adds positions to the perceiver's rows too, not only to the decoder's. Not in the paper: without it a
    /// perceiver query can't tell its own unit from older ones.
    pub perceiver_positions: bool,
    /// Lowers each attention logit by a fixed slope per unit of age, steep in the first head and flat in
    /// the last. Not in the paper: it spares small training sets from having to learn recency.
    pub recency_bias: bool,
    /// Fingerprints of the streamers with an embedding of their own, one row each, as
    /// [`crate::streamer_fingerprint`] gives them. Others start from their content.
    pub streamers: Vec<String>,
    /// Scores the model gives.
    pub outputs: Vec<Head>,
    /// What the label is and where it comes from.
    pub label: String,
    /// Labels from here on count as positive for [`Head::Highlight`] and for the metrics.
    pub positive_from: f64,
    /// Calibrated score from which a unit is worth showing.
    pub threshold: f64,
    /// Calibration per head, one for each of `delays`, fitted on held-out rooms; a head without an entry, or with
    /// an empty one, is not calibrated.
    pub calibration: BTreeMap<Head, Vec<Calibration>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            inputs: Inputs::default(),
            unit_seconds: 2.0,
            delays: vec![0.0],
            members: 1,
            look_back: 32,
            width: 64,
            heads: 4,
            perceiver_layers: 2,
            share_perceiver: false,
            decoder_layers: 1,
            feed_forward: 128,
            gated: false,
            dropout: 0.1,
            normalisation: Normalisation::Pre,
            norm: Norm::Layer,
            positions: Positions::Learned,
            perceiver_positions: true,
            recency_bias: true,
            streamers: Vec::new(),
            outputs: vec![Head::Ctr, Head::Highlight],
            label: String::from("unknown"),
            positive_from: 0.5,
            threshold: 0.8,
            calibration: BTreeMap::new(),
        }
    }
}

impl Config {
    /// How many units the delay at `delays[k]` waits after a unit's own: `ceil(delay / unit_seconds)`; 0 where
    /// there is no such delay.
    #[must_use]
    pub fn delay_units(&self, k: usize) -> usize {
        // Six seconds of 0.6 s each are ten units, whatever the quotient's last bit says.
        self.delays.get(k).map_or(0, |delay| (delay / self.unit_seconds - 1e-9).ceil().max(0.0) as usize)
    }

    /// Logits per row: heads by delays, head-major.
    pub(crate) fn logits(&self) -> usize {
        self.outputs.len() * self.delays.len()
    }

    /// Calibration of one head's score at one delay.
    pub(crate) fn calibration_of(&self, head: Head, delay: usize) -> Calibration {
        self.calibration.get(&head).and_then(|each| each.get(delay)).copied().unwrap_or_default()
    }
}
