//! Multi-head attention for training, from projected queries, keys and values to mixed values: one operation with its
//! gradient, which spends nothing on what the mask hides.
//!
//! Invariants: what is hidden has a weight of exactly zero; windows don't touch one another, so that the number of
//! threads changes no bit.

use super::attention::{Sight, slope};
use super::rowwise::{Slopes, numbers, slice};
use crate::rows::{exp, largest, total};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;
use std::ops::Range;

/// Attention of queries `[b, n, d]` over keys and values `[b, blocks · n, d]`.
pub(super) struct Mixing {
    pub(super) heads: usize,
    pub(super) recency: bool,
    pub(super) blocks: Vec<Sight>,
}

/// Sizes of one operation.
#[derive(Clone, Copy)]
struct Sizes {
    /// Queries of a window.
    n: usize,
    /// Keys of a window.
    keys: usize,
    /// Width of all heads together, and of one.
    width: usize,
    head: usize,
}

impl Mixing {
    fn sizes(&self, query: &[usize], keys: &[usize]) -> Result<Sizes> {
        let (&[batch, n, width], &[windows, count, _]) = (query, keys) else {
            bail!("attention takes rows of windows, not {query:?} and {keys:?}")
        };
        if batch != windows || count != self.blocks.len() * n || !width.is_multiple_of(self.heads) {
            bail!("attention of {query:?} over {keys:?} in {} blocks", self.blocks.len());
        }
        Ok(Sizes { n, keys: count, width, head: width / self.heads })
    }

    /// Keys that a row sees, block by block, and the oldest's age in rows.
    fn seen(&self, row: usize, n: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
        self.blocks.iter().enumerate().map(move |(block, sight)| match sight {
            Sight::UpToOwn => (block * n..block * n + row + 1, row),
            Sight::Own => (block * n + row..block * n + row + 1, 0),
        })
    }

    /// Attention weights of one row and head over what it sees; `keys` is `[head, keys]`, the rest is left alone.
    fn weigh(&self, row: usize, head: usize, query: &[f32], keys: &[f32], of: Sizes, into: &mut [f32]) {
        let scale = 1.0 / (of.head as f32).sqrt();
        let steep = if self.recency { slope(head, self.heads) } else { 0.0 };
        let mut most = f32::MIN;
        for (range, oldest) in self.seen(row, of.n) {
            let logits = &mut into[range.clone()];
            for (at, logit) in logits.iter_mut().enumerate() {
                *logit = -steep * (oldest - at) as f32;
            }
            for (query, keys) in query.iter().zip(keys.chunks_exact(of.keys)) {
                let query = query * scale;
                logits.iter_mut().zip(&keys[range.clone()]).for_each(|(logit, key)| *logit += query * key);
            }
            most = most.max(largest(logits));
        }
        let mut sum = 0.0;
        for (range, _) in self.seen(row, of.n) {
            let weights = &mut into[range];
            weights.iter_mut().for_each(|weight| *weight = exp(*weight - most));
            sum += total(weights);
        }
        let share = 1.0 / sum;
        for (range, _) in self.seen(row, of.n) {
            into[range].iter_mut().for_each(|weight| *weight *= share);
        }
    }

    fn mix(&self, query: &[f32], keys: &[f32], values: &[f32], of: Sizes, mixed: &mut [f32]) {
        let mut weights = vec![0.0; of.keys];
        for head in 0..self.heads {
            let columns = head * of.head..(head + 1) * of.head;
            let turned = turned(keys, columns.clone(), of);
            for row in 0..of.n {
                let own = row * of.width;
                let query = &query[own..own + of.width][columns.clone()];
                self.weigh(row, head, query, &turned, of, &mut weights);
                let mixed = &mut mixed[own..own + of.width][columns.clone()];
                for (range, _) in self.seen(row, of.n) {
                    for key in range {
                        add(mixed, weights[key], &values[key * of.width..][columns.clone()]);
                    }
                }
            }
        }
    }

    /// Gradients by queries, keys and values of one window.
    fn turn_back(&self, [query, keys, values, slopes]: [&[f32]; 4], of: Sizes) -> [Vec<f32>; 3] {
        let mut by = [query.len(), keys.len(), values.len()].map(|count| vec![0.0; count]);
        let [by_query, by_keys, by_values] = &mut by;
        let (mut weights, mut by_weights) = (vec![0.0; of.keys], vec![0.0; of.keys]);
        let scale = 1.0 / (of.head as f32).sqrt();
        for head in 0..self.heads {
            let columns = head * of.head..(head + 1) * of.head;
            let (keys_turned, values_turned) =
                (turned(keys, columns.clone(), of), turned(values, columns.clone(), of));
            for row in 0..of.n {
                let own = row * of.width;
                let query = &query[own..own + of.width][columns.clone()];
                let slopes = &slopes[own..own + of.width][columns.clone()];
                self.weigh(row, head, query, &keys_turned, of, &mut weights);
                let mut common = 0.0;
                for (range, _) in self.seen(row, of.n) {
                    let by_weights = &mut by_weights[range.clone()];
                    by_weights.fill(0.0);
                    for (slope, values) in slopes.iter().zip(values_turned.chunks_exact(of.keys)) {
                        add(by_weights, *slope, &values[range.clone()]);
                    }
                    common += by_weights.iter().zip(&weights[range]).map(|(a, b)| a * b).sum::<f32>();
                }
                let by_query = &mut by_query[own..own + of.width][columns.clone()];
                for (range, _) in self.seen(row, of.n) {
                    for key in range {
                        let at = key * of.width;
                        let by_logit = weights[key] * (by_weights[key] - common) * scale;
                        add(by_query, by_logit, &keys[at..at + of.width][columns.clone()]);
                        add(&mut by_keys[at..at + of.width][columns.clone()], by_logit, query);
                        add(&mut by_values[at..at + of.width][columns.clone()], weights[key], slopes);
                    }
                }
            }
        }
        by
    }
}

/// Some columns of `[keys, width]`, as rows.
fn turned(rows: &[f32], columns: Range<usize>, of: Sizes) -> Vec<f32> {
    columns.flat_map(|column| (0..of.keys).map(move |row| rows[row * of.width + column])).collect()
}

fn add(sums: &mut [f32], times: f32, values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += times * value);
}

impl CustomOp3 for Mixing {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        query: &CpuStorage,
        query_layout: &Layout,
        keys: &CpuStorage,
        keys_layout: &Layout,
        values: &CpuStorage,
        values_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let of = self.sizes(query_layout.dims(), keys_layout.dims())?;
        let (query, keys) = (slice(query, query_layout)?, slice(keys, keys_layout)?);
        let values = slice(values, values_layout)?;
        let mut mixed = vec![0.0; query.len()];
        mixed
            .par_chunks_exact_mut(of.n * of.width)
            .zip(query.par_chunks_exact(of.n * of.width))
            .zip(keys.par_chunks_exact(of.keys * of.width).zip(values.par_chunks_exact(of.keys * of.width)))
            .for_each(|((mixed, query), (keys, values))| self.mix(query, keys, values, of, mixed));
        Ok((CpuStorage::F32(mixed), query_layout.shape().clone()))
    }

    fn bwd(
        &self,
        query: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        _: &Tensor,
        slopes: &Tensor,
    ) -> Result<Slopes> {
        let of = self.sizes(query.dims(), keys.dims())?;
        let (q, k, v, s) = (numbers(query)?, numbers(keys)?, numbers(values)?, numbers(slopes)?);
        let (rows, all) = (of.n * of.width, of.keys * of.width);
        let windows = q.par_chunks_exact(rows).zip(s.par_chunks_exact(rows));
        let windows = windows.zip(k.par_chunks_exact(all).zip(v.par_chunks_exact(all)));
        let each: Vec<[Vec<f32>; 3]> =
            windows.map(|((q, s), (k, v))| self.turn_back([q, k, v, s], of)).collect();
        let joined = |which: usize, like: &Tensor| {
            let all: Vec<f32> = each.iter().flat_map(|by| by[which].iter().copied()).collect();
            Tensor::from_vec(all, like.shape(), like.device()).map(Some)
        };
        Ok((joined(0, query)?, joined(1, keys)?, joined(2, values)?))
    }
}
