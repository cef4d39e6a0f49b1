//! `tokenizer.json`: texts to token ids, cut to what the model reads, never padded.

use std::path::PathBuf;

use tokenizers::{Tokenizer, TruncationParams};

use crate::TransformerError;
use crate::folder::Folder;

pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    file: PathBuf,
    vocabulary: usize,
}

impl Tokens {
    /// `longest`: tokens of a text, marks included.
    pub(crate) fn load(
        folder: &mut Folder,
        vocabulary: usize,
        longest: usize,
    ) -> Result<Self, TransformerError> {
        let bytes = folder.read("tokenizer.json")?;
        let file = folder.file("tokenizer.json");
        let wrong = |error: tokenizers::Error| TransformerError::Tokenizer {
            file: file.clone(),
            problem: error.to_string(),
        };
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(wrong)?;
        let truncation = TruncationParams { max_length: longest, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(wrong)?.with_padding(None);
        Ok(Self { tokenizer, file, vocabulary })
    }

    /// Ids of each text; a text without any has none.
    pub(crate) fn ids(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, TransformerError> {
        let wrong = |problem: String| TransformerError::Tokenizer { file: self.file.clone(), problem };
        texts
            .iter()
            .map(|text| {
                let encoding =
                    self.tokenizer.encode(*text, true).map_err(|error| wrong(error.to_string()))?;
                let ids = encoding.get_ids().to_vec();
                match ids.iter().find(|&&id| id as usize >= self.vocabulary) {
                    Some(id) => {
                        Err(wrong(format!("token {id} is outside of the model's {}", self.vocabulary)))
                    }
                    None => Ok(ids),
                }
            })
            .collect()
    }
}
