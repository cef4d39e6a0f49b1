//! The local cost matrix every variant of dynamic time warping works on, and the crate's error.
//!
//! Invariants: at least one row and one column; row-major; every value is finite and at most
//! [`LARGEST_COST`] in size.

/// Largest magnitude of one cost. Sums of up to 10^100 such costs still fit into an `f64`.
pub const LARGEST_COST: f64 = 1e150;

/// What can be wrong with the input of an alignment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DtwError {
    /// There is nothing to align.
    #[error("cost matrix of {rows} rows and {cols} columns is empty")]
    Empty {
        /// Number of rows asked for.
        rows: usize,
        /// Number of columns asked for.
        cols: usize,
    },
    /// Shape and number of values disagree, or two feature vectors differ in width.
    #[error("{what}: expected {expected} values, got {got}")]
    Length {
        /// What was being measured.
        what: &'static str,
        /// How many values were needed.
        expected: usize,
        /// How many there were.
        got: usize,
    },
    /// A cost is NaN, infinite or beyond [`LARGEST_COST`].
    #[error("cost at row {row}, column {col} is {value}, which cannot be summed")]
    NotSummable {
        /// Row of the value.
        row: usize,
        /// Column of the value.
        col: usize,
        /// The value.
        value: f64,
    },
    /// The band contains no path from the first to the last cell.
    #[error("a band of radius {radius} admits no path through {rows} rows and {cols} columns")]
    NoPath {
        /// Radius of the band.
        radius: usize,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        cols: usize,
    },
    /// A parameter is outside its range.
    #[error("{name} must be {range}, got {value}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The range in words.
        range: &'static str,
        /// What was given.
        value: f64,
    },
}

/// Local costs `D[row, col]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct CostMatrix {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
}

impl CostMatrix {
    /// A matrix of `rows * cols` values, row by row.
    ///
    /// # Errors
    /// When it is empty, the number of values is wrong, or a value cannot be summed.
    pub fn new(rows: usize, cols: usize, values: Vec<f64>) -> Result<Self, DtwError> {
        if rows == 0 || cols == 0 {
            return Err(DtwError::Empty { rows, cols });
        }
        let expected = rows.checked_mul(cols).ok_or(DtwError::Empty { rows, cols })?;
        if values.len() != expected {
            return Err(DtwError::Length { what: "cost matrix", expected, got: values.len() });
        }
        if let Some(at) = values.iter().position(|&value| !summable(value)) {
            return Err(DtwError::NotSummable { row: at / cols, col: at % cols, value: values[at] });
        }
        Ok(Self { rows, cols, values })
    }

    /// A matrix whose value at `(row, col)` is `cost(row, col)`.
    ///
    /// # Errors
    /// As [`CostMatrix::new`].
    pub fn from_fn(
        rows: usize,
        cols: usize,
        mut cost: impl FnMut(usize, usize) -> f64,
    ) -> Result<Self, DtwError> {
        let mut values = Vec::new();
        for row in 0..rows {
            for col in 0..cols {
                values.push(cost(row, col));
            }
        }
        Self::new(rows, cols, values)
    }

    /// Number of rows, at least 1.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, at least 1.
    #[must_use]
    pub const fn cols(&self) -> usize {
        self.cols
    }

    /// All values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The value at `(row, col)`; `None` outside the matrix.
    #[must_use]
    pub fn get(&self, row: usize, col: usize) -> Option<f64> {
        (row < self.rows && col < self.cols).then(|| self.at(row, col))
    }

    /// Rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let values =
            (0..self.cols).flat_map(|col| (0..self.rows).map(move |row| self.at(row, col))).collect();
        Self { rows: self.cols, cols: self.rows, values }
    }

    /// The matrix whose row `k` is row `order[k]` of this one.
    ///
    /// # Errors
    /// When `order` is empty or names a row that does not exist.
    pub fn with_rows(&self, order: &[usize]) -> Result<Self, DtwError> {
        let mut values = Vec::with_capacity(order.len() * self.cols);
        for &row in order {
            let start = row.checked_mul(self.cols).filter(|_| row < self.rows).ok_or(DtwError::Length {
                what: "row order",
                expected: self.rows,
                got: row,
            })?;
            values.extend_from_slice(&self.values[start..start + self.cols]);
        }
        Self::new(order.len(), self.cols, values)
    }

    pub(crate) fn at(&self, row: usize, col: usize) -> f64 {
        self.values[row * self.cols + col]
    }

    /// Values that came out of a computation on a checked matrix and so need no second check.
    pub(crate) const fn computed(rows: usize, cols: usize, values: Vec<f64>) -> Self {
        Self { rows, cols, values }
    }
}

pub(crate) fn summable(value: f64) -> bool {
    value.abs() <= LARGEST_COST
}
