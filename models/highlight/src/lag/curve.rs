//! From raw bins to curves that can be compared: filled, smoothed, freed of drift, standardised.
//!
//! Invariants: a curve is 0 where nothing stands out and never exceeds [`HIGHEST`].

/// A single burst counts for no more than this many deviations.
pub(super) const HIGHEST: f64 = 4.0;
/// Unknown stretches up to this long are bridged, in seconds.
const BRIDGE_S: f64 = 12.0;
/// Half width of each of two smoothing passes, in seconds.
const SMOOTH_S: f64 = 1.5;
/// Half width of the drift that is taken off, in seconds.
const DRIFT_S: f64 = 45.0;

/// Bridges short gaps linearly and sets long ones to the mean; `None` when nothing is known.
pub(super) fn filled(values: &[Option<f64>], bin_s: f64) -> Option<Vec<f64>> {
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(at, value)| value.map(|value| (at, value))).collect();
    if known.len() < 2 {
        return None;
    }
    let mean = known.iter().map(|(_, value)| value).sum::<f64>() / known.len() as f64;
    let mut filled = vec![mean; values.len()];
    for pair in known.windows(2) {
        let ((from, a), (to, b)) = (pair[0], pair[1]);
        let bridged = (to - from) as f64 * bin_s <= BRIDGE_S;
        for (step, slot) in filled[from..=to].iter_mut().enumerate() {
            let share = step as f64 / (to - from) as f64;
            if bridged || step == 0 || step == to - from {
                *slot = a + (b - a) * share;
            }
        }
    }
    Some(filled)
}

/// What stands out of its surroundings, in standard deviations; `None` for a constant curve.
pub(super) fn novelty(values: &[f64], bin_s: f64) -> Option<Vec<f64>> {
    let reach = |seconds: f64| ((seconds / bin_s).round() as usize).max(1);
    let smooth = mean_around(&mean_around(values, reach(SMOOTH_S)), reach(SMOOTH_S));
    let drift = mean_around(&smooth, reach(DRIFT_S));
    let raised: Vec<f64> = smooth.iter().zip(&drift).map(|(value, drift)| value - drift).collect();
    let deviation = (raised.iter().map(|value| value * value).sum::<f64>() / raised.len() as f64).sqrt();
    (deviation > 1e-9).then(|| raised.iter().map(|value| (value / deviation).clamp(0.0, HIGHEST)).collect())
}

/// Mean over `reach` bins to both sides, fewer at the ends.
fn mean_around(values: &[f64], reach: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    sums.push(0.0);
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    (0..values.len())
        .map(|at| {
            let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(values.len()));
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}
