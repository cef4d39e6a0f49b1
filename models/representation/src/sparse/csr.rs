//! A sparse matrix by rows, 32-bit values.
//!
//! Invariants: columns of a row are distinct, ascending and below the number of columns.

use candle_core::WithDType;
use rayon::prelude::*;

/// Rows of (column, value).
#[derive(Debug, Clone, PartialEq)]
pub struct Csr {
    columns: usize,
    starts: Vec<usize>,
    column: Vec<u32>,
    value: Vec<f32>,
}

/// Rows handed to a thread at once: enough to outweigh handing them over.
const ROWS: usize = 64;

impl Csr {
    /// The caller vouches for the invariants.
    pub(crate) fn from_parts(columns: usize, starts: Vec<usize>, column: Vec<u32>, value: Vec<f32>) -> Self {
        debug_assert_eq!(starts.last(), Some(&column.len()));
        Self { columns, starts, column, value }
    }

    /// From (row, column, value) in any order; values of the same place add up, places outside are left out.
    #[must_use]
    pub fn from_triples(rows: usize, columns: usize, mut triples: Vec<(u32, u32, f32)>) -> Self {
        triples.retain(|&(row, column, _)| (row as usize) < rows && (column as usize) < columns);
        triples.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let mut made = Self { columns, starts: vec![0; rows + 1], column: Vec::new(), value: Vec::new() };
        for same in triples.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            made.column.push(same[0].1);
            made.value.push(same.iter().map(|triple| triple.2).sum());
            made.starts[same[0].0 as usize + 1] += 1;
        }
        for row in 0..rows {
            made.starts[row + 1] += made.starts[row];
        }
        made
    }

    /// From the (column, value) pairs of each row, in any order within a row and without repetition.
    #[must_use]
    pub fn from_rows(columns: usize, rows: Vec<Vec<(u32, f32)>>) -> Self {
        let mut starts = Vec::with_capacity(rows.len() + 1);
        starts.push(0);
        let (mut column, mut value) = (Vec::new(), Vec::new());
        for mut row in rows {
            row.retain(|&(column, _)| (column as usize) < columns);
            row.sort_by_key(|&(column, _)| column);
            row.dedup_by_key(|&mut (column, _)| column);
            column.extend(row.iter().map(|pair| pair.0));
            value.extend(row.iter().map(|pair| pair.1));
            starts.push(column.len());
        }
        Self { columns, starts, column, value }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of stored values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether nothing is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// Columns and values of a row; empty for one that isn't there.
    #[must_use]
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = if row < self.rows() { self.starts[row]..self.starts[row + 1] } else { 0..0 };
        (&self.column[range.clone()], &self.value[range])
    }

    /// Pairs of a row.
    pub fn pairs(&self, row: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let (columns, values) = self.row(row);
        columns.iter().map(|&column| column as usize).zip(values.iter().copied())
    }

    /// Replaces every value by `new(row, column, value)`.
    pub fn map(&mut self, new: impl Fn(usize, usize, f32) -> f32) {
        for row in 0..self.starts.len() - 1 {
            for at in self.starts[row]..self.starts[row + 1] {
                self.value[at] = new(row, self.column[at] as usize, self.value[at]);
            }
        }
    }

    /// Keeps the values for which `keep(row, column, value)` holds.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(usize, usize, f32) -> bool) -> Self {
        let mut made = Self {
            columns: self.columns,
            starts: Vec::with_capacity(self.starts.len()),
            column: Vec::with_capacity(self.len()),
            value: Vec::with_capacity(self.len()),
        };
        made.starts.push(0);
        for row in 0..self.rows() {
            for (column, value) in self.pairs(row) {
                if keep(row, column, value) {
                    made.column.push(column as u32);
                    made.value.push(value);
                }
            }
            made.starts.push(made.column.len());
        }
        made
    }

    /// Rows become columns.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut starts = vec![0_usize; self.columns + 1];
        for &column in &self.column {
            starts[column as usize + 1] += 1;
        }
        for at in 0..self.columns {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let (mut column, mut value) = (vec![0; self.len()], vec![0.0; self.len()]);
        for row in 0..self.rows() {
            for (at, weight) in self.pairs(row) {
                column[next[at]] = row as u32;
                value[next[at]] = weight;
                next[at] += 1;
            }
        }
        Self { columns: self.rows(), starts, column, value }
    }

    /// The product with a dense row-major matrix of `width` columns, which has a row for each column of this
    /// one; the result has a row for each row. Rows of `dense` that are missing count as zero.
    #[must_use]
    pub fn times<T: WithDType>(&self, dense: &[T], width: usize) -> Vec<T> {
        let mut out = vec![T::zero(); self.rows() * width];
        if width == 0 {
            return out;
        }
        out.par_chunks_mut(width).with_min_len(ROWS).enumerate().for_each(|(row, out)| {
            for (column, weight) in self.pairs(row) {
                let weight = T::from_f64(f64::from(weight));
                let Some(source) = dense.get(column * width..(column + 1) * width) else { continue };
                for (sum, &x) in out.iter_mut().zip(source) {
                    *sum += weight * x;
                }
            }
        });
        out
    }

    /// The parts: starts of rows, columns, values.
    pub(crate) fn parts(&self) -> (&[usize], &[u32], &[f32]) {
        (&self.starts, &self.column, &self.value)
    }
}
