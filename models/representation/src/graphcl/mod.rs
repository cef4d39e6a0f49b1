//! Vectors of users and items by graph contrastive learning: MMBee's pre-training of node representations.
//!
//! Nodes start from `x_i = W_id e_i + W_mm f_i` (items, with content) and `x_u = W_id e_u`; the encoder is a mean over
//! layers of convolution on the graph of users and items joined with the graphs among items (Swing and nearest
//! content) and among friends. The loss is a link term on the observed pairs plus GraphCL's contrast of two augmented views (You
//! et al., NeurIPS 2020). Invariants: graphs come from training rows and content alone; an item nobody has chosen is
//! known by its content and its neighbours, a user who comes later by the items; same seed, same bytes.

mod config;
mod graph;
mod network;
mod train;

pub use config::{GraphClConfig, Link};

use crate::checkpoint::{self, Persist, Tensors};
use crate::learning::Progress;
use crate::{DataDigests, Dataset, Interactions, Kind, Reached, Recommender, Result, Vectors};
use std::path::Path;

/// Vectors learnt by contrast and links.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphCl {
    config: GraphClConfig,
    vectors: Vectors,
}

impl GraphCl {
    /// Trains until the validation rows say enough, or for all epochs without any.
    ///
    /// # Errors
    /// When the data set doesn't hold together, a setting is out of range, or the loss is no longer finite.
    pub fn train(
        data: &Dataset,
        config: &GraphClConfig,
        validation: Option<&Interactions>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        train::train(data, config, validation, progress)
    }

    /// The vectors: `z_u`, `z_a` of the ranker, and what it scores by.
    #[must_use]
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }
}

impl Recommender for GraphCl {
    fn kind(&self) -> Kind {
        Kind::GraphCl
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

impl Persist for GraphCl {
    const KIND: Kind = Kind::GraphCl;
    type Settings = GraphClConfig;

    fn settings(&self) -> GraphClConfig {
        self.config.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        self.vectors.take_apart()
    }

    fn restore(config: GraphClConfig, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        Ok(Self { vectors: Vectors::restore(config.width, data, tensors)?, config })
    }
}
