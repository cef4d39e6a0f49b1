//! Whisper by Candle: a folder in Hugging Face's layout, one window at a time.
//!
//! The folder holds `config.json`, `tokenizer.json`, `model.safetensors` and, where it came with one,
//! `generation_config.json`. Every window is read greedily in one pass with no context. Word times are coarser than
//! whisper.cpp's: the model tells when a phrase begins and ends, and its words share what is voiced in between.
//! Encoder, spectrogram, decoder and rules are checked against Hugging Face's on a tiny network with drawn weights
//! (`tools/reference/whisper_decode.py`), since no released one travels with the project.
//! Candle takes its threads from the environment (`RAYON_NUM_THREADS`).

mod decode;
mod decoder;
mod mel;
mod settings;
mod vocabulary;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::safetensors::load_buffer;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::whisper::model::{AudioEncoder, Whisper};

use crate::pieces::{Piece, words};
use crate::{
    Abort, Recognizer, RecognizerDescription, SAMPLE_RATE, Segment, SpeechError, Transcript, timing,
};
use decode::{Decoded, Task};
use decoder::Decoder;
use mel::{HOP, LogMel};
use settings::Settings;
use vocabulary::{TIMESTAMP_S, Vocabulary};

const HINT: &str = "a Whisper folder such as openai/whisper-base from https://huggingface.co holds config.json, \
                    tokenizer.json and model.safetensors";
/// Samples of a position of the encoder: 20 ms.
const POSITION: usize = 2 * HOP;
/// Positions beyond the window's end: without some silence after it the decoder runs on.
const MARGIN: usize = 32;
/// Fewest positions: with less the decoder loops.
const FEWEST: usize = 256;

/// Whisper by Candle.
pub struct WhisperCandle {
    encoder: AudioEncoder,
    decoder: Decoder,
    vocabulary: Vocabulary,
    settings: Settings,
    suppressed: Vec<u32>,
    mel: LogMel,
    description: RecognizerDescription,
    abort: Abort,
}

impl WhisperCandle {
    /// Reads a model from its folder.
    ///
    /// # Errors
    /// When a file is missing or is not Whisper's, with its name and what to do about it.
    pub fn load(folder: &Path) -> Result<Self, SpeechError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"candle whisper 1");
        let mut read = |name: &str| -> Result<(PathBuf, Vec<u8>), SpeechError> {
            let file = folder.join(name);
            let bytes = std::fs::read(&file).map_err(|source| SpeechError::Read {
                file: file.clone(),
                hint: HINT,
                source,
            })?;
            hasher.update(&bytes);
            Ok((file, bytes))
        };
        let (file, bytes) = read("config.json")?;
        let mut settings = Settings::read(&file, &bytes)?;
        let (file, bytes) = read("tokenizer.json")?;
        let vocabulary = Vocabulary::read(&file, &bytes)?;
        if let Ok((file, bytes)) = read("generation_config.json") {
            settings.add_generation(&file, &bytes)?;
        }
        let (file, bytes) = read("model.safetensors")?;
        let wrong = |error: candle_core::Error| SpeechError::File {
            file: file.clone(),
            problem: format!("it does not hold the Whisper that config.json describes: {error}"),
        };
        // By tensors, which both halves then share, whatever their number type in the file.
        let tensors = load_buffer(&bytes, &Device::Cpu).map_err(wrong)?;
        drop(bytes);
        let tensors = tensors.into_iter().map(|(name, tensor)| Ok((name, tensor.to_dtype(DType::F32)?)));
        let tensors = tensors.collect::<candle_core::Result<HashMap<_, _>>>().map_err(wrong)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let encoder = Whisper::load(&weights, settings.encoder()).map_err(wrong)?.encoder;
        let decoder = Decoder::load(&weights, settings.decoder()).map_err(wrong)?;
        let description = RecognizerDescription {
            name: format!("candle whisper of {} layers", settings.encoder_layers),
            digest: hasher.finalize().to_hex().to_string(),
            empty: false,
        };
        // Of what is no text only the end and the timestamps may be written.
        let signs = (vocabulary.end..vocabulary.timestamps).filter(|&token| token != vocabulary.end);
        let suppressed = settings.suppressed().chain(signs).collect();
        let mel = LogMel::new(settings.num_mel_bins);
        Ok(Self {
            encoder,
            decoder,
            vocabulary,
            settings,
            suppressed,
            mel,
            description,
            abort: Abort::default(),
        })
    }

    /// (1, positions, width): what the encoder hears in the window.
    fn encode(&mut self, samples: &[f32]) -> candle_core::Result<Tensor> {
        let most = self.settings.max_source_positions;
        let positions = (samples.len().div_ceil(POSITION) + MARGIN).max(FEWEST).min(most);
        let frames = 2 * positions;
        let mel = self.mel.spectrogram(samples, frames);
        let mel = Tensor::from_vec(mel, (1, self.settings.num_mel_bins, frames), &Device::Cpu)?;
        self.encoder.forward(&mel, true)
    }

    /// Token and code of the language to write in.
    fn language(&mut self, asked: Option<&str>) -> Result<Option<(u32, String)>, SpeechError> {
        if !self.settings.is_multilingual() {
            return Ok(None);
        }
        if let Some(asked) = asked {
            let unknown = || SpeechError::Language { language: asked.to_owned() };
            return Ok(Some((self.vocabulary.language(asked).ok_or_else(unknown)?, asked.to_owned())));
        }
        let found = decode::language(&mut self.decoder, &self.vocabulary)?;
        let code = |id: u32| self.vocabulary.languages().iter().find(|(_, other)| *other == id);
        Ok(found.and_then(code).map(|(code, id)| (*id, code.clone())))
    }
}

impl Recognizer for WhisperCandle {
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
        let sound = &samples[..samples.len().min(self.settings.max_source_positions * POSITION)];
        let features = self.encode(sound)?;
        self.decoder.hear(&features)?;
        let language = self.language(language)?;
        let mut prompt = vec![self.vocabulary.start];
        if let Some((token, _)) = language {
            prompt.extend([token, self.vocabulary.transcribe]);
        }
        // As many tokens as anybody says in that time; a decoder in a loop stops there.
        let seconds = sound.len() / SAMPLE_RATE as usize;
        let limit = (24 + 12 * seconds).min(self.settings.max_target_positions / 2);
        let task = Task {
            vocabulary: &self.vocabulary,
            suppressed: &self.suppressed,
            prompt,
            limit,
            last_timestamp: u32::try_from(sound.len() / POSITION).unwrap_or(u32::MAX / 2),
        };
        let decoded = task.decode(&mut self.decoder, &self.abort)?;
        let code = language.map_or_else(|| "en".to_owned(), |(_, code)| code);
        let segments = segments(&decoded, &self.vocabulary, sound, &code);
        Ok(Transcript { language: Some(code), segments })
    }

    fn abort(&self) -> Abort {
        self.abort.clone()
    }
}

/// Phrases between timestamps as segments; text without a last timestamp goes on to the end of the sound.
fn segments(decoded: &Decoded, vocabulary: &Vocabulary, sound: &[f32], language: &str) -> Vec<Segment> {
    let length_s = sound.len() as f32 / SAMPLE_RATE as f32;
    let mut segments = Vec::new();
    let mut from_s = 0.0;
    let mut text: Vec<(u32, f32)> = Vec::new();
    let mut close = |text: &mut Vec<(u32, f32)>, from_s: f32, to_s: f32| {
        if text.is_empty() {
            return;
        }
        let bytes: Vec<Vec<u8>> = text.iter().map(|(token, _)| vocabulary.bytes(*token)).collect();
        let lengths: Vec<usize> = bytes.iter().map(Vec::len).collect();
        let places = timing::spread(sound, from_s, to_s, &lengths);
        let pieces: Vec<Piece> = bytes
            .into_iter()
            .zip(places)
            .zip(text.drain(..))
            .map(|((bytes, (start_s, end_s)), (_, log_probability))| Piece {
                bytes,
                start_s,
                end_s,
                log_probability,
            })
            .collect();
        segments.push(Segment {
            words: words(&pieces, Some(language), length_s),
            no_speech: decoded.no_speech,
            average_log_probability: decoded.average_log_probability,
        });
    };
    for &(token, log_probability) in &decoded.tokens {
        if token < vocabulary.timestamps {
            text.push((token, log_probability));
            continue;
        }
        let time_s = (token - vocabulary.timestamps) as f32 * TIMESTAMP_S;
        close(&mut text, from_s, time_s);
        from_s = time_s;
    }
    close(&mut text, from_s, length_s);
    segments
}
