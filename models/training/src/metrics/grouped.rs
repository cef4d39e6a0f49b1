//! Areas under the curve inside groups (users, rooms), where only the order within a group counts.
//!
//! Invariants: a group with one class has no area and takes no part; the order of the groups changes nothing.

use super::{comparable, roc_auc};
use std::collections::BTreeMap;

/// Grouped AUC: `sum(n_u · AUC_u) / sum(n_u)` over the groups with both classes, `n_u` being the number of
/// their items (Zhou et al., "Deep Interest Network", KDD 2018, section 6.3). One group per item.
#[must_use]
pub fn gauc<G: Ord>(groups: &[G], scores: &[f64], positive: &[bool]) -> Option<f64> {
    weighted(groups, scores, positive, |count| count as f64)
}

/// The plain mean of `AUC_u` over the groups with both classes, also called UAUC. One group per item.
#[must_use]
pub fn uauc<G: Ord>(groups: &[G], scores: &[f64], positive: &[bool]) -> Option<f64> {
    weighted(groups, scores, positive, |_| 1.0)
}

fn weighted<G: Ord>(
    groups: &[G],
    scores: &[f64],
    positive: &[bool],
    weight: impl Fn(usize) -> f64,
) -> Option<f64> {
    if !comparable(scores, positive) || groups.len() != scores.len() {
        return None;
    }
    let mut members: BTreeMap<&G, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
    for ((group, &score), &is) in groups.iter().zip(scores).zip(positive) {
        let (scores, positive) = members.entry(group).or_default();
        scores.push(score);
        positive.push(is);
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for (scores, positive) in members.values() {
        if let Some(area) = roc_auc(scores, positive) {
            sum += weight(scores.len()) * area;
            weights += weight(scores.len());
        }
    }
    (weights > 0.0).then(|| sum / weights)
}
