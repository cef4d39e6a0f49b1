//! Packed lists in half the memory, for passes that are kept by the thousand.
//!
//! What a thousand viewers cost is mostly waiting for memory, so a user's lists are kept as 16-bit whole numbers with
//! one scale for the keys of a list and one for its values. They are read as they are: the scales are multiplied in
//! once, into logits and into what was mixed.
//!
//! Invariants: the largest number of a list's keys, or values, is kept to the bit of its scale, and every other is off
//! by at most 1/65,534 of it; padding stays 0.

use super::kernels::{LANES, Lane};
use super::packed::{Shape, Span};

/// Eight numbers of a list.
pub(super) type NarrowLane = [i16; LANES];

const MOST: f32 = 32_767.0;

/// Narrows a packed list after what is narrowed already.
pub(super) fn narrow(lanes: &mut Vec<NarrowLane>, shape: Shape, wide: &[Lane], span: Span) -> Span {
    let (keys, values) = shape.list(wide, span);
    let start = lanes.len();
    let mut put = |part: &[Lane]| {
        let most = part.iter().flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
        let scale = if most > 0.0 { MOST / most } else { 0.0 };
        lanes.extend(part.iter().map(|lane| lane.map(|x| (x * scale).round() as i16)));
        most / MOST
    };
    let scales = [put(keys), put(values)];
    span.narrowed(start, scales)
}

#[cfg(test)]
mod tests {
    use super::{NarrowLane, narrow};
    use crate::serving::kernels::Lane;
    use crate::serving::packed::{Rows, Shape, pack};
    use proptest::prelude::*;

    fn back(lanes: &[NarrowLane], scale: f32) -> Vec<Lane> {
        lanes.iter().map(|lane| lane.map(|x| f32::from(x) * scale)).collect()
    }

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
            let (mut wide, mut narrowed) = (Vec::new(), Vec::new());
            // Two lists after one another, and one of other places.
            pack(&mut wide, rows, 0..0);
            let span = pack(&mut wide, rows, 0..numbers.len() / 12);
            narrow(&mut narrowed, shape, &wide, span);
            let second = narrow(&mut narrowed, shape, &wide, span);
            let (keys, values) = shape.list(&wide, span);
            let (keys_back, values_back) = shape.list(&narrowed, second);
            let [of_keys, of_values] = second.scales();
            for (want, got) in [(keys, back(keys_back, of_keys)), (values, back(values_back, of_values))] {
                prop_assert_eq!(want.len(), got.len());
                let most = want.iter().flatten().fold(0.0_f32, |most, x| most.max(x.abs()));
                for (want, got) in want.iter().flatten().zip(got.iter().flatten()) {
                    prop_assert!((want - got).abs() <= most / 65_000.0, "{want} {got} {most}");
                }
            }
        }
    }
}
