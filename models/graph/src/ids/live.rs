//! Ids met since the snapshot.
//!
//! Invariant: slots of evicted ids are taken again before new ones are made, so the table never has more slots than
//! ids were known at once.

use hashbrown::HashTable;

use super::hash;

/// Ids of slots 0, 1, ...
#[derive(Default)]
pub(crate) struct LiveIds {
    slots: Vec<Option<Box<str>>>,
    table: HashTable<u32>,
    free: Vec<u32>,
}

impl LiveIds {
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        self.table.find(hash(id), |&slot| self.id(slot) == Some(id)).copied()
    }

    pub(crate) fn id(&self, slot: u32) -> Option<&str> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// Adds an id that is not in the table.
    pub(crate) fn insert(&mut self, id: &str) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.slots[slot as usize] = Some(id.into());
        let slots = &self.slots;
        let rehash = |&slot: &u32| slots[slot as usize].as_deref().map_or(0, hash);
        self.table.insert_unique(hash(id), slot, rehash);
        slot
    }

    pub(crate) fn remove(&mut self, slot: u32) {
        let Some(id) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return };
        if let Ok(found) = self.table.find_entry(hash(&id), |&other| other == slot) {
            found.remove();
            self.free.push(slot);
        }
    }

    /// Slots, in use or free.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Ids in use.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let text: usize = self.slots.iter().flatten().map(|id| id.len()).sum();
        self.slots.capacity() * size_of::<Option<Box<str>>>() + self.table.capacity() * 5 + text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_slot_is_taken_again() {
        let mut ids = LiveIds::default();
        let slots: Vec<_> = ["a", "b", "c"].map(|id| ids.insert(id)).into();
        assert_eq!(slots, [0, 1, 2]);
        ids.remove(1);
        ids.remove(1);
        assert_eq!((ids.get("b"), ids.id(1), ids.len()), (None, None, 2));
        assert_eq!(ids.insert("d"), 1);
        assert_eq!((ids.get("d"), ids.get("c"), ids.slots()), (Some(1), Some(2), 3));
    }
}
