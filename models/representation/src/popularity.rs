//! The baseline that knows nobody: items by the number of their users.
//!
//! Invariants: every user gets the same scores.

use crate::checkpoint::{self, Persist, Tensors};
use crate::{DataDigests, Dataset, Kind, Reached, Recommender, RepresentationError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Items by the number of users who chose them.
#[derive(Debug, Clone, PartialEq)]
pub struct Popularity {
    counts: Vec<f32>,
}

/// Nothing to set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PopularityConfig {}

impl Popularity {
    /// Counts the users of each item.
    ///
    /// # Errors
    /// When the data set doesn't hold together.
    pub fn train(data: &Dataset, _config: &PopularityConfig) -> Result<Self> {
        data.check()?;
        Ok(Self { counts: data.interactions.item_degrees().into_iter().map(|count| count as f32).collect() })
    }

    /// Number of users of each item.
    #[must_use]
    pub fn counts(&self) -> &[f32] {
        &self.counts
    }
}

impl Recommender for Popularity {
    fn kind(&self) -> Kind {
        Kind::Popularity
    }

    fn items(&self) -> usize {
        self.counts.len()
    }

    fn score(&self, _user: u32, _history: &[u32], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.items(), out.len())?;
        out.copy_from_slice(&self.counts);
        Ok(())
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for Popularity {
    const KIND: Kind = Kind::Popularity;
    type Settings = PopularityConfig;

    fn settings(&self) -> PopularityConfig {
        PopularityConfig {}
    }

    fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        tensors.vector("counts", &self.counts)?;
        Ok(tensors)
    }

    fn restore(_settings: PopularityConfig, _data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        Ok(Self { counts: tensors.values("counts")? })
    }
}
