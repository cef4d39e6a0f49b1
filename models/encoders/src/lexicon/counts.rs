//! Token counts of the seven windows, kept up to date unit by unit.
//!
//! A unit enters the first window and moves on to the next one when its age says so. Counts are whole numbers, so
//! adding and subtracting leaves no error behind.

use super::{WINDOWS, WINDOWS_S, WordCounts};
use crate::history::History;

/// Counts of every window, as of the newest unit.
#[derive(Clone, Debug)]
pub(super) struct WindowCounts {
    history: History<WordCounts>,
    counts: [WordCounts; WINDOWS],
    /// Room for merging, kept so that a unit allocates nothing.
    spare: WordCounts,
    /// End of the last unit of [`WindowCounts::push_regular`].
    end_us: i64,
}

impl WindowCounts {
    pub(super) fn new() -> Self {
        let history = History::new(&WINDOWS_S.map(|(_, to)| to));
        Self { history, counts: Default::default(), spare: Vec::new(), end_us: 0 }
    }

    /// Counts of a window in the order of buckets, none of them zero.
    pub(super) fn of(&self, window: usize) -> &[(u32, f32)] {
        &self.counts[window]
    }

    /// Takes the next unit.
    pub(super) fn push(&mut self, end_us: i64, duration_us: i64, words: WordCounts) {
        let (counts, spare) = (&mut self.counts, &mut self.spare);
        merge(&mut counts[0], &words, 1.0, spare);
        self.history.push(end_us, duration_us, words, |window, words| {
            merge(&mut counts[window], words, -1.0, spare);
            if let Some(next) = counts.get_mut(window + 1) {
                merge(next, words, 1.0, spare);
            }
        });
    }

    /// Takes the next of units of one length in seconds.
    pub(super) fn push_regular(&mut self, words: WordCounts, unit_seconds: f64) {
        let duration_us = ((unit_seconds * 1e6).round() as i64).max(1);
        self.end_us = self.end_us.saturating_add(duration_us);
        self.push(self.end_us, duration_us, words);
    }
}

/// Adds `sign` times the unit to the window.
fn merge(window: &mut WordCounts, unit: &[(u32, f32)], sign: f32, spare: &mut WordCounts) {
    if unit.is_empty() {
        return;
    }
    spare.clear();
    let mut old = window.as_slice();
    for &(bucket, count) in unit {
        let before = old.partition_point(|entry| entry.0 < bucket);
        spare.extend_from_slice(&old[..before]);
        old = &old[before..];
        let mut sum = sign * count;
        if let Some((&(first, held), rest)) = old.split_first()
            && first == bucket
        {
            sum += held;
            old = rest;
        }
        if sum > 0.0 {
            spare.push((bucket, sum));
        }
    }
    spare.extend_from_slice(old);
    std::mem::swap(window, spare);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of the newest of some units, counted anew.
    fn from_scratch(units: &[WordCounts], unit_s: f64) -> Vec<WordCounts> {
        let border = |s: f64| ((s / unit_s - 0.5).ceil().max(0.0)) as usize;
        let of_window = |&(from, to): &(f64, f64)| {
            let (from, to) = (if from == 0.0 { 0 } else { border(from).max(1) }, border(to).max(1));
            let mut counts = std::collections::BTreeMap::<u32, f32>::new();
            for unit in units.iter().rev().take(to).skip(from) {
                unit.iter().for_each(|&(bucket, count)| *counts.entry(bucket).or_default() += count);
            }
            counts.into_iter().collect()
        };
        WINDOWS_S.iter().map(of_window).collect()
    }

    #[test]
    fn incremental_counts_are_the_counts_from_scratch() {
        let units: Vec<WordCounts> = (0_u32..300)
            .map(|r| (0..r % 7).map(|i| (i * 5 + r * r % 11 % 5, 1.0 + (r % 3) as f32)).collect())
            .collect();
        for unit_s in [0.5, 2.0, 3.0, 7.0, 30.0, 100.0] {
            let mut counts = WindowCounts::new();
            for (r, unit) in units.iter().enumerate() {
                counts.push_regular(unit.clone(), unit_s);
                assert_eq!(
                    counts.counts.as_slice(),
                    from_scratch(&units[..=r], unit_s),
                    "unit {r}, {unit_s} s"
                );
            }
        }
    }
}
