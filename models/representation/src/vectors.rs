//! A vector for each user and item; scores are their inner products.
//!
//! Invariants: all vectors are finite and of one width; a user without vector gets one from the items given.

use crate::checkpoint::Tensors;
use crate::{DataDigests, RepresentationError, Result};

/// What graph convolution leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    width: usize,
    users: Vec<f32>,
    items: Vec<f32>,
    fold: Vec<f32>,
}

impl Vectors {
    /// Row-major `users`, `items` and `fold`. A user who appears after training with items `h` gets the vector
    /// `|h|^-½ Σ_{i ∈ h} fold_i`, which is what the convolution would give a new node joined to them.
    ///
    /// # Errors
    /// When the sizes don't fit together or a number is not finite.
    pub fn new(width: usize, users: Vec<f32>, items: Vec<f32>, fold: Vec<f32>) -> Result<Self> {
        if width == 0 || !users.len().is_multiple_of(width) || !items.len().is_multiple_of(width) {
            return Err(RepresentationError::Size { what: "vectors", expected: width, got: users.len() });
        }
        RepresentationError::size("fold-in vectors", items.len(), fold.len())?;
        if !users.iter().chain(&items).chain(&fold).all(|x| x.is_finite()) {
            let reason = String::from("a vector is not finite: lower the learning rate");
            return Err(RepresentationError::Training { what: "vectors", reason });
        }
        Ok(Self { width, users, items, fold })
    }

    /// Numbers per vector.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of users who were there in training.
    #[must_use]
    pub fn user_count(&self) -> usize {
        self.users.len() / self.width
    }

    /// Number of items.
    #[must_use]
    pub fn item_count(&self) -> usize {
        self.items.len() / self.width
    }

    /// Vector of a user of the training; `None` for later ones.
    #[must_use]
    pub fn user(&self, user: u32) -> Option<&[f32]> {
        row(&self.users, self.width, user)
    }

    /// Vector of an item.
    #[must_use]
    pub fn item(&self, item: u32) -> Option<&[f32]> {
        row(&self.items, self.width, item)
    }

    /// Vector of anybody who chose these items; zeros if none of them is known.
    #[must_use]
    pub fn folded(&self, history: &[u32]) -> Vec<f32> {
        let mut sum = vec![0.0; self.width];
        let mut count = 0_usize;
        for fold in history.iter().filter_map(|&item| row(&self.fold, self.width, item)) {
            sum.iter_mut().zip(fold).for_each(|(sum, x)| *sum += x);
            count += 1;
        }
        let scale = 1.0 / (count.max(1) as f32).sqrt();
        sum.iter_mut().for_each(|sum| *sum *= scale);
        sum
    }

    /// Vector of a known user, or of an unknown one from the items.
    #[must_use]
    pub fn of(&self, user: u32, history: &[u32]) -> Vec<f32> {
        self.user(user).map_or_else(|| self.folded(history), <[f32]>::to_vec)
    }

    /// Inner products of a user's vector with every item's.
    ///
    /// # Errors
    /// When `out` doesn't have one place per item.
    pub fn score(&self, user: u32, history: &[u32], out: &mut [f32]) -> Result<()> {
        RepresentationError::size("scores", self.item_count(), out.len())?;
        let vector = self.of(user, history);
        for (out, item) in out.iter_mut().zip(self.items.chunks(self.width)) {
            *out = item.iter().zip(&vector).map(|(a, b)| a * b).sum();
        }
        Ok(())
    }

    pub(crate) fn take_apart(&self) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        for (name, values) in [("users", &self.users), ("items", &self.items), ("fold", &self.fold)] {
            tensors.matrix(name, values, self.width)?;
        }
        Ok(tensors)
    }

    pub(crate) fn restore(width: usize, data: &DataDigests, tensors: &Tensors) -> Result<Self> {
        let read = |name, rows: usize| -> Result<Vec<f32>> {
            let (values, found) = tensors.columns(name)?;
            RepresentationError::size("width of the vectors", width, found)?;
            RepresentationError::size("vectors", rows * width, values.len())?;
            Ok(values)
        };
        let (users, items) = (read("users", data.users)?, read("items", data.items)?);
        Self::new(width, users, items, read("fold", data.items)?)
    }
}

fn row(values: &[f32], width: usize, at: u32) -> Option<&[f32]> {
    let start = (at as usize).checked_mul(width)?;
    values.get(start..start.checked_add(width)?)
}
