//! Clipping of gradients by their global norm.
//!
//! Invariants: the norm is summed in the order of the parameters' names, so it doesn't depend on a map's order.

use crate::Parameters;
use candle_core::backprop::GradStore;
use candle_core::{DType, Result};

/// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm before.
/// A norm that is not finite leaves the gradients alone: the caller has to skip the step.
///
/// # Errors
/// When a tensor operation fails.
pub fn clip_by_global_norm(gradients: &mut GradStore, parameters: &Parameters, limit: f64) -> Result<f64> {
    let mut sum = 0.0;
    for (_, variable) in parameters.iter() {
        if let Some(gradient) = gradients.get(&variable) {
            sum += gradient.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
        }
    }
    let norm = sum.sqrt();
    if norm.is_finite() && norm > limit {
        for (_, variable) in parameters.iter() {
            if let Some(gradient) = gradients.get(&variable) {
                let scaled = (gradient * (limit / norm))?;
                gradients.insert(&variable, scaled);
            }
        }
    }
    Ok(norm)
}

#[cfg(test)]
mod tests {
    use super::clip_by_global_norm;
    use crate::Parameters;
    use candle_core::{DType, Device};

    #[test]
    fn joint_norm_is_brought_down_to_the_limit() {
        let parameters = Parameters::new(1, Device::Cpu);
        let builder = parameters.builder(DType::F64);
        let a = builder.get_with_hints(3, "a", candle_nn::Init::Const(2.0)).expect("new");
        let b = builder.get_with_hints(1, "b", candle_nn::Init::Const(2.0)).expect("new");
        let loss = (a.sqr().expect("op").sum_all().expect("op") + b.sum_all().expect("op")).expect("op");
        let mut gradients = loss.backward().expect("differentiable");
        // 4, 4, 4 and 1: the norm is 7.
        let norm = clip_by_global_norm(&mut gradients, &parameters, 3.5).expect("op");
        assert!((norm - 7.0).abs() < 1e-12);
        let again = clip_by_global_norm(&mut gradients, &parameters, 100.0).expect("op");
        assert!((again - 3.5).abs() < 1e-12);
    }
}
