//! Swing: streamers are alike when pairs of users give to both and to little else together.
//!
//! Swing(a, b) = sum over u != v in U_a and U_b of 1 / (alpha + |A_u and A_v|), ordered pairs (MMBee 3.3). Users of degree
//! 1 or above the limit are in no pair; of a streamer's others only the last active ones are paired in its own list.
//! Invariant: terms are summed as 32.32 fixed point, so the sum does not depend on the order of users and a list
//! computed alone equals the one of a full computation to the bit.

use std::cmp::Reverse;

use super::{NONE, Neighbour};
use crate::Graph;

/// Fraction bits of a term.
const ONE: f64 = (1u64 << 32) as f64;

/// Buffers of one thread.
pub(super) struct Swing {
    /// Local number of a streamer that shares a user, by index; `NONE` elsewhere.
    place: Vec<u32>,
    streamers: Vec<u32>,
    /// Twice the term of a pair that shares so many streamers besides the list's own.
    terms: Vec<u64>,
    users: Vec<u32>,
    /// Local streamers of every local user.
    rows: Vec<u32>,
    row_start: Vec<usize>,
    /// Local users of every local streamer, ascending.
    columns: Vec<u32>,
    column_start: Vec<usize>,
    cursor: Vec<usize>,
    shared: Vec<u32>,
    seen: Vec<u32>,
    sums: Vec<u64>,
}

impl Swing {
    pub(super) fn new(graph: &Graph) -> Self {
        let config = &graph.config().swing;
        let term = |others: usize| 2 * (ONE / (config.alpha + (others + 1) as f64)).round() as u64;
        Self {
            place: vec![NONE; graph.streamer_slots() as usize],
            streamers: Vec::new(),
            terms: (0..=config.max_user_degree).map(term).collect(),
            users: Vec::new(),
            rows: Vec::new(),
            row_start: Vec::new(),
            columns: Vec::new(),
            column_start: Vec::new(),
            cursor: Vec::new(),
            shared: Vec::new(),
            seen: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// The list of one streamer, best first. Time: sum over streamers b of |U_a and U_b|^2.
    pub(super) fn list(&mut self, graph: &Graph, streamer: u32, list: &mut Vec<Neighbour>) {
        self.choose_users(graph, streamer);
        if self.users.len() < 2 {
            return;
        }
        self.index(graph, streamer);
        self.add_up();
        let mut found: Vec<(u64, u32)> =
            self.sums.iter().copied().zip(self.streamers.iter().copied()).collect();
        found.retain(|(sum, _)| *sum > 0);
        let key = |&(sum, other): &(u64, u32)| (Reverse(sum), graph.streamer_id(other));
        let most = graph.config().swing.top_k;
        if found.len() > most {
            found.select_nth_unstable_by(most, |a, b| key(a).cmp(&key(b)));
            found.truncate(most);
        }
        found.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        list.extend(found.iter().map(|&(sum, other)| Neighbour::near(other, (sum as f64 / ONE) as f32, 0)));
        for &other in &self.streamers {
            self.place[other as usize] = NONE;
        }
    }

    fn choose_users(&mut self, graph: &Graph, streamer: u32) {
        let config = &graph.config().swing;
        let paired = |&user: &u32| (2..=config.max_user_degree).contains(&graph.user_degree(user));
        self.users.clear();
        self.users.extend(graph.users_of(streamer).concat().into_iter().filter(paired));
        if self.users.len() > config.max_streamer_users {
            let mut by_last: Vec<(Reverse<u32>, u32)> = Vec::with_capacity(self.users.len());
            graph.each_user(streamer, |user, edge| {
                if paired(&user) {
                    by_last.push((Reverse(edge.last), user));
                }
            });
            by_last.select_nth_unstable_by(config.max_streamer_users, |a, b| {
                (a.0).cmp(&b.0).then_with(|| graph.user_id(a.1).cmp(&graph.user_id(b.1)))
            });
            self.users.clear();
            self.users.extend(by_last[..config.max_streamer_users].iter().map(|(_, user)| *user));
        }
    }

    /// Local numbers of users and of the other streamers that they share, in both directions.
    fn index(&mut self, graph: &Graph, streamer: u32) {
        self.streamers.clear();
        self.rows.clear();
        self.row_start.clear();
        self.row_start.push(0);
        self.column_start.clear();
        for &user in &self.users {
            for &other in graph.streamers_of(user).iter().filter(|&&other| other != streamer) {
                let place = &mut self.place[other as usize];
                if *place == NONE {
                    *place = self.streamers.len() as u32;
                    self.streamers.push(other);
                    self.column_start.push(0);
                }
                self.column_start[*place as usize] += 1;
                self.rows.push(*place);
            }
            self.row_start.push(self.rows.len());
        }
        // Counts become beginnings, then the cursors run from there to the next one.
        let mut next = 0;
        for start in &mut self.column_start {
            next += std::mem::replace(start, next);
        }
        self.column_start.push(next);
        self.cursor.clone_from(&self.column_start);
        self.columns.clear();
        self.columns.resize(self.rows.len(), 0);
        for (user, bounds) in self.row_start.windows(2).enumerate() {
            for &other in &self.rows[bounds[0]..bounds[1]] {
                let cursor = &mut self.cursor[other as usize];
                self.columns[*cursor] = user as u32;
                *cursor += 1;
            }
        }
        self.cursor.clone_from(&self.column_start);
    }

    fn add_up(&mut self) {
        self.sums.clear();
        self.sums.resize(self.streamers.len(), 0);
        self.shared.clear();
        self.shared.resize(self.users.len(), 0);
        for bounds in self.row_start.windows(2) {
            let row = &self.rows[bounds[0]..bounds[1]];
            // Columns ascend and users come in order, so what is left of a column are the partners to come.
            for &other in row {
                let other = other as usize;
                self.cursor[other] += 1;
                for &partner in &self.columns[self.cursor[other]..self.column_start[other + 1]] {
                    let shared = &mut self.shared[partner as usize];
                    if *shared == 0 {
                        self.seen.push(partner);
                    }
                    *shared += 1;
                }
            }
            for &other in row {
                let other = other as usize;
                let partners = &self.columns[self.cursor[other]..self.column_start[other + 1]];
                let terms =
                    partners.iter().map(|&partner| self.terms[self.shared[partner as usize] as usize]);
                self.sums[other] += terms.sum::<u64>();
            }
            for partner in self.seen.drain(..) {
                self.shared[partner as usize] = 0;
            }
        }
    }
}
