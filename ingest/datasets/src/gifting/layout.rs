//! Which layout a folder of gifting data has.
//!
//! Invariants: told by file names alone.

use std::fmt;
use std::path::Path;

use crate::DatasetError;

/// The layout of a folder of gifting data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `train.tsv` and companions, see [`super::interactions`].
    Interactions,
    /// KuaiLive's tables, see [`super::kuailive`].
    KuaiLive,
}

impl Layout {
    /// The layout of a folder.
    ///
    /// # Errors
    /// When it is in neither; the message says what was looked for and what is there.
    pub fn of(folder: &Path) -> Result<Self, DatasetError> {
        if folder.join("train.tsv").is_file() {
            return Ok(Self::Interactions);
        }
        let tables = ["click.csv", "gift.csv"].map(|name| folder.join(name).is_file());
        if tables == [true, true] {
            return Ok(Self::KuaiLive);
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
            let name = entry.map_err(DatasetError::io(folder))?.file_name();
            found.push(name.to_string_lossy().into_owned());
        }
        found.sort();
        let more = found.len().saturating_sub(20);
        found.truncate(20);
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let reason = format!(
            "neither interactions (train.tsv with user and item; optionally val.tsv, test.tsv, friends.tsv, *_feat.npy) \
             nor KuaiLive (click.csv and gift.csv); found {found}{more}"
        );
        Err(DatasetError::layout(folder, reason))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interactions => "interactions",
            Self::KuaiLive => "KuaiLive",
        })
    }
}
