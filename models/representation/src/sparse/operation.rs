//! A constant sparse matrix times a dense tensor, as one step of a differentiable computation.
//!
//! Invariants: `y = A x` has the gradient `Aᵀ dy` for `x`; the sparse matrix itself is not learnt.

use super::Csr;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

/// `x [columns, width] -> A x [rows, width]`.
#[derive(Debug, Clone)]
pub(crate) struct SparseProduct {
    matrix: Arc<Csr>,
    transposed: Arc<Csr>,
}

impl SparseProduct {
    /// Of a matrix that is its own transpose.
    pub(crate) fn symmetric(matrix: Csr) -> Self {
        let matrix = Arc::new(matrix);
        Self { transposed: matrix.clone(), matrix }
    }

    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1(self.clone())
    }
}

impl CustomOp1 for SparseProduct {
    fn name(&self) -> &'static str {
        "sparse-product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        if rows != self.matrix.columns() {
            bail!("sparse-product: {rows} rows, the graph has {}", self.matrix.columns());
        }
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("sparse-product: the dense matrix has to be contiguous")
        };
        let out = match storage {
            CpuStorage::F32(x) => CpuStorage::F32(self.matrix.times(&x[start..end], width)),
            CpuStorage::F64(x) => CpuStorage::F64(self.matrix.times(&x[start..end], width)),
            _ => bail!("sparse-product: only 32- and 64-bit floating-point numbers"),
        };
        Ok((out, Shape::from((self.matrix.rows(), width))))
    }

    fn bwd(&self, _arg: &Tensor, _res: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let back = Self { matrix: self.transposed.clone(), transposed: self.matrix.clone() };
        Ok(Some(back.apply(gradient)?))
    }
}
