//! The whole network, in two halves that know nothing of each other and a join of them.
//!
//! Invariants: training and serving share the halves; a part that the configuration leaves out has no weights.

use super::dispatcher::Dispatcher;
use super::fusion::MultiModalFusion;
use super::interest::{Entries, Interest};
use super::nodes::{Looked, NodeVectors};
use super::tower::{Said, Tower};
use crate::batch::{Listed, NodeBatch, RoomBatch, UserBatch};
use crate::config::History;
use crate::{Config, GiftingError, Path};
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::Module;
use kairos_training::Parameters;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) parameters: Parameters,
    streamers: NodeVectors,
    users: NodeVectors,
    pub(crate) history: Interest,
    dispatcher: Option<Dispatcher>,
    /// In the order of [`Path::ALL`].
    pub(crate) paths: [Option<Interest>; 6],
    fusion: Option<MultiModalFusion>,
    pub(crate) tower: Tower,
}

/// What depends on users alone, `B` rows.
pub(crate) struct UserHalf {
    /// `x_u`, `[B, d]`.
    pub(crate) vector: Tensor,
    /// Projected pretrained vectors, `[B, d]`.
    pub(crate) pretrained: Option<Tensor>,
    /// Their part of the first layer.
    pub(crate) first: Tensor,
    pub(crate) history: Entries,
    /// Vectors of the streamers of the history, `[B · n, d]`, by which it is searched.
    pub(crate) searched: Tensor,
    pub(crate) paths: [Option<Entries>; 3],
    /// Queries on the streamer's side.
    pub(crate) queries: [Option<Tensor>; 3],
}

/// What depends on rooms alone, `B` rows.
pub(crate) struct RoomHalf {
    /// `x_a`, `[B, d]`.
    pub(crate) vector: Tensor,
    /// The same without neighbours, by which histories are searched.
    pub(crate) searched: Tensor,
    pub(crate) pretrained: Option<Tensor>,
    pub(crate) first: Tensor,
    pub(crate) history: Tensor,
    pub(crate) paths: [Option<Entries>; 3],
    /// Queries on the user's side.
    pub(crate) queries: [Option<Tensor>; 3],
}

impl Network {
    pub(crate) fn new(
        config: &Config,
        seed: u64,
        device: &Device,
        dtype: DType,
    ) -> std::result::Result<Self, GiftingError> {
        let parameters = Parameters::new(seed, device.clone());
        let vb = parameters.builder(dtype);
        let (d, heads) = (config.width, config.heads);
        let mut paths = Path::ALL.map(|_| None);
        for (interest, path) in paths.iter_mut().zip(Path::ALL) {
            if config.reads(path) {
                *interest = Some(Interest::new(d, heads, false, &vb.pp("paths").pp(path.name()))?);
            }
        }
        let dispatcher = match config.history {
            History::Search { .. } => None,
            History::Dispatcher { experts } => Some(Dispatcher::new(d, experts, &vb.pp("dispatcher"))?),
        };
        Ok(Self {
            streamers: NodeVectors::new(config, false, &vb.pp("streamers"))?,
            users: NodeVectors::new(config, true, &vb.pp("users"))?,
            history: Interest::new(d, heads, dispatcher.is_none(), &vb.pp("history"))?,
            dispatcher,
            paths,
            fusion: if config.reads_segments() {
                Some(MultiModalFusion::new(config, &vb.pp("fusion"))?)
            } else {
                None
            },
            tower: Tower::new(config, &vb.pp("tower"))?,
            parameters,
        })
    }

    /// Vectors `[U, d]` of streamers, for searching.
    pub(crate) fn streamer_vectors(&self, nodes: &NodeBatch) -> Result<Tensor> {
        Ok(self.streamers.look(nodes)?.vectors)
    }

    /// Rows by table for the streamers asked about, as if none of them were known: what makes a known streamer of an
    /// unknown one without changing what is said of it.
    pub(crate) fn rows_of_unknown(&self, batch: &RoomBatch) -> Result<BTreeMap<&'static str, Tensor>> {
        let nobody = batch.streamers.known.zeros_like()?;
        let looked = self.streamers.look_as(&batch.streamers, &nobody)?.vectors;
        let own = looked.index_select(&batch.streamer, 0)?;
        let unknown = own.zeros_like()?.narrow(1, 0, 1)?;
        // Neighbours keep the rows they have.
        let near = self.streamers.look(&batch.streamers)?.vectors;
        let vector = self.streamers.asked(&own, &unknown, &near, batch.paths[0].as_ref())?;
        let mut rows =
            BTreeMap::from([("streamers.rows", (&vector - &own)?.broadcast_add(self.streamers.cold())?)]);
        if let Some(fusion) = &self.fusion {
            rows.insert("fusion.queries.own", fusion.queries_of(&vector)?);
        }
        Ok(rows)
    }

    pub(crate) fn user_half(&self, batch: &UserBatch) -> Result<UserHalf> {
        let streamers = self.streamers.look(&batch.streamers)?.vectors;
        let users = self.users.look(&batch.users)?;
        let known = batch.users.known.index_select(&batch.user, 0)?;
        let own = users.vectors.index_select(&batch.user, 0)?;
        let vector = self.users.asked(&own, &known, &streamers, batch.paths[0].as_ref())?;
        let pretrained = picked(&users, &batch.user)?;
        let history = match &self.dispatcher {
            None => self.history.entries(&streamers, &batch.history)?,
            Some(dispatcher) => {
                self.history.entries_of_rows(&dispatcher.forward(&streamers, &batch.history)?)?
            }
        };
        let parts = [Some(&vector), pretrained.as_ref(), batch.side.as_ref()];
        Ok(UserHalf {
            first: self.tower.user.forward(&beside(parts)?)?,
            searched: streamers.index_select(&batch.history.nodes, 0)?,
            history,
            paths: self.entries(0, &batch.paths, [&streamers; 3])?,
            queries: self.queries(3, &vector)?,
            vector,
            pretrained,
        })
    }

    pub(crate) fn room_half(&self, batch: &RoomBatch) -> Result<RoomHalf> {
        let streamers = self.streamers.look(&batch.streamers)?;
        let users = self.users.look(&batch.users)?.vectors;
        let known = batch.streamers.known.index_select(&batch.streamer, 0)?;
        let own = streamers.vectors.index_select(&batch.streamer, 0)?;
        let vector = self.streamers.asked(&own, &known, &streamers.vectors, batch.paths[0].as_ref())?;
        let pretrained = picked(&streamers, &batch.streamer)?;
        let live = match (&self.fusion, &batch.segment) {
            (Some(fusion), Some(segment)) => {
                let rows = batch.streamers.rows.index_select(&batch.streamer, 0)?;
                Some(fusion.forward(segment, &vector, &rows, &known)?)
            }
            _ => None,
        };
        let parts = [Some(&vector), pretrained.as_ref(), live.as_ref(), batch.side.as_ref()];
        let ends = [&streamers.vectors, &streamers.vectors, &users];
        Ok(RoomHalf {
            first: self.tower.room.forward(&beside(parts)?)?,
            history: self.history.query(&vector)?,
            paths: self.entries(3, &batch.paths, ends)?,
            queries: self.queries(0, &vector)?,
            searched: own,
            vector,
            pretrained,
        })
    }

    /// Pairs of as many users and rooms, in order, with their side features. `drop` is applied to hidden layers.
    pub(crate) fn join(
        &self,
        config: &Config,
        user: &UserHalf,
        room: &RoomHalf,
        pair_side: Option<&Tensor>,
        drop: &mut dyn FnMut(Tensor) -> Result<Tensor>,
    ) -> Result<Said> {
        let mut parts = vec![self.history.attend(&room.history, &user.history)?];
        for (at, interest) in self.paths.iter().enumerate() {
            let (queries, entries) = if at < 3 {
                (&room.queries[at], &user.paths[at])
            } else {
                (&user.queries[at - 3], &room.paths[at - 3])
            };
            if let (Some(interest), Some(query), Some(entries)) = (interest, queries, entries) {
                parts.push(interest.attend(query, entries)?);
            }
        }
        parts.push((&user.vector * &room.vector)?);
        if let (Some(user), Some(room)) = (&user.pretrained, &room.pretrained) {
            parts.push((user * room)?);
        }
        let parts = beside(parts.iter().map(Some).chain([pair_side]))?;
        let sum = ((&user.first + &room.first)? + self.tower.pair.forward(&parts)?)?;
        self.tower.finish(&config.outcomes, &sum, drop)
    }

    fn entries(
        &self,
        from: usize,
        lists: &[Option<Listed>; 3],
        ends: [&Tensor; 3],
    ) -> Result<[Option<Entries>; 3]> {
        let mut made = [None, None, None];
        for (at, made) in made.iter_mut().enumerate() {
            if let (Some(interest), Some(listed)) = (&self.paths[from + at], &lists[at]) {
                *made = Some(interest.entries(ends[at], listed)?);
            }
        }
        Ok(made)
    }

    fn queries(&self, from: usize, vector: &Tensor) -> Result<[Option<Tensor>; 3]> {
        let mut made = [None, None, None];
        for (made, interest) in made.iter_mut().zip(&self.paths[from..from + 3]) {
            if let Some(interest) = interest {
                *made = Some(interest.query(vector)?);
            }
        }
        Ok(made)
    }
}

fn picked(nodes: &Looked, at: &Tensor) -> Result<Option<Tensor>> {
    nodes.pretrained.as_ref().map(|vectors| vectors.index_select(at, 0)).transpose()
}

/// Columns side by side, of those that are there.
fn beside<'a>(parts: impl IntoIterator<Item = Option<&'a Tensor>>) -> Result<Tensor> {
    let parts: Vec<&Tensor> = parts.into_iter().flatten().collect();
    Tensor::cat(&parts, 1)
}
