//! Labels from feedback: the rate at which those who were shown a unit went in, or stayed.
//!
//! The same recipes as `kairos sql --named labels-ctr` and `labels-long-view`, stretched over the room's own range so that
//! rooms of different appeal compare.

use std::collections::BTreeMap;

use kairos_timeline::{Feedback, FeedbackKind, Span};

use crate::config::RateLabel;
use crate::room::Placed;

/// Impressions that weigh as much as the room's mean rate in a unit's label (ContentCTR's `smooth_ctr`; the constant
/// is not published and is ours).
const SMOOTHING: f64 = 40.0;

/// Who was shown which unit, and what they did then.
#[derive(Debug, Default)]
pub struct Shown {
    /// Impressions and clicks per unit.
    counts: Vec<(f64, f64)>,
    /// Each impression's unit and the watching that followed it.
    visits: Vec<(usize, Span)>,
    /// The newest visit of each user.
    newest: BTreeMap<String, usize>,
}

impl Shown {
    /// Counts an event.
    pub fn count(&mut self, placed: &Placed<Feedback>, unit: Span) {
        let Some(index) = placed.at.and_then(|at| usize::try_from(at.unit(unit)).ok()) else { return };
        if index >= self.counts.len() {
            self.counts.resize(index + 1, (0.0, 0.0));
        }
        let event = &placed.event;
        match event.kind {
            FeedbackKind::Impression => {
                self.counts[index].0 += 1.0;
                self.newest.insert(event.user.clone(), self.visits.len());
                self.visits.push((index, Span::ZERO));
            }
            FeedbackKind::Click => self.counts[index].1 += 1.0,
            FeedbackKind::Watch => {
                if let Some(&visit) = self.newest.get(&event.user) {
                    let watched = &mut self.visits[visit].1;
                    *watched = *watched + event.watched;
                }
            }
            _ => {}
        }
    }

    /// Labels of the first `units` units; NaN where nobody was shown one.
    pub fn labels(&self, label: RateLabel, long_view_s: f64, units: usize) -> Vec<f32> {
        let mut counts = self.counts.clone();
        if label == RateLabel::LongView {
            counts.iter_mut().for_each(|count| count.1 = 0.0);
            let is_long = |watched: &Span| watched.as_secs_f64() > long_view_s;
            self.visits
                .iter()
                .filter(|(_, watched)| is_long(watched))
                .for_each(|(at, _)| counts[*at].1 += 1.0);
        }
        smoothed(&counts, units)
    }
}

/// `y = (successes + a * rate_room) / (impressions + a)`, stretched over the room's range.
fn smoothed(counts: &[(f64, f64)], units: usize) -> Vec<f32> {
    let (impressions, successes) =
        counts.iter().fold((0.0, 0.0), |sum, unit| (sum.0 + unit.0, sum.1 + unit.1));
    if impressions == 0.0 {
        return vec![f32::NAN; units];
    }
    let room = successes / impressions;
    let smooth =
        |&(impressions, successes): &(f64, f64)| (successes + SMOOTHING * room) / (impressions + SMOOTHING);
    let rates: Vec<f64> = counts.iter().map(smooth).collect();
    let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = rates.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = (highest - lowest).max(1e-9);
    (0..units)
        .map(|index| match counts.get(index) {
            Some((impressions, _)) if *impressions > 0.0 => ((rates[index] - lowest) / range) as f32,
            _ => f32::NAN,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_impressions_are_drawn_to_the_mean_of_the_room() {
        let labels = smoothed(&[(1_000.0, 100.0), (1.0, 1.0), (1_000.0, 10.0), (0.0, 0.0)], 5);
        assert_eq!((labels[0], labels[2]), (1.0, 0.0));
        assert!(labels[1] < 1.0, "one lucky click is no highlight");
        assert!(labels[3].is_nan() && labels[4].is_nan());
    }

    #[test]
    fn a_room_without_impressions_has_no_labels() {
        assert!(smoothed(&[], 3).iter().all(|label| label.is_nan()));
    }

    #[test]
    fn a_long_view_counts_where_its_impression_was() {
        let long = Span::from_millis(60_000);
        let shown = Shown {
            counts: vec![(100.0, 0.0), (100.0, 100.0)],
            visits: vec![(0, long), (0, long), (1, Span::ZERO)],
            newest: BTreeMap::new(),
        };
        assert_eq!(shown.labels(RateLabel::LongView, 30.0, 2), [1.0, 0.0]);
        assert_eq!(shown.labels(RateLabel::Ctr, 30.0, 2), [0.0, 1.0]);
    }
}
