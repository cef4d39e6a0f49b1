//! The benchmark's label of a segment, from who watched, liked and commented.
//!
//! Invariants: pure; scores are within 0 and 1 and scaled per room; nothing of a room depends on another room.

/// Whom retention and engagement are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Viewers {
    /// Who is in the room when the segment begins: the recipe as it is described.
    #[default]
    Present,
    /// Who has entered by then, gone or not: what the benchmark's released preparation computes.
    Entered,
}

/// What a room's logs say of one segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentLabel {
    /// Viewers by which was divided.
    pub viewers: u32,
    /// Of those who entered by its begin, how many were there at its end, per viewer.
    pub retention: f64,
    /// (likes + 2 comments) within the segment, per viewer.
    pub engagement: f64,
    /// 0.6 retention + 0.4 engagement, both scaled to 0..1 within the room.
    pub score: f64,
    /// Whether the score reaches the room's 70th percentile.
    pub highlight: bool,
}

/// Labels the segments of one room.
///
/// `segments` are begin and end, `watches` enter and leave, `likes` and `comments` instants, all in seconds on one
/// clock. Begins count as inside, ends as outside; a watch lasts to a segment's end if it leaves at it or later.
/// Where nobody watches, one viewer is divided by. A quantity that is the same in all segments scales to 0. The
/// percentile interpolates linearly; where many scores are equal, more than 30 % may reach it.
#[must_use]
pub fn label_segments(
    segments: &[(f64, f64)],
    watches: &[(f64, f64)],
    likes: &[f64],
    comments: &[f64],
    viewers: Viewers,
) -> Vec<SegmentLabel> {
    let mut labels: Vec<SegmentLabel> = Vec::with_capacity(segments.len());
    for &(begin, end) in segments {
        let (mut counted, mut stayed) = (0_u32, 0_u32);
        for &(_, leave) in watches.iter().filter(|(enter, _)| *enter <= begin) {
            counted += u32::from(viewers == Viewers::Entered || leave > begin);
            stayed += u32::from(leave >= end);
        }
        let within = |times: &[f64]| times.iter().filter(|&&time| begin <= time && time < end).count() as f64;
        let divisor = f64::from(counted.max(1));
        labels.push(SegmentLabel {
            viewers: counted,
            retention: f64::from(stayed) / divisor,
            engagement: (within(likes) + 2.0 * within(comments)) / divisor,
            score: 0.0,
            highlight: false,
        });
    }
    let retention = scaled(labels.iter().map(|label| label.retention));
    let engagement = scaled(labels.iter().map(|label| label.engagement));
    for (label, (retention, engagement)) in labels.iter_mut().zip(retention.into_iter().zip(engagement)) {
        label.score = 0.6 * retention + 0.4 * engagement;
    }
    let threshold = percentile(labels.iter().map(|label| label.score).collect(), 0.7);
    for label in &mut labels {
        label.highlight = label.score >= threshold;
    }
    labels
}

/// Min-max over the room; zeros where all are the same.
fn scaled(values: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.clone().fold(f64::NEG_INFINITY, f64::max);
    let range = high - low;
    values.map(|value| if range > 0.0 { (value - low) / range } else { 0.0 }).collect()
}

/// Linear interpolation between the order statistics, infinite where there is none.
fn percentile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = part * values.len().saturating_sub(1) as f64;
    let (below, rest) = (place as usize, place.fract());
    match (values.get(below), values.get(below + 1)) {
        (Some(low), Some(high)) => low + (high - low) * rest,
        (Some(low), None) => *low,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_computed_by_hand() {
        let segments = [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0)];
        // At 0: a, b. At 10: a, b, c. At 20: a.
        let watches = [(0.0, 30.0), (-5.0, 20.0), (5.0, 12.0)];
        let labels = label_segments(&segments, &watches, &[1.0, 10.0, 29.9], &[20.0, 30.0], Viewers::Present);
        let column = |of: fn(&SegmentLabel) -> f64| labels.iter().map(of).collect::<Vec<_>>();
        assert_eq!(column(|l| f64::from(l.viewers)), [2.0, 3.0, 1.0]);
        assert_eq!(column(|l| l.retention), [1.0, 2.0 / 3.0, 1.0]);
        assert_eq!(column(|l| l.engagement), [0.5, 1.0 / 3.0, 3.0]);
        let scaled = (0.5 - 1.0 / 3.0) / (3.0 - 1.0 / 3.0);
        let expected = [0.6 + 0.4 * scaled, 0.0, 1.0];
        for (score, expected) in column(|l| l.score).into_iter().zip(expected) {
            assert!((score - expected).abs() < 1e-12);
        }
        // The 70th percentile lies 0.4 of the way from the middle score to the highest.
        assert_eq!(labels.iter().map(|l| l.highlight).collect::<Vec<_>>(), [false, false, true]);
        let entered = label_segments(&segments, &watches, &[], &[], Viewers::Entered);
        assert_eq!(entered.iter().map(|l| l.viewers).collect::<Vec<_>>(), [2, 3, 3]);
        assert!((entered[2].retention - 1.0 / 3.0).abs() < 1e-12);
    }
}
