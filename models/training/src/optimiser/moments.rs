//! Running means of one parameter's gradient and of its square.
//!
//! Invariants: both have the parameter's shape; they start at zero; taking them out and putting them back
//! keeps every bit.

use super::elementwise::{self, AdamWStep, Factors};
use candle_core::{Result, Tensor, Var};
use std::cell::RefCell;

/// Moments and how many gradients they have seen.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    pub steps: u32,
    at: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// Beside 32-bit weights in main memory, updated in place.
    Memory { first: Vec<f32>, second: Vec<f32> },
    /// Anywhere else, replaced by tensor operations.
    Device { first: Tensor, second: Tensor },
}

impl Moments {
    pub(super) fn zeros(variable: &Var) -> Result<Self> {
        let at = if elementwise::in_reach(variable) {
            let count = variable.elem_count();
            Place::Memory { first: vec![0.0; count], second: vec![0.0; count] }
        } else {
            Place::Device { first: variable.zeros_like()?, second: variable.zeros_like()? }
        };
        Ok(Self { steps: 0, at })
    }

    pub(super) fn from_tensors(variable: &Var, steps: u32, first: &Tensor, second: &Tensor) -> Result<Self> {
        let at = if elementwise::in_reach(variable) {
            Place::Memory { first: first.flatten_all()?.to_vec1()?, second: second.flatten_all()?.to_vec1()? }
        } else {
            let device = variable.device();
            Place::Device {
                first: first.to_device(device)?.copy()?,
                second: second.to_device(device)?.copy()?,
            }
        };
        Ok(Self { steps, at })
    }

    /// Copies of both, in the parameter's shape.
    pub(super) fn to_tensors(&self, variable: &Var) -> Result<(Tensor, Tensor)> {
        match &self.at {
            Place::Memory { first, second } => {
                let new = |values: &[f32]| Tensor::from_slice(values, variable.shape(), variable.device());
                Ok((new(first)?, new(second)?))
            }
            Place::Device { first, second } => Ok((first.copy()?, second.copy()?)),
        }
    }

    /// Takes a gradient in and moves the weights.
    pub(super) fn step(&mut self, variable: &Var, gradient: &Tensor, by: Scales) -> Result<()> {
        match &mut self.at {
            Place::Memory { first, second } => {
                let moments = RefCell::new((&mut first[..], &mut second[..]));
                let step = AdamWStep { factors: by.factors(), moments };
                variable.inplace_op2(&gradient.contiguous()?, &step)?;
            }
            Place::Device { first, second } => {
                *first = ((&*first * by.beta1)? + (gradient * (1.0 - by.beta1))?)?;
                *second = ((&*second * by.beta2)? + (gradient.sqr()? * (1.0 - by.beta2))?)?;
                let spread = ((&*second * by.unbias2)?.sqrt()? + by.eps)?;
                let direction = ((&*first * by.unbias1)? / spread)?;
                let kept = (variable.as_tensor() * by.keep)?;
                variable.set(&(kept - (direction * by.learning_rate)?)?)?;
            }
        }
        Ok(())
    }
}

/// What one step multiplies by; see [`Factors`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    pub unbias1: f64,
    pub unbias2: f64,
    pub learning_rate: f64,
    pub keep: f64,
}

impl Scales {
    fn factors(self) -> Factors {
        Factors {
            beta1: self.beta1 as f32,
            one_less_beta1: (1.0 - self.beta1) as f32,
            beta2: self.beta2 as f32,
            one_less_beta2: (1.0 - self.beta2) as f32,
            eps: self.eps as f32,
            unbias1: self.unbias1 as f32,
            unbias2: self.unbias2 as f32,
            learning_rate: self.learning_rate as f32,
            keep: self.keep as f32,
        }
    }
}
