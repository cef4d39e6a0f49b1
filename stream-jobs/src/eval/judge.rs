//! Metrics of per-second scores against labels, per recording and over all.

use kairos_datasets::labels::Labels;
use kairos_training::metrics::{
    Binning, ReliabilityBin, average_precision, expected_calibration_error, kendall_tau_b, peak_precision_at,
    reliability, roc_auc,
};
use serde::Serialize;

use super::Scored;

/// Peaks closer than this are one moment, seconds.
const PEAK_DISTANCE_S: usize = 30;
/// Bins of the reliability plot.
const BINS: usize = 15;

/// What a recording's scores at one delay are worth; `None` where a metric is not defined.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// The recording.
    pub video: String,
    /// Decision delay, seconds.
    pub delay_s: f64,
    /// Average precision of the seconds.
    pub average_precision: Option<f64>,
    /// Area under the receiver operating characteristic.
    pub roc_auc: Option<f64>,
    /// Kendall's tau-b.
    pub kendall_tau_b: Option<f64>,
    /// Share of the five highest peaks, 30 s apart, that lie in a highlight.
    pub peak_precision_at_5: Option<f64>,
    /// Likewise of ten.
    pub peak_precision_at_10: Option<f64>,
}

/// Everything about a set of recordings.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// By delay, then recording.
    pub judged: Vec<Judged>,
    /// Per delay: all seconds' scores against their labels, in bins.
    pub reliability: Vec<(f64, Vec<ReliabilityBin>)>,
    /// Per delay: the expected calibration error.
    pub calibration_error: Vec<(f64, Option<f64>)>,
}

/// Judges scores at each of the delays.
pub fn judge(scored: &[(Scored, Labels)], delays: &[f64]) -> Table {
    let mut table = Table::default();
    for &delay in delays {
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for (recording, labels) in scored {
            let all = recording.all(delay);
            let known: Vec<(f64, bool)> = all
                .iter()
                .enumerate()
                .filter_map(|(second, score)| Some((*score, labels.at(second as u64)?)))
                .collect();
            let (own, positive): (Vec<f64>, Vec<bool>) = known.into_iter().unzip();
            let binary: Vec<f64> = positive.iter().map(|&is| f64::from(u8::from(is))).collect();
            let intervals = intervals(&positive);
            let peaks = |k| peak_precision_at(k, &own, PEAK_DISTANCE_S, &intervals);
            table.judged.push(Judged {
                video: recording.name.clone(),
                delay_s: delay,
                average_precision: average_precision(&own, &positive),
                roc_auc: roc_auc(&own, &positive),
                kendall_tau_b: kendall_tau_b(&own, &binary),
                peak_precision_at_5: peaks(5),
                peak_precision_at_10: peaks(10),
            });
            scores.extend(own);
            truth.extend(positive);
        }
        let bins = reliability(&scores, &truth, BINS, Binning::EqualWidth).unwrap_or_default();
        table.reliability.push((delay, bins));
        let error = expected_calibration_error(&scores, &truth, BINS, Binning::EqualMass);
        table.calibration_error.push((delay, error));
    }
    table
}

/// Runs of positive seconds, as intervals of places.
fn intervals(positive: &[bool]) -> Vec<(f64, f64)> {
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (at, _) in positive.iter().enumerate().filter(|(_, is)| **is) {
        let at = at as f64;
        match found.last_mut() {
            Some((_, end)) if *end >= at => *end = at + 1.0,
            _ => found.push((at, at + 1.0)),
        }
    }
    found
}

impl Table {
    /// The mean of a metric over the recordings where it is defined.
    pub fn mean(&self, delay: f64, metric: fn(&Judged) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> =
            self.judged.iter().filter(|judged| judged.delay_s == delay).filter_map(metric).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}
