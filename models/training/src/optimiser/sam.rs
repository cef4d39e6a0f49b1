//! Sharpness-aware minimisation (Foret et al., "Sharpness-Aware Minimization for Efficiently Improving
//! Generalization", ICLR 2021, equation 2 and algorithm 1).
//!
//! Invariants: after [`Sam::return_`] every weight has the bits it had before [`Sam::climb`].

use super::elementwise::{AddScaled, in_reach};
use crate::Parameters;
use crate::gradients::global_norm;
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, bail};
use std::collections::BTreeMap;

/// Finds the gradient at the worst point nearby. One step of training is: gradients, [`Sam::climb`],
/// gradients again, [`Sam::return_`], then an optimiser's step with the second gradients.
#[derive(Debug)]
pub struct Sam {
    parameters: Parameters,
    rho: f64,
    left: Option<BTreeMap<String, Tensor>>,
}

impl Sam {
    /// `rho` is how far the climb goes, as the Euclidean length over all weights; 0.05 is the paper's default.
    ///
    /// # Errors
    /// When `rho` is negative or not finite.
    pub fn new(parameters: &Parameters, rho: f64) -> Result<Self> {
        if !(rho >= 0.0 && rho.is_finite()) {
            bail!("sam: rho is {rho}, expected 0 or more");
        }
        Ok(Self { parameters: parameters.clone(), rho, left: None })
    }

    /// Moves the weights to `w + rho · g / ||g||`, with the norm over all gradients together, and returns that
    /// norm. With a norm of zero, or one that is not finite, the weights stay: skip the step in the latter
    /// case.
    ///
    /// # Errors
    /// When the weights are already away, or a tensor operation fails; the weights are back where they were.
    pub fn climb(&mut self, gradients: &GradStore) -> Result<f64> {
        if self.left.is_some() {
            bail!("sam: climbing again without having returned");
        }
        let norm = global_norm(gradients, &self.parameters)?;
        self.left = Some(BTreeMap::new());
        if norm > 0.0
            && norm.is_finite()
            && let Err(error) = self.move_by(gradients, self.rho / norm)
        {
            self.return_()?;
            return Err(error);
        }
        Ok(norm)
    }

    fn move_by(&mut self, gradients: &GradStore, scale: f64) -> Result<()> {
        let left = self.left.get_or_insert_default();
        for (name, variable) in self.parameters.iter() {
            let Some(gradient) = gradients.get(&variable) else { continue };
            let old = variable.as_tensor().detach().copy()?;
            if in_reach(&variable) {
                left.insert(name, old);
                variable.inplace_op2(&gradient.contiguous()?, &AddScaled(scale as f32))?;
            } else {
                let moved = (&old + (gradient * scale)?)?;
                left.insert(name, old);
                variable.set(&moved)?;
            }
        }
        Ok(())
    }

    /// Puts the weights back.
    ///
    /// # Errors
    /// When there was no climb, or a tensor can't be copied.
    pub fn return_(&mut self) -> Result<()> {
        match self.left.take() {
            Some(left) => self.parameters.restore(&left),
            None => bail!("sam: returning without having climbed"),
        }
    }
}
