//! Training rows: a user's items, one of them the target, others nobody chose.
//!
//! Invariants: a target never sees itself in the history; rows follow from seed and epoch alone.

use super::network::OUT;
use crate::learning::{batches, draw_negative};
use crate::{Interactions, random};
use candle_core::{Device, Result, Tensor};

/// One step's tensors.
pub(super) struct Step {
    /// `[batch, length]`.
    pub(super) histories: Tensor,
    /// `[batch, 1 + negatives]`, the chosen one first.
    pub(super) targets: Tensor,
    /// `[batch, 1 + negatives, length]`.
    pub(super) mask: Tensor,
    /// `[batch, 1 + negatives]`: 1 for the chosen one.
    pub(super) labels: Tensor,
}

/// The last `count` of a history.
pub(super) fn latest(history: &[u32], count: usize) -> &[u32] {
    &history[history.len().saturating_sub(count)..]
}

/// An epoch of steps; `nobody` is the id of the key in every history.
pub(super) fn steps<'a>(
    rows: &'a Interactions,
    config: &'a super::SimConfig,
    nobody: u32,
    epoch: usize,
) -> impl Iterator<Item = Result<Step>> + 'a {
    let mut random = random::stream(config.seed, "sim", epoch as u64);
    batches(rows, config.batch, config.seed, epoch).into_iter().map(move |batch| {
        let histories: Vec<Vec<u32>> =
            batch.users.iter().map(|&user| latest(&rows.history_of(user), config.history).to_vec()).collect();
        let length = histories.iter().map(Vec::len).max().unwrap_or(0) + 1;
        let (size, count) = (batch.users.len(), 1 + config.negatives);
        let (mut ids, mut targets) = (vec![nobody; size * length], Vec::with_capacity(size * count));
        let (mut mask, mut labels) = (vec![0.0_f32; size * count * length], vec![0.0_f32; size * count]);
        for (at, history) in histories.iter().enumerate() {
            ids[at * length..at * length + history.len()].copy_from_slice(history);
            targets.push(batch.positives[at]);
            labels[at * count] = 1.0;
            let chosen = rows.items_of(batch.users[at]);
            targets.extend((1..count).map(|_| draw_negative(&mut random, rows.items(), chosen)));
            for target in 0..count {
                let mask = &mut mask[(at * count + target) * length..][..length - 1];
                mask[history.len()..].fill(OUT);
                if target == 0 {
                    let own = history.iter().position(|&item| item == batch.positives[at]);
                    own.into_iter().for_each(|place| mask[place] = OUT);
                }
            }
        }
        let device = &Device::Cpu;
        Ok(Step {
            histories: Tensor::from_vec(ids, (size, length), device)?,
            targets: Tensor::from_vec(targets, (size, count), device)?,
            mask: Tensor::from_vec(mask, (size, count, length), device)?,
            labels: Tensor::from_vec(labels, (size, count), device)?,
        })
    })
}
