//! KLive, the release of "A Multimodal Transformer for Live Streaming Highlight Prediction" (ICME 2024).
//!
//! A folder with `live_id2aid.txt` (live id, author id) and `train/` and `test/`, each with shards
//! `{0..7}_test_score_infer_output.log`. A line of a shard is live id, timestamp in seconds, LVTR, image features,
//! text features. Neither the separator nor the widths are documented: [`KliveLayout`] says what was found.
//!
//! Invariants: lines of one live may lie anywhere in the shards of its split; one live is in memory at a time, and
//! an index of 24 bytes per line of the split. The release (17,897 rooms of 19,334 hours, 2.3 million units of
//! 30 s) takes 56 MB of index for both splits together. The shards are read twice, the second time by seeking.

mod index;
mod layout;
mod line;
mod rooms;
mod streamers;

use std::path::{Path, PathBuf};

use crate::DatasetError;
use crate::room::Split;

pub use layout::KliveLayout;
pub use line::Separator;
pub use rooms::KliveRooms;
use streamers::Streamers;

pub(crate) use line::list as parse_list;

/// Length of a unit of KLive in seconds (section 4 of the paper).
pub const KLIVE_UNIT_SECONDS: f64 = 30.0;

/// Name of the file that maps rooms to streamers.
pub(crate) const STREAMERS_FILE: &str = "live_id2aid.txt";
/// What the names of shards end in.
pub(crate) const SHARD_SUFFIX: &str = "_test_score_infer_output.log";

/// A folder in the layout of KLive.
#[derive(Debug)]
pub struct Klive {
    layout: KliveLayout,
    streamers: Streamers,
    train: Vec<PathBuf>,
    test: Vec<PathBuf>,
}

impl Klive {
    /// Looks at the folder and at the first lines of its first shard.
    ///
    /// # Errors
    /// When there is no shard, `live_id2aid.txt` doesn't fit, or no separator makes five fields of the first lines;
    /// the message names file, line and field for the separator that came furthest.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let train = shards(&folder.join("train"))?;
        let test = shards(&folder.join("test"))?;
        if train.is_empty() && test.is_empty() {
            let reason = format!("no train/*{SHARD_SUFFIX} and no test/*{SHARD_SUFFIX}");
            return Err(DatasetError::layout(folder, reason));
        }
        let layout = KliveLayout::detect(train.iter().chain(&test))?;
        let streamers = Streamers::read(&folder.join(STREAMERS_FILE))?;
        Ok(Self { layout, streamers, train, test })
    }

    /// Whether the folder looks like a release of KLive, from its file names alone.
    #[must_use]
    pub fn is_klive(folder: &Path) -> bool {
        ["train", "test"].iter().any(|split| shards(&folder.join(split)).is_ok_and(|found| !found.is_empty()))
    }

    /// What was found about separator, lists and widths.
    #[must_use]
    pub const fn layout(&self) -> &KliveLayout {
        &self.layout
    }

    /// The rooms of one split in order of their ids, one at a time. There is no validation split.
    ///
    /// # Errors
    /// When a shard can't be read, or a line has no live id or timestamp.
    pub fn rooms(&self, split: Split) -> Result<KliveRooms<'_>, DatasetError> {
        let shards = match split {
            Split::Train => &self.train[..],
            Split::Test => &self.test[..],
            Split::Validation => &[],
        };
        KliveRooms::new(&self.layout, &self.streamers, shards, split)
    }
}

/// Shards in order of their names' numbers; none where the folder doesn't exist.
fn shards(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let entry = entry.map_err(DatasetError::io(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(SHARD_SUFFIX) {
            found.push((stem.parse::<u64>().unwrap_or(u64::MAX), name, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}
