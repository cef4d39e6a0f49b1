//! Keeping neighbours current: what a change touched is computed anew, and nothing else.
//!
//! A row depends on the rows of the hops that it follows, so changes travel hop by hop and stop at rows that come out the
//! same. Invariant: after an update every row reads as a full computation would have it.

use std::collections::BTreeSet;

use super::paths::Best;
use super::swing::Swing;
use super::tables::NeighbourTables;
use super::{Neighbour, strongest};
use crate::graph::Changes;
use crate::{Error, Graph};

/// What an update did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Whether everything was computed anew.
    pub all: bool,
    /// Swing lists computed.
    pub swing: usize,
    /// Streamers whose A->U->A was computed.
    pub streamers: usize,
    /// Users whose longer paths were computed.
    pub users: usize,
    /// Users whose longer paths are to be computed on reading.
    pub stale: usize,
}

impl NeighbourTables {
    /// Takes in what changed since the tables were built or last updated: [`Graph::take_changes`], all of them in order.
    /// Users further off than the gifts themselves are marked, not computed: a gift to a popular streamer concerns
    /// everyone who gives to that streamer.
    ///
    /// # Errors
    /// As [`NeighbourTables::build`], which a changed reference time or changed indices ask for.
    pub fn update(&mut self, graph: &Graph, changes: &Changes) -> Result<Refreshed, Error> {
        if changes.all || graph.as_of_us() != self.as_of_us {
            *self = Self::build(graph)?;
            return Ok(Refreshed { all: true, ..Refreshed::default() });
        }
        let users: Vec<u32> = changes.users.iter().copied().collect();
        let streamers: Vec<u32> = changes.streamers.iter().copied().collect();
        let swing: Vec<u32> = changes.swing.iter().copied().collect();
        let ua = self.ua.recompute(&users, || (), |(), user, row| strongest::streamers(graph, user, row));
        let au =
            self.au.recompute(&streamers, || (), |(), streamer, row| strongest::users(graph, streamer, row));
        let aa = self.aa.recompute(
            &swing,
            || Swing::new(graph),
            |swing, streamer, row| {
                swing.list(graph, streamer, row);
            },
        );

        let follow = graph.config().metapaths.fan_out;
        let follows = |row: &[Neighbour], node| row.iter().take(follow).any(|hop| hop.node == node);
        let mut reached: BTreeSet<u32> = au.into_iter().collect();
        for &user in &ua {
            let through = graph.streamers_of(user).iter().copied();
            reached.extend(through.filter(|&streamer| follows(self.au.row(streamer), user)));
        }
        let aua: Vec<u32> = reached.iter().copied().collect();
        let hops = super::paths::Hops { graph, ua: &self.ua, au: &self.au, aa: &self.aa };
        self.aua
            .recompute(&aua, Best::default, |best, streamer, row| hops.streamer_shared(streamer, best, row));

        reached.extend(aa);
        for &streamer in &reached {
            for &user in graph.users_of(streamer).into_iter().flatten() {
                if !changes.users.contains(&user) && follows(self.ua.row(user), streamer) {
                    self.stale.insert(user);
                }
            }
        }
        self.store(graph, &users);
        Ok(Refreshed {
            all: false,
            swing: swing.len(),
            streamers: aua.len(),
            users: users.len(),
            stale: self.stale.len(),
        })
    }

    /// Computes and stores the rows of all marked users; how many there were.
    pub fn refresh(&mut self, graph: &Graph) -> usize {
        let mut marked: Vec<u32> = self.stale.drain().collect();
        marked.sort_unstable();
        self.store(graph, &marked);
        marked.len()
    }

    fn store(&mut self, graph: &Graph, users: &[u32]) {
        let hops = super::paths::Hops { graph, ua: &self.ua, au: &self.au, aa: &self.aa };
        self.uaa.recompute(users, Best::default, |best, user, row| hops.user_similar(user, best, row));
        self.uaua.recompute(users, Best::default, |best, user, row| hops.user_shared(user, best, row));
        for user in users {
            self.stale.remove(user);
        }
    }
}
