//! Keys and values of lists, laid out for attention, and the attention itself.
//!
//! A list of n entries takes, for each head, its keys eight entries at a time, `[blocks, size]` of lanes over entries,
//! and its values `[pieces, n]` of lanes over columns. All lists of a user, or of a room, lie one after the other.
//!
//! Invariants: padded lanes never count; weights of a head, with that of the place where attention may rest, sum to 1.

use super::eight::Eight;
use super::kernels::{LANES, Lane, across};

/// Far below any logit.
const NEVER: f32 = -1e30;

/// Width and heads of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) heads: usize,
}

impl Shape {
    #[inline(always)]
    const fn size(self) -> usize {
        self.width / self.heads
    }

    #[inline(always)]
    const fn pieces(self) -> usize {
        self.size().div_ceil(LANES)
    }

    /// Lanes of the keys of a list of n entries.
    #[inline(always)]
    pub(super) const fn key_lanes(self, n: usize) -> usize {
        self.heads * n.div_ceil(LANES) * self.size()
    }

    /// Lanes of a list of n entries.
    #[inline(always)]
    pub(super) const fn lanes(self, n: usize) -> usize {
        self.key_lanes(n) + self.heads * self.pieces() * n
    }

    /// Keys and values of a list.
    #[inline(always)]
    pub(super) fn list(self, lanes: &[Lane], span: Span) -> (&[Lane], &[Lane]) {
        lanes[span.start..][..self.lanes(span.n)].split_at(self.key_lanes(span.n))
    }
}

/// Where a list lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    pub(super) n: usize,
}

impl Span {
    #[inline(always)]
    pub(super) const fn at(start: usize, n: usize) -> Self {
        Self { start, n }
    }

    #[inline(always)]
    pub(super) const fn start(self) -> usize {
        self.start
    }
}

/// Rows `[n, width]` to pack.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) keys: &'a [f32],
    pub(super) values: &'a [f32],
    pub(super) shape: Shape,
}

/// Packs some rows after what is packed already.
pub(super) fn pack(
    lanes: &mut Vec<Lane>,
    from: Rows<'_>,
    rows: impl ExactSizeIterator<Item = usize>,
) -> Span {
    let Rows { keys, values, shape } = from;
    let (n, start, size) = (rows.len(), lanes.len(), shape.size());
    let (blocks, pieces) = (n.div_ceil(LANES), shape.pieces());
    lanes.resize(start + shape.lanes(n), [0.0; LANES]);
    let (packed_keys, packed_values) = lanes[start..].split_at_mut(shape.key_lanes(n));
    for (at, row) in rows.enumerate() {
        let row = row * shape.width..(row + 1) * shape.width;
        for (column, key) in keys[row.clone()].iter().enumerate() {
            let block = (column / size) * blocks + at / LANES;
            packed_keys[block * size + column % size][at % LANES] = *key;
        }
        for (head, value) in values[row].chunks_exact(size).enumerate() {
            for (piece, value) in value.chunks(LANES).enumerate() {
                packed_values[(head * pieces + piece) * n + at][..value.len()].copy_from_slice(value);
            }
        }
    }
    Span { start, n }
}

/// Attention of one kind of list.
#[derive(Debug, Clone)]
pub(super) struct Attention {
    pub(super) shape: Shape,
    /// What it gives where it rests, `[heads, pieces]` of lanes.
    no_value: Vec<Lane>,
}

/// Memory of one attention, used again and again.
#[derive(Default)]
pub(super) struct Weights {
    lanes: Vec<Lane>,
    /// What they are to be multiplied by.
    share: f32,
}

impl Weights {
    /// Weight of an entry, of the head that was asked last.
    pub(super) fn get(&self, at: usize) -> f32 {
        self.share * self.lanes[at / LANES][at % LANES]
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

    /// Mixes the values of a list for a ready query into `out` `[width]`. `look` is shown the weights of the entries
    /// after each head.
    #[expect(clippy::too_many_arguments, reason = "memory and instructions are the caller's")]
    #[inline(always)]
    pub(super) fn mix(
        &self,
        eight: impl Eight,
        query: &[f32],
        lanes: &[Lane],
        span: Span,
        weights: &mut Weights,
        out: &mut [f32],
        mut look: impl FnMut(&Weights),
    ) {
        for head in 0..self.shape.heads {
            // Known sizes become loops without a counter.
            match self.shape.size() {
                8 => self.head(eight, 8, head, query, lanes, span, weights, out),
                16 => self.head(eight, 16, head, query, lanes, span, weights, out),
                size => self.head(eight, size, head, query, lanes, span, weights, out),
            }
            look(weights);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "inlined into the one loop above")]
    #[inline(always)]
    fn head(
        &self,
        eight: impl Eight,
        size: usize,
        head: usize,
        query: &[f32],
        lanes: &[Lane],
        span: Span,
        Weights { lanes: weights, share }: &mut Weights,
        out: &mut [f32],
    ) {
        let n = span.n;
        let (blocks, pieces) = (n.div_ceil(LANES), size.div_ceil(LANES));
        let (keys, values) = self.shape.list(lanes, span);
        let keys = &keys[head * blocks * size..][..blocks * size];
        let values = &values[head * pieces * n..][..pieces * n];
        let rest = query[self.shape.width + head];
        let query = &query[head * size..][..size];
        weights.clear();
        for block in keys.chunks_exact(size) {
            // Two sums side by side, so that no addition waits for the one before; four below.
            let mut logits = [eight.splat(0.0); 2];
            for (at, (q, keys)) in query.iter().zip(block).enumerate() {
                logits[at % 2] = eight.add_scaled(logits[at % 2], *q, eight.load(keys));
            }
            weights.push(eight.lane(eight.add(logits[0], logits[1])));
        }
        if !n.is_multiple_of(LANES)
            && let Some(last) = weights.last_mut()
        {
            last[n % LANES..].fill(NEVER);
        }
        let mut most = eight.splat(rest);
        for logits in weights.iter() {
            most = eight.larger(most, eight.load(logits));
        }
        let most = across(eight.lane(most), |a, b| if a > b { a } else { b });
        let (top, mut sums) = (eight.splat(most), eight.splat(0.0));
        for logits in weights.iter_mut() {
            let weight = eight.exp(eight.subtract(eight.load(logits), top));
            sums = eight.add(sums, weight);
            *logits = eight.lane(weight);
        }
        let rest = eight.lane(eight.exp(eight.splat(rest - most)))[0];
        // Multiplied by last of all: nothing waits for the division.
        *share = 1.0 / (rest + across(eight.lane(sums), |a, b| a + b));
        for piece in 0..pieces {
            let nothing = eight.load(&self.no_value[head * pieces + piece]);
            let mut sums = [eight.splat(0.0); 4];
            sums[0] = eight.add_scaled(sums[0], rest, nothing);
            let values = &values[piece * n..][..n];
            let (blocks, rest) = values.as_chunks::<LANES>();
            for (weights, block) in weights.iter().zip(blocks) {
                for (at, (weight, value)) in weights.iter().zip(block).enumerate() {
                    sums[at % 4] = eight.add_scaled(sums[at % 4], *weight, eight.load(value));
                }
            }
            if let Some(weights) = weights.get(blocks.len()) {
                for (weight, value) in weights.iter().zip(rest) {
                    sums[0] = eight.add_scaled(sums[0], *weight, eight.load(value));
                }
            }
            let [a, b, c, d] = sums;
            let mixed = eight.add(eight.add(a, b), eight.add(c, d));
            let mixed = eight.lane(eight.multiply(mixed, eight.splat(*share)));
            let out = &mut out[head * size + piece * LANES..(head * size + size)];
            match out.first_chunk_mut::<LANES>() {
                Some(out) => *out = mixed,
                None => out.copy_from_slice(&mixed[..out.len()]),
            }
        }
    }
}
