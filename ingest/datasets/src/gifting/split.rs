//! Training, validation and test by time.
//!
//! Invariants: a part depends on nothing that happens after it. [`TimeSplit::by_quantile`] puts each border one
//! millisecond after the last event of the part before it: that event, not the one after it, decides the border.

use std::ops::Range;

use crate::gifting::records::{Impression, Records};
use crate::room::Split;

/// Two instants that part time in three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSplit {
    /// Training is before it, validation from it on.
    pub train_end_ms: i64,
    /// Validation is before it, test from it on.
    pub validation_end_ms: i64,
}

impl TimeSplit {
    /// Borders after the given fractions of the clicks (of everything shown, where nothing was clicked): 0.7 and 0.1
    /// make 70 % training, 10 % validation, 20 % test. Fractions are clamped to what is left.
    #[must_use]
    pub fn by_quantile(records: &Records, train: f64, validation: f64) -> Self {
        let times = |clicked: bool| {
            let of = records.impressions.iter().filter(|one| one.clicked || !clicked);
            of.map(|one| one.time_ms).collect::<Vec<i64>>()
        };
        let clicks = times(true);
        let times = if clicks.is_empty() { times(false) } else { clicks };
        let end = |fraction: f64| {
            let count = (times.len() as f64 * fraction.clamp(0.0, 1.0)).floor() as usize;
            let last = count.checked_sub(1).and_then(|last| times.get(last));
            last.map_or_else(|| times.first().copied().unwrap_or(0), |last| last.saturating_add(1))
        };
        let train_end_ms = end(train);
        let validation_end_ms = end(train.clamp(0.0, 1.0) + validation.clamp(0.0, 1.0)).max(train_end_ms);
        Self { train_end_ms, validation_end_ms }
    }

    /// The part of an instant.
    #[must_use]
    pub const fn part(&self, time_ms: i64) -> Split {
        if time_ms < self.train_end_ms {
            Split::Train
        } else if time_ms < self.validation_end_ms {
            Split::Validation
        } else {
            Split::Test
        }
    }

    /// When a part ends; the test part doesn't.
    #[must_use]
    pub const fn end_ms(&self, part: Split) -> Option<i64> {
        match part {
            Split::Train => Some(self.train_end_ms),
            Split::Validation => Some(self.validation_end_ms),
            Split::Test => None,
        }
    }

    /// Where the impressions of a part lie.
    #[must_use]
    pub fn range(&self, impressions: &[Impression], part: Split) -> Range<usize> {
        let first = |time: i64| impressions.partition_point(|one| one.time_ms < time);
        match part {
            Split::Train => 0..first(self.train_end_ms),
            Split::Validation => first(self.train_end_ms)..first(self.validation_end_ms),
            Split::Test => first(self.validation_end_ms)..impressions.len(),
        }
    }
}
