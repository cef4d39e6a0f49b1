//! Tables with a header, separated by tabs or commas, plain or gzip.
//!
//! Invariants: whether a file is gzip is told by its first bytes, not by its name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::DatasetError;
use crate::m3::damaged;

pub(super) struct Table {
    pub(super) path: PathBuf,
    pub(super) names: Vec<String>,
    reader: csv::Reader<Box<dyn Read>>,
    record: csv::StringRecord,
}

impl Table {
    pub(super) fn open(path: &Path) -> Result<Self, DatasetError> {
        let mut file = BufReader::new(File::open(path).map_err(DatasetError::io(path))?);
        let gzip = file.fill_buf().map_err(DatasetError::io(path))?.starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read> =
            if gzip { Box::new(flate2::bufread::MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut plain = BufReader::new(plain);
        let begin = plain.fill_buf().map_err(DatasetError::io(path))?;
        let header = begin.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let delimiter = if header.contains(&b'\t') { b'\t' } else { b',' };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).from_reader(Box::new(plain) as Box<dyn Read>);
        let header = reader.headers().map_err(|error| damaged(path, &error))?;
        let names = header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        Ok(Self { path: path.to_owned(), names, reader, record: csv::StringRecord::new() })
    }

    /// The first column that has one of the names.
    pub(super) fn column(&self, names: &[&'static str]) -> Option<usize> {
        names.iter().find_map(|wanted| self.names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
    }

    pub(super) fn required(
        &self,
        quantity: &'static str,
        names: &[&'static str],
    ) -> Result<usize, DatasetError> {
        self.column(names).ok_or_else(|| DatasetError::Column {
            path: self.path.clone(),
            quantity,
            expected: names.to_vec(),
            found: self.names.clone(),
        })
    }

    /// Goes to the next row; whether there is one.
    pub(super) fn advance(&mut self) -> Result<bool, DatasetError> {
        self.reader.read_record(&mut self.record).map_err(|error| damaged(&self.path, &error))
    }

    pub(super) fn cell(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    pub(super) fn fault(&self, column: usize, reason: impl Into<String>) -> DatasetError {
        let line = self.record.position().map_or(0, csv::Position::line);
        let name = self.names.get(column).map_or("row", String::as_str);
        DatasetError::line(&self.path, line, name, reason)
    }

    /// A finite number.
    pub(super) fn number(&self, column: usize) -> Result<f64, DatasetError> {
        let cell = self.cell(column);
        match cell.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.fault(column, format!("{cell:?} is no number"))),
        }
    }
}
