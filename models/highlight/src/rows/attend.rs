//! Masked attention of one window, all heads: logits, softmax and mixing in one go over memory that stays in cache.
//!
//! Invariants: query i reads key rows up to i, or its own alone; nothing else enters its sums.

use super::kernels::{LANES, exp, largest, total};

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
    /// Values of each block, some columns of all rows side by side, padded: `[head width / lanes, n, lanes]`.
    values: [Vec<[f32; LANES]>; 2],
    logits: [Vec<f32>; 2],
}

impl<'a> Attend<'a> {
    pub(super) fn new(n: usize, width: usize, slopes: &'a [f32]) -> Self {
        let padded = n.next_multiple_of(LANES);
        let size = width / slopes.len().max(1);
        let keys = || vec![0.0; padded * size];
        let values = || vec![[0.0; LANES]; n * size.div_ceil(LANES)];
        Self {
            n,
            padded,
            width,
            slopes,
            keys: [keys(), keys()],
            values: [values(), values()],
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
            for ((block, keys), values) in blocks.iter().zip(&mut self.keys).zip(&mut self.values) {
                if block.own {
                    continue;
                }
                for row in 0..self.n {
                    let key = block.keys.part(row, column, size);
                    key.iter().enumerate().for_each(|(at, key)| keys[at * self.padded + row] = *key);
                    let value = block.values.part(row, column, size);
                    for (at, value) in value.chunks(LANES).enumerate() {
                        values[at * self.n + row][..value.len()].copy_from_slice(value);
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
        for ((block, logits), packed) in blocks.iter().zip(&mut self.logits).zip(&self.values) {
            let seen = count(block);
            let lanes = seen.next_multiple_of(LANES).min(logits.len());
            // Lanes past the last key are computed, but never read.
            logits[..lanes].iter_mut().for_each(|logit| *logit = exp(*logit - most));
            let weights = &logits[..seen];
            sum += total(weights);
            if block.own {
                let values = block.values.part(query, column, into.len());
                into.iter_mut().zip(values).for_each(|(into, value)| *into += weights[0] * value);
            } else {
                weigh(weights, packed, self.n, into);
            }
        }
        let share = 1.0 / sum;
        into.iter_mut().for_each(|value| *value *= share);
    }
}

/// Adds packed rows, each by its weight: a few columns at a time, whose sums stay in registers over all rows.
fn weigh(weights: &[f32], packed: &[[f32; LANES]], rows: usize, into: &mut [f32]) {
    for (into, packed) in into.chunks_mut(LANES).zip(packed.chunks_exact(rows)) {
        let mut sums = [0.0; LANES];
        for (weight, row) in weights.iter().zip(packed) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
        for (into, sum) in into.iter_mut().zip(sums) {
            *into += sum;
        }
    }
}
