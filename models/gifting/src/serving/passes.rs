//! What is computed once for a user and once for a room.
//!
//! A user's pass is as old as its inputs: make it anew when the user acts, or when minutes matter to the age of what it
//! did last (ages are in doubling buckets, so older acts hardly move). A room's pass lasts for its segment.
//!
//! Invariants: a pass holds numbers only and is good for any thread.

use super::packed::{Packed, Rows};
use crate::batch::{Kept, RoomBatch, UserBatch, by_category, newest};
use crate::config::{History, Search};
use crate::model::{RoomHalf, UserHalf};
use crate::{GiftingError, Modality, Nodes, Path, Ranker, RoomInput, Segment, UserInput};
use candle_core::{DType, Tensor};
use std::collections::BTreeSet;

/// Users or rooms that are passed through the network at once: lists are padded to the longest among them.
const AT_ONCE: usize = 64;

/// All of a user that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPass {
    pub(super) user: u64,
    pub(super) vector: Vec<f32>,
    pub(super) pretrained: Vec<f32>,
    pub(super) first: Vec<f32>,
    pub(super) history: HistoryPass,
    pub(super) paths: [Listing; 3],
    /// Query on each path of the streamer's side.
    pub(super) queries: [Vec<f32>; 3],
}

/// A packed list and who is in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listing {
    pub(super) packed: Packed,
    pub(super) nodes: Vec<u64>,
}

/// A history, ready to be searched.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HistoryPass {
    /// The newest events of each category, by category.
    Categories(Vec<(u32, Listing)>),
    /// Keys, values and searched vectors `[n, d]` of all events, newest first.
    Events { keys: Vec<f32>, values: Vec<f32>, searched: Vec<f32>, nodes: Vec<u64> },
    /// All events in a few interests.
    Interests(Listing),
}

/// All of a room that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPass {
    pub(super) streamer: u64,
    pub(super) category: u32,
    pub(super) vector: Vec<f32>,
    pub(super) searched: Vec<f32>,
    pub(super) pretrained: Vec<f32>,
    pub(super) first: Vec<f32>,
    /// Query over the user's history.
    pub(super) history: Vec<f32>,
    /// Query on each path of the user's side.
    pub(super) queries: [Vec<f32>; 3],
    pub(super) paths: [Listing; 3],
    /// `first` as it would be without each modality that the segment has; empty unless asked for.
    pub(super) without: Vec<(Modality, Vec<f32>)>,
}

impl UserPass {
    /// Id of the user.
    #[must_use]
    pub const fn user(&self) -> u64 {
        self.user
    }
}

impl RoomPass {
    /// Id of the streamer.
    #[must_use]
    pub const fn streamer(&self) -> u64 {
        self.streamer
    }
}

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
            let half = self.network.user_half(&UserBatch::new(&known, &inputs, None)?)?;
            let numbers = UserNumbers::new(&half)?;
            passes.extend(
                inputs.iter().enumerate().map(|(row, (user, kept))| numbers.pass(self, row, user, kept)),
            );
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
            let half = self.network.room_half(&RoomBatch::new(&known, rooms, None)?)?;
            let numbers = RoomNumbers::new(&half)?;
            passes.extend(rooms.iter().enumerate().map(|(row, room)| numbers.pass(self, row, room)));
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
            let firsts = self.room_passes(&inputs, nodes, false)?;
            for ((at, modality, _), pass) in less.iter().zip(firsts) {
                passes[*at].without.push((*modality, pass.first));
            }
        }
        Ok(passes)
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

/// A tensor `[B, ..]` as numbers, row by row.
struct Numbers {
    values: Vec<f32>,
    row: usize,
}

impl Numbers {
    fn new(tensor: &Tensor) -> Result<Self, GiftingError> {
        let values: Vec<f32> = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        Ok(Self { row: values.len() / tensor.dim(0)?.max(1), values })
    }

    /// Nothing of what isn't read.
    fn of(tensor: Option<&Tensor>) -> Result<Self, GiftingError> {
        tensor.map_or(Ok(Self { values: Vec::new(), row: 0 }), Self::new)
    }

    fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.row..(at + 1) * self.row]
    }
}

/// Keys and values of all rows.
struct Both {
    keys: Numbers,
    values: Numbers,
}

impl Both {
    fn new(entries: Option<&crate::model::Entries>) -> Result<Self, GiftingError> {
        Ok(Self {
            keys: Numbers::of(entries.map(|entries| &entries.keys))?,
            values: Numbers::of(entries.map(|entries| &entries.values))?,
        })
    }

    fn rows(&self, ranker: &Ranker, at: usize) -> Rows<'_> {
        let (width, heads) = (ranker.config().width, ranker.config().heads);
        Rows { keys: self.keys.row(at), values: self.values.row(at), width, heads }
    }

    /// The ends of a path of row `at`; none of a path that isn't read.
    fn listing(&self, ranker: &Ranker, at: usize, path: Path, ends: &[crate::Neighbour]) -> Listing {
        if !ranker.config().reads(path) {
            return Listing::default();
        }
        let count = ends.len().min(ranker.config().neighbours);
        let nodes = ends[..count].iter().map(|end| end.node).collect();
        Listing { packed: Packed::new(self.rows(ranker, at), 0..count), nodes }
    }
}

struct UserNumbers {
    vector: Numbers,
    pretrained: Numbers,
    first: Numbers,
    history: Both,
    searched: Numbers,
    paths: [Both; 3],
    queries: [Numbers; 3],
}

impl UserNumbers {
    fn new(half: &UserHalf) -> Result<Self, GiftingError> {
        let [a, b, c] = half.paths.each_ref().map(|entries| Both::new(entries.as_ref()));
        let [d, e, f] = half.queries.each_ref().map(|queries| Numbers::of(queries.as_ref()));
        let rows = half.vector.dim(0)?;
        Ok(Self {
            vector: Numbers::new(&half.vector)?,
            pretrained: Numbers::of(half.pretrained.as_ref())?,
            first: Numbers::new(&half.first)?,
            history: Both::new(Some(&half.history))?,
            searched: Numbers::new(&half.searched.reshape((rows, ()))?)?,
            paths: [a?, b?, c?],
            queries: [d?, e?, f?],
        })
    }

    fn pass(&self, ranker: &Ranker, row: usize, user: &UserInput<'_>, kept: &Kept) -> UserPass {
        let mut paths = <[Listing; 3]>::default();
        for (at, path) in Path::USER_SIDE.into_iter().enumerate() {
            paths[at] = self.paths[at].listing(ranker, row, path, user.paths[at]);
        }
        UserPass {
            user: user.id,
            vector: self.vector.row(row).to_vec(),
            pretrained: self.pretrained.row(row).to_vec(),
            first: self.first.row(row).to_vec(),
            history: self.history(ranker, row, user, kept),
            paths,
            queries: self.queries.each_ref().map(|queries| queries.row(row).to_vec()),
        }
    }

    fn history(&self, ranker: &Ranker, row: usize, user: &UserInput<'_>, kept: &Kept) -> HistoryPass {
        let rows = self.history.rows(ranker, row);
        let nodes = |places: &[usize]| places.iter().map(|&at| user.history[at].streamer).collect();
        match ranker.config().history {
            History::Dispatcher { experts } => {
                HistoryPass::Interests(Listing { packed: Packed::new(rows, 0..experts), nodes: Vec::new() })
            }
            History::Search { by: Search::InnerProduct, .. } => {
                let count = kept.len() * rows.width;
                HistoryPass::Events {
                    keys: rows.keys[..count].to_vec(),
                    values: rows.values[..count].to_vec(),
                    searched: self.searched.row(row)[..count].to_vec(),
                    nodes: nodes(kept),
                }
            }
            History::Search { by: Search::Category, .. } => {
                let mut from = 0;
                let same = |a: &usize, b: &usize| user.history[*a].category == user.history[*b].category;
                let each = kept.chunk_by(same).map(|places| {
                    let packed = Packed::new(rows, from..from + places.len());
                    from += places.len();
                    (user.history[places[0]].category, Listing { packed, nodes: nodes(places) })
                });
                HistoryPass::Categories(each.collect())
            }
        }
    }
}

struct RoomNumbers {
    vector: Numbers,
    searched: Numbers,
    pretrained: Numbers,
    first: Numbers,
    history: Numbers,
    queries: [Numbers; 3],
    paths: [Both; 3],
}

impl RoomNumbers {
    fn new(half: &RoomHalf) -> Result<Self, GiftingError> {
        let [a, b, c] = half.paths.each_ref().map(|entries| Both::new(entries.as_ref()));
        let [d, e, f] = half.queries.each_ref().map(|queries| Numbers::of(queries.as_ref()));
        Ok(Self {
            vector: Numbers::new(&half.vector)?,
            searched: Numbers::new(&half.searched)?,
            pretrained: Numbers::of(half.pretrained.as_ref())?,
            first: Numbers::new(&half.first)?,
            history: Numbers::new(&half.history)?,
            queries: [d?, e?, f?],
            paths: [a?, b?, c?],
        })
    }

    fn pass(&self, ranker: &Ranker, row: usize, room: &RoomInput<'_>) -> RoomPass {
        let mut paths = <[Listing; 3]>::default();
        for (at, path) in Path::STREAMER_SIDE.into_iter().enumerate() {
            paths[at] = self.paths[at].listing(ranker, row, path, room.paths[at]);
        }
        RoomPass {
            streamer: room.streamer,
            category: room.category,
            vector: self.vector.row(row).to_vec(),
            searched: self.searched.row(row).to_vec(),
            pretrained: self.pretrained.row(row).to_vec(),
            first: self.first.row(row).to_vec(),
            history: self.history.row(row).to_vec(),
            queries: self.queries.each_ref().map(|queries| queries.row(row).to_vec()),
            paths,
            without: Vec::new(),
        }
    }
}
