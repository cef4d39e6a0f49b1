//! Numbers in rows of one width, read from NumPy files.
//!
//! Invariants: every number is finite; rows are in the order of the file. Memory: 4 bytes per number, and nothing
//! beside it while reading.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use half::f16;
use npyz::{DType, NpyFile, Order, TypeChar};

use crate::DatasetError;

/// Rows of `f32`, all as wide as each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    width: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// Rows from their numbers one after the other; what exceeds whole rows is dropped.
    #[must_use]
    pub fn new(width: usize, mut values: Vec<f32>) -> Self {
        let whole = values.len().checked_div(width).unwrap_or(0) * width;
        values.truncate(whole);
        Self { width, values }
    }

    /// Numbers in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&[f32]> {
        let begin = row.checked_mul(self.width)?;
        self.values.get(begin..begin.checked_add(self.width)?).filter(|row| !row.is_empty())
    }

    /// All numbers, row after row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// Reads a NumPy file of two dimensions, C order, `f2`, `f4` or `f8` of either byte order.
///
/// # Errors
/// When the file is none of that, is shorter than its header says, or a number isn't finite; the message names the
/// file, and the row and column.
pub fn read_npy(path: &Path) -> Result<Matrix, DatasetError> {
    read_npy_rows(path, |_| true).map(|(_, matrix)| matrix)
}

/// Reads the rows for which `wanted` says so; returns the number of rows in the file as well. Rows that are left out
/// take no memory, but are checked like the others.
pub(crate) fn read_npy_rows(
    path: &Path,
    wanted: impl FnMut(usize) -> bool,
) -> Result<(usize, Matrix), DatasetError> {
    let file = File::open(path).map_err(DatasetError::io(path))?;
    let refuse = |reason: String| DatasetError::layout(path, reason);
    let npy =
        NpyFile::new(BufReader::with_capacity(1 << 16, file)).map_err(|error| refuse(error.to_string()))?;
    let &[rows, width] = npy.shape() else {
        return Err(refuse(format!("has {} dimensions, not 2 (rows, width)", npy.shape().len())));
    };
    if npy.order() != Order::C {
        return Err(refuse("is in Fortran order; write it with numpy.ascontiguousarray".to_owned()));
    }
    let shape = (count(rows).map_err(refuse)?, count(width).map_err(refuse)?);
    if shape.1 == 0 {
        return Err(refuse("has rows of width 0".to_owned()));
    }
    let dtype = npy.dtype();
    let DType::Plain(plain) = &dtype else {
        return Err(refuse(format!("holds {}, not f2, f4 or f8", dtype.descr())));
    };
    match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 2) => collect::<f16, _>(npy, path, shape, f16::to_f32, wanted),
        (TypeChar::Float, 4) => collect::<f32, _>(npy, path, shape, |value| value, wanted),
        (TypeChar::Float, 8) => collect::<f64, _>(npy, path, shape, |value| value as f32, wanted),
        _ => Err(refuse(format!("holds {}, not f2, f4 or f8", dtype.descr()))),
    }
}

fn count(value: u64) -> Result<usize, String> {
    usize::try_from(value).map_err(|_larger| format!("{value} rows or columns don't fit into memory"))
}

fn collect<T: npyz::Deserialize, R: Read>(
    npy: NpyFile<R>,
    path: &Path,
    (rows, width): (usize, usize),
    number: impl Fn(T) -> f32,
    mut wanted: impl FnMut(usize) -> bool,
) -> Result<(usize, Matrix), DatasetError> {
    let mut data = npy.data::<T>().map_err(|error| DatasetError::layout(path, error.to_string()))?;
    let mut values = Vec::new();
    for row in 0..rows {
        let keep = wanted(row);
        for column in 0..width {
            let refuse =
                |reason: String| DatasetError::features(path, format!("row {row}, column {column}"), reason);
            let value = match data.next() {
                Some(Ok(value)) => number(value),
                Some(Err(error)) => return Err(refuse(error.to_string())),
                None => return Err(refuse("the file ends here".to_owned())),
            };
            if !value.is_finite() {
                return Err(refuse(format!("{value} isn't a finite f32")));
            }
            if keep {
                values.push(value);
            }
        }
    }
    Ok((rows, Matrix::new(width, values)))
}
