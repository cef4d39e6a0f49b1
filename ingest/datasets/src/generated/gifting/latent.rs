//! Tastes of users and streamers.
//!
//! Invariants: what is drawn for somebody depends on the seed and on their number alone.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::World;

/// Dimensions of a taste.
pub(super) const TASTE: usize = 8;
/// Communities, whose centres are the topics too.
pub(super) const COMMUNITIES: usize = 12;
/// Styles, on which depends where excitement shows.
pub(super) const STYLES: usize = 6;

/// A direction of taste.
pub(super) type Taste = [f32; TASTE];

/// What random numbers are for; each kind and number has a stream of its own.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Centres = 1,
    Streamer,
    Room,
    User,
    Visits,
    Embedding,
    Maps,
    Facts,
}

/// The random numbers of one thing.
pub(super) fn rng(world: &World, purpose: Purpose, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(world.seed);
    rng.set_stream((purpose as u64) << 48 | number & 0xffff_ffff_ffff);
    rng
}

/// One normal number.
pub(super) fn normal(rng: &mut impl Rng) -> f32 {
    StandardNormal.sample(rng)
}

/// Cosine of two unit vectors.
pub(super) fn cosine(a: &Taste, b: &Taste) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(mut taste: Taste) -> Taste {
    let length = cosine(&taste, &taste).sqrt().max(1e-6);
    taste.iter_mut().for_each(|value| *value /= length);
    taste
}

/// Centres of the communities.
pub(super) fn centres(world: &World) -> Vec<Taste> {
    let mut rng = rng(world, Purpose::Centres, 0);
    (0..COMMUNITIES).map(|_| unit(std::array::from_fn(|_| normal(&mut rng)))).collect()
}

/// Somebody near the centre of a community.
pub(super) fn near(centre: &Taste, spread: f32, rng: &mut impl Rng) -> Taste {
    unit(centre.map(|value| value + spread * normal(rng)))
}

/// What is drawn for a streamer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Streamer {
    pub(super) community: usize,
    pub(super) taste: Taste,
    pub(super) style: usize,
    /// Share of the audience, not scaled.
    pub(super) popularity: f32,
}

/// All streamers; the n-th most popular has an audience of 1 / n^0.9.
pub(super) fn streamers(world: &World) -> Vec<Streamer> {
    let centres = centres(world);
    let mut order = rng(world, Purpose::Streamer, u64::from(u32::MAX));
    let mut ranks: Vec<u32> = (1..=world.streamers).collect();
    rand::seq::SliceRandom::shuffle(ranks.as_mut_slice(), &mut order);
    let one = |(number, rank): (u64, u32)| {
        let mut rng = rng(world, Purpose::Streamer, number);
        let community = rng.random_range(0..COMMUNITIES);
        let taste = near(&centres[community], 0.25, &mut rng);
        let style = rng.random_range(0..STYLES);
        Streamer { community, taste, style, popularity: (rank as f32).powf(-0.9) }
    };
    (0..).zip(ranks).map(one).collect()
}

/// What is drawn for a user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct User {
    pub(super) community: usize,
    pub(super) taste: Taste,
    /// Part of the log-odds of a gift.
    pub(super) generosity: f32,
    /// Part of the logarithm of a gift's value.
    pub(super) wealth: f32,
    pub(super) clicks: u32,
    /// First day, as a fraction of all days.
    pub(super) joined: f64,
}

/// One user.
pub(super) fn user(world: &World, centres: &[Taste], number: u32) -> User {
    let mut rng = rng(world, Purpose::User, u64::from(number));
    let community = rng.random_range(0..COMMUNITIES);
    let other = rng.random_range(0..COMMUNITIES);
    let mix: f32 = rng.random_range(0.0..0.45);
    let blend = std::array::from_fn(|at| centres[community][at] * (1.0 - mix) + centres[other][at] * mix);
    let taste = near(&unit(blend), 0.2, &mut rng);
    let generosity = normal(&mut rng);
    let wealth = 0.5 * generosity + 0.75_f32.sqrt() * normal(&mut rng);
    // Log-normal with the wanted mean.
    const SPREAD: f64 = 1.0;
    let activity = (SPREAD * f64::from(normal(&mut rng)) - SPREAD * SPREAD / 2.0).exp();
    let clicks = (world.clicks_per_user * activity).round().min(1e6) as u32;
    let joined = if rng.random_bool(0.3) { rng.random_range(0.0..0.9) } else { 0.0 };
    User { community, taste, generosity, wealth, clicks, joined }
}
