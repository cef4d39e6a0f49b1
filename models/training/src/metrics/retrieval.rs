//! Metrics of what is shown: the first few of a list.
//!
//! Invariants: equal scores are ranked earlier position first, which is what a viewer of a list sees; a list
//! shorter than `k` is taken whole.

use super::{best_first, comparable};

/// Share of positives among the `k` highest scores. Fewer than `k` scores: among all of them.
#[must_use]
pub fn precision_at(k: usize, scores: &[f64], positive: &[bool]) -> Option<f64> {
    let hits = hits(k, scores, positive)?;
    Some(hits as f64 / k.min(scores.len()) as f64)
}

/// Share of the positives that are among the `k` highest scores; `None` without positives.
#[must_use]
pub fn recall_at(k: usize, scores: &[f64], positive: &[bool]) -> Option<f64> {
    let hits = hits(k, scores, positive)?;
    let positives = positive.iter().filter(|&&is| is).count();
    (positives > 0).then(|| hits as f64 / positives as f64)
}

/// 1 if a positive is among the `k` highest scores, else 0; the hit rate is its mean over lists. A list
/// without positives is a miss: leave it out beforehand where the protocol does.
#[must_use]
pub fn hit_rate_at(k: usize, scores: &[f64], positive: &[bool]) -> Option<f64> {
    Some(if hits(k, scores, positive)? > 0 { 1.0 } else { 0.0 })
}

/// F1 when the higher half of the scores is called positive (of an odd number the smaller half, of a single
/// score that one): `2 · hits / (called + positives)`. `None` without positives.
#[must_use]
pub fn f1_at_half(scores: &[f64], positive: &[bool]) -> Option<f64> {
    let called = (scores.len() / 2).max(1);
    let hits = hits(called, scores, positive)?;
    let positives = positive.iter().filter(|&&is| is).count();
    (positives > 0).then(|| 2.0 * hits as f64 / (called + positives) as f64)
}

fn hits(k: usize, scores: &[f64], positive: &[bool]) -> Option<usize> {
    if k == 0 || !comparable(scores, positive) {
        return None;
    }
    Some(best_first(scores).into_iter().take(k).filter(|&at| positive[at]).count())
}

/// What a relevance is worth in [`ndcg_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// The relevance itself (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
    /// 2002).
    Linear,
    /// `2^relevance - 1` (Burges et al., "Learning to Rank using Gradient Descent", 2005).
    Exponential,
}

impl Gain {
    fn of(self, relevance: f64) -> f64 {
        match self {
            Self::Linear => relevance,
            Self::Exponential => relevance.exp2() - 1.0,
        }
    }
}

/// Normalised discounted cumulative gain of the `k` highest scores: the sum of `gain / log2(rank + 1)`, ranks
/// from 1, divided by that of the best order. `None` when nothing is relevant, or a relevance is negative or
/// its gain not finite.
#[must_use]
pub fn ndcg_at(k: usize, scores: &[f64], relevance: &[f64], gain: Gain) -> Option<f64> {
    let proper = |&value: &f64| value >= 0.0 && gain.of(value).is_finite();
    if k == 0 || !comparable(scores, relevance) || !relevance.iter().all(proper) {
        return None;
    }
    let cumulated = |order: Vec<usize>| {
        let first = order.into_iter().take(k).enumerate();
        first.map(|(rank, at)| gain.of(relevance[at]) / (rank as f64 + 2.0).log2()).sum::<f64>()
    };
    let (reached, best) = (cumulated(best_first(scores)), cumulated(best_first(relevance)));
    (best > 0.0 && best.is_finite()).then(|| reached / best)
}

/// [`recall_at`] of a list that is already ranked and needn't hold all candidates: `hits` says of each place,
/// best first, whether it holds one of the `relevant` items. `None` without relevant items, or with more hits
/// than those.
#[must_use]
pub fn recall_of_list(k: usize, hits: &[bool], relevant: usize) -> Option<f64> {
    let found = hits.iter().filter(|&&hit| hit).count();
    if k == 0 || relevant == 0 || found > relevant {
        return None;
    }
    Some(hits.iter().take(k).filter(|&&hit| hit).count() as f64 / relevant as f64)
}

/// Hits among the first `k` places, divided by `k` even where the list is shorter: as full-ranking
/// recommenders are compared.
#[must_use]
pub fn precision_of_list(k: usize, hits: &[bool]) -> Option<f64> {
    (k > 0).then(|| hits.iter().take(k).filter(|&&hit| hit).count() as f64 / k as f64)
}

/// [`ndcg_at`] with relevance 0 or 1 of a list that is already ranked and needn't hold all candidates; the
/// best list has `min(k, relevant)` hits in front.
#[must_use]
pub fn ndcg_of_list(k: usize, hits: &[bool], relevant: usize) -> Option<f64> {
    recall_of_list(k, hits, relevant)?;
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let reached: f64 = (0..k.min(hits.len())).filter(|&rank| hits[rank]).map(discount).sum();
    let best: f64 = (0..k.min(relevant)).map(discount).sum();
    Some(reached / best)
}
