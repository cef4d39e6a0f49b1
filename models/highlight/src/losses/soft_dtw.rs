//! Soft-DTW as a tensor operation with a gradient.
//!
//! Invariants: values and gradients are computed in `f64` whatever the tensor's type.

use candle_core::{
    CpuStorage, CustomOp1, D, DType, Layout, Result, Shape, Tensor, WithDType, bail, error::Error,
};
use kairos_dtw::{CostMatrix, soft, soft_with_gradient};

/// Soft-DTW values `[k]` of cost matrices `[k, n, m]`.
///
/// # Errors
/// When a cost is not finite or `lambda` is not positive.
pub fn soft_dtw(costs: &Tensor, lambda: f64) -> Result<Tensor> {
    costs.contiguous()?.apply_op1(SoftDtw { lambda })
}

struct SoftDtw {
    lambda: f64,
}

impl SoftDtw {
    fn values<T: WithDType>(&self, costs: &[T], (k, n, m): (usize, usize, usize)) -> Result<Vec<T>> {
        let matrices = costs.chunks(n * m).take(k);
        matrices
            .map(|costs| Ok(T::from_f64(soft(&matrix(costs, n, m)?, self.lambda).map_err(Error::wrap)?)))
            .collect()
    }
}

impl CustomOp1 for SoftDtw {
    fn name(&self) -> &'static str {
        "soft-dtw"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let dims = layout.shape().dims3()?;
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("soft-dtw needs contiguous costs")
        };
        let values = match storage {
            CpuStorage::F32(costs) => CpuStorage::F32(self.values(&costs[start..end], dims)?),
            CpuStorage::F64(costs) => CpuStorage::F64(self.values(&costs[start..end], dims)?),
            _ => bail!("soft-dtw takes f32 or f64 costs"),
        };
        Ok((values, Shape::from(dims.0)))
    }

    fn bwd(&self, costs: &Tensor, _values: &Tensor, slopes: &Tensor) -> Result<Option<Tensor>> {
        let (k, n, m) = costs.dims3()?;
        let all: Vec<f64> = costs.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        let mut visits = Vec::with_capacity(all.len());
        for costs in all.chunks(n * m) {
            let found = soft_with_gradient(&matrix(costs, n, m)?, self.lambda).map_err(Error::wrap)?;
            visits.extend_from_slice(found.gradient.values());
        }
        let visits = Tensor::from_vec(visits, (k, n, m), costs.device())?.to_dtype(costs.dtype())?;
        Ok(Some(visits.broadcast_mul(&slopes.unsqueeze(D::Minus1)?.unsqueeze(D::Minus1)?)?))
    }
}

fn matrix<T: WithDType>(costs: &[T], n: usize, m: usize) -> Result<CostMatrix> {
    CostMatrix::new(n, m, costs.iter().map(|cost| cost.to_f64()).collect()).map_err(Error::wrap)
}
