//! How good scores are: ranking, correlation and retrieval metrics.
//!
//! Invariants: every function is `None` where the metric is undefined (lengths differ, a value is NaN, one
//! class is missing), never NaN; ties are treated by the metric's own definition, not by input order.

mod correlation;
mod ranking;
mod retrieval;

pub use correlation::{kendall_tau_b, spearman};
pub use ranking::{average_precision, roc_auc};
pub use retrieval::{interval_recall, precision_at};

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

fn comparable<T>(values: &[f64], others: &[T]) -> bool {
    !values.is_empty() && values.len() == others.len() && values.iter().all(|value| !value.is_nan())
}
