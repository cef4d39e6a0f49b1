//! Tables by id, packed: lists of any length, and vectors of one width.
//!
//! Invariants: ids are kept in order, so the same entries make the same table whatever order they came in.

use super::Nodes;
use std::collections::BTreeMap;

/// A list for each id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lists<T> {
    ids: Vec<u64>,
    /// Where each list ends.
    ends: Vec<usize>,
    items: Vec<T>,
}

impl<T> FromIterator<(u64, Vec<T>)> for Lists<T> {
    /// Lists of the same id are joined in the order they come in.
    fn from_iter<I: IntoIterator<Item = (u64, Vec<T>)>>(entries: I) -> Self {
        let mut sorted: BTreeMap<u64, Vec<T>> = BTreeMap::new();
        for (id, mut items) in entries {
            sorted.entry(id).or_default().append(&mut items);
        }
        let mut lists = Self { ids: Vec::new(), ends: Vec::new(), items: Vec::new() };
        for (id, mut items) in sorted {
            lists.items.append(&mut items);
            lists.ids.push(id);
            lists.ends.push(lists.items.len());
        }
        lists
    }
}

impl<T> Lists<T> {
    /// The list of an id; empty where there is none.
    #[must_use]
    pub fn get(&self, id: u64) -> &[T] {
        let Ok(at) = self.ids.binary_search(&id) else { return &[] };
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.items[start..self.ends[at]]
    }

    /// Ids in order.
    #[must_use]
    pub fn ids(&self) -> &[u64] {
        &self.ids
    }
}

/// A vector for each id, all of one width.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    width: usize,
    ids: Vec<u64>,
    values: Vec<f32>,
}

impl Vectors {
    /// A table of the vectors that have `width` values; of the same id the last one counts. `None` when a vector has
    /// another width.
    pub fn new(width: usize, entries: impl IntoIterator<Item = (u64, Vec<f32>)>) -> Option<Self> {
        let sorted: BTreeMap<u64, Vec<f32>> = entries.into_iter().collect();
        if sorted.values().any(|vector| vector.len() != width) {
            return None;
        }
        let ids = sorted.keys().copied().collect();
        Some(Self { width, ids, values: sorted.into_values().flatten().collect() })
    }

    /// The vector of an id.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&[f32]> {
        let at = self.ids.binary_search(&id).ok()?;
        self.values.get(at * self.width..(at + 1) * self.width)
    }
}

/// Node vectors in memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeTable {
    /// Content attributes of streamers.
    pub content: Vectors,
    /// Pretrained vectors of streamers.
    pub streamers: Vectors,
    /// Pretrained vectors of users.
    pub users: Vectors,
}

impl Nodes for NodeTable {
    fn content(&self, streamer: u64) -> Option<&[f32]> {
        self.content.get(streamer)
    }

    fn streamer_vector(&self, streamer: u64) -> Option<&[f32]> {
        self.streamers.get(streamer)
    }

    fn user_vector(&self, user: u64) -> Option<&[f32]> {
        self.users.get(user)
    }
}
