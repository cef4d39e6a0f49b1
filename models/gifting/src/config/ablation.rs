//! Parts that can be taken out of a ranker, to see what each is worth.
//!
//! Invariants: taking a part out removes its weights too; with all of them out the ranker is plain SIM.

use super::Config;
use crate::Path;
use serde::{Deserialize, Serialize};

/// A part of MMBee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ablation {
    /// Multi-modal fusion: the content of the running segment.
    Fusion,
    /// The metapaths that start at the user.
    UserExpansion,
    /// The metapaths that start at the streamer.
    StreamerExpansion,
    /// The metapaths that walk an A -> A edge.
    StreamerSimilarity,
    /// Pretrained node vectors.
    GraphPretraining,
    /// One metapath.
    Path(Path),
}

impl Config {
    /// The same ranker without a part.
    #[must_use]
    pub fn without(mut self, part: Ablation) -> Self {
        match part {
            Ablation::Fusion => self.fusion.enabled = false,
            Ablation::UserExpansion => self.paths.retain(|path| !Path::USER_SIDE.contains(path)),
            Ablation::StreamerExpansion => self.paths.retain(|path| !Path::STREAMER_SIDE.contains(path)),
            Ablation::StreamerSimilarity => self.paths.retain(|path| !path.walks_similarity()),
            Ablation::GraphPretraining => self.graph_pretraining = false,
            Ablation::Path(out) => self.paths.retain(|path| *path != out),
        }
        self
    }

    /// The baseline: plain SIM of the same sizes, with ids, content attributes, history and side features.
    #[must_use]
    pub fn sim(self) -> Self {
        [Ablation::Fusion, Ablation::UserExpansion, Ablation::StreamerExpansion, Ablation::GraphPretraining]
            .into_iter()
            .fold(self, Self::without)
    }
}
