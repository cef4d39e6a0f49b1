//! Nodes, ids, rows and edges.
//!
//! Invariant: a row is the snapshot's or the overlay's, never a mixture that the reader has to resolve.

use super::{Graph, Node};
use crate::gift::Edge;

impl Graph {
    /// Index of a user by platform id.
    pub fn user(&self, id: &str) -> Option<u32> {
        let base = self.snapshot.users.ids.get(id).filter(|index| !self.live.users.dead.contains(index));
        let live = || Some(self.live.users.ids.get(id)? + self.snapshot.users.len() as u32);
        base.or_else(live)
    }

    /// Index of a streamer by platform id.
    pub fn streamer(&self, id: &str) -> Option<u32> {
        let base =
            self.snapshot.streamers.ids.get(id).filter(|index| !self.live.streamers.dead.contains(index));
        let live = || Some(self.live.streamers.ids.get(id)? + self.snapshot.streamers.len() as u32);
        base.or_else(live)
    }

    /// Platform id of a user.
    pub fn user_id(&self, index: u32) -> Option<&str> {
        match index.checked_sub(self.snapshot.users.len() as u32) {
            Some(slot) => self.live.users.ids.id(slot),
            None if self.live.users.dead.contains(&index) => None,
            None => self.snapshot.users.ids.id(index),
        }
    }

    /// Platform id of a streamer.
    pub fn streamer_id(&self, index: u32) -> Option<&str> {
        match index.checked_sub(self.snapshot.streamers.len() as u32) {
            Some(slot) => self.live.streamers.ids.id(slot),
            None if self.live.streamers.dead.contains(&index) => None,
            None => self.snapshot.streamers.ids.id(index),
        }
    }

    /// Whether there are gifts that the snapshot does not have.
    pub fn is_ahead(&self) -> bool {
        !self.live.is_empty()
    }

    /// Users known now.
    pub fn users(&self) -> usize {
        self.snapshot.users.len() - self.live.users.dead.len() + self.live.users.ids.len()
    }

    /// Streamers known now.
    pub fn streamers(&self) -> usize {
        self.snapshot.streamers.len() - self.live.streamers.dead.len() + self.live.streamers.ids.len()
    }

    /// Edges known now.
    pub fn edges(&self) -> usize {
        self.snapshot.edges() + self.live.new_edges - self.live.lost_edges
    }

    /// Indices of users are below this.
    pub fn user_slots(&self) -> u32 {
        (self.snapshot.users.len() + self.live.users.ids.slots()) as u32
    }

    /// Indices of streamers are below this.
    pub fn streamer_slots(&self) -> u32 {
        (self.snapshot.streamers.len() + self.live.streamers.ids.slots()) as u32
    }

    /// Streamers that a user has given to, ascending; empty for an unknown user.
    pub fn streamers_of(&self, user: u32) -> &[u32] {
        match self.live.rows.get(&user) {
            Some(row) => &row.streamers,
            None => &self.snapshot.edge_streamer[self.snapshot.users.row(user)],
        }
    }

    /// Users who have given to a streamer, in two parts: those of the snapshot, ascending, then new ones.
    pub fn users_of(&self, streamer: u32) -> [&[u32]; 2] {
        let base = || &self.snapshot.in_user[self.snapshot.streamers.row(streamer)];
        match self.live.columns.get(&streamer) {
            None => [base(), &[]],
            Some(column) if column.with_base => [base(), &column.users],
            Some(column) => [&[], &column.users],
        }
    }

    /// Number of streamers that a user has given to.
    pub fn user_degree(&self, user: u32) -> usize {
        match self.live.rows.get(&user) {
            Some(row) => row.streamers.len(),
            None => self.snapshot.users.row(user).len(),
        }
    }

    /// Number of users who have given to a streamer.
    pub fn streamer_degree(&self, streamer: u32) -> usize {
        self.users_of(streamer).iter().map(|part| part.len()).sum()
    }

    /// All gifts of a user to a streamer.
    pub fn edge(&self, user: u32, streamer: u32) -> Option<Edge> {
        match self.live.rows.get(&user) {
            Some(row) => Some(row.edges[row.streamers.binary_search(&streamer).ok()?]),
            None => Some(self.snapshot.edge(self.snapshot.find(user, streamer)?)),
        }
    }

    /// Second of the last gift that a node gave or got; `None` for an unknown one.
    pub fn last_active(&self, node: Node) -> Option<u32> {
        let (live, base, index) = match node {
            Node::User(index) => (&self.live.users, &self.snapshot.users, index),
            Node::Streamer(index) => (&self.live.streamers, &self.snapshot.streamers, index),
        };
        if live.dead.contains(&index) {
            return None;
        }
        live.last.get(&index).or_else(|| base.last.get(index as usize)).copied()
    }

    /// Calls back with every streamer of a user and the edge, ascending.
    pub fn each_streamer(&self, user: u32, mut each: impl FnMut(u32, &Edge)) {
        match self.live.rows.get(&user) {
            Some(row) => {
                row.streamers.iter().zip(&row.edges).for_each(|(&streamer, edge)| each(streamer, edge))
            }
            None => {
                let row = self.snapshot.users.row(user);
                let streamers = &self.snapshot.edge_streamer[row.clone()];
                row.zip(streamers).for_each(|(place, &streamer)| each(streamer, &self.snapshot.edge(place)));
            }
        }
    }

    /// Calls back with every user of a streamer and the edge, in the order of [`Graph::users_of`].
    pub fn each_user(&self, streamer: u32, mut each: impl FnMut(u32, &Edge)) {
        let [base, new] = self.users_of(streamer);
        if !base.is_empty() {
            let places = &self.snapshot.in_edge[self.snapshot.streamers.row(streamer)];
            for (&user, &place) in base.iter().zip(places) {
                match self.live.rows.contains_key(&user) {
                    true => self.edge(user, streamer).iter().for_each(|edge| each(user, edge)),
                    false => each(user, &self.snapshot.edge(place as usize)),
                }
            }
        }
        for &user in new {
            self.edge(user, streamer).iter().for_each(|edge| each(user, edge));
        }
    }

    /// Neighbours of a node on the other side with w_UA: a user's streamers, ascending, or a streamer's users.
    pub fn neighbours(&self, node: Node) -> impl Iterator<Item = (u32, f32)> {
        let mut found = Vec::new();
        match node {
            Node::User(user) => {
                found.reserve(self.user_degree(user));
                self.each_streamer(user, |streamer, edge| found.push((streamer, self.weight(edge))));
            }
            Node::Streamer(streamer) => {
                found.reserve(self.streamer_degree(streamer));
                self.each_user(streamer, |user, edge| found.push((user, self.weight(edge))));
            }
        }
        found.into_iter()
    }

    /// w_UA of the neighbour at a place: of [`Graph::streamers_of`] or, in one count, of [`Graph::users_of`]. 0 past the
    /// end.
    pub(crate) fn nth_weight(&self, node: Node, place: usize) -> f32 {
        let edge = match node {
            Node::User(user) => match self.live.rows.get(&user) {
                Some(row) => row.edges.get(place).copied(),
                None => self.snapshot.users.row(user).nth(place).map(|edge| self.snapshot.edge(edge)),
            },
            Node::Streamer(streamer) => {
                let [base, new] = self.users_of(streamer);
                match place.checked_sub(base.len()) {
                    Some(later) => new.get(later).and_then(|&user| self.edge(user, streamer)),
                    None if self.live.rows.contains_key(&base[place]) => self.edge(base[place], streamer),
                    None => {
                        let edge = self.snapshot.in_edge[self.snapshot.streamers.row(streamer).start + place];
                        Some(self.snapshot.edge(edge as usize))
                    }
                }
            }
        };
        edge.map_or(0.0, |edge| self.weight(&edge))
    }

    /// Bytes of the snapshot file; 0 in memory.
    pub const fn file_bytes(&self) -> u64 {
        self.snapshot.file_bytes
    }

    /// Bytes in memory: live changes, and the snapshot where it is not mapped.
    pub fn heap_bytes(&self) -> usize {
        self.snapshot.heap_bytes() + self.live.heap_bytes()
    }

    /// Edges that the snapshot does not have.
    pub const fn live_edges(&self) -> usize {
        self.live.new_edges
    }

    /// Bytes of the snapshot's arrays that grow with edges, per edge.
    pub const fn bytes_per_edge(&self) -> f64 {
        crate::snapshot::BYTES_PER_EDGE as f64
    }
}
