//! The global norm of gradients, and clipping by it.
//!
//! Invariants: the norm is summed in 64 bits in the order of the parameters' names and, in main memory, of
//! their elements, so it depends on neither a map's order nor the number of threads. On other devices one
//! number is read back, not one for each tensor.

use crate::Parameters;
use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, DType, Result, Storage, Tensor, Var};

/// Scales all gradients so that their joint Euclidean norm is at most `limit`; returns the norm before.
/// A norm that is not finite leaves the gradients alone: the caller has to skip the step.
///
/// # Errors
/// When a tensor operation fails.
pub fn clip_by_global_norm(gradients: &mut GradStore, parameters: &Parameters, limit: f64) -> Result<f64> {
    let variables: Vec<Var> = parameters.iter().map(|(_, variable)| variable).collect();
    let norm = norm_of(gradients, &variables)?;
    if norm.is_finite() && norm > limit {
        for variable in &variables {
            if let Some(gradient) = gradients.get(variable) {
                // Not in place: two parameters may share one gradient tensor.
                let scaled = (gradient * (limit / norm))?;
                gradients.insert(variable, scaled);
            }
        }
    }
    Ok(norm)
}

/// Joint Euclidean norm of the gradients of these parameters.
///
/// # Errors
/// When a tensor operation fails.
pub fn global_norm(gradients: &GradStore, parameters: &Parameters) -> Result<f64> {
    let variables: Vec<Var> = parameters.iter().map(|(_, variable)| variable).collect();
    norm_of(gradients, &variables)
}

fn norm_of(gradients: &GradStore, variables: &[Var]) -> Result<f64> {
    let mut sum = 0.0;
    let mut pending = Vec::new();
    for gradient in variables.iter().filter_map(|variable| gradients.get(variable)) {
        match squares_in_memory(gradient) {
            Some(squares) => sum += squares,
            None => pending.push(squares_on_device(gradient)?),
        }
    }
    if !pending.is_empty() {
        sum += Tensor::stack(&pending, 0)?.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    }
    Ok(sum.sqrt())
}

fn squares_in_memory(gradient: &Tensor) -> Option<f64> {
    let (storage, layout) = gradient.storage_and_layout();
    let (start, end) = layout.contiguous_offsets()?;
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => {
            Some(squares(&values[start..end], |value| f64::from(*value)))
        }
        Storage::Cpu(CpuStorage::F64(values)) => Some(squares(&values[start..end], |value| *value)),
        _ => None,
    }
}

/// Eight sums side by side, so that one addition needn't wait for the one before.
fn squares<T>(values: &[T], widen: impl Fn(&T) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let pieces = values.chunks_exact(8);
    let rest: f64 = pieces.remainder().iter().map(|value| widen(value) * widen(value)).sum();
    for piece in pieces {
        for (sum, value) in sums.iter_mut().zip(piece) {
            *sum += widen(value) * widen(value);
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// In at least 32 bits, where the square of a 16-bit number doesn't overflow.
fn squares_on_device(gradient: &Tensor) -> Result<Tensor> {
    let wide = if gradient.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    gradient.to_dtype(wide)?.sqr()?.sum_all()?.to_dtype(DType::F32)
}

#[cfg(test)]
mod tests {
    use super::clip_by_global_norm;
    use crate::Parameters;
    use candle_core::{DType, Device, Tensor};

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

    #[test]
    fn every_type_and_layout_of_gradient_counts() {
        for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
            let parameters = Parameters::new(1, Device::Cpu);
            let builder = parameters.builder(dtype);
            let a = builder.get_with_hints((3, 5), "a", candle_nn::Init::Const(1.0)).expect("new");
            let b = builder.get_with_hints(17, "b", candle_nn::Init::Const(1.0)).expect("new");
            let mut gradients = b.sum_all().expect("op").backward().expect("differentiable");
            let stepped = Tensor::arange(0.0_f32, 15.0, &Device::Cpu).expect("new").reshape((5, 3));
            let strided = stepped.expect("fits").t().expect("op").to_dtype(dtype).expect("op");
            gradients.insert(&a, strided);
            let norm = clip_by_global_norm(&mut gradients, &parameters, 1.0).expect("op");
            // 0² + ... + 14² = 1015, and seventeen ones.
            assert!((norm - 1032.0_f64.sqrt()).abs() < 1e-5, "{dtype:?} {norm}");
        }
    }

    #[test]
    fn gradient_that_is_not_finite_is_reported_and_left_alone() {
        let parameters = Parameters::new(1, Device::Cpu);
        let builder = parameters.builder(DType::F32);
        let a = builder.get_with_hints(2, "a", candle_nn::Init::Const(0.0)).expect("new");
        let loss = a.sqrt().expect("op").sum_all().expect("op");
        let mut gradients = loss.backward().expect("differentiable");
        let norm = clip_by_global_norm(&mut gradients, &parameters, 1.0).expect("op");
        assert!(!norm.is_finite());
        let kept: Vec<f32> = gradients.get(&a).expect("present").to_vec1().expect("f32");
        assert!(kept.iter().all(|value| !value.is_finite()));
    }
}
