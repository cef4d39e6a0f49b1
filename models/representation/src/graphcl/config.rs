//! Settings of the contrastive training.
//!
//! Invariants: unknown fields are refused; rates of augmentation are below 1.

use crate::item_graph::{NeighbourConfig, SwingConfig};
use crate::{RepresentationError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The loss on observed pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// Bayesian personalised ranking against one drawn item per pair; scores are inner products.
    Bpr,
    /// Softmax of cosines against items drawn for the whole step; scores are cosines.
    SampledSoftmax,
}

/// Settings of [`GraphCl`](super::GraphCl).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphClConfig {
    /// Numbers per vector.
    pub width: usize,
    /// Convolutions.
    pub layers: usize,
    /// Whether content enters the nodes and the graph among items.
    pub content: bool,
    /// Weight of the edges among items by Swing against those to users; 0 leaves them out.
    pub swing_weight: f32,
    /// Weight of the edges among items by content, likewise.
    pub content_weight: f32,
    /// Weight of the edges among users who know each other, likewise.
    pub social_weight: f32,
    /// Swing's own settings.
    pub swing: SwingConfig,
    /// Settings of the nearest by content.
    pub neighbours: NeighbourConfig,
    /// Whether an edge between user and item weighs `ln(1 + amount)` over its mean instead of 1.
    pub amounts: bool,
    /// The loss on observed pairs.
    pub link: Link,
    /// Items drawn for a step of [`Link::SampledSoftmax`].
    pub negatives: usize,
    /// Temperature of [`Link::SampledSoftmax`].
    pub link_temperature: f64,
    /// Weight of the contrast.
    pub contrast: f64,
    /// Its temperature `τ`.
    pub temperature: f64,
    /// Users, and items, of a step that are contrasted.
    pub contrasted: usize,
    /// Share of edges a view drops.
    pub edge_drop: f64,
    /// Share of nodes a view drops with all their edges.
    pub node_drop: f64,
    /// Share of items whose content a view hides.
    pub attribute_mask: f64,
    /// Share of items whose own vector a step hides, so that content learns to stand alone.
    pub id_drop: f64,
    /// Epochs at most.
    pub epochs: usize,
    /// Pairs per step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Weight of the L2 penalty on the inputs of a step's nodes.
    pub penalty: f64,
    /// Epochs between two judgements on validation rows.
    pub judge_every: usize,
    /// Judgements without a better result after which training stops.
    pub patience: usize,
    /// Seed of first values, batches, negatives and views.
    pub seed: u64,
}

impl Default for GraphClConfig {
    fn default() -> Self {
        Self {
            width: 64,
            layers: 2,
            content: true,
            swing_weight: 0.5,
            content_weight: 0.5,
            social_weight: 0.5,
            swing: SwingConfig { top: 5, ..SwingConfig::default() },
            neighbours: NeighbourConfig { top: 5, ..NeighbourConfig::default() },
            amounts: false,
            link: Link::SampledSoftmax,
            negatives: 512,
            link_temperature: 0.2,
            contrast: 0.1,
            temperature: 0.2,
            contrasted: 512,
            edge_drop: 0.1,
            node_drop: 0.1,
            attribute_mask: 0.1,
            id_drop: 0.1,
            epochs: 90,
            batch: 4096,
            learning_rate: 5e-3,
            penalty: 1e-4,
            judge_every: 3,
            patience: 3,
            seed: 0,
        }
    }
}

impl GraphClConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`RepresentationError::Config`], naming the first field that can't be used.
    pub fn check(&self) -> Result<()> {
        let wrong = |field, reason: &str| Err(RepresentationError::config(field, reason));
        let counts = [
            ("width", self.width),
            ("negatives", self.negatives),
            ("epochs", self.epochs),
            ("batch", self.batch),
        ];
        let rates = [
            ("edge_drop", self.edge_drop),
            ("node_drop", self.node_drop),
            ("attribute_mask", self.attribute_mask),
            ("id_drop", self.id_drop),
        ];
        let positive = [
            ("learning_rate", self.learning_rate),
            ("temperature", self.temperature),
            ("link_temperature", self.link_temperature),
        ];
        let weights = [
            ("swing_weight", f64::from(self.swing_weight)),
            ("content_weight", f64::from(self.content_weight)),
            ("social_weight", f64::from(self.social_weight)),
            ("contrast", self.contrast),
            ("penalty", self.penalty),
        ];
        for (field, value) in counts {
            if value == 0 {
                return wrong(field, "must be at least 1");
            }
        }
        for (field, value) in rates {
            if !(0.0..1.0).contains(&value) {
                return wrong(field, "must be in 0..1");
            }
        }
        for (field, value) in positive {
            if !(value > 0.0 && value.is_finite()) {
                return wrong(field, "must be positive");
            }
        }
        for (field, value) in weights {
            if !(value >= 0.0 && value.is_finite()) {
                return wrong(field, "must be 0 or more");
            }
        }
        Ok(())
    }
}
