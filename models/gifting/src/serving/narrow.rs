//! Packed lists in half the memory, for passes that are kept by the thousand.
//!
//! What a thousand viewers cost is mostly waiting for memory, so a user's lists are kept as 16-bit whole numbers with
//! one scale for the keys of a list and one for its values, and widened, in one go over each list, into memory that
//! stays in the first cache.
//!
//! Invariants: the largest number of a list's keys, or values, is kept to the bit of its scale, and every other is off
//! by at most 1/65,534 of it; padding stays 0.

use super::eight::Eight;
use super::kernels::{LANES, Lane};
use super::packed::{Shape, Span};
use std::ops::Range;

/// Eight numbers of a list.
pub(super) type NarrowLane = [i16; LANES];

const MOST: f32 = 32_767.0;

/// Where a list lies, and what its numbers are to be multiplied by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct NarrowSpan {
    start: u32,
    end: u32,
    n: u32,
    keys: f32,
    values: f32,
}

impl NarrowSpan {
    /// Entries.
    #[inline(always)]
    const fn entries(self) -> usize {
        self.n as usize
    }

    /// Its lanes, keys and values.
    #[inline(always)]
    pub(super) const fn lanes(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Narrows a packed list after what is narrowed already.
pub(super) fn narrow(lanes: &mut Vec<NarrowLane>, shape: Shape, wide: &[Lane], span: Span) -> NarrowSpan {
    let (keys, values) = shape.list(wide, span);
    let start = lanes.len() as u32;
    let mut put = |part: &[Lane]| {
        let most = part.iter().flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
        let scale = if most > 0.0 { MOST / most } else { 0.0 };
        lanes.extend(part.iter().map(|lane| lane.map(|x| (x * scale).round() as i16)));
        most / MOST
    };
    let (keys, values) = (put(keys), put(values));
    NarrowSpan { start, end: lanes.len() as u32, n: span.n as u32, keys, values }
}

/// Widens a list after what is widened already.
#[inline(always)]
pub(super) fn widen(
    eight: impl Eight,
    wide: &mut Vec<Lane>,
    shape: Shape,
    lanes: &[NarrowLane],
    span: NarrowSpan,
) -> Span {
    let widened = Span::at(wide.len(), span.entries());
    let keys = shape.key_lanes(span.entries());
    wide.resize(wide.len() + span.lanes().len(), [0.0; LANES]);
    let (to_keys, to_values) = wide[widened.start()..].split_at_mut(keys);
    let (from_keys, from_values) = lanes[span.lanes()].split_at(keys);
    for (to, from, scale) in [(to_keys, from_keys, span.keys), (to_values, from_values, span.values)] {
        let scale = eight.splat(scale);
        for (to, from) in to.iter_mut().zip(from) {
            *to = eight.lane(eight.multiply(scale, eight.whole(from)));
        }
    }
    widened
}

#[cfg(test)]
mod tests {
    use super::{narrow, widen};
    use crate::serving::eight::Plain;
    use crate::serving::packed::{Rows, Shape, pack};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn list_comes_back_within_its_step(
            numbers in prop::collection::vec(-50.0_f32..50.0, 0..20 * 12),
            heads in 1..3_usize,
        ) {
            let shape = Shape { width: 12, heads };
            let numbers = &numbers[..numbers.len() / 12 * 12];
            let halved: Vec<f32> = numbers.iter().map(|x| x * 0.01).collect();
            let rows = Rows { keys: numbers, values: &halved, shape };
            let (mut wide, mut narrowed, mut back) = (Vec::new(), Vec::new(), Vec::new());
            // Two lists after one another, and one of other places.
            pack(&mut wide, rows, 0..0);
            let span = pack(&mut wide, rows, 0..numbers.len() / 12);
            narrow(&mut narrowed, shape, &wide, span);
            let second = narrow(&mut narrowed, shape, &wide, span);
            let widened = widen(Plain, &mut back, shape, &narrowed, second);
            let (keys, values) = shape.list(&wide, span);
            let (keys_back, values_back) = shape.list(&back, widened);
            for (want, got) in [(keys, keys_back), (values, values_back)] {
                prop_assert_eq!(want.len(), got.len());
                let most = want.iter().flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
                for (want, got) in want.iter().flatten().zip(got.iter().flatten()) {
                    prop_assert!((want - got).abs() <= most / 65_000.0, "{want} {got} {most}");
                }
            }
        }
    }
}
