//! One recogniser for many rooms: at once and never skipping for replay, or on its own thread for live rooms.
//!
//! * Inline: a push returns with the words of every window that it ended. Nothing is skipped.
//! * Shared: windows wait in a bounded queue; words come with a later push. A window whose room has run too far
//!   ahead is skipped, and so is the oldest when the queue is full; callers are told which stretch of media time
//!   has no words and why. Time is the rooms' media time alone: there is no clock.
//!
//! Windows of a room are read in their order in both, so what is not skipped has the same words in both.

mod queue;
mod room;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use room::{Heard, Missed, MissedReason, Transcriber};

use crate::{Abort, Recognizer, RecognizerDescription, SpeechConfig, SpeechError, VoiceDetection};
use queue::SharedQueue;
use room::RoomState;

/// A recogniser and the rooms that it serves.
pub struct SpeechServer {
    engine: Arc<Engine>,
    voice: VoiceDetection,
    config: SpeechConfig,
    description: RecognizerDescription,
    abort: Abort,
}

/// Where windows go.
enum Engine {
    Inline(Mutex<Box<dyn Recognizer>>),
    Shared(SharedQueue),
}

impl SpeechServer {
    /// Recognises within each push and skips nothing: for replay.
    #[must_use]
    pub fn inline(recognizer: Box<dyn Recognizer>, voice: VoiceDetection, config: &SpeechConfig) -> Self {
        let (description, abort) = (recognizer.description().clone(), recognizer.abort());
        let engine = Arc::new(Engine::Inline(Mutex::new(recognizer)));
        Self { engine, voice, config: config.clone(), description, abort }
    }

    /// Recognises on a thread of its own and skips what comes too late: for live rooms.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn shared(
        recognizer: Box<dyn Recognizer>,
        voice: VoiceDetection,
        config: &SpeechConfig,
    ) -> Result<Self, SpeechError> {
        let (description, abort) = (recognizer.description().clone(), recognizer.abort());
        let queue = SharedQueue::start(recognizer, &config.live, abort.clone())?;
        Ok(Self {
            engine: Arc::new(Engine::Shared(queue)),
            voice,
            config: config.clone(),
            description,
            abort,
        })
    }

    /// A transcriber for a room. It keeps the recogniser alive.
    #[must_use]
    pub fn open(&self, room: &str) -> Transcriber {
        Transcriber::new(Arc::clone(&self.engine), self.voice.detector(), &self.config, room)
    }

    /// What recognises.
    #[must_use]
    pub fn description(&self) -> &RecognizerDescription {
        &self.description
    }

    /// Gives up the window that is running, where the recogniser can.
    #[must_use]
    pub fn abort(&self) -> Abort {
        self.abort.clone()
    }

    /// Hexadecimal digest of all that decides the words: recogniser, voice activity, windows, filters, languages.
    #[must_use]
    pub fn digest(&self) -> String {
        let SpeechConfig { language, room_languages, windows, filters, .. } = &self.config;
        let settings = format!("{language} {room_languages:?} {windows:?} {filters:?}");
        let parts = format!("{} {} {settings}", self.description.digest, self.voice.digest());
        blake3::hash(parts.as_bytes()).to_hex().to_string()
    }
}

/// A lock whose holder panicked is taken all the same: every state behind the locks of this module is whole
/// between statements, and recognisers' panics are caught before they reach one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Recognises a window for its room and keeps the outcome there.
fn serve(recognizer: &mut dyn Recognizer, room: &Mutex<RoomState>, window: &crate::Window) {
    let language = lock(room).language();
    let run = || recognizer.transcribe(&window.samples, language.as_deref());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let problem =
            said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned();
        Err(SpeechError::Recognition { recognizer: recognizer.description().name.clone(), problem })
    });
    lock(room).settle(window, language.as_deref(), outcome);
}
