//! What a model reaches on held-out rooms, beside the plainest baseline.
//!
//! Invariants: every row is scored from its own look-back window; metrics are computed per room and decision delay
//! and then averaged; the baseline reads no later message; one room is held at a time.

use super::objective::positive;
use super::reached::{AtDelay, Reached};
use super::{Rooms, TrainingRoom};
use crate::{Calibration, Config, Head, HighlightError};
use kairos_training::metrics::{average_precision, kendall_tau_b, precision_at, roc_auc, spearman};
use std::collections::BTreeMap;

/// The baseline counts messages of this many seconds.
const RATE_S: f64 = 7.0;

/// Names of the metrics, as places in a row of means.
const METRICS: usize = 7;
const AP: usize = 0;
const AUC: usize = 1;
const P10: usize = 2;
const TAU: usize = 3;
const RHO: usize = 4;
const LOSS: usize = 5;
const BASELINE: usize = 6;

/// Logits of a room, `[row][heads · delays]`.
pub(super) type Logits = Vec<Vec<f32>>;
/// A sum and how many terms it has.
type Mean = (f64, usize);

/// Everything known after scoring all validation rooms.
pub(super) struct Found {
    pub(super) reached: Reached,
    /// Logits and targets by output and delay, for calibration.
    pairs: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Found {
    /// What early stopping goes by: average precision, or rank correlation where there are no two classes, or
    /// else the loss.
    pub(super) fn goodness(&self) -> f64 {
        let Reached { average_precision, kendall_tau_b, loss, .. } = self.reached;
        average_precision.or(kendall_tau_b).or(loss.map(|loss| -loss)).unwrap_or(f64::MIN)
    }

    /// Fits every head's calibration at every delay.
    pub(super) fn calibration(&self, config: &Config) -> BTreeMap<Head, Vec<Calibration>> {
        let delays = config.delays.len();
        let fit = |(logits, targets): &(Vec<f64>, Vec<f64>)| Calibration::fit(logits, targets);
        let heads = config.outputs.iter().zip(self.pairs.chunks(delays));
        heads.map(|(&head, pairs)| (head, pairs.iter().map(fit).collect())).collect()
    }
}

/// Scores all rooms with `logits` and measures.
pub(super) fn evaluate(
    config: &Config,
    rooms: &dyn Rooms,
    logits: &dyn Fn(&TrainingRoom) -> Result<Logits, HighlightError>,
) -> Result<Found, HighlightError> {
    let delays = config.delays.len();
    let mut means = vec![[(0.0, 0); METRICS]; delays];
    let mut pairs = vec![(Vec::new(), Vec::new()); config.logits()];
    let (mut units, mut positives) = (0, 0);
    for index in 0..rooms.len() {
        let room = rooms.load(index)?;
        let logits = logits(&room)?;
        let rate = message_rate(&room.messages, config.unit_seconds);
        for (delay, labels) in room.labels.iter().enumerate() {
            let known: Vec<usize> = (0..labels.len()).filter(|&row| !labels[row].is_nan()).collect();
            let column = |output: usize| -> Vec<f64> {
                known.iter().map(|&row| f64::from(logits[row][output * delays + delay])).collect()
            };
            let labels: Vec<f64> = known.iter().map(|&row| f64::from(labels[row])).collect();
            let binary: Vec<f64> = labels.iter().map(|&y| positive(y, config.positive_from)).collect();
            let truth: Vec<bool> = binary.iter().map(|&y| y > 0.5).collect();
            if delay == 0 {
                units += known.len();
                positives += truth.iter().filter(|is| **is).count();
            }
            let mut losses = Vec::new();
            for (output, head) in config.outputs.iter().enumerate() {
                let (column, targets) = (column(output), if *head == Head::Ctr { &labels } else { &binary });
                losses.extend(
                    column.iter().zip(targets).map(|(&x, &y)| crate::calibration::cross_entropy(x, y)),
                );
                let pairs = &mut pairs[output * delays + delay];
                pairs.0.extend(column);
                pairs.1.extend(targets);
            }
            let of = |head: Head| config.outputs.iter().position(|other| *other == head).unwrap_or(0);
            let (highlight, ctr) = (column(of(Head::Highlight)), column(of(Head::Ctr)));
            let mut add = |metric: usize, value: Option<f64>| {
                if let Some(value) = value {
                    let mean: &mut Mean = &mut means[delay][metric];
                    *mean = (mean.0 + value, mean.1 + 1);
                }
            };
            add(AP, average_precision(&highlight, &truth));
            add(AUC, roc_auc(&highlight, &truth));
            add(P10, precision_at(10, &highlight, &truth));
            add(TAU, kendall_tau_b(&ctr, &labels));
            add(RHO, spearman(&ctr, &labels));
            let count = losses.len() as f64;
            add(LOSS, (count > 0.0).then(|| losses.iter().sum::<f64>() / count));
            if !rate.is_empty() {
                let rate: Vec<f64> = known.iter().map(|&row| rate[row]).collect();
                add(BASELINE, average_precision(&rate, &truth));
            }
        }
    }
    let mut reached = summary(config, &means);
    reached.validation_rooms = rooms.len();
    reached.validation_units = units;
    reached.positive_share = positives as f64 / units.max(1) as f64;
    Ok(Found { reached, pairs })
}

fn summary(config: &Config, means: &[[Mean; METRICS]]) -> Reached {
    let mean = |(sum, count): Mean| (count > 0).then(|| sum / count as f64);
    let all = |metric: usize| {
        let each = means.iter().map(|row| row[metric]);
        mean(each.fold((0.0, 0), |all, one| (all.0 + one.0, all.1 + one.1)))
    };
    let delays = means.iter().zip(&config.delays).map(|(row, &seconds)| AtDelay {
        seconds,
        average_precision: mean(row[AP]),
        roc_auc: mean(row[AUC]),
        precision_at_10: mean(row[P10]),
        kendall_tau_b: mean(row[TAU]),
        spearman: mean(row[RHO]),
        loss: mean(row[LOSS]),
        baseline_average_precision: mean(row[BASELINE]),
    });
    Reached {
        average_precision: all(AP),
        roc_auc: all(AUC),
        precision_at_10: all(P10),
        kendall_tau_b: all(TAU),
        spearman: all(RHO),
        loss: all(LOSS),
        baseline_average_precision: all(BASELINE),
        delays: delays.collect(),
        ..Reached::default()
    }
}

/// Messages of the last seven seconds at each unit.
fn message_rate(messages: &[f32], unit_seconds: f64) -> Vec<f64> {
    let reach = (RATE_S / unit_seconds).round().max(1.0) as usize;
    let count =
        |end: usize| messages[(end + 1).saturating_sub(reach)..=end].iter().map(|&m| f64::from(m)).sum();
    (0..messages.len()).map(count).collect()
}
