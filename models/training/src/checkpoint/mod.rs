//! A model on disk: a folder of `model.safetensors`, `config.json` and `metrics.json`.
//!
//! Invariants: a folder appears whole or not at all; what loads has the digests it was saved with, knows every
//! configuration field, and holds exactly the tensors the model declares, in their shapes and types.

mod error;
mod load;
mod save;

pub use error::CheckpointError;

use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the folder's layout.
pub const FORMAT: u32 = 1;
/// Weights.
pub const TENSORS_FILE: &str = "model.safetensors";
/// Kind, format and architecture.
pub const CONFIG_FILE: &str = "config.json";
/// What the model reached, on what, and the digests of the other two files.
pub const METRICS_FILE: &str = "metrics.json";

/// A model as it is on disk. `C` is its configuration (give it `deny_unknown_fields`), `M` what it reached.
#[derive(Debug, Clone)]
pub struct Checkpoint<C, M> {
    /// Name of the architecture, such as `content-ctr`.
    pub kind: String,
    /// Architecture.
    pub config: C,
    /// What it reached, on what.
    pub metrics: M,
    /// Weights by name.
    pub tensors: BTreeMap<String, Tensor>,
    /// BLAKE3 over configuration and weights, in hex: the model's version.
    pub digest: String,
}

/// Shape and type a model declares for one of its tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorSpec {
    /// Size of each dimension.
    pub shape: Vec<usize>,
    /// Type of the values.
    pub dtype: DType,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile<C> {
    kind: String,
    format: u32,
    config: C,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricsFile<M> {
    digests: Digests,
    metrics: M,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digests {
    #[serde(rename = "config.json")]
    config: String,
    #[serde(rename = "model.safetensors")]
    tensors: String,
}

fn version(config: &[u8], tensors: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(blake3::hash(config).as_bytes());
    hasher.update(blake3::hash(tensors).as_bytes());
    hasher.finalize().to_hex().to_string()
}
