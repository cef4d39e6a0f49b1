//! LightGCN: graph convolution without weights or non-linearities (He et al., "LightGCN: Simplifying and
//! Powering Graph Convolution Network for Recommendation", SIGIR 2020, equations 7 to 15).
//!
//! `E^(l+1) = Â E^(l)` with `Â` the symmetrically normalised bipartite graph; vectors are the mean of layers 0 to L,
//! learnt by BPR with an L2 penalty on layer 0. Invariants: the same data and settings give the same bytes,
//! whatever the number of threads.

use crate::checkpoint::{self, Persist, Tensors};
use crate::learning::{Batch, Progress, Watch, batches, bpr};
use crate::sparse::SparseProduct;
use crate::{
    DataDigests, Dataset, Interactions, Kind, Reached, Recommender, RepresentationError, Result, Vectors,
};
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::Init;
use kairos_training::{AdamW, AdamWSettings, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Settings of [`LightGcn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LightGcnConfig {
    /// Numbers per vector.
    pub width: usize,
    /// Convolutions `L`.
    pub layers: usize,
    /// Epochs at most.
    pub epochs: usize,
    /// Pairs per step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Weight of the L2 penalty on the vectors of layer 0 that a batch uses.
    pub penalty: f64,
    /// Epochs between two judgements on validation rows.
    pub judge_every: usize,
    /// Judgements without a better result after which training stops.
    pub patience: usize,
    /// Seed of first values, batches and negatives.
    pub seed: u64,
}

impl Default for LightGcnConfig {
    fn default() -> Self {
        Self {
            width: 64,
            layers: 3,
            epochs: 150,
            batch: 2048,
            learning_rate: 3e-3,
            penalty: 1e-4,
            judge_every: 5,
            patience: 5,
            seed: 0,
        }
    }
}

impl LightGcnConfig {
    fn check(&self) -> Result<()> {
        for (field, value) in [("width", self.width), ("epochs", self.epochs), ("batch", self.batch)] {
            if value == 0 {
                return Err(RepresentationError::config(field, "must be at least 1"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(RepresentationError::config("learning_rate", "must be positive"));
        }
        if !(self.penalty >= 0.0 && self.penalty.is_finite()) {
            return Err(RepresentationError::config("penalty", "must be 0 or more"));
        }
        Ok(())
    }
}

/// Vectors smoothed over the graph of users and items.
#[derive(Debug, Clone, PartialEq)]
pub struct LightGcn {
    config: LightGcnConfig,
    vectors: Vectors,
}

const TABLE: &str = "table";

impl LightGcn {
    /// Trains until the validation rows say enough, or for all epochs without any.
    ///
    /// # Errors
    /// When the data set doesn't hold together, a setting is out of range, or the loss is no longer finite.
    pub fn train(
        data: &Dataset,
        config: &LightGcnConfig,
        validation: Option<&Interactions>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        data.check()?;
        config.check()?;
        let rows = &data.interactions;
        let graph = Convolution::new(rows, config.layers);
        let parameters = Parameters::new(config.seed, Device::Cpu);
        let shape = (rows.users() + rows.items(), config.width);
        let init = Init::Randn { mean: 0.0, stdev: 0.1 };
        parameters.builder(DType::F32).get_with_hints(shape, TABLE, init)?;
        let Some((_, table)) = parameters.iter().next() else {
            return Err(RepresentationError::Empty("vectors"));
        };
        let settings = AdamWSettings { weight_decay: 0.0, ..AdamWSettings::default() };
        let mut optimiser = AdamW::new(&parameters, settings)?;
        let mut watch = Watch::new(Kind::LightGcn, rows, validation, config.judge_every, config.patience);
        for epoch in 1..=config.epochs {
            let mut sum = 0.0;
            let steps = batches(rows, config.batch, config.seed, epoch);
            for batch in &steps {
                let loss = loss(&graph, &table, batch, rows.users(), config.penalty)?;
                optimiser.step(&loss.backward()?, config.learning_rate)?;
                sum += f64::from(loss.to_scalar::<f32>()?);
            }
            let model = || {
                let vectors = graph.vectors(&table, rows)?;
                Ok(Box::new(Self { config: config.clone(), vectors }) as Box<dyn Recommender>)
            };
            let mean = sum / steps.len().max(1) as f64;
            if watch.after(epoch, mean, progress, || parameters.snapshot(), model)? {
                break;
            }
        }
        let mut config = config.clone();
        if let Some((epoch, best)) = watch.best() {
            config.epochs = epoch;
            parameters.restore(&best)?;
        }
        Ok(Self { config, vectors: graph.vectors(&table, rows)? })
    }

    /// The vectors it scores by.
    #[must_use]
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }
}

pub(crate) fn loss(
    graph: &Convolution,
    table: &Var,
    batch: &Batch,
    users: usize,
    penalty: f64,
) -> candle_core::Result<Tensor> {
    let smooth = graph.mean_of_layers(table)?;
    let size = batch.users.len();
    let index =
        |ids: &[u32], first: usize| Tensor::from_iter(ids.iter().map(|&id| id + first as u32), &Device::Cpu);
    let places = [index(&batch.users, 0)?, index(&batch.positives, users)?, index(&batch.negatives, users)?];
    let places = Tensor::cat(&places, 0)?;
    // One gather for all three: its gradient is one table, not three.
    let rows = smooth.index_select(&places, 0)?;
    let part = |at: usize| rows.narrow(0, at * size, size);
    let ranking = bpr(&part(0)?, &part(1)?, &part(2)?)?;
    let raw = table.index_select(&places, 0)?.sqr()?.sum_all()?;
    ranking + (raw * (0.5 * penalty / size.max(1) as f64))?
}

/// The bipartite graph of users and items, users first.
pub(crate) struct Convolution {
    product: SparseProduct,
    layers: usize,
}

impl Convolution {
    pub(crate) fn new(rows: &Interactions, layers: usize) -> Self {
        let graph = rows.binary().bipartite(None, None).normalised(0.5, 0.5);
        Self { product: SparseProduct::symmetric(graph), layers }
    }

    pub(crate) fn mean_of_layers(&self, table: &Tensor) -> candle_core::Result<Tensor> {
        let (mut layer, mut sum) = (table.clone(), table.clone());
        for _ in 0..self.layers {
            layer = self.product.apply(&layer)?;
            sum = (sum + &layer)?;
        }
        sum / (self.layers + 1) as f64
    }

    /// Vectors of users and items, and what a new user takes from each item: layer l of a user is
    /// `Σ_i |h|^-½ d_i^-½` times layer l - 1 of the items, and a new user has no layer 0.
    fn vectors(&self, table: &Tensor, rows: &Interactions) -> Result<Vectors> {
        let (users, width) = (rows.users(), table.dim(1)?);
        let mut layer = table.detach();
        let mut sum = layer.clone();
        let mut below = layer.zeros_like()?;
        for _ in 0..self.layers {
            below = (below + &layer)?;
            layer = self.product.apply(&layer)?;
            sum = (sum + &layer)?;
        }
        let scale = 1.0 / (self.layers + 1) as f64;
        let flat = |tensor: &Tensor| -> candle_core::Result<Vec<f32>> {
            (tensor * scale)?.flatten_all()?.to_vec1::<f32>()
        };
        let (sum, below) = (flat(&sum)?, flat(&below)?);
        let mut fold = below[users * width..].to_vec();
        for (row, degree) in fold.chunks_mut(width).zip(rows.item_degrees()) {
            // One more for the new user, who joins the item's neighbours.
            let scale = 1.0 / ((degree + 1) as f32).sqrt();
            row.iter_mut().for_each(|x| *x *= scale);
        }
        Vectors::new(width, sum[..users * width].to_vec(), sum[users * width..].to_vec(), fold)
    }
}

impl Recommender for LightGcn {
    fn kind(&self) -> Kind {
        Kind::LightGcn
    }

    fn items(&self) -> usize {
        self.vectors.item_count()
    }

    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        self.vectors.score(user, history, out)
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for LightGcn {
    const KIND: Kind = Kind::LightGcn;
    type Settings = LightGcnConfig;

    fn settings(&self) -> LightGcnConfig {
        self.config.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        self.vectors.take_apart()
    }

    fn restore(config: LightGcnConfig, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        Ok(Self { vectors: Vectors::restore(config.width, data, tensors)?, config })
    }
}
