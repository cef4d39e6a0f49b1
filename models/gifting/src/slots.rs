//! Which ids have a row of their own in an embedding table, and which row.
//!
//! Two hash functions name two buckets of eight rows each; an id lives in a free row of the emptier one, or in the place
//! of the one that was seen longest ago. Ids are stored, so a collision is known as one: no two ids ever share a row, and an
//! id without a row is known to be unknown (two-choice hashing with buckets, as in cuckoo tables, without the moves).
//!
//! Invariants: the same admissions in the same order give the same rows; an id has at most one row.

use candle_core::{Device, Result, Tensor, bail};

/// Rows per bucket.
const BUCKET: usize = 8;
/// Marks a row that is free; an id of this value is kept as its neighbour.
const FREE: u64 = u64::MAX;

/// Owners of the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slots {
    owners: Vec<u64>,
    /// When each owner was last seen, Unix seconds.
    seen_s: Vec<i64>,
}

/// What [`Slots::admit`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The id had this row already.
    Known(usize),
    /// The id has this row now, which was free.
    New(usize),
    /// The id has this row now, which was another's.
    Evicted {
        /// The row.
        row: usize,
        /// Who had it.
        from: u64,
    },
    /// Both buckets are full of ids that were seen later: the id stays unknown.
    Refused,
}

impl Slots {
    /// As many free rows.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { owners: vec![FREE; rows], seen_s: vec![i64::MIN; rows] }
    }

    /// Number of rows, free ones included.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.owners.len()
    }

    /// Number of ids that have one.
    #[must_use]
    pub fn occupied(&self) -> usize {
        self.owners.iter().filter(|owner| **owner != FREE).count()
    }

    /// Row of an id.
    #[must_use]
    pub fn row(&self, id: u64) -> Option<usize> {
        let id = proper(id);
        self.candidates(id).find(|&row| self.owners[row] == id)
    }

    /// Gives an id a row, if need be that of an id which was last seen before `time_s`.
    pub fn admit(&mut self, id: u64, time_s: i64) -> Admission {
        let id = proper(id);
        if let Some(row) = self.row(id) {
            self.seen_s[row] = self.seen_s[row].max(time_s);
            return Admission::Known(row);
        }
        let free = self.buckets(id).into_iter().map(|bucket| {
            let rows = self.rows_of(bucket);
            (rows.clone().filter(|&row| self.owners[row] == FREE).count(), rows)
        });
        // Of equally full buckets the first one.
        let emptier = free.rev().max_by_key(|(count, _)| *count);
        if let Some(row) = emptier.and_then(|(_, mut rows)| rows.find(|&row| self.owners[row] == FREE)) {
            (self.owners[row], self.seen_s[row]) = (id, time_s);
            return Admission::New(row);
        }
        match self.candidates(id).min_by_key(|&row| self.seen_s[row]) {
            Some(row) if self.seen_s[row] < time_s => {
                let from = std::mem::replace(&mut self.owners[row], id);
                self.seen_s[row] = time_s;
                Admission::Evicted { row, from }
            }
            _ => Admission::Refused,
        }
    }

    /// Frees the rows of ids that were last seen before a moment; gives how many.
    pub fn expire(&mut self, before_s: i64) -> usize {
        let mut freed = 0;
        for (owner, seen_s) in self.owners.iter_mut().zip(&mut self.seen_s) {
            if *owner != FREE && *seen_s < before_s {
                (*owner, *seen_s) = (FREE, i64::MIN);
                freed += 1;
            }
        }
        freed
    }

    /// Both buckets of an id; the same one twice where there is only one.
    fn buckets(&self, id: u64) -> [usize; 2] {
        let buckets = self.owners.len().div_ceil(BUCKET).max(1) as u64;
        let first = mixed(id) % buckets;
        // Another bucket than the first one wherever there is another.
        let step = if buckets > 1 { 1 + mixed(id ^ 0x9e37_79b9_7f4a_7c15) % (buckets - 1) } else { 0 };
        [first as usize, ((first + step) % buckets) as usize]
    }

    fn rows_of(&self, bucket: usize) -> std::ops::Range<usize> {
        bucket * BUCKET..((bucket + 1) * BUCKET).min(self.owners.len())
    }

    fn candidates(&self, id: u64) -> impl Iterator<Item = usize> + use<> {
        let [first, second] = self.buckets(id).map(|bucket| self.rows_of(bucket));
        first.chain(second)
    }

    /// Owners and times as `[rows]` of 64-bit integers.
    pub(crate) fn tensors(&self) -> Result<[Tensor; 2]> {
        let owners: Vec<i64> = self.owners.iter().map(|owner| owner.cast_signed()).collect();
        let owners = Tensor::from_vec(owners, self.owners.len(), &Device::Cpu)?;
        Ok([owners, Tensor::from_slice(&self.seen_s, self.seen_s.len(), &Device::Cpu)?])
    }

    /// What [`Slots::tensors`] gave.
    pub(crate) fn from_tensors(owners: &Tensor, seen_s: &Tensor) -> Result<Self> {
        let owners: Vec<u64> = owners.to_vec1::<i64>()?.into_iter().map(i64::cast_unsigned).collect();
        let seen_s: Vec<i64> = seen_s.to_vec1()?;
        if owners.len() != seen_s.len() {
            bail!("{} owners of rows, {} times", owners.len(), seen_s.len());
        }
        Ok(Self { owners, seen_s })
    }
}

const fn proper(id: u64) -> u64 {
    if id == FREE { FREE - 1 } else { id }
}

/// Finaliser of MurmurHash3, which spreads every bit over all others.
const fn mixed(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::{Admission, Slots};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn table_fills_almost_whole_before_anybody_is_refused() {
        let mut slots = Slots::new(4096);
        let refused = (0..3276).filter(|&id| slots.admit(id, 0) == Admission::Refused).count();
        assert!(refused < 10, "{refused} of 80 % refused");
    }

    #[test]
    fn the_one_seen_longest_ago_gives_way() {
        let mut slots = Slots::new(4);
        for (id, time) in [(1, 10), (2, 11), (3, 12), (4, 13)] {
            assert!(matches!(slots.admit(id, time), Admission::New(_)));
        }
        assert_eq!(slots.admit(5, 10), Admission::Refused);
        assert!(matches!(slots.admit(1, 20), Admission::Known(_)));
        assert!(matches!(slots.admit(5, 20), Admission::Evicted { from: 2, .. }));
        assert_eq!((slots.row(2), slots.expire(13)), (None, 1));
        assert_eq!(slots.occupied(), 3);
    }

    #[test]
    fn tensors_keep_everything() {
        let mut slots = Slots::new(64);
        for id in 0..80_u64 {
            slots.admit(id.wrapping_mul(0x9e37_79b9_7f4a_7c15), i64::try_from(id).expect("small"));
        }
        let [owners, seen_s] = slots.tensors().expect("op");
        assert_eq!(Slots::from_tensors(&owners, &seen_s).expect("op"), slots);
    }

    proptest! {
        #[test]
        fn no_two_ids_share_a_row(acts in prop::collection::vec((0..60_u64, 0..9_i64), 0..200), rows in 1..40_usize) {
            let mut slots = Slots::new(rows);
            for (id, time) in acts {
                slots.admit(id, time);
            }
            let owned: BTreeMap<usize, u64> =
                (0..60).filter_map(|id| Some((slots.row(id)?, id))).collect();
            prop_assert_eq!(owned.len(), slots.occupied());
            prop_assert_eq!(owned.len(), (0..60).filter(|id| slots.row(*id).is_some()).count());
        }
    }
}
