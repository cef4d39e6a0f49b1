//! A scalar whose gradient was worked out together with its value: one operation instead of a dozen small ones.
//!
//! Invariants: value and gradient are worked out in `f64` whatever the tensor's type.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};

/// The scalar `value` of `x`, with its derivatives by the elements of `x` in their order.
pub(super) fn with_gradient(x: &Tensor, value: f64, gradient: Vec<f64>) -> Result<Tensor> {
    let gradient = Tensor::from_vec(gradient, x.shape(), x.device())?.to_dtype(x.dtype())?;
    x.apply_op1(Known { value, gradient })
}

/// Elements of `x` in 64 bits.
pub(super) fn values(x: &Tensor) -> Result<Vec<f64>> {
    x.detach().flatten_all()?.to_dtype(DType::F64)?.to_vec1()
}

struct Known {
    value: f64,
    gradient: Tensor,
}

impl CustomOp1 for Known {
    fn name(&self) -> &'static str {
        "known-gradient"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, _layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let value = match storage {
            CpuStorage::F64(_) => CpuStorage::F64(vec![self.value]),
            _ => CpuStorage::F32(vec![self.value as f32]),
        };
        Ok((value, Shape::from(())))
    }

    fn bwd(&self, _x: &Tensor, _value: &Tensor, slope: &Tensor) -> Result<Option<Tensor>> {
        self.gradient.broadcast_mul(slope).map(Some)
    }
}
