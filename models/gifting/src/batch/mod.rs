//! Users and rooms as tensors: ids looked up, lists padded, missing parts masked.
//!
//! Invariants: everything is checked here, so the network sees finite numbers of the right widths only; node 0 of
//! every table is nobody, and pads lists.

mod half;
mod listed;
mod nodes;
mod search;

pub(crate) use half::{Kept, RoomBatch, SegmentBatch, UserBatch};
pub(crate) use listed::{AGES, Listed};
pub(crate) use nodes::{NodeBatch, NodeRows};
pub(crate) use search::{best_matches, by_category, newest};

use crate::{Config, GiftingError, Nodes, Slots};
use candle_core::{DType, Device, Tensor};
use rand_chacha::ChaCha8Rng;

/// What is needed to look inputs up.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) config: &'a Config,
    pub(crate) streamers: &'a Slots,
    pub(crate) users: &'a Slots,
    pub(crate) nodes: &'a dyn Nodes,
    pub(crate) device: &'a Device,
    pub(crate) dtype: DType,
}

/// Random loss of inputs while training, so that the ranker learns to do without.
pub(crate) struct Losing<'a> {
    pub(crate) random: &'a mut ChaCha8Rng,
    /// Chance that a node is treated as unknown.
    pub(crate) ids: f64,
    /// Chance that a modality of a segment is missing.
    pub(crate) modalities: f64,
}

impl Known<'_> {
    pub(crate) fn tensor(&self, values: Vec<f32>, shape: &[usize]) -> Result<Tensor, GiftingError> {
        Ok(Tensor::from_vec(values, shape, self.device)?.to_dtype(self.dtype)?)
    }

    pub(crate) fn indices(&self, values: Vec<u32>) -> Result<Tensor, GiftingError> {
        let count = values.len();
        Ok(Tensor::from_vec(values, count, self.device)?)
    }

    /// Side features row after row; `None` of no width.
    fn side<'b>(
        &self,
        what: &str,
        width: usize,
        rows: impl ExactSizeIterator<Item = (u64, &'b [f32])>,
    ) -> Result<Option<Tensor>, GiftingError> {
        if width == 0 {
            return Ok(None);
        }
        let count = rows.len();
        let mut values = Vec::with_capacity(count * width);
        for (id, row) in rows {
            checked(|| format!("side features of {what} {id}"), row, width)?;
            values.extend_from_slice(row);
        }
        self.tensor(values, &[count, width]).map(Some)
    }

    /// Side features of pairs, row after row.
    pub(crate) fn pair_side(&self, values: &[f32], pairs: usize) -> Result<Option<Tensor>, GiftingError> {
        let width = self.config.pair_side;
        checked(|| String::from("side features of pairs"), values, width * pairs)?;
        if width == 0 { Ok(None) } else { self.tensor(values.to_vec(), &[pairs, width]).map(Some) }
    }
}

/// Refuses a vector of another width, or with a value that isn't finite.
pub(crate) fn checked(
    what: impl Fn() -> String,
    values: &[f32],
    expected: usize,
) -> Result<(), GiftingError> {
    if values.len() != expected {
        return Err(GiftingError::Width { what: what(), expected, got: values.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(GiftingError::NotFinite { what: what(), index }),
        None => Ok(()),
    }
}
