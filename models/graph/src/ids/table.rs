//! Ids of a snapshot: sorted hashes for the way in, text for the way back.
//!
//! Layout: `hash` (u64, ascending), `order` (u32, the index that has the hash at that place), `end` (u32 per index, where
//! its text ends), `text` (UTF-8, by index). 16 bytes a node and its id.

use hashbrown::HashTable;
use rayon::prelude::*;

use super::hash;
use crate::Error;
use crate::container::{Column, Container};

/// Ids of indices 0, 1, ...
#[derive(Default)]
pub(crate) struct IdTable {
    hashes: Column<u64>,
    order: Column<u32>,
    ends: Column<u32>,
    text: Column<u8>,
}

impl IdTable {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn id(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        std::str::from_utf8(self.text.get(start..end)?).ok()
    }

    /// Hashes are even over their range: the place is guessed, then closed in on.
    pub(crate) fn get(&self, id: &str) -> Option<u32> {
        let (hashes, wanted) = (&*self.hashes, hash(id));
        let guess = ((u128::from(wanted) * hashes.len() as u128) >> 64) as usize;
        let (mut low, mut high, mut step) = (guess, guess, 64);
        while low > 0 && hashes[low - 1] >= wanted {
            low = low.saturating_sub(step);
            step *= 4;
        }
        step = 64;
        while high < hashes.len() && hashes[high] < wanted {
            high = (high + step).min(hashes.len());
            step *= 4;
        }
        let first = low + hashes[low..high].partition_point(|&hash| hash < wanted);
        let same = hashes[first..].iter().take_while(|&&hash| hash == wanted).count();
        self.order[first..first + same].iter().copied().find(|&index| self.id(index) == Some(id))
    }

    pub(crate) fn sections(&self) -> [&[u8]; 4] {
        [self.hashes.as_bytes(), self.order.as_bytes(), self.ends.as_bytes(), &self.text]
    }

    /// Opens the four sections of `names` and checks that lookups can't leave them.
    pub(crate) fn open(file: &Container, names: [&str; 4]) -> Result<Self, Error> {
        let ends: Column<u32> = file.column(names[2], None)?;
        let table = Self {
            hashes: file.column(names[0], Some(ends.len()))?,
            order: file.column(names[1], Some(ends.len()))?,
            text: file.column(names[3], Some(ends.last().map_or(0, |&end| end as usize)))?,
            ends,
        };
        if !table.hashes.is_sorted() {
            return Err(file.damaged(names[0], "order", "ascending", "otherwise"));
        }
        if let Some(index) = table.order.iter().find(|&&index| index as usize >= table.len()) {
            return Err(file.damaged(names[1], "index", format!("below {}", table.len()), index));
        }
        if let Some(index) = (0..table.len() as u32).find(|&index| table.id(index).is_none()) {
            return Err(file.damaged(names[3], "id", "UTF-8 text", format!("other bytes at index {index}")));
        }
        Ok(table)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.hashes.heap_bytes() + self.order.heap_bytes() + self.ends.heap_bytes() + self.text.heap_bytes()
    }
}

/// Gives indices in the order of first appearance.
#[derive(Default)]
pub(crate) struct IdTableBuilder {
    table: HashTable<u32>,
    hashes: Vec<u64>,
    ends: Vec<u32>,
    text: Vec<u8>,
}

impl IdTableBuilder {
    /// The index of an id, a new one when it has none.
    pub(crate) fn index(&mut self, id: &str) -> Result<u32, Error> {
        let wanted = hash(id);
        let (ends, text) = (&self.ends, &self.text);
        let same = |&index: &u32| {
            let index = index as usize;
            let start = index.checked_sub(1).map_or(0, |before| ends[before] as usize);
            &text[start..ends[index] as usize] == id.as_bytes()
        };
        if let Some(&index) = self.table.find(wanted, same) {
            return Ok(index);
        }
        let index = self.hashes.len() as u32;
        let end = u32::try_from(self.text.len() + id.len()).ok().filter(|_| index < 1 << 31);
        let end = end.ok_or(Error::TooMany { what: "bytes of ids", limit: u64::from(u32::MAX) })?;
        self.text.extend_from_slice(id.as_bytes());
        self.ends.push(end);
        self.hashes.push(wanted);
        let hashes = &self.hashes;
        self.table.insert_unique(wanted, index, |&index| hashes[index as usize]);
        Ok(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn finish(self) -> IdTable {
        let mut order: Vec<u32> = (0..self.hashes.len() as u32).collect();
        order.par_sort_unstable_by_key(|&index| (self.hashes[index as usize], index));
        let hashes: Vec<u64> = order.iter().map(|&index| self.hashes[index as usize]).collect();
        IdTable { hashes: hashes.into(), order: order.into(), ends: self.ends.into(), text: self.text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_and_no_other() {
        let mut builder = IdTableBuilder::default();
        for number in 0..5_000u32 {
            assert_eq!(builder.index(&number.to_string()).unwrap(), number);
        }
        assert_eq!(builder.index("17").unwrap(), 17);
        let table = builder.finish();
        for number in 0..5_000u32 {
            assert_eq!(table.get(&number.to_string()), Some(number));
            assert_eq!(table.id(number), Some(number.to_string().as_str()));
        }
        assert!((5_000..9_000u32).all(|number| table.get(&number.to_string()).is_none()));
        assert_eq!((table.get(""), table.id(5_000)), (None, None));
        assert_eq!(IdTable::default().get("1"), None);
    }
}
