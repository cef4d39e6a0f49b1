//! A prepared picture as rows of a trunk: the class token, then every patch through one matrix, each with its position.

use candle_core::Device;

use crate::TransformerError;
use crate::trunk::{Dense, Plain};

/// The first layer of a picture transformer.
pub(crate) struct Patches {
    matrix: Dense,
    class: Vec<f32>,
    positions: Vec<f32>,
    side: usize,
    patch: usize,
}

impl Patches {
    /// `weight`: `(width, 3, patch, patch)`; `positions`: a row for the class token and for each patch. A picture's last columns and
    /// rows that fill no patch are left out.
    pub(crate) fn new(
        weight: Vec<f32>,
        bias: Vec<f32>,
        class: Vec<f32>,
        positions: Vec<f32>,
        (side, patch): (usize, usize),
        device: &Device,
    ) -> Result<Self, TransformerError> {
        let matrix = Dense::new(&Plain { inputs: 3 * patch * patch, weight, bias }, device)?;
        Ok(Self { matrix, class, positions, side, patch })
    }

    /// Rows of a picture.
    pub(crate) fn rows(&self) -> usize {
        (self.side / self.patch).pow(2) + 1
    }

    /// Rows of pictures that are given as planes.
    pub(crate) fn embed(&self, pixels: &[f32]) -> Result<Vec<f32>, TransformerError> {
        let Self { side, patch, .. } = *self;
        let across = side / patch;
        let mut patches = Vec::with_capacity(pixels.len());
        for picture in pixels.chunks_exact(3 * side * side) {
            for (top, left) in (0..across).flat_map(|row| (0..across).map(move |column| (row, column))) {
                for plane in picture.chunks_exact(side * side) {
                    for row in plane.chunks_exact(side).skip(top * patch).take(patch) {
                        patches.extend_from_slice(&row[left * patch..][..patch]);
                    }
                }
            }
        }
        let embedded = self.matrix.apply(&patches)?;
        let width = self.class.len();
        let mut rows = Vec::with_capacity(embedded.len() + embedded.len() / (across * across).max(1));
        for picture in embedded.chunks_exact(across * across * width) {
            let values = self.class.iter().chain(picture);
            rows.extend(values.zip(&self.positions).map(|(value, position)| value + position));
        }
        Ok(rows)
    }

    /// The class tokens of all pictures.
    pub(crate) fn first_rows(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.class.len();
        rows.chunks_exact(self.rows() * width).flat_map(|picture| &picture[..width]).copied().collect()
    }
}
