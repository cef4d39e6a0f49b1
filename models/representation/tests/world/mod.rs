//! A small generated log with known structure: users and items of a few circles, content that tells the circles.
//!
//! Invariants: everything follows from the seed.

#![allow(dead_code, reason = "each test binary uses its own part")]

use kairos_representation::{Content, Dataset, Interaction, Interactions, Social};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Circles in the world.
pub const CIRCLES: usize = 4;
/// Users, a quarter in each circle.
pub const USERS: usize = 120;
/// Items, a quarter in each circle; the last of each circle has no interaction.
pub const ITEMS: usize = 48;

/// The circle of a user or item.
pub fn circle(id: usize) -> usize {
    id % CIRCLES
}

/// The item of a circle that nobody chose.
pub fn cold_item(circle: usize) -> u32 {
    (ITEMS - CIRCLES + circle) as u32
}

/// Training rows and, for every user, one row held out.
pub fn logs(seed: u64) -> (Interactions, Interactions) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for user in 0..USERS {
        let mut chosen = Vec::new();
        while chosen.len() < 6 {
            let at_home = random.random_bool(0.9);
            let of = if at_home { circle(user) } else { random.random_range(0..CIRCLES) };
            let item = random.random_range(0..ITEMS / CIRCLES - 1) * CIRCLES + of;
            if !chosen.contains(&item) {
                chosen.push(item);
            }
        }
        for (at, item) in chosen.into_iter().enumerate() {
            let value = random.random_range(1..100) as f32;
            let row = Interaction { user: user as u32, item: item as u32, value, time: at as i64 };
            if at < 5 { kept.push(row) } else { held.push(row) }
        }
    }
    let make = |rows| Interactions::from_rows(USERS, ITEMS, rows).expect("ids are in range");
    (make(kept), make(held))
}

/// Eight numbers per item: the circle's own direction and some noise.
pub fn content(seed: u64) -> Content {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xc0);
    let mut values = Vec::with_capacity(ITEMS * 8);
    for item in 0..ITEMS {
        for at in 0..8 {
            let signal = if at == circle(item) { 1.0 } else { 0.0 };
            values.push(signal + random.random_range(-0.2..0.2));
        }
    }
    Content::new("image", 8, values).expect("finite")
}

/// Friends within circles.
pub fn social() -> Social {
    let pairs = (0..USERS - CIRCLES).map(|user| (user as u32, (user + CIRCLES) as u32));
    Social::from_pairs(USERS, pairs).expect("ids are in range")
}

/// All of it.
pub fn dataset(seed: u64) -> (Dataset, Interactions) {
    let (kept, held) = logs(seed);
    (Dataset { interactions: kept, content: vec![content(seed)], social: Some(social()) }, held)
}
