//! Element-wise loops of scoring.
//!
//! Invariants: sums are added in a fixed order over lanes of eight, so that a processor with wider instructions gives
//! the same bits; everything is inlined into its caller, which chooses the instructions.

/// Values that are treated side by side.
pub(super) const LANES: usize = 8;
/// Eight of them.
pub(super) type Lane = [f32; LANES];

/// `sum += weight · lane`.
#[inline(always)]
pub(super) fn add_scaled(sum: &mut Lane, weight: f32, lane: &Lane) {
    // As whole values, which compilers keep in one wide register.
    let (old, lane) = (*sum, *lane);
    *sum = std::array::from_fn(|at| old[at] + weight * lane[at]);
}

/// All eight in one number: halves against each other, three times.
#[inline(always)]
pub(super) fn across(lane: Lane, join: impl Fn(f32, f32) -> f32) -> f32 {
    let four: [f32; 4] = std::array::from_fn(|at| join(lane[at], lane[at + 4]));
    join(join(four[0], four[2]), join(four[1], four[3]))
}

/// Adds a row to another.
#[inline(always)]
pub(super) fn add(to: &mut [f32], row: &[f32]) {
    to.iter_mut().zip(row).for_each(|(to, x)| *to += x);
}

/// Keeps what is positive.
#[inline(always)]
pub(super) fn rectify(row: &mut [f32]) {
    row.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 });
}

/// Inner product.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::dot;

    #[test]
    fn inner_product_takes_all_values() {
        let values: Vec<f32> = (0..19).map(|at| at as f32).collect();
        assert_eq!(dot(&values, &values), 2109.0);
    }
}
