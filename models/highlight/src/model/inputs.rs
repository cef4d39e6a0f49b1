//! From feature vectors to aligned units: `v` from picture and sound, `z` from speech, comments and gifts,
//! `e = concat(v, z)`.
//!
//! Invariants: a missing modality is replaced by a learned vector; features are standardised by the training
//! rooms' statistics, which travel with the weights.

use crate::{Config, HighlightError, MODALITIES, Modality, UnitFeatures};
use candle_core::{Device, Tensor, Var};
use candle_nn::{Init, Linear, Module, VarBuilder};
use kairos_training::Parameters;

/// Standardised features are kept within this many deviations, so that one broken value can't drown the rest.
const WIDEST: f64 = 8.0;

/// One projection per modality.
#[derive(Debug, Clone)]
pub(crate) struct Projections {
    half: usize,
    modalities: Vec<Projection>,
}

/// Both sides of some units, and the two together.
pub(crate) struct Aligned {
    /// `v`: picture and sound.
    pub(crate) visual: Tensor,
    /// `z`: speech, comments and gifts.
    pub(crate) said: Tensor,
    /// `e = concat(v, z)`.
    pub(crate) units: Tensor,
}

#[derive(Debug, Clone)]
struct Projection {
    modality: Modality,
    input: Option<Known>,
    missing: Tensor,
}

#[derive(Debug, Clone)]
struct Known {
    width: usize,
    mean: Tensor,
    deviation: Tensor,
    linear: Linear,
}

impl Projections {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self, HighlightError> {
        let half = config.width / 2;
        let mut modalities = Vec::new();
        for modality in MODALITIES {
            let builder = builder.pp(modality.name());
            let missing = builder.get_with_hints(half, "missing", Init::Randn { mean: 0.0, stdev: 0.02 })?;
            let input = match config.inputs.get(modality) {
                Some(input) => Some(Known {
                    width: input.width,
                    mean: builder.get_with_hints(input.width, "mean", Init::Const(0.0))?,
                    deviation: builder.get_with_hints(input.width, "deviation", Init::Const(1.0))?,
                    linear: candle_nn::linear(input.width, half, builder.pp("linear"))?,
                }),
                None => None,
            };
            modalities.push(Projection { modality, input, missing });
        }
        Ok(Self { half, modalities })
    }

    /// Width of one projected vector.
    pub(crate) const fn half(&self) -> usize {
        self.half
    }

    /// Checks the widths and values of a unit's features.
    pub(crate) fn check(&self, features: &UnitFeatures) -> Result<(), HighlightError> {
        for projection in &self.modalities {
            let modality = projection.modality;
            let (Some(input), Some(values)) = (&projection.input, features.get(modality)) else { continue };
            if values.len() != input.width {
                return Err(HighlightError::Width { modality, expected: input.width, got: values.len() });
            }
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(HighlightError::NotFinite { modality, index });
            }
        }
        Ok(())
    }

    /// Projected vectors of some units for the modality at `place` of [`MODALITIES`], as `[units, half]`.
    pub(crate) fn project(
        &self,
        place: usize,
        units: &[&UnitFeatures],
        device: &Device,
    ) -> Result<Tensor, HighlightError> {
        let projection = &self.modalities[place];
        let missing = projection.missing.unsqueeze(0)?.broadcast_as((units.len(), self.half))?;
        let Some(input) = &projection.input else { return Ok(missing.contiguous()?) };
        let mut values = vec![0.0_f32; units.len() * input.width];
        let mut present = vec![0.0_f32; units.len()];
        for (at, unit) in units.iter().enumerate() {
            if let Some(features) = unit.get(projection.modality) {
                values[at * input.width..(at + 1) * input.width].copy_from_slice(features);
                present[at] = 1.0;
            }
        }
        if present.iter().all(|&is| is == 0.0) {
            return Ok(missing.contiguous()?);
        }
        let values = Tensor::from_vec(values, (units.len(), input.width), device)?;
        let present = Tensor::from_vec(present, (units.len(), 1), device)?;
        // Statistics are no weights: training must not move them.
        let (mean, deviation) = (input.mean.detach(), input.deviation.detach());
        let standard = values.broadcast_sub(&mean)?.broadcast_div(&deviation)?.clamp(-WIDEST, WIDEST)?;
        let projected = input.linear.forward(&standard)?.broadcast_mul(&present)?;
        let absent = present.affine(-1.0, 1.0)?;
        Ok((projected + missing.broadcast_mul(&absent)?)?)
    }

    /// Whether the modality at `place` has an input.
    pub(crate) fn reads(&self, place: usize) -> bool {
        self.modalities[place].input.is_some()
    }

    /// Aligned units `e` of `[units, width]`, with `v` and `z` of `[units, half]` each.
    pub(crate) fn aligned(
        &self,
        units: &[&UnitFeatures],
        device: &Device,
    ) -> Result<Aligned, HighlightError> {
        let mut sums: [Option<Tensor>; 2] = [None, None];
        for (place, modality) in MODALITIES.iter().enumerate() {
            let row = self.project(place, units, device)?;
            let sum = &mut sums[usize::from(!modality.is_visual())];
            *sum = Some(match sum.take() {
                Some(sum) => (sum + row)?,
                None => row,
            });
        }
        match sums {
            [Some(visual), Some(said)] => {
                let units = Tensor::cat(&[&visual, &said], 1)?;
                Ok(Aligned { visual, said, units })
            }
            _ => {
                Err(HighlightError::Shape { what: "inputs", reason: String::from("a side has no modality") })
            }
        }
    }

    /// The learned vector that stands for the missing modality at `place`.
    pub(crate) fn missing(&self, place: usize) -> Result<Vec<f32>, HighlightError> {
        Ok(self.modalities[place].missing.to_vec1()?)
    }

    /// Stores the statistics that standardise one modality's features.
    pub(crate) fn set_statistics(
        parameters: &Parameters,
        modality: Modality,
        mean: &[f32],
        deviation: &[f32],
        device: &Device,
    ) -> Result<(), HighlightError> {
        let find = |name: &str| -> Option<Var> {
            let name = format!("inputs.{modality}.{name}");
            parameters.iter().find(|(other, _)| *other == name).map(|(_, variable)| variable)
        };
        for (name, values) in [("mean", mean), ("deviation", deviation)] {
            if let Some(variable) = find(name) {
                variable.set(&Tensor::new(values, device)?)?;
            }
        }
        Ok(())
    }
}
