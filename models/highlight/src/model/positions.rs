//! Absolute positions over the slots of the look-back window.
//!
//! Invariants: slot 0 is the oldest unit of the window, so a room's first units fill the first slots.

use crate::{Config, HighlightError, Positions};
use candle_core::Tensor;
use candle_nn::{Init, VarBuilder};

/// One vector per slot.
#[derive(Debug, Clone)]
pub(crate) struct PositionTable(Tensor);

impl PositionTable {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self, HighlightError> {
        let shape = (config.look_back, config.width);
        let table = match config.positions {
            Positions::Learned => {
                builder.get_with_hints(shape, "slots", Init::Randn { mean: 0.0, stdev: 0.02 })?
            }
            Positions::Sinusoidal => {
                let mut values = Vec::with_capacity(shape.0 * shape.1);
                for slot in 0..shape.0 {
                    for at in 0..shape.1 {
                        let rate = 10_000_f64.powf(-((at / 2 * 2) as f64) / shape.1 as f64);
                        let angle = slot as f64 * rate;
                        values.push(if at % 2 == 0 { angle.sin() } else { angle.cos() } as f32);
                    }
                }
                Tensor::from_vec(values, shape, builder.device())?
            }
        };
        Ok(Self(table))
    }

    /// Vectors of the first `n` slots as `[1, n, width]`.
    pub(crate) fn first(&self, n: usize) -> Result<Tensor, HighlightError> {
        Ok(self.0.narrow(0, 0, n)?.unsqueeze(0)?)
    }
}
