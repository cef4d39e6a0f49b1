//! Saving and loading a ranker as a checkpoint folder.
//!
//! Invariants: what loads predicts bit for bit what was saved.

use crate::{Config, GiftingError, Ranker};
use candle_core::{Device, Tensor};
use kairos_training::{Checkpoint, CheckpointError, TensorSpec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// Kind of checkpoint this crate reads and writes.
pub const KIND: &str = "mmbee-ranker";

impl Ranker {
    /// Writes the ranker and what it reached; returns its digest.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn save<M: Serialize>(&self, path: &Path, metrics: &M) -> Result<String, GiftingError> {
        Ok(Checkpoint::save(path, KIND, self.config(), metrics, &self.tensors()?)?)
    }

    /// Reads a ranker, what it reached, and its digest.
    ///
    /// # Errors
    /// When anything in the folder is missing, unknown, damaged or of another shape.
    pub fn load<M: DeserializeOwned>(
        path: &Path,
        device: &Device,
    ) -> Result<(Self, M, String), GiftingError> {
        let mut built = Err(GiftingError::Training(String::from("the configuration was never read")));
        let loaded: Result<Checkpoint<Config, M>, CheckpointError> =
            Checkpoint::load(path, KIND, device, |config: &Config| {
                built = Self::new(config.clone(), 0, device);
                built.as_ref().map(declared).unwrap_or_default()
            });
        match (built, loaded) {
            (Ok(mut ranker), Ok(checkpoint)) => {
                ranker.restore(&checkpoint.tensors)?;
                Ok((ranker, checkpoint.metrics, checkpoint.digest))
            }
            // A configuration that can't be built is the better explanation of tensors that don't fit.
            (Err(error @ GiftingError::Config { .. }), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Err(error), Ok(_)) => Err(error),
        }
    }
}

fn declared(ranker: &Ranker) -> BTreeMap<String, TensorSpec> {
    let spec = |tensor: &Tensor| TensorSpec { shape: tensor.dims().to_vec(), dtype: tensor.dtype() };
    // Copying weights out of memory can't fail; if it did, every tensor of the file would be named as left over.
    let tensors = ranker.tensors().unwrap_or_default();
    tensors.iter().map(|(name, tensor)| (name.clone(), spec(tensor))).collect()
}
