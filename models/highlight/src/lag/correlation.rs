//! Cross-correlation of both curves over all offsets: the estimate's cross-check.
//!
//! Invariants: correlations are centred, so that two curves that are merely both busy don't correlate.

/// The best offset and how it compares.
pub(super) struct Peak {
    /// Offset in bins, refined between them.
    pub(super) offset: f64,
    /// 0 to 1: how far the best correlation lies above the best one elsewhere.
    pub(super) prominence: f64,
    /// Correlation at every offset.
    pub(super) scores: Vec<f64>,
}

/// Offsets nearer to the best one than this belong to its own peak, in seconds.
const OWN_S: f64 = 8.0;

/// Compares `comments[t]` with `content[t - offset]`; `None` when nothing correlates.
pub(super) fn peak(content: &[f64], comments: &[f64], offsets: usize, bin_s: f64) -> Option<Peak> {
    let scores: Vec<f64> = (0..offsets)
        .map(|offset| {
            let shared = content.len().checked_sub(offset).filter(|&shared| shared > 1);
            shared.map_or(0.0, |shared| correlation(&content[..shared], &comments[offset..]))
        })
        .collect();
    let mut best = 0;
    for (offset, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = offset;
        }
    }
    if scores[best] <= 0.0 {
        return None;
    }
    let own = (OWN_S / bin_s) as usize;
    let elsewhere = scores.iter().enumerate().filter(|(offset, _)| offset.abs_diff(best) > own);
    let second = elsewhere.map(|(_, score)| *score).fold(0.0, f64::max);
    // Centre of gravity of the upper half of the peak: steadier than its single highest bin.
    let (mut weight, mut sum) = (0.0, 0.0);
    let floor = 0.7 * scores[best];
    let down = (0..=best).rev().take_while(|&at| scores[at] > floor && best - at <= own);
    for at in down.chain((best + 1..offsets).take_while(|&at| scores[at] > floor && at - best <= own)) {
        weight += scores[at] - floor;
        sum += (scores[at] - floor) * at as f64;
    }
    let offset = if weight > 0.0 { sum / weight } else { best as f64 };
    Some(Peak { offset, prominence: (scores[best] - second) / scores[best], scores })
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let count = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        xy += (a - mean_x) * (b - mean_y);
        xx += (a - mean_x) * (a - mean_x);
        yy += (b - mean_y) * (b - mean_y);
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}
