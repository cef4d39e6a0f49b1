//! What a kind of model has to offer to be kept on disk.
//!
//! Invariants: restoring what was taken apart gives an equal model.

use super::Tensors;
use crate::{DataDigests, Kind, Recommender, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A model that can be taken apart into settings and tensors.
pub(crate) trait Persist: Recommender + Sized + 'static {
    /// Its name in `config.json`.
    const KIND: Kind;
    /// Its settings.
    type Settings: Serialize + DeserializeOwned + Clone;

    /// The settings it was trained with.
    fn settings(&self) -> Self::Settings;

    /// Its numbers.
    fn take_apart(&self) -> Result<Tensors>;

    /// Puts it together again for data of these sizes.
    fn restore(settings: Self::Settings, data: &DataDigests, tensors: &Tensors) -> Result<Self>;
}
