//! What a training reached, as kept in `metrics.json`.
//!
//! Invariants: a metric that isn't defined on the examples is absent, never a made-up number.

use serde::{Deserialize, Serialize};

/// Metrics on held-out examples, and how training went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// Examples trained on.
    pub training_examples: usize,
    /// Examples measured on.
    pub examples: usize,
    /// Gifts among them.
    pub gifts: usize,
    /// Area under the ROC curve over all pairs.
    pub auc: Option<f64>,
    /// Mean over users with both outcomes.
    pub uauc: Option<f64>,
    /// The same weighted by their examples.
    pub gauc: Option<f64>,
    /// Mean over users with a gift, of their ten best examples.
    pub ndcg_at_10: Option<f64>,
    /// Cross-entropy, nats.
    pub log_loss: Option<f64>,
    /// Expected calibration error over 15 bins of equal mass.
    pub calibration_error: Option<f64>,
    /// Mean predicted probability by the share of gifts.
    pub predicted_to_observed: Option<f64>,
    /// Sum of expected values by the sum of values.
    pub value_predicted_to_observed: Option<f64>,
    /// Spearman's correlation of expected and true value over all pairs.
    pub value_spearman: Option<f64>,
    /// Epoch whose weights were kept, from 1.
    pub epoch: usize,
    /// Epochs in order.
    pub history: Vec<Epoch>,
}

impl Reached {
    /// What early stopping goes by: GAUC, or AUC where no user has both outcomes, or else the loss.
    pub(super) fn goodness(&self) -> f64 {
        self.gauc.or(self.auc).or(self.log_loss.map(|loss| -loss)).unwrap_or(f64::MIN)
    }
}

/// One pass over the training examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Cross-entropy on the validation examples.
    pub validation_loss: Option<f64>,
    /// GAUC there.
    pub gauc: Option<f64>,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Whether it was the best so far.
    pub best: bool,
}
