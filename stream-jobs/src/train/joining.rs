//! Chats as if they had been joined at another time.
//!
//! Comment statistics tell the time since the broadcast began. In a set where every game begins about as long after it,
//! a model learns to expect nothing before, which is wrong for the next game and for a room joined on its way.
//! Every second chat view therefore gets another beginning: an earlier one, or a later one with what came before left
//! out. Invariant: features other than the elapsed time, labels and the order of rows stay as they are.

use kairos_encoders::CommentEncoder;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Example;

/// Moves the beginning of every second chat by up to `jitter_s` seconds to either side, by `seed` and the room's place.
pub(super) fn join_elsewhere(examples: &mut [Example], jitter_s: f64, unit_s: f64, seed: u64) {
    if jitter_s <= 0.0 {
        return;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6a6f_696e);
    for example in examples.iter_mut().filter(|example| is_chat(example)).skip(1).step_by(2) {
        move_beginning(example, rng.random_range(-jitter_s..jitter_s), unit_s);
    }
}

/// Whether comments are all there is, and all units have them.
fn is_chat(example: &Example) -> bool {
    example.units.iter().all(|unit| unit.comment.is_some() && unit.picture.is_none() && unit.sound.is_none())
}

/// The broadcast begins `later_s` later (earlier below 0).
fn move_beginning(example: &mut Example, later_s: f64, unit_s: f64) {
    // At most half of a room is left out: a late joiner of a short one would see nothing.
    let cut = ((later_s / unit_s).max(0.0) as usize).min(example.units.len() / 2);
    let later_s = if cut > 0 { cut as f64 * unit_s } else { later_s.min(0.0) };
    example.units.drain(..cut);
    example.words.drain(..cut);
    example.messages.drain(..cut);
    example.labels.iter_mut().for_each(|labels| drop(labels.drain(..cut)));
    for unit in &mut example.units {
        if let Some(comment) = &mut unit.comment {
            CommentEncoder::begin_later(comment, later_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use kairos_encoders::Encoder;
    use kairos_highlight::UnitFeatures;

    use super::*;

    fn chat(units: usize) -> Example {
        let width = CommentEncoder::new().width();
        let unit = |n: usize| {
            let mut comment = vec![1.0; width];
            CommentEncoder::begin_later(&mut comment, 0.0);
            let t = 2.0 * (n + 1) as f64;
            comment[width - 3..].copy_from_slice(&CommentEncoder::elapsed(t));
            UnitFeatures { comment: Some(comment), ..UnitFeatures::default() }
        };
        Example {
            units: (0..units).map(unit).collect(),
            words: vec![Vec::new(); units],
            labels: vec![(0..units).map(|n| n as f32).collect()],
            messages: vec![0.0; units],
            ..Example::default()
        }
    }

    fn elapsed(example: &Example, row: usize) -> &[f32] {
        let comment = example.units[row].comment.as_deref().unwrap_or_default();
        &comment[comment.len() - 3..]
    }

    #[test]
    fn a_later_beginning_drops_what_came_before_and_counts_from_there() {
        let mut example = chat(100);
        move_beginning(&mut example, 20.0, 2.0);
        assert_eq!(example.units.len(), 90);
        assert_eq!(example.labels[0][0], 10.0);
        for (ours, fresh) in elapsed(&example, 0).iter().zip(CommentEncoder::elapsed(2.0)) {
            assert!((ours - fresh).abs() < 1e-3, "{ours} {fresh}");
        }
    }

    #[test]
    fn an_earlier_beginning_keeps_all_rows() {
        let mut example = chat(10);
        move_beginning(&mut example, -600.0, 2.0);
        assert_eq!(example.units.len(), 10);
        for (ours, fresh) in elapsed(&example, 9).iter().zip(CommentEncoder::elapsed(620.0)) {
            assert!((ours - fresh).abs() < 1e-3, "{ours} {fresh}");
        }
    }

    #[test]
    fn every_second_chat_is_moved_and_at_most_half_of_it_cut() {
        let mut examples = vec![chat(100), chat(100), chat(100), chat(100)];
        let before = examples.clone();
        join_elsewhere(&mut examples, 1e6, 2.0, 3);
        for (n, (after, before)) in examples.iter().zip(&before).enumerate() {
            assert!(after.units.len() >= 50);
            assert_eq!(after.units == before.units, n % 2 == 0, "chat {n}");
        }
    }
}
