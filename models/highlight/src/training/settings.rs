//! How to train: what is not part of the model itself.
//!
//! Invariants: unknown fields are refused; weights of losses are 0 or more.

use crate::HighlightError;
use crate::losses::Positive;
use serde::{Deserialize, Serialize};

/// Settings of one training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Seed of first values, order, dropout and drawn pairs.
    pub seed: u64,
    /// Epochs at most.
    pub epochs: usize,
    /// Epochs without a better validation result after which training stops.
    pub patience: usize,
    /// Windows per step.
    pub batch: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Steps of linear warm-up.
    pub warmup: usize,
    /// AdamW's weight decay.
    pub weight_decay: f64,
    /// Largest joint norm of the gradients.
    pub clip: f64,
    /// Chance that a modality is hidden in a whole window, so that the model learns to do without.
    pub modality_dropout: f64,
    /// Chance that a window is scored as if its streamer were unknown, which trains the cold start.
    pub streamer_dropout: f64,
    /// Weight of the border-aware pairwise loss. Not published; 1.
    pub pairwise_weight: f64,
    /// Weight of the alignment loss; 0.01 as released.
    pub alignment_weight: f64,
    /// Positive of the alignment loss; plain as released.
    pub positive: Positive,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 30,
            patience: 6,
            batch: 16,
            learning_rate: 1e-3,
            warmup: 40,
            weight_decay: 0.01,
            clip: 1.0,
            modality_dropout: 0.15,
            streamer_dropout: 0.5,
            pairwise_weight: 1.0,
            alignment_weight: 0.01,
            positive: Positive::Plain,
        }
    }
}

impl TrainingConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`HighlightError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), HighlightError> {
        for (field, value) in [("epochs", self.epochs), ("patience", self.patience), ("batch", self.batch)] {
            if value == 0 {
                return Err(HighlightError::config(field, "must be at least 1"));
            }
        }
        let positive = [("learning_rate", self.learning_rate), ("clip", self.clip)];
        let not_negative = [
            ("weight_decay", self.weight_decay),
            ("pairwise_weight", self.pairwise_weight),
            ("alignment_weight", self.alignment_weight),
        ];
        let chances =
            [("modality_dropout", self.modality_dropout), ("streamer_dropout", self.streamer_dropout)];
        for (field, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return Err(HighlightError::config(field, "must be positive"));
            }
        }
        for (field, value) in not_negative {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(HighlightError::config(field, "must be 0 or more"));
            }
        }
        for (field, value) in chances {
            if !(0.0..=1.0).contains(&value) {
                return Err(HighlightError::config(field, "must be in 0..=1"));
            }
        }
        Ok(())
    }
}
