//! A new snapshot from the old one and the live changes.
//!
//! Invariants: the file appears whole or not at all, with the positions that its edges go up to; nodes keep their
//! order, so without evictions they keep their indices.

use std::path::Path;

use super::Graph;
use super::live::Live;
use crate::Error;
use crate::gift::Edge;
use crate::ids::IdTableBuilder;
use crate::snapshot::{Assembler, Snapshot};

/// What compaction made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Where evictions closed gaps: for every old user index the new one, `None` for an evicted one. `None` when
    /// indices stayed as they are.
    pub users: Option<Vec<Option<u32>>>,
    /// As `users`, for streamers.
    pub streamers: Option<Vec<Option<u32>>>,
}

impl Graph {
    /// Writes everything as a new snapshot file and goes on from it. Holds the new arrays in memory while it writes
    /// (28 bytes an edge); the old file may be the same one.
    ///
    /// # Errors
    /// [`Error::Io`] if the file can't be written; the graph and the old file are then as before.
    pub fn compact(&mut self, path: &Path) -> Result<Compaction, Error> {
        let [users, streamers] = [
            self.renumbered(self.user_slots(), |index| self.user_id(index).is_some()),
            self.renumbered(self.streamer_slots(), |index| self.streamer_id(index).is_some()),
        ];
        let file_bytes = match self.live.is_empty() {
            true => self.snapshot.write(path, &self.meta)?,
            false => self.merged(users.as_deref(), streamers.as_deref())?.write(path, &self.meta)?,
        };
        let (snapshot, meta) = Snapshot::open(path, &self.config)?;
        // Sums were rounded to the file's precision.
        let mut touched: Vec<u32> = self.live.rows.keys().copied().collect();
        touched.sort_unstable();
        for user in touched {
            let streamers = self.streamers_of(user).to_vec();
            self.changes.streamers.extend(streamers);
            self.changes.users.insert(user);
        }
        self.changes.all |= users.is_some() || streamers.is_some();
        (self.snapshot, self.meta, self.live) = (snapshot, meta, Live::default());
        Ok(Compaction { file_bytes, users, streamers })
    }

    /// New indices of what is alive; `None` when they are the old ones.
    fn renumbered(&self, slots: u32, alive: impl Fn(u32) -> bool) -> Option<Vec<Option<u32>>> {
        let mut next = 0..;
        let map: Vec<_> = (0..slots).map(|index| if alive(index) { next.next() } else { None }).collect();
        map.iter().any(Option::is_none).then_some(map)
    }

    fn merged(
        &self,
        users: Option<&[Option<u32>]>,
        streamers: Option<&[Option<u32>]>,
    ) -> Result<Snapshot, Error> {
        let renumber = |map: Option<&[Option<u32>]>, index: u32| match map {
            Some(map) => map.get(index as usize).copied().flatten(),
            None => Some(index),
        };
        let (mut user_ids, mut streamer_ids) = (IdTableBuilder::default(), IdTableBuilder::default());
        for id in (0..self.user_slots()).filter_map(|index| self.user_id(index)) {
            user_ids.index(id)?;
        }
        for id in (0..self.streamer_slots()).filter_map(|index| self.streamer_id(index)) {
            streamer_ids.index(id)?;
        }
        let mut arrays = Assembler::new(user_ids.len(), streamer_ids.len(), self.edges())?;
        for user in 0..self.user_slots() {
            let Some(new_user) = renumber(users, user) else { continue };
            self.each_streamer(user, |streamer, edge: &Edge| {
                if let Some(new_streamer) = renumber(streamers, streamer) {
                    arrays.push(new_user, new_streamer, edge);
                }
            });
        }
        Ok(arrays.finish(user_ids.finish(), streamer_ids.finish()))
    }
}
