//! Streams of random numbers by seed, purpose and number.
//!
//! Invariants: a stream depends on nothing else, so that work can be split over threads by its number.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Random numbers for one purpose, such as the negatives of one epoch.
pub(crate) fn stream(seed: u64, purpose: &str, number: u64) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&number.to_le_bytes());
    hasher.update(purpose.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
