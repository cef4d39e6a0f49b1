//! A graph from a stream of gifts.
//!
//! Invariants: indices are given in the order of first appearance; sums don't depend on threads. Memory: 40 bytes per
//! distinct edge and per gift not yet merged (at most as many as there are edges, or 4 million), the ids twice, then 28
//! bytes an edge for the arrays.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::gift::{Decay, Edge};
use crate::ids::IdTableBuilder;
use crate::snapshot::{Assembler, Meta};
use crate::{Error, Gift, Graph, GraphConfig};

/// Gifts are merged when so many have come in, or as many as there are edges.
const MERGE_AT: usize = 4 << 20;

struct Sum {
    /// User in the upper half, streamer in the lower.
    key: u64,
    edge: Edge,
}

/// Takes gifts in any order.
pub struct Builder {
    config: GraphConfig,
    decay: Decay,
    users: IdTableBuilder,
    streamers: IdTableBuilder,
    sums: Vec<Sum>,
    merged: usize,
    gifts: u64,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("gifts", &self.gifts).finish_non_exhaustive()
    }
}

impl Builder {
    /// A builder without gifts.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is out of range.
    pub fn new(config: GraphConfig) -> Result<Self, Error> {
        config.check()?;
        let decay = Decay::new(&config);
        let (users, streamers) = (IdTableBuilder::default(), IdTableBuilder::default());
        Ok(Self { config, decay, users, streamers, sums: Vec::new(), merged: 0, gifts: 0 })
    }

    /// Takes a gift.
    ///
    /// # Errors
    /// [`Error::Gift`] if a field is out of range; the builder is then as before. [`Error::TooMany`] if indices end.
    pub fn push(&mut self, gift: &Gift<'_>) -> Result<(), Error> {
        let edge = gift.edge(self.config.basis)?;
        let user = u64::from(self.users.index(gift.user)?);
        let streamer = u64::from(self.streamers.index(gift.streamer)?);
        self.sums.push(Sum { key: user << 32 | streamer, edge });
        self.gifts += 1;
        if self.sums.len() - self.merged >= self.merged.max(MERGE_AT) {
            self.merge();
        }
        Ok(())
    }

    /// Takes gifts from a fallible stream: files, a topic, a query.
    ///
    /// # Errors
    /// As [`Builder::push`].
    pub fn extend<'a>(&mut self, gifts: impl IntoIterator<Item = Gift<'a>>) -> Result<(), Error> {
        gifts.into_iter().try_for_each(|gift| self.push(&gift))
    }

    /// Gifts taken.
    pub const fn gifts(&self) -> u64 {
        self.gifts
    }

    /// Sorts by edge and adds up what belongs to the same one.
    fn merge(&mut self) {
        // All fields, so that the order of additions is that of the gifts' times, whatever the threads do.
        self.sums.par_sort_unstable_by(|a, b| {
            let (x, y) = (&a.edge, &b.edge);
            (a.key, x.last, x.count)
                .cmp(&(b.key, y.last, y.count))
                .then_with(|| x.value.total_cmp(&y.value))
                .then_with(|| x.mass.total_cmp(&y.mass))
        });
        let decay = self.decay;
        self.sums.dedup_by(|next, kept| {
            let same = next.key == kept.key;
            if same {
                kept.edge.add(&next.edge, decay);
            }
            same
        });
        self.merged = self.sums.len();
    }

    /// The graph in memory, with weights as of a moment (microseconds) and the positions up to which its gifts go.
    /// [`Graph::compact`] writes it.
    ///
    /// # Errors
    /// [`Error::TooMany`] past 2^32 edges, [`Error::Config`] if the moment does not fit.
    pub fn finish(mut self, as_of_us: i64, positions: BTreeMap<String, i64>) -> Result<Graph, Error> {
        self.merge();
        let mut arrays = Assembler::new(self.users.len(), self.streamers.len(), self.sums.len())?;
        for Sum { key, edge } in &self.sums {
            arrays.push((key >> 32) as u32, *key as u32, edge);
        }
        drop(self.sums);
        let snapshot = arrays.finish(self.users.finish(), self.streamers.finish());
        let meta = Meta { as_of_us, gifts: self.gifts, positions, ..Meta::new(&self.config) };
        Graph::new(self.config, snapshot, meta)
    }
}
