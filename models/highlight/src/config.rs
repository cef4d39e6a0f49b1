//! Architecture of a ContentCTR model: everything that has to be known to rebuild it.
//!
//! Invariants: unknown fields are refused; what [`Config::validate`] accepts can be built. Where the paper's
//! value isn't published, the default is this project's choice.

use crate::{Calibration, HighlightError, MODALITIES, Modality};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a modality's vectors come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Values per vector.
    pub width: usize,
    /// Name of the encoder.
    pub encoder: String,
    /// Digest of the encoder's weights, in hex.
    pub digest: String,
}

/// Inputs by modality. A modality without an entry is never read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inputs {
    /// Frames.
    pub picture: Option<Input>,
    /// Sound.
    pub sound: Option<Input>,
    /// Recognised speech.
    pub speech: Option<Input>,
    /// Comments.
    pub comment: Option<Input>,
    /// Gifts.
    pub gift: Option<Input>,
}

impl Inputs {
    /// The input of one modality.
    #[must_use]
    pub const fn get(&self, modality: Modality) -> Option<&Input> {
        match modality {
            Modality::Picture => self.picture.as_ref(),
            Modality::Sound => self.sound.as_ref(),
            Modality::Speech => self.speech.as_ref(),
            Modality::Comment => self.comment.as_ref(),
            Modality::Gift => self.gift.as_ref(),
        }
    }
}

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// Where layer normalisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Before attention and feed-forward. As released, the perceiver's residual then adds the normalised query.
    Pre,
    /// After each residual.
    Post,
}

/// Absolute positions over the look-back window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// One trained vector per slot.
    Learned,
    /// Sines and cosines.
    Sinusoidal,
}

/// Architecture, inputs, label and calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Encoders and widths by modality.
    pub inputs: Inputs,
    /// Length of a unit in seconds.
    pub unit_seconds: f64,
    /// Units a score can see, its own included.
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
    /// Chance that a hidden value is dropped while training.
    pub dropout: f64,
    /// Where layer normalisation stands.
    pub normalisation: Normalisation,
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
    /// Calibration per head, fitted on held-out rooms; a head without one is not calibrated.
    pub calibration: BTreeMap<Head, Calibration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            inputs: Inputs::default(),
            unit_seconds: 2.0,
            look_back: 32,
            width: 64,
            heads: 4,
            perceiver_layers: 2,
            share_perceiver: false,
            decoder_layers: 1,
            feed_forward: 128,
            dropout: 0.1,
            normalisation: Normalisation::Pre,
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
    /// Checks every field.
    ///
    /// # Errors
    /// [`HighlightError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), HighlightError> {
        let refuse = |field: &str, reason: &str| Err(HighlightError::config(field, reason));
        let between = |field: &str, value: usize, most: usize| {
            let reason = format!("{value} is not between 1 and {most}");
            if (1..=most).contains(&value) { Ok(()) } else { Err(HighlightError::config(field, reason)) }
        };
        if !MODALITIES.iter().any(|&modality| self.inputs.get(modality).is_some()) {
            return refuse("inputs", "no modality has an input");
        }
        for modality in MODALITIES {
            if let Some(input) = self.inputs.get(modality) {
                between(&format!("inputs.{modality}.width"), input.width, 16_384)?;
            }
        }
        between("look_back", self.look_back, 4096)?;
        between("width", self.width, 4096)?;
        between("heads", self.heads, 64)?;
        between("perceiver_layers", self.perceiver_layers, 64)?;
        between("decoder_layers", self.decoder_layers, 64)?;
        between("feed_forward", self.feed_forward, 65_536)?;
        if !self.width.is_multiple_of(2) || !self.width.is_multiple_of(self.heads) {
            return refuse("width", "must be even and a multiple of heads");
        }
        if !(self.unit_seconds.is_finite() && self.unit_seconds > 0.0) {
            return refuse("unit_seconds", "must be positive");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("dropout", "must be in 0..1");
        }
        if !(0.0..=1.0).contains(&self.positive_from) {
            return refuse("positive_from", "must be in 0..=1");
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            return refuse("threshold", "must be in 0..=1");
        }
        let mut outputs = self.outputs.clone();
        outputs.sort_unstable();
        outputs.dedup();
        if outputs.is_empty() || outputs.len() != self.outputs.len() {
            return refuse("outputs", "must name at least one head, and each once");
        }
        if self.streamers.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse("streamers", "must be sorted and free of repetitions");
        }
        for (head, calibration) in &self.calibration {
            if !calibration.is_usable() {
                return refuse(&format!("calibration.{}", head.name()), "scale must be positive and finite");
            }
        }
        Ok(())
    }
}
