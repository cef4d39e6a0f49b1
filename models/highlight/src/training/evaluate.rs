//! What a model reaches on held-out rooms, beside the plainest baseline.
//!
//! Invariants: every unit is scored from its own look-back window; metrics are computed per room and then
//! averaged; the baseline reads no later message.

use super::{TrainingRoom, positive};
use crate::{Calibration, Config, ContentCtr, Head, HighlightError};
use candle_core::Tensor;
use kairos_training::metrics::{average_precision, kendall_tau_b, precision_at, roc_auc, spearman};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Windows scored at once: enough to fill the matrix kernels.
const AT_ONCE: usize = 64;
/// The baseline counts messages of this many seconds.
const RATE_S: f64 = 7.0;

/// What a model reached on its validation rooms; means over the rooms where the metric is defined.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// Rooms trained on.
    pub training_rooms: usize,
    /// Rooms validated on.
    pub validation_rooms: usize,
    /// Labelled units in them.
    pub validation_units: usize,
    /// Best epoch.
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
    /// Share of positive units: what a random score reaches.
    pub positive_share: f64,
    /// Average precision of the messages of the last seven seconds in the same rooms.
    pub baseline_average_precision: Option<f64>,
}

/// Logits of all validation rooms, and their average precision.
pub(super) struct Found {
    pub(super) average_precision: Option<f64>,
    /// Per room, per unit, per output.
    logits: Vec<Vec<Vec<f32>>>,
    tau: Option<f64>,
}

impl Found {
    /// What early stopping goes by: average precision, or rank correlation where there are no two classes.
    pub(super) fn goodness(&self) -> f64 {
        self.average_precision.or(self.tau).unwrap_or(f64::MIN)
    }
}

/// Scores every unit of the rooms.
pub(super) fn evaluate(model: &ContentCtr, rooms: &[TrainingRoom]) -> Result<Found, HighlightError> {
    let logits = rooms.iter().map(|room| room_logits(model, room)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Found { average_precision: None, logits, tau: None };
    let reached = found.reached(rooms, model.config());
    (found.average_precision, found.tau) = (reached.average_precision, reached.kendall_tau_b);
    Ok(found)
}

fn room_logits(model: &ContentCtr, room: &TrainingRoom) -> Result<Vec<Vec<f32>>, HighlightError> {
    let (count, look_back) = (room.units.len(), model.config().look_back);
    if count == 0 {
        return Ok(Vec::new());
    }
    let units: Vec<_> = room.units.iter().collect();
    let aligned = model.projections().aligned(&units, model.device())?.units;
    let row = model.streamer_row(&room.streamer);
    // The first window gives the scores of all its units; later units end a window of their own.
    let first = count.min(look_back);
    let start = aligned.narrow(0, 0, first)?.unsqueeze(0)?;
    let mut logits: Vec<Vec<f32>> =
        model.logits(&start, &[row], &crate::model::Pass::scoring())?.squeeze(0)?.to_vec2()?;
    let ends: Vec<usize> = (first + 1..=count).collect();
    for ends in ends.chunks(AT_ONCE) {
        let windows = ends.iter().map(|end| aligned.narrow(0, end - look_back, look_back));
        let windows = Tensor::stack(&windows.collect::<candle_core::Result<Vec<_>>>()?, 0)?;
        logits.extend(model.last_logits(&windows, &vec![row; ends.len()])?.to_vec2::<f32>()?);
    }
    Ok(logits)
}

impl Found {
    pub(super) fn reached(&self, rooms: &[TrainingRoom], config: &Config) -> Reached {
        let output = |head: Head| config.outputs.iter().position(|other| *other == head).unwrap_or(0);
        let mut means: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        let mut add = |name: &'static str, value: Option<f64>| {
            if let Some(value) = value {
                let mean = means.entry(name).or_default();
                *mean = (mean.0 + value, mean.1 + 1);
            }
        };
        let (mut units, mut positives) = (0, 0);
        for (room, logits) in rooms.iter().zip(&self.logits) {
            let labels = room.labels_f64();
            let labelled: Vec<usize> = (0..labels.len()).filter(|&at| !labels[at].is_nan()).collect();
            let truth: Vec<bool> =
                labelled.iter().map(|&at| positive(labels[at], config.positive_from) > 0.5).collect();
            let column = |head: Head| -> Vec<f64> {
                labelled.iter().map(|&at| f64::from(logits[at][output(head)])).collect()
            };
            let (highlight, ctr) = (column(Head::Highlight), column(Head::Ctr));
            let labels: Vec<f64> = labelled.iter().map(|&at| labels[at]).collect();
            units += labelled.len();
            positives += truth.iter().filter(|is| **is).count();
            add("ap", average_precision(&highlight, &truth));
            add("auc", roc_auc(&highlight, &truth));
            add("p10", precision_at(10, &highlight, &truth));
            add("tau", kendall_tau_b(&ctr, &labels));
            add("rho", spearman(&ctr, &labels));
            if !room.messages.is_empty() {
                let rate = message_rate(&room.messages, config.unit_seconds);
                let rate: Vec<f64> = labelled.iter().map(|&at| rate[at]).collect();
                add("baseline", average_precision(&rate, &truth));
            }
        }
        let mean = |name: &str| means.get(name).map(|(sum, count)| sum / *count as f64);
        Reached {
            training_rooms: 0,
            validation_rooms: rooms.len(),
            validation_units: units,
            epoch: 0,
            average_precision: mean("ap"),
            roc_auc: mean("auc"),
            precision_at_10: mean("p10"),
            kendall_tau_b: mean("tau"),
            spearman: mean("rho"),
            positive_share: positives as f64 / units.max(1) as f64,
            baseline_average_precision: mean("baseline"),
        }
    }
}

/// Messages of the last seven seconds at each unit.
fn message_rate(messages: &[f32], unit_seconds: f64) -> Vec<f64> {
    let reach = (RATE_S / unit_seconds).round().max(1.0) as usize;
    let count =
        |end: usize| messages[(end + 1).saturating_sub(reach)..=end].iter().map(|&m| f64::from(m)).sum();
    (0..messages.len()).map(count).collect()
}

/// Fits every head's calibration to the validation rooms.
pub(super) fn calibrate(
    model: &ContentCtr,
    rooms: &[TrainingRoom],
) -> Result<BTreeMap<Head, Calibration>, HighlightError> {
    let found = evaluate(model, rooms)?;
    let config = model.config();
    let labels: Vec<f64> = rooms.iter().flat_map(TrainingRoom::labels_f64).collect();
    let fit = |(at, head): (usize, &Head)| {
        let logits: Vec<f64> = found.logits.iter().flatten().map(|row| f64::from(row[at])).collect();
        let targets: Vec<f64> = match head {
            Head::Ctr => labels.clone(),
            Head::Highlight => labels.iter().map(|&y| positive(y, config.positive_from)).collect(),
        };
        (*head, Calibration::fit(&logits, &targets))
    };
    Ok(config.outputs.iter().enumerate().map(fit).collect())
}
