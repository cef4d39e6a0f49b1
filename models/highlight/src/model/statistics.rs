//! Mean and deviation of every feature over the training rooms: one set for all networks of an ensemble.
//!
//! Invariants: statistics are no weights, no optimiser moves them; they travel with the weights; a modality that no
//! training unit had keeps its first values, and is missing whatever comes.

use crate::{Config, HighlightError, MODALITIES, Modality};
use candle_core::{DType, Device, Tensor};
use candle_nn::Init;
use kairos_training::Parameters;

/// Standardised features are kept within this many deviations, so that one broken value can't drown the rest.
pub(crate) const WIDEST: f32 = 8.0;

/// Statistics by modality; `None` where a modality has no input.
#[derive(Debug, Clone)]
pub(crate) struct Statistics {
    parameters: Parameters,
    modalities: Vec<Option<Standard>>,
}

#[derive(Debug, Clone)]
struct Standard {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    /// Whether the training rooms ever had it.
    was_seen: bool,
}

impl Statistics {
    pub(crate) fn new(config: &Config, device: &Device) -> Result<Self, HighlightError> {
        let parameters = Parameters::new(0, device.clone());
        let builder = parameters.builder(DType::F32);
        for modality in MODALITIES {
            let Some(input) = config.inputs.get(modality) else { continue };
            let builder = builder.pp(modality.name());
            builder.get_with_hints(input.width, "mean", Init::Const(0.0))?;
            builder.get_with_hints(input.width, "deviation", Init::Const(1.0))?;
        }
        let mut made = Self { parameters, modalities: Vec::new() };
        made.read()?;
        Ok(made)
    }

    pub(crate) const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Takes over what was put into the parameters.
    pub(crate) fn read(&mut self) -> Result<(), HighlightError> {
        let stored = self.parameters.snapshot()?;
        let values = |modality: Modality, name: &str| -> Result<Option<Vec<f32>>, HighlightError> {
            Ok(match stored.get(&format!("{modality}.{name}")) {
                Some(tensor) => Some(tensor.to_vec1()?),
                None => None,
            })
        };
        let mut modalities = Vec::with_capacity(MODALITIES.len());
        for modality in MODALITIES {
            let both = values(modality, "mean")?.zip(values(modality, "deviation")?);
            modalities.push(both.map(|(mean, deviation)| {
                let was_seen =
                    mean.iter().any(|&value| value != 0.0) || deviation.iter().any(|&value| value != 1.0);
                Standard { mean, deviation, was_seen }
            }));
        }
        self.modalities = modalities;
        Ok(())
    }

    /// Stores the statistics of one modality.
    pub(crate) fn set(
        &mut self,
        modality: Modality,
        mean: &[f32],
        deviation: &[f32],
    ) -> Result<(), HighlightError> {
        for (name, variable) in self.parameters.iter() {
            for (kind, values) in [("mean", mean), ("deviation", deviation)] {
                if name == format!("{modality}.{kind}") {
                    variable.set(&Tensor::new(values, variable.device())?)?;
                }
            }
        }
        self.read()
    }

    /// Whether the modality at `place` of [`MODALITIES`] is read, and was there to learn from. A model that has not learnt
    /// anything yet reads all of its inputs.
    pub(crate) fn reads(&self, place: usize) -> bool {
        let has_learnt = self.modalities.iter().flatten().any(|known| known.was_seen);
        self.modalities[place].as_ref().is_some_and(|known| known.was_seen || !has_learnt)
    }

    /// Values the modality at `place` of [`MODALITIES`] has; `None` where it isn't read.
    pub(crate) fn width(&self, place: usize) -> Option<usize> {
        self.modalities[place].as_ref().map(|known| known.mean.len())
    }

    /// Writes one standardised vector of the modality at `place`; both slices have its width.
    pub(crate) fn standardise(&self, place: usize, features: &[f32], into: &mut [f32]) {
        if let Some(known) = &self.modalities[place] {
            let each = into.iter_mut().zip(features).zip(&known.mean).zip(&known.deviation);
            for (((into, value), mean), deviation) in each {
                *into = ((value - mean) / deviation).clamp(-WIDEST, WIDEST);
            }
        }
    }

    /// Standardised features of some units and which of them have any, row by row; `None` where the modality
    /// isn't read.
    pub(crate) fn rows(&self, place: usize, units: &[&crate::UnitFeatures]) -> Option<(Vec<f32>, Vec<f32>)> {
        let width = self.width(place)?;
        let mut values = vec![0.0_f32; units.len() * width];
        let mut present = vec![0.0_f32; units.len()];
        for (at, unit) in units.iter().enumerate() {
            if let Some(features) = unit.get(MODALITIES[place]).filter(|_| self.reads(place)) {
                self.standardise(place, features, &mut values[at * width..(at + 1) * width]);
                present[at] = 1.0;
            }
        }
        Some((values, present))
    }
}
