//! Attention over each sequence, head by head, on the kernel of the matrices.

use rayon::prelude::*;

use super::level::{self, Kernel};
use super::linear::{PANEL, TILE, multiply, pack};
use super::math;
use crate::trunk::Shape;

/// `qkv`: rows of queries, keys and values of all sequences; `context`: what each row takes from its sequence.
pub(super) fn attend(qkv: &[f32], context: &mut [f32], lengths: &[usize], shape: &Shape) {
    let mut sequences = Vec::with_capacity(lengths.len());
    let (mut qkv, mut context) = (qkv, context);
    for length in lengths {
        let (rows, later) = qkv.split_at(length * 3 * shape.width);
        let (out, rest) = context.split_at_mut(length * shape.width);
        (qkv, context) = (later, rest);
        sequences.push((rows, out));
    }
    sequences
        .into_par_iter()
        .filter(|(rows, _)| !rows.is_empty())
        .for_each(|(rows, out)| level::run(Sequence { rows, out, shape }));
}

struct Sequence<'a> {
    rows: &'a [f32],
    out: &'a mut [f32],
    shape: &'a Shape,
}

/// Buffers of a head.
#[derive(Default)]
struct Scratch {
    tiles: Vec<[f32; TILE]>,
    panels: Vec<[f32; PANEL]>,
    scores: Vec<f32>,
}

impl Kernel for Sequence<'_> {
    #[inline(always)]
    fn run<const WIDE: bool, const FUSED: bool>(self) {
        let width = self.shape.width;
        let depth = width / self.shape.heads;
        let length = self.out.len() / width;
        let mut scratch = Scratch::default();
        scratch.scores.resize(length * length, 0.0);
        for from in (0..width).step_by(depth) {
            scores::<WIDE, FUSED>(self.rows, from, depth, self.shape, &mut scratch);
            context::<WIDE, FUSED>(self.rows, from, depth, self.shape, &mut scratch, self.out);
        }
    }
}

/// What each row of the head thinks of each other, as shares.
#[inline(always)]
fn scores<const WIDE: bool, const FUSED: bool>(
    rows: &[f32],
    from: usize,
    depth: usize,
    shape: &Shape,
    scratch: &mut Scratch,
) {
    let (width, stride) = (shape.width, 3 * shape.width);
    let length = rows.len() / stride;
    let scale = 1.0 / (depth as f32).sqrt();
    let Scratch { tiles, panels, scores } = scratch;
    tiles.clear();
    pack(&rows[from..], stride, depth, tiles);
    for first in (0..length).step_by(PANEL) {
        let count = PANEL.min(length - first);
        panels.clear();
        panels.resize(depth, [0.0; PANEL]);
        for other in 0..count {
            let key = &rows[(first + other) * stride + width + from..][..depth];
            for (panel, value) in panels.iter_mut().zip(key) {
                panel[other] = *value;
            }
        }
        for (tile, row) in tiles.chunks_exact(depth).zip((0..length).step_by(TILE)) {
            let sums = multiply::<WIDE, FUSED>(tile, panels);
            for (sums, row) in sums.iter().zip(row..length) {
                let out = &mut scores[row * length + first..][..count];
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = sum * scale;
                }
            }
        }
    }
    for (row, scores) in scores.chunks_exact_mut(length).enumerate() {
        let seen = if shape.causal { row + 1 } else { length };
        let (seen, unseen) = scores.split_at_mut(seen);
        math::softmax(seen);
        unseen.fill(0.0);
    }
}

/// Values of the head by shares.
#[inline(always)]
fn context<const WIDE: bool, const FUSED: bool>(
    rows: &[f32],
    from: usize,
    depth: usize,
    shape: &Shape,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let (width, stride) = (shape.width, 3 * shape.width);
    let length = rows.len() / stride;
    let Scratch { tiles, panels, scores } = scratch;
    tiles.clear();
    pack(scores, length, length, tiles);
    for first in (0..depth).step_by(PANEL) {
        let count = PANEL.min(depth - first);
        panels.clear();
        panels.extend(rows.chunks_exact(stride).map(|row| {
            let mut panel = [0.0; PANEL];
            panel[..count].copy_from_slice(&row[2 * width + from + first..][..count]);
            panel
        }));
        for (tile, row) in tiles.chunks_exact(length).zip((0..length).step_by(TILE)) {
            let sums = multiply::<WIDE, FUSED>(tile, panels);
            for (sums, row) in sums.iter().zip(row..length) {
                out[row * width + from + first..][..count].copy_from_slice(&sums[..count]);
            }
        }
    }
}
