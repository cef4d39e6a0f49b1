//! Rows for ids that turn up after training.
//!
//! Invariants: a streamer that gets a row is scored as before, since the row holds what content and neighbours made up
//! for it; only later training tells it apart. Who gives its row up is scored from content and neighbours again.

use super::Ranker;
use crate::batch::RoomBatch;
use crate::{Admission, GiftingError, Nodes, RoomInput};
use candle_core::Tensor;
use std::collections::BTreeMap;

impl Ranker {
    /// Gives the streamers of these rooms rows of their own, taking them from those seen longest ago where need be,
    /// and notes when all of them were seen, in Unix seconds. Returns what was done for each.
    ///
    /// # Errors
    /// When an input can't be used; nothing has changed then.
    pub fn admit_streamers(
        &mut self,
        rooms: &[RoomInput<'_>],
        time_s: i64,
        nodes: &dyn Nodes,
    ) -> Result<Vec<Admission>, GiftingError> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known(nodes);
        let batch = RoomBatch::new(&known, rooms, None)?;
        let made = self.network.rows_of_unknown(&batch)?;
        let mut slots = self.streamers.clone();
        let done: Vec<Admission> = rooms.iter().map(|room| slots.admit(room.streamer, time_s)).collect();
        let mut changed: BTreeMap<String, Tensor> = BTreeMap::new();
        for (name, variable) in self.network.parameters.iter() {
            let Some(rows) = made.get(name.as_str()) else { continue };
            let mut table = variable.as_tensor().clone();
            for (from, admission) in done.iter().enumerate() {
                if let Admission::New(to) | Admission::Evicted { row: to, .. } = *admission {
                    let width = table.dim(1)?;
                    table = table.slice_assign(&[to..to + 1, 0..width], &rows.narrow(0, from, 1)?)?;
                }
            }
            changed.insert(name, table);
        }
        self.network.parameters.restore(&changed)?;
        self.streamers = slots;
        Ok(done)
    }

    /// Forgets the streamers and users that were last seen before a moment, in Unix seconds; gives how many.
    pub fn expire(&mut self, before_s: i64) -> usize {
        self.streamers.expire(before_s) + self.users.expire(before_s)
    }
}
