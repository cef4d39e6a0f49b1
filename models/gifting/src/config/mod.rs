//! Architecture of a ranker: everything that has to be known to rebuild it.
//!
//! Invariants: unknown fields are refused; what [`Config::validate`] accepts can be built. MMBee publishes none of
//! these sizes, so every default is this project's choice; widths are small so that a thousand viewers are scored
//! within five milliseconds.

mod ablation;
mod check;

pub use ablation::Ablation;

use crate::{Calibration, OutcomeStatistics, Path};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a user's long history is read for a target streamer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum History {
    /// SIM's two stages (Pi et al., "Search-based User Interest Modeling", CIKM 2020): a search picks `top` events,
    /// target attention reads them.
    Search {
        /// What the first stage goes by.
        by: Search,
        /// Events it picks.
        top: usize,
    },
    /// ELASTIC's linear dispatcher attention (Deng et al. 2024): all events are compressed to `experts` interests,
    /// which target attention reads. Costs O(events · experts) once per user.
    Dispatcher {
        /// Interests.
        experts: usize,
    },
}

/// First stage of [`History::Search`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// The newest events of the target's category ("hard search"): a lookup.
    Category,
    /// Those whose streamer's vector has the largest inner product with the target's, the newer first where equal
    /// ("soft search"): costs O(events · width) per pair.
    InnerProduct,
}

/// What of the other modalities complements a modality (MMBee's orthogonal projection).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Complement {
    /// Rows of the others, weighted by one less their correlation with the row they complement.
    Correlation,
    /// Mean vector of each other modality, less its projection on this one's mean vector.
    Orthogonal,
}

/// How the fused rows of a segment become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// Their mean.
    Mean,
    /// All of them, side by side.
    Concat,
}

/// Multi-modal fusion with learnable query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fusion {
    /// Whether the ranker reads content at all.
    pub enabled: bool,
    /// Values of a picture's row; 0: no pictures.
    pub picture_width: usize,
    /// Values of a row of speech; 0: no speech.
    pub speech_width: usize,
    /// Values of a comment's row; 0: no comments.
    pub comment_width: usize,
    /// Rows of each modality that are read, the last ones.
    pub most_rows: usize,
    /// Width d of the fusion.
    pub width: usize,
    /// Attention heads; divides `width`.
    pub heads: usize,
    /// Learnable queries N_q of each streamer.
    pub queries: usize,
    /// Width inside the feed-forward block.
    pub feed_forward: usize,
    /// What of the other modalities complements each.
    pub complement: Complement,
    /// How fused rows become one vector.
    pub pool: Pool,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            enabled: true,
            picture_width: 0,
            speech_width: 0,
            comment_width: 0,
            most_rows: 8,
            width: 32,
            heads: 4,
            queries: 4,
            feed_forward: 64,
            complement: Complement::Correlation,
            pool: Pool::Mean,
        }
    }
}

/// Architecture, inputs, outcome and calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width d of node vectors, keys and values.
    pub width: usize,
    /// Heads of every target attention; divides `width`.
    pub heads: usize,
    /// Streamers with a vector and queries of their own at a time.
    pub streamer_slots: usize,
    /// Users with a vector of their own at a time.
    pub user_slots: usize,
    /// Values of a streamer's content attributes; 0: none.
    pub content_width: usize,
    /// Values of a pretrained node vector; 0: none.
    pub pretrained_width: usize,
    /// Whether pretrained node vectors are read.
    pub graph_pretraining: bool,
    /// How a user's history is read.
    pub history: History,
    /// Events of a history that are looked at, the newest ones.
    pub longest_history: usize,
    /// Metapaths whose ends are read.
    pub paths: Vec<Path>,
    /// Ends of each metapath that are read, the first ones.
    pub neighbours: usize,
    /// Content of the running segment.
    pub fusion: Fusion,
    /// Values of a user's side features.
    pub user_side: usize,
    /// Values of a room's side features.
    pub room_side: usize,
    /// Values of a pair's side features.
    pub pair_side: usize,
    /// Widths of the two hidden layers.
    pub hidden: [usize; 2],
    /// What counts as a gift and in which unit its value is.
    pub label: String,
    /// How outcomes were distributed in training; filled by it.
    pub outcomes: OutcomeStatistics,
    /// What turns log odds into probabilities; filled by training.
    pub calibration: Calibration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            width: 16,
            heads: 2,
            streamer_slots: 1 << 14,
            user_slots: 1 << 15,
            content_width: 0,
            pretrained_width: 0,
            graph_pretraining: true,
            history: History::Search { by: Search::Category, top: 32 },
            longest_history: 2048,
            paths: Path::ALL.to_vec(),
            neighbours: 16,
            fusion: Fusion::default(),
            user_side: 0,
            room_side: 0,
            pair_side: 0,
            hidden: [64, 32],
            label: String::from("unknown"),
            outcomes: OutcomeStatistics::default(),
            calibration: Calibration::default(),
        }
    }
}

impl Config {
    /// Whether a metapath is read.
    #[must_use]
    pub fn reads(&self, path: Path) -> bool {
        self.paths.contains(&path)
    }

    /// Whether segments are read: fusion is on and a modality has a width.
    #[must_use]
    pub fn reads_segments(&self) -> bool {
        self.fusion.enabled && self.fusion.widths().iter().any(|width| *width > 0)
    }

    /// Whether pretrained vectors are read.
    #[must_use]
    pub fn reads_pretrained(&self) -> bool {
        self.graph_pretraining && self.pretrained_width > 0
    }
}

impl Fusion {
    /// Widths of pictures, speech and comments.
    #[must_use]
    pub const fn widths(&self) -> [usize; 3] {
        [self.picture_width, self.speech_width, self.comment_width]
    }

    /// Width of what it makes of a segment.
    #[must_use]
    pub const fn output_width(&self) -> usize {
        match self.pool {
            Pool::Mean => self.width,
            Pool::Concat => self.width * self.queries,
        }
    }
}
