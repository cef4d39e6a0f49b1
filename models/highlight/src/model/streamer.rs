//! The streamer's embedding u: a row of its own for streamers of the training rooms, content for all.
//!
//! Invariants: u at position i reads units up to i alone, so a cold start looks no further ahead than
//! anything else.

use super::Pass;
use crate::{Config, HighlightError};
use candle_core::Tensor;
use candle_nn::{Init, Linear, VarBuilder};

/// Fingerprint of a streamer's identity: 16 hexadecimal digits. Checkpoints carry these, not names.
#[must_use]
pub fn streamer_fingerprint(streamer: &str) -> String {
    let mut digest = blake3::hash(streamer.as_bytes()).to_hex().to_string();
    digest.truncate(16);
    digest
}

/// Rows of known streamers, and the projection that starts everyone from content.
#[derive(Debug, Clone)]
pub(crate) struct Streamers {
    pub(crate) rows: Tensor,
    pub(crate) from_content: Linear,
}

impl Streamers {
    pub(crate) fn new(config: &Config, builder: &VarBuilder<'_>) -> Result<Self, HighlightError> {
        // The first row is nobody's: it is what a streamer without a row of their own gets on top of content.
        let shape = (config.streamers.len() + 1, config.width);
        let rows = builder.get_with_hints(shape, "rows", Init::Randn { mean: 0.0, stdev: 0.02 })?;
        let from_content = candle_nn::linear(config.width, config.width, builder.pp("content"))?;
        Ok(Self { rows, from_content })
    }

    /// u of `[batch, n, width]`: row of the streamer plus the projected mean of the units so far.
    pub(crate) fn forward(
        &self,
        units: &Tensor,
        streamers: &[Option<usize>],
        pass: &Pass,
    ) -> Result<Tensor, HighlightError> {
        let (_, n, _) = units.dims3()?;
        let mut weights = vec![0.0_f32; n * n];
        for row in 0..n {
            weights[row * n..=row * n + row].fill(1.0 / (row + 1) as f32);
        }
        let weights = Tensor::from_vec(weights, (1, n, n), units.device())?;
        let batch = units.dim(0)?;
        let mean = weights.broadcast_as((batch, n, n))?.contiguous()?.matmul(&units.contiguous()?)?;
        let rows: Vec<u32> = streamers.iter().map(|row| row.map_or(0, |row| row as u32 + 1)).collect();
        let rows = self.rows.index_select(&Tensor::new(rows, units.device())?, 0)?.unsqueeze(1)?;
        Ok(pass.dense(&self.from_content, &mean)?.broadcast_add(&rows)?)
    }
}
