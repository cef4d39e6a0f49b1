//! The layers after attention, and the two heads: whether a gift is sent and what it is worth.
//!
//! Invariants: the first layer is a sum of a user's, a room's and a pair's part, so that the first two are computed
//! once for all pairs; a deviation is positive.

use crate::{Config, OutcomeStatistics, losses::softplus};
use candle_core::{Result, Tensor};
use candle_nn::{Init, Linear, Module, VarBuilder, linear, linear_no_bias};

/// Smallest deviation of a value's logarithm, in units of that of all values.
const LEAST_DEVIATION: f64 = 0.05;
/// `softplus` of this is 1: before training, every pair's values are spread like those of all.
const UNIT_SOFTPLUS: f64 = 0.541_324_854_612_918_1;

/// What the network says of pairs, each `[B]`.
pub(crate) struct Said {
    /// Log odds of a gift, not calibrated.
    pub(crate) log_odds: Tensor,
    /// Mean of the logarithm of its value.
    pub(crate) mu: Tensor,
    /// Deviation of it.
    pub(crate) sigma: Tensor,
}

#[derive(Debug, Clone)]
pub(crate) struct Tower {
    pub(crate) user: Linear,
    pub(crate) room: Linear,
    pub(crate) pair: Linear,
    pub(crate) second: Linear,
    pub(crate) heads: Linear,
}

/// Widths of the three parts of the first layer's input.
pub(crate) struct Widths {
    pub(crate) user: usize,
    pub(crate) room: usize,
    pub(crate) pair: usize,
}

impl Widths {
    pub(crate) fn new(config: &Config) -> Self {
        let d = config.width;
        let pretrained = if config.reads_pretrained() { d } else { 0 };
        let live = if config.reads_segments() { config.fusion.output_width() } else { 0 };
        Self {
            user: d + pretrained + config.user_side,
            room: d + pretrained + live + config.room_side,
            // The history, one vector for each path, and the products of the two vectors and the pretrained ones.
            pair: d * (2 + config.paths.len()) + pretrained + config.pair_side,
        }
    }
}

impl Tower {
    pub(crate) fn new(config: &Config, vb: &VarBuilder<'_>) -> Result<Self> {
        let Widths { user, room, pair } = Widths::new(config);
        let [first, second] = config.hidden;
        let heads = Linear::new(
            vb.get_with_hints((3, second), "heads.weight", Init::Randn { mean: 0.0, stdev: 0.02 })?,
            Some(vb.get_with_hints(3, "heads.bias", Init::Const(0.0))?),
        );
        Ok(Self {
            user: linear_no_bias(user, first, vb.pp("user"))?,
            room: linear(room, first, vb.pp("room"))?,
            pair: linear_no_bias(pair, first, vb.pp("pair"))?,
            second: linear(first, second, vb.pp("second"))?,
            heads,
        })
    }

    /// From the sum of the first layer's parts `[B, hidden]`. `drop` is applied to both hidden layers.
    pub(crate) fn finish(
        &self,
        outcomes: &OutcomeStatistics,
        sum: &Tensor,
        drop: &mut dyn FnMut(Tensor) -> Result<Tensor>,
    ) -> Result<Said> {
        let first = drop(sum.relu()?)?;
        let second = drop(self.second.forward(&first)?.relu()?)?;
        let heads = self.heads.forward(&second)?;
        let column = |at: usize| heads.narrow(1, at, 1)?.squeeze(1);
        let deviation = (softplus(&(column(2)? + UNIT_SOFTPLUS)?)? + LEAST_DEVIATION)?;
        Ok(Said {
            log_odds: (column(0)? + outcomes.log_odds)?,
            mu: ((column(1)? * outcomes.value_deviation)? + outcomes.value_mean)?,
            sigma: (deviation * outcomes.value_deviation)?,
        })
    }
}

/// The last steps of [`Tower::finish`] for one pair: log odds, mu and sigma of the three heads.
pub(crate) fn said(outcomes: &OutcomeStatistics, heads: [f32; 3]) -> [f64; 3] {
    let [odds, mu, sigma] = heads.map(f64::from);
    let sigma = sigma + UNIT_SOFTPLUS;
    let softplus = sigma.max(0.0) + (-sigma.abs()).exp().ln_1p();
    [
        odds + outcomes.log_odds,
        mu * outcomes.value_deviation + outcomes.value_mean,
        (softplus + LEAST_DEVIATION) * outcomes.value_deviation,
    ]
}
