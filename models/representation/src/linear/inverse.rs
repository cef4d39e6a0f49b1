//! Inverse of a symmetric positive definite matrix by Cholesky decomposition.
//!
//! Invariants: the result is symmetric bit for bit.

use crate::{RepresentationError, Result};
use faer::linalg::solvers::DenseSolveCore;
use faer::{MatRef, Side};

/// `matrix` is `size` x `size`; only its lower half is read. The same length comes back.
pub(crate) fn inverse_of_positive(what: &'static str, matrix: &[f32], size: usize) -> Result<Vec<f32>> {
    RepresentationError::size(what, size * size, matrix.len())?;
    // Row-major and column-major are the same for a symmetric matrix, halves swapped.
    let view = MatRef::from_row_major_slice(matrix, size, size);
    let factors = view.llt(Side::Lower).map_err(|source| RepresentationError::Decomposition {
        what,
        reason: format!("matrix is not positive definite: {source:?}"),
    })?;
    let inverse = factors.inverse();
    let mut out = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let value = inverse[(row, column)];
            out[row * size + column] = value;
            out[column * size + row] = value;
        }
    }
    Ok(out)
}
