//! Eight numbers at a time, on whatever instructions the processor has.
//!
//! Left to itself a compiler treats them four at a time here and eight at a time there; this says which.
//!
//! Invariants: where a product is fused with a sum it is for every kind, and every sum has one order, so that each kind
//! gives the same bits.

use super::kernels::{LANES, Lane};
use super::narrow::NarrowLane;

/// Numbers as they lie in memory, whole or narrowed.
pub(super) trait Stored: Copy {
    /// The same as numbers; of narrowed ones without their scale.
    fn numbers<E: Eight>(&self, eight: E) -> E::Numbers;
}

impl Stored for Lane {
    #[inline(always)]
    fn numbers<E: Eight>(&self, eight: E) -> E::Numbers {
        eight.load(self)
    }
}

impl Stored for NarrowLane {
    #[inline(always)]
    fn numbers<E: Eight>(&self, eight: E) -> E::Numbers {
        eight.whole(self)
    }
}

/// What is done on whatever instructions there are.
pub(super) trait Work {
    /// What comes of it.
    type Output;

    /// Does it; has to be inlined, as all that it calls.
    fn on(self, eight: impl Eight) -> Self::Output;
}

/// Does it on the widest instructions of this processor.
pub(super) fn widest<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let pulp::x86::Arch::V3(wide) = pulp::x86::Arch::new() {
        return wide.vectorize(On(wide, work));
    }
    work.on(Plain)
}

#[cfg(target_arch = "x86_64")]
struct On<E, W>(E, W);

#[cfg(target_arch = "x86_64")]
impl<E: Eight, W: Work> pulp::NullaryFnOnce for On<E, W> {
    type Output = W::Output;

    #[inline(always)]
    fn call(self) -> W::Output {
        self.1.on(self.0)
    }
}

/// Arithmetic on eight numbers.
pub(super) trait Eight: Copy {
    /// Eight numbers.
    type Numbers: Copy;

    /// One number eight times.
    fn splat(self, x: f32) -> Self::Numbers;
    /// From memory.
    fn load(self, lane: &Lane) -> Self::Numbers;
    /// From whole numbers in memory.
    fn whole(self, lane: &NarrowLane) -> Self::Numbers;
    /// To memory.
    fn lane(self, x: Self::Numbers) -> Lane;
    /// `a + b`.
    fn add(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a - b`.
    fn subtract(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a · b`.
    fn multiply(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// `a · b + c`, rounded once.
    fn fused(self, a: Self::Numbers, b: Self::Numbers, c: Self::Numbers) -> Self::Numbers;
    /// The larger of each pair of numbers.
    fn larger(self, a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    /// 2^n for n = x - 1.5 · 2^23, whole numbers that then stand in the lowest bits of x.
    fn power_of_two(self, x: Self::Numbers) -> Self::Numbers;

    /// `sum + weight · x`.
    #[inline(always)]
    fn add_scaled(self, sum: Self::Numbers, weight: f32, x: Self::Numbers) -> Self::Numbers {
        self.fused(self.splat(weight), x, sum)
    }

    /// e^x for x of at most 0 with a relative error below 1e-6, 0 from about -87 down: 2^n by its bits, times a
    /// polynomial for the rest.
    #[inline(always)]
    fn exp(self, x: Self::Numbers) -> Self::Numbers {
        // Adding this rounds to a whole number.
        const ROUND: f32 = 12_582_912.0;
        let x = self.larger(x, self.splat(-87.0));
        let whole = self.add_scaled(self.splat(ROUND), std::f32::consts::LOG2_E, x);
        let n = self.subtract(whole, self.splat(ROUND));
        // ln 2 as a number of few bits and a rest, so that nothing is lost by the products.
        let r = self.add_scaled(x, -0.693_359_4, n);
        let r = self.add_scaled(r, 2.121_944_4e-4, n);
        let next = |tail, term: f32| self.fused(r, tail, self.splat(term));
        let tail = next(next(self.splat(1.0 / 720.0), 1.0 / 120.0), 1.0 / 24.0);
        let series = next(next(next(next(tail, 1.0 / 6.0), 0.5), 1.0), 1.0);
        self.multiply(series, self.power_of_two(whole))
    }
}

/// Any processor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;

impl Eight for Plain {
    type Numbers = Lane;

    #[inline(always)]
    fn splat(self, x: f32) -> Lane {
        [x; LANES]
    }

    #[inline(always)]
    fn load(self, lane: &Lane) -> Lane {
        *lane
    }

    #[inline(always)]
    fn whole(self, lane: &NarrowLane) -> Lane {
        lane.map(f32::from)
    }

    #[inline(always)]
    fn lane(self, x: Lane) -> Lane {
        x
    }

    #[inline(always)]
    fn add(self, a: Lane, b: Lane) -> Lane {
        std::array::from_fn(|at| a[at] + b[at])
    }

    #[inline(always)]
    fn subtract(self, a: Lane, b: Lane) -> Lane {
        std::array::from_fn(|at| a[at] - b[at])
    }

    #[inline(always)]
    fn multiply(self, a: Lane, b: Lane) -> Lane {
        std::array::from_fn(|at| a[at] * b[at])
    }

    #[inline(always)]
    fn fused(self, a: Lane, b: Lane, c: Lane) -> Lane {
        std::array::from_fn(|at| a[at].mul_add(b[at], c[at]))
    }

    #[inline(always)]
    fn larger(self, a: Lane, b: Lane) -> Lane {
        // As the instruction has it: the second where they don't compare.
        std::array::from_fn(|at| if a[at] > b[at] { a[at] } else { b[at] })
    }

    #[inline(always)]
    fn power_of_two(self, x: Lane) -> Lane {
        x.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(0x3f80_0000)))
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Eight, Lane, NarrowLane};
    use pulp::x86::V3;
    use std::arch::x86_64::{__m128i, __m256, __m256i};

    impl Eight for V3 {
        type Numbers = __m256;

        #[inline(always)]
        fn splat(self, x: f32) -> __m256 {
            self.avx._mm256_set1_ps(x)
        }

        #[inline(always)]
        fn load(self, lane: &Lane) -> __m256 {
            pulp::cast(*lane)
        }

        #[inline(always)]
        fn whole(self, lane: &NarrowLane) -> __m256 {
            let narrow: __m128i = pulp::cast(*lane);
            self.avx._mm256_cvtepi32_ps(self.avx2._mm256_cvtepi16_epi32(narrow))
        }

        #[inline(always)]
        fn lane(self, x: __m256) -> Lane {
            pulp::cast(x)
        }

        #[inline(always)]
        fn add(self, a: __m256, b: __m256) -> __m256 {
            self.avx._mm256_add_ps(a, b)
        }

        #[inline(always)]
        fn subtract(self, a: __m256, b: __m256) -> __m256 {
            self.avx._mm256_sub_ps(a, b)
        }

        #[inline(always)]
        fn multiply(self, a: __m256, b: __m256) -> __m256 {
            self.avx._mm256_mul_ps(a, b)
        }

        #[inline(always)]
        fn fused(self, a: __m256, b: __m256, c: __m256) -> __m256 {
            self.fma._mm256_fmadd_ps(a, b, c)
        }

        #[inline(always)]
        fn larger(self, a: __m256, b: __m256) -> __m256 {
            self.avx._mm256_max_ps(a, b)
        }

        #[inline(always)]
        fn power_of_two(self, x: __m256) -> __m256 {
            let bits: __m256i = pulp::cast(x);
            let one = self.avx._mm256_set1_epi32(0x3f80_0000);
            pulp::cast(self.avx2._mm256_add_epi32(self.avx2._mm256_slli_epi32::<23>(bits), one))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Eight, Plain};
    use crate::serving::kernels::Lane;
    use proptest::prelude::*;

    #[test]
    fn exponential_is_close_and_never_negative() {
        for at in 0..=8600 {
            let x = -at as f32 / 100.0;
            let (got, want) = (f64::from(Plain.exp([x; 8])[3]), f64::from(x).exp());
            assert!((got / want - 1.0).abs() < 1e-6, "{x}: {got} {want}");
        }
        assert_eq!(Plain.exp([0.0; 8]), [1.0; 8]);
        assert!((0.0..2e-38).contains(&Plain.exp([-1e30; 8])[0]));
    }

    fn all<E: Eight>(eight: E, a: &Lane, b: &Lane, narrow: &[i16; 8]) -> Vec<[u32; 8]> {
        let (x, y, z) = (eight.load(a), eight.load(b), eight.whole(narrow));
        let least = eight.larger(eight.exp(eight.subtract(x, eight.larger(x, y))), z);
        let some = [eight.add(x, y), eight.multiply(x, y), eight.add_scaled(x, 0.3, y), z, least];
        some.into_iter().map(|x| eight.lane(x).map(f32::to_bits)).collect()
    }

    proptest! {
        #[test]
        fn instructions_give_the_bits_of_plain_loops(
            a in prop::array::uniform8(-90.0_f32..90.0),
            b in prop::array::uniform8(-1.0_f32..1.0),
            narrow in prop::array::uniform8(-32_767_i16..=32_767),
        ) {
            let plain = all(Plain, &a, &b, &narrow);
            #[cfg(target_arch = "x86_64")]
            if let Some(wide) = pulp::x86::V3::try_new() {
                prop_assert_eq!(&plain, &all(wide, &a, &b, &narrow));
            }
            prop_assert_eq!(plain[0][0], (a[0] + b[0]).to_bits());
        }
    }
}
