//! From feature vectors to aligned units: `v` from picture and sound, `z` from speech, comments and gifts,
//! `e = concat(v, z)`.
//!
//! Invariants: a missing modality is replaced by a learned vector.

use super::statistics::Statistics;
use crate::{Config, HighlightError, MODALITIES, UnitFeatures};
use candle_core::{Device, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder};

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
    linear: Option<Linear>,
    missing: Tensor,
}

/// Standardised features of one modality over some units `[units, width]`, and which of them have any
/// `[units, 1]`.
pub(crate) type Standardised = Option<(Tensor, Tensor)>;

/// Standardised features of some units, by modality.
pub(crate) fn standardised(
    statistics: &Statistics,
    units: &[&UnitFeatures],
    device: &Device,
) -> Result<Vec<Standardised>, HighlightError> {
    let one = |place: usize| {
        let (Some((values, present)), Some(width)) = (statistics.rows(place, units), statistics.width(place))
        else {
            return Ok(None);
        };
        let values = Tensor::from_vec(values, (units.len(), width), device)?;
        Ok(Some((values, Tensor::from_vec(present, (units.len(), 1), device)?)))
    };
    (0..MODALITIES.len()).map(one).collect()
}

/// Checks the widths and values of a unit's features.
pub(crate) fn check(config: &Config, features: &UnitFeatures) -> Result<(), HighlightError> {
    for modality in MODALITIES {
        let (Some(input), Some(values)) = (config.inputs.get(modality), features.get(modality)) else {
            continue;
        };
        if values.len() != input.width {
            return Err(HighlightError::Width { modality, expected: input.width, got: values.len() });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(HighlightError::NotFinite { modality, index });
        }
    }
    Ok(())
}

impl Projections {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self, HighlightError> {
        let half = config.width / 2;
        let mut modalities = Vec::new();
        for modality in MODALITIES {
            let builder = builder.pp(modality.name());
            let missing = builder.get_with_hints(half, "missing", Init::Randn { mean: 0.0, stdev: 0.02 })?;
            let linear = match config.inputs.get(modality) {
                Some(input) => Some(candle_nn::linear(input.width, half, builder.pp("linear"))?),
                None => None,
            };
            modalities.push(Projection { linear, missing });
        }
        Ok(Self { half, modalities })
    }

    /// Projected vectors of the modality at `place` of [`MODALITIES`], as `[units, half]`.
    pub(crate) fn project(
        &self,
        place: usize,
        standard: &Standardised,
        units: usize,
    ) -> Result<Tensor, HighlightError> {
        let projection = &self.modalities[place];
        let missing = projection.missing.unsqueeze(0)?.broadcast_as((units, self.half))?;
        let (Some(linear), Some((values, present))) = (&projection.linear, standard) else {
            return Ok(missing.contiguous()?);
        };
        let projected = linear.forward(values)?.broadcast_mul(present)?;
        let absent = present.affine(-1.0, 1.0)?;
        Ok((projected + missing.broadcast_mul(&absent)?)?)
    }

    /// Aligned units `e` of `[units, width]`, with `v` and `z` of `[units, half]` each.
    pub(crate) fn aligned(&self, standard: &[Standardised], units: usize) -> Result<Aligned, HighlightError> {
        let mut sums: [Option<Tensor>; 2] = [None, None];
        for (place, modality) in MODALITIES.iter().enumerate() {
            let row = self.project(place, &standard[place], units)?;
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
}
