//! Scores of pairs from what was computed once.
//!
//! Invariants: a pair's score depends on that pair alone; pairs are scored some at a time, so memory stays in cache.

use std::borrow::Borrow;

use super::attend::{Asked, Attention, Weights, mix};
use super::eight::{Eight, Work, widest};
use super::kernels::{Lane, add, dot, rectify};
use super::packed::{Rows, Span, pack};
use super::passes::{HistoryPass, RoomPass, UserPass, of_category};
use super::search::best;
use crate::config::History;
use crate::model::{Interest, said};
use crate::{Config, GiftingError, Path, Prediction, Ranker};
use candle_core::{DType, Device, Tensor};
use candle_nn::Linear;

/// Pairs that are scored at once: their rows and hidden values stay in the second cache.
const AT_ONCE: usize = 128;

/// A ranker laid out for scoring pairs of passes on the processor.
#[derive(Debug, Clone)]
pub struct Scorer {
    ranker: Ranker,
    pub(super) history: Attention,
    /// In the order of [`Path::ALL`], those that are read.
    pub(super) paths: Vec<(usize, Attention)>,
    /// `[columns, hidden]`.
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
    pub(super) weights: Weights,
    best: Vec<(f32, usize)>,
    found: Vec<Lane>,
}

/// What a target reads of a history.
pub(super) enum Read<'a> {
    /// Nothing, or interests that belong to nobody.
    Nobody,
    /// Acts towards these streamers.
    Streamers(&'a [u64]),
    /// Acts towards some of these streamers, by place.
    Found(&'a [u64], &'a [(f32, usize)]),
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
            let weight = layer.weight().detach().to_dtype(DType::F32)?.to_device(&Device::Cpu)?;
            // A copy, not a view of weights that may be trained on.
            Ok(weight.t()?.force_contiguous()?)
        };
        let bias = |layer: &Linear| layer.bias().map_or(Ok(Vec::new()), numbers);
        let attention = |interest: &Interest| -> Result<Attention, GiftingError> {
            Ok(Attention::new(self.shape(), &numbers(&interest.no_value)?))
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

/// Fills the rows of some pairs.
struct Fill<'a, F> {
    scorer: &'a Scorer,
    pair: F,
    side: &'a [f32],
    rows: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl<'p, F: Fn(usize) -> (&'p UserPass, &'p RoomPass)> Work for Fill<'_, F> {
    type Output = ();

    #[inline(always)]
    fn on(self, eight: impl Eight) {
        let Self { scorer, pair, side, rows, scratch } = self;
        let width = scorer.config().pair_side;
        let count = rows.len() / scorer.columns;
        for (at, row) in rows.chunks_exact_mut(scorer.columns).enumerate() {
            let (user, room) = pair(at);
            let ahead = |by: usize| (at + by < count).then(|| pair(at + by).0);
            if let Some(next) = ahead(4).filter(|next| !std::ptr::eq(*next, user)) {
                next.fetch_index();
            }
            if let Some(next) = ahead(2).filter(|next| !std::ptr::eq(*next, user)) {
                next.fetch_lists(room.category);
            }
            scorer.fill(eight, user, room, &side[at * width..(at + 1) * width], row, scratch);
        }
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
        users: &[impl Borrow<UserPass>],
        pair_side: &[f32],
    ) -> Result<Vec<Prediction>, GiftingError> {
        self.pairs(users.len(), |at| (users[at].borrow(), room), pair_side)
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
        let mut predictions = Vec::with_capacity(count);
        for start in (0..count).step_by(AT_ONCE) {
            let some = AT_ONCE.min(count - start);
            let mut rows = vec![0.0; some * self.columns];
            for at in start..start + some {
                let (user, room) = pair(at);
                self.check(user, room)?;
            }
            let side = &pair_side[start * side..(start + some) * side];
            let (of, scratch) = (|at: usize| pair(start + at), &mut scratch);
            widest(Fill { scorer: self, pair: of, side, rows: &mut rows, scratch });
            let heads = self.finish(rows, some, |at| {
                let (user, room) = pair(start + at);
                (user.numbers.first(), room.numbers.first())
            })?;
            let outcomes = &self.config().outcomes;
            predictions.extend(heads.into_iter().map(|heads| self.ranker.prediction(said(outcomes, heads))));
        }
        Ok(predictions)
    }

    pub(super) fn check(&self, user: &UserPass, room: &RoomPass) -> Result<(), GiftingError> {
        let config = self.config();
        let (d, pretrained) = (config.width, if config.reads_pretrained() { config.width } else { 0 });
        let reads = |path: Path| if config.reads(path) { d + config.heads } else { 0 };
        let fits = |numbers: &super::passes::Numbers, asked: [Path; 3]| {
            numbers.vector().len() == d
                && numbers.pretrained().len() == pretrained
                && numbers.first().len() == config.hidden[0]
                && asked.into_iter().enumerate().all(|(at, path)| numbers.query(at).len() == reads(path))
        };
        let compressed = matches!(user.history, HistoryPass::Interests(_));
        if !fits(&user.numbers, Path::STREAMER_SIDE)
            || compressed != matches!(config.history, History::Dispatcher { .. })
        {
            return Err(GiftingError::Foreign { what: "user pass" });
        }
        if !fits(&room.numbers, Path::USER_SIDE) || room.history.len() != d + config.heads {
            return Err(GiftingError::Foreign { what: "room pass" });
        }
        Ok(())
    }

    /// The pair's part of the first layer's input: history, paths, products, side features.
    #[inline(always)]
    pub(super) fn fill(
        &self,
        eight: impl Eight,
        user: &UserPass,
        room: &RoomPass,
        side: &[f32],
        row: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let shape = self.history.shape;
        let (history, row) = row.split_at_mut(shape.width);
        self.read_history(eight, user, room, history, scratch, |_, _| ());
        let (of_user, of_room) = self.paths.split_at(self.paths.partition_point(|(at, _)| *at < 3));
        let (paths, row) = row.split_at_mut(of_user.len() * shape.width);
        let asked = of_user.iter().map(|path| ask(path, user, room));
        mix(eight, shape, asked, &user.lanes, &mut scratch.weights, paths);
        let (paths, mut row) = row.split_at_mut(of_room.len() * shape.width);
        let asked = of_room.iter().map(|path| ask(path, user, room));
        mix(eight, shape, asked, &room.lanes, &mut scratch.weights, paths);
        let (user, room) = (&user.numbers, &room.numbers);
        for (a, b) in [(user.vector(), room.vector()), (user.pretrained(), room.pretrained())] {
            let out;
            (out, row) = row.split_at_mut(a.len());
            for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                *out = a * b;
            }
        }
        row.copy_from_slice(side);
    }

    /// What a target reads of a history into `out`; `look` is told what was read, and the weights.
    #[inline(always)]
    pub(super) fn read_history(
        &self,
        eight: impl Eight,
        user: &UserPass,
        room: &RoomPass,
        out: &mut [f32],
        scratch: &mut Scratch,
        look: impl FnOnce(&Read<'_>, &Weights),
    ) {
        let Scratch { weights, best: matches, found } = scratch;
        let shape = self.history.shape;
        let asked = |span| std::iter::once(Asked { attention: &self.history, query: &room.history, span });
        let (read, span) = match &user.history {
            HistoryPass::Interests(span) => (Read::Nobody, *span),
            HistoryPass::Categories(spans, streamers) => match of_category(spans, room.category) {
                Some(at) => (Read::Streamers(&streamers[at]), spans[at].1),
                None => (Read::Nobody, Span::default()),
            },
            HistoryPass::Events { keys, values, searched, nodes } => {
                let top = match self.config().history {
                    History::Search { top, .. } => top,
                    History::Dispatcher { experts } => experts,
                };
                best(searched, nodes.len(), &room.searched, top, matches);
                found.clear();
                let span = pack(found, Rows { keys, values, shape }, matches.iter().map(|(_, at)| *at));
                mix(eight, shape, asked(span), found, weights, out);
                look(&Read::Found(nodes, matches), weights);
                return;
            }
        };
        mix(eight, shape, asked(span), &user.lanes, weights, out);
        look(&read, weights);
    }

    /// The two layers and the heads for rows of pairs.
    pub(super) fn finish<'a>(
        &self,
        rows: Vec<f32>,
        count: usize,
        parts: impl Fn(usize) -> (&'a [f32], &'a [f32]),
    ) -> Result<Vec<[f32; 3]>, GiftingError> {
        let mut hidden = product(rows, count, &self.pair)?;
        let width = hidden.len() / count.max(1);
        for (at, row) in hidden.chunks_exact_mut(width.max(1)).enumerate() {
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

/// Who asks and what is read on one of the paths: a room the user's, the user the room's.
#[inline(always)]
pub(super) fn ask<'a>(
    (at, attention): &'a (usize, Attention),
    user: &'a UserPass,
    room: &'a RoomPass,
) -> Asked<'a> {
    let (query, span) = match at.checked_sub(3) {
        None => (room.numbers.query(*at), user.paths[*at]),
        Some(at) => (user.numbers.query(at), room.paths[at]),
    };
    Asked { attention, query, span }
}

fn product(rows: Vec<f32>, count: usize, weight: &Tensor) -> Result<Vec<f32>, GiftingError> {
    let columns = rows.len() / count.max(1);
    let rows = Tensor::from_vec(rows, (count, columns), &Device::Cpu)?;
    Ok(rows.matmul(weight)?.flatten_all()?.to_vec1()?)
}
