//! Attention over packed lists.
//!
//! All heads of all lists that are asked go through each step together (logits, weights, values), so that no step
//! waits for the one before it.
//!
//! Invariants: padded lanes never count; weights of a head, with that of the place where attention may rest, sum to 1;
//! a list's result does not depend on what is asked beside it.

use super::eight::{Eight, Stored};
use super::kernels::{LANES, Lane, across};
use super::packed::{Shape, Span};

/// Far below any logit.
const NEVER: f32 = -1e30;

/// Attention of one kind of list.
#[derive(Debug, Clone)]
pub(super) struct Attention {
    pub(super) shape: Shape,
    /// What it gives where it rests, `[heads, pieces]` of lanes.
    no_value: Vec<Lane>,
}

/// A list that is asked, by whom.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) attention: &'a Attention,
    /// As [`ready`] makes it.
    pub(super) query: &'a [f32],
    pub(super) span: Span,
}

/// Memory of attention, used again and again; after [`mix`] the weights of all heads of all lists, in order.
#[derive(Default)]
pub(super) struct Weights {
    lanes: Vec<Lane>,
    heads: Vec<Head>,
}

#[derive(Clone, Copy)]
struct Head {
    /// Where its lanes end.
    end: usize,
    /// Weight of the resting place; its logit before.
    rest: f32,
    /// The largest logit.
    top: f32,
    /// What all weights are to be multiplied by.
    share: f32,
}

impl Weights {
    /// Weight of an entry, of a head.
    pub(super) fn get(&self, head: usize, at: usize) -> f32 {
        let start = if head == 0 { 0 } else { self.heads[head - 1].end };
        self.heads[head].share * self.lanes[start + at / LANES][at % LANES]
    }
}

/// A query ready to ask: scaled, with the logit of each head's resting place behind it, `[width + heads]`.
pub(super) fn ready(shape: Shape, query: &[f32], no_key: &[f32]) -> Vec<f32> {
    let scale = 1.0 / (shape.size() as f32).sqrt();
    let mut ready: Vec<f32> = query.iter().map(|q| q * scale).collect();
    for (query, key) in query.chunks_exact(shape.size()).zip(no_key.chunks_exact(shape.size())) {
        ready.push(scale * query.iter().zip(key).map(|(q, k)| q * k).sum::<f32>());
    }
    ready
}

impl Attention {
    pub(super) fn new(shape: Shape, no_value: &[f32]) -> Self {
        let lane = |values: &[f32]| {
            let mut lane = [0.0; LANES];
            lane[..values.len()].copy_from_slice(values);
            lane
        };
        let by_head = no_value.chunks_exact(shape.size());
        Self { shape, no_value: by_head.flat_map(|values| values.chunks(LANES)).map(lane).collect() }
    }
}

/// Mixes the values of lists that lie in `lanes` into `out` `[lists, width]`, for the ready query of each.
#[inline(always)]
pub(super) fn mix<'a, L: Stored>(
    eight: impl Eight,
    shape: Shape,
    asked: impl Iterator<Item = Asked<'a>> + Clone,
    lanes: &[L],
    weights: &mut Weights,
    out: &mut [f32],
) {
    // Known sizes become loops without a counter.
    match shape.size() {
        8 => steps(eight, 8, asked, lanes, weights, out),
        16 => steps(eight, 16, asked, lanes, weights, out),
        size => steps(eight, size, asked, lanes, weights, out),
    }
}

#[inline(always)]
fn steps<'a, L: Stored>(
    eight: impl Eight,
    size: usize,
    asked: impl Iterator<Item = Asked<'a>> + Clone,
    lanes: &[L],
    weights: &mut Weights,
    out: &mut [f32],
) {
    weights.lanes.clear();
    weights.heads.clear();
    for asked in asked.clone() {
        logits(eight, size, asked, lanes, weights);
    }
    exponentials(eight, weights);
    let (mut from, mut head) = (0, 0);
    let mut out = out.chunks_exact_mut(size);
    for Asked { attention, span, .. } in asked {
        let (_, values) = attention.shape.list(lanes, span);
        let pieces = size.div_ceil(LANES);
        let mut values = values.chunks_exact((pieces * span.entries()).max(1));
        for no_value in attention.no_value.chunks_exact(pieces) {
            let Head { end, rest, share, .. } = weights.heads[head];
            let (Some(out), values) = (out.next(), values.next().unwrap_or(&[])) else { return };
            let list = Values { entries: span.entries(), values, no_value, scale: span.scales()[1] };
            list.mix(eight, &weights.lanes[from..end], rest, share, out);
            (from, head) = (end, head + 1);
        }
    }
}

/// Logits of all heads of a list, and the largest of each.
#[inline(always)]
fn logits<L: Stored>(
    eight: impl Eight,
    size: usize,
    Asked { attention, query, span }: Asked<'_>,
    lanes: &[L],
    weights: &mut Weights,
) {
    let (keys, _) = attention.shape.list(lanes, span);
    let n = span.entries();
    let blocks = n.div_ceil(LANES);
    let scale = eight.splat(span.scales()[0]);
    let (queries, rests) = query.split_at(attention.shape.width);
    for (head, (query, rest)) in queries.chunks_exact(size).zip(rests).enumerate() {
        let keys = &keys[head * blocks * size..][..blocks * size];
        let mut top = eight.splat(*rest);
        for (block, keys) in keys.chunks_exact(size).enumerate() {
            // Two sums side by side, so that no addition waits for the one before; four below.
            let mut sums = [eight.splat(0.0); 2];
            for (at, (q, keys)) in query.iter().zip(keys).enumerate() {
                sums[at % 2] = eight.add_scaled(sums[at % 2], *q, keys.numbers(eight));
            }
            let mut logits = eight.multiply(scale, eight.add(sums[0], sums[1]));
            let left = n - block * LANES;
            if left < LANES {
                let mut padded = eight.lane(logits);
                padded[left..].fill(NEVER);
                logits = eight.load(&padded);
            }
            top = eight.larger(top, logits);
            weights.lanes.push(eight.lane(logits));
        }
        let top = across(eight.lane(top), |a, b| if a > b { a } else { b });
        weights.heads.push(Head { end: weights.lanes.len(), rest: *rest, top, share: 0.0 });
    }
}

/// Weights from logits, of all heads.
#[inline(always)]
fn exponentials(eight: impl Eight, weights: &mut Weights) {
    let mut from = 0;
    for head in &mut weights.heads {
        let (top, mut sums) = (eight.splat(head.top), eight.splat(0.0));
        for logits in &mut weights.lanes[from..head.end] {
            let weight = eight.exp(eight.subtract(eight.load(logits), top));
            sums = eight.add(sums, weight);
            *logits = eight.lane(weight);
        }
        head.rest = eight.lane(eight.exp(eight.splat(head.rest - head.top)))[0];
        // Multiplied by last of all: nothing waits for the division.
        head.share = 1.0 / (head.rest + across(eight.lane(sums), |a, b| a + b));
        from = head.end;
    }
}

/// Values of one head of a list.
struct Values<'a, L> {
    entries: usize,
    /// `[pieces, entries]`.
    values: &'a [L],
    no_value: &'a [Lane],
    scale: f32,
}

impl<L: Stored> Values<'_, L> {
    #[inline(always)]
    fn mix(&self, eight: impl Eight, weights: &[Lane], rest: f32, share: f32, out: &mut [f32]) {
        let n = self.entries;
        for (piece, nothing) in self.no_value.iter().enumerate() {
            let mut sums = [eight.splat(0.0); 4];
            let (blocks, last) = self.values[piece * n..][..n].as_chunks::<LANES>();
            for (weights, block) in weights.iter().zip(blocks) {
                for (at, (weight, value)) in weights.iter().zip(block).enumerate() {
                    sums[at % 4] = eight.add_scaled(sums[at % 4], *weight, value.numbers(eight));
                }
            }
            if let Some(weights) = weights.get(blocks.len()) {
                for (weight, value) in weights.iter().zip(last) {
                    sums[0] = eight.add_scaled(sums[0], *weight, value.numbers(eight));
                }
            }
            let [a, b, c, d] = sums;
            let mixed = eight.add(eight.add(a, b), eight.add(c, d));
            let mixed = eight.multiply(mixed, eight.splat(self.scale * share));
            let mixed = eight.lane(eight.add_scaled(mixed, rest * share, eight.load(nothing)));
            let out = &mut out[piece * LANES..];
            match out.first_chunk_mut::<LANES>() {
                Some(out) => *out = mixed,
                None => out.copy_from_slice(&mixed[..out.len()]),
            }
        }
    }
}
