//! How a forward pass is run: for scoring, or for training with dropout from a seeded generator.
//!
//! Invariants: scoring draws no random number.

use super::block::{EPSILON, RowNorm};
use super::rowwise::{Dense, Norm};
use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, ops};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;

/// Scoring, or training with dropout.
pub(crate) struct Pass {
    training: Option<(f64, RefCell<ChaCha8Rng>)>,
}

impl Pass {
    /// No dropout; operations that have no gradient may be used.
    pub(crate) const fn scoring() -> Self {
        Self { training: None }
    }

    /// Dropout with chance `dropout`.
    pub(crate) const fn training(dropout: f64, random: ChaCha8Rng) -> Self {
        Self { training: Some((dropout, RefCell::new(random))) }
    }

    /// Sets values to zero by chance and scales up the rest; nothing when scoring.
    pub(crate) fn dropped(&self, x: Tensor) -> Result<Tensor> {
        match &self.training {
            Some((chance, random)) if *chance > 0.0 => {
                let keep = (1.0 / (1.0 - chance)) as f32;
                let mut random = random.borrow_mut();
                let least = (*chance * f64::from(u32::MAX)) as u32;
                let draw = |_| if random.random::<u32>() < least { 0.0 } else { keep };
                let mask: Vec<f32> = (0..x.elem_count()).map(draw).collect();
                x.mul(&Tensor::from_vec(mask, x.shape(), x.device())?)
            }
            _ => Ok(x),
        }
    }

    /// Whether gradients and dropout are wanted.
    pub(crate) const fn is_training(&self) -> bool {
        self.training.is_some()
    }

    /// A dense layer over the rows of `x`.
    pub(crate) fn dense(&self, layer: &Linear, x: &Tensor) -> Result<Tensor> {
        match layer.bias() {
            Some(bias) if self.is_training() => x.contiguous()?.apply_op3(layer.weight(), bias, Dense),
            _ => layer.forward(x),
        }
    }

    /// Normalisation of each row. The kernels for scoring have no gradient.
    pub(crate) fn normalised(&self, norm: &RowNorm, x: &Tensor) -> Result<Tensor> {
        let x = x.contiguous()?;
        match (&norm.bias, self.is_training()) {
            (Some(bias), true) => x.apply_op3(&norm.weight, bias, Norm { centred: true }),
            (None, true) => {
                let bias = norm.weight.detach().zeros_like()?;
                x.apply_op3(&norm.weight, &bias, Norm { centred: false })
            }
            (Some(bias), false) => ops::layer_norm(&x, &norm.weight, bias, EPSILON),
            (None, false) => ops::rms_norm(&x, &norm.weight, EPSILON),
        }
    }
}
