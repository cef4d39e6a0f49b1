//! Users x items, sparse by rows, with an amount and a time for each pair.
//!
//! Invariants: a user's items are distinct and ascending; amounts are finite and not negative; equal rows in any
//! order make equal interactions.

use crate::sparse::Csr;
use crate::{RepresentationError, Result};

/// One row: a user did something with an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Position of the user.
    pub user: u32,
    /// Position of the item (streamer, room, artist).
    pub item: u32,
    /// Amount, such as gift value or number of plays; 1 where there is none.
    pub value: f32,
    /// When, in any unit that grows; 0 where it isn't known.
    pub time: i64,
}

impl Interaction {
    /// A row without amount and time.
    #[must_use]
    pub fn new(user: u32, item: u32) -> Self {
        Self { user, item, value: 1.0, time: 0 }
    }
}

/// Entry of [`Interactions::amounts`]; 1, the average, for pairs that training didn't hold.
pub(crate) fn amount_of(amounts: Option<&Csr>, user: u32, item: u32) -> f32 {
    let Some(amounts) = amounts else { return 1.0 };
    let (items, values) = amounts.row(user as usize);
    items.binary_search(&item).map_or(1.0, |at| values[at])
}

/// Who did what with which item.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    users: usize,
    items: usize,
    starts: Vec<usize>,
    item: Vec<u32>,
    value: Vec<f32>,
    time: Vec<i64>,
}

impl Interactions {
    /// From rows in any order. Of rows with the same user and item the amounts add up and the latest time stays.
    ///
    /// # Errors
    /// When an id is not below `users` or `items`, or an amount is negative or not finite.
    pub fn from_rows(
        users: usize,
        items: usize,
        rows: impl IntoIterator<Item = Interaction>,
    ) -> Result<Self> {
        let mut sorted: Vec<Interaction> = rows.into_iter().collect();
        for (row, it) in sorted.iter().enumerate() {
            let wrong = |field, reason| RepresentationError::Row { what: "interactions", row, field, reason };
            if it.user as usize >= users {
                return Err(wrong("user", format!("{} is not below {users}", it.user)));
            }
            if it.item as usize >= items {
                return Err(wrong("item", format!("{} is not below {items}", it.item)));
            }
            if !(it.value >= 0.0 && it.value.is_finite()) {
                return Err(wrong("value", format!("{} is not a finite number of 0 or more", it.value)));
            }
        }
        sorted.sort_by(|a, b| {
            (a.user, a.item, a.time).cmp(&(b.user, b.item, b.time)).then(a.value.total_cmp(&b.value))
        });
        let mut made = Self {
            users,
            items,
            starts: vec![0; users + 1],
            item: Vec::with_capacity(sorted.len()),
            value: Vec::with_capacity(sorted.len()),
            time: Vec::with_capacity(sorted.len()),
        };
        for same in sorted.chunk_by(|a, b| (a.user, a.item) == (b.user, b.item)) {
            let Some(last) = same.last() else { continue };
            let sum: f64 = same.iter().map(|it| f64::from(it.value)).sum();
            made.item.push(last.item);
            made.value.push((sum as f32).min(f32::MAX));
            made.time.push(last.time);
            made.starts[last.user as usize + 1] += 1;
        }
        for user in 0..users {
            made.starts[user + 1] += made.starts[user];
        }
        Ok(made)
    }

    /// Number of users, those without rows included.
    #[must_use]
    pub fn users(&self) -> usize {
        self.users
    }

    /// Number of items, those without rows included.
    #[must_use]
    pub fn items(&self) -> usize {
        self.items
    }

    /// Number of distinct pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.item.len()
    }

    /// Whether there is no pair.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.item.is_empty()
    }

    fn range(&self, user: u32) -> std::ops::Range<usize> {
        let user = user as usize;
        if user < self.users { self.starts[user]..self.starts[user + 1] } else { 0..0 }
    }

    /// The items of a user, ascending; none for a user who isn't there.
    #[must_use]
    pub fn items_of(&self, user: u32) -> &[u32] {
        &self.item[self.range(user)]
    }

    /// The amounts of [`Interactions::items_of`].
    #[must_use]
    pub fn values_of(&self, user: u32) -> &[f32] {
        &self.value[self.range(user)]
    }

    /// The times of [`Interactions::items_of`].
    #[must_use]
    pub fn times_of(&self, user: u32) -> &[i64] {
        &self.time[self.range(user)]
    }

    /// The items of a user, oldest first; of equal times the smaller id first.
    #[must_use]
    pub fn history_of(&self, user: u32) -> Vec<u32> {
        let (items, times) = (self.items_of(user), self.times_of(user));
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|&at| times[at]);
        order.into_iter().map(|at| items[at]).collect()
    }

    /// Rows in the order of user and item.
    pub fn rows(&self) -> impl Iterator<Item = Interaction> + '_ {
        (0..self.users as u32).flat_map(move |user| {
            self.range(user).map(move |at| Interaction {
                user,
                item: self.item[at],
                value: self.value[at],
                time: self.time[at],
            })
        })
    }

    /// Number of users of each item.
    #[must_use]
    pub fn item_degrees(&self) -> Vec<u32> {
        let mut degrees = vec![0; self.items];
        for &item in &self.item {
            degrees[item as usize] += 1;
        }
        degrees
    }

    /// The matrix of ones, users x items.
    #[must_use]
    pub fn binary(&self) -> Csr {
        self.weighted(|_| 1.0)
    }

    /// The matrix of `weight(amount)`, users x items.
    #[must_use]
    pub fn weighted(&self, weight: impl Fn(f32) -> f32) -> Csr {
        let values = self.value.iter().map(|&value| weight(value)).collect();
        Csr::from_parts(self.items, self.starts.clone(), self.item.clone(), values)
    }

    /// The matrix of `ln(1 + amount)` over its mean, users x items: amounts of money or plays span orders of
    /// magnitude, and what is left is 1 on average, as in [`Interactions::binary`].
    #[must_use]
    pub fn amounts(&self) -> Csr {
        let sum: f64 = self.value.iter().map(|&value| f64::from(value.ln_1p())).sum();
        let mean = sum / self.value.len().max(1) as f64;
        self.weighted(|value| if mean > 0.0 { (f64::from(value.ln_1p()) / mean) as f32 } else { 1.0 })
    }

    /// Parts the rows in two by chance: every user with at least `least` items gives away
    /// `round(share · items)` of them, drawn by `seed` and the user alone. Returns what stays and what is held out.
    ///
    /// # Errors
    /// When `share` is not within `0..1`.
    pub fn hold_out(&self, share: f64, least: usize, seed: u64) -> Result<(Self, Self)> {
        use rand::seq::SliceRandom;
        if !(0.0..1.0).contains(&share) {
            return Err(RepresentationError::config("share", "must be in 0..1"));
        }
        let (mut kept, mut held) = (Vec::with_capacity(self.len()), Vec::new());
        for user in 0..self.users as u32 {
            let range = self.range(user);
            let mut order: Vec<usize> = range.collect();
            if order.len() >= least.max(2) {
                order.shuffle(&mut crate::random::stream(seed, "hold-out", u64::from(user)));
            }
            let give =
                if order.len() >= least.max(2) { (share * order.len() as f64).round() as usize } else { 0 };
            for (place, at) in order.into_iter().enumerate() {
                let row =
                    Interaction { user, item: self.item[at], value: self.value[at], time: self.time[at] };
                if place < give { held.push(row) } else { kept.push(row) }
            }
        }
        Ok((Self::from_rows(self.users, self.items, kept)?, Self::from_rows(self.users, self.items, held)?))
    }

    /// BLAKE3 of sizes, pairs, amounts and times, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.users as u64).to_le_bytes());
        hasher.update(&(self.items as u64).to_le_bytes());
        for row in self.rows() {
            hasher.update(&row.user.to_le_bytes());
            hasher.update(&row.item.to_le_bytes());
            hasher.update(&row.value.to_bits().to_le_bytes());
            hasher.update(&row.time.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
