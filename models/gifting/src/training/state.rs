//! All that a training knows after an epoch, in one file: weights, best weights, moments, random numbers, history.
//!
//! Invariants: the file is written beside its target and renamed over it, so that it is whole whenever a training is
//! killed; a state of other examples, settings or architecture is refused.

use super::epoch::Standing;
use super::{Epoch, TrainingConfig};
use crate::{Config, GiftingError, Ranker};
use candle_core::Tensor;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

const FILE: &str = "training.safetensors";
/// Name of the file's only piece of metadata.
const STANDING: &str = "standing";
const MODEL: &str = "model.";
const BEST: &str = "best.";
const OPTIMISER: &str = "optimiser.";

/// Where a training's state is kept, and which training it is.
pub(super) struct State {
    file: PathBuf,
    /// Digest of examples, settings and architecture.
    training: String,
}

/// What isn't a tensor.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    training: String,
    epoch: usize,
    step: usize,
    best_epoch: usize,
    /// Bits of the best validation result, which may be infinite.
    best: u64,
    /// Words drawn from the random numbers; JSON has no number that wide.
    drawn: String,
    history: Vec<Past>,
}

/// An epoch with its numbers as bits: reading a decimal back may lose the last one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    epoch: usize,
    loss: u64,
    validation_loss: Option<u64>,
    gauc: Option<u64>,
    learning_rate: u64,
    best: bool,
}

impl From<&Epoch> for Past {
    fn from(epoch: &Epoch) -> Self {
        Self {
            epoch: epoch.epoch,
            loss: epoch.loss.to_bits(),
            validation_loss: epoch.validation_loss.map(f64::to_bits),
            gauc: epoch.gauc.map(f64::to_bits),
            learning_rate: epoch.learning_rate.to_bits(),
            best: epoch.best,
        }
    }
}

impl From<&Past> for Epoch {
    fn from(past: &Past) -> Self {
        Self {
            epoch: past.epoch,
            loss: f64::from_bits(past.loss),
            validation_loss: past.validation_loss.map(f64::from_bits),
            gauc: past.gauc.map(f64::from_bits),
            learning_rate: f64::from_bits(past.learning_rate),
            best: past.best,
        }
    }
}

impl State {
    pub(super) fn new(
        folder: &Path,
        config: &Config,
        settings: &TrainingConfig,
        examples: &str,
    ) -> Result<Self, GiftingError> {
        std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        let file = folder.join(FILE);
        let told =
            serde_json::to_vec(&(config, settings, examples)).map_err(|error| refused(&file, &error))?;
        Ok(Self { file, training: blake3::hash(&told).to_hex().to_string() })
    }

    pub(super) fn save(
        &self,
        ranker: &Ranker,
        standing: &Standing,
        history: &[Epoch],
    ) -> Result<(), GiftingError> {
        let refuse = |error: &dyn std::fmt::Display| refused(&self.file, error);
        let mut tensors = BTreeMap::new();
        let parts = [
            (MODEL, &ranker.network.parameters.snapshot()?),
            (BEST, &standing.best_weights),
            (OPTIMISER, &standing.optimiser.state()?),
        ];
        for (prefix, part) in parts {
            tensors.extend(part.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone())));
        }
        let meta = Meta {
            training: self.training.clone(),
            epoch: standing.epoch,
            step: standing.step,
            best_epoch: standing.best.1,
            best: standing.best.0.to_bits(),
            drawn: standing.random.get_word_pos().to_string(),
            history: history.iter().map(Past::from).collect(),
        };
        let meta = serde_json::to_string(&meta).map_err(|error| refuse(&error))?;
        let meta = HashMap::from([(STANDING.to_owned(), meta)]);
        let bytes =
            safetensors::tensor::serialize(tensors.iter(), Some(meta)).map_err(|error| refuse(&error))?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder).map_err(|error| refused(folder, &error))?;
        new.write_all(&bytes)
            .and_then(|()| new.as_file().sync_all())
            .map_err(|error| refused(new.path(), &error))?;
        new.persist(&self.file).map_err(|error| refuse(&error.error))?;
        Ok(())
    }

    /// Puts the ranker where the training was left; `None` where none was begun.
    pub(super) fn load(
        &self,
        ranker: &mut Ranker,
        settings: &TrainingConfig,
    ) -> Result<Option<(Standing, Vec<Epoch>)>, GiftingError> {
        let refuse = |error: &dyn std::fmt::Display| refused(&self.file, error);
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refuse(&error)),
        };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| refuse(&error))?;
        let meta = header.metadata().as_ref().and_then(|meta| meta.get(STANDING));
        let meta = meta.ok_or_else(|| refuse(&"it tells of no training"))?;
        let meta: Meta = serde_json::from_str(meta).map_err(|error| refuse(&error))?;
        if meta.training != self.training {
            return Err(refuse(&"it belongs to other examples, settings or another architecture"));
        }
        let drawn = meta.drawn.parse().map_err(|error| refuse(&error))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, ranker.device())?;
        let tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        let part = |prefix: &str| -> BTreeMap<String, Tensor> {
            let named =
                tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
            named.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect()
        };
        ranker.network.parameters.restore(&part(MODEL))?;
        let mut standing = Standing::fresh(ranker, settings)?;
        standing.optimiser.restore(&part(OPTIMISER))?;
        standing.random.set_word_pos(drawn);
        (standing.epoch, standing.step) = (meta.epoch, meta.step);
        standing.best = (f64::from_bits(meta.best), meta.best_epoch);
        standing.best_weights = part(BEST);
        Ok(Some((standing, meta.history.iter().map(Epoch::from).collect())))
    }
}

fn refused(path: &Path, reason: &dyn std::fmt::Display) -> GiftingError {
    GiftingError::State { path: path.to_owned(), reason: reason.to_string() }
}
