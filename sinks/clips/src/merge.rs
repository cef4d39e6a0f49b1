//! Neighbouring highlights become one clip.
//!
//! Invariants: a pure function of the set of intervals, whatever their order; every input lies in exactly one
//! output; without a limit on the length, outputs are further apart than the gap.

/// A stretch of media time `[from_us, to_us)` that deserves a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Start, microseconds of media time.
    pub from_us: i64,
    /// End, microseconds of media time.
    pub to_us: i64,
}

/// Intervals merged into one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The smallest interval that covers all members.
    pub interval: Interval,
    /// Positions of the members in the input, by start, then end, then position.
    pub members: Vec<usize>,
}

/// Merges intervals that overlap or lie at most `gap_us` apart. With `max_length_us` an interval is not merged
/// where the result would be longer than that.
pub fn merge(intervals: &[Interval], gap_us: i64, max_length_us: Option<i64>) -> Vec<Merged> {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by_key(|&i| (intervals[i], i));
    let mut merged: Vec<Merged> = Vec::new();
    for i in order {
        let next = intervals[i];
        if let Some(last) = merged.last_mut() {
            let to_us = last.interval.to_us.max(next.to_us);
            let near = next.from_us.saturating_sub(last.interval.to_us) <= gap_us;
            let short = max_length_us.is_none_or(|max| to_us.saturating_sub(last.interval.from_us) <= max);
            let inside = to_us == last.interval.to_us;
            if near && (short || inside) {
                last.interval.to_us = to_us;
                last.members.push(i);
                continue;
            }
        }
        merged.push(Merged { interval: next, members: vec![i] });
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn interval() -> impl Strategy<Value = Interval> {
        (0_i64..10_000, 1_i64..800)
            .prop_map(|(from_us, length)| Interval { from_us, to_us: from_us + length })
    }

    proptest! {
        #[test]
        fn merged_intervals_are_sorted_and_further_apart_than_the_gap(
            intervals in prop::collection::vec(interval(), 0..20), gap in 0_i64..500,
        ) {
            let merged = merge(&intervals, gap, None);
            for pair in merged.windows(2) {
                prop_assert!(pair[1].interval.from_us - pair[0].interval.to_us > gap);
            }
        }

        #[test]
        fn every_interval_lies_in_exactly_one_merged_one(
            intervals in prop::collection::vec(interval(), 0..20), gap in 0_i64..500,
            max in prop::option::of(500_i64..5_000),
        ) {
            let merged = merge(&intervals, gap, max);
            let mut members: Vec<usize> = merged.iter().flat_map(|m| m.members.clone()).collect();
            members.sort_unstable();
            prop_assert_eq!(members, (0..intervals.len()).collect::<Vec<_>>());
            for m in &merged {
                let from = m.members.iter().map(|&i| intervals[i].from_us).min();
                let to = m.members.iter().map(|&i| intervals[i].to_us).max();
                prop_assert_eq!((from, to), (Some(m.interval.from_us), Some(m.interval.to_us)));
                if let Some(max) = max && m.members.len() > 1 {
                    let longest = m.members.iter().map(|&i| intervals[i].to_us - intervals[i].from_us).max();
                    prop_assert!(m.interval.to_us - m.interval.from_us <= max.max(longest.unwrap_or(0)));
                }
            }
        }

        #[test]
        fn merging_twice_changes_nothing_and_order_does_not_matter(
            intervals in prop::collection::vec(interval(), 0..20), gap in 0_i64..500,
        ) {
            let once: Vec<Interval> = merge(&intervals, gap, None).iter().map(|m| m.interval).collect();
            let twice: Vec<Interval> = merge(&once, gap, None).iter().map(|m| m.interval).collect();
            prop_assert_eq!(&once, &twice);
            let reversed: Vec<Interval> = intervals.iter().rev().copied().collect();
            let other: Vec<Interval> = merge(&reversed, gap, None).iter().map(|m| m.interval).collect();
            prop_assert_eq!(&once, &other);
        }
    }

    #[test]
    fn neighbours_at_the_gap_merge_and_beyond_it_stay_apart() {
        let at = |from_us, to_us| Interval { from_us, to_us };
        let merged = merge(&[at(0, 10), at(15, 20), at(26, 30)], 5, None);
        let found: Vec<Interval> = merged.into_iter().map(|m| m.interval).collect();
        assert_eq!(found, [at(0, 20), at(26, 30)]);
    }
}
