//! CSV files written line by line, and the ids of users, streamers and rooms in them.
//!
//! Invariants: what is written is on its way to the disk when `finish` returns.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::DatasetError;

/// `user_id`.
pub(super) fn user_id(user: u32) -> i64 {
    1000 + i64::from(user) * 3
}

/// `streamer_id`.
pub(super) fn streamer_id(streamer: u32) -> i64 {
    500_000 + i64::from(streamer) * 7
}

/// `live_id`.
pub(super) fn live_id(session: u32) -> i64 {
    10_000_000 + i64::from(session)
}

/// Rows of a Parquet group with lists of this width: about 8 MiB.
pub(super) fn group_rows(width: usize) -> usize {
    (1 << 21) / width.max(16)
}

/// A CSV file that is being written.
pub(super) struct Csv {
    path: PathBuf,
    writer: csv::Writer<BufWriter<File>>,
    lines: u64,
}

impl Csv {
    /// With its header.
    pub(super) fn create(folder: &Path, name: &str, header: &[&str]) -> Result<Self, DatasetError> {
        let path = folder.join(name);
        let file = File::create(&path).map_err(DatasetError::io(&path))?;
        let mut csv = Self { path, writer: csv::Writer::from_writer(BufWriter::new(file)), lines: 0 };
        csv.record(header)?;
        Ok(csv)
    }

    /// A line of whole numbers.
    pub(super) fn numbers(&mut self, numbers: &[i64]) -> Result<(), DatasetError> {
        let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
        self.line(&texts)
    }

    /// A line.
    pub(super) fn line(&mut self, texts: &[impl AsRef<[u8]>]) -> Result<(), DatasetError> {
        self.lines += 1;
        self.record(texts)
    }

    fn record(&mut self, texts: &[impl AsRef<[u8]>]) -> Result<(), DatasetError> {
        let written = self.writer.write_record(texts);
        written.map_err(|error| DatasetError::io(&self.path)(error.into()))
    }

    /// How many lines were written, the header not counted.
    pub(super) fn finish(mut self) -> Result<u64, DatasetError> {
        self.writer.flush().map_err(DatasetError::io(&self.path))?;
        Ok(self.lines)
    }
}
