//! Speech recognition: a room's sound in, words in media time out.
//!
//! ```text
//! sound -> Listener: voice activity, windows -> Recognizer: Whisper -> filters -> words in media time
//! ```
//!
//! * [`VoiceDetection`]: Silero's network in Candle, or loudness when there are no weights. It decides what the
//!   recogniser sees: windows start just before a voice and end half a second after it, or at the quietest point of
//!   speech that knows no pause. The last word therefore never waits for the next one.
//! * [`Recognizer`]: [`WhisperCpp`] reads a ggml file, [`WhisperCandle`] a folder in Hugging Face's layout.
//! * Filters drop what Whisper makes up: loops, and phrases for silence and music.
//! * [`SpeechServer`] shares one recogniser among rooms; each has its [`Transcriber`].
//! * [`SpeechTrack`] gives the words of a time unit, and says when they are not known.
//!
//! Invariants:
//! * Pure: no clock, no random number, no file but the weights. The same samples at the same media times give the
//!   same words, however they are cut into pushes and whatever the number of threads.
//! * No context: a window's words depend on its sound and language alone; a room's language, when it is not given,
//!   on the room's earlier windows.
//! * Words of a room come in time order and don't overlap.
//! * Replay skips nothing. A live room skips to now when the recogniser falls behind, and is told what it missed.
//! * No input makes it panic: sound may hold NaN, times may jump, model files are checked before C++ reads them.

mod config;
mod error;
mod filter;
mod language;
mod listen;
mod open;
mod pieces;
mod reader;
mod recognizer;
mod server;
mod tally;
mod timing;
mod track;
mod voice;
mod whisper_candle;
mod whisper_cpp;
mod word;

pub use config::{FilterConfig, LiveConfig, SpeechBackend, SpeechConfig, SpeechSwitch, WindowConfig};
pub use error::SpeechError;
pub use listen::{Listener, Window};
pub use open::open_recognizer;
pub use recognizer::{Abort, Recognizer, RecognizerDescription, SAMPLE_RATE};
pub use server::{Heard, Missed, MissedReason, SpeechServer, Transcriber};
pub use tally::SpeechTally;
pub use track::{SpeechTrack, UnitSpeech};
pub use voice::{LevelGate, SileroNetwork, SileroVoice, VOICE_CHUNK, VoiceActivity, VoiceDetection};
pub use whisper_candle::WhisperCandle;
pub use whisper_cpp::{WhisperCpp, WhisperCppOptions};
pub use word::{Segment, SpokenWord, Transcript, Word};
