//! The trait that every speech recogniser answers to: samples in, words out.
//!
//! Implementations keep nothing from one window to the next, so that a window's words depend on that window alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{SpeechError, Transcript};

/// Sample rate of all sound in this crate, in hertz.
pub const SAMPLE_RATE: u32 = 16_000;

/// A speech recogniser.
///
/// One is shared by many rooms, hence `&mut self` and `Send`: it runs one window at a time.
pub trait Recognizer: Send {
    /// What it is.
    fn description(&self) -> &RecognizerDescription;

    /// Recognises mono sound at [`SAMPLE_RATE`] in -1..=1, at most half a minute of it; sound past that is not heard.
    ///
    /// `language` is a code such as `en`; `None` lets the recogniser find out.
    ///
    /// # Errors
    /// When the language is unknown to the model, when the model fails, or [`SpeechError::Aborted`].
    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError>;

    /// A handle that gives up the window that is running; one that never acts where that cannot be done.
    fn abort(&self) -> Abort {
        Abort::default()
    }
}

/// Name and identity of a recogniser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecognizerDescription {
    /// Implementation and size, such as `whisper.cpp base`.
    pub name: String,
    /// Hexadecimal digest of all that decides its words: weights and settings.
    pub digest: String,
    /// Whether its model file holds no weights: it runs and recognises nothing.
    pub empty: bool,
}

/// Asks a recogniser on another thread to give up its window.
#[derive(Clone, Debug, Default)]
pub struct Abort(Arc<AtomicBool>);

impl Abort {
    /// Gives up the running window, or the next one if none runs.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been raised and not yet been obeyed.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the wish back and says whether there was one.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}
