//! What a training reached, and how it got there.
//!
//! Invariants: a mean is over the rooms (and decision delays) where its metric is defined, `None` where it never is.

use serde::{Deserialize, Serialize};

/// What a model reached on its validation rooms. Metrics are computed per room and decision delay over the rows with
/// a label, then averaged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reached {
    /// Rooms trained on.
    pub training_rooms: usize,
    /// Rooms validated on.
    pub validation_rooms: usize,
    /// Labelled units in them.
    pub validation_units: usize,
    /// Best epoch, of the first member.
    pub epoch: usize,
    /// Average precision of the highlight score (or the only score) against `label >= positive_from`.
    pub average_precision: Option<f64>,
    /// Area under the receiver operating characteristic, likewise.
    pub roc_auc: Option<f64>,
    /// Share of positives among the ten highest scores.
    pub precision_at_10: Option<f64>,
    /// Kendall's tau-b of the click-through score (or the only score) against the label.
    pub kendall_tau_b: Option<f64>,
    /// Spearman's rho, likewise.
    pub spearman: Option<f64>,
    /// Cross-entropy of the logits, before calibration.
    pub loss: Option<f64>,
    /// Share of positive units: what a random score reaches.
    pub positive_share: f64,
    /// Average precision of the messages of the last seven seconds in the same rooms.
    pub baseline_average_precision: Option<f64>,
    /// The same by decision delay, in the order of `Config.delays`.
    pub delays: Vec<AtDelay>,
    /// All epochs of all members, in their order.
    pub history: Vec<Epoch>,
}

/// Metrics at one decision delay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtDelay {
    /// The delay in seconds.
    pub seconds: f64,
    /// See [`Reached::average_precision`].
    pub average_precision: Option<f64>,
    /// See [`Reached::roc_auc`].
    pub roc_auc: Option<f64>,
    /// See [`Reached::precision_at_10`].
    pub precision_at_10: Option<f64>,
    /// See [`Reached::kendall_tau_b`].
    pub kendall_tau_b: Option<f64>,
    /// See [`Reached::spearman`].
    pub spearman: Option<f64>,
    /// See [`Reached::loss`].
    pub loss: Option<f64>,
    /// See [`Reached::baseline_average_precision`].
    pub baseline_average_precision: Option<f64>,
}

/// One epoch of training one member.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// Member of the ensemble, from 0.
    pub member: usize,
    /// Epoch of that member, from 1.
    pub epoch: usize,
    /// Mean training loss, all terms.
    pub loss: f64,
    /// Cross-entropy on the validation rooms, of this member alone.
    pub validation_loss: Option<f64>,
    /// Mean average precision on the validation rooms, likewise.
    pub average_precision: Option<f64>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Whether the epoch is the member's best so far.
    pub best: bool,
}
