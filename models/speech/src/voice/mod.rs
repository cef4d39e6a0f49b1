//! Voice activity: how likely each 32 ms of sound holds a voice.
//!
//! A detector keeps state and belongs to one room; its answers depend on the chunks since the last reset alone.

mod level;
mod silero;

use std::path::Path;
use std::sync::Arc;

pub use level::LevelGate;
pub use silero::{SileroNetwork, SileroVoice};

use crate::{SpeechConfig, SpeechError};

/// Samples that a detector reads at a time: 32 ms.
pub const VOICE_CHUNK: usize = 512;

/// A detector of voice for one room.
pub trait VoiceActivity: Send {
    /// Probability of voice in the next [`VOICE_CHUNK`] samples, 0 to 1.
    ///
    /// # Errors
    /// [`SpeechError::Chunk`] for another number of samples; what the network says when it fails.
    fn probability(&mut self, chunk: &[f32]) -> Result<f32, SpeechError>;

    /// Forgets the room's sound: the next chunk is the first.
    fn reset(&mut self);
}

/// Where rooms get their detectors from.
#[derive(Clone)]
pub enum VoiceDetection {
    /// Silero's network, its weights shared by the rooms.
    Silero(Arc<SileroNetwork>),
    /// Loudness over the background: needs no weights, takes music for voice.
    Level,
}

impl VoiceDetection {
    /// Silero with the configured weights, or loudness without any.
    ///
    /// # Errors
    /// When the weights cannot be read or are another network's.
    pub fn open(config: &SpeechConfig) -> Result<Self, SpeechError> {
        config.voice_activity.as_deref().map_or(Ok(Self::Level), Self::silero)
    }

    /// Silero with the weights of a file.
    ///
    /// # Errors
    /// When they cannot be read or are another network's.
    pub fn silero(file: &Path) -> Result<Self, SpeechError> {
        Ok(Self::Silero(Arc::new(SileroNetwork::load(file)?)))
    }

    /// A detector for one room.
    #[must_use]
    pub fn detector(&self) -> Box<dyn VoiceActivity> {
        match self {
            Self::Silero(network) => Box::new(SileroVoice::new(Arc::clone(network))),
            Self::Level => Box::new(LevelGate::new()),
        }
    }

    /// Digest of what decides the probabilities.
    #[must_use]
    pub fn digest(&self) -> String {
        match self {
            Self::Silero(network) => network.digest().to_owned(),
            Self::Level => "level-1".to_owned(),
        }
    }
}

fn check_length(chunk: &[f32]) -> Result<(), SpeechError> {
    if chunk.len() == VOICE_CHUNK {
        return Ok(());
    }
    Err(SpeechError::Chunk { expected: VOICE_CHUNK, found: chunk.len() })
}
