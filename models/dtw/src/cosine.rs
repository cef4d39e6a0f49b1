//! Cosine similarity with the alignment loss's smoothing, and the cost matrix made of it.
//!
//! Invariants: the epsilon is added to the product of the norms, so two zero vectors have similarity 0
//! and nothing divides by zero.

use crate::{CostMatrix, DtwError};

/// Added to the product of the norms (KuaiHL, released alignment loss).
pub const EPSILON: f64 = 0.01;

/// `<x, y> / (|x| |y| + 0.01)`.
///
/// # Errors
/// When the vectors differ in width.
pub fn cosine_similarity(x: &[f64], y: &[f64]) -> Result<f64, DtwError> {
    if x.len() != y.len() {
        return Err(DtwError::Length { what: "feature vector", expected: x.len(), got: y.len() });
    }
    let dot: f64 = x.iter().zip(y).map(|(a, b)| a * b).sum();
    Ok(dot / (norm(x) * norm(y) + EPSILON))
}

/// `D[a, b] = 1 - similarity(rows[a], cols[b])`.
///
/// # Errors
/// When either side is empty, widths differ, or a feature is not finite.
pub fn cosine_cost<R: AsRef<[f64]>, C: AsRef<[f64]>>(rows: &[R], cols: &[C]) -> Result<CostMatrix, DtwError> {
    let mut values = Vec::with_capacity(rows.len().saturating_mul(cols.len()));
    for row in rows {
        for col in cols {
            values.push(1.0 - cosine_similarity(row.as_ref(), col.as_ref())?);
        }
    }
    CostMatrix::new(rows.len(), cols.len(), values)
}

fn norm(x: &[f64]) -> f64 {
    x.iter().map(|a| a * a).sum::<f64>().sqrt()
}
