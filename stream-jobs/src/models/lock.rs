//! `kairos-models.lock`: the commit and the files that each name meant when it was first pulled.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::Places;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Models by name.
    #[serde(default)]
    pub models: BTreeMap<String, Locked>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Repository on the hub.
    pub repository: String,
    /// Commit.
    pub revision: String,
    /// Files by path.
    #[serde(default)]
    pub files: BTreeMap<String, LockedFile>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedFile {
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

impl Lock {
    /// Reads it; empty where there is none.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn read(places: &Places) -> anyhow::Result<Self> {
        let file = places.lock();
        match std::fs::read_to_string(&file) {
            Ok(text) => toml::from_str(&text).with_context(|| file.display().to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| file.display().to_string()),
        }
    }

    /// Writes it in one step.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn write(&self, places: &Places) -> anyhow::Result<()> {
        let file = places.lock();
        let folder = file.parent().context("a lock file without a folder")?;
        let text = format!(
            "# What `kairos models pull` fetched. Later pulls give the same, or fail.\n{}",
            toml::to_string(self)?
        );
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let new = tempfile::NamedTempFile::new_in(folder).with_context(|| folder.display().to_string())?;
        std::fs::write(new.path(), text).with_context(|| file.display().to_string())?;
        new.persist(&file).with_context(|| file.display().to_string())?;
        Ok(())
    }
}
