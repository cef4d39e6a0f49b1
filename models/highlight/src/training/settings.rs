//! How to train: what is not part of the model itself.
//!
//! Invariants: unknown fields are refused; weights of losses are 0 or more.

use crate::HighlightError;
use crate::losses::{Difference, Positive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of one training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Rooms held in memory at once; windows are shuffled within them, rooms among all.
    pub pool_rooms: usize,
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
    /// Chance that a standardised input value is zero, its training mean; the rest is scaled up.
    pub feature_dropout: f64,
    /// How far sharpness-aware minimisation climbs before each step; 0 does without.
    pub sam_rho: f64,
    /// Weight of the border-aware pairwise loss. Not published; 1.
    pub pairwise_weight: f64,
    /// Weight of the alignment loss; 0.01 as released.
    pub alignment_weight: f64,
    /// Positive of the alignment loss; plain as released.
    pub positive: Positive,
    /// Weight of the listwise cross-entropy of a window; 0 as in the released forward pass.
    pub listwise_weight: f64,
    /// Weight of the loss on first differences; 0 likewise.
    pub difference_weight: f64,
    /// What that loss does with what is left of a difference.
    pub difference: Difference,
    /// Weight of the cross-entropy of a window's mean score against the room's mean label; 0 likewise.
    pub live_mean_weight: f64,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 30,
            patience: 6,
            batch: 16,
            pool_rooms: 64,
            learning_rate: 1e-3,
            warmup: 40,
            weight_decay: 0.01,
            clip: 1.0,
            modality_dropout: 0.15,
            streamer_dropout: 0.5,
            feature_dropout: 0.0,
            sam_rho: 0.0,
            pairwise_weight: 1.0,
            alignment_weight: 0.01,
            positive: Positive::Plain,
            listwise_weight: 0.0,
            difference_weight: 0.0,
            difference: Difference::Squared,
            live_mean_weight: 0.0,
        }
    }
}

impl TrainingConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`HighlightError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), HighlightError> {
        let counts = [
            ("epochs", self.epochs),
            ("patience", self.patience),
            ("batch", self.batch),
            ("pool_rooms", self.pool_rooms),
        ];
        for (field, value) in counts {
            if value == 0 {
                return Err(HighlightError::config(field, "must be at least 1"));
            }
        }
        let positive = [("learning_rate", self.learning_rate), ("clip", self.clip)];
        let not_negative = [
            ("weight_decay", self.weight_decay),
            ("pairwise_weight", self.pairwise_weight),
            ("alignment_weight", self.alignment_weight),
            ("listwise_weight", self.listwise_weight),
            ("difference_weight", self.difference_weight),
            ("live_mean_weight", self.live_mean_weight),
            ("sam_rho", self.sam_rho),
        ];
        let chances =
            [("modality_dropout", self.modality_dropout), ("streamer_dropout", self.streamer_dropout)];
        if !(0.0..1.0).contains(&self.feature_dropout) {
            return Err(HighlightError::config("feature_dropout", "must be in 0..1"));
        }
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
