//! Live gifts.
//!
//! Invariant: a gift touches its user's row, its streamer's column and nothing else of the graph.

use super::Graph;
use super::live::Row;
use crate::{Error, Gift};

/// What a gift did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Index of the giver.
    pub user: u32,
    /// Index of the receiver.
    pub streamer: u32,
    /// Whether it is their first gift in the graph.
    pub new_edge: bool,
    /// Nodes evicted to make room.
    pub evicted: usize,
}

impl Graph {
    /// Adds a gift. Whether it was seen before is the caller's to know.
    ///
    /// # Errors
    /// [`Error::Gift`] if a field is out of range, [`Error::TooMany`] past 2^32 edges; the graph is then as before.
    pub fn apply(&mut self, gift: &Gift<'_>) -> Result<Applied, Error> {
        let sum = gift.edge(self.config.basis)?;
        if self.edges() >= u32::MAX as usize {
            return Err(Error::TooMany { what: "edges", limit: u64::from(u32::MAX) });
        }
        let mut evicted = 0;
        let user = self.user(gift.user).unwrap_or_else(|| {
            evicted += self.evict_users(self.config.max_users as usize - 1);
            self.live.users.ids.insert(gift.user) + self.snapshot.users.len() as u32
        });
        let streamer = self.streamer(gift.streamer).unwrap_or_else(|| {
            evicted += self.evict_streamers(self.config.max_streamers as usize - 1);
            self.live.streamers.ids.insert(gift.streamer) + self.snapshot.streamers.len() as u32
        });
        let latest = |before: Option<u32>| before.map_or(sum.last, |before| before.max(sum.last));
        let user_last = latest(self.last_active(super::Node::User(user)));
        self.live.users.last.insert(user, user_last);
        let streamer_last = latest(self.last_active(super::Node::Streamer(streamer)));
        self.live.streamers.last.insert(streamer, streamer_last);

        let snapshot = &self.snapshot;
        let row = self.live.rows.entry(user).or_insert_with(|| {
            let places = snapshot.users.row(user);
            let streamers = snapshot.edge_streamer[places.clone()].to_vec();
            Row { streamers, edges: places.map(|place| snapshot.edge(place)).collect() }
        });
        let found = row.streamers.binary_search(&streamer);
        match found {
            Ok(place) => row.edges[place].add(&sum, self.decay),
            Err(place) => {
                row.streamers.insert(place, streamer);
                row.edges.insert(place, sum);
                self.live.columns.entry(streamer).or_default().users.push(user);
                self.live.new_edges += 1;
            }
        }
        let new_edge = found.is_err();
        self.meta.gifts += 1;
        self.changes.users.insert(user);
        self.changes.streamers.insert(streamer);
        if new_edge {
            self.mark_swing(user);
        } else if self.streamer_degree(streamer) > self.config.swing.max_streamer_users {
            // Which users are paired depends on who was active last.
            self.changes.swing.insert(streamer);
        }
        Ok(Applied { user, streamer, new_edge, evicted })
    }

    /// Pairs of this user with others count otherwise now, in all of the user's streamers.
    pub(super) fn mark_swing(&mut self, user: u32) {
        // One more than the limit: the user counted a moment ago. Past it the user counted neither then nor now.
        if self.user_degree(user) <= self.config.swing.max_user_degree + 1 {
            let touched = match self.live.rows.get(&user) {
                Some(row) => &row.streamers,
                None => &self.snapshot.edge_streamer[self.snapshot.users.row(user)],
            };
            self.changes.swing.extend(touched);
        }
    }
}
