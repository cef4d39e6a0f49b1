//! Inner-product search over packed vectors.
//!
//! Invariants: finds what [`best_matches`](crate::batch::best_matches) finds up to the order of sums.

use super::kernels::{LANES, Lane, add_scaled};

/// Vectors `[n, width]` as `[blocks, width]` of lanes over rows.
pub(super) fn packed(rows: &[f32], width: usize) -> Vec<Lane> {
    let n = rows.len() / width.max(1);
    let mut lanes = vec![[0.0; LANES]; n.div_ceil(LANES) * width];
    for (at, row) in rows.chunks_exact(width.max(1)).enumerate() {
        for (column, value) in row.iter().enumerate() {
            lanes[(at / LANES) * width + column][at % LANES] = *value;
        }
    }
    lanes
}

/// Places of the `top` of `n` packed vectors with the largest inner product with `target`, best first, earlier ones
/// first among equals.
#[inline(always)]
pub(super) fn best(lanes: &[Lane], n: usize, target: &[f32], top: usize, found: &mut Vec<(f32, usize)>) {
    found.clear();
    if top == 0 {
        return;
    }
    let mut bar = f32::NEG_INFINITY;
    for (block, vectors) in lanes.chunks_exact(target.len()).enumerate() {
        let mut products = [0.0; LANES];
        for (x, values) in target.iter().zip(vectors) {
            add_scaled(&mut products, *x, values);
        }
        for (lane, product) in products.into_iter().enumerate() {
            let at = block * LANES + lane;
            // Of equals the earlier one is there already.
            if at >= n || (found.len() == top && product <= bar) {
                continue;
            }
            if found.len() == top {
                found.pop();
            }
            let place = found.partition_point(|(other, _)| *other >= product);
            found.insert(place, (product, at));
            bar = found.last().map_or(bar, |(last, _)| *last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{best, packed};
    use crate::batch::best_matches;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_sorting_finds(
            rows in prop::collection::vec(-3_i8..4, 0..200),
            target in prop::collection::vec(-3_i8..4, 3),
            top in 0..12_usize,
        ) {
            // Whole numbers, so that sums are exact and there are many ties.
            let width = target.len();
            let rows: Vec<f32> = rows.chunks_exact(width).flatten().map(|x| f32::from(*x)).collect();
            let target: Vec<f32> = target.into_iter().map(f32::from).collect();
            let mut found = Vec::new();
            best(&packed(&rows, width), rows.len() / width, &target, top, &mut found);
            let places: Vec<usize> = found.into_iter().map(|(_, at)| at).collect();
            prop_assert_eq!(places, best_matches(&rows, &target, top));
        }
    }
}
