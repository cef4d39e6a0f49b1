//! Dynamic time warping inside a Sakoe-Chiba band `|row - col| <= radius`.
//!
//! Invariants: memory is O(rows · radius); a cell outside the band is never entered; a band as wide as the
//! matrix gives the exact result, ties included.

use crate::exact::trace;
use crate::{Alignment, CostMatrix, DtwError};

/// The cheapest path that stays within `radius` of the main diagonal.
///
/// # Errors
/// [`DtwError::NoPath`] when the last cell lies outside the band, that is when
/// `radius < |rows - cols|`.
pub fn banded(cost: &CostMatrix, radius: usize) -> Result<Alignment, DtwError> {
    let (rows, cols) = (cost.rows(), cost.cols());
    if radius < rows.abs_diff(cols) {
        return Err(DtwError::NoPath { radius, rows, cols });
    }
    // No cell is further from the diagonal than the longer side, so a wider band costs no more memory.
    let radius = radius.min(rows.max(cols));
    let width = 2 * radius + 1;
    let mut total = vec![f64::INFINITY; rows * width];
    // Column `col` of row `row` is kept in slot `col + radius - row`.
    let slot = |row: usize, col: usize| {
        let shifted = col + radius;
        (shifted >= row && shifted - row < width).then(|| row * width + shifted - row)
    };
    for row in 0..rows {
        for col in row.saturating_sub(radius)..cols.min(row + radius + 1) {
            let reach = |row: Option<usize>, col: Option<usize>| match (row, col) {
                (Some(row), Some(col)) => slot(row, col).map_or(f64::INFINITY, |at| total[at]),
                _ => f64::INFINITY,
            };
            let (above, left) = (row.checked_sub(1), col.checked_sub(1));
            let before = if row == 0 && col == 0 {
                0.0
            } else {
                reach(above, left).min(reach(above, Some(col))).min(reach(Some(row), left))
            };
            if let Some(at) = slot(row, col) {
                total[at] = cost.at(row, col) + before;
            }
        }
    }
    let read = |row: usize, col: usize| slot(row, col).map_or(f64::INFINITY, |at| total[at]);
    Ok(Alignment { cost: read(rows - 1, cols - 1), path: trace(rows, cols, read) })
}
