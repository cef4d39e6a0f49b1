//! Drawing some of a row's places.
//!
//! Invariants: without replacement places are distinct and every set is as likely as it should be; weighted draws follow
//! the weights one after the other (Efraimidis and Spirakis 2006 give the same distribution).

use rand::Rng;
use rand_xoshiro::SplitMix64;

/// Places to scan before a set of drawn ones is looked up otherwise.
const SCAN: usize = 64;

/// `wanted` of `length` places without replacement, or all in order when there are no more (Floyd's algorithm).
pub(super) fn uniform(random: &mut SplitMix64, length: usize, wanted: usize, places: &mut Vec<u32>) {
    let start = places.len();
    if length <= wanted {
        places.extend(0..length as u32);
        return;
    }
    if wanted > SCAN {
        // Front of a Fisher-Yates shuffle: Floyd's would search what it has drawn.
        let mut all: Vec<u32> = (0..length as u32).collect();
        for at in 0..wanted {
            all.swap(at, random.random_range(at as u32..length as u32) as usize);
        }
        places.extend_from_slice(&all[..wanted]);
        return;
    }
    for last in (length - wanted) as u32..length as u32 {
        let place = random.random_range(0..=last);
        let drawn = places[start..].contains(&place);
        places.push(if drawn { last } else { place });
    }
}

/// `wanted` of `length` places, any of them more than once; none of an empty row.
pub(super) fn with_replacement(random: &mut SplitMix64, length: usize, wanted: usize, places: &mut Vec<u32>) {
    if length > 0 {
        places.extend((0..wanted).map(|_| random.random_range(0..length as u32)));
    }
}

/// A row's weights, none above `most`.
pub(super) struct Weights<F> {
    pub(super) length: usize,
    pub(super) most: f32,
    pub(super) at: F,
}

impl<F: Fn(usize) -> f32> Weights<F> {
    /// `wanted` distinct places, likelier by weight; all when there are no more. Places of weight 0 come last.
    pub(super) fn draw(&self, random: &mut SplitMix64, wanted: usize, places: &mut Vec<u32>) {
        let start = places.len();
        if self.length <= wanted {
            places.extend(0..self.length as u32);
            return;
        }
        if wanted <= SCAN {
            // Giving up costs a look at every place, so half as many looks are worth trying.
            let mut tries = 16 * wanted + 32 + self.length / 2;
            while places.len() - start < wanted && tries > 0 {
                tries -= 1;
                if let Some(place) = self.propose(random).filter(|place| !places[start..].contains(place)) {
                    places.push(place);
                }
            }
        }
        // Few places hold most of the weight: the rest by exponential keys, which has the same distribution.
        let missing = wanted - (places.len() - start);
        if missing > 0 {
            let drawn: std::collections::BTreeSet<u32> = places[start..].iter().copied().collect();
            let mut keys: Vec<(f64, u32)> = (0..self.length as u32)
                .filter(|place| !drawn.contains(place))
                .map(|place| (-unit(random).ln() / f64::from((self.at)(place as usize)), place))
                .collect();
            let by_key = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            if missing < keys.len() {
                keys.select_nth_unstable_by(missing, by_key);
            }
            keys.truncate(missing);
            keys.sort_unstable_by(by_key);
            places.extend(keys.into_iter().map(|(_, place)| place));
        }
    }

    /// One place by weight; none of an empty row.
    pub(super) fn one(&self, random: &mut SplitMix64) -> Option<u32> {
        for _ in 0..64 {
            if let Some(place) = self.propose(random) {
                return Some(place);
            }
        }
        // Few places hold most of the weight: one pass over all.
        let total: f64 = (0..self.length).map(|place| f64::from((self.at)(place))).sum();
        let mut left = random.random::<f64>() * total;
        (0..self.length as u32).find(|&place| {
            left -= f64::from((self.at)(place as usize));
            left < 0.0
        })
    }

    /// A place if it is accepted: by weight among all places, given that it is.
    fn propose(&self, random: &mut SplitMix64) -> Option<u32> {
        if self.length == 0 || self.most <= 0.0 {
            return None;
        }
        let place = random.random_range(0..self.length as u32);
        (random.random::<f32>() * self.most < (self.at)(place as usize)).then_some(place)
    }
}

/// Above 0, so that its logarithm is finite.
fn unit(random: &mut SplitMix64) -> f64 {
    1.0 - random.random::<f64>()
}
