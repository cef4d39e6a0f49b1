//! Scores of pairs from what was computed once.
//!
//! Invariants: a pair's score depends on that pair alone; memory is bounded by the number of pairs asked for at once.

use super::kernels::{add, dot, rectify};
use super::packed::{Attention, Packed, Rows};
use super::passes::{HistoryPass, Listing, RoomPass, UserPass};
use crate::batch::best_matches;
use crate::config::History;
use crate::model::said;
use crate::{Config, GiftingError, Path, Prediction, Ranker};
use candle_core::{DType, Device, Tensor};
use candle_nn::Linear;

/// A ranker laid out for scoring pairs of passes on the processor.
#[derive(Debug, Clone)]
pub struct Scorer {
    pub(super) ranker: Ranker,
    pub(super) history: Attention,
    /// In the order of [`Path::ALL`], those that are read.
    pub(super) paths: Vec<(usize, Attention)>,
    /// `[pair, hidden]`.
    pair: Tensor,
    /// `[hidden, hidden]`.
    second: Tensor,
    second_bias: Vec<f32>,
    heads: [Vec<f32>; 3],
    heads_bias: [f32; 3],
    /// Columns of the pair's part of the first layer.
    pub(super) columns: usize,
}

/// Memory that is used again from pair to pair.
#[derive(Default)]
pub(super) struct Scratch {
    logits: Vec<f32>,
    found: Packed,
}

/// The list that a target reads of a history, and who is in it.
pub(super) enum Read<'a> {
    Nothing,
    Listing(&'a Listing),
    /// In [`Scratch::found`]; rows of the history.
    Found(Vec<usize>),
}

impl Ranker {
    /// The ranker laid out for scoring; later changes of the ranker don't reach it.
    ///
    /// # Errors
    /// When a tensor can't be copied.
    pub fn scorer(&self) -> Result<Scorer, GiftingError> {
        let numbers = |x: &Tensor| -> Result<Vec<f32>, GiftingError> {
            Ok(x.to_dtype(DType::F32)?.to_device(&Device::Cpu)?.flatten_all()?.to_vec1()?)
        };
        let turned = |layer: &Linear| -> Result<Tensor, GiftingError> {
            Ok(layer.weight().detach().to_dtype(DType::F32)?.to_device(&Device::Cpu)?.t()?.contiguous()?)
        };
        let bias = |layer: &Linear| layer.bias().map_or(Ok(Vec::new()), numbers);
        let attention = |interest: &crate::model::Interest| -> Result<Attention, GiftingError> {
            let (no_key, no_value) = (numbers(&interest.no_key)?, numbers(&interest.no_value)?);
            Ok(Attention { heads: self.config().heads, no_key, no_value })
        };
        let mut paths = Vec::new();
        for (at, interest) in self.network.paths.iter().enumerate() {
            if let Some(interest) = interest {
                paths.push((at, attention(interest)?));
            }
        }
        let tower = &self.network.tower;
        let pair = turned(&tower.pair)?;
        let (heads, heads_bias) = (numbers(tower.heads.weight())?, bias(&tower.heads)?);
        let width = heads.len() / 3;
        let row = |at: usize| heads[at * width..(at + 1) * width].to_vec();
        Ok(Scorer {
            history: attention(&self.network.history)?,
            paths,
            columns: pair.dim(0)?,
            pair,
            second: turned(&tower.second)?,
            second_bias: bias(&tower.second)?,
            heads: [row(0), row(1), row(2)],
            heads_bias: std::array::from_fn(|at| heads_bias.get(at).copied().unwrap_or(0.0)),
            ranker: self.clone(),
        })
    }
}

impl Scorer {
    /// Architecture, outcome and calibration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        self.ranker.config()
    }

    /// Predictions of one user for many rooms, in their order. `pair_side` holds the pairs' side features row after
    /// row, [`Config::pair_side`] values each.
    ///
    /// # Errors
    /// When a pass is of another ranker or the side features don't fit.
    pub fn rooms(
        &self,
        user: &UserPass,
        rooms: &[RoomPass],
        pair_side: &[f32],
    ) -> Result<Vec<Prediction>, GiftingError> {
        self.pairs(rooms.len(), |at| (user, &rooms[at]), pair_side)
    }

    /// Predictions of many users for one room, in their order; otherwise as [`Scorer::rooms`].
    ///
    /// # Errors
    /// When a pass is of another ranker or the side features don't fit.
    pub fn users(
        &self,
        room: &RoomPass,
        users: &[UserPass],
        pair_side: &[f32],
    ) -> Result<Vec<Prediction>, GiftingError> {
        self.pairs(users.len(), |at| (&users[at], room), pair_side)
    }

    fn pairs<'a>(
        &self,
        count: usize,
        pair: impl Fn(usize) -> (&'a UserPass, &'a RoomPass),
        pair_side: &[f32],
    ) -> Result<Vec<Prediction>, GiftingError> {
        let side = self.config().pair_side;
        crate::batch::checked(|| String::from("side features of pairs"), pair_side, side * count)?;
        let mut scratch = Scratch::default();
        let mut rows = vec![0.0; count * self.columns];
        for (at, row) in rows.chunks_exact_mut(self.columns).enumerate() {
            let (user, room) = pair(at);
            self.check(user, room)?;
            self.fill(user, room, &pair_side[at * side..(at + 1) * side], row, &mut scratch);
        }
        let heads = self.finish(rows, count, |at| {
            let (user, room) = pair(at);
            (&user.first, &room.first)
        })?;
        let outcomes = &self.config().outcomes;
        Ok(heads.into_iter().map(|heads| self.ranker.prediction(said(outcomes, heads))).collect())
    }

    pub(super) fn check(&self, user: &UserPass, room: &RoomPass) -> Result<(), GiftingError> {
        let config = self.config();
        let (d, pretrained) = (config.width, if config.reads_pretrained() { config.width } else { 0 });
        let reads = |path: Path| if config.reads(path) { d } else { 0 };
        let same = |queries: &[Vec<f32>; 3], paths: [Path; 3]| {
            queries.iter().zip(paths).all(|(query, path)| query.len() == reads(path))
        };
        let fits = user.vector.len() == d
            && user.pretrained.len() == pretrained
            && user.first.len() == config.hidden[0]
            && matches!(user.history, HistoryPass::Interests(_))
                == matches!(config.history, History::Dispatcher { .. })
            && same(&user.queries, Path::STREAMER_SIDE);
        if !fits {
            return Err(GiftingError::Foreign { what: "user pass" });
        }
        let fits = room.vector.len() == d
            && room.pretrained.len() == pretrained
            && room.first.len() == config.hidden[0]
            && same(&room.queries, Path::USER_SIDE);
        if fits { Ok(()) } else { Err(GiftingError::Foreign { what: "room pass" }) }
    }

    /// The pair's part of the first layer's input: history, paths, products, side features.
    pub(super) fn fill(
        &self,
        user: &UserPass,
        room: &RoomPass,
        side: &[f32],
        row: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let d = self.config().width;
        let (history, mut row) = row.split_at_mut(d);
        self.read_history(user, room, history, scratch, |_, _| ());
        for (at, attention) in &self.paths {
            let out;
            (out, row) = row.split_at_mut(d);
            let (query, listing) = ask(*at, user, room);
            attention.mix(query, &listing.packed, &mut scratch.logits, out, |_| ());
        }
        for (users, rooms) in [(&user.vector, &room.vector), (&user.pretrained, &room.pretrained)] {
            let out;
            (out, row) = row.split_at_mut(users.len());
            for ((out, a), b) in out.iter_mut().zip(users).zip(rooms) {
                *out = a * b;
            }
        }
        row.copy_from_slice(side);
    }

    /// What a target reads of a history into `out`; `look` is told what was read, and the weights head by head.
    pub(super) fn read_history(
        &self,
        user: &UserPass,
        room: &RoomPass,
        out: &mut [f32],
        scratch: &mut Scratch,
        mut look: impl FnMut(&Read<'_>, &[f32]),
    ) {
        let Scratch { logits, found } = scratch;
        let read = match &user.history {
            HistoryPass::Interests(listing) => Read::Listing(listing),
            HistoryPass::Categories(categories) => {
                match categories.binary_search_by_key(&room.category, |(category, _)| *category) {
                    Ok(at) => Read::Listing(&categories[at].1),
                    Err(_) => Read::Nothing,
                }
            }
            HistoryPass::Events { keys, values, searched, .. } => {
                let top = match self.config().history {
                    History::Search { top, .. } => top,
                    History::Dispatcher { experts } => experts,
                };
                let rows = best_matches(searched, &room.searched, top);
                let (width, heads) = (self.config().width, self.config().heads);
                found.fill(Rows { keys, values, width, heads }, rows.iter().copied());
                Read::Found(rows)
            }
        };
        let nothing = Packed::default();
        let packed = match &read {
            Read::Nothing => &nothing,
            Read::Listing(listing) => &listing.packed,
            Read::Found(_) => &*found,
        };
        self.history.mix(&room.history, packed, logits, out, |weights| look(&read, weights));
    }

    /// The two layers and the heads for rows of pairs.
    pub(super) fn finish<'a>(
        &self,
        rows: Vec<f32>,
        count: usize,
        parts: impl Fn(usize) -> (&'a Vec<f32>, &'a Vec<f32>),
    ) -> Result<Vec<[f32; 3]>, GiftingError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut hidden = product(rows, count, &self.pair)?;
        let width = hidden.len() / count;
        for (at, row) in hidden.chunks_exact_mut(width).enumerate() {
            let (user, room) = parts(at);
            add(row, user);
            add(row, room);
            rectify(row);
        }
        let mut hidden = product(hidden, count, &self.second)?;
        let heads = hidden.chunks_exact_mut(self.second_bias.len()).map(|row| {
            add(row, &self.second_bias);
            rectify(row);
            std::array::from_fn(|head| dot(&self.heads[head], row) + self.heads_bias[head])
        });
        Ok(heads.collect())
    }
}

/// Who asks and what is read on the path at a place of [`Path::ALL`].
pub(super) fn ask<'a>(at: usize, user: &'a UserPass, room: &'a RoomPass) -> (&'a [f32], &'a Listing) {
    if at < 3 { (&room.queries[at], &user.paths[at]) } else { (&user.queries[at - 3], &room.paths[at - 3]) }
}

fn product(rows: Vec<f32>, count: usize, weight: &Tensor) -> Result<Vec<f32>, GiftingError> {
    let columns = rows.len() / count;
    let rows = Tensor::from_vec(rows, (count, columns), &Device::Cpu)?;
    Ok(rows.matmul(weight)?.flatten_all()?.to_vec1()?)
}
