//! The folder's configuration: settings, training data, and the shape of every tensor.
//!
//! Invariants: a tensor of another shape or type than the configuration says is refused by name; so is a model
//! of another number of items than its data.

use super::{Loaded, Persist, Reached, Tensors};
use crate::{DataDigests, RepresentationError, Result};
use candle_core::{DType, Device};
use kairos_training::{Checkpoint, TensorSpec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config<S> {
    data: DataDigests,
    settings: S,
    /// Type and shape by name.
    tensors: BTreeMap<String, (String, Vec<usize>)>,
}

pub(super) fn save<P: Persist>(
    model: &P,
    path: &Path,
    data: &DataDigests,
    reached: &Reached,
) -> Result<String> {
    let tensors = model.take_apart()?.into_map();
    let shapes = tensors
        .iter()
        .map(|(name, tensor)| (name.clone(), (tensor.dtype().as_str().to_owned(), tensor.dims().to_vec())));
    let config = Config { data: data.clone(), settings: model.settings(), tensors: shapes.collect() };
    Ok(Checkpoint::save(path, P::KIND.name(), &config, reached, &tensors)?)
}

pub(super) fn load<P: Persist>(path: &Path) -> Result<Loaded> {
    let checkpoint: Checkpoint<Config<P::Settings>, Reached> =
        Checkpoint::load(path, P::KIND.name(), &Device::Cpu, |config: &Config<P::Settings>| {
            config.tensors.iter().map(|(name, (dtype, shape))| (name.clone(), spec(dtype, shape))).collect()
        })?;
    let Config { data, settings, .. } = checkpoint.config;
    let model = P::restore(settings, &data, &Tensors::from_map(checkpoint.tensors))?;
    RepresentationError::size("items of the checkpoint's model", data.items, model.items())?;
    Ok(Loaded { model: Box::new(model), data, reached: checkpoint.metrics, digest: checkpoint.digest })
}

fn spec(dtype: &str, shape: &[usize]) -> TensorSpec {
    // A type nobody knows can't be that of a tensor, so the comparison names it.
    TensorSpec { shape: shape.to_vec(), dtype: dtype.parse().unwrap_or(DType::BF16) }
}
