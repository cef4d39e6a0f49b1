//! How long a room's viewers take to comment on what they see: the lag between content and comments.
//!
//! The lag is the median delay between a moment and the comments about it. It is what a comment's time has
//! to be moved back by to land on what the comment is about.
//!
//! Invariants: causal and deterministic; memory and work per estimate are O(history · offsets); no estimate
//! without evidence.

mod correlation;
mod curve;
mod path;

use crate::HighlightError;
use std::collections::VecDeque;

/// Settings of [`LagEstimator`]; times in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LagConfig {
    /// Length of one bin of both curves.
    pub bin_s: f64,
    /// Longest lag looked for.
    pub longest_s: f64,
    /// How far back the curves are compared.
    pub history_s: f64,
    /// Time between estimates.
    pub every_s: f64,
    /// Comments the history has to hold before anything is said.
    pub fewest_comments: u32,
    /// Confidence below which nothing is said.
    pub least_confidence: f64,
}

impl Default for LagConfig {
    fn default() -> Self {
        Self {
            bin_s: 0.5,
            longest_s: 60.0,
            history_s: 600.0,
            every_s: 10.0,
            fewest_comments: 20,
            least_confidence: 0.1,
        }
    }
}

/// A room's comment lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LagEstimate {
    /// Median delay between a moment and its comments, seconds.
    pub lag_s: f64,
    /// 0 to 1: how far the best offset stands out, and whether alignment and correlation agree on it.
    pub confidence: f64,
}

/// Estimates one room's lag from two curves that arrive bin by bin.
#[derive(Debug, Clone)]
pub struct LagEstimator {
    config: LagConfig,
    offsets: usize,
    history: usize,
    every: u64,
    bins: VecDeque<(Option<f64>, u32)>,
    seen: u64,
    estimate: Option<LagEstimate>,
}

impl LagEstimator {
    /// An estimator that has seen nothing.
    ///
    /// # Errors
    /// When a time isn't positive, or the history isn't longer than the longest lag.
    pub fn new(config: LagConfig) -> Result<Self, HighlightError> {
        let bins = |field: &str, seconds: f64| {
            let count = (seconds / config.bin_s).round();
            if config.bin_s > 0.0 && (1.0..=1e5).contains(&count) {
                Ok(count as usize)
            } else {
                Err(HighlightError::config(format!("lag.{field}"), "must be 1 to 100000 bins long"))
            }
        };
        let longest = bins("longest_s", config.longest_s)?;
        let history = bins("history_s", config.history_s)?;
        let every = bins("every_s", config.every_s)? as u64;
        if history < 2 * longest {
            return Err(HighlightError::config("lag.history_s", "must be at least twice longest_s"));
        }
        let bins = VecDeque::with_capacity(history);
        Ok(Self { config, offsets: longest + 1, history, every, bins, seen: 0, estimate: None })
    }

    /// Adds one bin: how much happened in picture and sound (0 or more; `None` where it wasn't looked at), and how
    /// many comments came. Returns the newest estimate.
    pub fn push(&mut self, activity: Option<f64>, comments: u32) -> Option<LagEstimate> {
        let activity = activity.filter(|value| value.is_finite() && *value >= 0.0);
        if self.bins.len() == self.history {
            self.bins.pop_front();
        }
        self.bins.push_back((activity, comments));
        self.seen += 1;
        if self.seen.is_multiple_of(self.every) {
            // What was known stays known while the room is too quiet to tell anew.
            self.estimate = self.look().or(self.estimate);
        }
        self.estimate
    }

    /// The newest estimate.
    #[must_use]
    pub const fn estimate(&self) -> Option<LagEstimate> {
        self.estimate
    }

    fn look(&self) -> Option<LagEstimate> {
        let total: u64 = self.bins.iter().map(|bin| u64::from(bin.1)).sum();
        if total < u64::from(self.config.fewest_comments) || self.bins.len() < self.offsets {
            return None;
        }
        let content: Vec<Option<f64>> = self.bins.iter().map(|bin| bin.0).collect();
        let content = curve::novelty(&curve::filled(&content, self.config.bin_s)?, self.config.bin_s)?;
        // The root evens out the noise of counts, which grows with their mean.
        let counts: Vec<f64> = self.bins.iter().map(|bin| f64::from(bin.1).sqrt()).collect();
        let comments = curve::novelty(&counts, self.config.bin_s)?;
        let peak = correlation::peak(&content, &comments, self.offsets, self.config.bin_s)?;
        let aligned = path::offset(&content, &comments, self.offsets, &peak.scores)?;
        let apart_s = (aligned - peak.offset).abs() * self.config.bin_s;
        let agreement = 1.0 / (1.0 + (apart_s / 4.0).powi(2));
        let confidence = (peak.prominence * (0.5 + 0.5 * agreement)).clamp(0.0, 1.0);
        // Where both agree their mean is steadier than either; where they don't, the path got lost in chatter.
        let offset = if apart_s <= 4.0 { 0.5 * (aligned + peak.offset) } else { peak.offset };
        (confidence >= self.config.least_confidence)
            .then_some(LagEstimate { lag_s: offset * self.config.bin_s, confidence })
    }
}
