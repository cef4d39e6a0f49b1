//! How to train: what is not part of the ranker itself.
//!
//! Invariants: unknown fields are refused; what [`TrainingConfig::validate`] accepts can be run.

use crate::GiftingError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of one training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Seed of first weights, order, sampling and dropout.
    pub seed: u64,
    /// Epochs at most.
    pub epochs: usize,
    /// Epochs without a better validation result after which training stops.
    pub patience: usize,
    /// Examples per step.
    pub batch: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Steps of linear warm-up; at most a quarter of all.
    pub warmup: usize,
    /// AdamW's weight decay.
    pub weight_decay: f64,
    /// Largest joint norm of the gradients.
    pub clip: f64,
    /// Weight of the value's likelihood; 0 trains the probability alone.
    pub value_weight: f64,
    /// Share of the examples without a gift that an epoch sees, drawn anew for each. The odds are corrected for it.
    pub negatives_kept: f64,
    /// Share of the examples without a gift that were kept when the examples were made, in training and validation
    /// alike. Probabilities are corrected for it after training; what was reached is told of the examples as they are.
    pub negatives_kept_before: f64,
    /// Times an id has to turn up to get a row of its own.
    pub least_seen: usize,
    /// Chance that an id is treated as unknown in a batch, which trains the cold start.
    pub id_dropout: f64,
    /// Chance that a modality of a segment is hidden, so that the ranker learns to do without.
    pub modality_dropout: f64,
    /// Chance that a hidden value is dropped.
    pub dropout: f64,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 10,
            patience: 2,
            batch: 256,
            learning_rate: 2e-3,
            warmup: 50,
            weight_decay: 0.01,
            clip: 1.0,
            value_weight: 0.2,
            negatives_kept: 1.0,
            negatives_kept_before: 1.0,
            least_seen: 2,
            id_dropout: 0.1,
            modality_dropout: 0.1,
            dropout: 0.1,
        }
    }
}

impl TrainingConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`GiftingError::Config`], naming the first field that can't be used.
    pub fn validate(&self) -> Result<(), GiftingError> {
        let refuse = |field: &str, reason: &str| Err(GiftingError::config(field, reason));
        for (field, value) in [("epochs", self.epochs), ("patience", self.patience), ("batch", self.batch)] {
            if value == 0 {
                return refuse(field, "must be at least 1");
            }
        }
        for (field, value) in [("learning_rate", self.learning_rate), ("clip", self.clip)] {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(field, "must be positive");
            }
        }
        for (field, value) in [("weight_decay", self.weight_decay), ("value_weight", self.value_weight)] {
            if !(value >= 0.0 && value.is_finite()) {
                return refuse(field, "must be 0 or more");
            }
        }
        let shares =
            [("negatives_kept", self.negatives_kept), ("negatives_kept_before", self.negatives_kept_before)];
        for (field, value) in shares {
            if !(value > 0.0 && value <= 1.0) {
                return refuse(field, "must be more than 0 and at most 1");
            }
        }
        let chances = [
            ("id_dropout", self.id_dropout),
            ("modality_dropout", self.modality_dropout),
            ("dropout", self.dropout),
        ];
        for (field, value) in chances {
            if !(0.0..1.0).contains(&value) {
                return refuse(field, "must be in 0..1");
            }
        }
        Ok(())
    }
}
