//! Platform ids and the dense indices that stand for them.
//!
//! Invariants: an index is given once and keeps its id until it is evicted; ids are compared byte by byte, so a number
//! is the same as its decimal text.

mod live;
mod table;

pub(crate) use live::LiveIds;
pub(crate) use table::{IdTable, IdTableBuilder};

/// XXH3-64, part of the file format.
pub(crate) fn hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}
