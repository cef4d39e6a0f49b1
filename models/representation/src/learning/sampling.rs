//! Pairs of a user and an item in shuffled batches, and items the user hasn't chosen.
//!
//! Invariants: an epoch's batches hold every pair once; they follow from seed and epoch alone.

use crate::{Interactions, random};
use rand::Rng;
use rand::seq::SliceRandom;

/// Pairs of one step, a negative item for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) users: Vec<u32>,
    pub(crate) positives: Vec<u32>,
    pub(crate) negatives: Vec<u32>,
}

/// Draws before a user is taken to have chosen everything; the last draw is then used as it is.
const DRAWS: usize = 32;

/// An item outside `chosen` (ascending), uniformly.
pub(crate) fn draw_negative(random: &mut impl Rng, items: usize, chosen: &[u32]) -> u32 {
    let mut item = 0;
    for _ in 0..DRAWS {
        item = random.random_range(0..items.max(1)) as u32;
        if chosen.binary_search(&item).is_err() {
            break;
        }
    }
    item
}

/// All pairs of an epoch in batches of `size`.
pub(crate) fn batches(rows: &Interactions, size: usize, seed: u64, epoch: usize) -> Vec<Batch> {
    let mut random = random::stream(seed, "batches", epoch as u64);
    let mut pairs: Vec<(u32, u32)> = rows.rows().map(|row| (row.user, row.item)).collect();
    pairs.shuffle(&mut random);
    let batch = |pairs: &[(u32, u32)]| Batch {
        users: pairs.iter().map(|pair| pair.0).collect(),
        positives: pairs.iter().map(|pair| pair.1).collect(),
        negatives: pairs
            .iter()
            .map(|&(user, _)| draw_negative(&mut random, rows.items(), rows.items_of(user)))
            .collect(),
    };
    pairs.chunks(size.max(1)).map(batch).collect()
}
