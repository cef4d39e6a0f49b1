//! The ranker: a network, the ids it knows, and what turns its outputs into predictions.
//!
//! Invariants: a prediction depends on its own user, room and pair alone, whatever it is batched with.

mod admission;
mod attention;
mod dispatcher;
mod fusion;
mod interest;
mod network;
mod nodes;
#[cfg(test)]
mod reference;
mod tower;

pub(crate) use interest::{Entries, Interest};
pub(crate) use network::{Network, RoomHalf, UserHalf};
pub(crate) use tower::{Said, said};

use crate::batch::{Kept, Known, Losing, NodeRows, RoomBatch, UserBatch, best_matches, by_category, newest};
use crate::calibration::log_normal_mean;
use crate::config::{History, Search};
use crate::{Config, Example, GiftingError, Nodes, Slots, UserInput};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;

/// What is expected of a user in a room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Log odds of a gift, before calibration.
    pub log_odds: f64,
    /// Calibrated probability of a gift.
    pub probability: f64,
    /// Expected value of gifts, in the unit of the label: the probability times the mean value given a gift.
    pub value: f64,
}

/// MMBee's pointwise ranker of gifts.
#[derive(Debug, Clone)]
pub struct Ranker {
    config: Config,
    device: Device,
    dtype: DType,
    pub(crate) streamers: Slots,
    pub(crate) users: Slots,
    pub(crate) network: Network,
}

impl Ranker {
    /// A ranker that knows nobody, with first weights drawn from `seed`.
    ///
    /// # Errors
    /// When the configuration can't be used.
    pub fn new(config: Config, seed: u64, device: &Device) -> Result<Self, GiftingError> {
        Self::of_type(config, seed, device, DType::F32)
    }

    pub(crate) fn of_type(
        config: Config,
        seed: u64,
        device: &Device,
        dtype: DType,
    ) -> Result<Self, GiftingError> {
        config.validate()?;
        Ok(Self {
            network: Network::new(&config, seed, device, dtype)?,
            streamers: Slots::new(config.streamer_slots),
            users: Slots::new(config.user_slots),
            device: device.clone(),
            dtype,
            config,
        })
    }

    /// Architecture, outcome and calibration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) const fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    /// Whether a streamer has a row of its own.
    #[must_use]
    pub fn knows_streamer(&self, id: u64) -> bool {
        self.streamers.row(id).is_some()
    }

    /// Whether a user has a row of its own.
    #[must_use]
    pub fn knows_user(&self, id: u64) -> bool {
        self.users.row(id).is_some()
    }

    pub(crate) fn known<'a>(&'a self, nodes: &'a dyn Nodes) -> Known<'a> {
        let Self { config, device, dtype, streamers, users, .. } = self;
        Known { config, streamers, users, nodes, device, dtype: *dtype }
    }

    /// Predictions for examples, by the network that is trained. [`Ranker::user_passes`] and [`Ranker::room_passes`]
    /// give the same, faster where a user or a room is asked about more than once.
    ///
    /// # Errors
    /// When an input can't be used.
    pub fn predict(&self, examples: &[Example], nodes: &dyn Nodes) -> Result<Vec<Prediction>, GiftingError> {
        if examples.is_empty() {
            return Ok(Vec::new());
        }
        let said = self.said(examples, nodes, None, &mut |x| Ok(x))?;
        let numbers = |x: &Tensor| x.to_dtype(DType::F64)?.to_vec1::<f64>();
        let (odds, mu, sigma) = (numbers(&said.log_odds)?, numbers(&said.mu)?, numbers(&said.sigma)?);
        let each = odds.into_iter().zip(mu).zip(sigma);
        Ok(each.map(|((odds, mu), sigma)| self.prediction([odds, mu, sigma])).collect())
    }

    /// What the network says of examples. `drop` is applied to hidden layers.
    pub(crate) fn said(
        &self,
        examples: &[Example],
        nodes: &dyn Nodes,
        mut losing: Option<&mut Losing<'_>>,
        drop: &mut dyn FnMut(Tensor) -> candle_core::Result<Tensor>,
    ) -> Result<Said, GiftingError> {
        let known = self.known(nodes);
        let kept = self.searched(examples, &known)?;
        let users: Vec<(UserInput<'_>, Kept)> = examples.iter().map(Example::user).zip(kept).collect();
        let rooms: Vec<_> = examples.iter().map(Example::room).collect();
        let users = UserBatch::new(&known, &users, losing.as_deref_mut())?;
        let rooms = RoomBatch::new(&known, &rooms, losing)?;
        let mut side = Vec::with_capacity(examples.len() * self.config.pair_side);
        for example in examples {
            let what = || format!("side features of user {} and streamer {}", example.user, example.streamer);
            crate::batch::checked(what, &example.pair_side, self.config.pair_side)?;
            side.extend_from_slice(&example.pair_side);
        }
        let side = known.pair_side(&side, examples.len())?;
        let (user, room) = (self.network.user_half(&users)?, self.network.room_half(&rooms)?);
        Ok(self.network.join(&self.config, &user, &room, side.as_ref(), drop)?)
    }

    /// What of each example's history is read.
    fn searched(&self, examples: &[Example], known: &Known<'_>) -> Result<Vec<Kept>, GiftingError> {
        let longest = self.config.longest_history;
        match self.config.history {
            History::Dispatcher { .. } => {
                Ok(examples.iter().map(|example| newest(&example.history, longest).collect()).collect())
            }
            History::Search { by: Search::Category, top } => {
                let found = |example: &Example| by_category(&example.history, longest, example.category, top);
                Ok(examples.iter().map(found).collect())
            }
            History::Search { by: Search::InnerProduct, top } => {
                let mut nodes = NodeRows::new(known, false);
                let mut places = Vec::with_capacity(examples.len());
                for example in examples {
                    let place = |at: usize| nodes.place(known, example.history[at].streamer);
                    let history: Vec<u32> =
                        newest(&example.history, longest).map(place).collect::<Result<_, _>>()?;
                    places.push((nodes.place(known, example.streamer)?, history));
                }
                let vectors = self.network.streamer_vectors(&nodes.tensors(known, None)?)?.detach();
                let vectors: Vec<f32> = vectors.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
                let width = self.config.width;
                let of = |place: u32| &vectors[place as usize * width..][..width];
                let found = places.iter().zip(examples).map(|((target, history), example)| {
                    let rows: Vec<f32> = history.iter().flat_map(|&place| of(place)).copied().collect();
                    let best = best_matches(&rows, of(*target), top);
                    // Row i is the i-th newest event.
                    best.into_iter().map(|row| example.history.len() - 1 - row).collect()
                });
                Ok(found.collect())
            }
        }
    }

    pub(crate) fn prediction(&self, [log_odds, mu, sigma]: [f64; 3]) -> Prediction {
        let calibration = &self.config.calibration;
        let probability = calibration.probability(log_odds);
        let given_gift = log_normal_mean(mu, sigma, self.config.outcomes.largest_value);
        Prediction { log_odds, probability, value: probability * given_gift * calibration.value_scale }
    }

    /// Copies of weights, and the owners of rows.
    pub(crate) fn tensors(&self) -> Result<BTreeMap<String, Tensor>, GiftingError> {
        let mut all = self.network.parameters.snapshot()?;
        for (kind, slots) in [("streamers", &self.streamers), ("users", &self.users)] {
            let [owners, seen_s] = slots.tensors()?;
            all.insert(format!("slots.{kind}.owners"), owners);
            all.insert(format!("slots.{kind}.seen_s"), seen_s);
        }
        Ok(all)
    }

    /// Puts back what [`Ranker::tensors`] gave.
    pub(crate) fn restore(&mut self, tensors: &BTreeMap<String, Tensor>) -> Result<(), GiftingError> {
        let mut weights = tensors.clone();
        for (kind, slots) in [("streamers", &mut self.streamers), ("users", &mut self.users)] {
            let parts = ["owners", "seen_s"].map(|part| weights.remove(&format!("slots.{kind}.{part}")));
            if let [Some(owners), Some(seen_s)] = parts {
                *slots = Slots::from_tensors(&owners, &seen_s)?;
            }
        }
        Ok(self.network.parameters.restore(&weights)?)
    }
}
