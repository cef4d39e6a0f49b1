//! First stage of SIM: which events of a long history are read for a target (the "general search unit").
//!
//! Invariants: only the newest [`Config::longest_history`](crate::Config::longest_history) events are looked at; found
//! events come newest first, or best first with the newer one first among equals.

use crate::Event;

/// The newest `longest` events, newest first, by their places in the history.
pub(crate) fn newest(history: &[Event], longest: usize) -> impl Iterator<Item = usize> + use<> {
    let count = history.len();
    (count.saturating_sub(longest)..count).rev()
}

/// The newest `top` events of a category, newest first.
pub(crate) fn by_category(history: &[Event], longest: usize, category: u32, top: usize) -> Vec<usize> {
    newest(history, longest).filter(|&at| history[at].category == category).take(top).collect()
}

/// The `top` rows of `[n, width]` with the largest inner product with `target`, best first, earlier rows first among
/// equals.
pub(crate) fn best_matches(rows: &[f32], target: &[f32], top: usize) -> Vec<usize> {
    // Adding 0 makes -0 a 0, which it is equal to.
    let product = |row: &[f32]| row.iter().zip(target).map(|(a, b)| a * b).sum::<f32>() + 0.0;
    let mut found: Vec<(f32, usize)> =
        rows.chunks_exact(target.len().max(1)).enumerate().map(|(at, row)| (product(row), at)).collect();
    let better = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if found.len() > top {
        found.select_nth_unstable_by(top.saturating_sub(1), better);
        found.truncate(top);
    }
    found.sort_unstable_by(better);
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::{best_matches, by_category};
    use crate::Event;

    #[test]
    fn newest_of_the_category_are_found_within_reach() {
        let event = |(time_s, category)| Event { streamer: 1, time_s, weight: 1.0, category };
        let history: Vec<Event> = [(0, 7), (1, 7), (2, 8), (3, 7), (4, 7)].map(event).to_vec();
        assert_eq!(by_category(&history, 4, 7, 2), [4, 3]);
        assert_eq!(by_category(&history, 4, 7, 9), [4, 3, 1]);
        assert!(by_category(&history, 4, 9, 9).is_empty());
    }

    #[test]
    fn best_inner_products_come_first_and_ties_keep_their_order() {
        let rows = [1.0, 0.0, 3.0, 0.0, 1.0, 5.0, -2.0, 0.0, 2.0, 0.0];
        assert_eq!(best_matches(&rows, &[1.0, 0.0], 3), [1, 4, 0]);
        assert_eq!(best_matches(&rows, &[1.0, 0.0], 9), [1, 4, 0, 2, 3]);
        assert!(best_matches(&rows, &[1.0, 0.0], 0).is_empty());
    }
}
