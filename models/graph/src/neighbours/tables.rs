//! The neighbours of every node along every metapath.
//!
//! Invariants: rows of streamers and of touched users are always current; a user whose row depends on a change further
//! off is marked, and the row is computed on reading until [`NeighbourTables::refresh`] stores it.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::paths::{Best, Hops};
use super::swing::Swing;
use super::table::Table;
use super::{Metapath, Neighbour, strongest};
use crate::{Error, Graph};

/// Neighbours kept for all nodes.
#[derive(Default)]
pub struct NeighbourTables {
    pub(super) ua: Table,
    pub(super) au: Table,
    pub(super) aa: Table,
    pub(super) aua: Table,
    pub(super) uaa: Table,
    pub(super) uaua: Table,
    /// Users whose longer paths are to be computed on reading.
    pub(super) stale: FxHashSet<u32>,
    pub(super) as_of_us: i64,
}

impl std::fmt::Debug for NeighbourTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NeighbourTables").field("stale", &self.stale.len()).finish_non_exhaustive()
    }
}

/// Neighbours of a user, each list best first.
#[derive(Debug, Clone, PartialEq)]
pub struct UserNeighbours<'a> {
    /// U->A.
    pub given: &'a [Neighbour],
    /// U->A->A.
    pub similar: Cow<'a, [Neighbour]>,
    /// U->A->U->A.
    pub shared: Cow<'a, [Neighbour]>,
}

/// Neighbours of a streamer, each list best first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamerNeighbours<'a> {
    /// A->A.
    pub similar: &'a [Neighbour],
    /// A->U->A.
    pub shared: &'a [Neighbour],
    /// A->U.
    pub givers: &'a [Neighbour],
}

impl NeighbourTables {
    /// Computes everything, in parallel.
    ///
    /// # Errors
    /// [`Error::TooMany`] if a table has more than 2^32 neighbours.
    pub fn build(graph: &Graph) -> Result<Self, Error> {
        let (users, streamers) = (graph.user_slots(), graph.streamer_slots());
        let ua = Table::compute(users, || (), |(), user, row| strongest::streamers(graph, user, row))?;
        let au =
            Table::compute(streamers, || (), |(), streamer, row| strongest::users(graph, streamer, row))?;
        let aa = Table::compute(
            streamers,
            || Swing::new(graph),
            |swing, streamer, row| {
                swing.list(graph, streamer, row);
            },
        )?;
        let hops = Hops { graph, ua: &ua, au: &au, aa: &aa };
        let aua = Table::compute(streamers, Best::default, |best, streamer, row| {
            hops.streamer_shared(streamer, best, row);
        })?;
        let uaa = Table::compute(users, Best::default, |best, user, row| hops.user_similar(user, best, row))?;
        let uaua = Table::compute(users, Best::default, |best, user, row| hops.user_shared(user, best, row))?;
        Ok(Self { ua, au, aa, aua, uaa, uaua, stale: FxHashSet::default(), as_of_us: graph.as_of_us() })
    }

    /// Swing lists alone, for measurement and for walks: U->A, A->U and longer paths are empty.
    ///
    /// # Errors
    /// As [`NeighbourTables::build`].
    pub fn swing_only(graph: &Graph) -> Result<Self, Error> {
        let aa = Table::compute(
            graph.streamer_slots(),
            || Swing::new(graph),
            |swing, streamer, row| {
                swing.list(graph, streamer, row);
            },
        )?;
        Ok(Self { aa, as_of_us: graph.as_of_us(), ..Self::default() })
    }

    pub(super) fn hops<'a>(&'a self, graph: &'a Graph) -> Hops<'a> {
        Hops { graph, ua: &self.ua, au: &self.au, aa: &self.aa }
    }

    /// All lists of a user; empty for an unknown one. The graph must be the one of the last update.
    pub fn user<'a>(&'a self, graph: &'a Graph, user: u32) -> UserNeighbours<'a> {
        let given = kept(&self.ua, graph, user);
        if !self.stale.contains(&user) {
            let [similar, shared] = [&self.uaa, &self.uaua].map(|table| Cow::Borrowed(table.row(user)));
            return UserNeighbours { given, similar, shared };
        }
        let (hops, mut best) = (self.hops(graph), Best::default());
        let (mut similar, mut shared) = (Vec::new(), Vec::new());
        hops.user_similar(user, &mut best, &mut similar);
        hops.user_shared(user, &mut best, &mut shared);
        UserNeighbours { given, similar: Cow::Owned(similar), shared: Cow::Owned(shared) }
    }

    /// All lists of a streamer; empty for an unknown one.
    pub fn streamer(&self, graph: &Graph, streamer: u32) -> StreamerNeighbours<'_> {
        StreamerNeighbours {
            similar: kept(&self.aa, graph, streamer),
            shared: self.aua.row(streamer),
            givers: kept(&self.au, graph, streamer),
        }
    }

    /// One list of a node; the node's side is the metapath's first.
    pub fn neighbours<'a>(&'a self, graph: &'a Graph, path: Metapath, index: u32) -> Cow<'a, [Neighbour]> {
        match path {
            Metapath::UserStreamer => Cow::Borrowed(kept(&self.ua, graph, index)),
            Metapath::UserStreamerStreamer => self.user(graph, index).similar,
            Metapath::UserStreamerUserStreamer => self.user(graph, index).shared,
            Metapath::StreamerStreamer => Cow::Borrowed(kept(&self.aa, graph, index)),
            Metapath::StreamerUserStreamer => Cow::Borrowed(self.aua.row(index)),
            Metapath::StreamerUser => Cow::Borrowed(kept(&self.au, graph, index)),
        }
    }

    /// The whole Swing list of a streamer, `swing.top_k` long.
    pub fn swing(&self, streamer: u32) -> &[Neighbour] {
        self.aa.row(streamer)
    }

    /// Neighbours stored, by metapath in the order of [`Metapath::ALL`]; first hops count what longer paths follow.
    pub fn counts(&self, graph: &Graph) -> [usize; 6] {
        let (users, streamers) = (graph.user_slots(), graph.streamer_slots());
        Metapath::ALL.map(|path| self.table(path).count(if path.from_user() { users } else { streamers }))
    }

    /// Users whose longer paths are computed on reading.
    pub fn stale_users(&self) -> usize {
        self.stale.len()
    }

    /// Whether a user's longer paths are computed on reading.
    pub fn is_stale(&self, user: u32) -> bool {
        self.stale.contains(&user)
    }

    /// Bytes in memory, none of what is mapped.
    pub fn heap_bytes(&self) -> usize {
        let tables: usize = Metapath::ALL.map(|path| self.table(path).heap_bytes()).iter().sum();
        tables + self.stale.capacity() * 5
    }

    pub(super) const fn table(&self, path: Metapath) -> &Table {
        match path {
            Metapath::UserStreamer => &self.ua,
            Metapath::UserStreamerStreamer => &self.uaa,
            Metapath::UserStreamerUserStreamer => &self.uaua,
            Metapath::StreamerStreamer => &self.aa,
            Metapath::StreamerUserStreamer => &self.aua,
            Metapath::StreamerUser => &self.au,
        }
    }
}

/// What is shown of a row that longer paths follow further.
fn kept<'a>(table: &'a Table, graph: &Graph, index: u32) -> &'a [Neighbour] {
    let row = table.row(index);
    &row[..row.len().min(graph.config().metapaths.top_k)]
}
