//! How a forward pass is run: for scoring, or for training with dropout from a seeded generator.
//!
//! Invariants: scoring draws no random number.

use super::block::{EPSILON, RowNorm};
use candle_core::{Result, Tensor};
use candle_nn::ops;
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
                let draw = |_| if random.random::<f64>() < *chance { 0.0 } else { keep };
                let mask: Vec<f32> = (0..x.elem_count()).map(draw).collect();
                x.mul(&Tensor::from_vec(mask, x.shape(), x.device())?)
            }
            _ => Ok(x),
        }
    }

    /// Softmax over the last dimension. The fast kernel has no gradient.
    pub(crate) fn softmax(&self, x: &Tensor) -> Result<Tensor> {
        if self.training.is_some() {
            ops::softmax(x, candle_core::D::Minus1)
        } else {
            ops::softmax_last_dim(x)
        }
    }

    /// Normalisation of each row. The fast kernels have no gradient.
    pub(crate) fn normalised(&self, norm: &RowNorm, x: &Tensor) -> Result<Tensor> {
        match (&norm.bias, self.training.is_some()) {
            (Some(bias), true) => ops::layer_norm_slow(x, &norm.weight, bias, EPSILON),
            (Some(bias), false) => ops::layer_norm(&x.contiguous()?, &norm.weight, bias, EPSILON),
            (None, true) => ops::rms_norm_slow(x, &norm.weight, EPSILON),
            (None, false) => ops::rms_norm(&x.contiguous()?, &norm.weight, EPSILON),
        }
    }
}
