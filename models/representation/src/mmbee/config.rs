//! Settings of the full recommender.
//!
//! Invariants: unknown fields are refused; what differs between data sets is chosen by validation, not set here.

use super::Evidence;
use crate::{RepresentationError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`Mmbee`](super::Mmbee).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MmbeeConfig {
    /// What may be looked at. Parts that the data has nothing for (content, friends) or that are too large for
    /// it are left out.
    pub evidence: Vec<Evidence>,
    /// How parts and weights are chosen.
    pub selection: SelectionConfig,
}

/// Settings of the choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SelectionConfig {
    /// Share of each user's items held out for the choice when there are no validation rows.
    pub hold_out: f64,
    /// Seed of that.
    pub seed: u64,
    /// Parts at most.
    pub parts: usize,
    /// Weights that are tried for a part against the sum so far.
    pub weights: Vec<f32>,
    /// A part or weight is taken if it gains more than this many standard errors of its own gain: the higher,
    /// the less the choice follows chance. About a hundred are tried at each step: below 1 noise gets in.
    pub caution: f64,
    /// Weight of popularity where it wasn't taken for its own sake: so small that it orders only items that nothing
    /// else leads to, which else would stand in the order of their ids. 0 leaves it out.
    pub backfill: f32,
    /// Scores held in memory for the choice; with more, only some of the users decide.
    pub scores: usize,
}

impl Default for MmbeeConfig {
    fn default() -> Self {
        Self { evidence: Evidence::defaults(), selection: SelectionConfig::default() }
    }
}

impl Default for SelectionConfig {
    fn default() -> Self {
        Self {
            hold_out: 0.2,
            seed: 0,
            parts: 6,
            weights: vec![1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
            caution: 1.5,
            backfill: 1e-6,
            scores: 400_000_000,
        }
    }
}

impl MmbeeConfig {
    /// Replaces every seed.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.selection.seed = seed;
        for evidence in &mut self.evidence {
            match evidence {
                Evidence::GraphFilter(config) => config.seed = seed,
                Evidence::LightGcn(config) => config.seed = seed,
                Evidence::GraphCl(config) => config.seed = seed,
                _ => {}
            }
        }
    }

    /// Checks every field of its own; parts check theirs when they are trained.
    ///
    /// # Errors
    /// [`RepresentationError::Config`], naming the first field that can't be used.
    pub fn check(&self) -> Result<()> {
        let wrong = |field, reason: &str| Err(RepresentationError::config(field, reason));
        let selection = &self.selection;
        if self.evidence.is_empty() {
            return wrong("evidence", "must name a part");
        }
        if selection.parts == 0 {
            return wrong("parts", "must be at least 1");
        }
        if !selection.weights.iter().all(|&weight| weight > 0.0 && weight.is_finite()) {
            return wrong("weights", "must be positive");
        }
        for (field, value) in [("caution", selection.caution), ("backfill", f64::from(selection.backfill))] {
            if !(value >= 0.0 && value.is_finite()) {
                return wrong(field, "must be 0 or more");
            }
        }
        if !(selection.hold_out > 0.0 && selection.hold_out < 1.0) {
            return wrong("hold_out", "must be between 0 and 1");
        }
        Ok(())
    }
}
