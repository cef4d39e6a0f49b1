//! The ContentCTR model: one network, or an ensemble of them under one set of feature statistics.
//!
//! Invariants: a row of scores depends on its own unit and the units before it in its look-back window alone;
//! members are averaged as logits, in their order, before calibration.

mod attention;
mod block;
mod decoder;
mod inputs;
mod mixing;
mod network;
mod pass;
mod perceiver;
mod positions;
mod rowwise;
mod statistics;
mod streamer;

pub(crate) use attention::slope;
pub(crate) use block::{Block, EPSILON, RowNorm};
pub(crate) use inputs::{Aligned, Standardised, check, standardised};
pub(crate) use network::Network;
pub(crate) use pass::Pass;
pub(crate) use statistics::Statistics;
pub use streamer::streamer_fingerprint;

use crate::{Config, Head, HighlightError, UnitFeatures};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;

/// Calibrated scores of one unit at one decision delay, in the order of [`Config::outputs`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scores(pub Vec<(Head, f64)>);

impl Scores {
    /// The score of one head.
    #[must_use]
    pub fn get(&self, head: Head) -> Option<f64> {
        self.0.iter().find(|(name, _)| *name == head).map(|(_, score)| *score)
    }

    /// Differences per head to scores of the same model.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(&(head, a), (_, b))| (head, a - b)).collect())
    }
}

/// A ContentCTR model (Deng et al. 2023), causal throughout as in KuaiHL (Deng et al. 2024).
#[derive(Debug, Clone)]
pub struct ContentCtr {
    config: Config,
    device: Device,
    statistics: Statistics,
    members: Vec<Network>,
}

impl ContentCtr {
    /// A model with first values drawn from `seed`; each member of an ensemble from a seed derived from it.
    ///
    /// # Errors
    /// When the configuration can't be used.
    pub fn new(config: Config, seed: u64, device: &Device) -> Result<Self, HighlightError> {
        config.validate()?;
        let statistics = Statistics::new(&config, device)?;
        let members = (0..config.members).map(|at| Network::new(&config, member_seed(seed, at), device));
        let members = members.collect::<Result<_, _>>()?;
        Ok(Self { config, device: device.clone(), statistics, members })
    }

    /// Architecture, label and calibration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The same model with the calibration and thresholds of another of the same heads and delays: of one that was
    /// validated, for one that was trained on more rooms.
    #[must_use]
    pub fn calibrated_as(mut self, other: &Self) -> Self {
        self.config.calibration.clone_from(&other.config.calibration);
        self.config.threshold = other.config.threshold;
        self
    }

    pub(crate) const fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }

    /// Whether scores rest on a modality: the model has an input for it and the training rooms had it. Of others it has
    /// learnt nothing, and they count as missing.
    #[must_use]
    pub fn reads(&self, modality: crate::Modality) -> bool {
        crate::MODALITIES
            .iter()
            .position(|&other| other == modality)
            .is_some_and(|place| self.statistics.reads(place))
    }

    pub(crate) const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    pub(crate) const fn statistics_mut(&mut self) -> &mut Statistics {
        &mut self.statistics
    }

    pub(crate) fn members(&self) -> &[Network] {
        &self.members
    }

    /// Row of a streamer's own embedding; `None` starts from content.
    pub(crate) fn streamer_row(&self, streamer: &str) -> Option<usize> {
        self.config.streamers.binary_search(&streamer_fingerprint(streamer)).ok()
    }

    /// Copies of statistics and weights: `statistics.NAME` and `members.AT.NAME`.
    pub(crate) fn tensors(&self) -> Result<BTreeMap<String, Tensor>, HighlightError> {
        let mut all = BTreeMap::new();
        for (name, tensor) in self.statistics.parameters().snapshot()? {
            all.insert(format!("statistics.{name}"), tensor);
        }
        for (at, member) in self.members.iter().enumerate() {
            for (name, tensor) in member.parameters.snapshot()? {
                all.insert(format!("members.{at}.{name}"), tensor);
            }
        }
        Ok(all)
    }

    /// Puts back what [`ContentCtr::tensors`] gave.
    pub(crate) fn restore(&mut self, tensors: &BTreeMap<String, Tensor>) -> Result<(), HighlightError> {
        let part = |prefix: &str| -> BTreeMap<String, Tensor> {
            let stripped =
                tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)));
            stripped.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect()
        };
        self.statistics.parameters().restore(&part("statistics."))?;
        for (at, member) in self.members.iter().enumerate() {
            member.parameters.restore(&part(&format!("members.{at}.")))?;
        }
        self.statistics.read()
    }

    /// Scores of every unit of one window at once, as the decoder gives them: row i, and in it for each of
    /// [`Config::delays`] the scores of the unit that many units before i, from units up to i.
    ///
    /// # Errors
    /// When the window is empty or longer than the look-back, or features don't fit.
    pub fn score_window(
        &self,
        streamer: &str,
        units: &[UnitFeatures],
    ) -> Result<Vec<Vec<Scores>>, HighlightError> {
        if units.is_empty() || units.len() > self.config.look_back {
            let reason = format!("{} units, must be 1 to {}", units.len(), self.config.look_back);
            return Err(HighlightError::Shape { what: "window", reason });
        }
        let units: Vec<&UnitFeatures> = units.iter().collect();
        for unit in &units {
            check(&self.config, unit)?;
        }
        let standard = standardised(&self.statistics, &units, &self.device)?;
        let row = [self.streamer_row(streamer)];
        let mut each = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let aligned = member.projections.aligned(&standard, units.len())?.units.unsqueeze(0)?;
            each.push(member.logits(&aligned, &row, &Pass::scoring())?.squeeze(0)?.to_vec2::<f32>()?);
        }
        Ok(mean_rows(&each).iter().map(|row| self.row_scores(row)).collect())
    }

    /// Calibrated scores of one row of logits, for each delay.
    pub(crate) fn row_scores(&self, logits: &[f32]) -> Vec<Scores> {
        (0..self.config.delays.len()).map(|delay| self.scores(logits, delay)).collect()
    }

    /// Calibrated scores of one row of logits at one delay.
    pub(crate) fn scores(&self, logits: &[f32], delay: usize) -> Scores {
        let delays = self.config.delays.len();
        let each = self.config.outputs.iter().zip(logits.chunks(delays));
        let calibrated = each.map(|(&head, logits)| {
            (head, self.config.calibration_of(head, delay).probability(f64::from(logits[delay])))
        });
        Scores(calibrated.collect())
    }
}

/// The seed of one member's first values; the first member's is the seed itself.
pub(crate) fn member_seed(seed: u64, at: usize) -> u64 {
    if at == 0 {
        return seed;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(at as u64).to_le_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// Means over the first index, added in its order.
pub(crate) fn mean_rows(each: &[Vec<Vec<f32>>]) -> Vec<Vec<f32>> {
    let mut rows = each.first().cloned().unwrap_or_default();
    for other in each.iter().skip(1) {
        for (row, other) in rows.iter_mut().zip(other) {
            row.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
        }
    }
    if each.len() > 1 {
        rows.iter_mut().flatten().for_each(|sum| *sum /= each.len() as f32);
    }
    rows
}
