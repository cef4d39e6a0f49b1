//! A model's numbers by name.
//!
//! Invariants: a missing tensor or one of another rank is an error that names it.

use crate::sparse::Csr;
use crate::{RepresentationError, Result};
use candle_core::{Device, Tensor};
use std::collections::BTreeMap;

/// Tensors by name.
#[derive(Debug, Default)]
pub(crate) struct Tensors(BTreeMap<String, Tensor>);

impl Tensors {
    pub(crate) fn from_map(map: BTreeMap<String, Tensor>) -> Self {
        Self(map)
    }

    pub(super) fn into_map(self) -> BTreeMap<String, Tensor> {
        self.0
    }

    pub(crate) fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.0.insert(name.into(), tensor);
    }

    /// Adds a row-major matrix of `width` columns.
    pub(crate) fn matrix(&mut self, name: impl Into<String>, values: &[f32], width: usize) -> Result<()> {
        let rows = values.len().checked_div(width).unwrap_or(0);
        self.insert(name, Tensor::from_slice(values, (rows, width), &Device::Cpu)?);
        Ok(())
    }

    /// Adds a vector.
    pub(crate) fn vector(&mut self, name: impl Into<String>, values: &[f32]) -> Result<()> {
        self.insert(name, Tensor::from_slice(values, values.len(), &Device::Cpu)?);
        Ok(())
    }

    /// Those whose names start with `prefix` and a dot, without them.
    pub(crate) fn under(&self, prefix: &str) -> Self {
        let strip = |name: &str| name.strip_prefix(prefix)?.strip_prefix('.').map(str::to_owned);
        Self(self.0.iter().filter_map(|(name, tensor)| Some((strip(name)?, tensor.clone()))).collect())
    }

    /// Adds all of `others` under `prefix` and a dot.
    pub(crate) fn add_under(&mut self, prefix: &str, others: Self) {
        self.0.extend(others.0.into_iter().map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)));
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Tensor> {
        self.0.get(name).ok_or_else(|| RepresentationError::Training {
            what: "checkpoint",
            reason: format!("tensor {name} is missing"),
        })
    }

    /// All values of a tensor of 32-bit numbers.
    pub(crate) fn values(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.get(name)?.flatten_all()?.to_vec1()?)
    }

    /// Values and number of columns of a matrix.
    pub(crate) fn columns(&self, name: &str) -> Result<(Vec<f32>, usize)> {
        let width = self.get(name)?.dims2()?.1;
        Ok((self.values(name)?, width))
    }

    /// The sparse matrix that [`csr_into`] put there.
    pub(crate) fn csr(&self, name: &str, columns: usize) -> Result<Csr> {
        let starts: Vec<i64> = self.get(&format!("{name}.starts"))?.to_vec1()?;
        let column: Vec<u32> = self.get(&format!("{name}.columns"))?.to_vec1()?;
        let value = self.values(&format!("{name}.values"))?;
        let rising = starts.first() == Some(&0)
            && starts.is_sorted()
            && starts.last().copied() == i64::try_from(column.len()).ok();
        RepresentationError::size("values of a sparse matrix", column.len(), value.len())?;
        let starts: Vec<usize> = starts.into_iter().filter_map(|start| usize::try_from(start).ok()).collect();
        let ascending = |row: &[usize]| {
            let row = &column[row[0]..row[1]];
            row.windows(2).all(|pair| pair[0] < pair[1])
                && row.last().is_none_or(|&last| (last as usize) < columns)
        };
        if !rising || !starts.windows(2).all(ascending) {
            let reason = format!("sparse matrix {name} is damaged");
            return Err(RepresentationError::Training { what: "checkpoint", reason });
        }
        Ok(Csr::from_parts(columns, starts, column, value))
    }
}

/// Adds a sparse matrix as `name.starts`, `name.columns`, `name.values`.
pub(crate) fn csr_into(tensors: &mut Tensors, name: &str, matrix: &Csr) -> Result<()> {
    let (starts, columns, values) = matrix.parts();
    let starts: Vec<i64> = starts.iter().map(|&start| start as i64).collect();
    let (length, device) = (columns.len(), &Device::Cpu);
    tensors.insert(format!("{name}.starts"), Tensor::from_slice(&starts, starts.len(), device)?);
    tensors.insert(format!("{name}.columns"), Tensor::from_slice(columns, length, device)?);
    tensors.insert(format!("{name}.values"), Tensor::from_slice(values, length, device)?);
    Ok(())
}
