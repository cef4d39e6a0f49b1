//! Which users a stream has shown before, in bounded memory.
//!
//! Two Bloom filters (Bloom 1970) take turns: when the young one is full, the old one is emptied and becomes the
//! young one. The last [`CAPACITY`] distinct users are always known, users silent for longer may be taken for
//! new again, and about one new user in a hundred is taken for a known one. 128 KiB per stream at most.

const BITS: usize = 1 << 19;
const PROBES: u64 = 5;
/// Users per filter: ten bits for each.
pub(crate) const CAPACITY: u32 = (BITS / 10) as u32;

/// Approximate set of the users seen lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenUsers {
    young: Vec<u64>,
    old: Vec<u64>,
    young_count: u32,
}

impl SeenUsers {
    /// Notes a user by hash; true when the user was not known.
    pub(crate) fn insert(&mut self, hash: u64) -> bool {
        if contains(&self.young, hash) {
            return false;
        }
        let known = contains(&self.old, hash);
        if self.young_count >= CAPACITY {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.young_count = 0;
        }
        self.young.resize(BITS / 64, 0);
        for bit in probes(hash) {
            self.young[bit / 64] |= 1 << (bit % 64);
        }
        self.young_count += 1;
        !known
    }
}

fn probes(hash: u64) -> impl Iterator<Item = usize> {
    let step = hash.rotate_left(32) | 1;
    (0..PROBES).map(move |i| (hash.wrapping_add(step.wrapping_mul(i)) % BITS as u64) as usize)
}

fn contains(bits: &[u64], hash: u64) -> bool {
    !bits.is_empty() && probes(hash).all(|bit| bits[bit / 64] & (1 << (bit % 64)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hash;

    fn user(i: u32) -> u64 {
        hash(1, &i.to_le_bytes())
    }

    #[test]
    fn second_visit_is_not_new() {
        let mut seen = SeenUsers::default();
        assert!(seen.insert(user(7)));
        assert!(!seen.insert(user(7)));
    }

    #[test]
    fn millions_of_users_stay_bounded_and_recent_ones_known() {
        let mut seen = SeenUsers::default();
        let fresh = (0..300_000).filter(|&i| seen.insert(user(i))).count();
        assert!(fresh > 290_000, "{fresh} of 300000 new users were recognised as new");
        assert!(seen.young.len() + seen.old.len() <= 2 * BITS / 64);
        assert!((300_000 - CAPACITY..300_000).all(|i| !seen.insert(user(i))));
        assert!(seen.insert(user(0)), "the first user is long forgotten");
    }
}
