//! The full recommender: evidence along metapaths of the gift graph, from content, from learnt vectors and from
//! friends, fused by weights that validation rows choose.
//!
//! `score(u, a) = Σ_c w_c · z_u(f_c(u, a))` over the parts `c` that were taken, `z_u` the standardisation over all items
//! for one user. Which parts are taken and with which weight is chosen by forward selection on rows that no part
//! was trained on. Invariants: without validation rows some training rows are held out for the choice, and the
//! parts are then trained again on all of them; the same data, settings and seed give the same bytes.

mod config;
mod evidence;
mod parts;
mod selection;
mod table;
mod train;

pub use config::{MmbeeConfig, SelectionConfig};
pub use evidence::Evidence;
pub use parts::WalkConfig;

use crate::checkpoint::{self, Persist, Tensors};
use crate::learning::Progress;
use crate::{DataDigests, Dataset, Interactions, Kind, Reached, Recommender, RepresentationError, Result};
use parts::Part;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Parts that score, and how much each counts.
pub struct Mmbee {
    items: usize,
    chosen: Vec<Chosen>,
    parts: Vec<Part>,
}

/// A part that was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// What it looks at.
    pub evidence: Evidence,
    /// Its weight in the sum.
    pub weight: f32,
}

impl Mmbee {
    /// Trains all configured parts, chooses among them on `validation` (or on rows held out of the training
    /// rows), and keeps those that were taken.
    ///
    /// # Errors
    /// When the data set doesn't hold together, a setting is out of range, no part can be trained on this
    /// data, or the training of one fails.
    pub fn train(
        data: &Dataset,
        config: &MmbeeConfig,
        validation: Option<&Interactions>,
        progress: &mut Progress<'_>,
    ) -> Result<Self> {
        train::train(data, config, validation, progress)
    }

    /// Trains parts that were chosen before, with the weights that they were given: on more rows than those that a choice
    /// could be judged with.
    ///
    /// # Errors
    /// When the data set doesn't hold together, or the training of a part fails.
    pub fn of_chosen(data: &Dataset, chosen: Vec<Chosen>, progress: &mut Progress<'_>) -> Result<Self> {
        train::train_chosen(data, chosen, progress)
    }

    /// The parts that were taken, in the order in which they were.
    #[must_use]
    pub fn chosen(&self) -> &[Chosen] {
        &self.chosen
    }

    /// The same model without one of its parts, for ablations. `None` if there is no such part.
    #[must_use]
    pub fn without(&self, part: usize) -> Option<Without<'_>> {
        (part < self.parts.len()).then_some(Without { model: self, part })
    }

    fn fused(&self, user: u32, history: &[u32], left_out: Option<usize>, out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.items, out.len())?;
        out.fill(0.0);
        let mut scores = vec![0.0; self.items];
        for (at, (chosen, part)) in self.chosen.iter().zip(&self.parts).enumerate() {
            if left_out != Some(at) {
                part.score(user, history, &mut scores)?;
                standardise(&mut scores);
                out.iter_mut().zip(&scores).for_each(|(sum, score)| *sum += chosen.weight * score);
            }
        }
        Ok(())
    }
}

/// Mean 0 and standard deviation 1 over all items; a constant row becomes 0.
fn standardise(scores: &mut [f32]) {
    let count = scores.len().max(1) as f64;
    let mean = scores.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = scores.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let scale = if variance > 0.0 { 1.0 / variance.sqrt() } else { 0.0 };
    scores.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
}

impl Recommender for Mmbee {
    fn kind(&self) -> Kind {
        Kind::Mmbee
    }

    fn items(&self) -> usize {
        self.items
    }

    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        self.fused(user, history, None, out)
    }

    fn save(&self, path: &Path, data: &DataDigests, reached: &Reached) -> Result<String> {
        checkpoint::save(self, path, data, reached)
    }
}

impl Persist for Mmbee {
    const KIND: Kind = Kind::Mmbee;
    type Settings = Vec<Chosen>;

    fn settings(&self) -> Vec<Chosen> {
        self.chosen.clone()
    }

    fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        for (at, part) in self.parts.iter().enumerate() {
            tensors.add_under(&at.to_string(), part.take_apart()?);
        }
        Ok(tensors)
    }

    fn restore(chosen: Vec<Chosen>, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let restore = |(at, chosen): (usize, &Chosen)| {
            Part::restore(&chosen.evidence, data, &tensors.under(&at.to_string()))
        };
        let parts = chosen.iter().enumerate().map(restore).collect::<Result<_>>()?;
        Ok(Self { items: data.items, chosen, parts })
    }
}

/// A model with one part switched off; only for comparison, it can't be saved.
pub struct Without<'a> {
    model: &'a Mmbee,
    part: usize,
}

impl Recommender for Without<'_> {
    fn kind(&self) -> Kind {
        Kind::Mmbee
    }

    fn items(&self) -> usize {
        self.model.items
    }

    fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        self.model.fused(user, history, Some(self.part), out)
    }

    fn save(&self, _path: &Path, _data: &DataDigests, _reached: &Reached) -> Result<String> {
        let reason = String::from("a model with a part switched off can't be saved");
        Err(RepresentationError::Training { what: "mmbee", reason })
    }
}
