//! Leading right singular vectors of a sparse matrix by randomised subspace iteration (Halko, Martinsson and
//! Tropp, "Finding Structure with Randomness", SIAM Review 2011, algorithms 4.4 and 5.1).
//!
//! Invariants: columns are orthonormal, in the order of falling singular values; signs are fixed by making
//! the largest entry of each column positive.

use crate::sparse::Csr;
use crate::{RepresentationError, Result, random};
use faer::{Mat, MatRef, Side};
use rand::Rng;

/// Columns beyond those asked for, which make the ones asked for accurate.
const OVERSAMPLING: usize = 16;

/// Right singular vectors [columns of `matrix`, `count`] row-major, fewer if the matrix is smaller, and the
/// singular values. `rounds` of subspace iteration: the slower the spectrum falls, the more.
pub(crate) fn right_singular_vectors(
    matrix: &Csr,
    transposed: &Csr,
    count: usize,
    rounds: usize,
    seed: u64,
) -> Result<(Vec<f32>, Vec<f32>)> {
    let size = matrix.columns();
    let count = count.min(size).min(matrix.rows());
    if count == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let width = (count + OVERSAMPLING).min(size).min(matrix.rows());
    let mut random = random::stream(seed, "singular", 0);
    let mut basis: Vec<f64> = (0..size * width).map(|_| random.random_range(-1.0..1.0)).collect();
    for _ in 0..=rounds {
        basis = orthonormal(&transposed.times(&matrix.times(&basis, width), width), size, width);
    }
    // Rayleigh-Ritz: within the subspace the eigenvectors of (R Q)ᵀ (R Q) are exact.
    let image = matrix.times(&basis, width);
    let image = MatRef::from_row_major_slice(&image, matrix.rows(), width);
    let small = image.transpose() * image;
    let eigen = small.self_adjoint_eigen(Side::Lower).map_err(|source| {
        RepresentationError::Decomposition { what: "singular vectors", reason: format!("{source:?}") }
    })?;
    let basis = MatRef::from_row_major_slice(&basis, size, width);
    let vectors: Mat<f64> = basis * eigen.U();
    let mut out = vec![0.0; size * count];
    let mut values = Vec::with_capacity(count);
    for place in 0..count {
        // Eigenvalues come in rising order.
        let at = width - 1 - place;
        values.push(eigen.S()[at].max(0.0).sqrt() as f32);
        let column = vectors.col(at);
        let mut largest = 0.0_f64;
        for row in 0..size {
            if column[row].abs() > largest.abs() + 1e-12 {
                largest = column[row];
            }
        }
        let sign = if largest < 0.0 { -1.0 } else { 1.0 };
        for row in 0..size {
            out[row * count + place] = (sign * column[row]) as f32;
        }
    }
    Ok((out, values))
}

fn orthonormal(columns: &[f64], size: usize, width: usize) -> Vec<f64> {
    let factors = MatRef::from_row_major_slice(columns, size, width).qr();
    let q = factors.compute_thin_Q();
    let mut out = vec![0.0; size * width];
    for row in 0..size {
        for column in 0..width {
            out[row * width + column] = q[(row, column)];
        }
    }
    out
}
