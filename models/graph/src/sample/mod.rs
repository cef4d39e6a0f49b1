//! Samples of the graph for training: neighbourhoods, walks, negatives.
//!
//! Invariant: every draw comes from a stream of random numbers of its own, named by the seed and the draw's place in the
//! request, so the result depends on the seed alone, not on threads.

mod draw;
mod local;
mod negative;
mod neighbour;
mod walk;

pub use negative::{Negatives, Popularity};
pub use neighbour::{Hop, NeighbourSampler, Sample, SampleOptions};
pub use walk::{Step, Walks, walks};

use rand::SeedableRng;
use rand_xoshiro::SplitMix64;

/// One kind of node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Users.
    Users,
    /// Streamers.
    Streamers,
}

impl Side {
    /// Where edges of this side lead.
    pub const fn other(self) -> Self {
        match self {
            Self::Users => Self::Streamers,
            Self::Streamers => Self::Users,
        }
    }
}

/// The random numbers of draw `place` in part `part` of a request.
fn stream(seed: u64, part: u64, place: u64) -> SplitMix64 {
    // Neighbouring SplitMix seeds give shifted sequences, so they are scattered first.
    SplitMix64::seed_from_u64(scatter(scatter(seed ^ scatter(part)) ^ place))
}

/// Finaliser of MurmurHash3: a bijection without visible pattern.
const fn scatter(mut number: u64) -> u64 {
    number = (number ^ (number >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    number = (number ^ (number >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ (number >> 33)
}
