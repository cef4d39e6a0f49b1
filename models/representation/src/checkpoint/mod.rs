//! Recommenders on disk: `model.safetensors`, `config.json` with kind, settings and what they were trained on,
//! `metrics.json` with what they reached.
//!
//! Invariants: what loads scores bit for bit like what was saved; every kind loads through one function, which
//! names the kind, file, tensor or size that doesn't fit.

mod persist;
mod stored;
mod tensors;

pub(crate) use persist::Persist;
pub(crate) use tensors::{Tensors, csr_into};

use crate::{AtK, DataDigests, Kind, Recommender, RepresentationError, Result};
use kairos_training::CONFIG_FILE;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What a model reached, on what.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reached {
    /// On the rows that chose settings, epochs or weights.
    pub validation: Vec<AtK>,
    /// On rows that chose nothing.
    pub test: Vec<AtK>,
    /// Other models or parts left out, on the validation rows: name and metrics.
    pub compared: Vec<(String, Vec<AtK>)>,
    /// How that came about, by name: where the validation rows are from, seed, rows of the last training.
    pub notes: BTreeMap<String, String>,
}

/// A model from disk.
pub struct Loaded {
    /// The model.
    pub model: Box<dyn Recommender>,
    /// What it was trained on.
    pub data: DataDigests,
    /// What it reached.
    pub reached: Reached,
    /// Its version: BLAKE3 over configuration and weights, in hex.
    pub digest: String,
}

#[derive(Deserialize)]
struct KindOnly {
    kind: String,
}

/// The kind of the checkpoint in the folder `path`.
///
/// # Errors
/// When `config.json` can't be read or names a kind this crate doesn't know.
pub fn kind_of(path: &Path) -> Result<Kind> {
    use kairos_training::CheckpointError as Error;
    let file = path.join(CONFIG_FILE);
    let bytes = std::fs::read(&file).map_err(|source| Error::Io { path: file.clone(), source })?;
    let read: KindOnly =
        serde_json::from_slice(&bytes).map_err(|source| Error::Json { path: file.clone(), source })?;
    Kind::from_name(&read.kind).ok_or_else(|| RepresentationError::Kind {
        path: file,
        expected: Kind::ALL.map(Kind::name).join(", "),
        got: read.kind,
    })
}

/// Reads whatever kind of recommender is in the folder `path`.
///
/// # Errors
/// When anything in the folder is missing, unknown, damaged or doesn't fit together.
pub fn load(path: &Path) -> Result<Loaded> {
    match kind_of(path)? {
        Kind::Popularity => stored::load::<crate::Popularity>(path),
        Kind::Ease => stored::load::<crate::Ease>(path),
        Kind::GraphFilter => stored::load::<crate::GraphFilter>(path),
        Kind::LightGcn => stored::load::<crate::LightGcn>(path),
        Kind::Sim => stored::load::<crate::Sim>(path),
        Kind::GraphCl => stored::load::<crate::GraphCl>(path),
        Kind::Mmbee => stored::load::<crate::Mmbee>(path),
    }
}

/// Writes a model and what it was trained on and reached; returns its version.
///
/// # Errors
/// When the folder can't be written.
pub(crate) fn save<P: Persist>(
    model: &P,
    path: &Path,
    data: &DataDigests,
    reached: &Reached,
) -> Result<String> {
    stored::save(model, path, data, reached)
}
