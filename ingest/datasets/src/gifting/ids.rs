//! Ids as their source writes them, numbered densely.
//!
//! Invariants: numbers count from 0 in order of insertion; no two have the same text. Memory: the text itself and
//! about 20 bytes per id.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Texts numbered from 0 in order of insertion.
#[derive(Clone, Default)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
    places: HashTable<u32>,
    hasher: RandomState,
}

impl Ids {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The whole numbers below `count`, each numbered as itself; `None` where there are more than fit.
    #[must_use]
    pub fn numbers(count: usize) -> Option<Self> {
        let mut ids = Self::new();
        (0..count).try_for_each(|number| ids.insert(&number.to_string()).map(|_| ()))?;
        Some(ids)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        self.places.find(hash, |&place| self.name(place) == Some(text)).copied()
    }

    /// Text of a number.
    #[must_use]
    pub fn name(&self, number: u32) -> Option<&str> {
        name(&self.text, &self.ends, number)
    }

    /// Number of a text, the next free one if it is new; `None` when 4,294,967,295 are taken.
    pub fn insert(&mut self, id: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(id);
        let Self { text, ends, places, hasher } = self;
        if let Some(&place) = places.find(hash, |&place| name(text, ends, place) == Some(id)) {
            return Some(place);
        }
        let place = u32::try_from(ends.len()).ok().filter(|&place| place < u32::MAX)?;
        text.push_str(id);
        ends.push(text.len());
        places.insert_unique(hash, place, |&other| {
            hasher.hash_one(name(text, ends, other).unwrap_or_default())
        });
        Some(place)
    }

    /// All texts in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|place| u32::try_from(place).ok().and_then(|place| self.name(place)))
    }
}

fn name<'a>(text: &'a str, ends: &[usize], number: u32) -> Option<&'a str> {
    let number = number as usize;
    let begin = if number == 0 { 0 } else { *ends.get(number - 1)? };
    text.get(begin..*ends.get(number)?)
}

impl PartialEq for Ids {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbered_as_they_come_and_keep_their_text() {
        let mut ids = Ids::new();
        for (text, number) in [("007", 0), ("7", 1), ("", 2), ("user 7", 3), ("007", 0)] {
            assert_eq!(ids.insert(text), Some(number));
        }
        for number in 4..10_000 {
            assert_eq!(ids.insert(&format!("u{number}")), Some(number));
        }
        assert_eq!(
            (ids.get("7"), ids.name(1), ids.get("8"), ids.name(10_000)),
            (Some(1), Some("7"), None, None)
        );
        assert_eq!(ids.iter().count(), ids.len());
        assert_eq!(Ids::numbers(3).unwrap().iter().collect::<Vec<_>>(), ["0", "1", "2"]);
    }
}
