//! One configuration for every kind, and one function that trains whichever is asked for.
//!
//! Invariants: unknown fields are refused; a section left out has its defaults.

use crate::learning::Progress;
use crate::{
    Dataset, Ease, EaseConfig, GraphCl, GraphClConfig, GraphFilter, GraphFilterConfig, Interactions, Kind,
    LightGcn, LightGcnConfig, Mmbee, MmbeeConfig, Popularity, PopularityConfig, Recommender, Result, Sim,
    SimConfig,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings by kind; only those of the kind that is trained matter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Settings {
    /// Items by number of users.
    pub popularity: PopularityConfig,
    /// Ridge regression of items on items.
    pub ease: EaseConfig,
    /// Linear low-pass filter on the graph.
    pub graph_filter: GraphFilterConfig,
    /// Graph convolution with ranking loss.
    pub lightgcn: LightGcnConfig,
    /// Attention of the target over the user's items.
    pub sim: SimConfig,
    /// Graph contrastive vectors.
    pub graphcl: GraphClConfig,
    /// All evidence fused.
    pub mmbee: MmbeeConfig,
}

impl Settings {
    /// The same settings with every seed replaced.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.graph_filter.seed = seed;
        self.lightgcn.seed = seed;
        self.sim.seed = seed;
        self.graphcl.seed = seed;
        self.mmbee.reseed(seed);
        self
    }
}

/// Trains a model of a kind. `validation` decides when to stop, which parts to take and how much each weighs;
/// models without such choices don't look at it.
///
/// # Errors
/// When the data set doesn't hold together, a setting is out of range, or training fails.
pub fn train(
    kind: Kind,
    data: &Dataset,
    validation: Option<&Interactions>,
    settings: &Settings,
    progress: &mut Progress<'_>,
) -> Result<Box<dyn Recommender>> {
    Ok(match kind {
        Kind::Popularity => Box::new(Popularity::train(data, &settings.popularity)?),
        Kind::Ease => Box::new(Ease::train(data, &settings.ease)?),
        Kind::GraphFilter => Box::new(GraphFilter::train(data, &settings.graph_filter)?),
        Kind::LightGcn => Box::new(LightGcn::train(data, &settings.lightgcn, validation, progress)?),
        Kind::Sim => Box::new(Sim::train(data, &settings.sim, validation, progress)?),
        Kind::GraphCl => Box::new(GraphCl::train(data, &settings.graphcl, validation, progress)?),
        Kind::Mmbee => Box::new(Mmbee::train(data, &settings.mmbee, validation, progress)?),
    })
}
