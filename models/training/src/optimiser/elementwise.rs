//! In-place updates of 32-bit weights in main memory: one pass, no temporary tensor.
//!
//! Invariants: every element is computed from its own inputs alone, so that splitting the work over threads
//! can't change a bit.

use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Tensor, bail};
use rayon::prelude::*;
use std::cell::RefCell;

/// Elements per piece of work: big enough to outweigh handing it to a thread.
const PIECE: usize = 1 << 15;

/// Decay rates and scales of one AdamW step, as 32-bit numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors {
    pub beta1: f32,
    pub one_less_beta1: f32,
    pub beta2: f32,
    pub one_less_beta2: f32,
    pub eps: f32,
    /// 1 / (1 - beta1^t) and 1 / (1 - beta2^t).
    pub unbias1: f32,
    pub unbias2: f32,
    pub learning_rate: f32,
    /// 1 - learning rate · weight decay.
    pub keep: f32,
}

/// One AdamW step of one tensor; the moments lie beside it.
pub(super) struct AdamWStep<'a> {
    pub factors: Factors,
    pub moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp2 for AdamWStep<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, s1: &mut CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<()> {
        let (weights, gradient) = slices(self.name(), s1, l1, s2, l2)?;
        let mut moments = self.moments.borrow_mut();
        let (first, second) = &mut *moments;
        if first.len() != weights.len() || second.len() != weights.len() {
            bail!("adamw: {} weights have {} moments", weights.len(), first.len());
        }
        let factors = self.factors;
        weights
            .par_chunks_mut(PIECE)
            .zip(first.par_chunks_mut(PIECE))
            .zip(second.par_chunks_mut(PIECE))
            .zip(gradient.par_chunks(PIECE))
            .for_each(|(((weights, first), second), gradient)| {
                step(factors, weights, first, second, gradient);
            });
        Ok(())
    }
}

fn step(by: Factors, weights: &mut [f32], first: &mut [f32], second: &mut [f32], gradient: &[f32]) {
    let moments = first.iter_mut().zip(second.iter_mut());
    for ((weight, (m, v)), &g) in weights.iter_mut().zip(moments).zip(gradient) {
        *m = normal(by.beta1 * *m + by.one_less_beta1 * g);
        *v = normal(by.beta2 * *v + by.one_less_beta2 * (g * g));
        let direction = *m * by.unbias1 / ((*v * by.unbias2).sqrt() + by.eps);
        *weight = *weight * by.keep - by.learning_rate * direction;
    }
}

/// Zero for numbers too small to be normal. Moments of rows that no longer get gradients would otherwise
/// decay into subnormal numbers and stay there, where processors are a hundred times slower.
fn normal(value: f32) -> f32 {
    if value.abs() < f32::MIN_POSITIVE { 0.0 } else { value }
}

/// Adds a multiple of the second tensor to the first.
pub(super) struct AddScaled(pub f32);

impl InplaceOp2 for AddScaled {
    fn name(&self) -> &'static str {
        "add-scaled"
    }

    fn cpu_fwd(&self, s1: &mut CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<()> {
        let (weights, gradient) = slices(self.name(), s1, l1, s2, l2)?;
        weights.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE)).for_each(|(weights, gradient)| {
            for (weight, &g) in weights.iter_mut().zip(gradient) {
                *weight += self.0 * g;
            }
        });
        Ok(())
    }
}

/// Whether the in-place updates can treat these weights.
pub(super) fn in_reach(weights: &Tensor) -> bool {
    weights.device().is_cpu() && weights.dtype() == DType::F32 && weights.is_contiguous()
}

fn slices<'a>(
    name: &str,
    weights: &'a mut CpuStorage,
    weights_layout: &Layout,
    gradient: &'a CpuStorage,
    gradient_layout: &Layout,
) -> Result<(&'a mut [f32], &'a [f32])> {
    if weights_layout.shape() != gradient_layout.shape() {
        bail!("{name}: {:?} weights, {:?} gradients", weights_layout.shape(), gradient_layout.shape());
    }
    let ranges = (weights_layout.contiguous_offsets(), gradient_layout.contiguous_offsets());
    match (weights, gradient, ranges) {
        (CpuStorage::F32(weights), CpuStorage::F32(gradient), (Some(w), Some(g))) => {
            Ok((&mut weights[w.0..w.1], &gradient[g.0..g.1]))
        }
        _ => bail!("{name}: weights and gradient have to be contiguous 32-bit numbers"),
    }
}
