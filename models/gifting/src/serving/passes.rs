//! What is computed once for a user and once for a room.
//!
//! A user's pass is as old as its inputs: make it anew when the user acts, or when minutes matter to the age of what it
//! did last (ages are in doubling buckets, so older acts hardly move). A room's pass lasts for its segment.
//!
//! Invariants: a pass holds numbers only and is good for any thread; its numbers lie in a few pieces of memory, since
//! a thousand of them are read one after the other.

use super::fetch::fetch;
use super::kernels::Lane;
use super::narrow::NarrowLane;
use super::packed::Span;
use crate::Modality;

/// All of a user that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPass {
    pub(super) user: u64,
    pub(super) numbers: Numbers,
    /// Of the paths' lists, and of the history's.
    pub(super) lanes: Vec<NarrowLane>,
    pub(super) history: HistoryPass,
    pub(super) paths: [Span; 3],
    /// Who is on each path.
    pub(super) ends: [Vec<u64>; 3],
}

/// All of a room that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPass {
    pub(super) streamer: u64,
    pub(super) category: u32,
    pub(super) numbers: Numbers,
    /// Vector by which histories are searched.
    pub(super) searched: Vec<f32>,
    /// Ready query over the user's history.
    pub(super) history: Vec<f32>,
    pub(super) lanes: Vec<Lane>,
    pub(super) paths: [Span; 3],
    /// Who is on each path.
    pub(super) ends: [Vec<u64>; 3],
    /// The part of the first layer as it would be without each modality that the segment has; empty unless asked for.
    pub(super) without: Vec<(Modality, Vec<f32>)>,
}

/// A history, ready to be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HistoryPass {
    /// The newest events of each category, in the order of categories, and their streamers.
    Categories(Vec<(u32, Span)>, Vec<Vec<u64>>),
    /// All events, newest first: rows `[n, width]` of keys and values, packed vectors to search, streamers.
    Events {
        /// Keys.
        keys: Vec<f32>,
        /// Values.
        values: Vec<f32>,
        /// Vectors to search, packed.
        searched: Vec<Lane>,
        /// Streamers.
        nodes: Vec<u64>,
    },
    /// All events in a few interests.
    Interests(Span),
}

/// The dense numbers of a pass, one after the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Numbers {
    values: Vec<f32>,
    ends: [usize; 6],
}

impl Numbers {
    /// Vector, projected pretrained vector, part of the first layer, and ready queries of three paths; empty what
    /// isn't read.
    pub(super) fn new(parts: [&[f32]; 6]) -> Self {
        let mut numbers = Self::default();
        for (end, part) in numbers.ends.iter_mut().zip(parts) {
            numbers.values.extend_from_slice(part);
            *end = numbers.values.len();
        }
        numbers
    }

    #[inline(always)]
    fn part(&self, at: usize) -> &[f32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.values[start..self.ends[at]]
    }

    /// The node's vector.
    #[inline(always)]
    pub(super) fn vector(&self) -> &[f32] {
        self.part(0)
    }

    /// Its projected pretrained vector.
    #[inline(always)]
    pub(super) fn pretrained(&self) -> &[f32] {
        self.part(1)
    }

    /// Its part of the first layer.
    #[inline(always)]
    pub(super) fn first(&self) -> &[f32] {
        self.part(2)
    }

    /// Its ready query on a path of the other side.
    #[inline(always)]
    pub(super) fn query(&self, path: usize) -> &[f32] {
        self.part(3 + path)
    }
}

/// Place of a category's list.
#[inline(always)]
pub(super) fn of_category(spans: &[(u32, Span)], category: u32) -> Option<usize> {
    spans.binary_search_by_key(&category, |(other, _)| *other).ok()
}

impl UserPass {
    /// Asks for what says where the user's lists lie.
    #[inline(always)]
    pub(super) fn fetch_index(&self) {
        if let HistoryPass::Categories(spans, _) = &self.history {
            fetch(spans);
        }
    }

    /// Asks for what scoring reads of the user in a room of a category.
    #[inline(always)]
    pub(super) fn fetch_lists(&self, category: u32) {
        let last = self.paths.iter().map(|span| span.lanes().end).max();
        fetch(&self.lanes[..last.unwrap_or(0)]);
        fetch(&self.numbers.values);
        match &self.history {
            HistoryPass::Categories(spans, _) => {
                if let Some(at) = of_category(spans, category) {
                    fetch(&self.lanes[spans[at].1.lanes()]);
                }
            }
            HistoryPass::Interests(span) => fetch(&self.lanes[span.lanes()]),
            HistoryPass::Events { .. } => {}
        }
    }

    /// Id of the user.
    #[must_use]
    pub const fn user(&self) -> u64 {
        self.user
    }

    /// Memory that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let nodes = |lists: &[Vec<u64>]| lists.iter().map(|list| size_of_val(list.as_slice())).sum::<usize>();
        let history = match &self.history {
            HistoryPass::Categories(spans, streamers) => size_of_val(spans.as_slice()) + nodes(streamers),
            HistoryPass::Events { keys, values, searched, nodes } => {
                let rows = size_of_val(keys.as_slice()) + size_of_val(values.as_slice());
                rows + size_of_val(searched.as_slice()) + size_of_val(nodes.as_slice())
            }
            HistoryPass::Interests(_) => 0,
        };
        let numbers = size_of_val(self.numbers.values.as_slice());
        size_of::<Self>() + numbers + size_of_val(self.lanes.as_slice()) + history + nodes(&self.ends)
    }
}

impl RoomPass {
    /// Id of the streamer.
    #[must_use]
    pub const fn streamer(&self) -> u64 {
        self.streamer
    }
}
