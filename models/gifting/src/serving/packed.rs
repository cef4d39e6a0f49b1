//! Keys and values of lists, laid out for attention.
//!
//! A list of n entries takes, for each head, its keys eight entries at a time, `[blocks, size]` of lanes over entries,
//! and its values `[pieces, n]` of lanes over columns. All lists of a user, or of a room, lie one after the other.
//!
//! Invariants: padding is 0.

use super::kernels::{LANES, Lane};
use std::ops::Range;

/// Width and heads of attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) heads: usize,
}

impl Shape {
    #[inline(always)]
    pub(super) const fn size(self) -> usize {
        self.width / self.heads
    }

    #[inline(always)]
    pub(super) const fn pieces(self) -> usize {
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
    pub(super) fn list<L>(self, lanes: &[L], span: Span) -> (&[L], &[L]) {
        lanes[span.lanes()].split_at(self.key_lanes(span.entries()))
    }
}

/// Where a list lies, and what its numbers are to be multiplied by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Span {
    start: u32,
    end: u32,
    n: u32,
    scales: [f32; 2],
}

impl Span {
    /// Entries.
    #[inline(always)]
    pub(super) const fn entries(self) -> usize {
        self.n as usize
    }

    /// Its lanes, keys and values.
    #[inline(always)]
    pub(super) const fn lanes(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// What its keys and its values are to be multiplied by.
    #[inline(always)]
    pub(super) const fn scales(self) -> [f32; 2] {
        self.scales
    }

    /// A list of as many entries that lies elsewhere.
    pub(super) const fn narrowed(self, start: usize, scales: [f32; 2]) -> Self {
        let start = start as u32;
        Self { start, end: start + (self.end - self.start), n: self.n, scales }
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
    Span { start: start as u32, end: lanes.len() as u32, n: n as u32, scales: [1.0; 2] }
}
