//! SIM: the target item searches the user's items and attends to what it finds (Pi et al., "Search-based User
//! Interest Modeling with Lifelong Sequential Behavior Data", CIKM 2020), ranking every item.
//!
//! First the general search: of the user's items those with the largest inner products with the target stay
//! (soft search, equation 2). Then the exact search: attention over them (equation 6), and a small network on
//! `[interest, target, interest ∘ target]`. Invariants: the target itself is never part of the history it is trained
//! against; a key of nobody's stands in every history, so that a user without items has an interest too.

mod network;
mod rows;
mod train;

use crate::checkpoint::{self, Persist, Tensors};
use crate::learning::Progress;
use crate::{DataDigests, Dataset, Interactions, Kind, Reached, Recommender, RepresentationError, Result};
use candle_core::{DType, Device};
use kairos_training::Parameters;
use network::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Target attention over a user's items.
#[derive(Debug, Clone)]
pub struct Sim {
    config: SimConfig,
    parameters: Parameters,
    network: Network,
}

/// Settings of [`Sim`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimConfig {
    /// Numbers per item vector.
    pub width: usize,
    /// Width of the network's hidden layer.
    pub hidden: usize,
    /// Latest items of a user that are searched.
    pub history: usize,
    /// Items the search finds for each target.
    pub found: usize,
    /// Items not chosen, drawn for each chosen one.
    pub negatives: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Chosen items per step.
    pub batch: usize,
    /// AdamW's learning rate.
    pub learning_rate: f64,
    /// AdamW's weight decay.
    pub weight_decay: f64,
    /// Epochs between two judgements on validation rows.
    pub judge_every: usize,
    /// Judgements without a better result after which training stops.
    pub patience: usize,
    /// Seed of first values, batches and negatives.
    pub seed: u64,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            width: 32,
            hidden: 32,
            history: 50,
            found: 20,
            negatives: 8,
            epochs: 20,
            batch: 512,
            learning_rate: 1e-3,
            weight_decay: 1e-2,
            judge_every: 2,
            patience: 3,
            seed: 0,
        }
    }
}

impl SimConfig {
    fn check(&self) -> Result<()> {
        let counts = [
            ("width", self.width),
            ("hidden", self.hidden),
            ("history", self.history),
            ("found", self.found),
            ("negatives", self.negatives),
            ("epochs", self.epochs),
            ("batch", self.batch),
        ];
        for (field, value) in counts {
            if value == 0 {
                return Err(RepresentationError::config(field, "must be at least 1"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(RepresentationError::config("learning_rate", "must be positive"));
        }
        Ok(())
    }
}

impl Sim {
    /// Trains until the validation rows say enough, or for all epochs without any.
    ///
    /// # Errors
    /// When the data set doesn't hold together, a setting is out of range, or the loss is no longer finite.
    pub fn train(
        data: &Dataset,
        config: &SimConfig,
        validation: Option<&Interactions>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        train::train(data, config, validation, progress)
    }

    fn new(config: &SimConfig, items: usize) -> Result<Self> {
        config.check()?;
        let parameters = Parameters::new(config.seed, Device::Cpu);
        let network = Network::new(config, items, &parameters.builder(DType::F32))?;
        Ok(Self { config: config.clone(), parameters, network })
    }
}

impl Recommender for Sim {
    fn kind(&self) -> Kind {
        Kind::Sim
    }

    fn items(&self) -> usize {
        self.network.items()
    }

    fn score(&self, _user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.items(), out.len())?;
        let known: Vec<u32> =
            history.iter().copied().filter(|&item| (item as usize) < self.items()).collect();
        let scores = self.network.score_all(rows::latest(&known, self.config.history))?;
        out.copy_from_slice(&scores);
        Ok(())
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for Sim {
    const KIND: Kind = Kind::Sim;
    type Settings = SimConfig;

    fn settings(&self) -> SimConfig {
        self.config.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        Ok(Tensors::from_map(self.parameters.snapshot()?))
    }

    fn restore(config: SimConfig, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let model = Self::new(&config, data.items)?;
        for (name, variable) in model.parameters.iter() {
            let value = tensors.get(&name)?;
            if value.dims() != variable.dims() {
                let reason = format!("{name} is {:?}, expected {:?}", value.dims(), variable.dims());
                return Err(RepresentationError::Training { what: "checkpoint", reason });
            }
            variable.set(value)?;
        }
        Ok(model)
    }
}
