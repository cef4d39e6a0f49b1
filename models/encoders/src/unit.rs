//! What an encoder is given: borrowed views of one unit of a room.
//!
//! Offsets are microseconds from the start of the unit; instants are microseconds of media time.

use serde::{Deserialize, Serialize};

use crate::EncodeError;

/// Sample rate of [`UnitInput::sound`], in hertz.
pub const SOUND_RATE: u32 = 16_000;

/// The kind of signal that an encoder reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Sampled pictures.
    Picture,
    /// The sound itself.
    Sound,
    /// What the streamer said, as text.
    Speech,
    /// What the audience wrote.
    Comment,
    /// What the audience gave.
    Gift,
}

impl Modality {
    /// All modalities, in the order in which they are listed everywhere.
    pub const ALL: [Self; 5] = [Self::Picture, Self::Sound, Self::Speech, Self::Comment, Self::Gift];

    /// As rows name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::Comment => "comment",
            Self::Gift => "gift",
        }
    }
}

/// One picture, rows from the top, three bytes (red, green, blue) per pixel, no padding.
#[derive(Clone, Copy, Debug)]
pub struct PictureView<'a> {
    /// Media time in microseconds.
    pub at_us: i64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: &'a [u8],
}

impl PictureView<'_> {
    /// Checks that the picture has pixels and as many bytes as its size says.
    ///
    /// # Errors
    /// [`EncodeError::PictureSize`] otherwise.
    pub fn check(&self) -> Result<(), EncodeError> {
        let expected = u64::from(self.width) * u64::from(self.height) * 3;
        if expected == 0 || expected != self.rgb.len() as u64 {
            return Err(EncodeError::PictureSize {
                at_us: self.at_us,
                width: self.width,
                height: self.height,
                bytes: self.rgb.len(),
            });
        }
        Ok(())
    }
}

/// One comment of the unit.
#[derive(Clone, Copy, Debug)]
pub struct CommentView<'a> {
    /// Microseconds from the start of the unit.
    pub offset_us: i64,
    /// Who wrote it.
    pub user: &'a str,
    /// What it says, emotes by their names.
    pub text: &'a str,
}

/// One gift event of the unit.
#[derive(Clone, Copy, Debug)]
pub struct GiftView<'a> {
    /// Microseconds from the start of the unit.
    pub offset_us: i64,
    /// Who gave it.
    pub user: &'a str,
    /// Worth of the whole event (all `count` items) in one currency chosen by the caller.
    pub value: f64,
    /// Number of items.
    pub count: u32,
}

/// One unit of a room.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnitInput<'a> {
    /// Media time at which the unit starts, in microseconds.
    pub start_us: i64,
    /// Length of the unit in microseconds.
    pub duration_us: i64,
    /// Pictures in time order; empty means that the modality is missing.
    pub pictures: &'a [PictureView<'a>],
    /// Mono sound at [`SOUND_RATE`] in -1..=1 from the start of the unit; shorter than the unit when sound
    /// ended in it, empty when the modality is missing.
    pub sound: &'a [f32],
    /// Comments; `None` means that the modality is missing, an empty slice that nobody wrote.
    pub comments: Option<&'a [CommentView<'a>]>,
    /// What was said; `None` means that the modality is missing, an empty text that nobody spoke.
    pub speech: Option<&'a str>,
    /// Gifts; `None` means that the modality is missing, an empty slice that nobody gave.
    pub gifts: Option<&'a [GiftView<'a>]>,
}

impl UnitInput<'_> {
    /// Length in seconds, at least a millisecond so that rates stay finite.
    pub(crate) fn seconds(&self) -> f64 {
        (self.duration_us as f64 / 1e6).clamp(1e-3, 86_400.0)
    }

    /// First instant after the unit.
    pub(crate) fn end_us(&self) -> i64 {
        self.start_us.saturating_add(self.duration_us.max(0))
    }
}
