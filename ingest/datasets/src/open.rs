//! Any folder of labelled rooms, whatever its layout.
//!
//! Invariants: the layout is told by file names alone; a folder in none of them is an error that says what was looked
//! for.

use std::fmt;
use std::path::Path;

use crate::DatasetError;
use crate::features;
use crate::klive::{Klive, KliveLayout};
use crate::m3::{self, M3Options};
use crate::room::{LabelledRoom, Split};

/// The layout of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// The release of KLive.
    Klive,
    /// KuaiLive-M3.
    M3,
    /// One safetensors file per room.
    Features,
}

impl Layout {
    /// The layout of a folder, where it has one.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        if Klive::is_klive(folder) {
            Some(Self::Klive)
        } else if m3::is_m3(folder) {
            Some(Self::M3)
        } else if features::list(folder).is_ok_and(|files| !files.is_empty()) {
            Some(Self::Features)
        } else {
            None
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Klive => "KLive",
            Self::M3 => "KuaiLive-M3",
            Self::Features => "features files",
        })
    }
}

/// A folder of labelled rooms, ready to be read.
pub struct Dataset {
    /// Its layout.
    pub layout: Layout,
    /// What was found about KLive's shards.
    pub klive: Option<KliveLayout>,
    source: Source,
}

enum Source {
    Klive(Box<Klive>),
    Rooms(Box<dyn Iterator<Item = Result<LabelledRoom, DatasetError>> + Send>),
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("layout", &self.layout)
            .field("klive", &self.klive)
            .finish_non_exhaustive()
    }
}

/// Opens a folder in any layout; KuaiLive-M3 with `options`.
///
/// # Errors
/// When the folder is in no known layout, or in one and doesn't fit it.
pub fn open(folder: &Path, options: &M3Options) -> Result<Dataset, DatasetError> {
    let layout = Layout::of(folder).ok_or_else(|| {
        let reason = "neither KLive (train/*_test_score_infer_output.log), nor KuaiLive-M3 \
                      (live_emb_128_ts_part*.parquet, live_interaction, live_like, live_comment), nor *.safetensors";
        DatasetError::layout(folder, reason)
    })?;
    let (source, klive) = match layout {
        Layout::Klive => {
            let klive = Klive::open(folder)?;
            let layout = klive.layout().clone();
            (Source::Klive(Box::new(klive)), Some(layout))
        }
        Layout::M3 => (Source::Rooms(Box::new(m3::open(folder, options)?)), None),
        Layout::Features => (Source::Rooms(Box::new(features::open(folder)?)), None),
    };
    Ok(Dataset { layout, klive, source })
}

impl Dataset {
    /// All rooms, one at a time; KLive's training rooms before its test rooms. Rooms are yielded once.
    ///
    /// # Errors
    /// When the index over KLive's shards can't be made.
    pub fn rooms(
        &mut self,
    ) -> Result<Box<dyn Iterator<Item = Result<LabelledRoom, DatasetError>> + '_>, DatasetError> {
        Ok(match &mut self.source {
            Source::Klive(klive) => {
                let train = klive.rooms(Split::Train)?;
                Box::new(train.chain(klive.rooms(Split::Test)?))
            }
            Source::Rooms(rooms) => Box::new(rooms),
        })
    }
}
