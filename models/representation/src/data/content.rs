//! What items look or sound like: one row of numbers per item.
//!
//! Invariants: every value is finite; rows are of one width.

use crate::{RepresentationError, Result};

/// A matrix of `rows` items x `width` features, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    name: String,
    width: usize,
    values: Vec<f32>,
}

impl Content {
    /// `values` holds one row after the other. A row of zeros is an item without this modality.
    ///
    /// # Errors
    /// When `width` is 0, the values don't fill whole rows, or one is NaN or infinite.
    pub fn new(name: impl Into<String>, width: usize, values: Vec<f32>) -> Result<Self> {
        if width == 0 || !values.len().is_multiple_of(width) {
            return Err(RepresentationError::Size { what: "content values", expected: width, got: values.len() });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let reason = String::from("is not a finite number");
            return Err(RepresentationError::Row { what: "content", row: at / width, field: "value", reason });
        }
        Ok(Self { name: name.into(), width, values })
    }

    /// Name of the modality, such as `image`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Features per item.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of items.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// All values, row-major.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The features of an item; empty for one that isn't there.
    #[must_use]
    pub fn row(&self, item: u32) -> &[f32] {
        let start = (item as usize).saturating_mul(self.width);
        self.values.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// Every row scaled to length 1; rows of zeros stay.
    #[must_use]
    pub fn unit_rows(&self) -> Vec<f32> {
        let mut values = self.values.clone();
        for row in values.chunks_mut(self.width) {
            let norm = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
            if norm > 0.0 {
                row.iter_mut().for_each(|x| *x = (f64::from(*x) / norm) as f32);
            }
        }
        values
    }

    /// Every column with mean 0 and standard deviation 1 over the items; constant columns are 0.
    #[must_use]
    pub fn standardised(&self) -> Vec<f32> {
        let (rows, width) = (self.rows().max(1) as f64, self.width);
        let (mut mean, mut spread) = (vec![0.0_f64; width], vec![0.0_f64; width]);
        for row in self.values.chunks(width) {
            mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x) / rows);
        }
        for row in self.values.chunks(width) {
            for ((sum, &x), mean) in spread.iter_mut().zip(row).zip(&mean) {
                *sum += (f64::from(x) - mean).powi(2) / rows;
            }
        }
        let scaled = self.values.iter().enumerate().map(|(at, &x)| {
            let deviation = spread[at % width].sqrt();
            let centred = f64::from(x) - mean[at % width];
            if deviation > 1e-9 { (centred / deviation) as f32 } else { 0.0 }
        });
        scaled.collect()
    }

    /// BLAKE3 of name, width and values, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.name.as_bytes());
        hasher.update(&(self.width as u64).to_le_bytes());
        for value in &self.values {
            hasher.update(&value.to_bits().to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}
