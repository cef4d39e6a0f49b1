//! The `[speech]` section of the configuration: every field, its meaning, its default and its check.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SpeechError;

/// Whether speech is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeechSwitch {
    /// When a model is named; without one everything runs without speech.
    #[default]
    Auto,
    /// Always; a missing model is an error.
    On,
    /// Never.
    Off,
}

/// What runs the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SpeechBackend {
    /// `candle` when the model is a folder, else `whisper-cpp`.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// whisper.cpp; the model is a ggml file.
    #[serde(rename = "whisper-cpp")]
    WhisperCpp,
    /// Candle; the model is a folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    #[serde(rename = "candle")]
    Candle,
}

/// Speech recognition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechConfig {
    /// `auto` (when a model is named), `on` (a missing model is an error) or `off`.
    pub enabled: SpeechSwitch,
    /// `auto`, `whisper-cpp` or `candle`.
    pub backend: SpeechBackend,
    /// A whisper.cpp file (ggml) or a folder with Whisper in Hugging Face's layout.
    pub model: Option<PathBuf>,
    /// Weights of Silero's voice activity (`silero_vad_16k.safetensors`); without them loudness decides.
    pub voice_activity: Option<PathBuf>,
    /// Language of the rooms, such as `en`; `auto` finds out room by room.
    pub language: String,
    /// Threads of the recogniser, 1 to 64. The words do not depend on it.
    pub threads: usize,
    /// Language of single rooms, by room id; overrides `language`.
    pub room_languages: BTreeMap<String, String>,
    /// How sound is cut into windows.
    pub windows: WindowConfig,
    /// What of the recognised text is not believed.
    pub filters: FilterConfig,
    /// When live recognition skips to now. Replay never skips.
    pub live: LiveConfig,
}

/// How sound is cut into windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WindowConfig {
    /// Probability of voice from which a window starts, 0.05 to 0.95; it ends below this less 0.15.
    pub threshold: f32,
    /// Shortest speech that is looked at, milliseconds.
    pub min_speech_ms: u32,
    /// Silence that ends a window, milliseconds, 100 to 5,000: how long the last word waits.
    pub min_silence_ms: u32,
    /// Sound kept before and after speech, milliseconds; at most `min_silence_ms`.
    pub padding_ms: u32,
    /// Longest window, milliseconds, 2,000 to 29,000; longer speech is cut at its quietest point.
    pub max_ms: u32,
}

/// What of the recognised text is not believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FilterConfig {
    /// Probability of no speech above which an unlikely segment is dropped (Whisper's 0.6).
    pub no_speech: f32,
    /// Mean log probability below which a segment counts as unlikely (Whisper's -1.0).
    pub log_probability: f32,
    /// Mean log probability below which a segment is dropped whatever else holds.
    pub log_probability_floor: f32,
    /// zlib's ratio above which a segment is a loop and is dropped (Whisper's 2.4).
    pub compression_ratio: f32,
    /// How often a phrase may follow itself; more is shortened to this.
    pub max_repeats: usize,
    /// Share of voice in a window below which phrases that Whisper makes up in silence are dropped.
    pub voice_share: f32,
}

/// When live recognition skips to now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LiveConfig {
    /// How far a room may have run ahead of a window before that is skipped or given up, milliseconds of media time.
    pub max_delay_ms: u32,
    /// Windows that may wait, all rooms together; at one more the oldest is skipped.
    pub max_windows: usize,
    /// Longest that a room whose model reads speech waits for the words of a unit, milliseconds, 0 to 60,000. All rooms
    /// together wait for at most a tenth of the time; a unit whose words are not there by then has no speech.
    pub wait_ms: u32,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        Self {
            enabled: SpeechSwitch::Auto,
            backend: SpeechBackend::Auto,
            model: None,
            voice_activity: None,
            language: "auto".into(),
            threads: 1,
            room_languages: BTreeMap::new(),
            windows: WindowConfig::default(),
            filters: FilterConfig::default(),
            live: LiveConfig::default(),
        }
    }
}

impl Default for WindowConfig {
    fn default() -> Self {
        Self { threshold: 0.5, min_speech_ms: 250, min_silence_ms: 500, padding_ms: 200, max_ms: 15_000 }
    }
}

impl Default for FilterConfig {
    fn default() -> Self {
        Self {
            no_speech: 0.6,
            log_probability: -1.0,
            log_probability_floor: -2.5,
            compression_ratio: 2.4,
            max_repeats: 4,
            voice_share: 0.5,
        }
    }
}

impl Default for LiveConfig {
    fn default() -> Self {
        // A window holds at most 29 s, so 64 of them keep at most 120 MB; half a minute late, a unit has closed.
        Self { max_delay_ms: 30_000, max_windows: 64, wait_ms: 2_000 }
    }
}

impl SpeechConfig {
    /// Checks every field by itself and against the others; opens no file.
    ///
    /// # Errors
    /// [`SpeechError::Setting`] with the first field that is out of its range, [`SpeechError::NoModel`] when
    /// speech is `on` without a model.
    pub fn check(&self) -> Result<(), SpeechError> {
        range("threads", self.threads, 1, 64)?;
        for language in std::iter::once(&self.language).chain(self.room_languages.values()) {
            if language.is_empty() || language.len() > 16 || !language.is_ascii() {
                return setting(
                    "language",
                    format!("is {language:?}, expected a code such as \"en\", or \"auto\""),
                );
            }
        }
        self.windows.check()?;
        self.filters.check()?;
        range("live.max_windows", self.live.max_windows, 1, 10_000)?;
        range("live.max_delay_ms", self.live.max_delay_ms, 1_000, 3_600_000)?;
        range("live.wait_ms", self.live.wait_ms, 0, 60_000)?;
        if self.enabled == SpeechSwitch::On && self.model.is_none() {
            return Err(SpeechError::NoModel);
        }
        Ok(())
    }

    /// Language of a room, `None` when it is to be found out.
    #[must_use]
    pub fn language_of(&self, room: &str) -> Option<&str> {
        let language = self.room_languages.get(room).unwrap_or(&self.language);
        (language != "auto").then_some(language)
    }
}

impl WindowConfig {
    fn check(&self) -> Result<(), SpeechError> {
        range("windows.threshold", self.threshold, 0.05, 0.95)?;
        range("windows.min_speech_ms", self.min_speech_ms, 0, 5_000)?;
        range("windows.min_silence_ms", self.min_silence_ms, 100, 5_000)?;
        range("windows.padding_ms", self.padding_ms, 0, self.min_silence_ms)?;
        range("windows.max_ms", self.max_ms, 2_000, 29_000)
    }
}

impl FilterConfig {
    fn check(&self) -> Result<(), SpeechError> {
        range("filters.no_speech", self.no_speech, 0.0, 1.0)?;
        range("filters.log_probability", self.log_probability, -20.0, 0.0)?;
        range("filters.log_probability_floor", self.log_probability_floor, -100.0, 0.0)?;
        range("filters.compression_ratio", self.compression_ratio, 1.0, 1_000.0)?;
        range("filters.max_repeats", self.max_repeats, 1, 1_000)?;
        range("filters.voice_share", self.voice_share, 0.0, 1.0)
    }
}

fn setting<T>(field: &'static str, problem: String) -> Result<T, SpeechError> {
    Err(SpeechError::Setting { field, problem })
}

fn range<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    low: T,
    high: T,
) -> Result<(), SpeechError> {
    if value >= low && value <= high {
        return Ok(());
    }
    setting(field, format!("is {value}, expected {low} to {high}"))
}
