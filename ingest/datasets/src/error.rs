//! What can be wrong with a data set, by file, place and field.
//!
//! Invariants: every message names the file it is about; lines and rows count from 1.

use std::io;
use std::path::{Path, PathBuf};

/// Why a data set can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder or file isn't in the layout that was asked for.
    #[error("{}: {reason}", path.display())]
    Layout {
        /// File or folder.
        path: PathBuf,
        /// What is missing or in excess, and what was found instead.
        reason: String,
    },
    /// A line of a text file doesn't fit.
    #[error("{}: line {line}: {field}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1, header included.
        line: u64,
        /// The field or column.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No column has one of the names under which a quantity is known.
    #[error("{}: no column for the {quantity}: expected one of {}, found {}", path.display(), expected.join(", "), found.join(", "))]
    Column {
        /// The file.
        path: PathBuf,
        /// What is looked for.
        quantity: &'static str,
        /// Names that are understood.
        expected: Vec<&'static str>,
        /// Names the file has.
        found: Vec<String>,
    },
    /// A cell of a Parquet file doesn't fit.
    #[error("{}: row {row}: {column}: {reason}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Counted from 1 over the whole file.
        row: u64,
        /// The column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A Parquet file is damaged or uses what isn't supported.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: parquet::errors::ParquetError,
    },
    /// A tensor or an entry of the metadata of a features file is missing or wrong.
    #[error("{}: {entry}: {reason}", path.display())]
    Features {
        /// The file.
        path: PathBuf,
        /// Tensor or metadata key.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A row that a program handed over doesn't fit.
    #[error("{kind} of user {user} in room {room}: {field}: {reason}")]
    Record {
        /// Gift, impression, reaction or watch time.
        kind: &'static str,
        /// Id of the user.
        user: String,
        /// Id of the room.
        room: String,
        /// Which number or id of the row.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl DatasetError {
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path: path.clone(), source }
    }

    pub(crate) fn layout(path: &Path, reason: impl Into<String>) -> Self {
        Self::Layout { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn line(path: &Path, line: u64, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Line { path: path.to_owned(), line, field: field.into(), reason: reason.into() }
    }

    pub(crate) fn features(path: &Path, entry: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Features { path: path.to_owned(), entry: entry.into(), reason: reason.into() }
    }
}
