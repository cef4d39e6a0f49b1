//! Settings of the graph, each with its default.
//!
//! Invariant: [`GraphConfig::check`] passes before any number is computed with them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What a gift adds to its edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Its value, in the caller's currency.
    #[default]
    Value,
    /// Its number of items.
    Count,
}

impl Basis {
    /// The name in a configuration file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Count => "count",
        }
    }
}

/// Settings of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GraphConfig {
    /// After how many hours a gift weighs half. 0: gifts never fade.
    pub half_life_hours: f64,
    /// What is summed on an edge.
    pub basis: Basis,
    /// Users known at once; past it the longest inactive are evicted.
    pub max_users: u32,
    /// Streamers known at once; past it the longest inactive are evicted.
    pub max_streamers: u32,
    /// Edges between streamers.
    pub swing: SwingConfig,
    /// Neighbours along metapaths.
    pub metapaths: MetapathConfig,
}

impl Default for GraphConfig {
    fn default() -> Self {
        Self {
            half_life_hours: 30.0 * 24.0,
            basis: Basis::Value,
            max_users: 20_000_000,
            max_streamers: 5_000_000,
            swing: SwingConfig::default(),
            metapaths: MetapathConfig::default(),
        }
    }
}

/// Swing between streamers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SwingConfig {
    /// Smoothing: a pair of users that share `n` streamers adds `1 / (alpha + n)`.
    pub alpha: f64,
    /// Neighbours kept per streamer.
    pub top_k: usize,
    /// Users who gave to more streamers say nothing about likeness and are left out.
    pub max_user_degree: usize,
    /// Of a streamer's givers only so many are paired, the last active ones (ties: by id). Bounds the pairs of a list.
    pub max_streamer_users: usize,
}

impl Default for SwingConfig {
    fn default() -> Self {
        Self { alpha: 1.0, top_k: 32, max_user_degree: 256, max_streamer_users: 1024 }
    }
}

/// Neighbours along metapaths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetapathConfig {
    /// Neighbours kept per node and metapath.
    pub top_k: usize,
    /// Edges followed from a node at every hop, the strongest ones.
    pub fan_out: usize,
    /// Whether U->A->A and U->A->U->A leave out streamers that the user has given to already.
    pub only_new: bool,
}

impl Default for MetapathConfig {
    fn default() -> Self {
        Self { top_k: 16, fan_out: 32, only_new: true }
    }
}

impl GraphConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Config`] names the first one out of range.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |field, problem: &str| Err(Error::Config { field, problem: problem.to_owned() });
        let positive = |field, value: usize, most: usize| match (1..=most).contains(&value) {
            true => Ok(()),
            false => bad(field, &format!("is {value}, must be 1 to {most}")),
        };
        if !(self.half_life_hours == 0.0 || (1e-3..=1e6).contains(&self.half_life_hours)) {
            return bad("half_life_hours", "must be 0 (never) or 0.001 to 1000000");
        }
        if !(1e-2..=1e6).contains(&self.swing.alpha) {
            return bad("swing.alpha", "must be 0.01 to 1000000");
        }
        positive("max_users", self.max_users as usize, 1 << 31)?;
        positive("max_streamers", self.max_streamers as usize, 1 << 31)?;
        positive("swing.top_k", self.swing.top_k, 1 << 16)?;
        positive("swing.max_user_degree", self.swing.max_user_degree, 1 << 20)?;
        positive("swing.max_streamer_users", self.swing.max_streamer_users, 1 << 14)?;
        positive("metapaths.top_k", self.metapaths.top_k, 1 << 16)?;
        positive("metapaths.fan_out", self.metapaths.fan_out, 1 << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_out_of_range_is_named() {
        assert!(GraphConfig::default().check().is_ok());
        let mut config = GraphConfig::default();
        config.swing.alpha = 0.0;
        let said = config.check().unwrap_err().to_string();
        assert_eq!(said, "setting swing.alpha: must be 0.01 to 1000000");
        config = GraphConfig { half_life_hours: f64::NAN, ..GraphConfig::default() };
        assert!(config.check().unwrap_err().to_string().contains("half_life_hours"));
    }
}
