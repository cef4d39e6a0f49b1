//! How good scores are: ranking, correlation, retrieval and calibration metrics.
//!
//! Invariants: every function is `None` where the metric is undefined (lengths differ, a value is NaN, one
//! class is missing), never NaN; ties are treated by the metric's own definition, not by input order.
//!
//! Where sources differ, the published numbers these functions reproduce are in `tests/public_numbers.rs`.

mod calibration;
mod correlation;
mod grouped;
mod intervals;
mod peaks;
mod ranking;
mod retrieval;

pub use calibration::{
    Binning, ReliabilityBin, brier_score, expected_calibration_error, log_loss, reliability,
};
pub use correlation::{kendall_tau_above, kendall_tau_b, spearman};
pub use grouped::{gauc, uauc};
pub use intervals::{
    ScoredInterval, interval_average_precision, interval_mean_average_precision, interval_recall,
};
pub use peaks::{peak_precision_at, peaks};
pub use ranking::{average_precision, interpolated_average_precision, roc_auc};
pub use retrieval::{
    Gain, f1_at_half, hit_rate_at, ndcg_at, ndcg_of_list, precision_at, precision_of_list, recall_at,
    recall_of_list,
};

/// Average ranks from 1, equal values sharing the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let order = ascending(values);
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|&&at| values[at] == values[order[start]]).count();
        for &at in &order[start..start + same] {
            ranks[at] = start as f64 + (same as f64 + 1.0) / 2.0;
        }
        start += same;
    }
    ranks
}

fn ascending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

/// Highest first, equal ones in the order they stand in: what a viewer of a list sees.
fn best_first(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // Not by total order, which puts 0 before -0.
    order.sort_by(|&a, &b| {
        scores[b].partial_cmp(&scores[a]).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(&b))
    });
    order
}

fn comparable<T>(values: &[f64], others: &[T]) -> bool {
    !values.is_empty() && values.len() == others.len() && values.iter().all(|value| !value.is_nan())
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}
