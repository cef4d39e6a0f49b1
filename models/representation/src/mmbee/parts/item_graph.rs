//! One step from the user's items to their neighbours: metapath U->A->A by Swing, or to items alike in content.
//!
//! `f(u, a) = Σ_{i ∈ A_u} s(i, a) / Σ_a s(i, a)`. Invariants: an item doesn't lead to itself.

use crate::checkpoint::{Tensors, csr_into};
use crate::item_graph::{NeighbourConfig, content_neighbours};
use crate::sparse::Csr;
use crate::{Dataset, RepresentationError, Result};

/// Neighbours of every item, rows summing to 1.
pub(crate) struct ItemGraph {
    steps: Csr,
}

impl ItemGraph {
    pub(super) fn new(graph: &Csr) -> Self {
        Self { steps: graph.normalised(1.0, 0.0) }
    }

    pub(super) fn of_content(data: &Dataset, modality: Option<&str>, config: &NeighbourConfig) -> Self {
        let named = data.content.iter().find(|content| modality.is_none_or(|name| name == content.name()));
        let items = data.interactions.items();
        let none = || Csr::from_triples(items, items, Vec::new());
        Self::new(&named.map_or_else(none, |content| content_neighbours(content, config)))
    }

    pub(super) fn score(&self, history: &[u32], out: &mut [f32]) {
        out.fill(0.0);
        for &item in history {
            for (other, weight) in self.steps.pairs(item as usize) {
                out[other] += weight;
            }
        }
    }

    pub(super) fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        csr_into(&mut tensors, "steps", &self.steps)?;
        Ok(tensors)
    }

    pub(super) fn restore(items: usize, tensors: &Tensors) -> Result<Self> {
        let steps = tensors.csr("steps", items)?;
        RepresentationError::size("items of an item graph", items, steps.rows())?;
        Ok(Self { steps })
    }
}
