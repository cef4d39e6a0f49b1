//! A model's folder: its files, read once each, and the digest of all that was read.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::TransformerError;
use crate::weights::Weights;

/// Whoever changes a number that an encoder returns changes this.
const REVISION: &str = "kairos transformers 1\n";

/// A folder in Hugging Face's layout.
pub(crate) struct Folder {
    path: PathBuf,
    hasher: blake3::Hasher,
}

#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, TransformerError> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(REVISION.as_bytes());
        Ok(Self { path: path.to_owned(), hasher })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Bytes of a file, which count towards the digest.
    pub(crate) fn read(&mut self, name: &str) -> Result<Vec<u8>, TransformerError> {
        let file = self.file(name);
        let bytes = std::fs::read(&file).map_err(|source| TransformerError::Read { file, source })?;
        self.hasher.update(format!("{name} {}\n", bytes.len()).as_bytes());
        self.hasher.update(&bytes);
        Ok(bytes)
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, TransformerError> {
        let bytes = self.read(name)?;
        serde_json::from_slice(&bytes).map_err(|error| self.wrong(name, "json", error.to_string()))
    }

    /// The same of a file that a folder may lack.
    pub(crate) fn json_if_there<T: DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<Option<T>, TransformerError> {
        if self.file(name).is_file() { self.json(name).map(Some) } else { Ok(None) }
    }

    pub(crate) fn weights(&mut self) -> Result<Weights, TransformerError> {
        let bytes = self.read("model.safetensors")?;
        Ok(Weights::new(self.file("model.safetensors"), bytes))
    }

    /// `model_type` of `config.json`, which does not count towards the digest by itself.
    pub(crate) fn model_type(&mut self) -> Result<String, TransformerError> {
        let before = self.hasher.clone();
        let kind: Kind = self.json("config.json")?;
        self.hasher = before;
        let known = ["bert", "xlm-roberta", "clip", "vit"];
        match kind.model_type {
            Some(kind) if known.contains(&kind.as_str()) => Ok(kind),
            Some(kind) => {
                let problem = format!("{kind:?} is not one of {}", known.join(", "));
                Err(self.wrong("config.json", "model_type", problem))
            }
            None => Err(self.wrong("config.json", "model_type", "is missing".to_owned())),
        }
    }

    pub(crate) fn wrong(&self, name: &str, field: &str, problem: String) -> TransformerError {
        TransformerError::Config { file: self.file(name), field: field.to_owned(), problem }
    }

    /// An error unless a number of the configuration lies between bounds.
    pub(crate) fn within(
        &self,
        field: &str,
        value: usize,
        bounds: std::ops::RangeInclusive<usize>,
    ) -> Result<(), TransformerError> {
        if bounds.contains(&value) {
            return Ok(());
        }
        let problem = format!("{value} is not between {} and {}", bounds.start(), bounds.end());
        Err(self.wrong("config.json", field, problem))
    }

    /// Digest of all files read so far.
    pub(crate) fn digest(&self) -> String {
        self.hasher.finalize().to_hex()[..32].to_owned()
    }
}
