//! Passes from inputs, by the halves of the network that is trained.
//!
//! Invariants: a pass depends on its own input alone; users and rooms are passed some at a time, so memory is bounded.

use super::attend::ready;
use super::kernels::Lane;
use super::narrow::{NarrowLane, narrow};
use super::packed::{Rows, Shape, Span, pack};
use super::passes::{HistoryPass, Numbers, RoomPass, UserPass};
use super::search::packed;
use crate::batch::{Kept, RoomBatch, UserBatch, by_category, newest};
use crate::config::{History, Search};
use crate::model::{Entries, RoomHalf, UserHalf};
use crate::{GiftingError, Modality, Neighbour, Nodes, Path, Ranker, RoomInput, Segment, UserInput};
use candle_core::{DType, Tensor};
use std::collections::BTreeSet;

/// Users or rooms that are passed at once: lists are padded to the longest among them.
const AT_ONCE: usize = 64;

impl Ranker {
    /// Passes of users, in their order.
    ///
    /// # Errors
    /// When an input can't be used.
    pub fn user_passes(
        &self,
        users: &[UserInput<'_>],
        nodes: &dyn Nodes,
    ) -> Result<Vec<UserPass>, GiftingError> {
        let known = self.known(nodes);
        let mut passes = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            let inputs: Vec<(UserInput<'_>, Kept)> =
                users.iter().map(|user| (*user, self.kept(user))).collect();
            let table =
                UserTable::new(self, &self.network.user_half(&UserBatch::new(&known, &inputs, None)?)?)?;
            let each = inputs.iter().enumerate();
            passes.extend(each.map(|(row, (user, kept))| table.pass(self, row, user, kept)));
        }
        Ok(passes)
    }

    /// Passes of rooms, in their order. With `reasons` it costs up to four times as much, and
    /// [`Scorer::reasons`](super::Scorer::reasons) knows what each modality was worth.
    ///
    /// # Errors
    /// When an input can't be used.
    pub fn room_passes(
        &self,
        rooms: &[RoomInput<'_>],
        nodes: &dyn Nodes,
        reasons: bool,
    ) -> Result<Vec<RoomPass>, GiftingError> {
        let known = self.known(nodes);
        let mut passes = Vec::with_capacity(rooms.len());
        for rooms in rooms.chunks(AT_ONCE) {
            let table =
                RoomTable::new(self, &self.network.room_half(&RoomBatch::new(&known, rooms, None)?)?)?;
            passes.extend(rooms.iter().enumerate().map(|(row, room)| table.pass(self, row, room)));
        }
        if reasons && self.config().reads_segments() {
            let mut less: Vec<(usize, Modality, Segment)> = Vec::new();
            for (at, room) in rooms.iter().enumerate() {
                let Some(segment) = room.segment else { continue };
                let there = Modality::ALL.into_iter().filter(|&modality| !segment.rows(modality).is_empty());
                less.extend(there.map(|modality| (at, modality, segment.without(modality))));
            }
            let inputs: Vec<RoomInput<'_>> = less
                .iter()
                .map(|(at, _, segment)| RoomInput { segment: Some(segment), ..rooms[*at] })
                .collect();
            let others = self.room_passes(&inputs, nodes, false)?;
            for ((at, modality, _), other) in less.iter().zip(others) {
                passes[*at].without.push((*modality, other.numbers.first().to_vec()));
            }
        }
        Ok(passes)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape { width: self.config().width, heads: self.config().heads }
    }

    /// Events of a user's history that a target may look for.
    fn kept(&self, user: &UserInput<'_>) -> Kept {
        let longest = self.config().longest_history;
        match self.config().history {
            History::Search { by: Search::Category, top } => {
                let looked = newest(user.history, longest).map(|at| user.history[at].category);
                let categories: BTreeSet<u32> = looked.collect();
                let each = categories.into_iter();
                each.flat_map(|category| by_category(user.history, longest, category, top)).collect()
            }
            _ => newest(user.history, longest).collect(),
        }
    }
}

/// A tensor `[B, ..]` as numbers, row by row; nothing of what isn't read.
#[derive(Default)]
struct Table {
    values: Vec<f32>,
    row: usize,
}

impl Table {
    fn new(tensor: Option<&Tensor>) -> Result<Self, GiftingError> {
        let Some(tensor) = tensor else { return Ok(Self::default()) };
        let values: Vec<f32> = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        Ok(Self { row: values.len() / tensor.dim(0)?.max(1), values })
    }

    fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.row..(at + 1) * self.row]
    }
}

/// Keys and values of all rows.
struct Lists {
    keys: Table,
    values: Table,
    shape: Shape,
}

impl Lists {
    fn new(shape: Shape, entries: Option<&Entries>) -> Result<Self, GiftingError> {
        let keys = Table::new(entries.map(|entries| &entries.keys))?;
        Ok(Self { keys, values: Table::new(entries.map(|entries| &entries.values))?, shape })
    }

    fn rows(&self, at: usize) -> Rows<'_> {
        Rows { keys: self.keys.row(at), values: self.values.row(at), shape: self.shape }
    }
}

/// The queries of one side and the lists of the other, on three paths.
struct Paths {
    lists: [Lists; 3],
    queries: [Table; 3],
    /// Resting places of the paths that are asked.
    no_keys: [Vec<f32>; 3],
}

impl Paths {
    fn new(
        ranker: &Ranker,
        lists: &[Option<Entries>; 3],
        queries: &[Option<Tensor>; 3],
        asked: usize,
    ) -> Result<Self, GiftingError> {
        let shape = ranker.shape();
        let [a, b, c] = lists.each_ref().map(|entries| Lists::new(shape, entries.as_ref()));
        let [d, e, f] = queries.each_ref().map(|queries| Table::new(queries.as_ref()));
        let no_key = |at: usize| -> Result<Vec<f32>, GiftingError> {
            let interest = ranker.network.paths[asked + at].as_ref();
            Ok(Table::new(interest.map(|interest| &interest.no_key))?.values)
        };
        Ok(Self { lists: [a?, b?, c?], queries: [d?, e?, f?], no_keys: [no_key(0)?, no_key(1)?, no_key(2)?] })
    }

    fn query(&self, shape: Shape, row: usize, path: usize) -> Vec<f32> {
        let query = self.queries[path].row(row);
        if query.is_empty() { Vec::new() } else { ready(shape, query, &self.no_keys[path]) }
    }

    /// Packs the lists of a row; gives where they lie and who is in them.
    fn pack(
        &self,
        ranker: &Ranker,
        row: usize,
        side: [Path; 3],
        ends: [&[Neighbour]; 3],
        lanes: &mut Vec<Lane>,
    ) -> ([Span; 3], [Vec<u64>; 3]) {
        let (mut spans, mut nodes) = ([Span::default(); 3], <[Vec<u64>; 3]>::default());
        for (at, (path, ends)) in side.into_iter().zip(ends).enumerate() {
            if ranker.config().reads(path) {
                let count = ends.len().min(ranker.config().neighbours);
                spans[at] = pack(lanes, self.lists[at].rows(row), 0..count);
                nodes[at] = ends[..count].iter().map(|end| end.node).collect();
            }
        }
        (spans, nodes)
    }
}

struct UserTable {
    dense: [Table; 3],
    history: Lists,
    searched: Table,
    paths: Paths,
}

impl UserTable {
    fn new(ranker: &Ranker, half: &UserHalf) -> Result<Self, GiftingError> {
        let rows = half.vector.dim(0)?;
        Ok(Self {
            dense: [
                Table::new(Some(&half.vector))?,
                Table::new(half.pretrained.as_ref())?,
                Table::new(Some(&half.first))?,
            ],
            history: Lists::new(ranker.shape(), Some(&half.history))?,
            searched: Table::new(Some(&half.searched.reshape((rows, ()))?))?,
            paths: Paths::new(ranker, &half.paths, &half.queries, 3)?,
        })
    }

    fn pass(&self, ranker: &Ranker, row: usize, user: &UserInput<'_>, kept: &Kept) -> UserPass {
        let (mut wide, mut lanes) = (Vec::new(), Vec::new());
        let (paths, ends) = self.paths.pack(ranker, row, Path::USER_SIDE, user.paths, &mut wide);
        let paths = paths.map(|span| narrow(&mut lanes, ranker.shape(), &wide, span));
        let history = self.history(ranker, row, user, kept, &mut lanes);
        lanes.shrink_to_fit();
        let [vector, pretrained, first] = self.dense.each_ref().map(|table| table.row(row));
        let [a, b, c] = [0, 1, 2].map(|path| self.paths.query(ranker.shape(), row, path));
        let numbers = Numbers::new([vector, pretrained, first, &a, &b, &c]);
        UserPass { user: user.id, numbers, lanes, history, paths, ends }
    }

    fn history(
        &self,
        ranker: &Ranker,
        row: usize,
        user: &UserInput<'_>,
        kept: &Kept,
        lanes: &mut Vec<NarrowLane>,
    ) -> HistoryPass {
        let rows = self.history.rows(row);
        let mut wide = Vec::new();
        let mut list = |places: std::ops::Range<usize>| {
            wide.clear();
            let span = pack(&mut wide, rows, places);
            narrow(lanes, rows.shape, &wide, span)
        };
        let nodes = |places: &[usize]| places.iter().map(|&at| user.history[at].streamer).collect();
        let width = rows.shape.width;
        match ranker.config().history {
            History::Dispatcher { experts } => HistoryPass::Interests(list(0..experts)),
            History::Search { by: Search::InnerProduct, .. } => HistoryPass::Events {
                keys: rows.keys[..kept.len() * width].to_vec(),
                values: rows.values[..kept.len() * width].to_vec(),
                searched: packed(&self.searched.row(row)[..kept.len() * width], width),
                nodes: nodes(kept),
            },
            History::Search { by: Search::Category, .. } => {
                let mut from = 0;
                let (mut spans, mut streamers) = (Vec::new(), Vec::new());
                let category = |at: usize| user.history[at].category;
                for places in kept.chunk_by(|a, b| category(*a) == category(*b)) {
                    spans.push((category(places[0]), list(from..from + places.len())));
                    streamers.push(nodes(places));
                    from += places.len();
                }
                HistoryPass::Categories(spans, streamers)
            }
        }
    }
}

struct RoomTable {
    dense: [Table; 3],
    searched: Table,
    history: Table,
    no_key: Vec<f32>,
    paths: Paths,
}

impl RoomTable {
    fn new(ranker: &Ranker, half: &RoomHalf) -> Result<Self, GiftingError> {
        Ok(Self {
            dense: [
                Table::new(Some(&half.vector))?,
                Table::new(half.pretrained.as_ref())?,
                Table::new(Some(&half.first))?,
            ],
            searched: Table::new(Some(&half.searched))?,
            history: Table::new(Some(&half.history))?,
            no_key: Table::new(Some(&ranker.network.history.no_key))?.values,
            paths: Paths::new(ranker, &half.paths, &half.queries, 0)?,
        })
    }

    fn pass(&self, ranker: &Ranker, row: usize, room: &RoomInput<'_>) -> RoomPass {
        let mut lanes = Vec::new();
        let (paths, ends) = self.paths.pack(ranker, row, Path::STREAMER_SIDE, room.paths, &mut lanes);
        let [vector, pretrained, first] = self.dense.each_ref().map(|table| table.row(row));
        let [a, b, c] = [0, 1, 2].map(|path| self.paths.query(ranker.shape(), row, path));
        RoomPass {
            streamer: room.streamer,
            category: room.category,
            numbers: Numbers::new([vector, pretrained, first, &a, &b, &c]),
            searched: self.searched.row(row).to_vec(),
            history: ready(ranker.shape(), self.history.row(row), &self.no_key),
            lanes,
            paths,
            ends,
            without: Vec::new(),
        }
    }
}
