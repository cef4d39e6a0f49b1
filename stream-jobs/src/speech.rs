//! The recogniser that all rooms of a process share, as configured.

use std::sync::Arc;

use kairos_speech::{SpeechServer, SpeechSwitch, Transcriber, VoiceDetection, open_recognizer};
use kairos_timeline::Span;

use crate::config::Config;

/// A loaded recogniser.
pub struct Speech {
    server: SpeechServer,
    name: Arc<str>,
    longest: Span,
}

impl std::fmt::Debug for Speech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Speech").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One room's speech.
pub struct RoomSpeech {
    /// Sound in, words out.
    pub transcriber: Transcriber,
    /// The recogniser, `name@digest`.
    pub name: Arc<str>,
    /// Longest window, for which the speech of a unit may have to wait.
    pub longest: Span,
}

impl Speech {
    /// Loads the configured recogniser; `None` where speech is off or no model is named. `live`: on a thread of its own,
    /// skipping what comes too late; else each room waits for its words.
    ///
    /// # Errors
    /// If the model or the weights of voice activity can't be loaded.
    pub fn open(config: &Config, live: bool) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(recognizer) = open_recognizer(&config.speech)? else { return Ok(None) };
        let voice = VoiceDetection::open(&config.speech)?;
        let server = match live {
            true => SpeechServer::shared(recognizer, voice, &config.speech)?,
            false => SpeechServer::inline(recognizer, voice, &config.speech),
        };
        let digest = server.digest();
        let name = format!("{}@{}", server.description().name, &digest[..12.min(digest.len())]);
        let longest = Span::from_millis(config.speech.windows.max_ms.into());
        Ok(Some(Arc::new(Self { server, name: name.into(), longest })))
    }

    /// For one room.
    pub fn room(&self, room: &str) -> RoomSpeech {
        RoomSpeech { transcriber: self.server.open(room), name: self.name.clone(), longest: self.longest }
    }

    /// What decides the words, `name@digest`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How to get what is missing; `None` where nothing is, or nothing is wanted.
    pub fn advice(config: &Config) -> Option<&'static str> {
        let wanted = config.speech.enabled != SpeechSwitch::Off && config.speech.model.is_none();
        wanted.then_some(
            "speech is not recognised: KAIROS_WHISPER_MODEL=FILE names a whisper.cpp model (ggml-*.bin from \
             huggingface.co/ggerganov/whisper.cpp)",
        )
    }
}
