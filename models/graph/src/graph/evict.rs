//! Forgetting the longest inactive nodes when there are too many.
//!
//! Invariants: who goes is decided by last activity, then index; a 64th of the limit goes at once, so that the search
//! costs little per node; evicted nodes are in no row.

use rustc_hash::{FxHashMap, FxHashSet};

use super::live::{Column, LiveNodes, Row};
use super::{Graph, Node};

impl Graph {
    /// Evicts users until at most `limit` are left; how many went.
    pub(super) fn evict_users(&mut self, limit: usize) -> usize {
        let oldest = self.oldest(self.users(), limit, self.user_slots(), Node::User);
        let mut touched: FxHashMap<u32, FxHashSet<u32>> = FxHashMap::default();
        for &user in &oldest {
            self.mark_swing(user);
            for &streamer in self.streamers_of(user) {
                touched.entry(streamer).or_default().insert(user);
            }
            self.live.lost_edges += self.user_degree(user);
            self.live.rows.insert(user, Row::default());
            forget(&mut self.live.users, user, self.snapshot.users.len() as u32);
        }
        let mut streamers: Vec<_> = touched.into_iter().collect();
        streamers.sort_unstable_by_key(|(streamer, _)| *streamer);
        for (streamer, gone) in streamers {
            let users =
                self.users_of(streamer).concat().into_iter().filter(|user| !gone.contains(user)).collect();
            self.live.columns.insert(streamer, Column { with_base: false, users });
            self.changes.streamers.insert(streamer);
            self.changes.swing.insert(streamer);
        }
        self.changes.users.extend(&oldest);
        self.changes.evicted_users.extend(&oldest);
        self.meta.evicted[0] += oldest.len() as u64;
        oldest.len()
    }

    /// Evicts streamers until at most `limit` are left; how many went.
    pub(super) fn evict_streamers(&mut self, limit: usize) -> usize {
        let oldest = self.oldest(self.streamers(), limit, self.streamer_slots(), Node::Streamer);
        for &streamer in &oldest {
            for user in self.users_of(streamer).concat() {
                self.mark_swing(user);
                let row = match self.live.rows.remove(&user) {
                    Some(row) => row,
                    None => {
                        let places = self.snapshot.users.row(user);
                        let streamers = self.snapshot.edge_streamer[places.clone()].to_vec();
                        Row { streamers, edges: places.map(|place| self.snapshot.edge(place)).collect() }
                    }
                };
                let (streamers, edges) =
                    row.streamers.into_iter().zip(row.edges).filter(|(other, _)| *other != streamer).unzip();
                self.live.rows.insert(user, Row { streamers, edges });
                self.live.lost_edges += 1;
                self.changes.users.insert(user);
            }
            self.live.columns.insert(streamer, Column { with_base: false, users: Vec::new() });
            forget(&mut self.live.streamers, streamer, self.snapshot.streamers.len() as u32);
            self.changes.swing.insert(streamer);
        }
        self.changes.streamers.extend(&oldest);
        self.changes.evicted_streamers.extend(&oldest);
        self.meta.evicted[1] += oldest.len() as u64;
        oldest.len()
    }

    /// The longest inactive nodes, ascending by index.
    fn oldest(&self, known: usize, limit: usize, slots: u32, node: impl Fn(u32) -> Node) -> Vec<u32> {
        let Some(over) = known.checked_sub(limit).filter(|&over| over > 0) else { return Vec::new() };
        let alive = |&index: &u32| match node(index) {
            Node::User(_) => self.user_id(index).is_some(),
            Node::Streamer(_) => self.streamer_id(index).is_some(),
        };
        let mut nodes: Vec<(u32, u32)> = (0..slots)
            .filter(alive)
            .map(|index| (self.last_active(node(index)).unwrap_or_default(), index))
            .collect();
        let batch = over.max((limit + 1) / 64).min(nodes.len());
        if batch < nodes.len() {
            nodes.select_nth_unstable(batch);
        }
        let mut oldest: Vec<u32> = nodes[..batch].iter().map(|(_, index)| *index).collect();
        oldest.sort_unstable();
        oldest
    }

    /// Users and streamers evicted so far, earlier snapshots included.
    pub const fn evicted(&self) -> [u64; 2] {
        self.meta.evicted
    }
}

fn forget(nodes: &mut LiveNodes, index: u32, base: u32) {
    nodes.last.remove(&index);
    match index.checked_sub(base) {
        Some(slot) => nodes.ids.remove(slot),
        None => {
            nodes.dead.insert(index);
        }
    }
}
