//! Rows of rooms sorted into parts, in temporary files that vanish with the process.
//!
//! Invariants: records are fixed in size and come back in the order they were written; a part is in memory only while
//! it is read.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::PathBuf;

use crate::DatasetError;

/// One record: a room's place, a kind, two numbers and features, possibly none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) room: u32,
    pub(super) kind: u32,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) features: Vec<f32>,
}

#[derive(Debug)]
pub(super) struct Spool {
    parts: Vec<(BufWriter<File>, u64)>,
    width: usize,
    folder: PathBuf,
}

impl Spool {
    pub(super) fn new(parts: usize, width: usize) -> Result<Self, DatasetError> {
        let folder = std::env::temp_dir();
        let open = |_| Ok((BufWriter::new(tempfile::tempfile().map_err(DatasetError::io(&folder))?), 0));
        let parts = (0..parts).map(open).collect::<Result<_, DatasetError>>()?;
        Ok(Self { parts, width, folder })
    }

    pub(super) fn push(&mut self, part: usize, record: &Record) -> Result<(), DatasetError> {
        let Some((file, count)) = self.parts.get_mut(part) else { return Ok(()) };
        let mut bytes = Vec::with_capacity(24 + 4 * self.width);
        bytes.extend(record.room.to_le_bytes());
        bytes.extend(record.kind.to_le_bytes());
        bytes.extend(record.from.to_le_bytes());
        bytes.extend(record.to.to_le_bytes());
        for value in record.features.iter().chain(std::iter::repeat(&0.0)).take(self.width) {
            bytes.extend(value.to_le_bytes());
        }
        *count += 1;
        file.write_all(&bytes).map_err(DatasetError::io(&self.folder))
    }

    /// The records of one part, sorted by room; within a room as they were written.
    pub(super) fn read(&mut self, part: usize) -> Result<Vec<Record>, DatasetError> {
        let io = DatasetError::io(&self.folder);
        let Some((file, count)) = self.parts.get_mut(part) else { return Ok(Vec::new()) };
        file.flush().map_err(&io)?;
        let file = file.get_mut();
        file.rewind().map_err(&io)?;
        let mut reader = BufReader::new(file);
        let mut bytes = vec![0_u8; 24 + 4 * self.width];
        let mut records = Vec::with_capacity(*count as usize);
        for _ in 0..*count {
            reader.read_exact(&mut bytes).map_err(&io)?;
            let (head, features) = bytes.split_at(24);
            let word = |at: usize| <[u8; 4]>::try_from(&head[at..at + 4]).map_or(0, u32::from_le_bytes);
            let real = |at: usize| <[u8; 8]>::try_from(&head[at..at + 8]).map_or(0.0, f64::from_le_bytes);
            let features =
                features.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            records.push(Record { room: word(0), kind: word(4), from: real(8), to: real(16), features });
        }
        records.sort_by_key(|record| record.room);
        Ok(records)
    }
}
