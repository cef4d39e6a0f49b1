//! Whisper by whisper.cpp: a ggml file, one window at a time, one pass per window.
//!
//! * No context goes from one window to the next, no sampling: the same samples give the same words, whatever the
//!   number of threads.
//! * The encoder looks at as much sound as the window holds, not at half a minute: its cost goes with that.
//! * Nothing is printed: the library's log goes nowhere, since every failure comes back as an error.

mod file;
mod run;
mod tokens;

use std::collections::BTreeMap;
use std::path::Path;

use whisper_rs::{WhisperContext, WhisperContextParameters, WhisperError, WhisperState};

use crate::{Abort, Recognizer, RecognizerDescription, SAMPLE_RATE, SpeechError, Transcript};
use file::ModelFile;
use run::Run;

/// Shortest sound that is given to the network, in samples; shorter windows are filled with silence.
const SHORTEST: usize = SAMPLE_RATE as usize;
/// Positions of the encoder beyond the window's end: without some silence after it the decoder runs on.
const MARGIN: u32 = 32;
/// Fewest positions: with less the decoder loops.
const FEWEST: u32 = 256;

/// Settings of [`WhisperCpp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhisperCppOptions {
    /// Threads, at least 1.
    pub threads: usize,
    /// Positions of the encoder, 50 per second; 0 chooses by the window's length.
    pub audio_positions: u32,
}

impl Default for WhisperCppOptions {
    fn default() -> Self {
        Self { threads: 1, audio_positions: 0 }
    }
}

/// Whisper by whisper.cpp.
pub struct WhisperCpp {
    context: WhisperContext,
    state: WhisperState,
    file: ModelFile,
    options: WhisperCppOptions,
    description: RecognizerDescription,
    abort: Abort,
    /// Parameters by language (`None` finds out): whisper-rs never frees what they point to, so they are made once.
    runs: BTreeMap<Option<&'static str>, Run>,
}

impl WhisperCpp {
    /// Reads a model file.
    ///
    /// # Errors
    /// When it cannot be read, is cut or is another format, with what to do about it.
    pub fn load(path: &Path, options: WhisperCppOptions) -> Result<Self, SpeechError> {
        whisper_rs::install_logging_hooks();
        let file = ModelFile::check(path)?;
        let refused = |error: WhisperError| SpeechError::File {
            file: path.to_owned(),
            problem: format!("whisper.cpp refuses it: {error}"),
        };
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(false).flash_attn(false);
        let context = WhisperContext::new_with_params(path, parameters).map_err(refused)?;
        let state = context.create_state().map_err(refused)?;
        let description = RecognizerDescription {
            name: format!("whisper.cpp {}", file.size()),
            // What decides the words apart from the file: the encoder's positions and the version of this code.
            digest: blake3::hash(
                format!("whisper.cpp 1 {} {}", file.digest, options.audio_positions).as_bytes(),
            )
            .to_hex()
            .to_string(),
            empty: file.tensors == 0,
        };
        Ok(Self {
            context,
            state,
            file,
            options,
            description,
            abort: Abort::default(),
            runs: BTreeMap::new(),
        })
    }

    /// Positions of the encoder for a number of samples.
    fn positions(&self, samples: usize) -> u32 {
        if self.options.audio_positions > 0 {
            return self.options.audio_positions.min(self.file.audio_positions);
        }
        let heard = u32::try_from(samples.div_ceil(SAMPLE_RATE as usize / 50)).unwrap_or(u32::MAX);
        // In steps, so that windows of similar length share the memory that ggml has laid out.
        let wanted = heard.saturating_add(MARGIN).clamp(FEWEST, 1 << 16).next_multiple_of(64);
        wanted.min(self.file.audio_positions)
    }
}

impl Recognizer for WhisperCpp {
    fn description(&self) -> &RecognizerDescription {
        &self.description
    }

    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError> {
        if self.abort.take() {
            return Err(SpeechError::Aborted);
        }
        if samples.is_empty() {
            return Ok(Transcript::default());
        }
        let language = language.map(known).transpose()?;
        // A model of English alone has no languages to choose from.
        let language = if self.context.is_multilingual() { language } else { Some("en") };
        let name = self.description.name.clone();
        let failed = move |error: WhisperError| SpeechError::Recognition {
            recognizer: name.clone(),
            problem: error.to_string(),
        };
        let positions = self.positions(samples.len());
        let threads = i32::try_from(self.options.threads.max(1)).unwrap_or(1);
        let run =
            self.runs.entry(language).or_insert_with(|| Run::new(language, threads, self.abort.clone()));
        let longest = samples.len().min(30 * SAMPLE_RATE as usize);
        let sound = &samples[..longest];
        if language.is_none() {
            // The language is found out before the positions of this window are set: the last window's would be used.
            self.state.full(run.positions_only(positions), &[0.0; run::POSITIONS_ONLY]).map_err(&failed)?;
        }
        let parameters = run.parameters(longest, positions);
        let outcome = if longest < SHORTEST {
            let mut filled = sound.to_vec();
            filled.resize(SHORTEST, 0.0);
            self.state.full(parameters, &filled)
        } else {
            self.state.full(parameters, sound)
        };
        let enough = run.had_enough();
        if self.abort.take() {
            return Err(SpeechError::Aborted);
        }
        match outcome {
            Ok(()) => {}
            // The second pass over the window's last silence was called off; the first one's words are there.
            Err(_) if enough => {}
            Err(error) => return Err(failed(error)),
        }
        tokens::transcript(&self.context, &self.state, sound).map_err(&failed)
    }

    fn abort(&self) -> Abort {
        self.abort.clone()
    }
}

/// The library's own name of a language.
fn known(language: &str) -> Result<&'static str, SpeechError> {
    // C++ reads up to the first zero, and whisper-rs panics on one.
    let id = (!language.contains('\0')).then(|| whisper_rs::get_lang_id(language)).flatten();
    let name = id.and_then(whisper_rs::get_lang_str);
    name.ok_or_else(|| SpeechError::Language { language: language.to_owned() })
}
