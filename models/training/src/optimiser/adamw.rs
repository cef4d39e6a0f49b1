//! AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2).
//!
//! Invariants: a training that is killed and resumed from [`AdamW::state`] continues bit for bit; a parameter
//! without a gradient is left alone, its moments too.

use super::moments::{Moments, Scales};
use crate::Parameters;
use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var, bail};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What AdamW is told besides the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamWSettings {
    /// Decay rate of the mean gradient, in `0..1`.
    pub beta1: f64,
    /// Decay rate of the mean squared gradient, in `0..1`.
    pub beta2: f64,
    /// Added to the root of the mean squared gradient, positive.
    pub eps: f64,
    /// Share of a weight that a step of learning rate 1 would take away, apart from the gradient.
    pub weight_decay: f64,
    /// Whether the decay reaches parameters of at most one dimension too. They are biases and the scales of
    /// normalisations, which gain nothing from being small, so by default it doesn't.
    pub decay_vectors: bool,
}

impl Default for AdamWSettings {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, decay_vectors: false }
    }
}

impl AdamWSettings {
    fn scales(self, variable: &Var, steps: u32, learning_rate: f64) -> Scales {
        let AdamWSettings { beta1, beta2, eps, weight_decay, decay_vectors } = self;
        let decay = if decay_vectors || variable.rank() > 1 { weight_decay } else { 0.0 };
        Scales {
            beta1,
            beta2,
            eps,
            unbias1: 1.0 / (1.0 - beta1.powf(f64::from(steps))),
            unbias2: 1.0 / (1.0 - beta2.powf(f64::from(steps))),
            learning_rate,
            keep: 1.0 - learning_rate * decay,
        }
    }
}

/// AdamW over all parameters of a model. The bias of the moments is corrected by the number of gradients each
/// parameter has seen itself, so that one that is first reached late starts as calmly as the others.
///
/// 32-bit parameters in main memory are updated in one pass, in which a moment below the smallest normal
/// number becomes zero; others by tensor operations.
#[derive(Debug, Clone)]
pub struct AdamW {
    parameters: Parameters,
    settings: AdamWSettings,
    moments: BTreeMap<String, Moments>,
}

const FIRST: &str = "first";
const SECOND: &str = "second";
const STEPS: &str = "steps";

impl AdamW {
    /// An optimiser of these parameters, those that are made later included.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(parameters: &Parameters, settings: AdamWSettings) -> Result<Self> {
        let AdamWSettings { beta1, beta2, eps, weight_decay, .. } = settings;
        for (name, value) in [("beta1", beta1), ("beta2", beta2)] {
            if !(0.0..1.0).contains(&value) {
                bail!("adamw: {name} is {value}, expected 0 or more and less than 1");
            }
        }
        if !(eps > 0.0 && eps.is_finite()) {
            bail!("adamw: eps is {eps}, expected a positive number");
        }
        if !(weight_decay >= 0.0 && weight_decay.is_finite()) {
            bail!("adamw: weight_decay is {weight_decay}, expected 0 or more");
        }
        Ok(Self { parameters: parameters.clone(), settings, moments: BTreeMap::new() })
    }

    /// What it was told.
    #[must_use]
    pub fn settings(&self) -> AdamWSettings {
        self.settings
    }

    /// Moves every parameter that has a gradient. Gradients that are not finite spoil weights and moments:
    /// skip the step when [`clip_by_global_norm`](crate::clip_by_global_norm) says so.
    ///
    /// # Errors
    /// When a gradient has another shape or type than its parameter, or a tensor operation fails.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        for (name, variable) in self.parameters.iter() {
            let Some(gradient) = gradients.get(&variable) else { continue };
            let moments = match self.moments.entry(name) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Moments::zeros(&variable)?),
            };
            let steps = moments.steps.saturating_add(1);
            moments.step(&variable, gradient, self.settings.scales(&variable, steps, learning_rate))?;
            moments.steps = steps;
        }
        Ok(())
    }

    /// All it remembers, to be kept beside the weights: for each parameter that has had a gradient
    /// `first.NAME` and `second.NAME` in its shape and type, and `steps.NAME`, a single unsigned number.
    ///
    /// # Errors
    /// When a tensor can't be copied.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, variable) in self.parameters.iter() {
            if let Some(moments) = self.moments.get(&name) {
                let (first, second) = moments.to_tensors(&variable)?;
                state.insert(format!("{FIRST}.{name}"), first);
                state.insert(format!("{SECOND}.{name}"), second);
                state.insert(format!("{STEPS}.{name}"), Tensor::new(moments.steps, &Device::Cpu)?);
            }
        }
        Ok(state)
    }

    /// Replaces all it remembers by what [`AdamW::state`] gave. On an error nothing has changed.
    ///
    /// # Errors
    /// When a name is unknown, one of the three tensors of a parameter is missing, or a shape or type differs.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let mut left: BTreeMap<&str, &Tensor> =
            state.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let mut moments = BTreeMap::new();
        for (name, variable) in self.parameters.iter() {
            let keys = [FIRST, SECOND, STEPS].map(|kind| format!("{kind}.{name}"));
            match keys.each_ref().map(|key| left.remove(key.as_str())) {
                [None, None, None] => {}
                [Some(first), Some(second), Some(steps)] => {
                    same_kind(&keys[0], first, &variable)?;
                    same_kind(&keys[1], second, &variable)?;
                    let steps = steps.to_scalar::<u32>().map_err(|error| error.context(keys[2].clone()))?;
                    moments.insert(name, Moments::from_tensors(&variable, steps, first, second)?);
                }
                _ => bail!("adamw: the state of {name} lacks one of {}", keys.join(", ")),
            }
        }
        if let Some(name) = left.keys().next() {
            bail!("adamw: the state holds {name}, which belongs to no parameter");
        }
        self.moments = moments;
        Ok(())
    }
}

fn same_kind(name: &str, value: &Tensor, variable: &Var) -> Result<()> {
    if value.shape() != variable.shape() || value.dtype() != variable.dtype() {
        let expected = (variable.dtype(), variable.shape());
        bail!("adamw: {name} is {:?} {:?}, expected {expected:?}", value.dtype(), value.shape());
    }
    Ok(())
}
