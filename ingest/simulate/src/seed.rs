//! One independent stream of random numbers per room and purpose.
//!
//! A purpose that draws more numbers never shifts another one, so adding detail to the sound leaves the chat as
//! it was.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Exp1, StandardNormal};

/// What the numbers are for; the discriminants are part of the output and never change.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub(crate) enum Purpose {
    Room = 1,
    Moments = 2,
    Dropouts = 3,
    Audience = 4,
    Affinity = 5,
    Chat = 6,
    Feedback = 7,
    Gifts = 8,
    Speech = 9,
    Frames = 10,
    Scene = 11,
    Sound = 12,
}

/// Numbers of one room for one purpose.
pub(crate) fn numbers(seed: u64, room: usize, purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(room as u64).to_le_bytes());
    key[16..24].copy_from_slice(&(purpose as u64).to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Log-normal around `median`; `sigma` is the standard deviation of the logarithm.
pub(crate) fn log_normal(rng: &mut impl Rng, median: f64, sigma: f64) -> f64 {
    let z: f64 = rng.sample(StandardNormal);
    median * (sigma * z).exp()
}

/// Exponential with the given mean.
pub(crate) fn exponential(rng: &mut impl Rng, mean: f64) -> f64 {
    let unit: f64 = rng.sample(Exp1);
    mean * unit
}

/// Instants of a Poisson process on `[from, to)` whose rate `rate(t)` never exceeds `ceiling` (thinning).
pub(crate) fn arrivals(
    rng: &mut impl Rng,
    from: f64,
    to: f64,
    ceiling: f64,
    rate: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let mut at = from;
    let mut kept = Vec::new();
    if ceiling <= 0.0 {
        return kept;
    }
    loop {
        at += exponential(rng, 1.0 / ceiling);
        if at >= to {
            return kept;
        }
        if rng.random::<f64>() * ceiling < rate(at) {
            kept.push(at);
        }
    }
}

/// A number in `[0, 1)` that depends on `a` and `b` alone: for particles, stars and windows.
pub(crate) fn scatter(a: u64, b: u64) -> f32 {
    let mut x = a.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(b).wrapping_add(0x2545_F491_4F6C_DD1D);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}
