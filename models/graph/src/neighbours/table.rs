//! Rows of neighbours: flat arrays, and newer rows on top.
//!
//! Invariant: a row is either the array's or the newer one, whole.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::Neighbour;
use crate::Error;
use crate::container::Column;

/// Rows that one task computes, few enough to share the work of popular nodes among threads.
const CHUNK: u32 = 512;

/// Rows by node.
#[derive(Default)]
pub(super) struct Table {
    /// Where rows begin; one more than rows.
    pub(super) start: Column<u32>,
    pub(super) entries: Column<Neighbour>,
    newer: FxHashMap<u32, Box<[Neighbour]>>,
}

impl Table {
    pub(super) fn new(start: Column<u32>, entries: Column<Neighbour>) -> Self {
        Self { start, entries, newer: FxHashMap::default() }
    }

    /// Computes rows 0 to `rows`, in parallel; every thread has buffers of its own.
    pub(super) fn compute<B>(
        rows: u32,
        buffers: impl Fn() -> B + Sync + Send,
        fill: impl Fn(&mut B, u32, &mut Vec<Neighbour>) + Sync + Send,
    ) -> Result<Self, Error> {
        let chunks: Vec<(Vec<u32>, Vec<Neighbour>)> = (0..rows.div_ceil(CHUNK))
            .into_par_iter()
            .map_init(&buffers, |buffers, chunk| {
                let (mut ends, mut entries, mut row) = (Vec::new(), Vec::new(), Vec::new());
                for index in chunk * CHUNK..(chunk * CHUNK + CHUNK).min(rows) {
                    fill(buffers, index, &mut row);
                    entries.append(&mut row);
                    ends.push(entries.len() as u32);
                }
                (ends, entries)
            })
            .collect();
        let total: usize = chunks.iter().map(|(_, entries)| entries.len()).sum();
        if total > u32::MAX as usize {
            return Err(Error::TooMany { what: "neighbours", limit: u64::from(u32::MAX) });
        }
        let (mut start, mut entries) = (Vec::with_capacity(rows as usize + 1), Vec::with_capacity(total));
        start.push(0);
        for (ends, chunk) in chunks {
            let before = entries.len() as u32;
            start.extend(ends.into_iter().map(|end| before + end));
            entries.extend(chunk);
        }
        Ok(Self::new(start.into(), entries.into()))
    }

    /// Computes some rows anew, in parallel; those that came out different.
    pub(super) fn recompute<B>(
        &mut self,
        rows: &[u32],
        buffers: impl Fn() -> B + Sync + Send,
        fill: impl Fn(&mut B, u32, &mut Vec<Neighbour>) + Sync + Send,
    ) -> Vec<u32> {
        let fresh: Vec<(u32, Box<[Neighbour]>)> = rows
            .par_iter()
            .with_min_len(4)
            .map_init(&buffers, |buffers, &index| {
                let mut row = Vec::new();
                fill(buffers, index, &mut row);
                (index, row.into_boxed_slice())
            })
            .collect();
        self.replace(fresh)
    }

    /// Puts rows in; those that are different from before.
    pub(super) fn replace(&mut self, fresh: Vec<(u32, Box<[Neighbour]>)>) -> Vec<u32> {
        let mut changed = Vec::new();
        for (index, row) in fresh {
            if *self.row(index) != *row {
                self.newer.insert(index, row);
                changed.push(index);
            }
        }
        changed
    }

    /// The neighbours of a node, best first; empty for one that has none.
    pub(super) fn row(&self, index: u32) -> &[Neighbour] {
        if let Some(row) = self.newer.get(&index) {
            return row;
        }
        match self.start.get(index as usize..).and_then(|rest| rest.get(..2)) {
            Some(&[from, to]) => &self.entries[from as usize..to as usize],
            _ => &[],
        }
    }

    /// The arrays of rows 0 to `rows`, newer ones in.
    pub(super) fn flat(&self, rows: u32) -> (Vec<u32>, Vec<Neighbour>) {
        let (mut start, mut entries) = (vec![0], Vec::with_capacity(self.entries.len()));
        for index in 0..rows {
            entries.extend_from_slice(self.row(index));
            start.push(entries.len() as u32);
        }
        (start, entries)
    }

    /// Neighbours in rows 0 to `rows`.
    pub(super) fn count(&self, rows: u32) -> usize {
        if self.newer.is_empty() {
            self.entries.len()
        } else {
            (0..rows).map(|index| self.row(index).len()).sum()
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let newer: usize = self.newer.values().map(|row| 40 + size_of_val::<[Neighbour]>(row)).sum();
        self.start.heap_bytes() + self.entries.heap_bytes() + newer
    }
}
