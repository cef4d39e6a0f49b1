//! The recogniser that a configuration asks for.

use crate::whisper_candle::WhisperCandle;
use crate::whisper_cpp::{WhisperCpp, WhisperCppOptions};
use crate::{Recognizer, SpeechBackend, SpeechConfig, SpeechError, SpeechSwitch};

/// Loads the configured recogniser; `None` when speech is off, or `auto` without a model.
///
/// # Errors
/// When a setting is out of its range, speech is `on` without a model, or the model cannot be loaded. With `auto`
/// a named model that cannot be loaded is an error too: somebody wanted it.
pub fn open_recognizer(config: &SpeechConfig) -> Result<Option<Box<dyn Recognizer>>, SpeechError> {
    config.check()?;
    let Some(model) = config.model.as_deref().filter(|_| config.enabled != SpeechSwitch::Off) else {
        return Ok(None);
    };
    let candle = match config.backend {
        SpeechBackend::Auto => model.is_dir(),
        SpeechBackend::WhisperCpp => false,
        SpeechBackend::Candle => true,
    };
    if candle {
        return Ok(Some(Box::new(WhisperCandle::load(model)?)));
    }
    let options = WhisperCppOptions { threads: config.threads, ..WhisperCppOptions::default() };
    Ok(Some(Box::new(WhisperCpp::load(model, options)?)))
}
