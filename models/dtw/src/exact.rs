//! Classic dynamic time warping: the cheapest monotone path through the whole matrix.
//!
//! Invariants: a path starts at `(0, 0)`, ends at the last cell and moves by one diagonal, one row or one
//! column at a time; equal costs prefer the diagonal, then the earlier row, so the path is unique.

use crate::CostMatrix;

/// A monotone path and what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Sum of the local costs along the path.
    pub cost: f64,
    /// Cells `(row, col)` from first to last.
    pub path: Vec<(usize, usize)>,
}

/// The cheapest path: O(rows · columns) time and memory.
#[must_use]
pub fn exact(cost: &CostMatrix) -> Alignment {
    let (rows, cols) = (cost.rows(), cost.cols());
    let mut total = vec![f64::INFINITY; rows * cols];
    for row in 0..rows {
        for col in 0..cols {
            let before = match (row, col) {
                (0, 0) => 0.0,
                (0, _) => total[col - 1],
                (_, 0) => total[(row - 1) * cols],
                _ => {
                    let above = (row - 1) * cols + col;
                    total[above - 1].min(total[above]).min(total[row * cols + col - 1])
                }
            };
            total[row * cols + col] = cost.at(row, col) + before;
        }
    }
    let path = trace(rows, cols, |row, col| total[row * cols + col]);
    Alignment { cost: total[rows * cols - 1], path }
}

/// Walks back from the last cell along the cheapest predecessors.
pub(crate) fn trace(rows: usize, cols: usize, total: impl Fn(usize, usize) -> f64) -> Vec<(usize, usize)> {
    let (mut row, mut col) = (rows - 1, cols - 1);
    let mut path = vec![(row, col)];
    while row > 0 || col > 0 {
        (row, col) = match (row, col) {
            (0, _) => (0, col - 1),
            (_, 0) => (row - 1, 0),
            _ => {
                let (diagonal, above, left) =
                    (total(row - 1, col - 1), total(row - 1, col), total(row, col - 1));
                if diagonal <= above && diagonal <= left {
                    (row - 1, col - 1)
                } else if above <= left {
                    (row - 1, col)
                } else {
                    (row, col - 1)
                }
            }
        };
        path.push((row, col));
    }
    path.reverse();
    path
}
