//! Intervals of high scores in what is known of a room: hysteresis, merging, cutting.
//!
//! Invariants: a function of the scores alone; a unit that is not known counts as below every threshold.

use super::HighlightConfig;
use std::collections::BTreeMap;

/// Units `start..=end` and the highest score among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) peak: u64,
    pub(super) score: f64,
}

/// All highlights of the units, in order of time.
pub(super) fn intervals(config: &HighlightConfig, units: &BTreeMap<u64, (f64, bool)>) -> Vec<Interval> {
    // Stretches at or above `leave` in which some unit reaches `enter`.
    let mut stretches: Vec<(u64, u64, bool)> = Vec::new();
    for (&unit, &(score, _)) in units.iter().filter(|(_, (score, _))| *score >= config.leave) {
        let enters = score >= config.enter;
        match stretches.last_mut() {
            Some((_, end, entered)) if *end + 1 == unit => (*end, *entered) = (unit, *entered || enters),
            _ => stretches.push((unit, unit, enters)),
        }
    }
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end, _) in stretches.into_iter().filter(|(_, _, entered)| *entered) {
        match merged.last_mut() {
            Some((first, last)) if start - *last - 1 <= config.gap && end - *first < config.longest => {
                *last = end
            }
            _ => merged.push((start, end)),
        }
    }
    let mut found = Vec::new();
    for (start, end) in merged {
        let mut from = start;
        while from <= end {
            let to = end.min(from + config.longest - 1);
            if to - from + 1 >= config.shortest {
                found.extend(interval(units, from, to));
            }
            from = to + 1;
        }
    }
    found
}

fn interval(units: &BTreeMap<u64, (f64, bool)>, start: u64, end: u64) -> Option<Interval> {
    let mut best: Option<(u64, f64)> = None;
    for (&unit, &(score, _)) in units.range(start..=end) {
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((unit, score));
        }
    }
    best.map(|(peak, score)| Interval { start, end, peak, score })
}
