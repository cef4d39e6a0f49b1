//! Flat arrays from edges in order.
//!
//! Invariant: edges come by user, then streamer, each pair once; the arrays depend on nothing else.

use super::{Nodes, Snapshot};
use crate::Error;
use crate::gift::Edge;
use crate::ids::IdTable;

/// Takes edges in order. Holds the arrays that it makes: 20 bytes an edge, 28 when it finishes.
#[derive(Default)]
pub(crate) struct Assembler {
    user_start: Vec<u32>,
    user_last: Vec<u32>,
    streamer_last: Vec<u32>,
    streamer: Vec<u32>,
    last: Vec<u32>,
    count: Vec<u32>,
    value: Vec<f32>,
    mass: Vec<f32>,
}

impl Assembler {
    pub(crate) fn new(users: usize, streamers: usize, edges: usize) -> Result<Self, Error> {
        if edges > u32::MAX as usize {
            return Err(Error::TooMany { what: "edges", limit: u64::from(u32::MAX) });
        }
        Ok(Self {
            user_start: vec![0],
            user_last: vec![0; users],
            streamer_last: vec![0; streamers],
            streamer: Vec::with_capacity(edges),
            last: Vec::with_capacity(edges),
            count: Vec::with_capacity(edges),
            value: Vec::with_capacity(edges),
            mass: Vec::with_capacity(edges),
        })
    }

    pub(crate) fn push(&mut self, user: u32, streamer: u32, edge: &Edge) {
        // Users without edges begin where the next one does.
        self.user_start.resize(user as usize + 1, self.streamer.len() as u32);
        self.streamer.push(streamer);
        self.last.push(edge.last);
        self.count.push(edge.count);
        self.value.push(edge.value as f32);
        self.mass.push(edge.mass as f32);
        let (user_last, streamer_last) =
            (&mut self.user_last[user as usize], &mut self.streamer_last[streamer as usize]);
        *user_last = edge.last.max(*user_last);
        *streamer_last = edge.last.max(*streamer_last);
    }

    pub(crate) fn finish(mut self, users: IdTable, streamers: IdTable) -> Snapshot {
        self.user_start.resize(self.user_last.len() + 1, self.streamer.len() as u32);
        let mut streamer_start = vec![0u32; self.streamer_last.len() + 1];
        for &streamer in &self.streamer {
            streamer_start[streamer as usize + 1] += 1;
        }
        for at in 1..streamer_start.len() {
            streamer_start[at] += streamer_start[at - 1];
        }
        let mut next = streamer_start.clone();
        let (mut in_user, mut in_edge) = (vec![0u32; self.streamer.len()], vec![0u32; self.streamer.len()]);
        for user in 0..self.user_last.len() {
            for edge in self.user_start[user]..self.user_start[user + 1] {
                let place = &mut next[self.streamer[edge as usize] as usize];
                in_user[*place as usize] = user as u32;
                in_edge[*place as usize] = edge;
                *place += 1;
            }
        }
        Snapshot {
            users: Nodes { ids: users, last: self.user_last.into(), start: self.user_start.into() },
            streamers: Nodes {
                ids: streamers,
                last: self.streamer_last.into(),
                start: streamer_start.into(),
            },
            edge_streamer: self.streamer.into(),
            edge_last: self.last.into(),
            edge_count: self.count.into(),
            edge_value: self.value.into(),
            edge_mass: self.mass.into(),
            in_user: in_user.into(),
            in_edge: in_edge.into(),
            file_bytes: 0,
            digest: [0; 32],
        }
    }
}
