//! Metrics of what is shown: the first few moments, and intervals against true intervals.
//!
//! Invariants: equal scores are ranked earlier position first, which is what a viewer of a list sees.

use super::comparable;

/// Share of positives among the `k` highest scores. Fewer than `k` scores: among all of them.
#[must_use]
pub fn precision_at(k: usize, scores: &[f64], positive: &[bool]) -> Option<f64> {
    if k == 0 || !comparable(scores, positive) {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order.truncate(k);
    Some(order.iter().filter(|&&at| positive[at]).count() as f64 / order.len() as f64)
}

/// Share of true intervals that some found interval meets with an intersection over union of at least
/// `least`. Intervals are `(start, end)` in one unit of time; a found interval may serve one truth only, and
/// better matches are paired first.
#[must_use]
pub fn interval_recall(truth: &[(f64, f64)], found: &[(f64, f64)], least: f64) -> Option<f64> {
    let proper = |&(start, end): &(f64, f64)| start.is_finite() && end.is_finite() && start <= end;
    if truth.is_empty() || !truth.iter().chain(found).all(proper) {
        return None;
    }
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (t, &one) in truth.iter().enumerate() {
        for (f, &other) in found.iter().enumerate() {
            let overlap = intersection_over_union(one, other);
            if overlap > 0.0 && overlap >= least {
                pairs.push((overlap, t, f));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let (mut met, mut used) = (vec![false; truth.len()], vec![false; found.len()]);
    for (_, t, f) in pairs {
        if !met[t] && !used[f] {
            (met[t], used[f]) = (true, true);
        }
    }
    Some(met.iter().filter(|&&is| is).count() as f64 / truth.len() as f64)
}

fn intersection_over_union(a: (f64, f64), b: (f64, f64)) -> f64 {
    let shared = (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
    let union = (a.1 - a.0) + (b.1 - b.0) - shared;
    if union > 0.0 { shared / union } else { 0.0 }
}
