//! Keys and values of one list, laid out for attention, and the attention itself.
//!
//! Invariants: padded lanes never count; weights of a head, with that of the place where attention may rest, sum to 1.

use super::kernels::{LANES, exp};

/// One list: `n` entries of `heads` heads.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Packed {
    n: usize,
    /// `n`, rounded up to whole lanes.
    padded: usize,
    /// `[heads, d / heads, padded]`: one column of all entries side by side.
    keys: Vec<f32>,
    /// `[heads, d / heads / lanes, n]` of lanes: some columns of all entries side by side.
    values: Vec<[f32; LANES]>,
}

/// Rows `[n, d]` to pack.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) keys: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) width: usize,
    pub(super) heads: usize,
}

impl Packed {
    /// Packs some rows, over what was packed before.
    pub(super) fn fill(&mut self, from: Rows<'_>, rows: impl ExactSizeIterator<Item = usize>) {
        let Rows { keys, values, width, heads } = from;
        let size = width / heads;
        let pieces = size.div_ceil(LANES);
        self.n = rows.len();
        self.padded = self.n.next_multiple_of(LANES);
        self.keys.clear();
        self.keys.resize(width * self.padded, 0.0);
        self.values.clear();
        self.values.resize(heads * pieces * self.n, [0.0; LANES]);
        for (at, row) in rows.enumerate() {
            for (column, key) in keys[row * width..(row + 1) * width].iter().enumerate() {
                self.keys[column * self.padded + at] = *key;
            }
            for (head, value) in values[row * width..(row + 1) * width].chunks_exact(size).enumerate() {
                for (piece, value) in value.chunks(LANES).enumerate() {
                    self.values[(head * pieces + piece) * self.n + at][..value.len()].copy_from_slice(value);
                }
            }
        }
    }

    pub(super) fn new(from: Rows<'_>, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut packed = Self::default();
        packed.fill(from, rows);
        packed
    }
}

/// Attention of one kind of list.
#[derive(Debug, Clone)]
pub(super) struct Attention {
    pub(super) heads: usize,
    /// Where attention may rest.
    pub(super) no_key: Vec<f32>,
    pub(super) no_value: Vec<f32>,
}

impl Attention {
    /// Mixes the values of a list for a query `[d]` into `out` `[d]`. `logits` is memory; `look` is told the weight of
    /// every entry, head by head.
    pub(super) fn mix(
        &self,
        query: &[f32],
        packed: &Packed,
        logits: &mut Vec<f32>,
        out: &mut [f32],
        mut look: impl FnMut(&[f32]),
    ) {
        let size = query.len() / self.heads;
        let pieces = size.div_ceil(LANES);
        let scale = 1.0 / (size as f32).sqrt();
        logits.resize(packed.padded, 0.0);
        let by_head = query.chunks_exact(size).zip(out.chunks_exact_mut(size)).enumerate();
        for (head, (query, out)) in by_head {
            let column = head * size;
            let (no_key, no_value) = (&self.no_key[column..][..size], &self.no_value[column..][..size]);
            let rest = scale * query.iter().zip(no_key).map(|(q, k)| q * k).sum::<f32>();
            logits.fill(0.0);
            if packed.n > 0 {
                let keys = packed.keys[column * packed.padded..].chunks_exact(packed.padded);
                for (q, keys) in query.iter().zip(keys) {
                    let q = q * scale;
                    logits.iter_mut().zip(keys).for_each(|(logit, key)| *logit += q * key);
                }
            }
            let most = logits[..packed.n].iter().fold(rest, |most, x| if *x > most { *x } else { most });
            logits.iter_mut().for_each(|logit| *logit = exp(*logit - most));
            let rest = exp(rest - most);
            let weights = &mut logits[..packed.n];
            let share = 1.0 / (rest + weights.iter().sum::<f32>());
            weights.iter_mut().for_each(|weight| *weight *= share);
            for (piece, (out, no_value)) in out.chunks_mut(LANES).zip(no_value.chunks(LANES)).enumerate() {
                let mut sums = [0.0_f32; LANES];
                let values = &packed.values[(head * pieces + piece) * packed.n..][..packed.n];
                for (weight, value) in weights.iter().zip(values) {
                    sums.iter_mut().zip(value).for_each(|(sum, x)| *sum += weight * x);
                }
                for ((out, sum), none) in out.iter_mut().zip(sums).zip(no_value) {
                    *out = sum + rest * share * none;
                }
            }
            look(weights);
        }
    }
}
