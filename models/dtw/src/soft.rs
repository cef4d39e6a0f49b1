//! Soft-DTW: the smooth minimum over all paths, with its gradient (KuaiHL, alignment loss).
//!
//! Invariants: the first row and the first column are plain sums; the three-way soft minimum subtracts its
//! smallest term before exponentiating, so any positive lambda works; the value never exceeds the exact cost.

use crate::{CostMatrix, DtwError};

/// Value of soft-DTW and its derivative by every local cost.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftAlignment {
    /// `R[last, last]`.
    pub value: f64,
    /// `dR[last, last] / dD[row, col]`: the expected visits of each cell, each in `0..=1`.
    pub gradient: CostMatrix,
}

/// `R[last, last]` of
/// `R[l, m] = D[l, m] - lambda · log(e^(-R[l-1, m-1] / lambda) + e^(-R[l, m-1] / lambda) + e^(-R[l-1, m] / lambda))`.
/// Memory is one row.
///
/// # Errors
/// When `lambda` is not a positive finite number.
pub fn soft(cost: &CostMatrix, lambda: f64) -> Result<f64, DtwError> {
    check(lambda)?;
    let (rows, cols) = (cost.rows(), cost.cols());
    let mut line = vec![0.0; cols];
    for row in 0..rows {
        let mut diagonal = line[0];
        line[0] = cost.at(row, 0) + if row == 0 { 0.0 } else { line[0] };
        for col in 1..cols {
            let above = line[col];
            let before =
                if row == 0 { line[col - 1] } else { soft_min(diagonal, line[col - 1], above, lambda) };
            diagonal = above;
            line[col] = cost.at(row, col) + before;
        }
    }
    Ok(line[cols - 1])
}

/// [`soft`] together with its gradient: O(rows · columns) time and memory.
///
/// # Errors
/// As [`soft`].
pub fn soft_with_gradient(cost: &CostMatrix, lambda: f64) -> Result<SoftAlignment, DtwError> {
    check(lambda)?;
    let (rows, cols) = (cost.rows(), cost.cols());
    let mut total = vec![0.0; rows * cols];
    // What a cell adds its own cost to. Kept, because recovering it as `total - cost` would lose the digits
    // that decide the weights when lambda is small.
    let mut before = vec![0.0; rows * cols];
    for row in 0..rows {
        for col in 0..cols {
            let at = row * cols + col;
            before[at] = match (row, col) {
                (0, 0) => 0.0,
                (0, _) => total[at - 1],
                (_, 0) => total[at - cols],
                _ => soft_min(total[at - cols - 1], total[at - 1], total[at - cols], lambda),
            };
            total[at] = cost.at(row, col) + before[at];
        }
    }
    let mut visits = vec![0.0; rows * cols];
    visits[rows * cols - 1] = 1.0;
    for row in (0..rows).rev() {
        for col in (0..cols).rev() {
            let at = row * cols + col;
            let share = |next: usize| {
                // A cell of the first row or column has one predecessor, and the only neighbours that ask
                // for their share of it are that one: its cell before lies outside the matrix.
                let border = next < cols || next.is_multiple_of(cols);
                let weight = if border { 1.0 } else { ((before[next] - total[at]) / lambda).exp() };
                weight * visits[next]
            };
            let (down, right) = (row + 1 < rows, col + 1 < cols);
            let mut sum = visits[at];
            if down && right {
                sum += share(at + cols + 1);
            }
            if right {
                sum += share(at + 1);
            }
            if down {
                sum += share(at + cols);
            }
            visits[at] = sum;
        }
    }
    Ok(SoftAlignment { value: total[rows * cols - 1], gradient: CostMatrix::computed(rows, cols, visits) })
}

fn check(lambda: f64) -> Result<(), DtwError> {
    if lambda > 0.0 && lambda.is_finite() {
        Ok(())
    } else {
        Err(DtwError::Parameter { name: "lambda", range: "positive and finite", value: lambda })
    }
}

/// `-lambda · log(e^(-a / lambda) + e^(-b / lambda) + e^(-c / lambda))`.
fn soft_min(a: f64, b: f64, c: f64, lambda: f64) -> f64 {
    let least = a.min(b).min(c);
    let sum: f64 = [a, b, c].iter().map(|x| (-(x - least) / lambda).exp()).sum();
    least - lambda * sum.ln()
}
