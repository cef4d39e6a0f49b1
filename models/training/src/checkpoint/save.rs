//! Writing a checkpoint so that nobody ever sees half of one.
//!
//! Invariants: the folder is written beside its target under another name, synced, and renamed; the same
//! content gives the same bytes.

use super::{
    CONFIG_FILE, Checkpoint, CheckpointError, ConfigFile, Digests, FORMAT, METRICS_FILE, MetricsFile,
    TENSORS_FILE, version,
};
use candle_core::Tensor;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

impl<C: Serialize, M: Serialize> Checkpoint<C, M> {
    /// Writes the folder `path`, replacing a checkpoint that is there, and returns the model's digest.
    ///
    /// # Errors
    /// When a file can't be written or a value can't be expressed in JSON. What was at `path` is then
    /// still there.
    pub fn save(
        path: &Path,
        kind: &str,
        config: &C,
        metrics: &M,
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<String, CheckpointError> {
        let json = |file: &str, source| CheckpointError::Json { path: path.join(file), source };
        let config = ConfigFile { kind: kind.to_owned(), format: FORMAT, config };
        let config = serde_json::to_vec_pretty(&config).map_err(|source| json(CONFIG_FILE, source))?;
        let tensors = safetensors::tensor::serialize(tensors.iter(), None).map_err(|source| {
            let source = candle_core::Error::wrap(source);
            CheckpointError::Weights { path: path.join(TENSORS_FILE), source }
        })?;
        let digests = Digests {
            config: blake3::hash(&config).to_hex().to_string(),
            tensors: blake3::hash(&tensors).to_hex().to_string(),
        };
        let metrics = serde_json::to_vec_pretty(&MetricsFile { digests, metrics })
            .map_err(|source| json(METRICS_FILE, source))?;

        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| CheckpointError::Io { path, source }
        };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(io(parent))?;
        let staging =
            tempfile::Builder::new().prefix(".checkpoint-").tempdir_in(parent).map_err(io(parent))?;
        let new = staging.path().join("new");
        std::fs::create_dir(&new).map_err(io(&new))?;
        let files = [(TENSORS_FILE, &tensors), (CONFIG_FILE, &config), (METRICS_FILE, &metrics)];
        for (name, bytes) in files {
            let file = new.join(name);
            let mut handle = std::fs::File::create(&file).map_err(io(&file))?;
            handle.write_all(bytes).and_then(|()| handle.sync_all()).map_err(io(&file))?;
        }
        // A folder can't be renamed over one that isn't empty: the old one steps aside first, and steps
        // back if the new one can't take its place.
        let old = staging.path().join("old");
        let replaced = path.exists();
        if replaced {
            std::fs::rename(path, &old).map_err(io(path))?;
        }
        if let Err(source) = std::fs::rename(&new, path) {
            if replaced {
                std::fs::rename(&old, path).map_err(io(path))?;
            }
            return Err(CheckpointError::Io { path: path.to_owned(), source });
        }
        Ok(version(&config, &tensors))
    }
}
