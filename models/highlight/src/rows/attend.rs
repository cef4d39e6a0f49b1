//! Masked attention of one window, all heads: logits, softmax and mixing in one go over memory that stays in cache.
//!
//! Invariants: query i reads key rows up to i, or its own alone; nothing else enters its sums.

use super::kernels::{LANES, exp, largest};

/// Rows in a matrix that holds other columns too.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    /// Values from one row to the next.
    pub(super) stride: usize,
    /// First column.
    pub(super) from: usize,
}

impl Rows<'_> {
    fn part(&self, row: usize, column: usize, count: usize) -> &[f32] {
        let start = row * self.stride + self.from + column;
        &self.values[start..start + count]
    }
}

/// Keys and values of one block of a window.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) keys: Rows<'a>,
    pub(super) values: Rows<'a>,
    /// A query sees its own row alone, not those before it.
    pub(super) own: bool,
}

/// Attention of one shape; keeps its memory from window to window.
pub(super) struct Attend<'a> {
    n: usize,
    padded: usize,
    width: usize,
    /// What a head takes off per unit of age.
    slopes: &'a [f32],
    /// Keys of each block, `[head width, padded n]`.
    keys: [Vec<f32>; 2],
    logits: [Vec<f32>; 2],
}

impl<'a> Attend<'a> {
    pub(super) fn new(n: usize, width: usize, slopes: &'a [f32]) -> Self {
        let padded = n.next_multiple_of(LANES);
        let keys = || vec![0.0; padded * width / slopes.len().max(1)];
        Self {
            n,
            padded,
            width,
            slopes,
            keys: [keys(), keys()],
            logits: [vec![0.0; padded], vec![0.0; padded]],
        }
    }

    /// Mixes the values of all blocks for the queries from `first` on, row by row into `out` of
    /// `[n - first, width]`. `queries` begins with that of `first`.
    pub(super) fn window(&mut self, queries: Rows<'_>, first: usize, blocks: &[Block<'_>], out: &mut [f32]) {
        let size = self.width / self.slopes.len().max(1);
        let scale = 1.0 / (size as f32).sqrt();
        for (head, &slope) in self.slopes.iter().enumerate() {
            let column = head * size;
            for (block, keys) in blocks.iter().zip(&mut self.keys) {
                if !block.own {
                    for row in 0..self.n {
                        let key = block.keys.part(row, column, size);
                        key.iter().enumerate().for_each(|(at, key)| keys[at * self.padded + row] = *key);
                    }
                }
            }
            for query in first..self.n {
                let asked = queries.part(query - first, column, size);
                let into = &mut out[(query - first) * self.width + column..][..size];
                into.fill(0.0);
                let lanes = (query + 1).next_multiple_of(LANES);
                for ((block, keys), logits) in blocks.iter().zip(&self.keys).zip(&mut self.logits) {
                    if block.own {
                        let key = block.keys.part(query, column, size);
                        logits[0] = scale * asked.iter().zip(key).map(|(q, k)| q * k).sum::<f32>();
                        continue;
                    }
                    let logits = &mut logits[..lanes];
                    logits.fill(0.0);
                    for (q, keys) in asked.iter().zip(keys.chunks_exact(self.padded)) {
                        let q = q * scale;
                        for (logit, key) in logits.iter_mut().zip(&keys[..lanes]) {
                            *logit += q * key;
                        }
                    }
                    if slope > 0.0 {
                        for (at, logit) in logits.iter_mut().enumerate() {
                            *logit -= slope * (query as f32 - at as f32);
                        }
                    }
                }
                self.mix(blocks, query, column, into);
            }
        }
    }

    fn mix(&mut self, blocks: &[Block<'_>], query: usize, column: usize, into: &mut [f32]) {
        let count = |block: &Block<'_>| if block.own { 1 } else { query + 1 };
        let each = blocks.iter().zip(&self.logits);
        let most = each.map(|(block, logits)| largest(&logits[..count(block)]));
        let most = most.fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (block, logits) in blocks.iter().zip(&mut self.logits) {
            let seen = count(block);
            let lanes = seen.next_multiple_of(LANES).min(logits.len());
            // Lanes past the last key are computed, but never read.
            logits[..lanes].iter_mut().for_each(|logit| *logit = exp(*logit - most));
            let first = if block.own { query } else { 0 };
            for (at, weight) in logits[..seen].iter().enumerate() {
                sum += weight;
                let values = block.values.part(first + at, column, into.len());
                for (into, value) in into.iter_mut().zip(values) {
                    *into += weight * value;
                }
            }
        }
        let share = 1.0 / sum;
        into.iter_mut().for_each(|value| *value *= share);
    }
}
