//! BERT, MiniLM and XLM-R as sentence-transformers run them: tokens, transformer, pooling, length one.

mod config;

use std::path::Path;

use config::Settings;

use crate::folder::Folder;
use crate::tokens::Tokens;
use crate::trunk::{Names, Norm, Trunk, normalise_rows};
use crate::{Place, TextEncoder, TransformerError};

/// Tokens that run at a time: what the buffers of the widest models hold in some tens of megabytes.
const BATCH_TOKENS: usize = 4_096;

/// An encoder of sentences.
pub struct SentenceEncoder {
    settings: Settings,
    tokens: Tokens,
    words: Vec<f32>,
    positions: Vec<f32>,
    kind: Vec<f32>,
    norm: Norm,
    trunk: Trunk,
    digest: String,
}

impl std::fmt::Debug for SentenceEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentenceEncoder").field("digest", &self.digest).finish_non_exhaustive()
    }
}

pub(crate) fn check_config(folder: &mut Folder) -> Result<(), TransformerError> {
    Settings::read(folder).map(drop)
}

fn names(layer: usize) -> Names {
    let name = |part: &str| format!("encoder.layer.{layer}.{part}");
    Names {
        query: name("attention.self.query"),
        key: name("attention.self.key"),
        value: name("attention.self.value"),
        output: name("attention.output.dense"),
        first_norm: name("attention.output.LayerNorm"),
        up: name("intermediate.dense"),
        down: name("output.dense"),
        second_norm: name("output.LayerNorm"),
    }
}

impl SentenceEncoder {
    /// Loads a folder.
    ///
    /// # Errors
    /// When a file is missing, damaged or contradicts another, with file and field or tensor.
    pub fn load(folder: &Path, place: impl Into<Place>) -> Result<Self, TransformerError> {
        let place = place.into();
        place.check()?;
        let mut folder = Folder::open(folder)?;
        let settings = Settings::read(&mut folder)?;
        let config = &settings.config;
        let tokens = Tokens::load(&mut folder, config.vocab_size, settings.longest)?;
        let weights = folder.weights()?;
        let tensors = weights
            .tensors("embeddings.word_embeddings.weight", &["", "bert.", "roberta.", "0.auto_model."])?;
        let table = |name: &str, rows: usize| {
            tensors.get(&format!("embeddings.{name}.weight"), &[rows, config.hidden_size])
        };
        let mut kind = table("token_type_embeddings", config.type_vocab_size)?;
        kind.truncate(config.hidden_size);
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: table("position_embeddings", config.max_position_embeddings)?,
            kind,
            norm: Norm::load(&tensors, "embeddings.LayerNorm", config.hidden_size, config.layer_norm_eps)?,
            trunk: Trunk::load(&tensors, settings.shape(), names, &place)?,
            tokens,
            digest: place.digest(folder.digest()),
            settings,
        })
    }

    /// Vectors of some texts' tokens.
    fn batch(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let width = self.settings.config.hidden_size;
        let row = |table: &'_ [f32], at: usize| table[at * width..(at + 1) * width].to_vec();
        let mut rows = Vec::with_capacity(texts.iter().map(|ids| ids.len()).sum::<usize>() * width);
        for ids in texts {
            for (place, id) in ids.iter().enumerate() {
                let mut sum = row(&self.words, *id as usize);
                let position = &self.positions[(place + self.settings.offset) * width..][..width];
                for ((sum, kind), position) in sum.iter_mut().zip(&self.kind).zip(position) {
                    *sum = (*sum + kind) + position;
                }
                rows.extend(sum);
            }
        }
        self.norm.apply(&mut rows);
        let lengths: Vec<usize> = texts.iter().map(|ids| ids.len()).collect();
        let rows = self.trunk.forward(rows, &lengths)?;
        let mut rest = rows.as_slice();
        let pooled = lengths.iter().map(|length| {
            let (rows, later) = rest.split_at(length * width);
            rest = later;
            let mut vector = self.settings.pooling.pool(rows, width);
            if self.settings.normalise {
                normalise_rows(&mut vector, width);
            }
            vector
        });
        Ok(pooled.collect())
    }
}

impl TextEncoder for SentenceEncoder {
    fn width(&self) -> usize {
        self.settings.config.hidden_size
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, TransformerError> {
        Ok(self.tokens.ids(texts)?.iter().map(Vec::len).collect())
    }

    fn pads(&self) -> bool {
        self.trunk.pads()
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let ids = self.tokens.ids(texts)?;
        let mut vectors = Vec::with_capacity(texts.len());
        let mut batch: Vec<&[u32]> = Vec::new();
        let mut size = 0;
        for ids in &ids {
            if size + ids.len() > BATCH_TOKENS && !batch.is_empty() {
                vectors.extend(self.batch(&batch)?);
                batch.clear();
                size = 0;
            }
            size += ids.len();
            batch.push(ids);
        }
        vectors.extend(self.batch(&batch)?);
        Ok(vectors)
    }
}
