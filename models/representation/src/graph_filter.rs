//! GF-CF: a linear low-pass filter on the graph of items (Shen et al., "How Powerful is Graph Convolution for
//! Recommendation?", CIKM 2021, equation 11 and algorithm 1).
//!
//! `R̃ = D_U^-½ R D_I^-½`; scores are `r (β R̃ᵀR̃ + α D_I^-½ V Vᵀ D_I^½)` with `V` the leading right singular vectors of
//! `R̃` and `r` the user's items. Invariants: nothing is learnt by descent; a user is known by items alone.

use crate::checkpoint::{self, Persist, Tensors, csr_into};
use crate::data::amount_of;
use crate::linear::right_singular_vectors;
use crate::sparse::Csr;
use crate::{DataDigests, Dataset, Kind, Reached, Recommender, RepresentationError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A graph filter: two steps on the graph and a projection on its smoothest signals.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphFilter {
    config: GraphFilterConfig,
    /// `R` where amounts count, else nothing.
    amounts: Option<Csr>,
    /// `R̃` and its transpose.
    graph: Csr,
    transposed: Csr,
    /// Roots of the items' sums in `R`.
    roots: Vec<f32>,
    /// `V`, items x width.
    vectors: Vec<f32>,
    width: usize,
}

/// Settings of [`GraphFilter`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphFilterConfig {
    /// Whether `R` holds `ln(1 + amount)` over its mean instead of ones.
    pub amounts: bool,
    /// Singular vectors kept by the ideal low-pass filter; 256 as published.
    pub vectors: usize,
    /// Weight `β` of the linear filter `R̃ᵀR̃`; 1 as published.
    pub linear: f32,
    /// Weight `α` of the ideal low-pass filter; 0.3 as published.
    pub alpha: f32,
    /// Rounds of subspace iteration.
    pub rounds: usize,
    /// Seed of the iteration's first subspace.
    pub seed: u64,
}

impl Default for GraphFilterConfig {
    fn default() -> Self {
        Self { amounts: false, vectors: 256, linear: 1.0, alpha: 0.3, rounds: 12, seed: 0 }
    }
}

impl GraphFilterConfig {
    /// None are needed for a filter that counts for nothing.
    fn vectors(&self) -> usize {
        if self.alpha == 0.0 { 0 } else { self.vectors }
    }
}

impl GraphFilter {
    /// Normalises the graph and finds its smoothest signals.
    ///
    /// # Errors
    /// When the data set doesn't hold together, a setting is out of range, or the decomposition fails.
    pub fn train(data: &Dataset, config: &GraphFilterConfig) -> Result<Self> {
        data.check()?;
        for (field, weight) in [("linear", config.linear), ("alpha", config.alpha)] {
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(RepresentationError::config(field, "must be 0 or more"));
            }
        }
        let rows = &data.interactions;
        let raw = if config.amounts { rows.amounts() } else { rows.binary() };
        let graph = raw.normalised(0.5, 0.5);
        let transposed = graph.transposed();
        let (vectors, values) =
            right_singular_vectors(&graph, &transposed, config.vectors(), config.rounds, config.seed)?;
        let roots = raw.column_sums().into_iter().map(|sum| sum.sqrt() as f32).collect();
        let amounts = config.amounts.then_some(raw);
        Ok(Self { config: config.clone(), amounts, graph, transposed, roots, vectors, width: values.len() })
    }

    /// Adds `r R̃ᵀR̃`, walking only what the items reach.
    fn walk(&self, history: &[(u32, f32)], out: &mut [f32]) {
        if self.config.linear == 0.0 {
            return;
        }
        let mut reached = vec![0.0_f32; self.graph.rows()];
        for &(item, amount) in history {
            for (user, weight) in self.transposed.pairs(item as usize) {
                reached[user] += amount * weight;
            }
        }
        for (user, &weight) in reached.iter().enumerate().filter(|&(_, &weight)| weight != 0.0) {
            for (item, value) in self.graph.pairs(user) {
                out[item] += self.config.linear * weight * value;
            }
        }
    }

    /// Adds `α r D_I^-½ V Vᵀ D_I^½`.
    fn project(&self, history: &[(u32, f32)], out: &mut [f32]) {
        if self.config.alpha == 0.0 || self.width == 0 {
            return;
        }
        let mut signal = vec![0.0_f32; self.width];
        for &(item, amount) in history {
            let root = self.roots.get(item as usize).copied().unwrap_or(0.0);
            if root > 0.0 {
                let row = &self.vectors[item as usize * self.width..][..self.width];
                signal.iter_mut().zip(row).for_each(|(sum, x)| *sum += amount * x / root);
            }
        }
        for ((out, row), root) in out.iter_mut().zip(self.vectors.chunks(self.width)).zip(&self.roots) {
            let smooth: f32 = row.iter().zip(&signal).map(|(a, b)| a * b).sum();
            *out += self.config.alpha * root * smooth;
        }
    }
}

impl Recommender for GraphFilter {
    fn kind(&self) -> Kind {
        Kind::GraphFilter
    }

    fn items(&self) -> usize {
        self.roots.len()
    }

    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.items(), out.len())?;
        out.fill(0.0);
        let history: Vec<(u32, f32)> =
            history.iter().map(|&item| (item, amount_of(self.amounts.as_ref(), user, item))).collect();
        self.walk(&history, out);
        self.project(&history, out);
        Ok(())
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for GraphFilter {
    const KIND: Kind = Kind::GraphFilter;
    type Settings = GraphFilterConfig;

    fn settings(&self) -> GraphFilterConfig {
        self.config.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        csr_into(&mut tensors, "graph", &self.graph)?;
        if let Some(amounts) = &self.amounts {
            csr_into(&mut tensors, "amounts", amounts)?;
        }
        tensors.vector("roots", &self.roots)?;
        tensors.matrix("vectors", &self.vectors, self.width)?;
        Ok(tensors)
    }

    fn restore(config: GraphFilterConfig, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let graph = tensors.csr("graph", data.items)?;
        let amounts = config.amounts.then(|| tensors.csr("amounts", data.items)).transpose()?;
        let transposed = graph.transposed();
        let (vectors, width) = tensors.columns("vectors")?;
        let roots = tensors.values("roots")?;
        RepresentationError::size("graph filter items", data.items, roots.len())?;
        RepresentationError::size("graph filter vectors", data.items * width, vectors.len())?;
        Ok(Self { config, amounts, graph, transposed, roots, vectors, width })
    }
}
