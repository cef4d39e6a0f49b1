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
            return Err(RepresentationError::Size {
                what: "content values",
                expected: width,
                got: values.len(),
            });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let reason = String::from("is not a finite number");
            return Err(RepresentationError::Row {
                what: "content",
                row: at / width,
                field: "value",
                reason,
            });
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

    /// Every column with mean 0 over the items.
    #[must_use]
    pub fn centred(&self) -> Vec<f32> {
        self.scaled(|_| 1.0)
    }

    /// Every column with mean 0 and standard deviation 1 over the items; constant columns are 0.
    #[must_use]
    pub fn standardised(&self) -> Vec<f32> {
        self.scaled(|deviation| if deviation > 1e-9 { 1.0 / deviation } else { 0.0 })
    }

    /// Centred columns times what `scale` makes of their standard deviation.
    fn scaled(&self, scale: impl Fn(f64) -> f64) -> Vec<f32> {
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
        let scales: Vec<f64> = spread.into_iter().map(|variance| scale(variance.sqrt())).collect();
        let scaled =
            |(at, &x): (usize, &f32)| ((f64::from(x) - mean[at % width]) * scales[at % width]) as f32;
        self.values.iter().enumerate().map(scaled).collect()
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
