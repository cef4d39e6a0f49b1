//! The one trait of this crate: a frozen encoder of one modality.
//!
//! Implementations hold no clock and no random source; their state is a function of the units seen since
//! the last [`Encoder::reset`].

use crate::{EncodeError, Modality, UnitInput};

/// A frozen encoder: the unit's signal of one modality to a vector of fixed width.
///
/// Units of one stream are given in time order, each once. An encoder belongs to one stream at a time.
pub trait Encoder: Send {
    /// Short name, unique among encoders, kept in checkpoints.
    fn name(&self) -> &str;

    /// Hexadecimal digest of everything that decides the numbers: weights, or algorithm and parameters.
    fn digest(&self) -> String;

    /// What it reads.
    fn modality(&self) -> Modality;

    /// Number of values that [`Encoder::encode`] returns.
    fn width(&self) -> usize;

    /// Width and height of the pictures it would like best; it takes any size. `None` for encoders that
    /// read no pictures.
    fn picture_size(&self) -> Option<(u32, u32)> {
        None
    }

    /// Encodes the next unit and advances the state; `Ok(None)` when the modality is missing from it.
    ///
    /// # Errors
    /// When the unit's signal contradicts itself (a picture of the wrong number of bytes) or the network
    /// fails. The state is then as if the unit had lacked the modality.
    fn encode(&mut self, unit: &UnitInput<'_>) -> Result<Option<Vec<f32>>, EncodeError>;

    /// Forgets the stream: the next unit is the first of another one.
    fn reset(&mut self);
}
