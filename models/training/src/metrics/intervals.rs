//! Found intervals against true intervals.
//!
//! Invariants: intervals are `(start, end)` in one unit of time; a found interval serves one truth only.

use super::mean;

/// Start, end and score of a found interval.
pub type ScoredInterval = (f64, f64, f64);

/// Share of true intervals that some found interval meets with an intersection over union of at least
/// `least`. A found interval may serve one truth only, and better matches are paired first.
#[must_use]
pub fn interval_recall(truth: &[(f64, f64)], found: &[(f64, f64)], least: f64) -> Option<f64> {
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

/// Average precision of found intervals, by the rules of ActivityNet (Caba Heilbron et al., CVPR 2015) and
/// QVHighlights. From the highest score down (equal scores: earlier in the list first) each takes the truth it
/// overlaps most among those still free with an intersection over union of at least `least`, or is wrong. The
/// result is the mean over truths of the best precision at that recall or a higher one, 0 for a truth that
/// stays unmet. `None` without truths.
#[must_use]
pub fn interval_average_precision(truth: &[(f64, f64)], found: &[ScoredInterval], least: f64) -> Option<f64> {
    let spans = found.iter().map(|&(start, end, _)| (start, end));
    let scores: Vec<f64> = found.iter().map(|&(_, _, score)| score).collect();
    let sound = truth.iter().copied().chain(spans).all(|span| proper(&span));
    if truth.is_empty() || !sound || scores.iter().any(|score| score.is_nan()) || least.is_nan() {
        return None;
    }
    let mut free = vec![true; truth.len()];
    let (mut hits, mut path) = (0_usize, Vec::with_capacity(found.len()));
    for (seen, at) in super::best_first(&scores).into_iter().enumerate() {
        let span = (found[at].0, found[at].1);
        let mut best: Option<(f64, usize)> = None;
        for (t, &one) in truth.iter().enumerate().filter(|&(t, _)| free[t]) {
            let overlap = intersection_over_union(one, span);
            let better = best.is_none_or(|(most, _)| overlap > most);
            if overlap > 0.0 && overlap >= least && better {
                best = Some((overlap, t));
            }
        }
        if let Some((_, t)) = best {
            free[t] = false;
            hits += 1;
        }
        path.push((best.is_some(), hits as f64 / (seen + 1) as f64));
    }
    let (mut precision, mut sum) = (0.0_f64, 0.0);
    for (hit, here) in path.into_iter().rev() {
        precision = precision.max(here);
        sum += if hit { precision } else { 0.0 };
    }
    Some(sum / truth.len() as f64)
}

/// Mean of [`interval_average_precision`] over several least intersections over union, such as .5, .55 to .95.
#[must_use]
pub fn interval_mean_average_precision(
    truth: &[(f64, f64)],
    found: &[ScoredInterval],
    least: &[f64],
) -> Option<f64> {
    let each: Option<Vec<f64>> =
        least.iter().map(|&least| interval_average_precision(truth, found, least)).collect();
    mean(each?.into_iter())
}

fn proper(&(start, end): &(f64, f64)) -> bool {
    start.is_finite() && end.is_finite() && start <= end
}

fn intersection_over_union(a: (f64, f64), b: (f64, f64)) -> f64 {
    let shared = (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
    let union = (a.1 - a.0) + (b.1 - b.0) - shared;
    if union > 0.0 { shared / union } else { 0.0 }
}
