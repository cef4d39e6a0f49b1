//! `config.json` and `generation_config.json` of a Whisper folder, checked before anything is allocated by them.

use std::path::Path;

use candle_transformers::models::whisper::Config;
use serde::Deserialize;

use super::decoder::DecoderSizes;
use crate::SpeechError;

/// Vocabulary of the models that know English alone.
const ENGLISH_VOCABULARY: usize = 51_864;

/// Sizes and tokens of a model.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) num_mel_bins: usize,
    pub(super) max_source_positions: usize,
    d_model: usize,
    encoder_attention_heads: usize,
    pub(super) encoder_layers: usize,
    vocab_size: usize,
    pub(super) max_target_positions: usize,
    decoder_attention_heads: usize,
    decoder_layers: usize,
    /// Null in newer exports, which keep it in the generation settings.
    #[serde(default)]
    suppress_tokens: Option<Vec<i64>>,
    #[serde(skip)]
    multilingual: Option<bool>,
}

#[derive(Deserialize)]
struct Generation {
    #[serde(default)]
    suppress_tokens: Option<Vec<i64>>,
    #[serde(default)]
    is_multilingual: Option<bool>,
}

impl Settings {
    pub(super) fn read(file: &Path, bytes: &[u8]) -> Result<Self, SpeechError> {
        let settings: Self = parse(file, bytes)?;
        let heads = [settings.encoder_attention_heads, settings.decoder_attention_heads];
        let sane = matches!(settings.num_mel_bins, 80 | 128)
            && (2..=1_500).contains(&settings.max_source_positions)
            && (8..=448).contains(&settings.max_target_positions)
            && (4..=4_096).contains(&settings.d_model)
            && settings.d_model.is_multiple_of(2)
            && heads
                .iter()
                .all(|&heads| (1..=256).contains(&heads) && settings.d_model.is_multiple_of(heads))
            && settings.encoder_layers <= 64
            && settings.decoder_layers <= 64
            && settings.vocab_size <= 1 << 18;
        if sane {
            return Ok(settings);
        }
        let problem = format!("its sizes are not those of a Whisper: {settings:?}");
        Err(SpeechError::File { file: file.to_owned(), problem })
    }

    pub(super) fn add_generation(&mut self, file: &Path, bytes: &[u8]) -> Result<(), SpeechError> {
        let generation: Generation = parse(file, bytes)?;
        self.multilingual = generation.is_multilingual.or(self.multilingual);
        self.suppress_tokens = generation.suppress_tokens.or(self.suppress_tokens.take());
        Ok(())
    }

    pub(super) fn is_multilingual(&self) -> bool {
        self.multilingual.unwrap_or(self.vocab_size != ENGLISH_VOCABULARY)
    }

    /// Tokens that are never written: marks that nobody speaks.
    pub(super) fn suppressed(&self) -> impl Iterator<Item = u32> + '_ {
        self.suppress_tokens.iter().flatten().filter_map(|&token| u32::try_from(token).ok())
    }

    /// Sizes of the decoder.
    pub(super) fn decoder(&self) -> DecoderSizes {
        DecoderSizes {
            vocabulary: self.vocab_size,
            positions: self.max_target_positions,
            width: self.d_model,
            heads: self.decoder_attention_heads,
            layers: self.decoder_layers,
        }
    }

    /// The encoder alone, as candle-transformers wants it told.
    pub(super) fn encoder(&self) -> Config {
        Config {
            num_mel_bins: self.num_mel_bins,
            max_source_positions: self.max_source_positions,
            d_model: self.d_model,
            encoder_attention_heads: self.encoder_attention_heads,
            encoder_layers: self.encoder_layers,
            vocab_size: self.vocab_size,
            max_target_positions: self.max_target_positions,
            decoder_attention_heads: self.decoder_attention_heads,
            decoder_layers: 0,
            suppress_tokens: Vec::new(),
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(file: &Path, bytes: &'a [u8]) -> Result<T, SpeechError> {
    serde_json::from_slice(bytes).map_err(|error| SpeechError::File {
        file: file.to_owned(),
        problem: format!("it is not the configuration of a Whisper: {error}"),
    })
}
