//! Reading a checkpoint and saying what is wrong with it.
//!
//! Invariants: digests are checked before anything is believed except the two JSON files' own syntax; all
//! differing tensors are named at once, in the order of their names.

use super::{
    CONFIG_FILE, Checkpoint, CheckpointError, ConfigFile, FORMAT, METRICS_FILE, MetricsFile, TENSORS_FILE,
    TensorSpec, version,
};
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

impl<C: DeserializeOwned, M: DeserializeOwned> Checkpoint<C, M> {
    /// Reads the folder `path`, which has to be of `kind` and hold exactly the tensors that `declare`
    /// derives from its configuration.
    ///
    /// # Errors
    /// When a file is missing or unreadable, a field unknown, missing or wrong, a digest differs, or a
    /// tensor is missing, left over, or of another shape or type.
    pub fn load(
        path: &Path,
        kind: &str,
        device: &Device,
        declare: impl FnOnce(&C) -> BTreeMap<String, TensorSpec>,
    ) -> Result<Self, CheckpointError> {
        let config_path = path.join(CONFIG_FILE);
        let config_bytes = read(&config_path)?;
        let config: ConfigFile<C> = parse(&config_path, &config_bytes)?;
        expect(&config_path, "kind", kind, &config.kind)?;
        expect(&config_path, "format", &FORMAT.to_string(), &config.format.to_string())?;
        let metrics_path = path.join(METRICS_FILE);
        let metrics: MetricsFile<M> = parse(&metrics_path, &read(&metrics_path)?)?;
        let tensors_path = path.join(TENSORS_FILE);
        let tensor_bytes = read(&tensors_path)?;
        verify(&config_path, &config_bytes, &metrics.digests.config)?;
        verify(&tensors_path, &tensor_bytes, &metrics.digests.tensors)?;

        let weights = |source| CheckpointError::Weights { path: tensors_path.clone(), source };
        let views = SafeTensors::deserialize(&tensor_bytes)
            .map_err(|source| weights(candle_core::Error::wrap(source)))?;
        let found = shapes(&views).map_err(weights)?;
        let differences = compare(&declare(&config.config), &found);
        if !differences.is_empty() {
            return Err(CheckpointError::Tensors { path: tensors_path, differences });
        }
        let loaded = candle_core::safetensors::load_buffer(&tensor_bytes, device).map_err(weights)?;
        let tensors: BTreeMap<String, Tensor> = loaded.into_iter().collect();
        let digest = version(&config_bytes, &tensor_bytes);
        Ok(Self { kind: config.kind, config: config.config, metrics: metrics.metrics, tensors, digest })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    std::fs::read(path).map_err(|source| CheckpointError::Io { path: path.to_owned(), source })
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, CheckpointError> {
    serde_json::from_slice(bytes).map_err(|source| CheckpointError::Json { path: path.to_owned(), source })
}

fn expect(path: &Path, field: &'static str, expected: &str, got: &str) -> Result<(), CheckpointError> {
    if expected == got {
        return Ok(());
    }
    let (path, expected, got) = (path.to_owned(), expected.to_owned(), got.to_owned());
    Err(CheckpointError::Field { path, field, expected, got })
}

fn verify(path: &Path, bytes: &[u8], expected: &str) -> Result<(), CheckpointError> {
    let got = blake3::hash(bytes).to_hex().to_string();
    if got == expected {
        return Ok(());
    }
    Err(CheckpointError::Digest { path: path.to_owned(), expected: expected.to_owned(), got })
}

fn shapes(views: &SafeTensors<'_>) -> candle_core::Result<BTreeMap<String, TensorSpec>> {
    views
        .iter()
        .map(|(name, view)| {
            let dtype = DType::try_from(view.dtype())?;
            Ok((name.to_owned(), TensorSpec { shape: view.shape().to_vec(), dtype }))
        })
        .collect()
}

fn compare(declared: &BTreeMap<String, TensorSpec>, found: &BTreeMap<String, TensorSpec>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, want) in declared {
        match found.get(name) {
            None => differences.push(format!("tensor {name} is missing")),
            Some(got) if got != want => differences.push(format!(
                "tensor {name} is {:?} {:?}, expected {:?} {:?}",
                got.dtype, got.shape, want.dtype, want.shape
            )),
            Some(_) => {}
        }
    }
    for name in found.keys().filter(|name| !declared.contains_key(*name)) {
        differences.push(format!("tensor {name} is not part of the model"));
    }
    differences
}
