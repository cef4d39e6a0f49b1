//! Who took what: `train.tsv` and its companions, for rankings over all items.
//!
//! A folder with `train.tsv` (header: user, item[, value][, time], in any order) and, where there are some, `val.tsv`,
//! `test.tsv` (same columns), `friends.tsv` (user, friend) and `*_feat.npy` (one row per item). Names of columns that
//! are understood: [`INTERACTION`] and [`FRIEND`].
//!
//! Invariants: users of `train.tsv` are numbered first, in order of appearance ([`Interactions::train_users`]); with
//! feature files an item's id is the number of its row and its own dense number, without them items are numbered as
//! they appear. A pair that stands in a file more than once is one interaction with the sum of the values and the
//! latest time, and is counted in [`Notes`]. Interactions are in order of user, then item. Memory: 32 bytes per
//! interaction, 4 bytes per feature.

mod read;

use crate::gifting::{Ids, Matrix};
use crate::m3::columns::{Quantity, optional, required};

pub use read::read;

/// Columns of `train.tsv`, `val.tsv` and `test.tsv`; time is in any notation (seconds, milliseconds, datetime).
pub const INTERACTION: [Quantity; 4] = [
    required("user", &["user", "user_id", "userid", "uid"]),
    required("item", &["item", "item_id", "itemid", "streamer", "streamer_id", "author_id", "iid"]),
    optional("value", &["value", "amount", "weight", "gift_price", "plays", "count", "rating"]),
    optional("time", &["time", "timestamp", "ts"]),
];

/// Columns of `friends.tsv`.
pub const FRIEND: [Quantity; 2] = [
    required("user", &["user", "user_id", "userid", "uid"]),
    required("friend", &["friend", "friend_id", "friendid", "other", "user2"]),
];

/// One user and one item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interaction {
    /// Number in [`Interactions::users`].
    pub user: u32,
    /// Number in [`Interactions::items`].
    pub item: u32,
    /// Sum of the values of this pair; each line counts 1 where the file has no value column.
    pub value: f64,
    /// Unix milliseconds of the latest line of this pair, where the file has a time column.
    pub time_ms: Option<i64>,
}

/// Features of the items, row by item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFeatures {
    /// File name without `_feat.npy`: image, audio, text.
    pub name: String,
    /// One row per item.
    pub values: Matrix,
}

/// What was merged or is worth knowing about one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileNotes {
    /// Name of the file.
    pub file: String,
    /// Lines after the header.
    pub rows: u64,
    /// Lines merged into an earlier one of the same pair.
    pub duplicates: u64,
    /// Columns that aren't used.
    pub unused_columns: Vec<String>,
}

/// What was merged or is worth knowing; nothing was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// By file: train, validation, test, friends.
    pub files: Vec<FileNotes>,
    /// Pairs of `val.tsv` and `test.tsv` that stand in `train.tsv` too; they are kept in both.
    pub held_out_pairs_in_train: u64,
    /// Users of the other files whom `train.tsv` doesn't have.
    pub users_not_in_train: u64,
    /// Items without an interaction in `train.tsv`.
    pub items_not_in_train: u64,
    /// Pairs of `friends.tsv` of a user with itself; they are kept.
    pub own_friends: u64,
}

/// A folder of interactions.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    /// Users' ids.
    pub users: Ids,
    /// Items' ids.
    pub items: Ids,
    /// How many users `train.tsv` has: those numbered below.
    pub train_users: u32,
    /// `train.tsv`.
    pub train: Vec<Interaction>,
    /// `val.tsv`; empty without one.
    pub validation: Vec<Interaction>,
    /// `test.tsv`; empty without one.
    pub test: Vec<Interaction>,
    /// `friends.tsv` as it stands: user, friend; directed, in order, without repetitions.
    pub friends: Vec<(u32, u32)>,
    /// Features in order of their names.
    pub features: Vec<ItemFeatures>,
    /// What was merged.
    pub notes: Notes,
}
