//! Element-wise loops of scoring.
//!
//! Invariants: sums are added in a fixed order over lanes of eight, so that a processor with wider instructions gives
//! the same bits; everything is inlined into its caller, which chooses the instructions.

/// Values that are treated side by side.
pub(super) const LANES: usize = 8;
/// Eight of them.
pub(super) type Lane = [f32; LANES];

/// e^x for x of at most 0 with a relative error below 1e-6, 0 from about -87 down: 2^n by its bits, times a polynomial
/// for the rest.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to a whole number that then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let whole = x * std::f32::consts::LOG2_E + ROUND;
    let n = whole - ROUND;
    // ln 2 as a number of few bits and a rest, so that nothing is lost by the products.
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let tail = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * tail)));
    series * f32::from_bits((whole.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// `sum += weight · lane`.
#[inline(always)]
pub(super) fn add_scaled(sum: &mut Lane, weight: f32, lane: &Lane) {
    // As whole values, which compilers keep in one wide register.
    let (old, lane) = (*sum, *lane);
    *sum = std::array::from_fn(|at| old[at] + weight * lane[at]);
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
    use super::{dot, exp};

    #[test]
    fn exponential_is_close_and_never_negative() {
        for at in 0..=8600 {
            let x = -at as f32 / 100.0;
            let (got, want) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 1e-6, "{x}: {got} {want}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!((0.0..2e-38).contains(&exp(-1e30)));
    }

    #[test]
    fn inner_product_takes_all_values() {
        let values: Vec<f32> = (0..19).map(|at| at as f32).collect();
        assert_eq!(dot(&values, &values), 2109.0);
    }
}
