//! Features and labels of one room in one safetensors file.
//!
//! Tensors, all with one row per unit: `time` (begin in seconds) and any of `picture`, `sound`, `speech`, `comment`,
//! `gift`, `text` and `features` (all modalities at once), each [units, width]; `label` (0..1) where there are labels,
//! `positive` (0 or 1), `length` (seconds). A row of NaN is a unit without that modality, a NaN label a unit without
//! one, a `positive` of -1 unknown. Metadata: `room`, `streamer`, `unit_seconds`, `split`, `started_at`.
//!
//! Numbers are read as F16, BF16, F32, F64 or integers and written as F32 (`time`, `length`: F64, `positive`: I8).
//! HDF5 isn't read: it needs libhdf5; `h5py` and `safetensors.numpy.save_file` convert a file in three lines.
//!
//! Invariants: one file in memory at a time; a room that is written and read is the same room; the same room gives
//! the same bytes.

mod numbers;
mod read;
mod write;

use std::path::{Path, PathBuf};

use crate::DatasetError;
use crate::room::LabelledRoom;

pub use read::read_room;
pub use write::write_room;

/// What the names of features files end in.
pub const EXTENSION: &str = "safetensors";

/// Rooms of a folder of features files, in order of their file names, one file at a time.
#[derive(Debug)]
pub struct FeatureRooms {
    files: std::vec::IntoIter<PathBuf>,
}

/// Lists the features files of a folder.
///
/// # Errors
/// When the folder can't be read or holds none.
pub fn open(folder: &Path) -> Result<FeatureRooms, DatasetError> {
    let files = list(folder)?;
    if files.is_empty() {
        return Err(DatasetError::layout(folder, format!("no *.{EXTENSION}")));
    }
    Ok(FeatureRooms { files: files.into_iter() })
}

/// Features files of a folder in order of their names.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io(folder))? {
        let path = entry.map_err(DatasetError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Iterator for FeatureRooms {
    type Item = Result<LabelledRoom, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.files.next().map(|path| read_room(&path))
    }
}
